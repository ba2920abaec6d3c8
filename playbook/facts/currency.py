"""The rates that the deployment serves, and those behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

from playbook.facts.findings import NOTHING, Description, Finding, Unobservable
from playbook.facts.reading import Reading
from playbook.pristine.seeds.models import Currency as CurrencyCode

CURRENCIES: tuple[str, ...] = get_args(CurrencyCode)
FRESH = timedelta(hours=24)
CLOCK_SKEW = timedelta(minutes=5)
TOLERANCE = Decimal("0.01")
"""How far two ways to convert may differ: what sales allow by hand."""
SANE_BAND = Decimal("0.25")
"""How far a live rate may be from the reference before it is implausible_rates rather than news."""
NOT_LIVE = (
    *("mock", "static", "sample", "default", "test", "fake", "hardcoded", "example"),
    *("fallback", "stub", "dummy", "placeholder", "unknown", "none", "offline"),
)
"""How the words begin by which a source says that it is no live one."""
EMBEDDED_FEED = "embedded-feed"


class Currency:
    """``demo.currency.convert(Decimal(100), "EUR", "GBP")``, and what is wrong with the rates."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._reference = {
            key: line.model.per_usd for key, line in reading.seeds.reference_rates.items()
        }

    def served(self, base: str = "USD") -> Mapping[str, Any]:
        """The rates of a base as served. Raises Unobservable where none are."""
        rates: Mapping[str, Any] = self._reading.rates(base).field("rates", dict)
        return rates

    def per_dollar(self, currency: str) -> Decimal:
        """How many units one dollar buys, by the served rates. Raises Unobservable."""
        if currency == "USD":
            return Decimal(1)
        rate = _number(self.served().get(currency, NOTHING))
        if rate is None:
            raise Unobservable(f"no usable rate USD to {currency} is served")
        return rate

    def convert(self, amount: Decimal, source: str, target: str) -> Decimal:
        """An amount in another currency, by the served rates, unrounded. Raises Unobservable."""
        if source == target:  # no rate is needed, so none can be missing
            return amount
        return amount / self.per_dollar(source) * self.per_dollar(target)

    def converted_by_its_own_table(self, amount: Decimal, source: str, target: str) -> Decimal:
        """An amount converted by the served rates of its own currency, where they were asked for.

        Converting back by way of the dollar then proves that the two tables agree.
        """
        if source not in self._reading.bases or source == target:
            return self.convert(amount, source, target)
        rate = _number(self.served(source).get(target, NOTHING))
        if rate is None:
            raise Unobservable(f"no usable rate {source} to {target} is served")
        return amount * rate

    @property
    def unusable(self) -> Iterator[Finding]:
        """Currencies without a positive rate, for each base that was asked for."""
        for base in self._reading.bases:
            rates = self.served(base)
            for currency in CURRENCIES:
                found = rates.get(currency, NOTHING)
                if currency == base and found is NOTHING:
                    continue  # a currency buys one of itself, stated or not
                if _number(found) is None:
                    yield Finding(
                        f"rate {base} to {currency} as served",
                        Description("a positive number"),
                        found,
                    )
        for base, rates in self._stored_rates:
            for currency in CURRENCIES:
                found = rates.get(currency, Decimal(1) if currency == base else NOTHING)
                if _number(found) is None:
                    yield Finding(
                        f"rate {base} to {currency} as stored",
                        Description("a positive number"),
                        found,
                    )

        present = [base for base, _ in self._stored_rates]
        for base in CURRENCIES if present else ():
            if base not in present:
                yield Finding(
                    f"rates of {base} as stored", Description("rates with this base"), NOTHING
                )

    @property
    def stale(self) -> Iterator[Finding]:
        """Rates that have no date, are older than a day, or come from the future."""
        for where, updated in self._dates:
            instant = _instant(updated)
            age = self._reading.at - instant if instant else None
            if age is None or not -CLOCK_SKEW <= age <= FRESH:
                yield Finding(
                    f"{where}: last update",
                    Description(f"within 24 h before {self._reading.at:%Y-%m-%d %H:%M} UTC"),
                    instant or updated,
                )

    @property
    def sources_not_live(self) -> Iterator[Finding]:
        """Rates whose source is unnamed, or says of itself that it is none."""
        for where, source in self._sources:
            name = source.casefold() if isinstance(source, str) else ""
            # By whole words, "MockRates" being two: "latest-rates" is not a test.
            words = re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(source)))
            pretended = any(word.casefold().startswith(NOT_LIVE) for word in words)
            ours = name == EMBEDDED_FEED and not self._reading.embedded
            if not name.strip() or pretended or ours:
                yield Finding(f"{where}: source", Description("a named live source"), source)

    @property
    def contradicting(self) -> Iterator[Finding]:
        """Rates by which the same money is worth different amounts, beyond 1 %."""
        dollars = self.served()
        tables = [("as served", base, self.served(base)) for base in self._reading.bases]
        tables += [("as stored", base, rates) for base, rates in self._stored_rates]
        for how, base, rates in tables:
            dollar_in_base = Decimal(1) if base == "USD" else _number(dollars.get(base))
            for currency in CURRENCIES:
                found = _number(rates.get(currency, Decimal(1) if currency == base else NOTHING))
                dollar = Decimal(1) if currency == "USD" else _number(dollars.get(currency))
                if found is None or dollar is None or dollar_in_base is None:
                    continue  # told by `unusable`
                wanted = dollar / dollar_in_base
                if abs(found / wanted - 1) > TOLERANCE:
                    yield Finding(
                        f"rate {base} to {currency} {how}",
                        Description(f"{wanted:.6g}, by way of the dollar, within 1 %"),
                        found,
                    )

    @property
    def implausible_rates(self) -> Iterator[Finding]:
        """Rates far away from the reference."""
        dollars = self.served()
        for currency, reference in self._reference.items():
            found = _number(dollars.get(currency, Decimal(1) if currency == "USD" else NOTHING))
            if found is not None and abs(found / reference - 1) > SANE_BAND:
                yield Finding(
                    f"rate USD to {currency} as served",
                    Description(f"within {SANE_BAND:.0%} of the reference, {reference}"),
                    found,
                )

    @property
    def _stored(self) -> list[dict[str, Any]]:
        # A deployment may keep its feed elsewhere: then what it serves is all there is.
        return self._reading.documents["currency_rates"]

    @property
    def _stored_rates(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for document in self._stored:
            rates = document.get("rates")
            yield str(document.get("_id")), rates if isinstance(rates, dict) else {}

    @property
    def _dates(self) -> Iterator[tuple[str, object]]:
        for base in self._reading.bases:
            body = self._reading.rates(base).json()
            yield f"rates of {base} as served", _get(body, "last_updated")
        for document in self._stored:
            yield f"rates of {document.get('_id')} as stored", document.get("updated_at", NOTHING)

    @property
    def _sources(self) -> Iterator[tuple[str, object]]:
        for base in self._reading.bases:
            body = self._reading.rates(base).json()
            yield f"rates of {base} as served", _get(body, "source")
        for document in self._stored:
            yield f"rates of {document.get('_id')} as stored", document.get("source", NOTHING)


def _get(body: object, name: str) -> object:
    return body.get(name, NOTHING) if isinstance(body, dict) else NOTHING


def _number(value: object) -> Decimal | None:
    """A positive finite rate as a Decimal; anything else is None."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and number > 0 else None


def _instant(value: object) -> datetime | None:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    # A deployment that leaves out the zone means UTC, as MongoDB does.
    return value if value.tzinfo else value.replace(tzinfo=UTC)
