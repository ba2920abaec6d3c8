"""The object from which a bundle's facts read everything that they need."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import Any

from playbook import clock
from playbook.deployments.description import (
    Kind,
    ShownAccount,
    ShownCreator,
    ShownLead,
    ShownLiveSale,
    ShownProduct,
)
from playbook.deployments.own_descriptions import require_usable
from playbook.deployments.scope import Scope
from playbook.environment import Environment
from playbook.environment.cache_keys import Cached
from playbook.environment.presence import Presence
from playbook.environment.server_clock import wrong_clock
from playbook.facts.findings import FailureKind, Unobservable
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.app import App
from playbook.facts.reading.futures import AskedOnce, result_of
from playbook.facts.reading.lists import Unread
from playbook.facts.reading.probes import Probes
from playbook.facts.reading.refused_sign_ins import RefusedSignIns
from playbook.facts.reading.sign_ins import SignIns
from playbook.facts.reading.store import Store
from playbook.facts.reading.visitors import Visitors
from playbook.facts.remedies import Remedy
from playbook.facts.stored import Stored
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.rates import EMBEDDED_FEED, Feed
from playbook.pristine.seeds import Document, Seeds

AT_ONCE = 12
"""How much of a bundle is read at the same time. Half of it may wait for what the rest reads."""


class Reading:
    """Reads one bundle once. Reading starts at once; each property waits for its result.

    ``at`` is the instant of reading (UTC). ``shared`` contains the answers that bundles share (the
    shop's list, the languages, the rates), so these are requested once for several bundles.
    """

    def __init__(
        self,
        environment: Environment,
        bundle: Bundle,
        seeds: Seeds,
        at: datetime,
        shared: AskedOnce | None = None,
    ) -> None:
        self.environment, self.bundle, self.seeds, self._at = environment, bundle, seeds, at
        self.deployment = environment.deployment
        require_usable(self.deployment, seeds)
        self.accounts = tuple(bundles.accounts_of(seeds, bundle))
        shared = shared or AskedOnce()
        self._visitors = visitors = Visitors(environment, self.accounts)
        self._pool = pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix=bundle.short)
        # The order counts: what is submitted later may wait for what was submitted before.
        # Documents are read before the probes are sent, so no probe is among them.
        self._store = Store(environment, bundle, seeds, at, pool)
        documents = self._store.reading_documents
        self._probes = Probes(environment, bundle, self.accounts, at, documents)
        refused = RefusedSignIns(
            self.deployment, environment.settings, bundle, self.accounts, self._store, at
        )
        self._sign_ins = SignIns(
            environment, bundle, self.accounts, visitors, refused, self._probes, pool, shared
        )
        self._event = pool.submit(self._probes.track, visitors)
        self._rates = self._ask_for_rates(shared)
        routes = self.deployment.routes
        self._context = pool.submit(visitors.get, routes.context_of(bundle.key))
        kpis = routes.kpis_of(bundle.key)
        self._kpis = pool.submit(visitors.get, kpis, currency=bundle.currency)
        self._app = App(
            self.deployment, bundle, self._store, visitors, self._sign_ins, pool, shared
        )

    def _ask_for_rates(self, shared: AskedOnce) -> dict[str, Future[Answer]]:
        own = self.bundle.currency
        asking = {
            base: partial(self._pool.submit, self._visitors.ask_for_rates, base)
            for base in ("USD", own if own != "USD" else "EUR")
        }
        return {base: shared.ask(("rates", base), ask) for base, ask in asking.items()}

    def close(self) -> None:
        """Wait for running requests and remove the probes, also those of killed checks.

        Raises Unreachable if MongoDB does not answer any more.
        """
        self._pool.shutdown(wait=True)
        self._probes.remove()

    @cached_property
    def at(self) -> datetime:
        """The instant of reading (UTC).

        Raises Unobservable if this machine's clock is not MongoDB's: then nobody knows the instant.
        An embedded environment has no clock of its own.
        """
        with self.environment.translate_connection_errors():
            wrong = wrong_clock(clock.now(), self.environment.server_clock.now())
        if wrong and not self._store.is_embedded:
            raise Unobservable(wrong, Remedy.SERVICE, FailureKind.TIMING, wrong)
        return self._at

    # Stored

    @property
    def scope(self) -> Scope:
        """The scope of the bundle."""
        return self._store.scope

    @property
    def documents(self) -> Mapping[str, list[Document]]:
        """Every document of the scope by collection, with ``currency_rates`` beside them."""
        return self._store.documents

    @property
    def stored(self) -> Stored:
        """The same by kind, because apps have different names for their collections."""
        return self._store.stored

    @property
    def indexes(self) -> Mapping[str, list[dict[str, Any]]]:
        """The indexes of the collections that have declared ones."""
        return self._store.indexes

    @property
    def cache(self) -> Mapping[str, Cached]:
        """The cached values of the bundle and its region by key."""
        return self._store.cache

    @property
    def own_hosts(self) -> frozenset[str]:
        """The names of the hosts of the app's API and pages."""
        return self.environment.own_hosts

    @property
    def states_its_pages(self) -> bool:
        """Whether the settings or the description say where the app's pages are."""
        return self.environment.states_its_pages

    @property
    def feed(self) -> Feed:
        """The settings about the deployment's rate feed; the embedded environment has its own."""
        feed = self.environment.settings.feed
        if feed.source is None and self._store.is_embedded:
            return replace(feed, source=EMBEDDED_FEED)
        return feed

    @property
    def present(self) -> list[Presence]:
        """The accounts in session, of the bundle and of those that share its region."""
        return self._store.present

    @property
    def last_run(self) -> Document | None:
        """The journal's latest entry of the bundle, if there is one."""
        return self._store.last_run

    # What the API answers

    @property
    def wrong_login(self) -> tuple[str, Answer]:
        """The account for which a wrong password was tried, once a run, and the answer."""
        return self._sign_ins.wrong_login

    def login(self, email: str) -> Answer:
        """The answer to a login with the account's password."""
        return self._sign_ins.login(email)

    def rates(self, base: str) -> Answer:
        """The served rates of a base currency: USD, and one other (see :attr:`bases`)."""
        return result_of(self._rates[base])

    @property
    def bases(self) -> tuple[str, ...]:
        """The base currencies that were requested."""
        return tuple(self._rates)

    @property
    def context(self) -> Answer:
        """The investor's context as the API serves it."""
        return result_of(self._context)

    @property
    def kpis(self) -> Answer:
        """The headline numbers as the API shows them, in the bundle's currency."""
        return result_of(self._kpis)

    @property
    def tracked(self) -> tuple[Answer, list[Document]]:
        """The answer to the probe event, and the stored events of it; there should be one."""
        return result_of(self._event)

    # What the app shows

    @property
    def localization(self) -> Answer:
        """The seven languages as the API serves them."""
        return self._app.localization

    @property
    def shown_products(self) -> list[ShownProduct]:
        """The shop's whole list. Like all of these, it may raise Unobservable."""
        return self._app.products

    def unread(self, kind: Kind) -> list[Unread]:
        """The entries that these lists leave out, because they can't be read."""
        return self._app.unread(kind)

    @property
    def shown_product(self) -> tuple[str, ShownProduct]:
        """The SKU of the one product whose own page this run opened, and that page."""
        return self._app.product

    @property
    def shown_product_of_region(self) -> tuple[str, ShownProduct]:
        """The same for the bundle's own region; requested only if this is called."""
        return self._app.product_of_region

    @property
    def shown_creators(self) -> list[ShownCreator]:
        """The active creators."""
        return self._app.creators

    @property
    def shown_categories(self) -> list[str]:
        """The names of the shop's shelves."""
        return self._app.categories

    @property
    def shown_livesales(self) -> list[ShownLiveSale]:
        """The list of LiveSales."""
        return self._app.livesales

    @property
    def shown_livesale(self) -> ShownLiveSale:
        """The page of the bundle's own LiveSale."""
        return self._app.livesale

    @property
    def shown_leads(self) -> list[ShownLead]:
        """The board as a signed-in demo account sees it."""
        return self._app.leads

    @property
    def own_page(self) -> tuple[str, ShownAccount] | None:
        """An account's address and its own page; None if another bundle's page was opened."""
        return self._app.own_page
