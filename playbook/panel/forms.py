"""The fields of the panel's forms. Whatever is not a field of a form is refused."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

LONGEST_TIME = 40
LONGEST_NAME = 200

type Doubt = Literal["past", "session", "meeting", "rollback"]
"""What a person is asked about before something is written: the meeting's time is over, an
investor is in session, a meeting is near, a rollback brings an older state back."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ResetForm(_Form):
    """Asks for a reset."""

    access: str = ""
    """The meeting, in the bundle's local time; empty for now."""
    although: list[Doubt] = []
    """The doubts that the person has seen and said yes to."""


class RollbackForm(_Form):
    """Asks for a rollback."""

    to: str = ""
    """The folder of a backup; empty for the state before the last change."""
    although: list[Doubt] = []


class SignInForm(_Form):
    """Signs in."""

    name: str = ""
    password: Annotated[str, Field(repr=False)] = ""
    to: str = "/"
    """The page of the panel to go to then."""


def require_form(request: Request) -> None:
    """Refuse a change that is not sent by a form. Raises HTTPException 415."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if request.method == "POST" and kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "A form is expected here.")


FORMS_ONLY = Depends(require_form)
