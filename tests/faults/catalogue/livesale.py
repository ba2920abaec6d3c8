"""LiveSale events: Scheduled T+48h per bundle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from tests.faults.fault import EVERYONE, Document, Inject, Listed
from tests.faults.verbs import (
    at_utc,
    cached_copy,
    cached_raw,
    changed,
    computed,
    copied,
    distorts,
    in_wrong_encoding,
    not_found,
    of,
    of_the_apps_own,
    removed,
    seed_file,
    swapped,
    without,
)

fault = Listed("livesale")
SEQ, A16Z, LVMH, GC = "LS-SEQ-001", "LS-A16Z-001", "LS-LVMH-001", "LS-GC-001"
LSVP, INDEX, BVP, TIGER = "LS-LSVP-001", "LS-INDEX-001", "LS-BVP-001", "LS-TIGER-001"


def moved(event: str, **by: float) -> Inject:
    """Start later or earlier."""
    return computed("livesales", event, lambda _, e: {"starts_at": e["starts_at"] + timedelta(**by)})


def by_the_other_offset(event: Document) -> datetime:
    """The wall time by the offset that the zone has in the other half of the year."""
    zone = ZoneInfo(event["timezone"])
    local: datetime = event["starts_at"].astimezone(zone)
    offsets = {datetime(2026, month, 15, tzinfo=zone).utcoffset() for month in (1, 7)}
    (other,) = offsets - {local.utcoffset()}
    assert other is not None
    return local.replace(tzinfo=timezone(other))


def by_a_fixed_offset(event: str) -> Inject:
    return computed("livesales", event, lambda _, e: {"starts_at": by_the_other_offset(e)})


def local_as_utc(_: object, event: Document) -> Document:
    local = event["starts_at"].astimezone(ZoneInfo(event["timezone"]))
    return {"starts_at": local.replace(tzinfo=None)}


fault("the event is missing", "missing", "Mongo", "sequoia", SEQ, removed("livesales", _id=SEQ))
fault("the event lost its bundle's name", "missing", "Mongo", "general-catalyst", GC,
      without("livesales", GC, "bundle"))
fault("a second event", "extra", "Mongo", "a16z", "LS-A16Z-002",
      copied("livesales", A16Z, _id="LS-A16Z-002", event_id="LS-A16Z-002"))
fault("the event twice", "doubled", "Mongo", "bessemer", "LiveSale",
      copied("livesales", BVP, _id="66f0"))
fault("an hour late", "off by an hour", "Mongo", "sequoia", "18:00", moved(SEQ, hours=1))
fault("an hour early", "off by an hour", "Mongo", "tiger-global", "20:00 SGT", moved(TIGER, hours=-1))
fault("a day late", "off by a day", "Mongo", "lvmh", "20:00", moved(LVMH, days=1))
fault("a day early", "off by a day", "Mongo", "index", "19:00", moved(INDEX, days=-1))
fault("a second late", "wrong value", "Mongo", "a16z", "starts_at", moved(A16Z, seconds=1))
fault("a thousandth late", "wrong value", "Mongo", "a16z", "starts_at", moved(A16Z, milliseconds=1))
fault("Los Angeles by a fixed offset", "clock change", "Mongo", "lightspeed", "12:00 PST",
      by_a_fixed_offset(LSVP))
fault("New York by a fixed offset", "clock change", "Mongo", "bessemer", "12:30 EST",
      by_a_fixed_offset(BVP))
fault("Paris by a fixed offset", "clock change", "Mongo", "lvmh", "20:00", by_a_fixed_offset(LVMH))
fault("London by a fixed offset", "clock change", "Mongo", "index", "19:00", by_a_fixed_offset(INDEX))
fault("the wall time stored as UTC", "clock change", "Mongo", "general-catalyst", "19:00",
      computed("livesales", GC, local_as_utc))
fault("T+48h to the minute instead of the evening", "clock change", "Mongo", "sequoia", "18:00",
      computed("livesales", SEQ, lambda _, e: {"starts_at": e["anchored_at"] + timedelta(hours=48)}))
fault("anchored a day too early, start and all", "off by a day", "Mongo", "a16z", "21:00",
      computed("livesales", A16Z, lambda _, e: {
          "anchored_at": e["anchored_at"] - timedelta(days=1),
          "starts_at": e["starts_at"] - timedelta(days=1)}))
fault("the event of three days ago", "stale", "Mongo", "tiger-global", "SGT",
      computed("livesales", TIGER, lambda _, e: {
          "anchored_at": e["anchored_at"] - timedelta(days=3),
          "starts_at": e["starts_at"] - timedelta(days=3)}))
fault("the start is a text", "wrong type", "Mongo", "lvmh", "starts_at",
      computed("livesales", LVMH, lambda _, e: {"starts_at": e["starts_at"].isoformat()}))
fault("the start is null", "null", "Mongo", "sequoia", "starts_at",
      changed("livesales", SEQ, starts_at=None))
fault("the start is missing", "missing", "Mongo", "index", "starts_at",
      without("livesales", INDEX, "starts_at"))
fault("the anchor is missing", "missing", "Mongo", "lightspeed", "anchored_at",
      without("livesales", LSVP, "anchored_at"))
fault("cancelled", "wrong value", "Mongo", "bessemer", "status",
      changed("livesales", BVP, status="cancelled"))
fault("over already, by its status", "stale", "Mongo", "sequoia", "status",
      changed("livesales", SEQ, status="ended"))
fault("another title", "wrong value", "Mongo", "general-catalyst", "title",
      changed("livesales", GC, title="Test Event"))
fault("a title in mojibake", "mojibake", "Mongo", "lvmh", "title",
      computed("livesales", LVMH, lambda _, e: {"title": in_wrong_encoding(e["title"])}))
fault("a host of another region", "swapped", "Mongo", "sequoia", "Marie",
      changed("livesales", SEQ, creator="Marie Élégance"))
fault("a host that nobody knows", "wrong value", "Mongo", "tiger-global", "creator",
      changed("livesales", TIGER, creator="Yuki"))
fault("no host", "empty", "Mongo", "index", "creator", changed("livesales", INDEX, creator=""))
fault("it features another region's product", "swapped", "Mongo", "a16z", "EUR-001",
      changed("livesales", A16Z, featured_products=["TECH-001", "EUR-001"]))
fault("it features nothing", "empty", "Mongo", "lvmh", "featured_products",
      changed("livesales", LVMH, featured_products=[]))
fault("what it features is a text", "wrong type", "Mongo", "bessemer", "featured_products",
      changed("livesales", BVP, featured_products="TECH-002, TECH-008"))
fault("it features one product less", "missing", "Mongo", "index", "featured_products",
      changed("livesales", INDEX, featured_products=["EUR-013", "EUR-033"]))
fault("two bundles swapped their events", "swapped", "Mongo", ("sequoia", "lvmh"), "LS-",
      swapped("livesales", SEQ, LVMH, "bundle"))
fault("it moved to another bundle", "swapped", "Mongo", ("a16z", "bessemer"), A16Z,
      changed("livesales", A16Z, bundle=of("bessemer")))
fault("another zone", "clock change", "Mongo", "sequoia", "timezone",
      changed("livesales", SEQ, timezone="America/New_York"))
fault("viewers as a text", "wrong type", "Mongo", "general-catalyst", "expected_viewers",
      changed("livesales", GC, expected_viewers="680"))
fault("another template", "wrong value", "Mongo", "lightspeed", "scheduled_time",
      changed("livesales", LSVP, scheduled_time="T+24h 17:30 PST"))
fault("a cached event starts at another hour", "cached copy differs", "Redis", "lvmh", "starts_at",
      cached_copy(f"bundle:{of('lvmh')}:livesale:{LVMH}", "livesales", LVMH,
                  starts_at="2026-01-01T19:00:00Z"))
fault("a cached event of another investor", "cached copy differs", "Redis", "a16z", SEQ,
      cached_copy(f"bundle:{of('a16z')}:livesale:{SEQ}", "livesales", SEQ))
fault("a cached event is truncated", "cached copy differs", "Redis", "index", f"livesale:{INDEX}",
      cached_raw(f"bundle:{of('index')}:livesale:{INDEX}", b"{"))
fault("the seed file plans another hour", "stale", "files", "bessemer", "scheduled_time",
      seed_file("livesale_schedule.json", '"LS-BVP-001"', "12:30 EST", "13:30 EST"))

# What the app shows

LIST, PAGE, CONTEXT = "/api/livesale", "/api/livesale/", "/api/demo/context/"


def listed(event: str, change: Callable[[Document], Document]) -> Inject:
    """Let the app's list show one LiveSale otherwise than it is stored."""
    return distorts("GET", LIST, lambda body, _: [
        {**one, **change(one)} if one["_id"] == event else one for one in body
    ] if isinstance(body, list) else body)


