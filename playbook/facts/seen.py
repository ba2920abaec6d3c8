"""What the app shows of the demo: to everybody, and to a signed-in demo account.

What is stored can be right and yet not be shown. Here the answers of the app's own routes are
compared with what the investor must see.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from playbook.deployments.description import (
    Kind,
    ShownCreator,
    ShownLead,
    ShownLiveSale,
    ShownProduct,
)
from playbook.deployments.id_text import id_text
from playbook.deployments.matching import Match
from playbook.facts.catalog import Catalog
from playbook.facts.findings import (
    NOTHING,
    Description,
    Finding,
    Unobservable,
    is_any,
    with_remedy,
)
from playbook.facts.livesale import LiveSale
from playbook.facts.locales import link_of
from playbook.facts.reading import Reading, Unread
from playbook.facts.remedies import Remedy
from playbook.facts.shown import (
    card_findings,
    event_findings,
    further_findings,
    offer_findings,
    product_findings,
)
from playbook.pristine.documents import pristine_livesale
from playbook.pristine.languages import as_read, same_text
from playbook.pristine.seeds import Document
from playbook.pristine.seeds.fields import REGION_CURRENCY

type _Shown = ShownProduct | ShownCreator | ShownLiveSale | ShownLead


class Seen:
    """``demo.seen.products_in_the_shop``: where the app does not show the demo as planned."""

    def __init__(self, reading: Reading, catalog: Catalog, livesale: LiveSale) -> None:
        self._reading, self._catalog, self._livesale = reading, catalog, livesale

    @property
    def products_in_the_shop(self) -> Iterator[Finding]:
        """The region's products that the shop does not list as they are."""
        return self._with_remedy(self._products_in_the_shop, "products", "categories")

    @property
    def _products_in_the_shop(self) -> Iterator[Finding]:
        listed = _by_id(self._reading.shown_products)
        known = self._known_products
        yield from self._unread("products", "the shop", listed)
        others: dict[str, list[str]] = {}
        for other in self._reading.shown_products:
            if other.id not in known:
                others.setdefault(as_read(other.title), []).append(other.id)
        for match in self._matches("products"):
            where = f"product {match.pristine['_id']} in the shop"
            key = id_text(match.wanted["_id"])
            if key not in listed:
                yield self._not_listed("products", where, key)
            for product in listed.get(key, ()):
                yield from product_findings(where, match.pristine, product)
                yield from self._further("products", where, match.pristine, product)
            yield from _doubles(where, [one.title for one in listed.get(key, ())])
            for other_key in others.get(as_read(match.pristine["name"]), ()):
                found = Description(f"another of this name, {other_key}")
                yield Finding(where, Description("it once"), found, Remedy.DATA)
        named = {as_read(match.pristine["name"]) for match in self._matches("products")}
        for other in self._reading.shown_products:
            if other.id in known or as_read(other.title) in named:
                continue
            if other.region == self._reading.bundle.region and not self._is_planned_elsewhere(
                other
            ):
                yield _shown_only(f"product {other.id} in the shop", other.title)

    @property
    def shelves(self) -> Iterator[Finding]:
        """The region's shelves that the shop does not show; nothing if the app has no shelves."""
        if self._reading.deployment.shown.categories is None:
            return iter(())
        return self._with_remedy(self._shelves, "categories")

    @property
    def _shelves(self) -> Iterator[Finding]:
        categories = self._reading.shown_categories
        yield from self._unread("categories", "the shop's shelves")
        for name in {match.pristine["name"]: None for match in self._matches("categories")}:
            if not any(same_text(name, one) for one in categories):
                yield Finding(f"category {name} in the shop", Description("shown"), NOTHING)

    @property
    def unowned_products(self) -> Iterator[Finding]:
        """Products that the shop lists, and that belong to no region that the seeds know.

        A reset may not touch them, as they could be the app's own.
        """
        return self._with_remedy(self._unowned_products, "products", "categories")

    @property
    def _unowned_products(self) -> Iterator[Finding]:
        # What a reset of the region would remove is for the stored catalog's check to say.
        known = self._known_products
        for product in self._reading.shown_products:
            if product.unowned and product.id not in known:
                yield _unowned(f"product {product.id} in the shop", "region", product.title)

    @property
    def unowned_creators(self) -> Iterator[Finding]:
        """Creators whom the app shows, and who belong to no region that the seeds know."""
        return self._with_remedy(self._unowned_creators, "creators")

    @property
    def _unowned_creators(self) -> Iterator[Finding]:
        known = {line.model.name for line in self._reading.seeds.creators.values()}
        for creator in self._reading.shown_creators:
            if creator.unowned and not any(same_text(creator.name, name) for name in known):
                yield _unowned(f"creator {creator.name} in the app", "region", creator.name)

    @property
    def unowned_livesales(self) -> Iterator[Finding]:
        """LiveSales that the app lists, and that belong to no investor of the seeds."""
        return self._with_remedy(self._unowned_livesales, "livesales")

    @property
    def _unowned_livesales(self) -> Iterator[Finding]:
        seeds = self._reading.seeds
        for event in self._reading.shown_livesales:
            owned = event.bundle is None or event.bundle in seeds.bundles
            if not owned and event.id not in seeds.livesales:
                where = f"LiveSale {event.id} in the app's list"
                yield _unowned(where, "investor", event.title)

    @property
    def other_cards_on_the_board(self) -> Iterator[Finding]:
        """Cards that the signed-in account sees, and that are not in the seeds."""
        return self._with_remedy(self._other_cards_on_the_board, "leads")

    @property
    def _other_cards_on_the_board(self) -> Iterator[Finding]:
        matched = self._reading.stored.matched("leads")
        planned = {id_text(match.wanted["_id"]) for match in matched.matches}
        ours = {id_text(stray.get("_id")) for stray in matched.strays}
        listed = {card.id for card in self._reading.shown_leads}
        yield from self._unread("leads", "the board", listed)
        for card in self._reading.shown_leads:
            if card.id not in planned:
                remedy = None if card.id in ours else Remedy.DATA
                company = Description(f"“{card.company}”")
                where = f"lead {card.id} on the board"
                yield Finding(where, Description("no such card"), company, remedy)

    @property
    def product_page(self) -> Iterator[Finding]:
        """Where a product's own page, opened by its id, differs from that product."""
        return self._with_remedy(self._product_page, "products", "categories")

    @property
    def _product_page(self) -> Iterator[Finding]:
        # One page is opened for all regions. If it is wrong, perhaps only its own region is
        # wrong, so each region then opens a page of its own.
        try:
            if not list(self._page_findings(*self._reading.shown_product)):
                return
        except Unobservable:
            pass
        yield from self._page_findings(*self._reading.shown_product_of_region)

    def _page_findings(self, sku: str, page: ShownProduct) -> Iterator[Finding]:
        pristine, where = self._reading.seeds.products[sku].document, f"the page of product {sku}"
        yield from product_findings(where, pristine, page)
        yield from self._further("products", where, pristine, page)

    @property
    def creators(self) -> Iterator[Finding]:
        """The region's active creators whom the app does not show."""
        return self._with_remedy(self._creators, "creators")

    @property
    def _creators(self) -> Iterator[Finding]:
        creators, listed = self._reading.shown_creators, set[str]()
        for match in self._reading.stored.matched("creators").matches:
            name = str(match.pristine["name"])
            where = f"creator {name} in the app"
            shown = [one for one in creators if same_text(name, one.name)]
            key = id_text(match.wanted["_id"])
            if match.pristine["active"] and not shown:
                yield self._not_listed("creators", where, key, "shown")
            if shown:
                listed.add(key)
            for one in shown[:1]:
                yield from self._further("creators", where, match.pristine, one)
            # A reset may not touch the second one if it belongs to no region.
            remedy = Remedy.DATA if any(one.unowned for one in shown) else None
            yield from _doubles(where, [one.name for one in shown], remedy)
        yield from self._unread("creators", "the app's list of creators", listed)
        known = {line.model.name for line in self._reading.seeds.creators.values()}
        known |= {str(one.get("name")) for one in self._reading.stored.documents("creators")}
        for other in creators:
            is_known = any(same_text(other.name, name) for name in known)
            if not is_known and other.region == self._reading.bundle.region:
                yield _shown_only(f"creator {other.name} in the app", other.name)

    @property
    def livesale_in_the_list(self) -> Iterator[Finding]:
        """Where the bundle's LiveSale, in the app's list, differs from the planned one."""
        # An app may read the names and prices of its products from the shop.
        return self._with_remedy(self._livesale_in_the_list, "livesales", "products")

    @property
    def _livesale_in_the_list(self) -> Iterator[Finding]:
        key = self._livesale_id
        listed = [event for event in self._reading.shown_livesales if event.id == key]
        yield from self._unread("livesales", "the app's list of LiveSales", {e.id for e in listed})
        where = f"LiveSale {self._planned['_id']} in the app's list"
        if not listed:
            yield self._not_listed("livesales", where, key)
            return
        yield from _doubles(where, [event.title for event in listed])
        yield from self._livesale_findings(where, listed[0])
        ours = {id_text(one["_id"]) for one in self._reading.stored.as_kept("livesales")}
        for event in self._reading.shown_livesales:
            if event.id not in ours and same_text(event.title, self._planned["title"]):
                found = Description(f"another of this title, {event.id}")
                yield Finding(where, Description("it once"), found, Remedy.DATA)
            elif event.id not in ours and event.bundle == self._reading.bundle.key:
                yield _shown_only(f"LiveSale {event.id} in the app's list", event.title)

    @property
    def livesale_page(self) -> Iterator[Finding]:
        """Where the LiveSale's own page differs from the planned LiveSale."""
        return self._with_remedy(self._livesale_page, "livesales", "products")

    @property
    def _livesale_page(self) -> Iterator[Finding]:
        page = self._reading.shown_livesale
        where = f"the page of LiveSale {self._planned['_id']}"
        if page.id != self._livesale_id:
            yield Finding(f"{where}: id", self._livesale_id, page.id)
        yield from self._livesale_findings(where, page)

    @property
    def cards_on_the_board(self) -> Iterator[Finding]:
        """The cards that the signed-in account does not see where they belong."""
        return self._with_remedy(self._cards_on_the_board, "leads")

    @property
    def _cards_on_the_board(self) -> Iterator[Finding]:
        cards = _by_id(self._reading.shown_leads)
        column_of = self._reading.deployment.shown.column_of
        for match in self._reading.stored.matched("leads").matches:
            where = f"lead {match.pristine['_id']} on the board"
            key = id_text(match.wanted["_id"])
            if key not in cards:
                yield self._not_listed("leads", where, key, "shown")
            for card in cards.get(key, ()):
                yield from card_findings(where, match.pristine, card, column_of)
                yield from self._further("leads", where, match.pristine, card)
            yield from _doubles(where, [str(card.company) for card in cards.get(key, ())])

    @property
    def own_page(self) -> Iterator[Finding]:
        """Where the own page of a signed-in account shows another account."""
        return self._with_remedy(self._own_page, "users")

    @property
    def _own_page(self) -> Iterator[Finding]:
        if self._reading.own_page is None:
            return  # another bundle of the region opens it; the board has used the token
        email, page = self._reading.own_page
        if page.email.casefold() != email.casefold():
            yield Finding(f"the own page of account {email}: email", email, page.email)
        for match in self._reading.stored.matched("users").matches:
            if match.pristine["email"] == email and match.present is not None:
                owner = id_text(match.present["_id"])
                if page.id != owner:
                    yield Finding(f"the own page of account {email}: id", owner, page.id)

    @property
    def livesale_link(self) -> Iterator[Finding]:
        """The link to the LiveSale, if it does not lead to the bundle's own LiveSale."""
        return self._with_remedy(self._livesale_link, "livesales")

    @property
    def _livesale_link(self) -> Iterator[Finding]:
        links = self._reading.deployment.links
        name = links.names.get("livesale", "livesale")
        # If there is no answer, or no link in it, the check of the links says so.
        body = self._reading.context.body
        urls = body.get("demo_urls") if isinstance(body, dict) else None
        if not isinstance(urls, dict):
            return
        url = urls.get(name)
        if not isinstance(url, str) or not link_of(url) or self._livesale_id in _pieces(url):
            return
        wanted = f"a link that names LiveSale {self._livesale_id}"
        if links.livesale_list:
            if _opens_a_list(url, [urls[other] for other in urls if other != name]):
                return
            wanted = f"{wanted}, or opens the list of LiveSales"
        yield Finding(f"the link “{name}”", Description(wanted), url)

    def _with_remedy(self, findings: Iterator[Finding], *kinds: Kind) -> Iterator[Finding]:
        """The findings, each with what can help against it.

        A reset helps only if stored documents are wrong; otherwise the app's backend must be
        repaired. A document is wrong if it differs from pristine, or if the app's own model
        refuses it: one such document is enough for an empty list or an error of the app.
        """
        try:
            every_finding = list(findings)
        except Unobservable as error:
            misfit = next(self._misfits(kinds), None)
            if misfit is not None:
                text = f"{error}; {misfit}"
                raise Unobservable(text, Remedy.RESET, cause=error.cause) from None
            if error.may_come_from_data and self._is_any_stored_wrong(kinds):
                raise Unobservable(str(error), Remedy.RESET, cause=error.cause) from None
            raise
        if not every_finding:
            return
        if (misfit := next(self._misfits(kinds), None)) is not None:
            yield misfit
            yield from every_finding
            return
        yield from with_remedy(every_finding, lambda: self._is_any_stored_wrong(kinds))

    def _further(
        self,
        kind: Kind,
        where: str,
        pristine: Document,
        shown: _Shown,
    ) -> Iterator[Finding]:
        if shown.answer:  # a description may leave it out
            found = self._reading.stored.in_our_words(kind, shown.answer)
            yield from further_findings(
                kind, where, pristine, {**self._nulls(kind, shown), **found}
            )

    def _nulls(self, kind: Kind, shown: _Shown) -> Document:
        """The fields, in our words, that an answer shows as null.

        A description may leave out what is null, as if it was not there. So it reads the same
        answer with texts in place of nulls, too.
        """
        if (filled := _without_nulls(shown.answer)) == shown.answer:
            return {}
        try:
            return dict.fromkeys(self._reading.stored.in_our_words(kind, filled))
        except Unobservable:
            return {}

    def _not_listed(self, kind: Kind, where: str, key: str, wanted: str = "listed") -> Finding:
        unread = next((one for one in self._reading.unread(kind) if one.id == key), None)
        return Finding(where, Description(wanted), _broken(unread) if unread else NOTHING)

    def _unread(self, kind: Kind, where: str, listed: Collection[str] = ()) -> Iterator[Finding]:
        """The entries of a list that can't be read, and that could be of this demo.

        A visitor sees something broken there. An entry could be of this demo unless it names
        another known region or investor, as on the board it never does, or has an id of theirs.
        Whatever is missing under its own id, not ``listed``, is named with that.
        """
        ours = set()
        if kind != "categories":  # these are found by their names
            ours = {id_text(match.wanted["_id"]) for match in self._matches(kind)}
        for one in self._reading.unread(kind):
            if one.id in ours:
                if one.id not in listed:
                    continue  # the finding about what is missing says so
            elif kind != "leads" and self._is_of_others(kind, one):
                continue
            name = f"entry {one.id}" if one.id else "an entry without an id"
            wanted = Description("what a visitor can read")
            yield Finding(f"{name} in {where}", wanted, _broken(one))

    def _is_of_others(self, kind: Kind, entry: Unread) -> bool:
        """Whether an entry names another region or investor that the seeds know."""
        reading = self._reading
        seeds, mine = reading.seeds, reading.bundle
        seeded: Mapping[Kind, Mapping[str, Any]] = {
            "products": seeds.products,
            "livesales": seeds.livesales,
            "creators": seeds.creators,
        }
        owner = seeded[kind][entry.id].document if entry.id in seeded.get(kind, ()) else None
        if owner is None:
            try:
                owner = reading.stored.in_our_words(kind, entry.answer)
            except Unobservable:
                return False
        region, bundle = owner.get("region"), owner.get("bundle")
        if isinstance(bundle, str) and bundle in seeds.bundles:
            return bundle != mine.key
        return isinstance(region, str) and region in REGION_CURRENCY and region != mine.region

    def _misfits(self, kinds: Iterable[Kind]) -> Iterator[Finding]:
        for kind in kinds:
            if self._reading.stored.keeps(kind):
                yield from self._reading.stored.misfits(kind)

    def _is_any_stored_wrong(self, kinds: Iterable[Kind]) -> bool:
        return any(self._is_stored_wrong(kind) for kind in kinds)

    def _is_stored_wrong(self, kind: Kind) -> bool:
        """Whether documents of a kind differ from pristine. Raises Unobservable."""
        if not self._reading.stored.keeps(kind):
            return False
        if kind == "livesales":  # whose pristine times follow from T
            differences = self._livesale.differences_from_seeds
        else:
            stored = self._reading.stored
            but = stored.resolved_in_accounts if kind == "users" else ()
            differences = stored.differences(kind, kind, but=but)
        return is_any(differences)

    def _matches(self, kind: Kind) -> tuple[Match, ...]:
        return self._reading.stored.matched(kind).matches

    @property
    def _known_products(self) -> set[str]:
        """The ids of the products that belong to the demo of any region, as far as known."""
        known = {id_text(one["_id"]) for one in self._reading.stored.as_kept("products")}
        return known | set(self._reading.seeds.products)

    def _is_planned_elsewhere(self, product: ShownProduct) -> bool:
        """Whether a product is another region's by the key of the seeds, whatever region it names.

        That it names this one is for the check of its own region to say.
        """
        try:
            words = self._reading.stored.in_our_words("products", product.answer)
        except Unobservable:
            return False
        planned = self._reading.seeds.products.get(str(words.get("id")))
        return planned is not None and planned.model.region != self._reading.bundle.region

    @property
    def _planned(self) -> Document:
        template = self._reading.stored.matched("livesales").matches[0].pristine
        return pristine_livesale(
            self._reading.seeds.livesales[template["_id"]].document, self._livesale.access
        )

    @property
    def _livesale_id(self) -> str:
        return id_text(self._reading.stored.matched("livesales").matches[0].wanted["_id"])

    def _livesale_findings(self, where: str, event: ShownLiveSale) -> Iterator[Finding]:
        planned = self._planned
        yield from event_findings(where, planned, event, self._reading.bundle.timezone)
        yield from self._further("livesales", where, planned, event)
        featured = [
            match
            for match in self._matches("products")
            if match.pristine["_id"] in planned["featured_products"]
        ]
        yield from offer_findings(where, featured, self._catalog.product, event)


