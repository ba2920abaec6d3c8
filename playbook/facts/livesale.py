"""The bundle's LiveSale: when, who, what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbook.clock import local_text
from playbook.facts.cached_copies import cached_copies, stored_originals
from playbook.facts.catalog import Catalog
from playbook.facts.creators import Creators
from playbook.facts.demo_access import access_by_journal, access_in_document
from playbook.facts.findings import NOTHING, Description, FailureKind, Finding, Unobservable
from playbook.facts.reading import Reading
from playbook.facts.shown import wrong_start
from playbook.pristine.documents import pristine_livesale
from playbook.pristine.languages import same_text
from playbook.pristine.seeds import Document


class LiveSale:
    """``demo.livesale.starts_at``, an aware UTC instant; and the problems of the event."""

    def __init__(self, reading: Reading, catalog: Catalog, creators: Creators) -> None:
        self._reading, self._catalog, self._creators = reading, catalog, creators
        self._template = next(
            line.document
            for line in reading.seeds.livesales.values()
            if line.model.bundle == reading.bundle.key
        )

    @property
    def events(self) -> list[Document]:
        """Every LiveSale of the bundle; there should be one."""
        return self._reading.stored.documents("livesales")

    @property
    def scheduled(self) -> list[Document]:
        """The scheduled events, without cancelled and finished ones."""
        return [event for event in self.events if event.get("status") == "scheduled"]

    @property
    def event(self) -> Document:
        """The bundle's LiveSale. Raises Unobservable if there is none."""
        for event in self.events:
            if event.get("_id") == self._template["_id"]:
                return event
        raise Unobservable(f"LiveSale {self._template['_id']} is not there to be looked at")

    @property
    def starts_at(self) -> datetime:
        """Its start. Raises Unobservable if that is not an instant."""
        start = self.event.get("starts_at", NOTHING)
        if not isinstance(start, datetime):
            raise Unobservable(
                f"LiveSale {self._template['_id']}: starts_at is not an instant but {start!r}"
            )
        return start

    @property
    def access(self) -> datetime:
        """T, the moment of demo access on which the event is based.

        From the journal if the last run was a finished reset, else from the event itself.
        """
        if access := access_by_journal(self._reading):
            return access
        where = f"LiveSale {self._template['_id']}: anchored_at"
        return access_in_document(self.event.get("anchored_at", NOTHING), where)

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """The differences of the event from its template, resolved for T."""
        wanted = pristine_livesale(self._template, self.access)
        yield from self._reading.stored.differences("livesales", "LiveSale", pristine=[wanted])

    @property
    def wrong_times(self) -> Iterator[Finding]:
        """A start that is not at the planned wall-clock time two days after demo access."""
        wanted = pristine_livesale(self._template, self.access)["starts_at"]
        if self.starts_at != wanted:
            where = f"LiveSale {self._template['_id']}"
            yield wrong_start(where, wanted, self.starts_at, self._reading.bundle.timezone)

    @property
    def past(self) -> Iterator[Finding]:
        """The event, if its start is not in the future any more."""
        if self.starts_at <= self._reading.at:
            zone = self._reading.bundle.timezone
            yield Finding(
                f"LiveSale {self._template['_id']}: start",
                Description(f"after {local_text(self._reading.at, zone)}"),
                Description(local_text(self.starts_at, zone)),
                kind=FailureKind.TIMING,
            )

    @property
    def without_its_host(self) -> Iterator[Finding]:
        """The host, if no active creator of the region has that name."""
        host = self.event.get("creator", NOTHING)
        if not any(same_text(str(host), str(name)) for name in self._creators.possible_hosts):
            yield Finding(
                f"LiveSale {self._template['_id']}: creator",
                Description(f"an active creator of region {self._creators.region}"),
                host,
            )

    @property
    def missing_featured_products(self) -> Iterator[Finding]:
        """Featured products that are missing in the catalog or out of stock."""
        featured = self.event.get("featured_products")
        where = f"LiveSale {self._template['_id']}: featured_products"
        if not isinstance(featured, list) or not featured:
            yield Finding(where, Description("a list of products"), featured)
            return
        for sku in featured:
            product = self._catalog.product(sku)
            if product is None:
                yield Finding(
                    where, Description(f"products of the {self._catalog.region} catalog"), sku
                )
            elif not _in_stock(product):
                yield Finding(where, Description("products in stock"), sku)

    @property
    def stale_copies(self) -> Iterator[Finding]:
        """Cached copies that differ from the event."""
        known = stored_originals(self._reading, "livesales")
        return cached_copies(self._reading, known, places=("livesale",))


def _in_stock(product: Document) -> bool:
    stock = product.get("inventory")
    return isinstance(stock, int) and not isinstance(stock, bool) and stock > 0
