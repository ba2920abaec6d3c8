"""What a walk leaves is found by its account, wherever and however the app keeps accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playbook import clock
from playbook.deployments.front_end import FrontEnd, Left
from playbook.walk import traces
from tests.sandbox import Sandbox

LEFT = FrontEnd(left=(Left("leads", "owner", by="account"),))
EMAIL = "lvmh.demo@aislemarts.luxury"


@pytest.mark.parametrize("kept_as", [EMAIL, EMAIL.upper()])
@pytest.mark.parametrize(("accounts", "address"), [("users", "email"), ("clients", "contact.mail")])
def test_a_lead_of_the_walks_own_account_is_removed(
    sandbox: Sandbox, accounts: str, address: str, kept_as: str
) -> None:
    sandbox.start_over()
    field, _, inner = address.partition(".")
    began = clock.now()
    client = {"_id": "c-1", field: {inner: kept_as} if inner else kept_as}
    sandbox.db[accounts].insert_one(client)
    written = began + timedelta(seconds=1)
    sandbox.db.leads.insert_many(
        [
            {"_id": "of the walk", "owner": "c-1", "created_at": written},
            {"_id": "of somebody", "owner": "c-2", "created_at": written},
            {"_id": "of before", "owner": "c-1", "created_at": began - timedelta(hours=1)},
        ]
    )
    marks = traces.Marks(
        bundle="LVMH_JULIE_BERCOVY",
        user_agent="",
        sentence="",
        abandoned="",
        account=EMAIL,
        began=began,
        accounts=accounts,
        address=address,
    )
    traces.remove(sandbox.db, LEFT, marks)
    assert sorted(sandbox.db.leads.distinct("_id")) == ["of before", "of somebody"]
