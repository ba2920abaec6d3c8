"""Ask the app which ids it has given to the demo accounts, and to what their traces hang on.

A trace may carry only a user id, and a message only its conversation's: both are looked up before
a scope is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymongo.database import Database

from playbook.deployments.addresses import is_one_of
from playbook.deployments.description import Deployment
from playbook.deployments.scope import Identities, Scope, as_written, scope_of
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
    """The ids of some accounts, by address without case, and of the traces that others hang on."""
    kept = deployment.kept_as("users")
    if kept is None:
        return Identities()
    where = {kept.key: is_one_of(emails)}
    accounts: dict[str, tuple[Any, ...]] = {}
    for user in db[kept.collection].find(where, {kept.key: 1}):
        email = str(user[kept.key]).casefold()
        accounts[email] = (*accounts.get(email, ()), user["_id"])
    ids = as_written(i for found in accounts.values() for i in found)
    parents: dict[str, tuple[Any, ...]] = {}
    for trace in deployment.traces:
        if trace.parent is None or not ids:
            continue
        name = trace.parent[0]
        above = next(t for t in deployment.traces if t.collection == name)
        own = {"$or": [{path: {"$in": ids}} for path in above.user_ids]}
        parents[name] = tuple(found["_id"] for found in db[name].find(own, {"_id": 1}))
    return Identities(accounts, parents)
