"""Currency rates: Real-time updated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tests.faults.fault import EVERYONE, Document, Inject, Lab, Listed
from tests.faults.proxy import json_reply
from tests.faults.verbs import (
    answers,
    breaking_off,
    changed,
    distorts,
    failing,
    hanging_up,
    html,
    not_found,
    redirecting,
    removed,
    slow,
    truncated,
    updated,
    without,
)

fault = Listed("currency")
SERVED = "/api/awareness/currency-rates"
NO_MONEY = {"index": ("showcase",), "tiger-global": ("showcase",)}
"""Who converts money: the one shows pounds, the other every currency."""
TIGER = {"tiger-global": ("showcase",)}
INDEX = {"index": ("showcase",)}


def every_table(change: Callable[[str, dict[str, float]], dict[str, float]]) -> Inject:
    """Rewrite the rates of every base."""

    def inject(lab: Lab) -> None:
        for table in lab.db.currency_rates.find():
            rates = change(table["_id"], table["rates"])
            lab.db.currency_rates.update_one({"_id": table["_id"]}, {"$set": {"rates": rates}})

    return inject


def worth(currency: str, factor: float) -> Inject:
    """Let a currency be worth another amount everywhere, so that all tables still agree."""

    def revalued(base: str, rates: dict[str, float]) -> dict[str, float]:
        if base == currency:
            return {c: r if c == base else r * factor for c, r in rates.items()}
        return {c: r / factor if c == currency else r for c, r in rates.items()}

    return every_table(revalued)


def off_by(base: str, factor: float) -> Inject:
    """Let one base's table be off."""
    return every_table(
        lambda b, rates: {c: r * factor if b == base and c != b else r for c, r in rates.items()}
    )


def dated(ago: timedelta, where: Document | None = None) -> Inject:
    return lambda lab: updated(
        "currency_rates", where or {}, {"$set": {"updated_at": lab.now - ago}}
    )(lab)


def everywhere(**fields: object) -> Inject:
    return updated("currency_rates", {}, {"$set": fields})


def served(**fields: object) -> Inject:
    return distorts("GET", SERVED, lambda body, _: {**body, **fields})


def served_rate(currency: str, rate: float) -> Inject:
    return distorts("GET", SERVED, lambda body, _: {
        **body, "rates": {**body["rates"], currency: rate}})


fault("the dollar's rates are missing", "missing", "Mongo", EVERYONE, "currency-rates",
      removed("currency_rates", _id="USD"), also=NO_MONEY)
fault("the euro's rates are missing", "missing", "Mongo", EVERYONE, "EUR",
      removed("currency_rates", _id="EUR"), also=INDEX)
fault("the yen's rates are missing", "missing", "Mongo", EVERYONE, "JPY",
      removed("currency_rates", _id="JPY"))
fault("no rates at all", "missing", "Mongo", EVERYONE, "currency-rates",
      removed("currency_rates"), also=NO_MONEY)
fault("no rate for shillings", "missing", "Mongo", EVERYONE, "USD to KES",
      without("currency_rates", "USD", "rates.KES"), also=TIGER)
fault("the euro does not know the pound", "missing", "Mongo", EVERYONE, "EUR to GBP",
      without("currency_rates", "EUR", "rates.GBP"), also=INDEX)
fault("a rate is null", "null", "Mongo", EVERYONE, "USD to NGN",
      changed("currency_rates", "USD", rates__NGN=None), also=TIGER)
fault("a rate is a text", "wrong type", "Mongo", EVERYONE, "USD to BRL",
      changed("currency_rates", "USD", rates__BRL="5.38"), also=TIGER)
fault("a rate is zero", "wrong value", "Mongo", EVERYONE, "USD to INR",
      changed("currency_rates", "USD", rates__INR=0), also=TIGER)
fault("a rate is negative", "wrong value", "Mongo", EVERYONE, "USD to ZAR",
      changed("currency_rates", "USD", rates__ZAR=-16.9), also=TIGER)
fault("a dollar is worth two dollars", "wrong value", "Mongo", EVERYONE, "USD to USD",
      changed("currency_rates", "USD", rates__USD=2.0))
fault("the rates are a list", "wrong type", "Mongo", EVERYONE, "GBP",
      changed("currency_rates", "GBP", rates=[0.74]), also=INDEX)
fault("the rates are empty", "empty", "Mongo", EVERYONE, "USD to EUR",
      changed("currency_rates", "USD", rates={}), also=NO_MONEY)
fault("the yen is a hundred times too dear", "rate implausible", "Mongo", EVERYONE, "USD to JPY",
      worth("JPY", 100))
fault("the euro is upside down everywhere", "rate implausible", "Mongo", EVERYONE, "USD to EUR",
      worth("EUR", 0.8615**2))
fault("a misplaced decimal point in one table", "rate implausible", "Mongo", EVERYONE, "USD to JPY",
      changed("currency_rates", "USD", rates__JPY=15.485), also=TIGER)
fault("the euro's table is 3 % off", "rate inconsistent", "Mongo", EVERYONE, "EUR to",
      off_by("EUR", 1.03), also=INDEX)
fault("Singapore's table is 3 % off", "rate inconsistent", "Mongo", EVERYONE, "SGD to",
      off_by("SGD", 0.97), also=TIGER)
fault("one cross rate is 2 % off", "rate inconsistent", "Mongo", EVERYONE, "KES to AED",
      updated("currency_rates", {"_id": "KES"}, {"$mul": {"rates.AED": 1.02}}))
fault("the rates of a day before yesterday", "stale", "Mongo", EVERYONE, "last update",
      dated(timedelta(hours=25)))
