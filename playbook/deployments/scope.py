"""The scope of one bundle: the documents and keys that a reset of it may change.

The playbook's commands change every bundle at once (``updateMany({})``, ``FLUSHDB``, all demo
sessions). A reset here changes only its own bundle's documents and keys, and its region's catalog
and creators. The app's description says to which bundle documents belong. A trace belongs to the
account with its e-mail address or user id. Addresses compare without case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playbook.deployments.addresses import is_demo, is_like, is_not_like
from playbook.deployments.description import Deployment, Filter, Owner, Trace
from playbook.deployments.id_text import id_text
from playbook.deployments.load import load
from playbook.deployments.own_descriptions import require_usable
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds

PROBE = "aislemarts-demo-playbook-probe"
"""The mark of a check's own traces, in the User-Agent of its sign-ins and in its session ids."""


@dataclass(frozen=True)
class Identities:
    """The ids that the app has given; without them only addresses say to whom a trace belongs."""

    accounts: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """The ``_id`` of each account by its e-mail address, in small letters."""
    parents: Mapping[str, Mapping[str, tuple[Any, ...]]] = field(default_factory=dict)
    """By collection and address, the ``_id`` of each trace that others belong to (a message's
    conversation)."""

    def of(self, emails: Iterable[str]) -> tuple[Any, ...]:
        """The ids of some accounts."""
        return tuple(i for email in emails for i in self.accounts.get(email.casefold(), ()))

    def parents_of(self, collection: str, emails: Iterable[str]) -> tuple[Any, ...]:
        """The ids of the traces in a collection that some accounts have left."""
        left = self.parents.get(collection, {})
        return tuple(i for email in emails for i in left.get(email.casefold(), ()))


@dataclass(frozen=True)
class Scope:
    """The filters, by collection, and the Redis key patterns of one bundle."""

    bundle: Bundle
    accounts: tuple[str, ...]
    filters: Mapping[str, Filter]
    key_patterns: tuple[str, ...]
    deployment: Deployment
    identities: Identities


def scope_of(
    bundle: Bundle,
    seeds: Seeds,
    deployment: Deployment | None = None,
    identities: Identities | None = None,
) -> Scope:
    """The scope of a bundle's reset; without a deployment, in the playbook's own app.

    Raises WrongUsage if the app's description cannot be used.
    """
    deployment = deployment or load()
    require_usable(deployment, seeds)
    identities = identities or Identities()
    owner = owner_of(bundle, seeds, identities)
    filters = {kept.collection: kept.belongs(owner) for kept in deployment.kept}
    if deployment.read_first in filters:
        filters = {deployment.read_first: filters.pop(deployment.read_first), **filters}
    for trace in deployment.traces:
        filters[trace.collection] = trace_filter(trace, owner, identities)
    return Scope(
        bundle,
        owner.accounts,
        filters,
        deployment.key_patterns(bundle),
        deployment,
        identities,
    )


def owner_of(bundle: Bundle, seeds: Seeds, identities: Identities) -> Owner:
    """A bundle with its accounts as the app knows them."""
    accounts = tuple(bundles.accounts_of(seeds, bundle))
    foreign = [a.model.email for a in seeds.accounts.values() if a.model.bundle != bundle.key]
    return Owner(bundle, seeds, accounts, identities.of(accounts), tuple(foreign))


def trace_filter(trace: Trace, owner: Owner, identities: Identities) -> Filter:
    """The filter for the traces of this bundle's demos in one collection.

    A trace that only names the bundle does not belong to it if it has an address of another
    bundle.
    """
    own = is_like(owner.accounts)
    either: list[Filter] = [{path: own} for path in trace.emails]
    if ids := as_written(owner.account_ids):
        either += [{path: {"$in": ids}} for path in trace.user_ids]
    if trace.parent is not None:
        collection, path = trace.parent
        if parents := identities.parents_of(collection, owner.accounts):
            either.append({path: {"$in": as_written(parents)}})
    if trace.names_bundle:
        not_foreign = {path: is_not_like(owner.foreign_accounts) for path in trace.emails}
        either.append({"bundle": owner.bundle.key, "user_type": "demo", **not_foreign})
    # A filter that matches nothing, for an app without these accounts.
    return {"$or": either} if either else {"_id": {"$in": []}}


def orphan_filters(
    seeds: Seeds, deployment: Deployment, identities: Identities
) -> dict[str, Filter]:
    """The demo traces of no bundle, by collection; only a reset of ``all`` removes them.

    They have a demo address without any bundle's prefix, or say that their visitor is a demo user
    but name no existing bundle (playbook, "Data Cleanup"). ``identities`` are of all accounts.
    """
    everybody = [line.model for line in seeds.bundles.values()]
    owners = [owner_of(bundle, seeds, identities) for bundle in everybody]
    found: dict[str, Filter] = {}
    for trace in deployment.traces:
        if not trace.removes_orphans:
            continue
        either: list[Filter] = [{path: is_demo()} for path in trace.emails]
        if trace.names_bundle:
            known = [bundle.key for bundle in everybody]
            either.append({"user_type": "demo", "bundle": {"$nin": known}})
        if not either:
            continue  # a user id alone does not say that its visitor was one of a demo
        owned = [trace_filter(trace, owner, identities) for owner in owners]
        found[trace.collection] = {"$and": [{"$or": either}, {"$nor": owned}]}
    return found


def as_written(identifiers: Iterable[Any]) -> list[Any]:
    """User ids in the forms of a trace: themselves, and their text."""
    found = list(identifiers)
    return found + [id_text(i) for i in found if not isinstance(i, str)]
