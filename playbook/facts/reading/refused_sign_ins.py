"""Why the app does not let a demo account in: the setting, the stored account, or the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from playbook.deployments.description import Deployment
from playbook.deployments.paths import field_at
from playbook.environment.settings import Settings
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.store import Store
from playbook.facts.remedies import Remedy
from playbook.pristine.bundles import Bundle
from playbook.pristine.passwords import fits, is_hash
from playbook.pristine.seeds import Document

REFUSALS = (400, 401, 403, 422, 423)
"""The status codes with which an app refuses a sign-in."""


class RefusedSignIns:
    """Compares a refused sign-in with the stored account; ``at`` is the instant of reading."""

    def __init__(
        self,
        deployment: Deployment,
        settings: Settings,
        bundle: Bundle,
        accounts: Sequence[str],
        store: Store,
        at: datetime,
    ) -> None:
        self._deployment, self._settings, self._bundle = deployment, settings, bundle
        self._accounts, self._store, self._at = accounts, store, at

    def explained(self, email: str, answer: Answer) -> Answer:
        """The answer to an account's sign-in with its cause and what can help.

        What is wrong with the stored account itself is for other findings to say: then there is no
        cause here. Raises Unobservable if the documents could not be read.
        """
        if answer.good:
            return answer
        said = replace(answer, cause=answer.in_words)
        refused = answer.broken or answer.status in REFUSALS
        if answer.stated_remedy is not None or not refused or not self._has_accounts:
            return said
        account = self._stored(email)
        if account is None:
            return replace(answer, stated_remedy=Remedy.RESET)
        setting = self._settings.account_password_setting(self._bundle.short, email)
        # An app that does not understand what is stored breaks; one that does refuses.
        if not (self._is_hash(account) if answer.broken else self._fits(email, account)):
            cause = f"the stored password of {email} is not the one in {setting}"
            if self._is_proved(setting) or not self._is_hash(account):
                return replace(answer, stated_remedy=Remedy.RESET, cause=cause)
            return replace(answer, stated_remedy=Remedy.PASSWORD, cause=cause)
        if self._is_stored_wrong(email, account):
            return replace(answer, stated_remedy=Remedy.RESET)
        return said

    @property
    def _has_accounts(self) -> bool:
        return self._store.stored.keeps("users")

    def _stored(self, email: str) -> Mapping[str, Any] | None:
        matches = self._store.stored.matched("users").matches
        return next((m.present for m in matches if m.pristine["email"] == email), None)

    def _is_proved(self, setting: str) -> bool:
        """Whether the password in a setting fits another account: then the setting is right."""
        for email in self._accounts:
            account = self._stored(email)
            same = self._settings.account_password_setting(self._bundle.short, email) == setting
            if same and account is not None and self._fits(email, account):
                return True
        return False

    def _fits(self, email: str, account: Mapping[str, Any]) -> bool:
        password = self._settings.account_password(self._bundle.short, email)
        stored = self._hash(account)
        return isinstance(stored, str) and fits(password, stored)

    def _is_hash(self, account: Mapping[str, Any]) -> bool:
        return is_hash(self._hash(account))

    def _hash(self, account: Mapping[str, Any]) -> object:
        return field_at(account, self._deployment.password.path)

    def _is_stored_wrong(self, email: str, account: Document | Mapping[str, Any]) -> bool:
        """Whether something else that is ours is wrong with the account: a reset writes that."""
        stored = self._store.stored
        resolved = stored.resolved_in_accounts
        wrong = chain(stored.misfits("users"), stored.differences("users", "account", but=resolved))
        if any(email in finding.where for finding in wrong):
            return True
        if not stored.ends_of_accounts:
            return False
        until = stored.in_our_words("users", account).get("expires_at")
        return not isinstance(until, datetime) or until <= self._at
