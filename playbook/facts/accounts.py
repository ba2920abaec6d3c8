"""The bundle's demo accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from playbook.deployments.id_text import id_text
from playbook.facts.declared_indexes import missing_indexes
from playbook.facts.findings import NOTHING, Description, FailureKind, Finding, Unobservable
from playbook.facts.reading import Reading
from playbook.facts.remedies import Remedy
from playbook.pristine.seeds import Document

UNTIL_THE_LIVESALE = timedelta(hours=48)
"""How long an account must still work: an investor with access today returns for the LiveSale."""


class Accounts:
    """``demo.accounts.emails``, and the problems of these accounts."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def emails(self) -> tuple[str, ...]:
        """The addresses that must be able to log in."""
        return self._reading.accounts

    @property
    def users(self) -> list[Document]:
        """The stored accounts."""
        return self._reading.stored.documents("users")

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """Missing, changed, double and stray accounts, and those that the app's model refuses."""
        stored, kept = self._reading.stored, self._reading.deployment.kept_as("users")
        yield from stored.differences("users", "account", but=stored.resolved_in_accounts)
        # Signing in does not need the app's own fields, but the account's own page does.
        yield from stored.misfits("users", but=("_id", *kept.ours) if kept else ())

    @property
    def expired(self) -> Iterator[Finding]:
        """Accounts that have expired, or will expire before the LiveSale's two days are over."""
        for user in self.users if self._reading.stored.ends_of_accounts else ():
            until = user.get("expires_at", NOTHING)
            needed = self._reading.at + UNTIL_THE_LIVESALE
            if not isinstance(until, datetime) or until <= needed:
                wanted = Description(f"after {needed:%Y-%m-%d %H:%M} UTC")
                yield Finding(
                    f"account {user.get('email')}: expires_at",
                    wanted,
                    until,
                    kind=FailureKind.TIMING,
                )

    @property
    def locked(self) -> Iterator[Finding]:
        """Accounts that are locked."""
        stored = self._reading.stored
        for user in self.users if stored.paths_of("users", "locked", lambda it: not it) else ():
            if user.get("locked", NOTHING) is not False:
                found = user.get("locked", NOTHING)
                yield Finding(f"account {user.get('email')}: locked", False, found)

    @property
    def failed_logins(self) -> Iterator[Finding]:
        """Accounts whose password does not work, or signs in another user."""
        sign_in = self._reading.deployment.sign_in
        matches = self._reading.stored.matched("users").matches
        owners = {match.pristine["email"]: match.present for match in matches}
        for email in self.emails:
            answer = self._reading.login(email)
            if not answer.good:
                found = Description(answer.problem or f"answer {answer.status}")
                wanted = Description("answer 200")
                where, kind = f"login of {email}", answer.kind
                if answer.status == 200 and not answer.silent:
                    where, wanted = f"login of {email}: token", Description("a token")
                yield Finding(where, wanted, found, answer.remedy, answer.cause, kind)
                continue
            owner = owners[email]
            stated = answer.read_by(sign_in.user_id) or NOTHING
            if sign_in.says_user_id and owner is not None and stated != id_text(owner["_id"]):
                where = f"login of {email}: user_id"
                yield Finding(where, id_text(owner["_id"]), stated, Remedy.BACKEND)

    @property
    def wrong_passwords_accepted(self) -> Iterator[Finding]:
        """The account that a wrong password opened; a run makes one attempt."""
        email, answer = self._reading.wrong_login
        if answer.status is None:
            text = f"login of {email}: {answer.request} {answer.problem}"
            raise Unobservable(text, answer.remedy, answer.kind, answer.in_words)
        if answer.status not in (400, 401, 403, 422, 423, 429):
            found = Description(f"answer {answer.status}")
            # Whatever is stored, an app must not let anybody in with a random password.
            where = f"login of {email} with a wrong password"
            cause = None if answer.good else answer.in_words
            yield Finding(where, Description("answer 401"), found, answer.remedy, cause)

    @property
    def missing_indexes(self) -> Iterator[Finding]:
        """Missing indexes that signing in needs."""
        return missing_indexes(self._reading, "users")
