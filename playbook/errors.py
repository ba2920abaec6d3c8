"""The errors of a command. Each has its exit code and a text of one line for the user."""

from __future__ import annotations

from collections.abc import Iterable

GRAVEST_FIRST = (3, 4, 2, 1)
"""Exit codes, the most serious first: unreachable, refused, wrong usage, NO-GO."""


def gravest(codes: Iterable[int]) -> int:
    """The most serious of several exit codes; 0 if all parts of a command succeeded."""
    ended = set(codes)
    return next((code for code in GRAVEST_FIRST if code in ended), 0)


class PlaybookError(Exception):
    """A problem that a person must solve; its text is the one line that they read.

    No error has exit code 1, because 1 is a verdict: NO-GO.
    """

    exit_code = 3


class WrongUsage(PlaybookError):
    """A wrong argument, setting or seed: nothing was read from or written to the demo."""

    exit_code = 2


class Unreachable(PlaybookError):
    """A part of the environment (MongoDB, Redis, the API) does not answer, or answers wrongly."""

    exit_code = 3


class Unusable(Unreachable):
    """A part answers, but refuses us, and would refuse again: the text says what to change."""


class Outage(Unreachable):
    """A part does not answer now, but may answer soon: there is an election or a restart."""

    def __init__(self, text: str, part: str) -> None:
        super().__init__(text)
        self.part = part
        """MongoDB, Redis or API."""


class Refused(PlaybookError):
    """The command would do harm here: no marker, locked, or an investor is in session."""

    exit_code = 4
