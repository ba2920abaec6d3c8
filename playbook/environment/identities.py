"""Find the ids that the app gave to the demo accounts and to the documents of their traces.

A trace may have only a user id, and a message only the id of its conversation. Both are found
before a scope is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pymongo.database import Database

from playbook.deployments.addresses import has_prefix_of, is_like, is_one_of
from playbook.deployments.description import Deployment, Filter, Trace
from playbook.deployments.id_text import id_text
from playbook.deployments.paths import outermost, values_at
from playbook.deployments.scope import Identities, Scope, as_written, scope_of
from playbook.environment.searches import find_all
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds


def read_scope(
    db: Database[dict[str, Any]], deployment: Deployment, bundle: Bundle, seeds: Seeds
) -> Scope:
    """The scope of a bundle, with the ids of all accounts that share its region."""
    emails = [
        email
        for other in bundles.sharing_region(seeds, bundle)
        for email in bundles.accounts_of(seeds, other)
    ]
    return scope_of(bundle, seeds, deployment, read_identities(db, deployment, emails))


def read_identities(
    db: Database[dict[str, Any]], deployment: Deployment, emails: Iterable[str]
) -> Identities:
    """The ids of some accounts, by address without case, and of traces with others below them."""
    kept = deployment.kept_as("users")
    if kept is None:
        return Identities()
    emails = list(emails)
    where = {kept.key: is_one_of(emails)}
    accounts: dict[str, tuple[Any, ...]] = {}
    for user in find_all(db[kept.collection], where, {kept.key: 1}):
        for email in {str(value).casefold() for value in values_at(user, kept.key)}:
            accounts[email] = (*accounts.get(email, ()), user["_id"])
    asked = {email.casefold(): accounts.get(email.casefold(), ()) for email in emails}
    parents: dict[str, dict[str, tuple[Any, ...]]] = {}
    for trace in deployment.traces:
        if trace.parent is not None:
            name = trace.parent[0]
            above = next(t for t in deployment.traces if t.collection == name)
            parents[name] = _left_by(db, above, {**asked, **accounts})
    return Identities(accounts, parents)


def _left_by(
    db: Database[dict[str, Any]], trace: Trace, accounts: Mapping[str, tuple[Any, ...]]
) -> dict[str, tuple[Any, ...]]:
    """The ``_id`` of each trace that some accounts have left, by address.

    As in the filter of a trace, an address also counts if only its prefix is the account's.
    """
    ids = as_written(i for found in accounts.values() for i in found)
    own: list[Filter] = [{path: {"$in": ids}} for path in trace.user_ids if ids]
    own += [{path: is_like(accounts)} for path in trace.emails if accounts]
    if not own:
        return {}
    left: dict[str, tuple[Any, ...]] = {}
    paths = outermost([*trace.user_ids, *trace.emails])
    for found in find_all(db[trace.collection], {"$or": own}, dict.fromkeys(paths, 1)):
        carried = {id_text(v) for path in trace.user_ids for v in values_at(found, path)}
        named = [v for path in trace.emails for v in values_at(found, path) if isinstance(v, str)]
        for email, own_ids in accounts.items():
            by_id = carried & {id_text(i) for i in own_ids}
            if by_id or any(has_prefix_of(email, value) for value in named):
                left[email] = (*left.get(email, ()), found["_id"])
    return left
