"""A demo in memory: the real facts and steps over documents that are in no database.

Everything that a check reads is here as plain dicts, pristine at first. A test breaks one thing and
looks which checks fail. The features themselves run, in milliseconds, because there are no servers.
Other tests prove the reading over the wire, with real servers.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from pytest_bdd.steps import step_function_context_registry

import steps
from playbook import PROJECT
from playbook.backend.json_values import compact, to_json
from playbook.deployments import load as load_deployment
from playbook.deployments.description import (
    Kind,
    Listing,
    ShownAccount,
    ShownCreator,
    ShownLead,
    ShownLiveSale,
    ShownProduct,
    UnreadableAnswer,
)
from playbook.deployments.scope import Scope, scope_of
from playbook.environment.cache_keys import Cached
from playbook.environment.presence import Presence
from playbook.facts import Demo
from playbook.facts.findings import NotAsExpected, Unobservable
from playbook.facts.reading import Answer, Unread, with_token
from playbook.facts.remedies import Remedy
from playbook.facts.stored import Stored
from playbook.pristine import bundles
from playbook.pristine.documents import pristine_documents
from playbook.pristine.rates import EMBEDDED_FEED, Feed
from playbook.pristine.seeds import Seeds, load
from playbook.standin import rates_feed
from playbook.standin.kpis import in_currency
from playbook.standin.links import links_to
from playbook.standin.shop import with_offers

type Document = dict[str, Any]

AT = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
"""The instant of the check; T, the moment of the reset, is an hour before."""
ACCESS = AT - timedelta(hours=1)


PLAYBOOK = load_deployment()
TRACES = tuple(trace.collection for trace in PLAYBOOK.traces)


@cache
def seeds() -> Seeds:
    """The project's seed files."""
    return load(PROJECT / "seeds")


@cache
def _pristine(short: str) -> dict[str, list[Document]]:
    return _pristine_of(short, seeds())


def _pristine_of(short: str, seeds: Seeds) -> dict[str, list[Document]]:
    bundle = bundles.find(seeds, short)
    documents = dict(pristine_documents(bundle, seeds, ACCESS))
    documents["currency_rates"] = rates_feed.documents(seeds, AT)
    documents.update({name: [] for name in TRACES})
    return documents


