"""The sign-ins of one bundle's accounts, and the requests that need one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from playbook.deployments.description import Request, SignIn, UnreadableAnswer
from playbook.environment import Environment
from playbook.errors import WrongUsage
from playbook.facts.findings import FailureKind
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.futures import AskedOnce, result_of
from playbook.facts.reading.probes import Probes
from playbook.facts.reading.refused_sign_ins import RefusedSignIns
from playbook.facts.reading.visitors import Visitors
from playbook.facts.remedies import Remedy
from playbook.pristine.bundles import Bundle


class SignIns:
    """Signs in each account once, in threads, and one account with a wrong password."""

    def __init__(
        self,
        environment: Environment,
        bundle: Bundle,
        accounts: Sequence[str],
        visitors: Visitors,
        refused: RefusedSignIns,
        probes: Probes,
        pool: ThreadPoolExecutor,
        shared: AskedOnce,
    ) -> None:
        self._bundle, self._accounts = bundle, accounts
        self._settings, self._api = environment.settings, environment.api
        self._sign_in_form = environment.deployment.sign_in
        self._visitors, self._refused, self._probes = visitors, refused, probes
        self._shared_wrong = shared.ask("wrong password", lambda: pool.submit(self._mistype))
        self._wrong = pool.submit(self._wrong_of_this_bundle)
        self._logins = {email: pool.submit(self._log_in, email) for email in accounts}

    @property
    def companion(self) -> str:
        """The account whose own page is opened; the main account's token opens the board."""
        return self._accounts[-1]

    @property
    def wrong_login(self) -> tuple[str, Answer]:
        """The account for which a wrong password was tried, and the answer.

        It is tried once a run. Only if the app breaks over another bundle's account, it is tried
        again for one of this bundle: what is stored of that account can be the cause.
        """
        email, answer = result_of(self._wrong)
        return email, with_token(answer, self._sign_in_form)

    def login(self, email: str) -> Answer:
        """The answer to a login with the account's password; a bad one has its cause."""
        answer = with_token(result_of(self._logins[email]), self._sign_in_form)
        return self._refused.explained(email, answer)

    def ask(self, request: Request, *accounts: str) -> Answer:
        """The answer to a request; a signed-in one uses the first account that could sign in.

        Without ``accounts`` these are all of the bundle, or the main one if only it may ask. An
        investor is signed in wherever they look, so what everybody may see is requested with a
        token, too, if an account could sign in.
        """
        query = dict(request.query)
        if not request.signed_in:
            # A token would replace the login that a gateway needs.
            may_sign_in = () if self._api.has_credentials else self._accounts
            return self._ask_with_token(request, may_sign_in) or self._visitors.ask(
                request.method, request.path, params=query
            )
        may_ask = accounts or self._accounts[: 1 if request.main_account_only else None]
        if (answer := self._ask_with_token(request, may_ask)) is not None:
            return answer
        if not may_ask:
            return Answer(str(request), None, problem="could not be asked: there is no account")
        # The first account is the one that investors use.
        login = self.login(may_ask[0])
        who = f"{may_ask[0]} could not" if len(may_ask) == 1 else "no account could"
        # Without a cause of its own the reason is the account, which is named here.
        named = "" if login.cause or len(may_ask) == 1 else f" for {may_ask[0]}"
        return Answer(
            str(request),
            None,
            problem=f"could not be asked, as {who} sign in ({login.in_words}{named})",
            silent=login.kind is FailureKind.ENVIRONMENT,
            stated_remedy=login.remedy,
            cause=login.cause,
        )

    def _ask_with_token(self, request: Request, accounts: Sequence[str]) -> Answer | None:
        """The answer for the first account that could sign in; None if none could."""
        for email in accounts:
            login = self.login(email)
            token = token_in(login.body, self._sign_in_form)
            if token is not None and login.good:
                headers = {"User-Agent": self._probes.mark, **self._sign_in_form.carried(token)}
                return self._visitors.ask(
                    request.method, request.path, email, params=dict(request.query), headers=headers
                )
        return None

    def _mistype(self) -> tuple[str, Answer]:
        self._probes.begin()
        email = self._accounts[0]
        answer = self._sign_in(email, f"wrong-{uuid.uuid4().hex}")
        # Only an error can come from what is stored; to accept a wrong password is the app's fault.
        return email, self._refused.explained(email, answer) if answer.broken else answer

    def _wrong_of_this_bundle(self) -> tuple[str, Answer]:
        email, answer = result_of(self._shared_wrong)
        return self._mistype() if answer.broken and email not in self._accounts else (email, answer)

    def _log_in(self, email: str) -> Answer:
        self._probes.wait_for_documents()
        # The wrong password first: a good sign-in after it resets the app's count of failures.
        result_of(self._wrong)
        self._probes.begin()
        try:
            password = self._settings.account_password(self._bundle.short, email)
        except WrongUsage as error:
            request, problem = str(self._sign_in_form.ask(email, "")), f"was not asked: {error}"
            return Answer(request, None, problem=problem, stated_remedy=Remedy.SETTINGS)
        return self._sign_in(email, password)

    def _sign_in(self, email: str, password: str) -> Answer:
        request = self._sign_in_form.ask(email, password)
        answer = self._visitors.ask(
            request.method,
            request.path,
            email,
            json=request.body,
            data=request.form,
            headers={"User-Agent": self._probes.mark},
        )
        if answer.status == self._sign_in_form.good_status:
            answer = replace(answer, status=200)
        if (token := token_in(answer.body, self._sign_in_form)) is not None:
            self._probes.tokens.append(token)
        return answer


def token_in(body: object, sign_in: SignIn) -> str | None:
    """The token in an answer to a sign-in; None if there is none that can be read."""
    try:
        return sign_in.token(body)
    except UnreadableAnswer:
        return None


def with_token(answer: Answer, sign_in: SignIn) -> Answer:
    """An answer to a sign-in, which is a good one only if it has a token that can be sent."""
    if not answer.good:
        return answer
    try:
        token = sign_in.token(answer.body)
    except UnreadableAnswer as error:
        return replace(answer, problem=f"answered what the description can't read: {error}")
    if token is None:
        return replace(answer, problem="answered without a token")
    # A header of HTTP takes no other characters.
    if not (token.isascii() and token.isprintable()):
        return replace(answer, problem="answered with a token that can't be sent in a header")
    return answer
