"""The sign-ins of one bundle's accounts, and the requests that need one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from playbook.deployments.description import Request
from playbook.environment import Environment
from playbook.errors import WrongUsage
from playbook.facts.findings import FailureKind
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.futures import AskedOnce, result_of
from playbook.facts.reading.probes import Probes
from playbook.facts.reading.visitors import Visitors
from playbook.pristine.bundles import Bundle


class SignIns:
    """Signs in each account once, in threads, and one account with a wrong password."""

    def __init__(
        self,
        environment: Environment,
        bundle: Bundle,
        accounts: Sequence[str],
        visitors: Visitors,
        probes: Probes,
        pool: ThreadPoolExecutor,
        shared: AskedOnce,
    ) -> None:
        self._bundle, self._accounts = bundle, accounts
        self._settings = environment.settings
        self._sign_in_form = environment.deployment.sign_in
        self._visitors, self._probes = visitors, probes
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

        Without ``accounts`` these are all of the bundle.
        """
        query = dict(request.query)
        if not request.signed_in:
            return self._visitors.ask(request.method, request.path, params=query)
        problem, silent = "no account", False
        for email in accounts or self._accounts:
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
            silent = login.kind is FailureKind.ENVIRONMENT
        text = f"could not be asked, because no account could sign in ({problem})"
        return Answer(str(request), None, problem=text, silent=silent)

    def _mistype(self) -> tuple[str, Answer]:
        self._probes.begin()
        email = self._accounts[0]
        return email, self._sign_in(email, f"wrong-{uuid.uuid4().hex}")

    def _log_in(self, email: str) -> Answer:
        self._probes.wait_for_documents()
        # The wrong password first: a good sign-in after it resets the app's count of failures.
        result_of(self._wrong)
        self._probes.begin()
        try:
            password = self._settings.account_password(self._bundle.short, email)
        except WrongUsage as error:
            request = str(self._sign_in_form.ask(email, ""))
            return Answer(request, None, problem=f"was not asked: {error}")
        return self._sign_in(email, password)

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
