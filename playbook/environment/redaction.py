"""Hide secrets in every text before it is written anywhere.

Written by hand and without a library: the secrets are known exactly, so they need not be guessed,
and they are found even if they are encoded (in URLs, JSON, HTML, Base64,
and as Python shows texts and bytes).
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from playbook.environment.variables import FILE, is_secret
from playbook.processes.settings import CONNECTIONS

HIDDEN = "[hidden]"
SHORTEST = 4
"""A shorter "secret" could be a part of ordinary words, which would then be hidden."""
SHORTEST_IN_BASE64 = 6
"""The shortest trace of a password in base64, at any place of the coded text."""
_ADDRESSES = re.compile(
    rf"{'|'.join(CONNECTIONS)}|APP_URL|PLAYBOOK_(?:API_PROXY|PANEL_URL|REPORT_URL)"
    r"|(?i:(?:https?|all)_proxy)"
)
"""The settings that are one URL, which may contain credentials."""
_LISTS_OF_ADDRESSES = re.compile(r"DEMO_ALERT_\w+|PLAYBOOK_CALENDARS")
"""The settings that list URLs, whose paths and queries may be secret, too."""
_NAMELESS = 20
"""A part of such a URL at least this long counts as a secret, even if it looks like a word."""

OUR_WORDS = frozenset(
    [
        "password",
        "passwort",
        "secret",
        "demo",
        "investor",
        "aislemarts",
        "aislemart",
        "playbook",
        "luxury",
        "hidden",
        "livesale",
        "sequoia",
        "a16z",
        "lvmh",
        "generalcatalyst",
        "gc",
        "lightspeed",
        "index",
        "bessemer",
        "tiger",
        "tigerglobal",
        "changeme",
        "letmein",
        "123456",
        "12345678",
        "123456789",
    ]
)
"""Words that our own texts contain, or that are easy to guess: hiding one would reveal it."""

_HOST = r"(?:\[[^\]@]*\]|[\w.%-]+)(?::[0-9]+)?"
URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+]*)://"
    # Up to the last @ before the query, because a password may contain a raw /, ? or #.
    r"(?:(?P<login>(?:(?!\?\w+=).)*)@)?"
    rf"(?P<address>(?:{_HOST}(?:,{_HOST})*)?(?:/[^@?#]*)?)"
    r"(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
"""A connection URL in parts. No part of a password becomes a part of the address."""


class Redactor:
    """Replaces known secrets in any text with ``[hidden]``."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secrets)

    def __call__(self, text: str) -> str:
        if not text:
            return text
        for pattern in self._patterns:
            text = pattern.sub(HIDDEN, text)
        return text

    # Made for the first text, because most commands write none in which a secret could be.
    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        stated = {form for secret in self._secrets for form in (secret, unquote(secret))}
        known = {unicodedata.normalize(kind, form) for form in stated for kind in ("NFC", "NFD")}
        known |= stated
        # Longest first: a longer secret may contain a shorter one.
        longest_first = sorted(known, key=lambda form: (-len(form), form))
        patterns = [
            re.compile("".join(map(_spellings, re.findall(r"\\+|.", form, re.DOTALL))))
            for form in longest_first
            if len(form) >= SHORTEST
        ]
        return patterns + [
            re.compile(re.escape(form))
            for secret in longest_first
            for form in _in_base64(secret)
            if len(form) >= SHORTEST_IN_BASE64
        ]


def _in_base64(secret: str) -> set[str]:
    """The base64 characters of a secret, for each position where the coded text may begin."""
    content = secret.encode(errors="surrogatepass")
    found = set()
    for before in range(3):
        # The first and the last characters also depend on the text around the secret.
        coded = base64.b64encode(b"\0" * before + content).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        inner = coded[first:last]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


