"""The region's catalog as the investor sees it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from playbook.facts.cached_copies import cached_copies, stored_originals
from playbook.facts.declared_indexes import missing_indexes
from playbook.facts.findings import NOTHING, Description, Finding
from playbook.facts.reading import Reading
from playbook.pristine.money import price_field
from playbook.pristine.seeds import Document
from playbook.pristine.seeds.fields import PRICE_FIELDS, REGION_CURRENCY


class Catalog:
    """``demo.catalog.products``, and their problems."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.region = reading.bundle.region
        self.currency = REGION_CURRENCY[self.region]

    @property
    def products(self) -> list[Document]:
        """The products of the region's catalog."""
        return self._reading.stored.documents("products")

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """Missing, changed, duplicate and stray products, and shelves of the region."""
        stored = self._reading.stored
        yield from stored.differences("products", self._place)
        if stored.keeps("categories"):
            yield from stored.differences("categories", "category")

    @property
    def doubled_names(self) -> Iterator[Finding]:
        """Products with the same name: the investor would see the same thing twice."""
        names: set[str] = set()
        for product in self.products:
            name, key = str(product.get("name")), product.get("_id")
            if name in names:
                yield Finding(f"{self._place} {key}", Description("a name of its own"), name)
            names.add(name)

    @property
    def wrong_prices(self) -> Iterator[Finding]:
        """Products without exactly one positive price, in the region's currency."""
        wanted = price_field(self.currency)
        for product in self.products:
            where = f"{self._place} {product.get('_id')}"
            price = product.get(wanted, NOTHING)
            if not isinstance(price, int) or isinstance(price, bool) or price <= 0:
                yield Finding(f"{where}: {wanted}", Description("a positive whole price"), price)
            for other in set(PRICE_FIELDS) - {wanted}:
                if other in product:
                    yield Finding(f"{where}: {other}", NOTHING, product[other])
            if product.get("currency") != self.currency:
                found = product.get("currency", NOTHING)
                yield Finding(f"{where}: currency", self.currency, found)

    @property
    def wrong_stock(self) -> Iterator[Finding]:
        """Products whose stock is not 100, or with reserved items."""
        for product in self.products:
            for field, wanted in (("inventory", 100), ("reserved", 0)):
                found = product.get(field, NOTHING)
                if type(found) is not int or found != wanted:
                    yield Finding(f"{self._place} {product.get('_id')}: {field}", wanted, found)

    @property
    def stale_copies(self) -> Iterator[Finding]:
        """Cached products that differ from the catalog."""
        known = stored_originals(self._reading, "products")
        seeded = self._reading.seeds.products
        return cached_copies(
            self._reading,
            known,
            places=("cdn", "product"),
            lists=("catalog", "products"),
            foreign={key for key in seeded if seeded[key].model.region != self.region},
        )

    @property
    def missing_indexes(self) -> Iterator[Finding]:
        """Missing indexes that the catalog's searches need."""
        return missing_indexes(self._reading, "products")

    def product(self, sku: object) -> Document | None:
        """The product with an SKU; None if the catalog has none."""
        return next((p for p in self.products if p.get("_id") == sku), None)

    def price_of(self, product: Mapping[str, Any]) -> int | None:
        """A product's price in whole units of the region's currency; None if it has none."""
        price = product.get(price_field(self.currency))
        return price if type(price) is int else None

    @property
    def _place(self) -> str:
        return f"product in the {self.region} catalog"
