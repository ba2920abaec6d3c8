"""Find the pristine products on a page, and the amounts beside them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from playbook.pristine.seeds.models import Product
from playbook.walk.facts.pages import Pages
from playbook.walk.money import Amount, amounts_in
from playbook.walk.page import Page, plain


@dataclass(frozen=True)
class Offer:
    """A pristine product on a page, and the amounts beside it."""

    product: Product
    amounts: tuple[Amount, ...]


class Offers:
    """The pristine products of the bundle's region, as pages show them."""

    def __init__(self, pages: Pages) -> None:
        self._pages, self._bundle = pages, pages.bundle

    def on_page(self, step: str) -> list[Offer]:
        """The pristine products of the region that a page shows, each with its amounts."""
        page = self._pages.page(step)
        found = []
        for product in self.products:
            if (amounts := self._amounts_beside(page, product)) is not None:
                found.append(Offer(product, amounts))
        return found

    @cached_property
    def products(self) -> list[Product]:
        """The pristine products of the region."""
        seeds = self._pages.demo.seeds
        return [
            line.model
            for line in seeds.products.values()
            if line.model.region == self._bundle.region
        ]

    def price(self, product: Product) -> Decimal:
        """A product's pristine price in the investor's currency."""
        return self._pages.demo.currency.convert(
            Decimal(product.price), product.currency, self._bundle.currency
        )

    def _amounts_beside(self, page: Page, product: Product) -> tuple[Amount, ...] | None:
        """The amounts in a product's card; None if the page does not show the product."""
        cards = page.chosen.get("card", ())
        if self._pages.walk.front_end.card:
            for card in cards:
                lines = page.within(card)
                if any(name in line for name in self._names(product) for line in lines):
                    return tuple(amounts_in(lines))
            return None
        found = None
        for around in (around for name in self._names(product) for around in page.around(name)):
            found = found or ()
            for element in around:
                lines = page.within(element)
                if self._others_in(lines, product):
                    break
                if amounts := tuple(amounts_in(lines)):
                    return amounts
        return found

    def _others_in(self, lines: tuple[str, ...], product: Product) -> bool:
        others = (other for other in self.products if other.key != product.key)
        names, own = {name for other in others for name in self._names(other)}, self._names(product)
        strange = [name for name in names if not any(name in mine for mine in own)]
        return any(name in line for line in lines for name in strange)

    def _names(self, product: Product) -> list[str]:
        """A product's possible names on a page: in the investor's language, or the usual one."""
        return [name for name in (self.own_name(product), plain(product.name)) if name]

    def own_name(self, product: Product) -> str:
        """A product's name in the investor's language; empty if it has none in that language."""
        names = (product.names or {}).items()
        return plain(
            next((name for language, name in names if language == self._pages.language), "")
        )
