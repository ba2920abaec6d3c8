"""Problems that the deployment's own routes report after a reset are noted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI, Response

from playbook.environment import Environment
from playbook.reset.execute import Executor
from playbook.reset.operations import Call
from tests.sandbox import Sandbox
from tests.served_app import served

VALIDATE = "/api/awareness/currency/validate"


@pytest.mark.parametrize(
    "answer, noted",
    [
        ({"valid": True, "problems": []}, None),
        ({"rates": "without a judgement"}, None),
        ([], None),
        ({"valid": False, "problems": ["KES: old"]}, "answered with problems: KES: old"),
        ({"valid": False, "problems": ["KES: old", "x", "y"]}, "KES: old (and 2 more)"),
        ({"valid": False, "problems": True, "languages": 4}, "valid is false, without a reason"),
        ({"valid": None}, "valid is null, without a reason"),
        ({"valid": False, "problems": ["a\nb\x1b[2J"]}, "answered with problems: a b<U+001B>[2J"),
        (
            Response(b'{"valid": false, "problems": ["\\ud800"]}'),
            "problems: \N{REPLACEMENT CHARACTER}",
        ),
        (Response(b"[" * 100_000), None),
        (
            {"valid": False, "languages": [{"language": "fr", "problems": ["no messages"]}, 7]},
            "answered with problems: fr: no messages",
        ),
    ],
)
def test_a_route_that_answers_invalid_is_noted(
    sandbox: Sandbox, answer: Any, noted: str | None
) -> None:
    app = FastAPI()
    app.get(VALIDATE)(lambda: answer)
    with served(app) as url:
        settings = replace(sandbox.environment.settings, api_url=url)
        with Environment(settings) as environment:
            executor = Executor(environment, before=None)
            executor.run(Call("GET", VALIDATE))
    if noted is None:
        assert executor.notes == []
    else:
        [note] = executor.notes
        assert note.startswith(f"GET {VALIDATE} answered with problems: ") and note.endswith(noted)
