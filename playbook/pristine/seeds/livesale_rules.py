"""The rules about LiveSales; each problem is one line for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

from playbook.pristine.livesale_time import SCHEDULED_TIME
from playbook.pristine.seeds.collection import Line, Seeds
from playbook.pristine.seeds.models import Bundle, LiveSale
from playbook.pristine.seeds.named_brands import names_brand

DAY = 24 * 60
HOURS_BETWEEN_LIVESALES = 4
"""The least time of day between two LiveSales of one creator, on any days."""


def livesale_problems(seeds: Seeds) -> Iterator[str]:
    """Every problem of the LiveSales, with file and line."""
    for line in seeds.livesales.values():
        owner = seeds.bundles.get(line.model.bundle)
        if owner is None:
            yield (
                f"{line.where}: bundle: unknown bundle {line.model.bundle!r}; "
                "expected an _id of bundles.json"
            )
            continue
        bundle = owner.model
        if line.model.timezone != bundle.timezone:
            yield (
                f"{line.where}: timezone: {line.model.timezone}; "
                f"expected the bundle's, {bundle.timezone}"
            )
        yield from _host(seeds, line, bundle)
        yield from _products(seeds, line, bundle)
    yield from _hosts_of_two(seeds)


def _host(seeds: Seeds, line: Line[LiveSale], bundle: Bundle) -> Iterator[str]:
    sale = line.model
    profiles = [c.model for c in seeds.creators.values() if c.model.region == bundle.region]
    hosts = {profile.name: profile.followers for profile in profiles}
    if sale.expected_viewers > hosts.get(sale.creator, sale.expected_viewers):
        yield (
            f"{line.where}: expected_viewers: {sale.expected_viewers}; expected at most "
            f"the followers of {sale.creator}, {hosts[sale.creator]}"
        )
    if sale.creator not in hosts:
        yield (
            f"{line.where}: creator: {sale.creator!r} is not a creator of region "
            f"{bundle.region}; expected one of {', '.join(sorted(hosts))}"
        )


def _products(seeds: Seeds, line: Line[LiveSale], bundle: Bundle) -> Iterator[str]:
    sale = line.model
    for sku in sale.featured_products:
        product = seeds.products.get(sku)
        if product is None or product.model.region != bundle.region:
            yield (
                f"{line.where}: featured_products: {sku} is not in the catalog; "
                f"expected an id of region {bundle.region}"
            )
    catalog = [p.model for p in seeds.products.values() if p.model.region == bundle.region]
    featured = {product.brand for product in catalog if product.id in sale.featured_products}
    for brand in sorted({product.brand for product in catalog} - featured):
        if names_brand(sale.title, brand):
            yield (
                f"{line.where}: title: {sale.title!r} names {brand}; "
                "expected a product of it among the featured ones, or another title"
            )


def _hosts_of_two(seeds: Seeds) -> Iterator[str]:
    """Creators who would host two LiveSales at once, for some T of the two bundles.

    Each bundle has its own T, so the days may be any days. The hours of the day must be far enough
    apart, in winter and in summer.
    """
    for one, other in combinations(seeds.livesales.values(), 2):
        if one.model.creator != other.model.creator:
            continue
        apart = min(
            min((first - second) % DAY, (second - first) % DAY)
            for first in _minutes_of_day(one.model)
            for second in _minutes_of_day(other.model)
        )
        if apart < HOURS_BETWEEN_LIVESALES * 60:
            yield (
                f"{other.where}: creator: {other.model.creator} hosts {one.model.key} within "
                f"{apart / 60:g} h of this LiveSale; expected {HOURS_BETWEEN_LIVESALES} h or more"
            )


def _minutes_of_day(sale: LiveSale) -> Iterator[int]:
    """The start of a LiveSale, in minutes of the UTC day, in winter and in summer."""
    matched = SCHEDULED_TIME.fullmatch(sale.scheduled_time)
    assert matched is not None  # the model has already checked it
    wall = int(matched["hour"]) * 60 + int(matched["minute"])
    for month in (1, 7):
        offset = datetime(2026, month, 15, tzinfo=ZoneInfo(sale.timezone)).utcoffset()
        yield (wall - int((offset or timedelta()).total_seconds()) // 60) % DAY
