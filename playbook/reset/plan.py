"""The plan of a reset: every line of the playbook as data, built once and then executed.

Pure functions: the operations follow from a bundle, the seeds, T and the accounts' password hashes.
Nothing here reads or writes; :mod:`playbook.reset.execute` writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from playbook.deployments.demo_routes import DemoRoutes
from playbook.deployments.description import Deployment, Filter, Kept
from playbook.deployments.fitting import refusal
from playbook.deployments.matching import ComingId, Match, Matching
from playbook.deployments.paths import MISSING, field_at, with_field
from playbook.deployments.scope import Scope
from playbook.environment.snapshot import id_bytes
from playbook.errors import Refused
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.passwords import Passwords
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.changes import changes_of
from playbook.reset.operations import (
    Call,
    ClearKeys,
    CreateAccounts,
    EnsureIndexes,
    Operation,
    Remove,
    RemoveStrays,
    SetFields,
    Stage,
    Step,
)


@dataclass(frozen=True)
class Plan:
    """All steps of one bundle's reset, in the playbook's order."""

    bundle: Bundle
    access: datetime
    scope: Scope
    steps: tuple[Step, ...]


def build(
    scope: Scope,
    seeds: Seeds,
    access: datetime,
    passwords: Passwords,
    found: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Plan:
    """The plan of a bundle's reset (playbook, "Reset Procedures").

    ``access`` is T (UTC); ``passwords`` are those of the bundle's accounts; ``found`` are the
    present documents of the scope, by collection. Raises Refused if the app's own model would
    refuse a document of ours.
    """
    bundle, deployment = scope.bundle, scope.deployment
    pristine = pristine_documents(bundle, seeds, access)
    matching = Matching(deployment, pristine, found)
    steps = removing_traces(scope.filters, deployment)
    for kept in deployment.kept:
        steps += _seeding(scope, kept, matching[kept.kind].matches, passwords)
    steps += _refreshing_contexts(deployment.routes, seeds.contexts[bundle.key].document)
    steps += _optimizing(scope)
    return Plan(bundle, access, scope, tuple(steps))


def _seeding(
    scope: Scope, kept: Kept, matches: tuple[Match, ...], passwords: Passwords
) -> list[Step]:
    """The steps that make one collection pristine: write our documents, delete strays."""
    phase = "Fresh Seed Data"
    writes: list[Step] = []
    if kept.kind == "users":
        deployment = scope.deployment
        matches = tuple(_with_password(m, deployment.password.path, passwords) for m in matches)
        if deployment.register is not None:
            missing = tuple(m.pristine for m in matches if m.present is None)
            matches = tuple(m for m in matches if m.present is not None)
            known = {m["email"]: passwords.by_address[m["email"]] for m in missing}
            create = CreateAccounts(missing, known)
            writes.append(Step(phase, "Create the demo accounts", create))
    for match in matches:
        if match.present is None and (reason := refusal(kept, match.wanted)):
            raise Refused(
                f"{kept.collection} {match.pristine['_id']}: {reason}: the app's model would "
                "refuse the document; nothing was written; correct the seeds or the description"
            )
    writes.append(Step(phase, kept.line, SetFields(kept, matches)))
    if not kept.has_strays:
        return writes
    keep = [m.identifier for m in matches if not isinstance(m.identifier, ComingId)]
    remove = RemoveStrays(kept.collection, scope.filters[kept.collection], keep)
    strays = Step(phase, f"Remove strays from {kept.collection}", remove)
    # A second account with the same address would violate the unique index.
    return [strays, *writes] if kept.strays_first else [*writes, strays]


def _refreshing_contexts(routes: DemoRoutes, context: Document) -> list[Step]:
    """The steps that make the app read a bundle's context again, and judge rates and languages."""
    judging = Stage.INDEXES_AND_CACHES
    calls = {
        "Update context profiles": Call("POST", routes.refresh_contexts, [context]),
        "Validate currency rates": Call("GET", routes.validate_rates, stage=judging),
        "Test locale adaptations": Call("GET", routes.languages, stage=judging),
    }
    return [Step("Awareness Engine Context Refresh", line, call) for line, call in calls.items()]


def _optimizing(scope: Scope) -> list[Step]:
    """The steps that build the indexes, clear the caches, and let the app fill them again."""
    warm_up, routes = {"region": scope.bundle.region}, scope.deployment.routes
    operations: dict[str, Operation] = {
        **{
            f"Rebuild search indexes of {name}": EnsureIndexes(name, declared)
            for name, declared in scope.deployment.indexes.items()
        },
        "Clear cache layers": ClearKeys(scope.key_patterns),
        "Warm up CDN": Call("POST", routes.warm_up, warm_up, Stage.WARM_UP),
    }
    return [Step("Performance Optimization", line, one) for line, one in operations.items()]


def removing_traces(filters: Mapping[str, Filter], deployment: Deployment) -> list[Step]:
    """The steps that delete the traces of visitors, by some filters."""
    return [
        Step("Data Cleanup", trace.line, Remove(trace.collection, filters[trace.collection]))
        for trace in deployment.traces
        if trace.collection in filters
    ]


def _with_password(match: Match, path: str, passwords: Passwords) -> Match:
    """The account with its password's hash; a present hash stays if the password fits it."""
    email = match.pristine["email"]
    present = MISSING if match.present is None else field_at(match.present, path)
    hashed = passwords.fitting_hash(email, present)
    return replace(match, wanted=with_field(match.wanted, path, hashed))


@dataclass
class Count:
    """How many documents of one collection a reset would delete, change and create."""

    deleted: int = 0
    changed: int = 0
    created: int = 0


def counts(
    steps: Iterable[Step], found: Mapping[str, Sequence[Mapping[str, Any]]]
) -> dict[str, Count]:
    """What a plan's steps would do to each collection, given the present documents."""
    total: dict[str, Count] = {}
    for step in steps:
        match step.operation:
            case Remove(collection):
                total.setdefault(collection, Count()).deleted += len(found.get(collection, ()))
            case RemoveStrays(collection, _, keep):
                wanted = {id_bytes(key) for key in keep}
                strays = [d for d in found.get(collection, ()) if id_bytes(d["_id"]) not in wanted]
                total.setdefault(collection, Count()).deleted += len(strays)
            case SetFields(kept, matches):
                count = total.setdefault(kept.collection, Count())
                for one in matches:
                    if one.present is None:
                        count.created += 1
                    elif changes_of(kept, one):
                        count.changed += 1
            case CreateAccounts(accounts):
                total.setdefault("users", Count()).created += len(accounts)
    return total