fault("the app does not list the event", "seen otherwise", "HTTP", "lvmh", "in the app's list",
      distorts("GET", LIST, lambda body, _: [one for one in body if one["_id"] != LVMH]
               if isinstance(body, list) else body))
fault("the app lists an event that is not stored", "seen otherwise", "HTTP", "lvmh", "LS-OLD in the app's list",
      distorts("GET", LIST, lambda body, _: [
          *body, *({**one, "_id": "LS-OLD", "title": "Last year's"} for one in body if one["_id"] == LVMH)
      ] if isinstance(body, list) else body))
fault("the app lists the event half an hour late", "seen otherwise", "HTTP", "sequoia", "in the app's list: start",
      listed(SEQ, lambda one: {"starts_at": one["starts_at"].replace(":00", ":30", 1)}))
fault("the app's event has another host", "seen otherwise", "HTTP", "bessemer", "in the app's list: creator",
      listed(BVP, lambda _: {"creator": "Somebody"}))
fault("the app's event has another host on its page", "seen otherwise", "HTTP", "lvmh", "the page of LiveSale",
      distorts("GET", PAGE + LVMH, lambda body, _: {**body, "creator": None}))
fault("the app's event lacks a product", "seen otherwise", "HTTP", "tiger-global", "APAC-001",
      listed(TIGER, lambda one: {"products": [
          offer for offer in one["products"] if offer["product_id"] != "APAC-001"]}))
