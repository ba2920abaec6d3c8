"""Secrets never leave: whatever is written anywhere passes through here first."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

HIDDEN = "[hidden]"
SHORTEST = 4
"""A shorter "secret" would blank out ordinary words."""


class Redactor:
    """Replaces known secrets in any text by ``[hidden]``."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = {form for secret in secrets for form in (secret, unquote(secret))}
        # Longest first, so that no secret survives as the rest of a shorter one.
        self._secrets = sorted((s for s in known if len(s) >= SHORTEST), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def secrets_in(url: str) -> list[str]:
    """The credentials inside a connection URL (``user:password@``), as they stand in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return [url]
    return [part for part in (parts.password, *_query_secrets(parts.query)) if part]


def _query_secrets(query: str) -> list[str]:
    words = ("password", "secret", "token", "key")
    pairs = (pair.partition("=") for pair in query.split("&"))
    return [value for name, _, value in pairs if any(word in name.lower() for word in words)]


def secrets_in_environment(variables: Mapping[str, str] | None = None) -> list[str]:
    """Every secret among the environment variables, for outlets that know no settings yet."""
    variables = os.environ if variables is None else variables
    secrets = []
    for name, value in variables.items():
        if name.startswith("DEMO_PASSWORD_"):
            secrets.append(value)
        elif name in ("MONGO_URI", "REDIS_URL", "API_URL"):
            secrets += secrets_in(value)
    return secrets
