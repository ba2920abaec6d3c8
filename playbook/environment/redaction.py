"""Hide secrets: every text that is written anywhere passes through here first.

Written by hand, because these secrets are known to the letter: they need not be guessed, and are
found encoded, too (in URLs, JSON, HTML, Base64).
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
"""A shorter "secret" would blank out ordinary words."""

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
"""Words that we write ourselves, or that everybody guesses: to hide one would give it away."""

_HOST = r"(?:\[[^\]@]*\]|[\w.%-]+)(?::[0-9]+)?"
URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+]*)://"
    # Up to the last @ before the query: a raw /, ? or # in a password ends nothing.
    r"(?:(?P<login>(?:(?!\?\w+=).)*)@)?"
    rf"(?P<address>(?:{_HOST}(?:,{_HOST})*)?(?:/[^@?#]*)?)"
    r"(?:\?(?P<query>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
"""A connection URL in parts, read so that no part of a password is taken for an address."""


class Redactor:
    """Replaces known secrets in any text by ``[hidden]``."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {form for secret in secrets for form in (secret, unquote(secret))}
        # Longest first, so that no secret survives as the rest of a shorter one.
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
    """The characters that a secret leaves in base64, wherever in the coded text it begins."""
    content = secret.encode(errors="surrogatepass")
    found = set()
    for before in range(3):
        # The first and the last characters also depend on what stands beside the secret.
        coded = base64.b64encode(b"\0" * before + content).decode().rstrip("=")
        first = -(-before * 8 // 6)
        last = (before + len(content)) * 8 // 6
        inner = coded[first:last]
        found |= {inner, inner.replace("+", "-").replace("/", "_")}
    return found


def _spellings(char: str) -> str:
    """A pattern of one character as it stands, in a URL, in a form, in JSON and in HTML."""
    in_url = quote(char, safe="", errors="surrogatepass")
    forms = {char, json.dumps(char)[1:-1], json.dumps(char, ensure_ascii=False)[1:-1]}
    if char == " ":
        forms.add("+")
    if char == "/":
        forms.add(r"\/")
    # In HTML by name and by number; in JSON within a script by its code.
    forms |= {html.escape(char), f"&#{ord(char)};", f"&#x{ord(char):x};", f"&#x{ord(char):X};"}
    if char in "<>&'":
        forms.add(f"\\u{ord(char):04x}")
    alternatives = {re.escape(form) for form in forms}
    if in_url.startswith("%"):
        alternatives.add(f"(?i:{in_url})")
    # Each alternative once: two equal ones double the work with every further character.
    longest_first = sorted(alternatives, key=lambda form: (-len(form), form))
    return longest_first[0] if len(longest_first) == 1 else f"(?:{'|'.join(longest_first)})"


def secrets_in(url: str) -> list[str]:
    """The credentials inside a connection URL, as they stand in it.

    They are the password of ``user:password@``, the token of ``https://token@`` and whatever
    the query calls by such a name. A URL that cannot be read is all secret.
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
    """Secrets without those that are words of ours: blanking these out gives them away."""
    return [secret for secret in secrets if secret.casefold() not in OUR_WORDS]


def secrets_in_environment(variables: Mapping[str, str] | None = None) -> list[str]:
    """Every secret among the environment variables, for outlets that know no settings yet."""
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