def _spellings(char: str) -> str:
    """A pattern for one character: plain, in a URL, a form, JSON, HTML, or as Python shows it.

    Several backslashes in a row are one: each text that is quoted in another doubles them.
    """
    if char.startswith("\\"):
        return r"(?:\\++|(?i:(?:%(?:25)*5C|&\#92;|&\#x5c;)+))"
    in_url = quote(char, safe="", errors="surrogatepass")
    forms = {char, json.dumps(char)[1:-1], json.dumps(char, ensure_ascii=False)[1:-1]}
    forms |= {repr(char)[1:-1], ascii(char)[1:-1]}
    forms.add(repr(char.encode(errors="surrogatepass"))[2:-1])
    if char == " ":
        forms.add("+")
    # In HTML by name and by number; in JSON inside a script by its code.
    forms |= {html.escape(char), f"&#{ord(char)};", f"&#x{ord(char):x};", f"&#x{ord(char):X};"}
    if char in "<>&'":
        forms.add(f"\\u{ord(char):04x}")
    if char in "/'\"":
        forms.add(f"\\{char}")
    alternatives = {re.escape(form).replace(r"\\", r"\\+") for form in forms}
    if in_url.startswith("%"):
        alternatives.add(f"(?i:{in_url.replace('%', '%(?:25)*')})")
    # Each alternative once: two equal ones would double the work for every further character.
    longest_first = sorted(alternatives, key=lambda form: (-len(form), form))
    return longest_first[0] if len(longest_first) == 1 else f"(?:{'|'.join(longest_first)})"


def secrets_in(url: str) -> list[str]:
    """The credentials in a connection URL, as they are written there.

    They are the password of ``user:password@``, the token of ``https://token@`` and every
    parameter of the query with such a name. A URL that cannot be read is secret as a whole.
    """
    parts = URL.fullmatch(url)
    if parts is None:
        return [url]
    user, colon, password = (parts["login"] or "").partition(":")
    if not colon and parts["scheme"].lower() in ("http", "https"):
        password = user
    return [part for part in (password, *_query_secrets(parts["query"] or "")) if part]


def _query_secrets(query: str) -> list[str]:
    words = ("password", "secret", "token", "key")
    pairs = [pair.partition("=") for pair in query.split("&")]
    for name, _, value in list(pairs):
        if name.lower() == "authmechanismproperties":  # of MongoDB: "NAME:value,NAME:value"
            pairs += [item.partition(":") for item in unquote(value).split(",")]
    return [value for name, _, value in pairs if any(word in name.lower() for word in words)]


def worth_hiding(secrets: Iterable[str]) -> list[str]:
    """Secrets without those that are our own words: hiding these would reveal them."""
    return [secret for secret in secrets if secret.casefold() not in OUR_WORDS]


def secrets_in_environment(variables: Mapping[str, str] | None = None) -> list[str]:
    """Every secret among the environment variables, for code that runs before settings are read."""
    variables = os.environ if variables is None else variables
    found = [one for name, value in variables.items() for one in _secrets_of(name, value.strip())]
    return worth_hiding(found)


def _secrets_of(name: str, value: str) -> Iterator[str]:
    if name.endswith(FILE) and is_secret(name.removesuffix(FILE)):
        return  # the path of a file, which a message must name
    if _ADDRESSES.fullmatch(name):
        yield from secrets_in(value) if value else ()
    elif _LISTS_OF_ADDRESSES.fullmatch(name):
        for url in re.split(r"[\s,;]+", value):
            if "://" in url:
                yield from secrets_in_whole(url)
    elif name == "PLAYBOOK_API_HEADERS":
        yield from filter(None, (line.partition(":")[2].strip() for line in value.splitlines()))
    elif is_secret(name) and value:
        yield value


def secrets_in_whole(url: str) -> list[str]:
    """What must not be shown of a URL that is itself a key: of a webhook, or of a calendar."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return [url]
    netloc = parts.netloc.rpartition("@")[2]
    candidates = [parts.username or "", *parts.path.split("/"), *parts.fragment.split("/")]
    candidates += [value for _, value in parse_qsl(parts.query)]
    if "." not in host and host != "localhost" and not re.search(r":[0-9]+$", netloc):
        # slack://TOKEN_A/…: no host at all
        candidates += [netloc, host]
    found = [url, parts.password or "", *(c for c in candidates if _looks_secret(c))]
    return [form for part in found if part for form in {part, unquote(part)}]


def _looks_secret(part: str) -> bool:
    if "@" in part or part.count(".") > 1:  # an address or a host: known to everybody
        return False
    mixed = any(c.isdigit() for c in part) and any(c.isalpha() for c in part)
    return len(part) >= _NAMELESS or (len(part) >= 8 and mixed)
