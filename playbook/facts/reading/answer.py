"""What an endpoint of the API answered, and reading it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

import requests
from urllib3.response import HTTPResponse

from playbook.deployments.description import UnreadableAnswer
from playbook.environment.gateways import GATEWAY_ERRORS, redirected_to, wanted_by_a_gateway
from playbook.environment.json_text import TooDeep, parse_json
from playbook.environment.request_limit import TOO_MANY
from playbook.facts.findings import FailureKind, Unobservable
from playbook.facts.remedies import Remedy

SERVER_ERROR = 500
BY_A_PROXY = 203
"""A proxy that has changed a header or the encoding says so; the answer was a 200."""
DECODED = tuple(HTTPResponse.CONTENT_DECODERS)
"""Encodings that are undone before an answer is read here."""
OF_BROWSERS = frozenset({"br", "zstd"})
"""Encodings that every browser undoes, and that our requests do not ask for."""


@dataclass(frozen=True)
class Answer:
    """An endpoint's answer: a status and a JSON body, or the reason why there is none."""

    request: str
    status: int | None
    body: Any = None
    problem: str | None = None
    silent: bool = False
    """Whether the API did not answer this request, or an earlier one that it needs."""
    stated_remedy: Remedy | None = None
    """What can help, where this does not follow from the status."""
    cause: str | None = None
    """A sentence with the cause that this failure shares with others, if that is known."""

    @property
    def kind(self) -> FailureKind:
        """The kind of the failure, if this is not a good answer."""
        down = self.silent or self.status in GATEWAY_ERRORS
        return FailureKind.ENVIRONMENT if down else FailureKind.DATA

    @property
    def good(self) -> bool:
        """Whether it is a status 200 with JSON."""
        return self.status == 200 and not self.problem

    @property
    def broken(self) -> bool:
        """Whether the API itself broke over the request."""
        status = self.status or 0
        return status >= SERVER_ERROR and status not in GATEWAY_ERRORS

    @property
    def remedy(self) -> Remedy:
        """What can help, if this is not a good answer; never a reset, unless that is stated."""
        if self.stated_remedy is not None:
            return self.stated_remedy
        if self.status is None or self.status in GATEWAY_ERRORS:
            return Remedy.ENVIRONMENT
        return Remedy.WAIT if self.status == TOO_MANY else Remedy.BACKEND

    @property
    def in_words(self) -> str:
        """The request and what is wrong with its answer."""
        return f"{self.request} {self.problem or f'answered {self.status}'}"

    def json(self) -> Any:
        """The body of a good answer. Raises Unobservable for any other answer."""
        if not self.good:
            answered = self.status in GATEWAY_ERRORS and self.stated_remedy is None
            raise Unobservable(self.in_words, self.remedy, self.kind, self.cause, answered=answered)
        return self.body

    def field(self, name: str, kind: type[Any]) -> Any:
        """A field of a good answer. Raises Unobservable if it is missing or of another type."""
        body = self.json()
        if not isinstance(body, dict) or not isinstance(body.get(name), kind):
            raise Unobservable(f"{self.request} answered without a usable “{name}”", Remedy.BACKEND)
        return body[name]

    def read_by[T](self, read: Callable[[Any], T]) -> T:
        """The content, read as an app's description says.

        Raises Unobservable if the answer is not good, or does not have the described form.
        """
        try:
            return read(self.json())
        except UnreadableAnswer as error:
            text = f"{self.request} answered what the app should not show: {error}"
            raise Unobservable(text, Remedy.BACKEND) from None


def read_answer(request: str, answer: requests.Response) -> Answer:
    """What was answered to a request: its JSON, else in a few words what came instead."""
    status, content = answer.status_code, answer.content
    if status == BY_A_PROXY:
        status = 200
    if (wanted := wanted_by_a_gateway(answer)) is not None:
        problem = f"answered {status}: {wanted}"
        return Answer(request, status, problem=problem, stated_remedy=Remedy.SETTINGS)
    constants: list[NotANumber] = []

    def constant(name: str) -> NotANumber:
        constants.append(NotANumber(name))
        return constants[-1]

    def fraction(text: str) -> Decimal | NotANumber:
        as_in_a_browser = float(text)
        if not isfinite(as_in_a_browser):
            return constant(text)
        # A number that is too small for a browser is zero there, and is too small for Decimal.
        return Decimal(text) if as_in_a_browser else Decimal(0)

    try:
        body = parse_json(content, parse_float=fraction, parse_constant=constant)
        if encoding := _claimed_encoding(answer):
            # For example from a proxy that has decompressed it, and has left the header.
            what = f"JSON that it calls “{encoding}”, but is not: a browser can't read that"
        elif not constants:
            return Answer(request, status, body)
        else:
            # Of two fields with one name only the last one is in the body.
            what = f"{_not_a_number(body) or constants[0]}: a browser can't read that as JSON"
    except UnicodeDecodeError:
        what = "text that is not UTF-8, which a browser can't read as JSON"
    except TooDeep:
        what = "JSON that is nested too deep"
    except ValueError:
        kind = answer.headers.get("Content-Type", "something unknown").partition(";")[0].strip()
        what = "broken JSON" if kind.endswith("json") else f"{kind} instead of JSON"
    problem = f"answered {status} with {what if content.strip() else 'nothing'}"
    if 300 <= status < 400 and "Location" in answer.headers:
        place = redirected_to(answer, request.partition(" ")[2])
        problem = f"answered {status}: it sends to {place}"
    return Answer(request, status, problem=problem)


def _claimed_encoding(answer: requests.Response) -> str | None:
    """An encoding that a browser would undo, and that was not undone here; None for all others.

    Browsers ignore names that they do not know, such as "utf-8".
    """
    stated = answer.headers.get("Content-Encoding", "").lower().replace(" ", "").split(",")
    return next((one for one in stated if one in OF_BROWSERS - set(DECODED)), None)


class NotANumber(str):
    """NaN or Infinity, which JSON does not have, or a number that is too large.

    A browser cannot read an answer with one in it, or reads the number as infinite.
    """


def _not_a_number(body: object, path: str = "") -> str | None:
    """The first NaN or Infinity in an answer, and where it is; None if there is none."""
    if isinstance(body, NotANumber):
        return f"{body} as “{path}”" if path else str(body)
    inner: Iterable[tuple[object, object]] = ()
    if isinstance(body, dict):
        inner = body.items()
    elif isinstance(body, list):
        inner = enumerate(body)
    found = (_not_a_number(one, f"{path}.{name}" if path else f"{name}") for name, one in inner)
    return next((one for one in found if one is not None), None)
