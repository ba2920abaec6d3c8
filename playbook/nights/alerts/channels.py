"""The channels that alerts go through, from the environment: lists of apprise URLs.

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
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from playbook.errors import WrongUsage
from playbook.verdict.checks import SEVERITIES

SUCCESS = "success"
LEVELS = (SUCCESS, *SEVERITIES)

MAIL = ("mailto", "mailtos")
RECIPIENTS = ("to", "cc", "bcc")
"""The fields of a mail URL that name recipients."""

# A separator is one only where another URL begins after it: mailto://…?to=a@b.c,d@e.f is one.
_SEPARATOR = re.compile(r"[\s,;]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_ENDS_IN_RECIPIENTS = re.compile(r"[?&](?:to|cc|bcc)=[^&\s]*$", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S")
_NAMELESS = 20
"""A part of a URL at least this long is taken for a secret, whatever it looks like."""


def setting(level: str) -> str:
    """The name of a level's setting: ``DEMO_ALERT_HIGH``."""
    return f"DEMO_ALERT_{level.upper()}"


@dataclass(frozen=True)
class Channels:
    """The URLs of each level. Its repr and str never show one: they hold credentials."""

    urls: Mapping[str, tuple[str, ...]] = field(repr=False)
    one_setting: str = ""
    """The setting that the URLs of every level are from, where it is one."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] | None = None) -> Channels:
        """The channels that are set.

        Raises WrongUsage, naming the setting and never the URL, where one is no URL.
        """
        variables = os.environ if variables is None else variables
        return cls({level: urls_in(setting(level), variables) for level in LEVELS})

    def setting(self, level: str) -> str:
        """The name of the setting that a level's URLs are from."""
        return self.one_setting or setting(level)

    @property
    def secrets(self) -> list[str]:
        """What must appear nowhere: the URLs, their passwords, tokens and keys."""
        return [secret for urls in self.urls.values() for url in urls for secret in _secrets(url)]

    def ways(self, level: str) -> list[str]:
        """The levels to try an alert on, one after the other, until somebody was reached.

        A failure goes up (medium, high, critical) and only then down; a success stays where it
        is, since good news wakes no one.
        """
        if level == SUCCESS:
            return [SUCCESS]
        at = SEVERITIES.index(level)
        return [*SEVERITIES[at:], *reversed(SEVERITIES[:at])]


def urls_in(name: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """The URLs that a setting lists, each once. Raises WrongUsage where an entry is no URL."""
    stated = variables.get(name, "").strip(" \t\r\n,;")
    urls = tuple(dict.fromkeys(_entries(stated)))
    for number, url in enumerate(urls, start=1):
        if not _URL.match(url):
            raise WrongUsage(
                f"{name}: entry {number} is no apprise URL; expected one like "
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
        else:  # further recipients, after a field that is none of theirs
            yield f"{url.rstrip(',;')}{'&' if '?' in url else '?'}to={quote(more)}"


def service(url: str) -> str:
    """What may be shown of a URL: its kind ("slack")."""
    return url.partition("://")[0].lower()


def _secrets(url: str) -> list[str]:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return [url]
    netloc = parts.netloc.rpartition("@")[2]
    candidates = [parts.username or "", *parts.path.split("/"), *parts.fragment.split("/")]
    candidates += [value for _, value in parse_qsl(parts.query)]
    if "." not in host:  # slack://TOKEN_A/…: no host at all
        candidates += [netloc, host]
    found = [url, parts.password or "", *(c for c in candidates if _looks_secret(c))]
    return [form for part in found if part for form in {part, unquote(part)}]


def _looks_secret(part: str) -> bool:
    if "@" in part or part.count(".") > 1:  # an address or a host: known to everybody
        return False
    mixed = any(c.isdigit() for c in part) and any(c.isalpha() for c in part)
    return len(part) >= _NAMELESS or (len(part) >= 8 and mixed)
