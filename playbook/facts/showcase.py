"""The bundle's showcase: the headline, and the numbers that its rows really give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import Any

from pydantic import ValidationError

from playbook.facts.cached_copies import cached_copies
from playbook.facts.currency import Currency
from playbook.facts.findings import NOTHING, Description, Finding, Unobservable
from playbook.facts.reading import Reading
from playbook.pristine.rates import TOLERANCE
from playbook.pristine.seeds import Document
from playbook.pristine.showcases import Showcase as Records
from playbook.pristine.showcases import exact, showcase_of

MONEY = ("usd", "eur", "gbp", "sgd")
"""The last part of a headline number's name where it is money."""


def stated_exactly(stated: object, computed: Fraction | None) -> bool:
    """Whether a stated value is a number, and exactly the computed one."""
    if isinstance(stated, bool) or not isinstance(stated, int | float) or not isfinite(stated):
        return False
    return exact(stated) == computed


class Showcase:
    """``demo.showcase.computed["network_density"]``, from the rows, as an exact fraction."""

    def __init__(self, reading: Reading, pristine: list[Document], currency: Currency) -> None:
        self._reading, self._pristine, self._currency = reading, pristine, currency

    @property
    def _document(self) -> Document:
        stored = self._reading.stored
        # Where the app keeps no showcase, the seeded rows stand behind the numbers that it shows.
        found = stored.documents("showcases") if stored.keeps("showcases") else self._pristine
        for document in found:
            return document
        raise Unobservable(f"the showcase of {self._reading.bundle.key} is not there to look at")

    @property
    def headline(self) -> Mapping[str, Any]:
        """The numbers that the investor is told. Raises Unobservable where there are none."""
        headline = self._document.get("headline")
        if not isinstance(headline, dict):
            raise Unobservable(f"the showcase has no headline but {headline!r}")
        return headline

    @cached_property
    def records(self) -> Any:
        """The rows behind the numbers. Raises Unobservable where a row is malformed."""
        bundle = self._reading.bundle.key
        kind: type[Records] = showcase_of(bundle)
        try:
            return kind.model_validate(self._document.get("records"))
        except ValidationError as invalid:
            first = invalid.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"])
            raise Unobservable(
                f"showcase {bundle}: records.{field}: {first['msg']}; "
                f"nothing can be computed from such rows ({invalid.error_count()} problems)"
            ) from None

    @cached_property
    def computed(self) -> dict[str, Fraction]:
        """Every headline number, recomputed from the rows. Raises Unobservable."""
        records: Records = self.records
        try:
            return records.kpis()
        except ZeroDivisionError:
            raise Unobservable(
                f"showcase {self._reading.bundle.key}: there are no rows to compute from"
            ) from None

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """In what the showcase differs from the seeded one."""
        if not self._reading.stored.keeps("showcases"):
            return iter(())  # the numbers that the app shows are compared (see wrongly_served)
        return self._reading.stored.differences("showcases", "showcase")

    @property
    def unproved_numbers(self) -> Iterator[Finding]:
        """Stated numbers that do not follow from the rows."""
        computed = self.computed
        for name in [*self.headline, *(n for n in computed if n not in self.headline)]:
            stated = self.headline.get(name, NOTHING)
            if not stated_exactly(stated, computed.get(name)):
                yield Finding(f"headline {name}", computed.get(name, NOTHING), stated)

    @property
    def wrongly_served(self) -> Iterator[Finding]:
        """Headline numbers that the API does not show in the bundle's currency, within 1 %."""
        answer, wanted_currency = self._reading.kpis, self._reading.bundle.currency
        shown = answer.field("investor_focus_metrics", dict)
        if answer.field("currency", str) != wanted_currency:
            yield Finding("KPIs as served: currency", wanted_currency, answer.body["currency"])
        if answer.body.get("bundle") != self._reading.bundle.key:
            found_bundle = answer.body.get("bundle", NOTHING)
            yield Finding("KPIs as served: bundle", self._reading.bundle.key, found_bundle)
        names: list[str] = []
        for name, stated in self._pristine[0]["headline"].items():
            unit = name.rpartition("_")[2]
            served = self._reading.deployment.kpi(self._reading.bundle, name)
            if served is None:
                yield Finding(f"KPI {name} as served", Description("shown"), NOTHING)
                continue
            served_as, wanted = served.name, Decimal(str(stated))
            if served.money:
                wanted = self._currency.convert(wanted, unit.upper(), wanted_currency)
            found = shown.get(served_as, NOTHING)
            names.append(served_as)
            number = isinstance(found, int | float | Decimal) and not isinstance(found, bool)
            amount = Decimal(str(found)) if number else Decimal("NaN")
            # Money was converted and rounded on the way; shares and counts must be exact.
            allowed = TOLERANCE * wanted if served.money else Decimal(0)
            if not amount.is_finite() or abs(amount - wanted) > allowed:
                yield Finding(f"KPI {served_as} as served", Description(f"{wanted:.8g}"), found)
        for name in [name for name in shown if name not in names]:
            # A number that nothing proves would be the one that the investor asks about.
            yield Finding(f"KPI {name} as served", NOTHING, shown[name])

    @property
    def stale_copies(self) -> Iterator[Finding]:
        """Cached copies of the headline that disagree with it."""
        return cached_copies(self._reading, {"showcase": self._pristine[0]}, whole=("showcase",))
