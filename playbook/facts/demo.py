"""One investor's present demo: the object from which every fact is read.

>>> demo.catalog.products            # doctest: +SKIP
>>> demo.livesale.starts_at          # doctest: +SKIP
>>> demo.showcase.computed           # doctest: +SKIP
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from playbook.environment import Environment
from playbook.environment.presence import Presence
from playbook.facts.accounts import Accounts
from playbook.facts.analytics import Analytics
from playbook.facts.catalog import Catalog
from playbook.facts.creators import Creators
from playbook.facts.currency import Currency
from playbook.facts.leads import Leads
from playbook.facts.livesale import LiveSale
from playbook.facts.locales import Locales
from playbook.facts.reading import AskedOnce, Reading
from playbook.facts.seen import Seen
from playbook.facts.showcase import Showcase
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds


class Demo:
    """All facts about one bundle at the instant ``at`` (UTC).

    Reading starts when the object is created. Close it, because that removes its probes.
    """

    def __init__(
        self,
        environment: Environment,
        bundle: Bundle,
        seeds: Seeds,
        at: datetime,
        shared: AskedOnce | None = None,
    ) -> None:
        self.bundle, self.seeds = bundle, seeds
        self.reading = Reading(environment, bundle, seeds, at, shared)

    def close(self) -> None:
        """Remove the probes. Raises Unreachable if MongoDB does not answer."""
        self.reading.close()

    @property
    def in_session(self) -> list[Presence]:
        """The accounts in session right now, latest first."""
        return self.reading.present

    @cached_property
    def catalog(self) -> Catalog:
        return Catalog(self.reading)

    @cached_property
    def creators(self) -> Creators:
        return Creators(self.reading)

    @cached_property
    def livesale(self) -> LiveSale:
        return LiveSale(self.reading, self.catalog, self.creators)

    @cached_property
    def leads(self) -> Leads:
        return Leads(self.reading)

    @cached_property
    def currency(self) -> Currency:
        return Currency(self.reading)

    @cached_property
    def locales(self) -> Locales:
        return Locales(self.reading)

    @cached_property
    def analytics(self) -> Analytics:
        return Analytics(self.reading)

    @cached_property
    def accounts(self) -> Accounts:
        return Accounts(self.reading)

    @cached_property
    def showcase(self) -> Showcase:
        template = self.seeds.showcases[self.bundle.key].document
        return Showcase(self.reading, template, self.currency)

    @cached_property
    def seen(self) -> Seen:
        return Seen(self.reading, self.catalog, self.livesale)
