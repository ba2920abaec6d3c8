"""The rules in and between the showcases; each problem is one line for a person.

A headline follows from its rows, the rows agree with each other and with the catalog, and all
showcases show one company (``company.json``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from pydantic import ValidationError

from playbook.pristine.countries import country_name
from playbook.pristine.money import money_in
from playbook.pristine.relative_dates import FIXED_DATE, resolve_dates
from playbook.pristine.seeds.collection import Line, Seeds
from playbook.pristine.seeds.models import ShowcaseSeed
from playbook.pristine.seeds.problems import describe_invalid_fields
from playbook.pristine.showcases import Showcase, exact, showcase_of
from playbook.pristine.showcases.company import Company

SAMPLE_ACCESS = datetime(2026, 6, 17, 12, tzinfo=UTC)
"""The T for which the rows are read here; the rules are the same for every T."""

RESOLVED = re.compile(r"\b(?P<day>\d{4}-\d{2}(?:-\d{2})?)(?:T(?P<time>[\d:]+Z))?\b")
"""A month, a day or a time on it, as :func:`resolve_dates` writes it."""

type Figures = Mapping[tuple[str, str], int]


def showcase_problems(seeds: Seeds) -> Iterator[str]:
    """Every contradiction of the showcases with themselves, the catalog or the company."""
    dated: list[tuple[str, Any, str]] = [
        *((line.where, line.model.figures, "figures") for line in seeds.company.values()),
        *((line.where, line.model.records, "records") for line in seeds.showcases.values()),
    ]
    for where, rows, name in dated:
        for path, text in _texts(rows, name):
            if FIXED_DATE.fullmatch(text):
                yield (
                    f"{where}: {path}: {text!r} is the same date in every year; "
                    "expected a date relative to demo access, like 'T-1mo', 'T-2w' or 'T-14d'"
                )
    figures: Figures = {}
    if len(seeds.company) != 1:
        yield f"company.json: {len(seeds.company)} companies; expected one"
    for company in seeds.company.values():
        try:
            read = Company.model_validate(_resolved(company.model.figures))
        except ValidationError as invalid:
            for problem in describe_invalid_fields(invalid, "figures"):
                yield f"{company.where}: {problem}"
            return
        yield from _discrepancies(f"{company.where}: figures", read.discrepancies())
        figures = read.figures()
    for bundle, line in seeds.showcases.items():
        yield from _showcase(seeds, bundle, line, figures)


def _showcase(
    seeds: Seeds, bundle: str, line: Line[ShowcaseSeed], figures: Figures
) -> Iterator[str]:
    try:
        records = showcase_of(bundle).model_validate(_resolved(line.model.records))
        computed = records.kpis()
        records.further_numbers()
    except LookupError as unknown:
        yield f"{line.where}: _id: {unknown}"
        return
    except ZeroDivisionError:
        yield f"{line.where}: records: too empty to compute the headline from"
        return
    except ValidationError as invalid:
        for problem in describe_invalid_fields(invalid, "records"):
            yield f"{line.where}: {problem}"
        return
    yield from _discrepancies(f"{line.where}: records", records.discrepancies())
    yield from _discrepancies(f"{line.where}: records", records.detail_discrepancies())
    yield from _catalog_prices(seeds, line, records)
    yield from _catalog_houses(seeds, line, records)
    yield from _dates(line, records)
    yield from _figures_of_company(line, records, figures)
    yield from _promises(line, records, {**computed, **records.further_numbers()})
    yield from _labels(seeds, line, computed)
    yield from _headline(line, computed)


def _figures_of_company(
    line: Line[ShowcaseSeed], records: Showcase, figures: Figures
) -> Iterator[str]:
    """Figures that are not those of the company."""
    for figure in records.figures():
        known = figures.get((figure.name, figure.period))
        if known != figure.value:
            period = f" of {_as_written(figure.period)}" if figure.period else ""
            yield (
                f"{line.where}: records: {figure.name}{period} is {figure.value}; "
                f"expected what company.json says, {'nothing' if known is None else known}"
            )


def _promises(
    line: Line[ShowcaseSeed], records: Showcase, numbers: Mapping[str, Fraction]
) -> Iterator[str]:
    """Numbers that are not what the investor was promised."""
    for name, promised in records.promises.items():
        number = numbers.get(name)
        if number != exact(Decimal(promised)):
            value = float(number) if number is not None else None
            yield (
                f"{line.where}: records: {name} is {value}; "
                f"expected {promised}, which the investor was told"
            )


def _headline(line: Line[ShowcaseSeed], computed: Mapping[str, Fraction]) -> Iterator[str]:
    """Headline numbers that do not follow from the records."""
    stated = {name: exact(value) for name, value in line.model.headline.items()}
    for name in sorted(stated.keys() | computed.keys()):
        number = computed.get(name)
        if stated.get(name) != number:
            as_stated = line.model.headline.get(name, "not stated")
            yield (
                f"{line.where}: headline.{name}: {as_stated}; "
                f"the records give {float(number) if number is not None else 'no such number'}"
            )


def _labels(seeds: Seeds, line: Line[ShowcaseSeed], numbers: Iterable[str]) -> Iterator[str]:
    """Headline numbers without a name in the interface: the pages could not label them."""
    english = seeds.locales.get("en")
    for name in numbers:
        money = money_in(name)
        label = f"kpi_{money[0] if money else name}"
        if english is not None and label not in english.model.messages:
            yield (
                f"{line.where}: headline.{name}: the interface has no name for it; "
                f"expected the message {label} in locales/en.json"
            )


def _catalog_prices(seeds: Seeds, line: Line[ShowcaseSeed], records: Showcase) -> Iterator[str]:
    quoted = [(sku, [sku], price, currency) for sku, price, currency in records.prices()]
    for what, skus, amount, currency in [*quoted, *records.baskets()]:
        unknown = [sku for sku in skus if sku not in seeds.products]
        if unknown:
            yield f"{line.where}: records: {unknown[0]} is not in the catalog; expected an id of it"
            continue
        products = [seeds.products[sku].model for sku in skus]
        total = sum(Fraction(product.price) for product in products)
        others = [product.currency for product in products if product.currency != currency]
        if total != amount or others:
            wanted = f"{total} {others[0] if others else currency}"
            yield (
                f"{line.where}: records: {what} for {float(amount):.2f} {currency}; "
                f"expected the catalog's price, {wanted}"
            )


def _catalog_houses(seeds: Seeds, line: Line[ShowcaseSeed], records: Showcase) -> Iterator[str]:
    owner = seeds.bundles.get(line.model.key)
    region = owner.model.region if owner else None
    catalog = [p.model for p in seeds.products.values() if p.model.region == region]
    for house, sku in records.houses():
        own = [p for p in catalog if p.brand == house and sku in (None, p.key)]
        if not own:
            what = f"{sku} of {house}" if sku else house
            yield f"{line.where}: records: {what} is not in the catalog of region {region}"
        elif sku and own[0].brand_country != "FR":
            yield f"{line.where}: records: {sku}: {house} is not a French house; expected one"
    countries = {product.brand: product.brand_country for product in catalog}
    for house, country in records.house_countries():
        if country != countries.get(house, country):
            yield (
                f"{line.where}: records: {house} is of {country}; "
                f"expected the catalog's {countries[house]}"
            )
    for country in records.countries():
        if not country_name(country):
            yield (
                f"{line.where}: records: there is no country {country}; "
                "expected an ISO code like 'FR'"
            )
    known = {c.model.name for c in seeds.creators.values() if c.model.region == region}
    for host in sorted(set(records.hosts()) - known):
        yield (
            f"{line.where}: records: {host!r} is not a creator of region {region}; "
            f"expected one of {', '.join(sorted(known))}"
        )


def _dates(line: Line[ShowcaseSeed], records: Showcase) -> Iterator[str]:
    for run in records.runs():
        count = min(max(len(run.periods), run.at_least), run.at_most)
        wanted = [f"T-{back}{run.unit}" for back in range(count, 0, -1)]
        if run.periods != [_resolved(period) for period in wanted]:
            periods = ", ".join(map(_as_written, run.periods)) or "none"
            yield (
                f"{line.where}: records: the dates of {run.what} are {periods}; "
                f"expected {wanted[0]} to {wanted[-1]}, one after the other"
            )


def _discrepancies(where: str, discrepancies: Any) -> Iterator[str]:
    for rule, row, expected, value in discrepancies:
        text = ", ".join(value) if isinstance(value, list) else value
        yield f"{where}: {rule}, {_as_written(row)}: {_as_written(str(text))}; expected {expected}"


def _resolved(value: Any) -> Any:
    return resolve_dates(value, SAMPLE_ACCESS, "UTC")


def _as_written(text: str) -> str:
    """A text with its resolved dates in the form of the seed file, which a person reads."""
    return RESOLVED.sub(
        lambda date: f"{_relative(date['day'])} {date['time'] or ''}".rstrip(), text
    )


@cache
def _relative(period: str) -> str:
    for count in range(1, 400):
        for unit in ("mo", "d", "w"):
            if _resolved(f"T-{count}{unit}") == period:
                return f"T-{count}{unit}"
    return period


def _texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{number}")
    elif isinstance(value, str):
        yield path, value
