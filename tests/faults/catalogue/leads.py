"""Leads kanban: 5 sample leads with awareness tags."""

from __future__ import annotations

from tests.faults.fault import EVERYONE, Inject, Listed
from tests.faults.verbs import (
    cached,
    cached_copy,
    cached_list,
    cached_raw,
    changed,
    computed,
    copied,
    distorts,
    failing,
    in_wrong_encoding,
    of,
    reindexed,
    removed,
    seed_file,
    swapped,
    updated,
    without,
)

fault = Listed("leads")


def card(bundle: str, number: int) -> str:
    return f"{of(bundle)}/LEAD-{number:03d}"


NORDSTROM, GALERIES = card("sequoia", 1), card("lvmh", 2)

fault("a card is missing", "missing", "Mongo", "sequoia", "LEAD-001", removed("leads", _id=NORDSTROM))
fault("the board is empty", "empty", "Mongo", "bessemer", "Bessemer",
      removed("leads", bundle=of("bessemer")))
fault("a sixth card", "extra", "Mongo", "lvmh", "LEAD-099",
      copied("leads", GALERIES, _id=card("lvmh", 99), id="LEAD-099", company="Test Company"))
fault("a card twice", "doubled", "Mongo", "index", "lead 66f0",
      copied("leads", card("index", 26), _id="66f0"))
fault("a column that the board lacks", "wrong value", "Mongo", "a16z", "stage",
      changed("leads", card("a16z", 7), stage="won"))
fault("the stage is null", "null", "Mongo", "lightspeed", "stage",
      changed("leads", card("lightspeed", 21), stage=None))
fault("the stage in capitals", "wrong value", "Mongo", "general-catalyst", "stage",
      changed("leads", card("general-catalyst", 16), stage="Proposal"))
fault("somebody moved a card", "stale", "Mongo", "sequoia", "LEAD-001: stage",
      changed("leads", NORDSTROM, stage="closed"))
fault("a value in another currency", "currency mixed up", "Mongo", "sequoia", "value",
      changed("leads", NORDSTROM, value="€2.4M"))
fault("a value that nobody can read", "wrong value", "Mongo", "tiger-global", "value",
      changed("leads", card("tiger-global", 38), value="85M INR"))
fault("an amount a thousand times too small", "wrong value", "Mongo", "lvmh", "LEAD-002",
      changed("leads", GALERIES, value_amount=1800))
fault("an amount as a text", "wrong type", "Mongo", "index", "value_amount",
      changed("leads", card("index", 27), value_amount="950000"))
fault("an amount as a double", "wrong type", "Mongo", "bessemer", "value_amount",
      changed("leads", card("bessemer", 31), value_amount=520000.0))
fault("another currency", "currency mixed up", "Mongo", "tiger-global", "currency",
      changed("leads", card("tiger-global", 36), currency="USD"))
fault("value and amount in step, but wrong", "wrong value", "Mongo", "a16z", "value",
      changed("leads", card("a16z", 8), value="$2.2M", value_amount=2200000))
fault("no awareness tags", "missing", "Mongo", "sequoia", "awareness",
      without("leads", NORDSTROM, "awareness"))
fault("empty awareness tags", "empty", "Mongo", "a16z", "awareness.locale",
      changed("leads", card("a16z", 9), awareness={}))
fault("the awareness tags are a text", "wrong type", "Mongo", "lvmh", "awareness",
      changed("leads", GALERIES, awareness="fr-FR"))
fault("the device tag is missing", "missing", "Mongo", "lightspeed", "awareness.device",
      without("leads", card("lightspeed", 22), "awareness.device"))
fault("the zone tag is null", "null", "Mongo", "index", "awareness.timezone",
      changed("leads", card("index", 28), awareness__timezone=None))
fault("the zone tag is another's", "wrong value", "Mongo", "general-catalyst", "awareness.timezone",
      changed("leads", card("general-catalyst", 18), awareness__timezone="Europe/Paris"))
fault("a French card tagged English", "wrong value", "Mongo", "lvmh", "locale",
      changed("leads", GALERIES, awareness__locale="en-US"))
fault("card and tag both in another locale", "wrong value", "Mongo", "lvmh", "locale",
      changed("leads", GALERIES, locale="en-US", awareness__locale="en-US"))
fault("a company in mojibake", "mojibake", "Mongo", "lvmh", "company",
      computed("leads", card("lvmh", 15), lambda _, c: {"company": in_wrong_encoding(c["company"])}))
