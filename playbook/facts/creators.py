"""The creators of the bundle's region."""

from __future__ import annotations

from collections.abc import Iterator

from playbook.facts.cached_copies import cached_copies, stored_originals
from playbook.facts.findings import Finding
from playbook.facts.reading import Reading
from playbook.pristine.seeds import Document


class Creators:
    """``demo.creators.active``: the creators who can host a LiveSale for this investor."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self.region = reading.bundle.region

    @property
    def everyone(self) -> list[Document]:
        """Every creator of the region, active or not."""
        return self._reading.stored.documents("creators")

    @property
    def active(self) -> list[Document]:
        """The region's creators that are active."""
        return [
            creator
            for creator in self.everyone
            if creator.get("active") is True and creator.get("region") == self.region
        ]

    @property
    def possible_hosts(self) -> list[object]:
        """The names of those who can host a LiveSale: the active creators.

        If the app keeps no creators, those in the seeds of the region.
        """
        if self._reading.stored.keeps("creators"):
            return [creator.get("name") for creator in self.active]
        seeded = self._reading.seeds.creators.values()
        return [line.model.name for line in seeded if line.model.region == self.region]

    @property
    def differences_from_seeds(self) -> Iterator[Finding]:
        """Missing, changed, duplicate and stray creators."""
        return self._reading.stored.differences("creators", f"creator in region {self.region}")

    @property
    def stale_copies(self) -> Iterator[Finding]:
        """Cached profiles that differ from the creators."""
        known = stored_originals(self._reading, "creators")
        seeded = self._reading.seeds.creators
        return cached_copies(
            self._reading,
            known,
            places=("creator",),
            lists=("creators",),
            foreign={key for key in seeded if seeded[key].model.region != self.region},
        )