fault("the app's event is cheaper", "seen otherwise", "HTTP", "index", "price of",
      listed(INDEX, lambda one: {"products": [{**offer, "price": 1} for offer in one["products"]]}))
fault("the event does not open", "404", "HTTP", "a16z", "answered 404", not_found("GET", PAGE + A16Z))
fault("the event's link leads home", "seen otherwise", "HTTP", "bessemer", "a link that names LiveSale",
      distorts("GET", CONTEXT + of("bessemer"), lambda body, _: {**body, "demo_urls": {
          **body["demo_urls"], "livesale": body["demo_urls"]["home"]}}))
fault("the app lists a LiveSale of nobody", "extra", "Mongo", EVERYONE, "LiveSale LS-TEST-1",
      of_the_apps_own("livesales", _id="LS-TEST-1", title="Test", status="scheduled",
                      starts_at=at_utc("2026-01-01T00:00:00Z")), by_hand=True)
fault("the app lists a LiveSale of a former investor", "extra", "Mongo", EVERYONE, "LiveSale LS-TEST-2",
      of_the_apps_own("livesales", _id="LS-TEST-2", title="Test", status="scheduled",
                      bundle="FORMER_INVESTOR", starts_at=at_utc("2026-01-01T00:00:00Z")), by_hand=True)
