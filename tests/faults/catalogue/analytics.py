"""Analytics: Clean slate, tracking enabled."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from tests.faults.fault import EVERYONE, Inject, Lab, Listed
from tests.faults.proxy import Reply, Request, json_reply
from tests.faults.verbs import (
    added,
    answers,
    at_utc,
    breaking_off,
    cached,
    cached_entries,
    changed,
    failing,
    html,
    left_behind,
    not_found,
    of,
    redirecting,
    reindexed,
    removed,
    slow,
    truncated,
)

fault = Listed("analytics")
TRACK = "/api/demo/track-interaction"
YESTERDAY, JUST_NOT_NOW = timedelta(days=1), timedelta(minutes=20)


def tracked_otherwise(change: Callable[[dict[str, str]], dict[str, str]]) -> Inject:
    """Let events be written into MongoDB otherwise than they were sent."""

    def inject(lab: Lab) -> None:
        def answer(request: Request, _: object) -> Reply:
            event = change({**request.json(), "user_type": "demo"})
            lab.db.analytics.insert_one(dict(event))
            return json_reply({"tracked": True, "event": event})

        lab.proxy.override("POST", TRACK, answer)

    return inject


def twice(lab: Lab) -> None:
    def answer(_: Request, forward: Callable[[], Reply]) -> Reply:
        forward()
        return forward()

    lab.proxy.override("POST", TRACK, answer)


def lost_but_reported(lab: Lab) -> None:
    """Let the API say that it tracked, and lose the event."""

    def answer(request: Request, _: object) -> Reply:
        if request.json()["bundle"] != of("lvmh"):
            return replace(json_reply({"tracked": False}), status=200)
        return json_reply({"tracked": True, "event": json.loads(request.body)})

    lab.proxy.override("POST", TRACK, answer)


fault("a session is left", "leftover", "Mongo", "sequoia", "user_sessions s-1",
      left_behind("user_sessions", YESTERDAY, _id="s-1", email="sequoia.demo@aislemarts.luxury"))
fault("a companion's session is left", "leftover", "Mongo", "a16z", "a16z.creator@",
      left_behind("user_sessions", YESTERDAY, _id="s-2", email="a16z.creator@aislemarts.luxury"))
fault("a session of an unlisted companion is left", "leftover", "Mongo", "lvmh", "lvmh.viewer@",
      left_behind("user_sessions", YESTERDAY, _id="s-3", email="lvmh.viewer@aislemarts.luxury"))
fault("a session that was never seen is left", "leftover", "Mongo", "index", "never",
      left_behind("user_sessions", None, _id="s-4", email="index.demo@aislemarts.luxury"))
fault("the last investor left 20 minutes ago", "leftover", "Mongo", "bessemer", "user_sessions s-5",
      left_behind("user_sessions", JUST_NOT_NOW, _id="s-5", email="bessemer.demo@aislemarts.luxury"))
fault("a session of tomorrow", "leftover", "Mongo", "sequoia", "user_sessions s-6",
      left_behind("user_sessions", -YESTERDAY, _id="s-6", email="sequoia.demo@aislemarts.luxury"))
fault("a session was last seen in words", "wrong type", "Mongo", "a16z", "just now",
      added("user_sessions", _id="s-7", email="a16z.demo@aislemarts.luxury", last_seen="just now"))
fault("a conversation is left", "leftover", "Mongo", "lvmh", "conversations c-1",
      left_behind("conversations", YESTERDAY, _id="c-1", messages=["Bonjour"],
                  participants=[{"email": "lvmh.demo@aislemarts.luxury"}]))
fault("a conversation of two investors is left", "leftover", "Mongo", ("sequoia", "tiger-global"), "c-2",
      left_behind("conversations", YESTERDAY, _id="c-2", participants=[
          {"email": "sequoia.demo@aislemarts.luxury"}, {"email": "tiger.demo@aislemarts.luxury"}]))
fault("a counted click is left", "leftover", "Mongo", "lightspeed", "analytics a-1",
      left_behind("analytics", YESTERDAY, _id="a-1", bundle=of("lightspeed"), user_type="demo",
                  event_type="click"))
fault("a click by address alone is left", "leftover", "Mongo", "general-catalyst", "gc.viewer@",
      left_behind("analytics", YESTERDAY, _id="a-2", user_email="gc.viewer@aislemarts.luxury"))
fault("a hundred clicks are left", "leftover", "Mongo", "index", "99 more",
      *(left_behind("analytics", YESTERDAY, _id=f"a-{n}", bundle=of("index"), user_type="demo")
        for n in range(100, 200)))
fault("a cart is left", "leftover", "Mongo", "tiger-global", "carts k-1",
      left_behind("carts", YESTERDAY, _id="k-1", user_email="tiger.viewer@aislemarts.luxury",
                  items=[{"sku": "APAC-001"}]))
fault("tracking is off", "tracking off", "Mongo", "sequoia", "analytics_tracking",
      changed("demo_settings", of("sequoia"), analytics_tracking=False))
fault("tracking is a text", "wrong type", "Mongo", "lvmh", "analytics_tracking",
      changed("demo_settings", of("lvmh"), analytics_tracking="true"))
fault("tracking is null", "null", "Mongo", "bessemer", "analytics_tracking",
      changed("demo_settings", of("bessemer"), analytics_tracking=None))
fault("the settings are missing", "missing", "Mongo", "a16z", "settings",
      removed("demo_settings", _id=of("a16z")))
fault("an order under a user id", "leftover", "Mongo", "sequoia", "orders",
      left_behind("orders", YESTERDAY, user_id="f8b47279-4e3d-5c42-80ac-1a0ba9c6ed22"))
fault("a cart under an address in capitals", "leftover", "Mongo", "lvmh", "carts",
      left_behind("carts", YESTERDAY, email="LVMH.DEMO@AISLEMARTS.LUXURY"))
fault("an order under an address in other letters", "leftover", "Mongo", "sequoia", "orders",
      left_behind("orders", YESTERDAY, _id="o-2", user_email="Sequoia.Demo@AisleMarts.Luxury"))
fault("a visit of next year", "leftover", "Mongo", "bessemer", "in the future",
      left_behind("user_sessions", timedelta(days=-365), _id="s-8",
                  email="bessemer.demo@aislemarts.luxury"))
fault("a wish under a nested address", "leftover", "Mongo", "a16z", "wishlists",
      left_behind("wishlists", YESTERDAY, user={"email": "a16z.creator@aislemarts.luxury"}))
fault("a visit of the year 2099", "leftover", "Mongo", "index", "in the future",
      added("user_sessions", _id="2099", email="index.demo@aislemarts.luxury",
            last_seen=at_utc("2099-01-01T00:00:00+00:00")))
fault("the index of analytics is missing", "index missing", "Mongo", EVERYONE, "bundle_1_user_type_1",
      reindexed("analytics", "bundle_1_user_type_1"))
fault("the index of conversations is missing", "index missing", "Mongo", EVERYONE, "participants.email_1",
      reindexed("conversations", "participants.email_1"))
fault("the endpoint is gone", "404", "HTTP", EVERYONE, "404", not_found("POST", TRACK))
fault("the endpoint fails", "500", "HTTP", EVERYONE, "500", failing("POST", TRACK))
fault("the endpoint is slow", "slow", "HTTP", EVERYONE, "within 5 s", slow("POST", TRACK))
fault("the endpoint answers HTML", "HTML", "HTTP", EVERYONE, "text/html", html("POST", TRACK))
fault("the endpoint answers half its JSON", "truncated", "HTTP", EVERYONE, "broken JSON", truncated("POST", TRACK))
fault("the endpoint breaks off", "truncated", "HTTP", EVERYONE, "broke off", breaking_off("POST", TRACK))
fault("the endpoint sends to a login page", "redirect", "HTTP", EVERYONE, "302", redirecting("POST", TRACK))
fault("tracked, says the API, but nothing arrives", "false success", "HTTP", EVERYONE, "track-interaction",
      lost_but_reported)
fault("not tracked, says the API", "tracking off", "HTTP", EVERYONE, "track-interaction",
      answers("POST", TRACK, json_reply({"tracked": False, "event": None})))
fault("events count for another bundle", "swapped", "HTTP",
      tuple(bundle for bundle in EVERYONE if bundle != "lvmh"), "bundle",
      tracked_otherwise(lambda event: {**event, "bundle": of("lvmh")}))
fault("events lose their type", "wrong value", "HTTP", EVERYONE, "event_type",
      tracked_otherwise(lambda event: {**event, "event_type": "unknown"}))
fault("events are of no demo user", "wrong value", "HTTP", EVERYONE, "user_type",
      tracked_otherwise(lambda event: {**event, "user_type": "customer"}))
fault("events count twice", "doubled", "HTTP", EVERYONE, "once", twice)
fault("the last visitor's cart in the cache", "leftover", "Redis", "sequoia", "cart",
      cached(f"bundle:{of('sequoia')}:cart:visitor-1", {"items": [{"sku": "LUX-001", "count": 1}]}))
fault("the last visitors' sessions in the cache", "leftover", "Redis", "lvmh", "sessions",
      cached_entries(f"bundle:{of('lvmh')}:sessions", "visitor-1"))
