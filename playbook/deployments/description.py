"""The words in which an app is described: types only, no app in particular.

A description says how the app *keeps* each kind of demo document (collection, natural key, the
fields that are ours), how it *shows* them (requests and how an answer reads), how one signs in,
what a visitor leaves behind, and which cache keys are whose. It is pure: it asks nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from pydantic import BaseModel

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
    """An answer is not of the shape that the description says; the text says what is missing."""


# How a demo is kept


@dataclass(frozen=True)
class Owner:
    """Whose documents are meant: a bundle, with its accounts as the app knows them."""

    bundle: Bundle
    seeds: Seeds
    accounts: tuple[str, ...]
    """The e-mail addresses of its demo accounts."""
    account_ids: tuple[Any, ...] = ()
    """The ``_id`` of each of its accounts that the app has."""
    foreign_accounts: tuple[str, ...] = ()
    """The e-mail addresses of the other bundles' accounts."""


class References(Protocol):
    """The other documents of the same demo, and which ``_id`` each has in the app."""

    def pristine(self, kind: Kind) -> list[Document]:
        """The pristine documents of a kind."""

    def id_of(self, kind: Kind, key: str) -> Any:
        """The ``_id`` in the app of a pristine ``_id``: the present one, else the coming one."""

    def key_of(self, kind: Kind, identifier: object) -> str | None:
        """The pristine ``_id`` of what has this ``_id`` in the app; None if it is not ours."""


def _own_id(document: Document) -> Any:
    return document["_id"]


def _same(document: Document, _: References) -> Document:
    return document


def _exact(key: object) -> object:
    return key


@dataclass(frozen=True)
class Kept:
    """How the documents of one kind are kept in the app's database."""

    kind: Kind
    collection: str
    line: str
    """The playbook's line that a reset of them carries out."""
    belongs: Callable[[Owner], Filter]
    """What in the collection is this bundle's demo data: all that a reset may change or remove."""
    ours: tuple[str, ...]
    """The paths of the fields that a reset sets; where pristine has no value, it removes them.
    Every other field is the app's own and stays as it is."""
    key: str = "_id"
    """The path of the natural key, by which a document is found again."""
    natural_key: Callable[[Document], Any] = _own_id
    """The natural key's value for a pristine document."""
    comparable_key: Callable[[object], object] = _exact
    """Two natural keys are the same where these are equal."""
    new_id: Callable[[Document], Any] | None = _own_id
    """The ``_id`` of a document that is not there yet; None if the app itself gives it."""
    to_app: Callable[[Document, References], Document] = _same
    """A pristine document as the app keeps it when it is new; its ``_id`` is set afterwards."""
    from_app: Callable[[Document, References], Document] = _same
    """The app's document in the playbook's words; values that do not read stay as they are."""
    has_strays: bool = True
    """Whether what ``belongs`` but is not pristine is a stray, to be removed."""
    strays_first: bool = False
    """Whether strays must go before the others are written (a unique index)."""
    model: type[BaseModel] | None = None
    """The app's own model: what it refuses is not written."""
    derived: Callable[[Mapping[str, list[Document]]], list[Document]] | None = None
    """For a kind that the playbook has none of: its pristine documents, from the others."""


@dataclass(frozen=True)
class Password:
    """Where an account's bcrypt hash is kept."""

    path: str


@dataclass(frozen=True)
class Trace:
    """What visitors leave behind in one collection."""

    collection: str
    line: str
    """The playbook's line that its cleaning carries out."""
    emails: tuple[str, ...] = ()
    """The paths of the e-mail addresses of whoever left it."""
    user_ids: tuple[str, ...] = ()
    """The paths of the user ids of whoever left it."""
    instants: tuple[str, ...] = ()
    """The paths of the instants at which a visitor acted; the latest counts."""
    parent: tuple[str, str] | None = None
    """A collection and the path of its ``_id`` here: what belongs to its traces goes with them."""
    removes_orphans: bool = False
    """Whether a reset of ``all`` removes demo traces here that no bundle owns."""
    names_bundle: bool = False
    """Whether it carries ``bundle`` and ``user_type`` ("demo")."""


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
    signed_in: bool = False
    """Whether it is asked with the token of the bundle's main account."""

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
    """Whether it names no region, though each product of this app has one."""


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
    unowned: bool = False
    """Whether it names no bundle, though each LiveSale of this app has one."""


