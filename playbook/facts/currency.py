"""The rates that the deployment serves, and the stored rates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from playbook.facts.findings import NOTHING, Description, FailureKind, Finding, Unobservable
from playbook.facts.reading import Reading
from playbook.facts.remedies import Remedy
from playbook.pristine import rates
from playbook.pristine.rates import Problem, Table

DOLLARS_FOR_ALL = "the API serves dollar rates for every base_currency"


class Currency:
    """``demo.currency.convert(Decimal(100), "EUR", "GBP")``, and the problems of the rates."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def served(self, base: str = "USD") -> Mapping[str, Any]:
        """The served rates of a base. Raises Unobservable if there are none."""
        served: Mapping[str, Any] = self._reading.rates(base).field("rates", dict)
        return served

    def per_dollar(self, currency: str) -> Decimal:
        """The units of a currency for one dollar, as served. Raises Unobservable."""
        if currency == "USD":
            return Decimal(1)
        rate = rates.positive(self.served().get(currency, NOTHING))
        if rate is None:
            raise Unobservable(f"no usable rate USD to {currency} is served", Remedy.FEED)
        return rate

    def convert(self, amount: Decimal, source: str, target: str) -> Decimal:
        """An amount in another currency, at the served rates, unrounded. Raises Unobservable."""
        if source == target:  # no rate is needed, so none can be missing
            return amount
        return amount / self.per_dollar(source) * self.per_dollar(target)

    def converted_by_its_own_table(self, amount: Decimal, source: str, target: str) -> Decimal:
        """An amount converted by the served rates of its own currency, if these were requested.

        Converting back by way of the dollar then proves that the two tables agree.
        """
        if source not in self._reading.bases or source == target:
            return self.convert(amount, source, target)
        rate = rates.positive(self.served(source).get(target, NOTHING))
        if rate is None:
            raise Unobservable(f"no usable rate {source} to {target} is served", Remedy.FEED)
        return amount * rate

    @property
    def unusable(self) -> Iterator[Finding]:
        """Currencies without a positive rate, and those without a stored table."""
        self._require_served_rates()
        for base in self._reading.bases:
            named = self._reading.rates(base).json().get("base_currency", base)
            if named != base:
                where = f"rates of {base} as served: base_currency"
                yield Finding(where, base, named, Remedy.BACKEND)
        for how, table in self._tables:
            yield from _findings(rates.unusable(table, NOTHING), how)
        if self._stored:  # else the deployment keeps its feed elsewhere
            yield from _findings(rates.missing_tables(self._stored, NOTHING), "as stored")

    @property
    def stale(self) -> Iterator[Finding]:
        """Rates without a date, older than a day, or from the future."""
        for how, table in self._tables:
            stale = rates.stale(table, self._reading.at, self._reading.feed)
            yield from _findings(stale, how, FailureKind.TIMING)

    @property
    def sources_not_live(self) -> Iterator[Finding]:
        """Rates from a source that is not the deployment's feed, or that is not live."""
        for how, table in self._tables:
            yield from _findings(rates.not_live(table, self._reading.feed), how)

    @property
    def contradicting(self) -> Iterator[Finding]:
        """Rates that give different amounts for the same money, by more than 1 %."""
        self._require_served_rates()
        dollars = self._served_table("USD")
        for how, table in self._tables:
            for finding in _findings(rates.contradicting(table, dollars), how):
                yield self.explained(finding)

    def explained(self, finding: Finding) -> Finding:
        """A finding about two tables that disagree, with its cause if that is known."""
        dollars = self.served("USD")
        for base in self._reading.bases:
            if base != "USD" and dollars and self.served(base) == dollars:
                return replace(finding, cause=DOLLARS_FOR_ALL, remedy=Remedy.BACKEND)
        return finding

    @property
    def implausible_rates(self) -> Iterator[Finding]:
        """Rates that are further from the reference than a year can move them."""
        self._require_served_rates()
        dollars = self._served_table("USD")
        yield from _findings(rates.implausible(dollars, self._reading.seeds), "as served")

    @property
    def _tables(self) -> Iterator[tuple[str, Table]]:
        for base in self._reading.bases:
            yield "as served", self._served_table(base)
        for table in self._stored:
            yield "as stored", table

    @property
    def _stored(self) -> list[Table]:
        # A deployment may keep its rates elsewhere: then only the served rates are judged.
        found = self._reading.documents["currency_rates"]
        return [Table.stored(document, NOTHING) for document in found]

    def _served_table(self, base: str) -> Table:
        body = self._reading.rates(base).json()
        served = _get(body, "rates")
        return Table(
            base=base,
            rates=served if isinstance(served, Mapping) else {},
            updated=_get(body, "last_updated"),
            source=_get(body, "source"),
        )

    def _require_served_rates(self) -> None:
        for base in self._reading.bases:
            self.served(base)


def _findings(
    problems: Iterable[Problem], how: str, kind: FailureKind = FailureKind.DATA
) -> Iterator[Finding]:
    for problem in problems:
        table, colon, field = problem.what.partition(":")
        where = f"{table} {how}{colon}{field}"
        yield Finding(where, Description(problem.expected), problem.found, kind=kind)


def _get(body: object, name: str) -> object:
    return body.get(name, NOTHING) if isinstance(body, dict) else NOTHING
