"""Leads are kept under the main account's ``_id``; the card itself is in ``metadata``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbook.deployments.aislemarts import models
from playbook.deployments.aislemarts.ids import CREATED, is_one_of, new_id
from playbook.deployments.description import Filter, Kept, Owner, References
from playbook.pristine.seeds import Document

COLUMNS = {"new": "new", "qualified": "qualified", "proposal": "qualified",
           "negotiation": "qualified", "closed": "won"}  # fmt: skip
"""The board's column for each of the playbook's; the playbook's own is in ``metadata``."""


def _lead(card: Document, refs: References) -> Document:
    return {
        "conversation_id": f"demo-{card['id']}",
        "customer_id": f"demo-{card['id']}",
        "business_id": refs.id_of("users", _main_account(card["bundle"], refs)),
        "stage": COLUMNS[card["stage"]],
        "priority": "high",
        "last_intent": None,
        "cart_value": float(card["value_amount"]),
        "assigned_to": None,
        "source": card["source"],
        "tags": [card["locale"], card["currency"]],
        "notes": [],
        "last_activity": CREATED,
        "created_at": CREATED,
        "updated_at": CREATED,
        "metadata": {name: value for name, value in card.items() if name != "_id"},
    }


def _main_account(bundle: str, refs: References) -> str:
    accounts = refs.pristine("users")
    return str(next(a["_id"] for a in accounts if a["bundle"] == bundle and a["role"] == "demo"))


def _read_lead(lead: Document, refs: References) -> Document:
    card = lead.get("metadata")
    card = dict(card) if isinstance(card, Mapping) else {}
    if COLUMNS.get(str(card.get("stage"))) != lead.get("stage"):
        card["stage"] = lead.get("stage")  # a visitor has moved the card
    key = f"{card['bundle']}/{card['id']}" if {"bundle", "id"} <= card.keys() else lead.get("_id")
    return {"_id": key, **card}


def _lead_key(card: Document) -> Any:
    return card["id"]


def _bundle_leads(owner: Owner) -> Filter:
    seeded = owner.seeds.leads.values()
    keys = [line.model.key for line in seeded if line.model.bundle == owner.bundle.key]
    return {
        "$or": [
            {"metadata.bundle": owner.bundle.key},
            {"business_id": {"$in": list(owner.account_ids)}},
            {"bundle": owner.bundle.key},
            is_one_of("lead", keys),
        ]
    }


LEADS = Kept(
    "leads",
    "leads",
    "Populate leads kanban",
    _bundle_leads,
    # What a visitor can write on a card is ours, too: the next one must not read it.
    ("business_id", "stage", "cart_value", "source", "priority", "last_intent", "assigned_to",
     "tags", "notes",
     *(f"metadata.{name}" for name in (
         "id", "bundle", "company", "contact", "value", "value_amount", "stage", "source",
         "locale", "currency", "notes", "awareness"))),
    key="metadata.id",
    natural_key=_lead_key,
    new_id=new_id("lead"),
    to_app=_lead,
    from_app=_read_lead,
    model=models.Lead,
)  # fmt: skip
