"""The fields of the panel's forms. Other fields are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

LONGEST_TIME = 40
LONGEST_NAME = 200

type Doubt = Literal["past", "session", "meeting", "rollback"]
"""The questions before something is written: the meeting's time is over, an investor is in session,
a meeting is near, a rollback restores an older state."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ResetForm(_Form):
    """The form for a reset."""

    access: str = ""
    """The meeting, in the bundle's local time; empty for now."""
    although: list[Doubt] = []
    """The questions that the person has answered with yes."""


class RollbackForm(_Form):
    """The form for a rollback."""

    to: str = ""
    """The folder of a backup; empty for the state before the last change."""
    although: list[Doubt] = []


class SignInForm(_Form):
    """The form for signing in."""

    name: str = ""
    password: Annotated[str, Field(repr=False)] = ""
    to: str = "/"
    """The page of the panel to open then."""


def require_form(request: Request) -> None:
    """Refuse a change that is not sent by a form. Raises HTTPException 415."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().casefold()
    if request.method == "POST" and kind != "application/x-www-form-urlencoded":
        raise HTTPException(415, "A form is expected here.")


FORMS_ONLY = Depends(require_form)