@dataclass
class Imagined:
    """Reads like :class:`playbook.facts.reading.Reading`, from memory; everything can be broken."""

    short: str
    at: datetime = AT
    embedded: bool = True
    seeds: Seeds = field(default_factory=seeds)

    def __post_init__(self) -> None:
        self.bundle = bundles.find(self.seeds, self.short)
        self.deployment = PLAYBOOK
        self.scope: Scope = scope_of(self.bundle, self.seeds)
        self.accounts = self.scope.accounts
        ours = self.seeds is seeds()
        self.pristine = _pristine(self.short) if ours else _pristine_of(self.short, self.seeds)
        self.documents: dict[str, list[Document]] = copy.deepcopy(self.pristine)
        self.indexes: dict[str, list[Document]] = {
            name: [
                {"name": index.name, "key": dict(index.keys), "unique": index.unique}
                for index in declared
            ]
            for name, declared in PLAYBOOK.indexes.items()
        }
        self.feed = Feed(EMBEDDED_FEED if self.embedded else None)
        self.cache: dict[str, Cached] = {
            f"aislemarts:region:{self.bundle.region}:cdn:{product['_id']}": compact(product)
            for product in self.documents["products"]
        }
        self.last_run: Document | None = {"status": "done", "trigger": "reset", "access": ACCESS}
        self.present: list[Presence] = []
        self.own_hosts, self.states_its_pages = frozenset({"shop.example"}), False
        self.answers: dict[str, Answer] = {}
        self.answers_own_page: ShownAccount | None = None
        self._app: dict[str, list[Document]] = {}
        self._looked_at: Stored | None = None

    @property
    def stored(self) -> Stored:
        """The present documents, matched with the pristine ones."""
        if self._looked_at is not None:
            return self._looked_at
        pristine = pristine_documents(self.bundle, self.seeds, ACCESS)
        return Stored(self.deployment, pristine, self.documents)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing is changed meanwhile, so that what is stored is matched once for all steps."""
        self._looked_at = self.stored
        try:
            yield
        finally:
            self._looked_at = None

    # What a test breaks

    def one(self, collection: str, key: object) -> Document:
        """A document that a test may change."""
        return next(d for d in self.documents[collection] if d["_id"] == key)

    def first(self, collection: str) -> Document:
        return self.documents[collection][0]

    def remove(self, collection: str, key: object) -> None:
        self.documents[collection].remove(self.one(collection, key))

    def hold(self, key: str, value: object) -> None:
        """Cache a JSON copy under the rest of a key; bytes as they are."""
        self.cache[f"aislemarts:{key}"] = (
            value if isinstance(value, bytes) else json.dumps(to_json(value)).encode()
        )

    def answer(
        self, what: str, body: object, status: int = 200, problem: str | None = None
    ) -> None:
        """Replace an answer of the API."""
        self.answers[what] = Answer(f"GET {what}", status, body, problem)

    # What the facts read

    @property
    def wrong_login(self) -> tuple[str, Answer]:
        email = self.accounts[0]
        refused = Answer("POST login", 401, {"detail": "no"})
        return email, self._with_token(self.answers.get(f"wrong {email}") or refused)

    def login(self, email: str) -> Answer:
        owner = next((u["_id"] for u in self.pristine["users"] if u["email"] == email), "")
        body = {"user_id": owner, "token": "t", "message": "Login successful"}
        return self._with_token(self.answers.get(email) or Answer("POST login", 200, body))

    def _with_token(self, answer: Answer) -> Answer:
        return with_token(answer, self.deployment.sign_in)

    @property
    def bases(self) -> tuple[str, ...]:
        return ("USD", self.bundle.currency if self.bundle.currency != "USD" else "EUR")

    def rates(self, base: str) -> Answer:
        if base in self.answers:
            return self.answers[base]
        stored = next((d for d in self.documents["currency_rates"] if d["_id"] == base), None)
        if stored is None:
            return Answer(f"GET rates of {base}", 404)
        body = {
            "base_currency": base,
            "rates": _decimals(stored.get("rates")),
            "last_updated": to_json(stored.get("updated_at")),
            "source": stored.get("source"),
        }
        return Answer(f"GET rates of {base}", 200, body)

    @property
    def localization(self) -> Answer:
        languages = [
            {"language": d["_id"], "direction": d.get("direction"), "messages": d.get("messages")}
            for d in self.pristine["locales"]
        ]
        served = Answer("GET locales", 200, {"valid": True, "languages": languages})
        return self.answers.get("locales") or served

    @property
    def context(self) -> Answer:
        context = self.pristine["awareness_contexts"][0]
        body = {
            "bundle": self.bundle.key,
            "context": {name: value for name, value in context.items() if name != "_id"},
            "demo_urls": links_to("https://shop.example", context, self.livesale),
        }
        return self.answers.get("context") or Answer("GET context", 200, body)

    @property
    def kpis(self) -> Answer:
        rates = {d["_id"]: d["rates"] for d in rates_feed.documents(self.seeds, AT)}
        headline = self.pristine["showcases"][0]["headline"]
        currency = self.bundle.currency
        shown = in_currency(headline, currency, lambda own, wanted: rates[own][wanted])
        body = {
            "bundle": self.bundle.key,
            "currency": currency,
            "investor_focus_metrics": _decimals(shown),
        }
        return self.answers.get("kpis") or Answer("GET kpis", 200, body)

    # What the app shows, to be changed by a test

    @property
    def livesale(self) -> str:
        """The id of the bundle's LiveSale."""
        return str(self.pristine["livesales"][0]["_id"])

    def app(self, kind: str) -> list[Document]:
        """The answers of the app's routes, as JSON documents that a test may change."""
        if kind not in self._app:
            pristine = self.pristine
            found = pristine[kind]
            if kind == "livesales":
                known = {product["_id"]: product for product in pristine["products"]}
                found = [with_offers(event, known) for event in found]
            self._app[kind] = [_decimals(document) for document in found]
        return self._app[kind]

    @property
    def shown_products(self) -> list[ShownProduct]:
        return _read(PLAYBOOK.shown.products, self.app("products"))

    @property
    def shown_product(self) -> tuple[str, ShownProduct]:
        assert PLAYBOOK.shown.product is not None
        key = self.pristine["products"][0]["_id"]
        found = next((d for d in self.app("products") if d["_id"] == key), None)
        if found is None:
            raise Unobservable(f"GET /api/products/{key} answered 404")
        return key, PLAYBOOK.shown.product.read(found)

    @property
    def shown_product_of_region(self) -> tuple[str, ShownProduct]:
        return self.shown_product

    @property
    def shown_creators(self) -> list[ShownCreator]:
        return _read(PLAYBOOK.shown.creators, self.app("creators"))

    def unread(self, kind: Kind) -> list[Unread]:
        shown = PLAYBOOK.shown
        listings: dict[Kind, Listing[Any] | None] = {
            "products": shown.products,
            "creators": shown.creators,
            "livesales": shown.livesales,
            "leads": shown.leads,
        }
        listing, found = listings.get(kind), list[Unread]()
        if listing is None:
            return []
        for document in self.app(kind):
            try:
                listing.entry(document)
            except UnreadableAnswer as error:
                found.append(Unread(str(document.get("_id", "")), document, str(error)))
        return found

    @property
    def shown_categories(self) -> list[str]:
        return []

    @property
    def shown_livesales(self) -> list[ShownLiveSale]:
        return _read(PLAYBOOK.shown.livesales, self.app("livesales"))

    @property
    def shown_livesale(self) -> ShownLiveSale:
        found = [event for event in self.shown_livesales if event.id == self.livesale]
        if not found:
            raise Unobservable(f"GET /api/livesale/{self.livesale} answered 404")
        return found[0]

    @property
    def shown_leads(self) -> list[ShownLead]:
        return _read(PLAYBOOK.shown.leads, self.app("leads"))

    @property
    def own_page(self) -> tuple[str, ShownAccount] | None:
        user = next(d for d in self.app("users") if d["email"] == self.accounts[-1])
        return self.accounts[-1], self.answers_own_page or ShownAccount(user["_id"], user["email"])

    @property
    def tracked(self) -> tuple[Answer, list[Document]]:
        event = {"bundle": self.bundle.key, "user_type": "demo", "event_type": "page_view"}
        events = self.documents.get("tracked", [event])
        return self.answers.get("track") or Answer("POST track", 200, {"tracked": True}), events


