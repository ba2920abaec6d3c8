"""Every description of traces leads to searches that MongoDB accepts.

It refuses an empty list of alternatives, and to be asked for a field and for another one inside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from playbook import clock
from playbook.deployments.scope import Scope, orphan_filters
from playbook.environment import Environment, presence
from playbook.environment.identities import read_identities, read_scope
from tests.sandbox import Sandbox

BUNDLE = "lvmh"
VISITS = "Trace('visits', 'Clear visits', instants=('at',), "
LINES = "Trace('lines', 'Clear lines', emails=('by',), parent=('visits', 'visit'))"
BEGINNING = """
from dataclasses import replace
from playbook.deployments.description import Trace
from playbook.deployments.playbook import DEPLOYMENT as P
"""


@contextmanager
def described(sandbox: Sandbox, folder: Path, traces: str) -> Iterator[Environment]:
    """The environment with a description that has some more traces."""
    file = folder / "mine.py"
    text = f"{BEGINNING}\nDEPLOYMENT = replace(P, traces=(*P.traces, {traces}))\n"
    file.write_text(text, encoding="utf-8")
    settings = replace(sandbox.environment.settings, deployment=str(file))
    with Environment(settings) as environment:
        yield environment


def scope_in(environment: Environment, sandbox: Sandbox) -> Scope:
    bundle = sandbox.bundle(BUNDLE)
    return read_scope(environment.db, environment.deployment, bundle, sandbox.seeds)


@pytest.mark.parametrize(
    "traces",
    [
        "Trace('visits', 'Clear visits', emails=('email',))",
        "Trace('visits', 'Clear visits', user_ids=('user_id',), removes_orphans=True)",
        f"{LINES}, {VISITS}emails=('email',))",
        f"{LINES}, {VISITS}user_ids=('who', 'who.id', 'who'))",
        f"{LINES}, {VISITS}emails=('who.email', 'who'), user_ids=('who.id',))",
    ],
)
def test_mongodb_accepts_every_search(
    pristine_sandbox: Sandbox, tmp_path: Path, traces: str
) -> None:
    db, seeds = pristine_sandbox.db, pristine_sandbox.seeds
    with described(pristine_sandbox, tmp_path, traces) as environment:
        deployment = environment.deployment
        scope = scope_in(environment, pristine_sandbox)
        emails = [account.model.email for account in seeds.accounts.values()]
        identities = read_identities(db, deployment, emails)
        searches = [*scope.filters.items()]
        searches += orphan_filters(seeds, deployment, identities).items()
        for collection, where in searches:
            db[collection].find_one(where)
        assert presence.everybody_present(db, seeds, deployment, clock.now()) == []


def test_what_lies_below_a_trace_with_only_an_address_is_found(
    pristine_sandbox: Sandbox, tmp_path: Path
) -> None:
    db = pristine_sandbox.db
    own, foreign = pristine_sandbox.accounts(BUNDLE)[0], "customer@example.com"
    for number, email in enumerate([own.upper(), foreign]):
        db.visits.insert_one({"_id": number, "email": email})
        db.lines.insert_one({"_id": number, "visit": number})
    with described(pristine_sandbox, tmp_path, f"{LINES}, {VISITS}emails=('email',))") as one:
        filters = scope_in(one, pristine_sandbox).filters
        for name in ("visits", "lines"):
            assert [found["_id"] for found in db[name].find(filters[name])] == [0], name
    db.visits.drop()
    db.lines.drop()
