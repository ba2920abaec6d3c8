"""The visitors who send one bundle's requests to the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import requests

from playbook.deployments.description import UnreadableAnswer
from playbook.environment import Environment
from playbook.environment.http import TooLarge
from playbook.environment.reasons import (
    broken_answer,
    may_succeed_later,
    names_no_host,
    reason_of,
)
from playbook.facts.reading.answer import Answer, read_answer
from playbook.facts.remedies import Remedy
from playbook.pristine.rates import CURRENCIES

PATIENCE_SECONDS = 5.0
"""How long an endpoint may take; a longer wait would be noticed by an investor."""
LATE = f"did not answer within {PATIENCE_SECONDS:g} s"


class Visitors:
    """Send requests: each account is one visitor, and so is the one without an account."""

    def __init__(self, environment: Environment, accounts: Iterable[str]) -> None:
        self._environment = environment
        self._without_account = environment.api.visitor()
        self._by_account = {email: environment.api.visitor() for email in accounts}

    def ask(self, method: str, path: str, account: str | None = None, **options: Any) -> Answer:
        """The answer to one request, of an account or of the visitor without one."""
        request = f"{method} {path}"
        visitor = self._by_account[account] if account is not None else self._without_account
        try:
            with self._environment.asking:
                answer = visitor.ask(method, path, seconds=PATIENCE_SECONDS, **options)
        except requests.Timeout:
            return Answer(request, None, problem=LATE, silent=True)
        except TooLarge as error:
            return Answer(request, error.status, problem=str(error))
        except requests.RequestException as error:
            if broken := broken_answer(error):
                problem = f"got an answer that {broken}"
                return Answer(request, None, problem=problem, stated_remedy=Remedy.BACKEND)
            problem = f"got no answer: {self._environment.redact(reason_of(error))}"
            # What will not pass by itself must be changed: a certificate, an address.
            remedy = None if may_succeed_later(error) else Remedy.SERVICE
            if names_no_host(error):
                problem, remedy = f"{problem}; is the host in API_URL right?", Remedy.SERVICE
            return Answer(request, None, problem=problem, silent=True, stated_remedy=remedy)
        return read_answer(request, answer)

    def get(self, path: str, **query: str) -> Answer:
        """What a route that only demos need answers to a visitor without an account."""
        return self.opened(self.ask("GET", path, params=query))

    def opened(self, answer: Answer) -> Answer:
        """An answer of a route that only demos need, without the app's envelope."""
        if not answer.good:
            return answer
        try:
            content = self._environment.deployment.routes.content(answer.body)
        except UnreadableAnswer as error:
            problem = f"answered what the app should not show: {error}"
            return replace(answer, problem=problem, stated_remedy=Remedy.BACKEND)
        return replace(answer, body=content)

    def ask_for_rates(self, base: str) -> Answer:
        """The served rates of a base currency into all currencies of the playbook."""
        path = self._environment.deployment.routes.rates
        answer = self.get(path, base_currency=base, target_currencies=",".join(CURRENCIES))
        return replace(answer, request=f"GET {path}?base_currency={base}")
