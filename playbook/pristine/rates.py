"""The rules for good exchange rates, for the check, the mounted routes and the reset.

A table contains the rates of one base: how many units of each currency one unit of the base buys.
The caller gets the rates from a database or an answer; this module only judges them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any, get_args

from bson.decimal128 import Decimal128

from playbook.clock import iso_instant
from playbook.pristine.currency_codes import Currency
from playbook.pristine.seeds import Seeds

CURRENCIES: tuple[str, ...] = get_args(Currency)
"""Every currency of a demo; each must have a rate in each table."""
FRESH = timedelta(hours=24)
CLOCK_SKEW = timedelta(minutes=5)
"""How far a feed's clock may be ahead of ours."""
TOLERANCE = Decimal("0.01")
"""How much two ways to convert may differ: sales allow the same by hand."""
EMBEDDED_FEED = "embedded-feed"
"""The source of the embedded environment's rates, which count as live only there."""
SATURDAY = 5

# A source is not live if its name has a word that is made of these, in any form:
# "MockRates", "fx_mock", "simulated". "Hammock" and "latest" are other words.
_INVENTED = (
    r"mock(?:s|ed|up|ups)?|fak(?:e|es|ed|er)|static(?:s|ally)?|samples?|default(?:s|ed)?"
    r"|test(?:s|ed|ing)?|hard-?coded?|examples?|fallbacks?|stub(?:s|bed)?|dumm(?:y|ies)"
    r"|placeholders?|unknown|none|null|nil|undefined|unspecified|offline"
    r"|simul(?:ated?|ates|ation|ations|ator)|synthetic(?:s|ally)?|invent(?:ed|ion|ions)"
    r"|fiction(?:al)?|fictitious|imagin(?:ed|ary)|madeup|pretend(?:ed)?|bogus|artificial(?:ly)?"
    r"|fabricated|demo(?:s)?|seed(?:s|ed)?|random(?:ly|ized|ised)?|guess(?:ed|es)?|estimated?"
    r"|estimates|fixtures?|sandbox|manual(?:ly)?|approximate(?:d|ly)?|hypothetical|prototype"
    r"|canned|temporary|unreal|nonlive|notlive|lorem|todo|tbd"
)
_PLAIN_WORDS = r"rates?|fx|forex|currenc(?:y|ies)|exchange|feeds?|data|source|values?|prices?|api|v"
_ADMISSION = re.compile(rf"(?:{_PLAIN_WORDS})*(?:{_INVENTED})(?:{_INVENTED}|{_PLAIN_WORDS})*")
_ADMITTING_PHRASES = (
    ("hard", "coded"), ("made", "up"), ("not", "live"), ("not", "real"), ("non", "live"),
    ("place", "holder"), ("fall", "back"), ("off", "line"),
)  # fmt: skip


@dataclass(frozen=True)
class Feed:
    """What a deployment says about its rate feed."""

    source: str | None = None
    """The name of the feed, as in the source of its rates; None if none is set."""
    rests_at_weekends: bool = False
    """Whether it writes nothing on Saturdays and Sundays (UTC), as central banks do."""


@dataclass(frozen=True)
class Table:
    """The rates of one base as found, before they are judged; the values may be anything."""

    base: str
    rates: Mapping[str, Any]
    updated: object
    """The time when they were written: an instant, or an ISO text."""
    source: object

    @classmethod
    def stored(cls, document: Mapping[str, Any], missing: object = None) -> Table:
        """The table of a document of ``currency_rates``; ``missing`` replaces a missing field."""
        rates = document.get("rates")
        return cls(
            base=str(document.get("_id")),
            rates=rates if isinstance(rates, Mapping) else {},
            updated=document.get("updated_at", missing),
            source=document.get("source", missing),
        )


@dataclass(frozen=True)
class Problem:
    """One problem of the rates."""

    what: str
    """The rate or table, and its part: "rate USD to EUR", "rates of USD: source"."""
    expected: str
    found: object

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, found {self.found}"