class ImaginedDemo(Demo):
    """A demo over the documents of a test."""

    def __init__(self, imagined: Imagined) -> None:
        self.bundle, self.seeds = imagined.bundle, imagined.seeds
        self.reading = imagined  # type: ignore[assignment]


@dataclass(frozen=True)
class Failure:
    """A failed step."""

    check: str
    step: str
    reason: str
    """Every finding, one line each."""
    remedy: Remedy | None = None
    """What can help, if the check says so; else a reset, or what usually helps there."""


def failures(imagined: Imagined) -> list[Failure]:
    """Run every feature for the bundle; return what fails. Raises unexpected errors of checks."""
    with imagined.unchanged():
        return failures_of(ImaginedDemo(imagined))


def failures_of(demo: Demo) -> list[Failure]:
    """The same for any demo, also a real one."""
    found = []
    for check, step in steps_for(demo.bundle.short):
        function, arguments = _matching(step)
        try:
            function(demo, **arguments)
        except NotAsExpected as error:
            remedy = next((one.remedy for one in error.findings if one.remedy), None)
            found.append(Failure(check, step, "\n".join(map(str, error.findings)), remedy))
        except Unobservable as error:
            found.append(Failure(check, step, str(error), error.remedy))
    return found


def failed_checks(imagined: Imagined) -> dict[str, str]:
    """The checks that fail, each with all its reasons as one text."""
    told: dict[str, str] = {}
    for failure in failures(imagined):
        told[failure.check] = f"{told.get(failure.check, '')}{failure.reason}\n"
    return told


@cache
def steps_for(short: str) -> tuple[tuple[str, str], ...]:
    """Every step of the features for a bundle, outlines written out, with its check's name."""
    own = PROJECT / "features" / "bundles" / f"{short.replace('-', '_')}.feature"
    files = [*sorted((PROJECT / "features" / "checklist").glob("*.feature")), own]
    return tuple(step for file in files for step in _steps_of(file.read_text(encoding="utf-8")))


def _steps_of(text: str) -> Iterator[tuple[str, str]]:
    tag = re.search(r"@check-(\w+)", text)
    assert tag, "a feature without a check"
    for scenario in re.split(r"^  Scenario", text, flags=re.M)[1:]:
        steps = re.findall(r"^    (?:Then|And) (.+)$", scenario, flags=re.M)
        table = [
            [cell.strip() for cell in row.strip("| ").split("|")]
            for row in re.findall(r"^ +(\|.+\|)$", scenario, flags=re.M)
        ]
        examples = [dict(zip(table[0], row, strict=True)) for row in table[1:]] if table else [{}]
        for example in examples:
            for step in steps:
                for name, value in example.items():
                    step = step.replace(f"<{name}>", value)
                yield tag[1], step


@cache
def _matching(step: str) -> tuple[Any, dict[str, Any]]:
    for name in steps.MODULES:
        importlib.import_module(name)
    for context in list(step_function_context_registry.values()):
        if context.type == "then" and context.parser.is_matching(step):
            function = inspect.unwrap(context.step_func)
            return function, context.parser.parse_arguments(step) or {}
    raise AssertionError(f"no step says {step!r}")


def _read[T](listing: Listing[T] | None, answer: list[Document]) -> list[T]:
    assert listing is not None
    found = []
    for entry in answer:
        with suppress(UnreadableAnswer):
            found.append(listing.entry(entry))
    return found


def _decimals(value: object) -> Any:
    """JSON values as the facts read them: fractions as decimals."""
    return json.loads(json.dumps(to_json(value)), parse_float=Decimal)
