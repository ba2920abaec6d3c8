"""Where one product, LiveSale or card that the app shows differs from what it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from playbook.clock import two_local_texts
from playbook.deployments.description import (
    Kind,
    ShownLead,
    ShownLiveSale,
    ShownOffer,
    ShownProduct,
)
from playbook.deployments.id_text import id_text
from playbook.deployments.matching import Match
from playbook.facts.findings import NOTHING, Description, FailureKind, Finding
from playbook.pristine.languages import same_text
from playbook.pristine.money import price_field
from playbook.pristine.seeds import Document

FURTHER: Mapping[Kind, tuple[str, ...]] = {
    "products": ("brand", "brand_country", "group", "category", "region"),
    "creators": ("region", "followers", "specialty", "avg_session_viewers", "conversion_rate"),
    "livesales": ("bundle", "creator", "timezone", "expected_viewers", "demo_focus"),
    "leads": ("contact", "notes", "source", "locale", "currency"),
}
"""The seeds' fields that an app may leave out of its answers. If it shows one, it must be right."""


def further_findings(
    kind: Kind, where: str, pristine: Mapping[str, Any], found: Mapping[str, Any]
) -> Iterator[Finding]:
    """What differs in the further fields of an answer, which is ``found`` in the seeds' words."""
    for name in FURTHER[kind]:
        if name in pristine and name in found and not _same_value(pristine[name], found[name]):
            yield Finding(f"{where}: {name}", pristine[name], found[name])


def _same_value(pristine: object, found: object) -> bool:
    """Whether two texts or two numbers are equal; the form of a number in JSON does not count."""
    if isinstance(pristine, str):
        return isinstance(found, str) and same_text(pristine, found)
    number = isinstance(found, int | float | Decimal) and not isinstance(found, bool)
    return number and Decimal(str(found)) == Decimal(str(pristine))


def product_findings(
    where: str, pristine: Mapping[str, Any], product: ShownProduct
) -> Iterator[Finding]:
    """What differs in a product's name, price or stock, in a list or on its own page."""
    if not same_text(product.title, pristine["name"]):
        yield Finding(f"{where}: name", pristine["name"], product.title)
    if product.currency != pristine["currency"]:
        yield Finding(f"{where}: currency", pristine["currency"], product.currency)
    if product.price != _price(pristine):
        yield Finding(f"{where}: price", _price(pristine), product.price)
    if not product.in_stock:
        yield Finding(f"{where}: stock", Description("in stock"), Description("sold out"))


def card_findings(
    where: str, pristine: Document, card: ShownLead, column_of: Callable[[str], str]
) -> Iterator[Finding]:
    """What differs in a card on the board; ``column_of`` gives the app's column for a stage."""
    column = column_of(pristine["stage"])
    if card.column != column:
        yield Finding(f"{where}: column", column, card.column)
    company = pristine["company"]
    if card.company is None or not same_text(card.company, company):
        yield Finding(f"{where}: company", company, card.company)
    if card.value is not None and not same_text(card.value, pristine["value"]):
        yield Finding(f"{where}: value", pristine["value"], card.value)
    if card.amount is not None and card.amount != pristine["value_amount"]:
        yield Finding(f"{where}: amount", pristine["value_amount"], card.amount)
    for tag, value in pristine["awareness"].items():
        if card.tags.get(tag) != value:
            yield Finding(f"{where}: {tag}", value, card.tags.get(tag, NOTHING))


def wrong_start(where: str, planned: datetime, found: datetime, zone: str) -> Finding:
    """A LiveSale that starts at another instant than planned; both are written in ``zone``."""
    wanted, present = map(Description, two_local_texts(planned, found, zone))
    return Finding(f"{where}: start", wanted, present, kind=FailureKind.TIMING)


def event_findings(
    where: str, planned: Document, event: ShownLiveSale, zone: str
) -> Iterator[Finding]:
    """What differs in a LiveSale's title, start or status; times are written in ``zone``."""
    if not same_text(event.title, planned["title"]):
        yield Finding(f"{where}: title", planned["title"], event.title)
    if event.starts_at != planned["starts_at"]:
        yield wrong_start(where, planned["starts_at"], event.starts_at, zone)
    if event.status is not None and event.status != planned["status"]:
        yield Finding(f"{where}: status", planned["status"], event.status)


def offer_findings(
    where: str,
    featured: Iterable[Match],
    in_catalog: Callable[[str], Document | None],
    event: ShownLiveSale,
) -> Iterator[Finding]:
    """The products that a LiveSale offers; ``in_catalog`` gives the stored one of a SKU."""
    offers: dict[str, list[ShownOffer]] = {}
    for offer in event.products:
        offers.setdefault(offer.product_id, []).append(offer)
    for match in featured:
        sku = match.pristine["_id"]
        offered = offers.pop(id_text(match.wanted["_id"]), [])
        if not offered:
            yield Finding(f"{where}: product {sku}", Description("offered"), NOTHING)
        # Where the catalog itself is wrong, that is the catalog's check to say.
        allowed = [match.pristine, *filter(None, [in_catalog(sku)])]
        for offer in offered:
            if not any(same_text(str(offer.title), str(one.get("name"))) for one in allowed):
                yield Finding(f"{where}: product {sku}", match.pristine["name"], offer.title)
            if offer.price is None or offer.price not in [_price(one) for one in allowed]:
                price = NOTHING if offer.price is None else offer.price
                yield Finding(f"{where}: price of {sku}", _price(match.pristine), price)
        for offer in offered[1:]:
            again = Description(f"“{offer.title}” again")
            yield Finding(f"{where}: product {sku}", Description("it once"), again)
    for stray in offers:
        yield Finding(f"{where}: products", Description("only those that are planned"), stray)


def _price(product: Mapping[str, Any]) -> Decimal | None:
    price = product.get(price_field(product.get("currency")))
    return Decimal(str(price)) if type(price) in (int, float) else None