def positive(value: object) -> Decimal | None:
    """A rate as a number; None if it is not finite and above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Decimal128):
        return None
    number = value.to_decimal() if isinstance(value, Decimal128) else Decimal(str(value))
    return number if number.is_finite() and number > 0 else None


def instant(value: object) -> datetime | None:
    """The time when rates were written, aware UTC; None if it is not an instant. Default: UTC."""
    if isinstance(value, str):
        try:
            value = iso_instant(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    try:
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except OverflowError:  # its zone moves it out of the years that Python knows
        return None


def rate(table: Table, currency: str) -> Decimal | None:
    """What one unit of the base buys; one unit of the base itself, even if that is not stated."""
    return positive(table.rates.get(currency, 1 if currency == table.base else None))


def missing_tables(tables: Iterable[Table], nothing: object = "nothing") -> Iterator[Problem]:
    """Currencies for which there is no table."""
    present = {table.base for table in tables}
    for base in CURRENCIES:
        if base not in present:
            yield Problem(f"rates of {base}", "rates with this base", nothing)


def unusable(table: Table, nothing: object = "nothing") -> Iterator[Problem]:
    """Currencies without a positive rate."""
    for currency in CURRENCIES:
        if rate(table, currency) is None:
            found = table.rates.get(currency, nothing)
            yield Problem(f"rate {table.base} to {currency}", "a positive number", found)


def stale(table: Table, at: datetime, feed: Feed) -> Iterator[Problem]:
    """A table without a date, older than a day, or from the future.

    The hours of a weekend do not count if the feed rests then.
    """
    updated = instant(table.updated)
    if updated is not None and updated - at <= CLOCK_SKEW:
        resting = weekend_between(updated, at) if feed.rests_at_weekends else timedelta(0)
        if at - updated - resting <= FRESH:
            return
    counted = " (without weekends)" if feed.rests_at_weekends else ""
    yield Problem(
        f"rates of {table.base}: last update",
        f"within 24 h{counted} before {at:%Y-%m-%d %H:%M} UTC",
        updated or table.updated,
    )


def not_live(table: Table, feed: Feed) -> Iterator[Problem]:
    """A table from another source than the deployment's feed, or from one that is not live."""
    source = table.source
    if not isinstance(source, str) or not source.strip():
        expected = "a named live source"
    elif admits_invention(source):
        expected = "a named live source, not one whose name says that it is not live"
    elif feed.source is None:
        expected = (
            "a source that the deployment names as its feed: set PLAYBOOK_RATES_SOURCE to the name"
        )
    elif _comparable(source) != _comparable(feed.source):
        expected = f"the deployment's own feed, “{feed.source}”"
    else:
        return
    yield Problem(f"rates of {table.base}: source", expected, source)


def contradicting(table: Table, dollars: Table) -> Iterator[Problem]:
    """Rates that give another amount than the conversion by way of the dollar."""
    with localcontext(prec=40):
        own = rate(dollars, table.base)
        for currency in CURRENCIES:
            found, dollar = rate(table, currency), rate(dollars, currency)
            if found is None or dollar is None or own is None:
                continue  # `unusable` reports it
            wanted = dollar / own
            if abs(found / wanted - 1) > TOLERANCE:
                yield Problem(
                    f"rate {table.base} to {currency}",
                    f"{wanted:.6g}, by way of the dollar, within 1 %",
                    table.rates.get(currency),
                )


def implausible(dollars: Table, seeds: Seeds) -> Iterator[Problem]:
    """Rates of the dollar that are further from the reference than a year can move them."""
    with localcontext(prec=40):
        for currency, line in seeds.reference_rates.items():
            found, model = rate(dollars, currency), line.model
            if found is not None and abs(found / model.per_usd - 1) > model.within:
                yield Problem(
                    f"rate USD to {currency}",
                    f"within {model.within:.0%} of the reference, {model.per_usd}",
                    dollars.rates.get(currency),
                )


def problems(tables: Iterable[Table], at: datetime, feed: Feed, seeds: Seeds) -> Iterator[Problem]:
    """Everything that is wrong with a whole set of tables, as of an aware instant."""
    tables = list(tables)
    yield from missing_tables(tables)
    dollars = next((table for table in tables if table.base == "USD"), None)
    for table in tables:
        yield from unusable(table)
        yield from stale(table, at, feed)
        yield from not_live(table, feed)
        if dollars is not None:
            yield from contradicting(table, dollars)
    if dollars is not None:
        yield from implausible(dollars, seeds)


def admits_invention(source: str) -> bool:
    """Whether the name of a source says that its rates are not live ("MockRates", "made up")."""
    text = unicodedata.normalize("NFKC", source)
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text).casefold()
    words = re.findall(r"[^\W\d_]+", text)
    return (
        words == ["n", "a"]
        or any(map(_ADMISSION.fullmatch, words))
        or any(pair in _ADMITTING_PHRASES for pair in pairwise(words))
    )


def weekend_between(start: datetime, end: datetime) -> timedelta:
    """How much of the time between two instants lies on a Saturday or Sunday, in UTC."""
    total, moment = timedelta(0), start.astimezone(UTC)
    # After a longer rest the rates are stale in any case.
    end = min(end.astimezone(UTC), moment + timedelta(days=14))
    while moment < end:
        midnight = datetime.combine(moment.date() + timedelta(days=1), time(0), UTC)
        until = min(midnight, end)
        if moment.weekday() >= SATURDAY:
            total += until - moment
        moment = until
    return total


def _comparable(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()
