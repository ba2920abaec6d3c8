"""The bundle's showcase: the headline, and the numbers that its rows really give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from playbook.facts.cached_copies import Originals, cached_copies, read_cached
from playbook.facts.currency import Currency
from playbook.facts.demo_access import access_by_journal, access_in_document
from playbook.facts.findings import (
    NOTHING,
    Description,
    Finding,
    Unobservable,
    is_any,
    with_remedy,
)
from playbook.facts.reading import Reading
from playbook.facts.remedies import Remedy
from playbook.pristine.documents import pristine_showcase
from playbook.pristine.money import money_in
from playbook.pristine.rates import TOLERANCE
from playbook.pristine.relative_dates import month_before
from playbook.pristine.seeds import Document
from playbook.pristine.showcases import Showcase as Records
from playbook.pristine.showcases import exact, showcase_of


def stated_exactly(stated: object, computed: Fraction | None) -> bool:
    """Whether a stated value is a number, and exactly the computed one."""
    if isinstance(stated, bool) or not isinstance(stated, int | float) or not isfinite(stated):
        return False
    return exact(stated) == computed


class Showcase:
    """``demo.showcase.computed["network_density"]``, from the rows, as an exact fraction."""

    def __init__(self, reading: Reading, template: Document, currency: Currency) -> None:
        self._reading, self._template, self._currency = reading, template, currency

    @property
    def _document(self) -> Document:
        stored = self._reading.stored
        # Where the app keeps no showcase, the seeded rows explain the numbers that it shows.
        if not stored.keeps("showcases"):
            access = access_by_journal(self._reading) or self._reading.at
            return pristine_showcase(self._template, access, self._reading.bundle.timezone)
        for document in stored.documents("showcases"):
            return document
        raise Unobservable(f"the showcase of {self._reading.bundle.key} is not there to look at")

    @property
    def access(self) -> datetime:
        """T, the moment of demo access that the rows' dates are relative to.

        From the journal if the last run was a finished reset, else from the showcase itself.
        Raises Unobservable if neither contains it.
        """
        if access := access_by_journal(self._reading):
            return access
        anchor = self._document.get("anchored_at", NOTHING)
        return access_in_document(anchor, "the showcase's anchored_at")

    @property
    def latest_complete_month(self) -> str:
        """The last month that is complete at T where the investor lives, like "2026-10"."""
        local = self.access.astimezone(ZoneInfo(self._reading.bundle.timezone))
        return month_before(local.date(), 1)

    @property
    def _pristine(self) -> Document:
        return pristine_showcase(self._template, self.access, self._reading.bundle.timezone)

    @property
    def headline(self) -> Mapping[str, Any]:
        """The numbers that the investor is told. Raises Unobservable if there are none."""
        headline = self._document.get("headline")
        if not isinstance(headline, dict):
            raise Unobservable(f"the showcase has no headline but {headline!r}")
        return headline

    @cached_property
    def records(self) -> Any:
        """The rows behind the numbers. Raises Unobservable if a row is malformed."""
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
        return self._numbers(lambda records: records.kpis())

    @cached_property
    def further_numbers(self) -> dict[str, Fraction]:
        """Numbers beside the headline, recomputed from the rows. Raises Unobservable."""
        return self._numbers(lambda records: records.further_numbers())

    def _numbers(self, compute: Callable[[Records], dict[str, Fraction]]) -> dict[str, Fraction]:
        try:
            return compute(self.records)
        except ZeroDivisionError:
            raise Unobservable(
                f"showcase {self._reading.bundle.key}: there are no rows to compute from"
            ) from None

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """The differences of the stored showcase from the seeded one."""
        if not self._reading.stored.keeps("showcases"):
            return iter(())  # the numbers that the app shows are compared (see wrongly_served)
        return self._reading.stored.differences("showcases", "showcase", pristine=[self._pristine])

    def discrepancies(self, *rules: str, row: str | None = None) -> Iterator[Finding]:
        """Rows that break some rules of the showcase ("buyers", "tax"), by default any rule.

        ``row`` names the only row to look at. Raises Unobservable if a row is malformed.
        """
        for broken in self.records.discrepancies():
            if (not rules or broken.rule in rules) and row in (None, broken.row):
                words = broken.expected
                expected = Description(words) if isinstance(words, str) else words
                yield Finding(f"{broken.rule} of {broken.row}", expected, broken.found)

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
        """Headline numbers that the API does not show in the bundle's currency.

        Converted money may differ by 1 %; all else must be exact.
        """
        return with_remedy(self._wrongly_served, self._is_stored_wrong)

    def _is_stored_wrong(self) -> bool:
        """Whether the stored showcase or a cached copy of its numbers is wrong."""
        if is_any((*self.differences_from_seeds, *self.stale_copies)):
            return True
        # An app may keep what its route of the numbers answers under that route's name.
        key = f"aislemarts:bundle:{self._reading.bundle.key}:kpis"
        if key not in self._reading.cache:
            return False
        raw = self._reading.cache[key]
        try:
            # The app reads it as a plain string: another type of Redis makes the route fail.
            return not isinstance(raw, bytes) or read_cached(raw) != self._template["headline"]
        except ValueError:
            return True

    @property
    def _wrongly_served(self) -> Iterator[Finding]:
        answer, wanted_currency = self._reading.kpis, self._reading.bundle.currency
        metrics = answer.field("investor_focus_metrics", dict)
        if answer.field("currency", str) != wanted_currency:
            yield Finding("KPIs as served: currency", wanted_currency, answer.body["currency"])
        if answer.body.get("bundle") != self._reading.bundle.key:
            served_bundle = answer.body.get("bundle", NOTHING)
            yield Finding("KPIs as served: bundle", self._reading.bundle.key, served_bundle)
        names: list[str] = []
        for name, stated in self._template["headline"].items():
            known = money_in(name)
            served = self._reading.deployment.kpi(self._reading.bundle, name)
            if served is None:
                yield Finding(
                    f"KPI {name} as served",
                    Description("shown"),
                    NOTHING,
                    Remedy.BACKEND,
                    f"the app has no number for {self._reading.bundle.short}",
                )
                continue
            served_as, wanted = served.name, Decimal(str(stated))
            own: str = known[1] if served.money and known else wanted_currency
            wanted = self._currency.convert(wanted, own, wanted_currency)
            found = metrics.get(served_as, NOTHING)
            names.append(served_as)
            number = isinstance(found, int | float | Decimal) and not isinstance(found, bool)
            amount = Decimal(str(found)) if number else Decimal("NaN")
            # What was converted was rounded on the way; everything else must be exact.
            allowed = TOLERANCE * wanted if own != wanted_currency else Decimal(0)
            if not amount.is_finite() or abs(amount - wanted) > allowed:
                yield Finding(f"KPI {served_as} as served", Description(f"{wanted:.8g}"), found)
        for name in [name for name in metrics if name not in names]:
            # A number that nothing proves would be the one that the investor asks about.
            yield Finding(f"KPI {name} as served", NOTHING, metrics[name])

    @property
    def stale_copies(self) -> Iterator[Finding]:
        """Cached copies of the headline that disagree with it."""
        return cached_copies(
            self._reading, Originals({"showcase": self._pristine}), whole=("showcase",)
        )
