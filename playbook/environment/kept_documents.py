"""Read a demo from the app's database and convert it to the playbook's own documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo.database import Database

from playbook.deployments.description import Deployment, Kept, Kind, UnreadableAnswer
from playbook.deployments.matching import Matching
from playbook.deployments.scope import scope_of
from playbook.environment.identities import read_scope
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.seeds import Document, Seeds


def read_kept(
    db: Database[dict[str, Any]],
    deployment: Deployment,
    bundle: Bundle,
    seeds: Seeds,
    kinds: Iterable[Kind],
    now: datetime,
) -> dict[Kind, list[Document]]:
    """A bundle's documents of some kinds; an empty list for a kind that the app does not keep."""
    scope = read_scope(db, deployment, bundle, seeds)
    wanted = [(kind, deployment.kept_as(kind)) for kind in kinds]
    found = {
        kept.collection: list(db[kept.collection].find(scope.filters[kept.collection]))
        for _, kept in wanted
        if kept is not None
    }
    matching = Matching(deployment, pristine_documents(bundle, seeds, now), found)
    return {
        kind: [] if kept is None else list(_read(kept, found[kept.collection], matching))
        for kind, kept in wanted
    }


def livesales_ahead(
    db: Database[dict[str, Any]],
    deployment: Deployment,
    bundles: Iterable[Bundle],
    seeds: Seeds,
    now: datetime,
) -> dict[str, Document]:
    """The next LiveSale of each bundle that has one in the future, by the bundle's id."""
    kept = deployment.kept_as("livesales")
    bundles = list(bundles)
    if kept is None or not bundles:
        return {}
    name = kept.collection
    own = [scope_of(bundle, seeds, deployment).filters[name] for bundle in bundles]
    found = list(db[name].find({"$or": own}))
    ahead: dict[str, Document] = {}
    for bundle in bundles:
        matching = Matching(deployment, pristine_documents(bundle, seeds, now), {name: found})
        if event := next_event(_read(kept, found, matching), bundle, now):
            ahead[bundle.key] = event
    return ahead


def _read(kept: Kept, documents: Iterable[Document], matching: Matching) -> Iterator[Document]:
    """The documents in the playbook's words; a check names those that can't be read."""
    for document in documents:
        with suppress(UnreadableAnswer):
            yield kept.from_app(document, matching)


def next_event(events: Iterable[Document], bundle: Bundle, now: datetime) -> Document | None:
    """The first of a bundle's future LiveSales."""
    ahead = [e for e in events if e.get("bundle") == bundle.key and _is_after(e, now)]
    return min(ahead, key=lambda event: event["starts_at"], default=None)


def _is_after(event: Document, now: datetime) -> bool:
    start = event.get("starts_at")
    return isinstance(start, datetime) and start > now