@dataclass(frozen=True)
class ShownCreator:
    """A creator as the app shows them."""

    name: str
    unowned: bool = False
    """Whether they name no region, though each creator of this app has one."""


@dataclass(frozen=True)
class ShownLead:
    """A card as the board shows it to the signed-in account."""

    id: str
    column: str
    company: str | None
    tags: Mapping[str, Any] = field(default_factory=dict)
    value: str | None = None
    """What it is worth, as a person reads it ("€1.8M"); None where the board does not say it so."""
    amount: Decimal | None = None
    """The same as a number of the card's currency; None where the board has no such number."""


@dataclass(frozen=True)
class ShownAccount:
    """The signed-in account's own page."""

    id: str
    email: str


@dataclass(frozen=True)
class Listing[T]:
    """A list of the app: how one page of it is asked for, and how each entry reads.

    ``pages`` gives the request for the page that starts after ``skip`` entries; ``page_size`` is
    how many it asks for, None if everything comes at once. An app may give fewer: where
    something is missing, pages are asked for until one brings nothing new. ``entry`` reads one
    entry of the answer, which is a JSON list; it raises UnreadableAnswer.
    """

    pages: Callable[[Bundle, int], Request]
    entry: Callable[[Any], T]
    page_size: int | None = None


@dataclass(frozen=True)
class Single[T]:
    """One entry of the app by its id: how it is asked for, and how the answer reads."""

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
    """The names of the shop's shelves; without it nothing is said of them."""
    column_of: Callable[[str], str] = lambda stage: stage
    """The board's column in which a card of a pristine stage stands."""


@dataclass(frozen=True)
class SignIn:
    """How an account signs in, and how its own page is asked for with the token it got."""

    ask: Callable[[str, str], Request]
    """The request for an address and a password."""
    token: Callable[[Any], str | None]
    """The token in the answer; None where there is none."""
    user_id: Callable[[Any], str | None]
    """The user's id in the answer; None if the app does not say it there."""
    own_page: Callable[[str], Request]
    """The request for the own page; it takes the user's id."""
    account: Callable[[Any], ShownAccount]
    """How the own page reads. Raises UnreadableAnswer."""
    says_user_id: bool = True
    """Whether the answer to a sign-in names the user."""


@dataclass(frozen=True)
class ShownKpi:
    """Under which name the app shows a headline number, and whether it is money."""

    name: str
    money: bool


@dataclass(frozen=True)
class Links:
    """The demo's links as the app serves them."""

    relative_to_app: bool
    """Whether they are paths of the front end (``APP_URL``) instead of whole addresses."""
    names: Mapping[str, str]
    """The app's name of each link, by what it opens: home, catalog, livesale, leads, analytics."""
    bundle_parameter: str
    """The query parameter that carries the bundle's id."""
    parameters: Mapping[str, str] = field(
        default_factory=lambda: {
            "locale": "locale",
            "currency": "currency",
            "timezone": "tz",
            "device": "device",
        }
    )
    """The query parameters that carry how the investor sees the shop."""


# The whole


@dataclass(frozen=True)
class Deployment:
    """One app, as far as a demo touches it."""

    name: str
    kept: tuple[Kept, ...]
    """In the order in which a reset writes them."""
    not_kept: Mapping[str, str]
    """The kinds that the app keeps nowhere, each with the reason in one line."""
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
    events: str | None = None
    """The collection in which tracked events arrive; None if the app does not say."""
    register: Callable[[str, str, str], Request] | None = None
    """The request that creates an account (address, password, name); None if a reset writes
    the document itself."""
    front_end: FrontEnd = field(default_factory=FrontEnd)
    """How its pages are walked through in a browser."""
    read_first: str | None = None
    """The collection that is best read first (its documents are the largest)."""

    def kept_as(self, kind: str) -> Kept | None:
        """How a kind is kept; None if it is not."""
        return next((kept for kept in self.kept if kept.kind == kind), None)

    @property
    def collections(self) -> tuple[str, ...]:
        """Every collection that a reset writes or cleans."""
        names = [kept.collection for kept in self.kept] + [t.collection for t in self.traces]
        return tuple(dict.fromkeys(names))
