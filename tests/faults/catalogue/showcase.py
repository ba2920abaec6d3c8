"""The bundles' own promises: every headline number, the rows behind it, and what is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.faults.fault import EVERYONE, Inject, Listed
from tests.faults.proxy import json_reply
from tests.faults.verbs import (
    answers,
    breaking_off,
    cached,
    cached_copy,
    cached_hash,
    cached_raw,
    changed,
    computed,
    distorts,
    failing,
    html,
    in_wrong_encoding,
    not_found,
    of,
    removed,
    seed_file,
    slow,
    swapped,
    truncated,
    without,
)

fault = Listed("showcase")
KPIS = "/api/demo/kpis/"


def rows(bundle: str, name: str, change: Callable[[list[Any]], list[Any]]) -> Inject:
    """Change the rows behind a number."""
    return computed("showcases", of(bundle), lambda _, s: {
        f"records.{name}": change(s["records"][name])})


def headline(bundle: str, **numbers: Any) -> Inject:
    return changed("showcases", of(bundle), **{f"headline__{n}": v for n, v in numbers.items()})


def first(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[list[Any]], list[Any]]:
    """Change the first row."""
    return lambda found: [{**found[0], **change(found[0])}, *found[1:]]


def served(bundle: str, **metrics: Any) -> Inject:
    return distorts("GET", KPIS + of(bundle), lambda body, _: {
        **body, "investor_focus_metrics": {**body["investor_focus_metrics"], **metrics}})


# Sequoia
fault("two members are not friends any more", "missing", "Mongo", "sequoia", "network_density",
      rows("sequoia", "connections", lambda found: found[1:]))
fault("a friendship twice", "doubled", "Mongo", "sequoia", "connection",
      rows("sequoia", "connections", lambda found: [*found, found[0]]))
fault("a member is gone, the friendships not", "missing", "Mongo", "sequoia", "member-001",
      rows("sequoia", "members", lambda found: found[1:]))
fault("an invitation too many joined", "wrong value", "Mongo", "sequoia", "viral_coefficient",
      rows("sequoia", "invites", first(lambda row: {"joined": row["joined"] + 1})))
fault("vendors grew less", "wrong value", "Mongo", "sequoia", "b2b_vendor_growth_mom",
      rows("sequoia", "vendors", lambda found: [*found[:-1], {**found[-1], "vendors": found[-1]["vendors"] - 1}]))
fault("a new user bought for a dollar more", "wrong value", "Mongo", "sequoia", "network_gmv_effect_usd",
      rows("sequoia", "new_users", first(lambda row: {"gmv_usd": row["gmv_usd"] + 1})))
fault("the headline boasts", "false success", "Mongo", "sequoia", "viral_coefficient",
      headline("sequoia", viral_coefficient=0.54))
fault("the rows are gone, the headline stays", "false success", "Mongo", "sequoia", "records",
      without("showcases", of("sequoia"), "records"))
fault("a headline number as a text", "wrong type", "Mongo", "sequoia", "network_density",
      headline("sequoia", network_density="3.2"))
# a16z
fault("a worked example less", "missing", "Mongo", "a16z", "examples",
      rows("a16z", "examples", lambda found: found[1:]))
fault("half of the examples", "missing", "Mongo", "a16z", "worked examples",
      rows("a16z", "examples", lambda found: found[:4]))
fault("an example without latency", "null", "Mongo", "a16z", "latency_ms",
      rows("a16z", "examples", first(lambda _: {"latency_ms": None})))
fault("an example without outcome", "empty", "Mongo", "a16z", "outcome",
      rows("a16z", "examples", first(lambda _: {"outcome": ""})))
fault("the AI engages nobody on one day", "wrong value", "Mongo", "a16z", "ai_engagement_rate",
      rows("a16z", "sessions", first(lambda _: {"ai_engaged": 0})))
fault("revenue as a text", "wrong type", "Mongo", "a16z", "revenue",
      rows("a16z", "revenue", first(lambda row: {"revenue_usd": str(row["revenue_usd"])})))
fault("a language was not understood", "missing", "Mongo", "a16z", "voice_ai_accuracy",
      rows("a16z", "voice", lambda found: found[1:]))
fault("the shares are in per cent", "wrong value", "Mongo", "a16z", "consumer_retention",
      headline("a16z", consumer_retention=82))
fault("no sessions", "empty", "Mongo", "a16z", "no rows", rows("a16z", "sessions", lambda _: []))
# LVMH
fault("a story is not translated", "untranslated", "Mongo", "lvmh", "French story",
      rows("lvmh", "featured", first(lambda row: {"story": {**row["story"], "fr": row["story"]["en"]}})))
fault("a story in mojibake", "mojibake", "Mongo", "lvmh", "story",
      rows("lvmh", "featured", first(lambda row: {"story": {
          **row["story"], "fr": in_wrong_encoding(row["story"]["fr"])}})))
fault("a featured price is old", "stale", "Mongo", "lvmh", "price_eur",
      rows("lvmh", "featured", first(lambda row: {"price_eur": row["price_eur"] - 100})))
fault("an American house is featured", "swapped", "Mongo", "lvmh", "LUX-003",
      rows("lvmh", "featured", first(lambda _: {"product": "LUX-003", "house": "Tom Ford"})))
fault("a partner less", "missing", "Mongo", "lvmh", "partner houses",
      rows("lvmh", "partnerships", lambda found: found[1:]))
fault("a month of a market is missing", "missing", "Mongo", "lvmh", "european_gmv_eur",
      rows("lvmh", "trade", lambda found: found[1:]))
fault("sales in dollars", "currency mixed up", "Mongo", "lvmh", "gmv_eur",
      rows("lvmh", "trade", first(lambda row: {"gmv_usd": row["gmv_eur"], "gmv_eur": None})))
# General Catalyst
fault("a month is missing", "missing", "Mongo", "general-catalyst", "months",
      rows("general-catalyst", "months", lambda found: [*found[:5], *found[6:]]))
fault("a month twice", "doubled", "Mongo", "general-catalyst", "months",
      rows("general-catalyst", "months", lambda found: [*found[:11], found[10]]))
fault("GMV is not orders times average", "wrong value", "Mongo", "general-catalyst", "average order",
      rows("general-catalyst", "months", first(lambda row: {"gmv_usd": row["gmv_usd"] + row["orders"]})))
fault("the months are backwards", "swapped", "Mongo", "general-catalyst", "months",
      rows("general-catalyst", "months", lambda found: found[::-1]))
fault("buyers leave", "wrong value", "Mongo", "general-catalyst", "buyers",
      rows("general-catalyst", "months", lambda found: [*found[:-1], {**found[-1], "buyers": 10}]))
fault("the latest year is last year's", "stale", "Mongo", "general-catalyst", "months",
      rows("general-catalyst", "months", lambda found: [
          {**row, "month": f"{int(row['month'][:4]) - 1}{row['month'][4:]}"} for row in found]))
fault("the months are not resolved", "relative date", "Mongo", "general-catalyst", "month",
      rows("general-catalyst", "months", lambda found: [
          {**row, "month": f"T-{12 - n}mo"} for n, row in enumerate(found)]))
# Lightspeed
fault("a post is missing", "missing", "Mongo", "lightspeed", "posts",
      rows("lightspeed", "posts", lambda found: found[1:]))
fault("a post by a stranger", "wrong value", "Mongo", "lightspeed", "Marie",
      rows("lightspeed", "posts", first(lambda _: {"creator": "Marie Élégance"})))
fault("more reactions than impressions", "wrong value", "Mongo", "lightspeed", "post-001",
      rows("lightspeed", "posts", first(lambda row: {"likes": row["impressions"] + 1})))
fault("nobody orders by phone on one day", "wrong value", "Mongo", "lightspeed", "mobile",
      rows("lightspeed", "mobile", first(lambda _: {"orders": 0})))
fault("a caption is empty", "empty", "Mongo", "lightspeed", "caption",
      rows("lightspeed", "posts", first(lambda _: {"caption": ""})))
# Index
fault("consent is off", "wrong value", "Mongo", "index", "consent",
      rows("index", "compliance", first(lambda _: {"enabled": False})))
fault("consent is on, without evidence", "false success", "Mongo", "index", "consent",
      rows("index", "compliance", first(lambda _: {"evidence": []})))
fault("a feature is missing", "missing", "Mongo", "index", "consent",
      rows("index", "compliance", lambda found: found[1:]))
fault("the tax is a cent off", "wrong value", "Mongo", "index", "tax of EUR-001",
      rows("index", "vat_prices", first(lambda row: {"net_eur_cents": row["net_eur_cents"] + 1})))
fault("a tax example of a product that is gone", "stale", "Mongo", "index", "EUR-999",
      rows("index", "vat_prices", first(lambda _: {"product": "EUR-999"})))
fault("a market's revenue is off", "wrong value", "Mongo", "index", "quarterly_european_revenue_eur",
      rows("index", "markets", first(lambda row: {"revenue_eur": row["revenue_eur"] + 1})))
fault("more seats than active ones", "wrong value", "Mongo", "index", "enterprise_adoption",
      rows("index", "enterprises", first(lambda _: {"active_seats": 0})))
fault("the quarter ends a year ago", "stale", "Mongo", "index", "months of revenue",
      rows("index", "markets", lambda found: [
          {**row, "quarter_to": f"{int(row['quarter_to'][:4]) - 1}{row['quarter_to'][4:]}"}
          for row in found]))
# Bessemer
fault("a vendor pays a dollar more", "wrong value", "Mongo", "bessemer", "saas_arr_usd",
      rows("bessemer", "vendors", first(lambda row: {"mrr_usd": row["mrr_usd"] + 1})))
fault("a churned vendor still pays", "wrong value", "Mongo", "bessemer", "churned vendors of vendor-001",
      rows("bessemer", "vendors", first(lambda _: {"churned": True})))
fault("the fees of a month are missing", "missing", "Mongo", "bessemer", "take_rate",
      rows("bessemer", "volumes", first(lambda _: {"fees_usd": 0})))
fault("recurring revenue of eleven months", "wrong value", "Mongo", "bessemer", "saas_arr_usd",
      computed("showcases", of("bessemer"), lambda _, s: {
          "headline.saas_arr_usd": s["headline"]["saas_arr_usd"] * 11 // 12}))
fault("a plan that is not sold", "wrong value", "Mongo", "bessemer", "plan",
      rows("bessemer", "vendors", first(lambda _: {"plan": "free"})))
# Tiger Global
fault("an emerging market has emerged", "wrong value", "Mongo", "tiger-global", "emerging_markets",
      rows("tiger-global", "markets", lambda found: [
          {**row, "emerging": False} if row["country"] != "SG" else row for row in found]))
fault("everybody pays in their own currency", "wrong value", "Mongo", "tiger-global", "multi_currency",
      rows("tiger-global", "markets", first(lambda _: {"second_currency": 0})))
fault("a market's sales are off", "wrong value", "Mongo", "tiger-global", "global_gmv_usd",
      rows("tiger-global", "markets", first(lambda row: {"gmv_usd": row["gmv_usd"] - 1})))
fault("a headline number is missing", "missing", "Mongo", "tiger-global", "apac_growth_qoq",
      without("showcases", of("tiger-global"), "headline.apac_growth_qoq"))
# All of them
fault("the showcase is missing", "missing", "Mongo", "bessemer", "showcase", removed("showcases", _id=of("bessemer")))
fault("the headline is null", "null", "Mongo", "lightspeed", "headline",
      changed("showcases", of("lightspeed"), headline=None))
fault("the headline is empty", "empty", "Mongo", "general-catalyst", "headline",
      changed("showcases", of("general-catalyst"), headline={}))
fault("a number that nothing proves", "extra", "Mongo", "lvmh", "nps",
      headline("lvmh", nps=99))
fault("two investors swapped showcases", "swapped", "Mongo", ("bessemer", "general-catalyst"), "showcase",
      swapped("showcases", of("bessemer"), of("general-catalyst"), "headline", "records"))
fault("the seed file has another number of rows", "stale", "files", "bessemer", "vendors",
      seed_file("investor_showcases.json", "BESSEMER", "Atelier Verano", "Atelier Verona"))
fault("the cached numbers are old", "cached copy differs", "Redis", "sequoia", "KPI",
      cached(f"bundle:{of('sequoia')}:kpis", {"viral_coefficient": 0.44, "network_density": 3.2,
             "b2b_vendor_growth_mom": 0.23, "network_gmv_effect_usd": 340}))
fault("the cached numbers are of another type of Redis", "cached copy differs", "Redis", "bessemer", "kpis",
      cached_hash(f"bundle:{of('bessemer')}:kpis", numbers="{}"))
fault("the cached numbers are empty", "cached copy differs", "Redis", "a16z", "KPI",
      cached(f"bundle:{of('a16z')}:kpis", {}))
fault("a cached number that nothing proves", "cached copy differs", "Redis", "lightspeed", "nps",
      cached(f"bundle:{of('lightspeed')}:kpis", {"engagement_rate": 0.084, "mobile_conversion": 0.0552,
             "mobile_to_desktop_conversion": 2.3, "viral_coefficient": 0.45, "nps": 99}))
fault("a cached showcase is another's", "cached copy differs", "Redis", "index", "showcase",
      cached_copy(f"bundle:{of('index')}:showcase", "showcases", of("lvmh")))
fault("a cached showcase has an old headline", "cached copy differs", "Redis", "bessemer", "headline",
      cached_copy(f"bundle:{of('bessemer')}:showcase", "showcases", of("bessemer"),
                  headline={"saas_arr_usd": 700000}))
fault("a cached showcase is truncated", "cached copy differs", "Redis", "lvmh", "showcase",
      cached_raw(f"bundle:{of('lvmh')}:showcase", b'{"headline": {"lux'))
fault("one endpoint is gone", "404", "HTTP", "sequoia", "404", not_found("GET", KPIS + of("sequoia")))
fault("the endpoint fails", "500", "HTTP", EVERYONE, "500", failing("GET", KPIS))
fault("one endpoint is slow", "slow", "HTTP", "a16z", "within 5 s", slow("GET", KPIS + of("a16z")))
fault("one endpoint answers HTML", "HTML", "HTTP", "lvmh", "text/html", html("GET", KPIS + of("lvmh")))
fault("one endpoint answers half its JSON", "truncated", "HTTP", "bessemer", "broken JSON",
      truncated("GET", KPIS + of("bessemer")))
fault("one endpoint breaks off", "truncated", "HTTP", "lightspeed", "broke off",
      breaking_off("GET", KPIS + of("lightspeed")))
fault("all is well, says the API, and shows no number", "false success", "HTTP", EVERYONE, "investor_focus_metrics",
      answers("GET", KPIS, json_reply({"status": "ready", "overall_status": "PASS"})))
fault("dollars for pounds", "currency mixed up", "HTTP", "index", "GBP",
      distorts("GET", KPIS + of("index"), lambda body, _: {**body, "currency": "USD"}))
fault("dollars labelled as Singapore dollars", "currency mixed up", "HTTP", "tiger-global", "global_gmv_sgd",
      served("tiger-global", global_gmv_sgd=2800000))
fault("converted 1.5 % too high", "rate inconsistent", "HTTP", "index", "quarterly_european_revenue_gbp",
      distorts("GET", KPIS + of("index"), lambda body, _: {**body, "investor_focus_metrics": {
          name: value * 1.015 if name.endswith("_gbp") else value
          for name, value in body["investor_focus_metrics"].items()}}))
fault("a number is shown as a text", "wrong type", "HTTP", "sequoia", "network_gmv_effect_usd",
      served("sequoia", network_gmv_effect_usd="340"))
fault("a number is shown as NaN", "wrong value", "HTTP", "sequoia", "network_density",
      served("sequoia", network_density=float("nan")))
fault("a number is shown as null", "null", "HTTP", "a16z", "ai_engagement_rate",
      served("a16z", ai_engagement_rate=None))
fault("a share is rounded away", "wrong value", "HTTP", "lightspeed", "engagement_rate",
      served("lightspeed", engagement_rate=0.08))
fault("a number is shown that nothing proves", "extra", "HTTP", "bessemer", "nps", served("bessemer", nps=99))
fault("everybody is shown Sequoia's numbers", "swapped", "HTTP",
      tuple(bundle for bundle in EVERYONE if bundle != "sequoia"), "KPI",
      answers("GET", KPIS, lambda request: json_reply({
          "bundle": request.path.removeprefix(KPIS), "currency": request.query["currency"],
          "investor_focus_metrics": {"viral_coefficient": 0.45, "network_density": 3.2,
          "b2b_vendor_growth_mom": 0.23, "network_gmv_effect_usd": 340}})))
