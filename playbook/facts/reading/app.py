"""What the app shows of one bundle: its lists, and the pages of single things."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property, partial
from typing import Any

from playbook.deployments.description import (
    Deployment,
    Kind,
    Listing,
    ShownAccount,
    ShownCreator,
    ShownLead,
    ShownLiveSale,
    ShownProduct,
    Single,
)
from playbook.deployments.id_text import id_text
from playbook.facts.findings import Unobservable
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.futures import AskedOnce, result_of
from playbook.facts.reading.lists import Listed, Lists, Unread
from playbook.facts.reading.sign_ins import SignIns
from playbook.facts.reading.store import Store
from playbook.facts.reading.visitors import Visitors
from playbook.facts.remedies import Remedy
from playbook.pristine.bundles import Bundle


class App:
    """Requests what the app shows, after the requests that these answers depend on.

    Each property waits for its result, and may raise Unobservable.
    """

    def __init__(
        self,
        deployment: Deployment,
        bundle: Bundle,
        store: Store,
        visitors: Visitors,
        sign_ins: SignIns,
        pool: ThreadPoolExecutor,
        shared: AskedOnce,
    ) -> None:
        self._deployment, self._bundle, self._store = deployment, bundle, store
        self._visitors, self._sign_ins = visitors, sign_ins
        self._pool, self._shared = pool, shared
        self._lists = Lists(bundle, sign_ins)
        self._requested: set[Hashable] = set()
        """Those of the shared requests that this bundle has sent."""
        shown = deployment.shown
        self._localization = shared.ask("languages", lambda: pool.submit(self._ask_for_languages))
        self._products = self._entries(shown.products, "products")
        self._creators = self._entries(shown.creators, "creators")
        self._categories = self._entries(shown.categories, "categories")
        self._livesales = self._entries(shown.livesales, "livesales")
        self._leads = self._entries(shown.leads, "leads")
        self._product = shared.ask("product page", self._product_page_of_region)
        self._livesale = pool.submit(self._open_livesale)
        # The board uses every token anyway, so one account's own page per region is enough.
        self._own_page: Future[tuple[str, ShownAccount]] | None = None
        if shared.first(("own page", bundle.region)):
            self._own_page = pool.submit(self._open_own_page)

    @property
    def localization(self) -> Answer:
        return result_of(self._localization)

    @property
    def products(self) -> list[ShownProduct]:
        """The shop's whole list, read to its end if one of the demo's products is missing.

        If an account of another region has read it, it is read again: the shop may show other
        products to other accounts.
        """
        return self._shop.entries

    @property
    def _shop(self) -> Listed[ShownProduct]:
        read, listing = result_of(self._products), self._deployment.shown.products
        stored = self._store.stored
        if listing is None or not stored.keeps("products"):
            return read
        wanted = {id_text(match.wanted["_id"]) for match in stored.matched("products").matches}
        if wanted <= {product.id for product in read.entries}:
            return read
        read_on = partial(self._lists.read_to_the_end, listing, read)
        what = ("the whole shop", self._bundle.region)
        return result_of(self._shared.ask(what, lambda: self._pool.submit(read_on)))

    @property
    def product(self) -> tuple[str, ShownProduct]:
        return result_of(self._product)

    @property
    def product_of_region(self) -> tuple[str, ShownProduct]:
        return result_of(self._product_page_of_region())

    def _product_page_of_region(self) -> Future[tuple[str, ShownProduct]]:
        """A page of the bundle's own region, opened once: its first answer counts."""
        what = ("product page", self._bundle.region)
        return self._shared.ask(what, lambda: self._pool.submit(self._open_product))

    @property
    def creators(self) -> list[ShownCreator]:
        return result_of(self._creators).entries

    @property
    def categories(self) -> list[str]:
        return result_of(self._categories).entries

    def unread(self, kind: Kind) -> list[Unread]:
        """The entries of a kind's list that can't be read."""
        listed: dict[Kind, Callable[[], Listed[Any]]] = {
            "products": lambda: self._shop,
            "creators": lambda: result_of(self._creators),
            "categories": lambda: result_of(self._categories),
            "livesales": lambda: self._listed_livesales,
            "leads": lambda: result_of(self._leads),
        }
        return listed[kind]().unread

    @property
    def livesales(self) -> list[ShownLiveSale]:
        return self._listed_livesales.entries

    @property
    def _listed_livesales(self) -> Listed[ShownLiveSale]:
        listing = self._deployment.shown.livesales
        try:
            return result_of(self._livesales)
        except Unobservable:
            if listing is None or not listing.pages(self._bundle, 0).signed_in:
                raise
            if _key_of(listing, self._bundle) in self._requested:
                raise  # the answer was this bundle's own: a second one may hide what it says
        # The bundle that sent the shared request could not sign in; that is not this one's fault.
        return result_of(self._own_livesales)

    @cached_property
    def _own_livesales(self) -> Future[Listed[ShownLiveSale]]:
        listing = self._deployment.shown.livesales
        assert listing is not None
        return self._pool.submit(self._lists.read, listing)

    @property
    def livesale(self) -> ShownLiveSale:
        return result_of(self._livesale)

    @property
    def leads(self) -> list[ShownLead]:
        return result_of(self._leads).entries

    @property
    def own_page(self) -> tuple[str, ShownAccount] | None:
        return result_of(self._own_page) if self._own_page else None

    def _ask_for_languages(self) -> Answer:
        if self._deployment.kept_as("locales") is None:
            self._raise_not_shown("locales")
        return self._visitors.get(self._deployment.routes.languages)

    def _entries[T](self, listing: Listing[T] | None, what: str) -> Future[Listed[T]]:
        if listing is None:
            return self._pool.submit(self._raise_not_shown, what)
        first = listing.pages(self._bundle, 0)
        if first.signed_in and what == "leads":
            return self._pool.submit(self._lists.read, listing)
        key = _key_of(listing, self._bundle)

        def read() -> Future[Listed[T]]:
            self._requested.add(key)
            return self._pool.submit(self._lists.read, listing)

        return self._shared.ask(key, read)

    def _raise_not_shown(self, what: str) -> Any:
        text = self._deployment.not_kept.get(what, f"the app has no route that shows {what}")
        raise Unobservable(text, Remedy.BACKEND)

    def _open_product(self) -> tuple[str, ShownProduct]:
        match = self._store.stored.matched("products").matches[0]
        page = self._open(self._deployment.shown.product, "products", id_text(match.wanted["_id"]))
        return str(match.pristine["_id"]), page

    def _open_livesale(self) -> ShownLiveSale:
        match = self._store.stored.matched("livesales").matches[0]
        return self._open(
            self._deployment.shown.livesale, "livesales", id_text(match.wanted["_id"])
        )

    def _open[T](self, single: Single[T] | None, what: str, key: str) -> T:
        if single is None:
            self._raise_not_shown(what)
        assert single is not None
        return self._sign_ins.ask(single.ask(key)).read_by(single.read)

    def _open_own_page(self) -> tuple[str, ShownAccount]:
        sign_in, email = self._deployment.sign_in, self._sign_ins.companion
        login = self._sign_ins.login(email)
        user_id = login.read_by(sign_in.user_id) if login.good else None
        request = sign_in.own_page(user_id or "")
        return email, self._sign_ins.ask(request, email).read_by(sign_in.account)


def _key_of(listing: Listing[Any], bundle: Bundle) -> Hashable:
    """A key for a list that bundles share: what is requested first."""
    first = listing.pages(bundle, 0)
    return (first.path, tuple(first.query.items()))
