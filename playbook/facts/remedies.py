"""What can help against a finding. The advice follows from the cause of the finding."""

from __future__ import annotations

from enum import StrEnum

from playbook.errors import PlaybookError, Refused, Unreachable, Unusable, WrongUsage


class Remedy(StrEnum):
    """Who or what can put it right."""

    RESET = "reset"
    """The demo's own data: a reset writes it again."""
    SETTINGS = "settings"
    """A setting of ours is missing or wrong."""
    PASSWORD = "password"
    """An account's stored password is another than the setting's; people know which is right."""
    FEED = "feed"
    """The deployment's rate feed; a reset only asks it to refresh."""
    BACKEND = "backend"
    """The app lacks a route, answers with an error, or does not show what is stored."""
    DATA = "data"
    """A document that no seed, region or investor owns: a reset may not change it, people can."""
    PAGES = "pages"
    """The app's front end shows the stored data in a wrong way."""
    ENVIRONMENT = "environment"
    """MongoDB, Redis or the API does not answer."""
    SERVICE = "service"
    """MongoDB, Redis or the API refuses us; the reason says what to change."""
    WAIT = "wait"
    """Somebody uses the demo, it is being reset, or the API gets too many requests."""
    CHECK = "check"
    """The check itself broke."""


def remedy_for(error: PlaybookError) -> Remedy:
    """What can help against an error that kept a check from looking."""
    if isinstance(error, Unusable):
        return Remedy.SERVICE
    if isinstance(error, Unreachable):
        return Remedy.ENVIRONMENT
    if isinstance(error, WrongUsage):
        return Remedy.SETTINGS
    return Remedy.WAIT if isinstance(error, Refused) else Remedy.CHECK
