"""The check and the mounted routes judge rates and languages by the same rules.

Both get the same broken documents, and the routes must report the same as the check.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson.decimal128 import Decimal128

from playbook.backend.languages import language_problems
from playbook.backend.rates import rate_problems
from playbook.facts.currency import Currency
from playbook.facts.findings import Finding
from playbook.facts.locales import Locales
from playbook.pristine.languages import LANGUAGES
from playbook.pristine.rates import EMBEDDED_FEED, Feed
from tests.demo_in_memory import AT, Imagined

type Rates = dict[str, dict[str, Any]]


def every_table(**fields: Any) -> Callable[[Rates], None]:
    def change(tables: Rates) -> None:
        for table in tables.values():
            table.update(fields)

    return change


def yen_off(factor: float) -> Callable[[Rates], None]:
    """Change the yen in every table, so all tables still agree."""

    def change(tables: Rates) -> None:
        for base, table in tables.items():
            for currency in table["rates"]:
                if (currency == "JPY") != (base == "JPY"):
                    table["rates"][currency] *= factor if currency == "JPY" else 1 / factor

    return change


def decimals(tables: Rates) -> None:
    for table in tables.values():
        table["rates"] = {c: Decimal128(str(rate)) for c, rate in table["rates"].items()}


def without(base: str, currency: str | None = None) -> Callable[[Rates], None]:
    def change(tables: Rates) -> None:
        if currency is None:
            del tables[base]
        else:
            del tables[base]["rates"][currency]

    return change


def one_rate(base: str, currency: str, value: Any) -> Callable[[Rates], None]:
    return lambda tables: tables[base]["rates"].update({currency: value})


RATES: dict[str, tuple[Callable[[Rates], None], bool]] = {
    "as they should be": (lambda _: None, True),
    "the source is a fallback": (every_table(source="fallback"), False),
    "20 minutes ahead": (every_table(updated_at=AT + timedelta(minutes=20)), False),
    "4 minutes ahead": (every_table(updated_at=AT + timedelta(minutes=4)), True),
    "a day old": (every_table(updated_at=AT - timedelta(hours=24)), True),
    "more than a day old": (every_table(updated_at=AT - timedelta(hours=24, minutes=1)), False),
    "date as ISO text": (every_table(updated_at=AT.isoformat()), True),
    "no date": (every_table(updated_at=None), False),
    "Decimal128": (decimals, True),
    "yen 40 % off": (yen_off(1.4), False),
    "yen 21 % off": (yen_off(1.21), False),
    "yen 18 % off": (yen_off(1.18), True),
    "another honest source": (every_table(source="Other Rates Ltd"), False),
    "no table of a base": (without("KES"), False),
    "no rate": (without("KES", "AED"), False),
    "a text": (one_rate("KES", "AED", "0.028"), False),
    "a boolean": (one_rate("USD", "AED", True), False),
    "not a number": (one_rate("USD", "AED", Decimal128("NaN")), False),
    "a cross rate 2 % off": (one_rate("SGD", "GBP", 0.6), False),
    "its own rate": (one_rate("SGD", "SGD", 2), False),
}


def by_the_check(imagined: Imagined) -> set[str]:
    currency = Currency(imagined)  # type: ignore[arg-type]
    findings: list[Finding] = [
        *currency.unusable, *currency.stale, *currency.sources_not_live,
        *currency.contradicting, *currency.implausible_rates,
    ]  # fmt: skip
    # Served and stored rates are the same here, so each rule counts for both.
    return {
        finding.where.replace(" as served", "").replace(" as stored", "") for finding in findings
    }


def by_the_routes(imagined: Imagined, at: datetime = AT) -> set[str]:
    documents = {table["_id"]: table for table in imagined.documents["currency_rates"]}
    lines = rate_problems(documents, at, imagined.feed, imagined.seeds)
    return {line.partition(": expected")[0] for line in lines}


@pytest.mark.parametrize("change, good", RATES.values(), ids=RATES)
def test_check_and_routes_agree_about_rates(change: Callable[[Rates], None], good: bool) -> None:
    imagined = Imagined("lvmh")
    tables = {table["_id"]: table for table in imagined.documents["currency_rates"]}
    change(tables)
    imagined.documents["currency_rates"] = list(tables.values())
    assert by_the_check(imagined) == by_the_routes(imagined)
    assert (by_the_routes(imagined) == set()) is good


@pytest.mark.parametrize(
    "source, expected, good",
    [
        ("Hammock Rates Ltd", "Hammock Rates Ltd", True),
        ("hammock rates ltd ", "Hammock Rates Ltd", True),
        ("Hammock Rates Ltd", "Other Rates Ltd", False),
        ("Hammock Rates Ltd", None, False),
        ("Hammock Mock Rates", "Hammock Mock Rates", False),
        (EMBEDDED_FEED, None, False),
        (None, "Hammock Rates Ltd", False),
    ],
)
def test_check_and_routes_agree_about_a_source(
    source: str | None, expected: str | None, good: bool
) -> None:
    imagined = Imagined("lvmh")
    every_table(source=source)({t["_id"]: t for t in imagined.documents["currency_rates"]})
    imagined.feed = Feed(expected)
    assert by_the_check(imagined) == by_the_routes(imagined)
    assert (by_the_routes(imagined) == set()) is good


@pytest.mark.parametrize(
    "currency, factor, good",
    [
        *(("AED", f, g) for f, g in ((1.009, True), (1.011, False), (0.989, False))),
        *(("SAR", f, g) for f, g in ((1.009, True), (1.011, False), (0.989, False))),
        *(("EUR", f, g) for f, g in ((1.14, True), (1.16, False), (0.84, False))),
        *(("GBP", f, g) for f, g in ((1.14, True), (1.16, False), (0.84, False))),
        *(("JPY", f, g) for f, g in ((1.19, True), (1.21, False), (0.79, False))),
        *(("NGN", f, g) for f, g in ((1.24, True), (1.26, False), (0.74, False))),
    ],
)
def test_a_rate_within_a_years_movement_is_good(currency: str, factor: float, good: bool) -> None:
    imagined = Imagined("lvmh")
    per_usd = {c: float(line.model.per_usd) for c, line in imagined.seeds.reference_rates.items()}
    per_usd[currency] *= factor
    for table in imagined.documents["currency_rates"]:
        table["rates"] = {c: rate / per_usd[table["_id"]] for c, rate in per_usd.items()}
    assert by_the_check(imagined) == by_the_routes(imagined)
    assert by_the_routes(imagined) == (set() if good else {f"rate USD to {currency}"})


FRIDAY, MONDAY = datetime.fromisoformat("2026-11-20T16:00Z"), "2026-11-23T15:00Z"


@pytest.mark.parametrize(
    "at, rests, good",
    [
        ("2026-11-21T12:00Z", False, True),
        ("2026-11-22T12:00Z", False, False),
        ("2026-11-22T12:00Z", True, True),
        (MONDAY, True, True),
        ("2026-11-23T16:01Z", True, False),
        (MONDAY, False, False),
    ],
)
def test_a_feed_may_rest_at_weekends(at: str, rests: bool, good: bool) -> None:
    moment = datetime.fromisoformat(at)
    imagined = Imagined("lvmh", at=moment)
    every_table(updated_at=FRIDAY)({t["_id"]: t for t in imagined.documents["currency_rates"]})
    imagined.feed = Feed(EMBEDDED_FEED, rests_at_weekends=rests)
    assert by_the_check(imagined) == by_the_routes(imagined, moment)
    assert (by_the_routes(imagined, moment) == set()) is good


def messages(**changes: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["messages"].update(changes)


LOCALES: dict[str, tuple[str, Callable[[dict[str, Any]], Any], bool]] = {
    "as it should be": ("fr", lambda _: None, True),
    "empty": ("fr", messages(nav_home=" "), False),
    "no text": ("fr", messages(nav_home=4), False),
    "missing": ("fr", lambda d: d["messages"].pop("nav_home"), False),
    "still English": ("fr", messages(nav_home="Home"), False),
    "another word": ("fr", messages(nav_home="Acceuil"), False),
    "one too many": ("fr", messages(nav_extra="Encore"), False),
    "no messages": ("fr", lambda d: d.update(messages=None), False),
    "wrong direction": ("ar", lambda d: d.update(direction="ltr"), False),
    "English itself": ("en", messages(nav_home=""), False),
}


@pytest.mark.parametrize("language, change, good", LOCALES.values(), ids=LOCALES)
def test_check_and_routes_agree_about_a_language(
    language: str, change: Callable[[dict[str, Any]], Any], good: bool
) -> None:
    imagined = Imagined("lvmh")
    change(imagined.one("locales", language))
    documents = {document["_id"]: document for document in imagined.documents["locales"]}
    for name in LANGUAGES:
        locales = Locales(imagined)  # type: ignore[arg-type]
        checked = [*locales.differences_from_seeds(name), *locales.untranslated_messages(name)]
        stated = language_problems(name, documents, imagined.seeds)
        assert bool(checked) == bool(stated), (name, checked, stated)
        assert (not stated) is (good or name != language), stated