fault("the rates of last year", "stale", "Mongo", EVERYONE, "last update",
      dated(timedelta(days=365)))
fault("one base was forgotten for two days", "stale", "Mongo", EVERYONE, "MXN",
      dated(timedelta(days=2), {"_id": "MXN"}))
fault("the rates of tomorrow", "stale", "Mongo", EVERYONE, "last update",
      dated(timedelta(days=-1)))
fault("nobody knows how old the rates are", "missing", "Mongo", EVERYONE, "last update",
      updated("currency_rates", {}, {"$unset": {"updated_at": ""}}))
fault("the date is a word", "wrong type", "Mongo", EVERYONE, "today",
      everywhere(updated_at="today"))
fault("the source is a mock", "wrong value", "Mongo", EVERYONE, "source", everywhere(source="MockRates"))
fault("the source is a fallback", "wrong value", "Mongo", EVERYONE, "source",
      everywhere(source="static_fallback"))
fault("the source is empty", "empty", "Mongo", EVERYONE, "source", everywhere(source=""))
fault("the source is null for one base", "null", "Mongo", EVERYONE, "source",
      changed("currency_rates", "CNY", source=None))

fault("the endpoint is gone", "404", "HTTP", EVERYONE, "404", not_found("GET", SERVED), also=NO_MONEY)
fault("the endpoint fails", "500", "HTTP", EVERYONE, "500", failing("GET", SERVED), also=NO_MONEY)
fault("the endpoint is slow", "slow", "HTTP", EVERYONE, "within 5 s", slow("GET", SERVED), also=NO_MONEY)
fault("the endpoint answers HTML", "HTML", "HTTP", EVERYONE, "text/html", html("GET", SERVED), also=NO_MONEY)
fault("the endpoint answers half its JSON", "truncated", "HTTP", EVERYONE, "broken JSON",
      truncated("GET", SERVED), also=NO_MONEY)
fault("the endpoint breaks off", "truncated", "HTTP", EVERYONE, "broke off",
      breaking_off("GET", SERVED), also=NO_MONEY)
fault("the endpoint hangs up", "no answer", "HTTP", EVERYONE, "no answer",
      hanging_up("GET", SERVED), also=NO_MONEY)
fault("the endpoint sends to a maintenance page", "redirect", "HTTP", EVERYONE, "302",
      redirecting("GET", SERVED), also=NO_MONEY)
fault("the endpoint answers a list", "wrong type", "HTTP", EVERYONE, "rates",
      answers("GET", SERVED, json_reply([])), also=NO_MONEY)
fault("the endpoint answers an error with 200", "false success", "HTTP", EVERYONE, "rates",
      answers("GET", SERVED, json_reply({"status": "ok", "rates": None})), also=NO_MONEY)
fault("served rates are last month's, stored ones today's", "stale", "HTTP", EVERYONE, "as served",
      served(last_updated="2026-01-01T00:00:00Z"))
fault("served rates have no date", "missing", "HTTP", EVERYONE, "as served",
      distorts("GET", SERVED, lambda body, _: {k: v for k, v in body.items() if k != "last_updated"}))
fault("served rates come from a sample", "wrong value", "HTTP", EVERYONE, "as served: source",
      served(source="sample data"))
fault("served rates are texts", "wrong type", "HTTP", EVERYONE, "as served",
      distorts("GET", SERVED, lambda body, _: {
          **body, "rates": {c: str(r) for c, r in body["rates"].items()}}), also=NO_MONEY)
fault("a rate is served as NaN", "wrong value", "HTTP", EVERYONE, "NaN as “rates.CAD”",
      served_rate("CAD", float("nan")), also=NO_MONEY)
fault("a rate is served as infinite", "wrong value", "HTTP", EVERYONE, "Infinity as “rates.SAR”",
      served_rate("SAR", float("inf")), also=NO_MONEY)
fault("every base is served the dollar's rates", "currency mixed up", "HTTP", EVERYONE, "as served",
      distorts("GET", SERVED, lambda body, _: {**body, "rates": {
          c: float(f"{1 + n / 10:.1f}") for n, c in enumerate(body["rates"])}}), also=NO_MONEY)
fault("rates are served with a margin of 5 %", "rate inconsistent", "HTTP", EVERYONE, "1 %",
      distorts("GET", SERVED, lambda body, _: {**body, "rates": {
          c: r * 1.05 for c, r in body["rates"].items()}}), also=NO_MONEY)
fault("validated as fresh although a week old", "false success", "Mongo", EVERYONE, "last update",
      dated(timedelta(days=7)),
      answers("GET", "/api/awareness/currency/validate", json_reply({"valid": True, "problems": []})))

# Pegs, and sources that invent

fault("the dirham leaves its peg by 2 %", "rate implausible", "Mongo", EVERYONE, "USD to AED",
      worth("AED", 1.02))
fault("the riyal leaves its peg by 2 %", "rate implausible", "Mongo", EVERYONE, "USD to SAR",
      worth("SAR", 0.98))
fault("the pound moved by a quarter", "rate implausible", "Mongo", EVERYONE, "USD to GBP",
      worth("GBP", 0.75))
fault("the source simulates", "invented source", "Mongo", EVERYONE, "simulatedFeed",
      everywhere(source="simulatedFeed"))
fault("the source is made up", "invented source", "Mongo", EVERYONE, "made-up",
      everywhere(source="made-up rates"))
fault("the source is another than the deployment's", "invented source", "Mongo", EVERYONE, "Acme Rates",
      everywhere(source="Acme Rates Ltd"))
