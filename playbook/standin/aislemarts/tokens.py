"""The tokens of signed-in users."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


class Tokens:
    """Tokens that carry a user's ``_id``, signed with a key of this process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def issue(self, user_id: str) -> str:
        """A token for a user."""
        name = base64.urlsafe_b64encode(user_id.encode()).decode()
        return f"{name}.{self._signature(name)}"

    def user_id(self, token: str) -> str | None:
        """The user of a token; None for one that was not issued here."""
        name, _, signature = token.partition(".")
        if not hmac.compare_digest(signature, self._signature(name)):
            return None
        return base64.urlsafe_b64decode(name).decode()

    def _signature(self, name: str) -> str:
        return hmac.new(self._key, name.encode(), hashlib.sha256).hexdigest()