def _by_id[T: (ShownProduct, ShownLead)](shown: Iterable[T]) -> dict[str, list[T]]:
    """The entries of a list by their ids; an app may show one of them twice."""
    found: dict[str, list[T]] = {}
    for one in shown:
        found.setdefault(one.id, []).append(one)
    return found


def _without_nulls(value: Any) -> Any:
    """A value of an answer with the text "null" in place of each null."""
    if isinstance(value, Mapping):
        return {name: _without_nulls(inner) for name, inner in value.items()}
    return "null" if value is None else value


def _broken(entry: Unread) -> Description:
    return Description(f"an entry that can't be read: {entry.problem}")


def _shown_only(where: str, title: str) -> Finding:
    """Something of this demo that the app shows, and that is not in its database."""
    return Finding(where, Description("nothing, as it is not stored"), Description(f"“{title}”"))


def _doubles(where: str, shown: Sequence[str], remedy: Remedy | None = None) -> Iterator[Finding]:
    """What the app shows again after the first time; ``shown`` are the titles of one thing."""
    for title in shown[1:]:
        yield Finding(where, Description("it once"), Description(f"“{title}” again"), remedy)


def _unowned(where: str, owner: str, title: str) -> Finding:
    wanted = Description(f"a known {owner}; set it in the app, or delete the document")
    return Finding(where, wanted, Description(f"“{title}” without one"), Remedy.DATA)


def _opens_a_list(url: str, others: list[object]) -> bool:
    """Whether a link opens a page of its own, of one word (``/livesale``), and names nothing there.

    A number in its path, or a parameter that no other link has, could name another LiveSale.
    """
    link = urlsplit(url)
    known = [found for other in others if (found := link_of(other))]
    word = link.path.strip("/").rpartition("/")[2]
    above = {found.path.rstrip("/").rpartition("/")[0] for found in known}
    return (
        word.replace("-", "").isalpha()
        and link.path.rstrip("/").rpartition("/")[0] in above
        and link.path.rstrip("/") not in {found.path.rstrip("/") for found in known}
        and all(
            name.startswith("utm_") or any(name in parse_qs(found.query) for found in known)
            for name in parse_qs(link.query)
        )
    )


def _pieces(url: str) -> set[str]:
    """The pieces of a link's path and the values of its query."""
    parts = urlsplit(url)
    values = [value for found in parse_qs(parts.query).values() for value in found]
    return {unquote(piece) for piece in parts.path.split("/")} | set(values)
