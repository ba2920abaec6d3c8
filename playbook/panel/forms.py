"""What a form sent: names and texts, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request

MOST_FIELDS = 30


@dataclass(frozen=True)
class Form:
    """The fields of one form."""

    pairs: tuple[tuple[str, str], ...]

    def text(self, name: str) -> str:
        """A field's text; empty where it was not sent."""
        return next((value for known, value in self.pairs if known == name), "")

    def all(self, name: str) -> list[str]:
        """Every text of a field."""
        return [value for known, value in self.pairs if known == name]


async def form_of(request: Request) -> Form:
    """The form of a request. Raises HTTPException: 415 for another type, 400 where unreadable."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "A form is expected here.")
    try:
        text = (await request.body()).decode("utf-8")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, "The form can't be read.") from None
    return Form(tuple(pairs))


Sent = Annotated[Form, Depends(form_of)]
