"""Hide secrets in every text before it is written anywhere.

Written by hand and without a library: the secrets are known exactly, so they need not be guessed,
and they are found even if they are encoded (in URLs, JSON, HTML, Base64).
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote

from playbook.processes.settings import CONNECTIONS, PASSWORD_PREFIX

HIDDEN = "[hidden]"
SHORTEST = 4
"""A shorter "secret" could be a part of ordinary words, which would then be hidden."""

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
"""A connection URL in parts. No part of a password is taken for a part of the address."""


class Redactor:
    """Replaces known secrets in any text by ``[hidden]``."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {form for secret in secrets for form in (secret, unquote(secret))}
        # Longest first: a longer secret may contain a shorter one.
        longest_first = sorted(known, key=lambda form: (-len(form), form))
        self._patterns = [
            re.compile("".join(map(_spellings, form)))
            for form in longest_first
            if len(form) >= SHORTEST
        ]
        self._patterns += [
            re.compile(re.escape(form))
            for secret in longest_first
            for form in _in_base64(secret)
            if len(form) >= 2 * SHORTEST
        ]

    def __call__(self, text: str) -> str:
        for pattern in self._patterns:
            text = pattern.sub(HIDDEN, text)
        return text


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
    """A pattern for one character: plain, or encoded in a URL, a form, JSON or HTML."""
    in_url = quote(char, safe="", errors="surrogatepass")
    forms = {char, json.dumps(char)[1:-1], json.dumps(char, ensure_ascii=False)[1:-1]}
    if char == " ":
        forms.add("+")
    if char == "/":
        forms.add(r"\/")
    # In HTML by name and by number; in JSON inside a script by its code.
    forms |= {html.escape(char), f"&#{ord(char)};", f"&#x{ord(char):x};", f"&#x{ord(char):X};"}
    if char in "<>&'":
        forms.add(f"\\u{ord(char):04x}")
    alternatives = {re.escape(form) for form in forms}
    if in_url.startswith("%"):
        alternatives.add(f"(?i:{in_url})")
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
    secrets = []
    for name, value in variables.items():
        if name.startswith(PASSWORD_PREFIX):
            secrets.append(value)
        elif name in (*CONNECTIONS, "PLAYBOOK_API_PROXY"):
            secrets += secrets_in(value)
        elif name == "PLAYBOOK_API_HEADERS":
            lines = (line.partition(":")[2].strip() for line in value.splitlines())
            secrets += [line for line in lines if line]
    return worth_hiding(secrets)
