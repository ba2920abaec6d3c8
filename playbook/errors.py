"""The ways a command ends badly, each with its exit code and one line for the person."""

from __future__ import annotations

from collections.abc import Iterable

GRAVEST_FIRST = (3, 4, 2, 1)
"""Exit codes from the gravest: unreachable, refused, wrong usage, NO-GO."""


def gravest(codes: Iterable[int]) -> int:
    """The exit code of a command whose parts ended with several; 0 where all is done."""
    ended = set(codes)
    return next((code for code in GRAVEST_FIRST if code in ended), 0)


class PlaybookError(Exception):
    """Something that a person must act on; its text is the one line that they read.

    It is no verdict: exit code 1 means NO-GO, and no error has it.
    """

    exit_code = 3


class WrongUsage(PlaybookError):
    """A wrong argument, setting or seed: nothing was read from or written to the demo."""

    exit_code = 2


class Unreachable(PlaybookError):
    """A part of the environment (MongoDB, Redis, the API) does not answer as it must."""

    exit_code = 3


class Outage(Unreachable):
    """A part does not answer now; it may in a while, as after an election or a restart."""

    def __init__(self, text: str, part: str) -> None:
        super().__init__(text)
        self.part = part
        """MongoDB, Redis or API."""


class Refused(PlaybookError):
    """The command would do harm here: no marker, locked, or an investor is in session."""

    exit_code = 4