fault("no notes", "empty", "Mongo", "bessemer", "notes",
      changed("leads", card("bessemer", 32), notes=""))
fault("somebody else's contact", "wrong value", "Mongo", "sequoia", "contact",
      changed("leads", NORDSTROM, contact="John Doe"))
fault("a card on another board", "swapped", "Mongo", ("sequoia", "lvmh"), "LEAD-001",
      changed("leads", NORDSTROM, bundle=of("lvmh")))
fault("two investors swapped cards", "swapped", "Mongo", ("sequoia", "lvmh"), "company",
      swapped("leads", NORDSTROM, GALERIES, "company", "contact", "notes"))
fault("every card is new again", "wrong value", "Mongo", "tiger-global", "stage",
      updated("leads", {"bundle": of("tiger-global")}, {"$set": {"stage": "new"}}))
fault("a tag that nobody seeded", "extra", "Mongo", "a16z", "awareness.intern",
      updated("leads", {"_id": card("a16z", 10)}, {"$set": {"awareness.intern": "yes"}}))
fault("the board's index is missing", "index missing", "Mongo", EVERYONE, "bundle_1_stage_1",
      reindexed("leads", "bundle_1_stage_1"))
fault("a cached card differs", "cached copy differs", "Redis", "sequoia", "LEAD-001: stage",
      cached_copy(f"bundle:{of('sequoia')}:lead:LEAD-001", "leads", NORDSTROM, stage="new"))
fault("a cached card of another board", "cached copy differs", "Redis", "sequoia", "LEAD-002",
      cached_copy(f"bundle:{of('sequoia')}:lead:LEAD-002", "leads", GALERIES))
fault("a cached board lacks a card", "cached copy differs", "Redis", "index", "INDEX",
      cached_list(f"bundle:{of('index')}:leads", "leads", {"bundle": of("index")}, card("index", 26)))
fault("a cached board is empty", "cached copy differs", "Redis", "a16z", f"{of('a16z')}:leads",
      cached(f"bundle:{of('a16z')}:leads", []))
fault("a cached board is truncated", "cached copy differs", "Redis", "a16z", f"{of('a16z')}:leads",
      cached_raw(f"bundle:{of('a16z')}:leads", b'[{"id": "LEAD-0'))
fault("the seed file has another contact", "stale", "files", "sequoia", "contact",
      seed_file("business_leads.json", "LEAD-001", "Sarah Chen", "Sara Chen"))

# What the signed-in account sees

BOARD = "/api/biz/leads"


def shown(number: str, **fields: object) -> Inject:
    """Let the board show a card otherwise than it is stored."""
    return distorts("GET", BOARD, lambda body, _: [
        {**one, **fields} if one["id"] == number else one for one in body])


fault("the board does not show a card", "seen otherwise", "HTTP", "sequoia", "LEAD-001 on the board",
      distorts("GET", BOARD, lambda body, _: [one for one in body if one["id"] != "LEAD-001"]))
fault("the board shows a card in another column", "seen otherwise", "HTTP", "lvmh", "on the board: column",
      shown("LEAD-002", stage="lost"))
fault("the board shows a card in two columns", "seen otherwise", "HTTP", "lvmh", "on the board: column",
      distorts("GET", BOARD, lambda body, _: [
          *({**one, "stage": "lost"} for one in body if one["id"] == "LEAD-002"), *body]))
fault("the board shows another contact", "seen otherwise", "HTTP", "lvmh", "LEAD-002 on the board: contact",
      shown("LEAD-002", contact="Nobody"))
fault("the board shows a card in another currency", "seen otherwise", "HTTP", "lvmh", "LEAD-002 on the board: currency",
      shown("LEAD-002", currency="USD"))
fault("the board shows a card without its tags", "seen otherwise", "HTTP", "lvmh", "LEAD-002 on the board: locale",
      shown("LEAD-002", awareness={}))
fault("the board refuses the token", "seen otherwise", "HTTP", EVERYONE, "answered 401", failing("GET", BOARD, 401))
fault("the board shows a card that is nobody's", "seen otherwise", "HTTP", "bessemer", "lead test-1 on",
      distorts("GET", "/api/biz/leads", lambda body, _: [
          *body, {**body[0], "_id": "test-1", "company": "Test"}]
          if body[0]["bundle"] == of("bessemer") else body))
