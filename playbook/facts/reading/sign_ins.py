"""The sign-ins of one bundle's accounts, and the requests that need one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from playbook.deployments.description import Request
from playbook.deployments.paths import field_at
from playbook.environment import Environment
from playbook.errors import WrongUsage
from playbook.facts.findings import FailureKind, Finding, Unobservable
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.futures import AskedOnce, result_of
from playbook.facts.reading.probes import Probes
from playbook.facts.reading.store import Store
from playbook.facts.reading.visitors import Visitors
from playbook.facts.remedies import Remedy
from playbook.pristine import passwords
from playbook.pristine.bundles import Bundle

SERVER_ERROR = 500


class SignIns:
    """Signs in each account once, in threads, and one account with a wrong password."""

    def __init__(
        self,
        environment: Environment,
        bundle: Bundle,
        accounts: Sequence[str],
        store: Store,
        visitors: Visitors,
        probes: Probes,
        at: datetime,
        pool: ThreadPoolExecutor,
        shared: AskedOnce,
    ) -> None:
        self._bundle, self._accounts = bundle, accounts
        self._settings = environment.settings
        self._deployment = environment.deployment
        self._sign_in_form = environment.deployment.sign_in
        self._at = at
        self._store, self._visitors, self._probes = store, visitors, probes
        self._wrong = shared.ask("wrong password", lambda: pool.submit(self._mistype))
        self._logins = {email: pool.submit(self._log_in, email) for email in accounts}

    @property
    def companion(self) -> str:
        """The account whose own page is opened; the main account's token opens the board."""
        return self._accounts[-1]

    @property
    def wrong_login(self) -> tuple[str, Answer]:
        """The account for which a wrong password was tried, once a run, and the answer."""
        return result_of(self._wrong)

    def login(self, email: str) -> Answer:
        """The answer to a login with the account's password."""
        return result_of(self._logins[email])

    def ask(self, request: Request, *accounts: str) -> Answer:
        """The answer to a request; a signed-in one uses the first account that could sign in.

        Without ``accounts`` these are all of the bundle, or the main one if only it may ask.
        """
        query = dict(request.query)
        if not request.signed_in:
            return self._visitors.ask(request.method, request.path, params=query)
        may_ask = accounts or self._accounts[: 1 if request.main_account_only else None]
        problem, silent, remedy = "no account", False, None
        for email in may_ask:
            login = self.login(email)
            token = self._sign_in_form.token(login.body)
            if token is not None and login.status == 200:
                headers = {"User-Agent": self._probes.mark, "Authorization": f"Bearer {token}"}
                return self._visitors.ask(
                    request.method, request.path, email, params=query, headers=headers
                )
            reason = "answered without a token" if login.status == 200 else None
            reason = login.problem or reason or f"answered {login.status}"
            problem = f"{login.request} {reason}"
<<<<<<< HEAD
            silent = login.kind is FailureKind.ENVIRONMENT
        text = f"could not be asked, because no account could sign in ({problem})"
        return Answer(str(request), None, problem=text, silent=silent)
=======
            silent, remedy = login.kind is FailureKind.ENVIRONMENT, login.remedy
        who = may_ask[0] if len(may_ask) == 1 else "nobody"
        could = "could not" if len(may_ask) == 1 else "could"
        text = f"could not be asked, as {who} {could} sign in ({problem})"
        return Answer(str(request), None, problem=text, silent=silent, remedy=remedy)
>>>>>>> main

    def _mistype(self) -> tuple[str, Answer]:
        self._probes.begin()
        email = self._accounts[0]
        answer = self._sign_in(email, f"wrong-{uuid.uuid4().hex}")
        # Only an error can come from what is stored; to accept a wrong password is the app's fault.
        failed = answer.status is not None and answer.status >= SERVER_ERROR
        wrong = failed and self._is_stored_wrong(email)
        return email, replace(answer, remedy=Remedy.RESET if wrong else Remedy.BACKEND)

    def _log_in(self, email: str) -> Answer:
        self._probes.wait_for_documents()
        # The wrong password first: a good sign-in after it resets the app's count of failures.
        result_of(self._wrong)
        self._probes.begin()
        try:
            password = self._settings.account_password(self._bundle.short, email)
        except WrongUsage as error:
            request = str(self._sign_in_form.ask(email, ""))
            problem = f"was not asked: {error}"
            return Answer(request, None, problem=problem, remedy=Remedy.SETTINGS)
        answer = self._sign_in(email, password)
        good = answer.status == 200 and not answer.problem
        if good or answer.kind is FailureKind.ENVIRONMENT:
            return replace(answer, remedy=Remedy.BACKEND if good else Remedy.ENVIRONMENT)
        wrong = self._is_stored_wrong(email, password)
        return replace(answer, remedy=Remedy.RESET if wrong else Remedy.BACKEND)

    def _is_stored_wrong(self, email: str, password: str | None = None) -> bool:
        """Whether a reset would change the stored account, so that it can help.

        Without ``password`` any hash is right, as long as the app's own model accepts it.
        """
        stored, path = self._store.stored, self._deployment.password.path
        try:
            match = next(m for m in stored.matched("users").matches if m.pristine["email"] == email)
        except Unobservable:
            return False  # no one can say; the check of the accounts reports it
        if match.present is None:
            return True
        if password is not None and not passwords.fits(password, field_at(match.present, path)):
            return True

        def findings() -> Iterator[Finding]:
            yield from stored.misfits("users")
            yield from stored.differences("users", "account", but=(path, "expires_at"))

        if any(email in finding.where for finding in findings()):
            return True
        if "expires_at" not in stored.matched("users").kept.ours:
            return False
        end = match.present.get("expires_at")
        return not isinstance(end, datetime) or end <= self._at

    def _sign_in(self, email: str, password: str) -> Answer:
        request = self._sign_in_form.ask(email, password)
        answer = self._visitors.ask(
            request.method,
            request.path,
            email,
            json=request.body,
            headers={"User-Agent": self._probes.mark},
        )
        if (token := self._sign_in_form.token(answer.body)) is not None:
            self._probes.tokens.append(token)
        return answer
