"""The bundle's demo accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from playbook.facts.comparison import compared
from playbook.facts.declared_indexes import missing_indexes
from playbook.facts.findings import NOTHING, Description, Finding, Unobservable
from playbook.facts.reading import Reading
from playbook.pristine.seeds import Document

UNTIL_THE_LIVESALE = timedelta(hours=48)
"""How long an account must go on to work: whoever gets access today comes back for the LiveSale."""

RESOLVED = ("password", "expires_at")
"""Fields of an account that a reset resolves; proved by logging in and by their own checks."""


class Accounts:
    """``demo.accounts.emails``, and which of them would not open the demo."""

    def __init__(self, reading: Reading, pristine: list[Document]) -> None:
        self._reading, self._pristine = reading, pristine

    @property
    def emails(self) -> tuple[str, ...]:
        """The addresses that must be able to log in."""
        return self._reading.accounts

    @property
    def users(self) -> list[Document]:
        """The accounts as they stand."""
        return self._reading.documents["users"]

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """Missing, changed, doubled and stray accounts.

        A real deployment writes fields of its own into its users (a last login, an avatar): only
        the fields that make the account are compared.
        """
        fields = [name for name in self._pristine[0] if name not in RESOLVED]
        return compared("account", self._pristine, self.users, only=fields)

    @property
    def expired(self) -> Iterator[Finding]:
        """Accounts that have expired, or will have before the LiveSale's two days are over."""
        for user in self.users:
            until = user.get("expires_at", NOTHING)
            needed = self._reading.at + UNTIL_THE_LIVESALE
            if not isinstance(until, datetime) or until <= needed:
                wanted = Description(f"after {needed:%Y-%m-%d %H:%M} UTC")
                yield Finding(f"account {user.get('email')}: expires_at", wanted, until)

    @property
    def locked(self) -> Iterator[Finding]:
        """Accounts that are locked."""
        for user in self.users:
            if user.get("locked", NOTHING) is not False:
                found = user.get("locked", NOTHING)
                yield Finding(f"account {user.get('email')}: locked", False, found)

    @property
    def failed_logins(self) -> Iterator[Finding]:
        """Accounts that do not log in with their password, or log in as somebody else."""
        owners = {user["email"]: user["_id"] for user in self._pristine}
        for email in self.emails:
            answer = self._reading.login(email)
            if answer.status != 200 or answer.problem:
                found = Description(answer.problem or f"answer {answer.status}")
                yield Finding(f"login of {email}", Description("answer 200"), found)
                continue
            body = answer.body if isinstance(answer.body, dict) else {}
            if body.get("user_id") != owners[email]:
                found_id = body.get("user_id", NOTHING)
                yield Finding(f"login of {email}: user_id", owners[email], found_id)
            if not isinstance(body.get("token"), str) or not body["token"]:
                yield Finding(
                    f"login of {email}: token", Description("a token"), Description("none")
                )

    @property
    def wrong_passwords_accepted(self) -> Iterator[Finding]:
        """Accounts that a wrong password opens."""
        for email in self.emails:
            answer = self._reading.wrong_login(email)
            if answer.status is None:
                raise Unobservable(f"login of {email}: {answer.request} {answer.problem}")
            if answer.status not in (400, 401, 403, 422, 423, 429):
                found = Description(f"answer {answer.status}")
                yield Finding(
                    f"login of {email} with a wrong password", Description("answer 401"), found
                )

    @property
    def missing_indexes(self) -> Iterator[Finding]:
        """Indexes that logging in needs and does not find."""
        return missing_indexes(self._reading, "users")
