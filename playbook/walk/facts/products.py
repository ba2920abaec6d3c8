"""The products on a page: their prices and names, and the total of a bag."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from playbook.facts.findings import Description, Finding
from playbook.walk.facts.offers import Offers
from playbook.walk.facts.pages import Pages, near
from playbook.walk.money import amounts_in
from playbook.walk.page import plain
from playbook.walk.steps import TITLES


class Products:
    """Whether pages show the products that they should, at the right prices."""

    def __init__(self, pages: Pages, offers: Offers) -> None:
        self._pages, self._bundle, self._offers = pages, pages.bundle, offers

    def wrong_prices(self, step: str) -> Iterator[Finding]:
        """Products without a price, or with one that differs by more than 1 % from the pristine."""
        for offer in self._offers.on_page(step):
            where, wanted = (
                f"{TITLES[step]}: {offer.product.name}",
                self._offers.price(offer.product),
            )
            shown = Description(f"{self._pages.money(wanted)}, within 1 %")
            if not offer.amounts:
                yield Finding(where, shown, Description("no price beside it"))
                continue
            values = [amount.value(self._bundle.locale) for amount in offer.amounts]
            if not any(value is not None and near(value, wanted) for value in values):
                texts = " and ".join(f"“{amount.text}”" for amount in offer.amounts)
                yield Finding(where, shown, Description(texts))

    def wrong_names(self, step: str) -> Iterator[Finding]:
        """Products with a name in the page's language that the page names in another one."""
        if not self._pages.walk.front_end.names:
            return
        lines = self._pages.page(step).lines
        # Longest first: one name may be a part of another.
        own = sorted(
            filter(None, map(self._offers.own_name, self._offers.products)), key=len, reverse=True
        )
        for name in own:
            lines = tuple(line.replace(name, "") for line in lines)
        for product in self._offers.products:
            wanted, other = self._offers.own_name(product), plain(product.name)
            if wanted and any(other in line for line in lines):
                yield Finding(f"{TITLES[step]}: a product's name", wanted, other)

    def too_few_products(self, step: str, least: int) -> Iterator[Finding]:
        """A finding if a page shows fewer products than it should."""
        found = len(self._offers.on_page(step))
        if found < least:
            yield Finding(
                f"{TITLES[step]}: products of the {self._bundle.region} catalog",
                Description(f"at least {least}"),
                found,
            )

    @property
    def wrong_total(self) -> Iterator[Finding]:
        """A finding if no amount on the mood-to-cart page is the sum of its products' prices."""
        page = self._pages.page("mood_to_cart")
        offers = self._offers.on_page("mood_to_cart")
        wanted = sum((self._offers.price(offer.product) for offer in offers), Decimal(0))
        values = [amount.value(self._bundle.locale) for amount in amounts_in(page.lines)]
        if not offers or not any(value is not None and near(value, wanted) for value in values):
            texts = [amount.text for amount in amounts_in(page.lines)]
            yield Finding(
                "mood-to-cart page: total",
                Description(self._pages.money(wanted) if offers else "a bag with products"),
                Description(", ".join(f"“{text}”" for text in texts) or "no amount at all"),
            )
