"""The types of an app's description; no app in particular.

A description says how the app *keeps* each kind of demo document (collection, natural key, the
fields that are ours), how it *shows* them (requests, and how to read an answer), how to sign in,
what a visitor leaves behind, and to whom cache keys belong. It is pure data and sends no requests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from pydantic import BaseModel

from playbook.deployments.demo_routes import DemoRoutes
from playbook.deployments.front_end import FrontEnd
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document, Seeds

type Filter = dict[str, Any]
type Keys = tuple[tuple[str, int], ...]

Kind = Literal[
    "products",
    "creators",
    "livesales",
    "leads",
    "users",
    "awareness_contexts",
    "locales",
    "showcases",
    "demo_settings",
    "categories",
]
"""The kinds of pristine documents (see :func:`playbook.pristine.documents.pristine_documents`)."""


class UnreadableAnswer(ValueError):
    """An answer does not have the described form; the text says what is missing."""


# How a demo is kept


@dataclass(frozen=True)
class Owner:
    """The owner of documents: a bundle, with its accounts in the app."""

    bundle: Bundle
    seeds: Seeds
    accounts: tuple[str, ...]
    """The e-mail addresses of its demo accounts."""
    account_ids: tuple[Any, ...] = ()
    """The ``_id`` of each of its accounts that the app has."""
    foreign_accounts: tuple[str, ...] = ()
    """The e-mail addresses of the other bundles' accounts."""


class References(Protocol):
    """The other documents of the same demo, and the ``_id`` of each in the app."""

    def pristine(self, kind: Kind) -> list[Document]:
        """The pristine documents of a kind."""

    def id_of(self, kind: Kind, key: str) -> Any:
        """The app's ``_id`` for a pristine ``_id``: the present one, else the future one."""

    def key_of(self, kind: Kind, identifier: object) -> str | None:
        """The pristine ``_id`` for an ``_id`` of the app; None if the document is not ours."""


def _own_id(document: Document) -> Any:
    return document["_id"]


def _same(document: Document, _: References) -> Document:
    return document


def _exact(key: object) -> object:
    return key


def _whole(answer: Any) -> Any:
    return answer


