"""Ask the app for what only the app can do in a reset, and judge its answers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import requests

from playbook.deployments.addresses import is_one_of
from playbook.deployments.description import Kept
from playbook.environment import Environment
from playbook.environment.json_text import parse_json
from playbook.environment.long_answer import awaited
from playbook.environment.settings import WARM_UP_SETTING
from playbook.errors import Outage
from playbook.pristine.seeds import Document
from playbook.pristine.visible_text import printable
from playbook.processes import signals
from playbook.reset.operations import Call, CreateAccounts, Stage
from playbook.reset.outcome import StepFailed

FIRST_LINE_AFTER = 10.0
"""After so many seconds of waiting a line reports it; the next line comes after twice as many."""
ARRIVAL_SECONDS = 5.0
"""How long an account may take to arrive in the database after the app has created it."""
NOT_OFFERED = (404, 405, 501)
"""Answers of a deployment without the route. They are noted, and the reset continues."""


@dataclass(frozen=True)
class ApiCalls:
    """The calls of one step."""

    environment: Environment
    notes: list[str]
    """Notes for a person are added here."""
    meanwhile: Callable[[], None]
    """Called again and again while the API takes long; it renews the lease."""

    def call(self, call: Call) -> str:
        """Make one call; return in a few words what was answered. Raises StepFailed, Outage."""
        options: dict[str, Any] = {} if call.body is None else {"json": call.body}
        if token := self.environment.settings.access.token:
            options["headers"] = {"Authorization": f"Bearer {token}"}
        ask = partial(self.environment.send, call.method, call.path, **options)
        if call.stage is Stage.WARM_UP:
            answer = self._warm_up(ask)
        else:
            answer = self._awaited(ask, f"waiting for {call}")
        if answer.status_code in NOT_OFFERED:
            self.notes.append(
                f"{call} answered {answer.status_code}: this deployment does not offer it"
            )
            return f"answered {answer.status_code}, not offered here"
        # A redirect, for example to a login page, means that nothing was done.
        if not 200 <= answer.status_code < 300:
            raise StepFailed(f"{call} answered {answer.status_code}{_answer_text(answer)}")
        if (problems := self._problems(answer)) is not None:
            text = printable(self.environment.redact(" ".join(problems.split())))
            self.notes.append(f"{call} answered with problems: {text}")
            return f"answered {answer.status_code}, with problems"
        return f"answered {answer.status_code}"

    def create_accounts(self, operation: CreateAccounts) -> dict[str, Any]:
        """Let the app create accounts; return the ``_id`` of each, by address.

        Raises StepFailed if an account is not there after that.
        """
        created: dict[str, Any] = {}
        deployment = self.environment.deployment
        kept = deployment.kept_as("users")
        assert deployment.register is not None and kept is not None
        for account in operation.accounts:
            email = account["email"]
            request = deployment.register(email, operation.passwords[email], _name_of(email))
            content = {"json": request.body, "data": request.form}
            ask = partial(self.environment.send, request.method, request.path, **content)
            answer = self._awaited(ask, f"waiting for {request}")
            user = self._account(kept, email, answer)
            if user is None:
                raise StepFailed(
                    f"{request} for {email} answered {answer.status_code}, "
                    f"and the account is not there{_answer_text(answer)}"
                )
            created[email] = user["_id"]
        return created

    def _account(self, kept: Kept, email: str, answer: requests.Response) -> Document | None:
        """The account that the app has just created, None if it is not there.

        An app may say so before most members of a replica set have the account. Until then it is
        not there for us, because we read only what cannot be lost again.
        """
        accounts, where = self.environment.db[kept.collection], {kept.key: is_one_of([email])}
        deadline = time.monotonic() + (ARRIVAL_SECONDS if answer.ok else 0)
        while (found := accounts.find_one(where, {"_id": 1})) is None:
            if time.monotonic() >= deadline:
                break
            signals.pause(0.1, f"waiting for the account {email}")
            self.meanwhile()
        return found

    def _warm_up(self, ask: Callable[..., requests.Response]) -> requests.Response:
        """One warm-up. If it takes longer than allowed, raises Outage, which names the setting."""
        settings = self.environment.settings
        patience = settings.warm_up_patience
        try:
            return self._awaited(partial(ask, seconds=patience), "warming up")
        except requests.ConnectTimeout:
            raise
        except requests.Timeout:
            raise Outage(
                f"API at {settings.addresses['API']} has not warmed up within {patience:g} s; "
                f"if it needs longer, increase {WARM_UP_SETTING} (seconds)",
                "API",
            ) from None

    def _awaited(self, ask: Callable[[], requests.Response], doing: str) -> requests.Response:
        """The API's answer. While it takes long, the lease is renewed and a line reports it."""
        next_line = FIRST_LINE_AFTER

        def wait(seconds: float) -> None:
            nonlocal next_line
            if seconds >= next_line:
                next_line *= 2
                so_far = f"{doing}: the API has taken {seconds:.0f} s so far"
                self.environment.api.on_long_answer(so_far)
            if seconds > FIRST_LINE_AFTER:
                signals.pause(0, doing)  # a signal must not have to wait for minutes
            self.meanwhile()

        return awaited(ask, wait)

    def _problems(self, answer: requests.Response) -> str | None:
        """The problems in the answer of a route that judges the environment; None if none."""
        try:
            body = self.environment.deployment.routes.content(parse_json(answer.content))
        except ValueError:  # no JSON, or nothing that the description can read
            return None
        if not isinstance(body, dict) or body.get("valid", True) is True:
            return None
        parts = [body, *(part for part in _listed(body, "languages") if isinstance(part, dict))]
        named = [
            f"{part['language']}: {line}" if "language" in part else str(line)
            for part in parts
            for line in _listed(part, "problems")
        ]
        if not named:
            return f"valid is {json.dumps(body['valid'])}, without a reason"
        return named[0] + (f" (and {len(named) - 1} more)" if len(named) > 1 else "")


def _listed(answer: Mapping[str, Any], name: str) -> list[Any]:
    found = answer.get(name)
    return found if isinstance(found, list) else []


def _name_of(email: str) -> str:
    """The name of a new account: "Sequoia Demo"."""
    return email.partition("@")[0].replace(".", " ").title()


def _answer_text(answer: requests.Response) -> str:
    try:
        return printable(f": {parse_json(answer.content)['detail']}")
    except (ValueError, KeyError, TypeError):
        return ""
