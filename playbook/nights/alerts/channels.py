"""The channels of the alerts, from environment variables: lists of apprise URLs.

========================  ==================================================================
``DEMO_ALERT_SUCCESS``    Slack ``#investor-demos`` and demos@aislemarts.luxury
``DEMO_ALERT_MEDIUM``     Slack, with the retry under way
``DEMO_ALERT_HIGH``       e-mail to engineering and the sales lead
``DEMO_ALERT_CRITICAL``   the pager of the engineer on call
========================  ==================================================================

URLs are separated by blanks, line breaks, commas or semicolons. The recipients of a mail URL may be
separated in the same ways, and may have names: ``to=Ann Lee <ann@a.example>; bo@a.example``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from playbook.environment.redaction import secrets_in_whole
from playbook.errors import WrongUsage
from playbook.verdict.checks import SEVERITIES

SUCCESS = "success"
LEVELS = (SUCCESS, *SEVERITIES)

MAIL = ("mailto", "mailtos")
RECIPIENTS = ("to", "cc", "bcc")
"""The fields of a mail URL that name recipients."""

# A comma or semicolon separates URLs only before another URL: mailto://…?to=a@b.c,d@e.f is one URL.
_SEPARATOR = re.compile(r"[\s,;]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_ENDS_IN_RECIPIENTS = re.compile(r"[?&](?:to|cc|bcc)=[^&\s]*$", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S")


def setting(level: str) -> str:
    """The name of a level's setting: ``DEMO_ALERT_HIGH``."""
    return f"DEMO_ALERT_{level.upper()}"


@dataclass(frozen=True)
class Channels:
    """The URLs of each level. Its repr and str never show one, because URLs contain credentials."""

    urls: Mapping[str, tuple[str, ...]] = field(repr=False)
    one_setting: str = ""
    """The name of the setting, if one setting has the URLs of all levels."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] | None = None) -> Channels:
        """The channels that are set.

        Raises WrongUsage if an entry is not a URL. The error names the setting, never the entry.
        """
        variables = os.environ if variables is None else variables
        return cls({level: urls_in(setting(level), variables) for level in LEVELS})

    def setting(self, level: str) -> str:
        """The name of the setting that a level's URLs are from."""
        return self.one_setting or setting(level)

    @property
    def secrets(self) -> list[str]:
        """The secrets: the URLs, their passwords, tokens and keys."""
        return [
            secret
            for urls in self.urls.values()
            for url in urls
            for secret in secrets_in_whole(url)
        ]

    def levels_to_try(self, level: str) -> list[str]:
        """The levels for an alert, in the order of trying, until one channel accepts it.

        A failure goes to higher levels (medium, high, critical) and then to lower ones. A success
        stays on its level, because good news must not wake anybody.
        """
        if level == SUCCESS:
            return [SUCCESS]
        at = SEVERITIES.index(level)
        return [*SEVERITIES[at:], *reversed(SEVERITIES[:at])]


def urls_in(name: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The URLs that a setting lists, each once. Raises WrongUsage if an entry is not a URL."""
    stated = variables.get(name, "").strip(" \t\r\n,;")
    urls = tuple(dict.fromkeys(_entries(stated)))
    for number, url in enumerate(urls, start=1):
        if not _URL.match(url):
            raise WrongUsage(
                f"{name}: entry {number} is not an apprise URL; expected one like "
                "slack://TOKEN_A/TOKEN_B/TOKEN_C/#investor-demos"
            )
    return urls


def _entries(stated: str) -> Iterator[str]:
    for piece in filter(None, _SEPARATOR.split(stated)):
        if service(piece) not in MAIL:
            yield from piece.split()
            continue
        url, blank, more = " ".join(piece.split()).partition(" ")
        if not blank or _ENDS_IN_RECIPIENTS.search(url):
            yield f"{url}{blank}{more}"
        else:  # more recipients, after a field of another kind
            yield f"{url.rstrip(',;')}{'&' if '?' in url else '?'}to={quote(more)}"


def service(url: str) -> str:
    """What may be shown of a URL: its kind ("slack")."""
    return url.partition("://")[0].lower()