def _as_bearer(token: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Kept:
    """How the documents of one kind are kept in the app's database."""

    kind: Kind
    collection: str
    line: str
    """The playbook's line for a reset of these documents."""
    belongs: Callable[[Owner], Filter]
    """The filter for this bundle's demo data: everything that a reset may change or remove."""
    ours: tuple[str, ...]
    """The paths of the fields that a reset sets. It removes those without a pristine value. Every
    other field belongs to the app and is not changed."""
    key: str = "_id"
    """The path of the natural key, which finds a document again."""
    natural_key: Callable[[Document], Any] = _own_id
    """The natural key's value for a pristine document."""
    comparable_key: Callable[[object], object] = _exact
    """The form of a natural key for a comparison."""
    new_id: Callable[[Document], Any] | None = _own_id
    """The ``_id`` for a new document; None if the app itself gives it."""
    to_app: Callable[[Document, References], Document] = _same
    """A pristine document as the app keeps it when it is new; its ``_id`` is set afterwards."""
    from_app: Callable[[Document, References], Document] = _same
    """The app's document in the playbook's form; values that cannot be read stay unchanged."""
    cached: Callable[[Document], Document] | None = None
    """For an app whose cache has its documents in another form than its database, for example that
    of its answers: the app's document in that form. Every field of a cached copy must be in it."""
    has_strays: bool = True
    """Whether documents that ``belong`` but are not pristine are strays and removed."""
    strays_first: bool = False
    """Whether strays must be removed before other documents are written (a unique index)."""
    model: type[BaseModel] | None = None
    """The app's own model: a document that it refuses is not written."""
    derived: Callable[[Mapping[str, list[Document]]], list[Document]] | None = None
    """For a kind that the playbook does not have: its pristine documents, made from others."""


@dataclass(frozen=True)
class Password:
    """The field of an account's bcrypt hash."""

    path: str


@dataclass(frozen=True)
class Trace:
    """Traces that visitors leave in one collection."""

    collection: str
    line: str
    """The playbook's line for deleting these traces."""
    emails: tuple[str, ...] = ()
    """The paths of the visitors' e-mail addresses."""
    user_ids: tuple[str, ...] = ()
    """The paths of the visitors' user ids."""
    instants: tuple[str, ...] = ()
    """The paths of the instants at which a visitor acted; the latest counts."""
    parent: tuple[str, str] | None = None
    """A collection, and the path of its ``_id`` here: these documents belong to its traces."""
    removes_orphans: bool = False
    """Whether a reset of ``all`` removes demo traces here that belong to no bundle."""
    session_mark: str = ""
    """For the sessions that the app itself keeps: the path of the browser's User-Agent, else that
    of the token. By it a check finds the sessions of its own sign-ins, and removes them."""
    names_bundle: bool = False
    """Whether its documents have ``bundle`` and ``user_type`` ("demo")."""


@dataclass(frozen=True)
class Index:
    """One declared index; its name is the one that MongoDB would give it."""

    keys: Keys
    unique: bool = False

    @property
    def name(self) -> str:
        return "_".join(f"{path}_{direction}" for path, direction in self.keys)


# How a demo is shown


@dataclass(frozen=True)
class Request:
    """One HTTP request, relative to the API's address."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Document | None = None
    """What is sent as JSON."""
    form: Mapping[str, str] | None = None
    """The fields of a form, if the app takes one in place of JSON."""
    signed_in: bool = False
    """Whether it is sent with the token of one of the bundle's accounts, first the main one's."""
    main_account_only: bool = False
    """Whether the other accounts of the bundle see something else there."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class ShownProduct:
    """A product as the shop shows it."""

    id: str
    title: str
    price: Decimal
    currency: str
    in_stock: bool
    unowned: bool = False
    """Whether it names no known region, although each product of this app has one."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """The entry, for the comparison of its further fields. ``from_app`` reads it, so they must be
    where the app keeps them; ``from_app`` gives no field that is not there (not None either).
    Without it these fields are not compared. The same is true of the classes below."""
    region: str | None = None
    """The region that it names, if each product with a region of ours is a demo's: then one that
    is shown and not stored is noticed. None if the app's own products may name one, too."""


@dataclass(frozen=True)
class ShownOffer:
    """A product within a LiveSale; the title or the price is None if the app shows none there.

    A check says so: investors must see both.
    """

    product_id: str
    title: str | None
    price: Decimal | None


@dataclass(frozen=True)
class ShownLiveSale:
    """A LiveSale as the app shows it; the start is an aware UTC instant."""

    id: str
    title: str
    starts_at: datetime
    products: tuple[ShownOffer, ...]
    status: str | None = None
    bundle: str | None = None
    """The bundle's id that it names, "" for none; None if this app's LiveSales name no bundle."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """The entry as the app sent it, for the comparison of its further fields."""


@dataclass(frozen=True)
class ShownCreator:
    """A creator as the app shows them."""

    name: str
    unowned: bool = False
    """Whether they name no known region, although each creator of this app has one."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """The entry as the app sent it, for the comparison of its further fields."""
    region: str | None = None
    """As that of a product."""


@dataclass(frozen=True)
class ShownLead:
    """A card as the board shows it to the signed-in account."""

    id: str
    column: str
    company: str | None
    tags: Mapping[str, Any] = field(default_factory=dict)
    value: str | None = None
    """What it is worth, as a person reads it ("€1.8M"); None if the board shows no such text."""
    amount: Decimal | None = None
    """The same as a number of the card's currency; None if the board has no such number."""
    answer: Mapping[str, Any] = field(default_factory=dict)
    """The entry as the app sent it, for the comparison of its further fields."""


@dataclass(frozen=True)
class ShownAccount:
    """The signed-in account's own page."""

    id: str
    email: str


@dataclass(frozen=True)
class Listing[T]:
    """A list of the app: how to request a page of it, and how to read an entry.

    ``pages`` gives the request for the page that starts after ``skip`` entries. ``page_size`` is
    the requested number of entries, None if everything comes at once. An app may give fewer: if
    something is missing, pages are requested until one has no new entries. If the app counts pages
    instead of entries, ``numbered`` is true: ``pages`` is given how many pages have been read.
    ``entry`` reads one entry of the answer; it raises UnreadableAnswer.
    """

    pages: Callable[[Bundle, int], Request]
    entry: Callable[[Any], T]
    page_size: int | None = None
    numbered: bool = False
    entries: Callable[[Any], Any] = _whole
    """The list of entries in an answer; by default the answer is that list. What is no entry, such
    as an advertisement among the products, must be left out here: an entry that can't be read is
    NO-GO, unless it names another region or investor."""
    next_page: Callable[[Any], Request | None] | None = None
    """For an app with cursors, or links to the next page: the request for the page after an
    answer, None after the last one. ``pages`` gives only the first page then."""


@dataclass(frozen=True)
class Single[T]:
    """One entry of the app by its id: how to request it, and how to read the answer."""

    ask: Callable[[str], Request]
    read: Callable[[Any], T]


@dataclass(frozen=True)
class Shown:
    """What the app shows; None if it has no such route."""

    products: Listing[ShownProduct] | None = None
    product: Single[ShownProduct] | None = None
    livesales: Listing[ShownLiveSale] | None = None
    livesale: Single[ShownLiveSale] | None = None
    leads: Listing[ShownLead] | None = None
    creators: Listing[ShownCreator] | None = None
    categories: Listing[str] | None = None
    """The names of the shop's shelves; without it the shelves are not checked."""
    column_of: Callable[[str], str] = lambda stage: stage
    """The board's column for a card of a pristine stage."""


@dataclass(frozen=True)
class SignIn:
    """How an account signs in, and how to request its own page with its token."""

    ask: Callable[[str, str], Request]
    """The request for an address and a password."""
    token: Callable[[Any], str | None]
    """The token in the answer; None if there is none."""
    user_id: Callable[[Any], str | None]
    """The user's id in the answer; None if the answer does not contain it."""
    own_page: Callable[[str], Request]
    """The request for the own page; it takes the user's id."""
    account: Callable[[Any], ShownAccount]
    """How to read the own page. Raises UnreadableAnswer."""
    good_status: int = 200
    """The status of the answer to a good sign-in; 201 in many apps."""
    says_user_id: bool = True
    """Whether the answer to a sign-in names the user."""
    carried: Callable[[str], Mapping[str, str]] = _as_bearer
    """The headers that carry a token. An account's cookies are sent in any case, so this may be
    empty for an app that signs in with a cookie; ``token`` may then be any text of the answer."""


@dataclass(frozen=True)
class ShownKpi:
    """The app's name for a headline number, and whether it is money."""

    name: str
    money: bool


@dataclass(frozen=True)
class Links:
    """The demo's links as the app serves them."""

    relative_to_app: bool
    """Whether they are paths of the front end (``APP_URL``) instead of whole addresses."""
    names: Mapping[str, str]
    """The app's name of each link that a context must have, by what it opens: home, livesale…"""
    bundle_parameter: str
    """The query parameter with the bundle's id."""
    parameters: Mapping[str, str] = field(
        default_factory=lambda: {
            "locale": "locale",
            "currency": "currency",
            "timezone": "tz",
            "device": "device",
        }
    )
    """The query parameters with the investor's locale, currency, zone and device."""
    livesale_list: bool = False
    """Whether the link to the LiveSale may open the list of all of them, and name none."""


# The whole


@dataclass(frozen=True)
class Deployment:
    """One app, as far as it concerns a demo."""

    name: str
    kept: tuple[Kept, ...]
    """The kinds, in the order in which a reset writes them."""
    not_kept: Mapping[str, str]
    """The kinds that the app does not keep, each with the reason in one line."""
    password: Password
    traces: tuple[Trace, ...]
    indexes: Mapping[str, tuple[Index, ...]]
    key_patterns: Callable[[Bundle], tuple[str, ...]]
    """The glob patterns of the cache keys of a bundle and of its region."""
    sign_in: SignIn
    shown: Shown
    links: Links
    kpi: Callable[[Bundle, str], ShownKpi | None]
    """How the app shows a headline number of a bundle; None if it does not."""
    orders: str = "orders"
    """The collection of customers' orders: ``playbook adopt`` takes a database that has some, and
    no demo account, for a real shop."""
    events: str | None = None
    """The collection in which tracked events arrive; None if the app does not say."""
    register: Callable[[str, str, str], Request] | None = None
    """The request that creates an account (address, password, name); None if a reset writes
    the document itself."""
    routes: DemoRoutes = field(default_factory=DemoRoutes)
    """Where it has the routes that only demos need."""
    front_end: FrontEnd = field(default_factory=FrontEnd)
    """How its pages are walked through in a browser."""
    read_first: str | None = None
    """The collection that should be read first, because its documents are the largest."""
    file: str = ""
    """The file of a description of one's own, for messages; empty for those of this project."""

    def kept_as(self, kind: str) -> Kept | None:
        """How a kind is kept; None if the app does not keep it."""
        return next((kept for kept in self.kept if kept.kind == kind), None)

    @property
    def collections(self) -> tuple[str, ...]:
        """Every collection in which a reset writes or deletes."""
        names = [kept.collection for kept in self.kept] + [t.collection for t in self.traces]
        return tuple(dict.fromkeys(names))
