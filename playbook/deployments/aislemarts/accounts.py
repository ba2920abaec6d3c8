"""Accounts: only the address and the password are ours; all other fields belong to the app."""

from __future__ import annotations

from playbook.deployments.addresses import is_one_of
from playbook.deployments.aislemarts import models
from playbook.deployments.aislemarts.ids import CREATED
from playbook.deployments.description import Filter, Kept, Owner, References
from playbook.deployments.in_both_apps import comparable_address
from playbook.pristine.seeds import Document


def _account(account: Document, _: References) -> Document:
    # All but the address is only for an account that the app's model refuses without it, such as
    # one that was written for another app.
    return {"email": account["email"], "name": None, "roles": ["user"], "created_at": CREATED}


def _read_account(account: Document, _: References) -> Document:
    return {"_id": account.get("_id"), "email": account.get("email")}


def _bundle_users(owner: Owner) -> Filter:
    return {"email": is_one_of(owner.accounts)}


USERS = Kept(
    "users",
    "users",
    "Make the demo accounts work",
    _bundle_users,
    ("email", "password_hash"),
    key="email",
    natural_key=lambda account: account["email"],
    comparable_key=comparable_address,
    new_id=None,
    to_app=_account,
    from_app=_read_account,
    strays_first=True,
    model=models.User,
)  # fmt: skip
