"""Read everything that one bundle's checks need, once and in parallel.

Documents are read by plain finds, the cache by two scans and a fetch, the API's answers in threads.
The traces that a check itself leaves (a sign-in per account, one tracked event) are marked as
probes and always removed again (:meth:`Reading.remove_probes`).
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property, partial
from typing import Any

import bson
import requests

from playbook.deployments.answers import id_of, list_of, object_of
from playbook.deployments.description import (
    Listing,
    Request,
    ShownAccount,
    ShownCreator,
    ShownLead,
    ShownLiveSale,
    ShownProduct,
    Single,
    UnreadableAnswer,
)
from playbook.deployments.scope import PROBE, Scope
from playbook.environment import Environment, cache_keys, guard, presence, snapshot
from playbook.environment.cache_keys import Cached
from playbook.environment.http import Visitor
from playbook.environment.identities import read_scope
from playbook.environment.presence import Presence
from playbook.environment.settings import without_credentials
from playbook.environment.side_by_side import side_by_side
from playbook.environment.snapshot import Question
from playbook.errors import PlaybookError, WrongUsage
from playbook.facts.findings import FailureKind, Unobservable, kind_of
from playbook.facts.remedies import Remedy, remedy_for
from playbook.facts.stored import Stored
from playbook.pristine import bundles, languages
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.rates import CURRENCIES, EMBEDDED_FEED, Feed
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.journal import COLLECTION as JOURNAL
from playbook.reset.journal import LOOKS

PATIENCE_SECONDS = 5.0
"""How long an endpoint may take; a longer wait would be noticed by an investor."""
LATE = f"did not answer within {PATIENCE_SECONDS:g} s"
ARRIVAL_SECONDS = 5.0
"""How long a tracked event may take to arrive in analytics."""
REQUESTS_AT_ONCE = 6
GATEWAY_ERRORS = (502, 503, 504)
"""The status codes of a proxy whose API does not answer."""
UNPROCESSABLE = 422
MOST_PAGES = 200
"""The largest number of entries that are read of a list, which may never end."""
VARIANTS = "variants of the languages"
"""The label for reading regional variants (``fr-FR`` beside ``fr``)."""
PROBE_TIME = "%Y%m%dT%H%M%S"
ABANDONED = timedelta(minutes=10)
"""Another check's probe that is older than this is from a killed check."""


@dataclass(frozen=True)
class Answer:
    """An endpoint's answer: a status and a JSON body, or the reason why there is none."""

    request: str
    status: int | None
    body: Any = None
    problem: str | None = None
    silent: bool = False
    """Whether the API did not answer this request, or an earlier one that it needs."""

    @property
    def kind(self) -> FailureKind:
        """The kind of the failure, if this is not a good answer."""
        down = self.silent or self.status in GATEWAY_ERRORS
        return FailureKind.ENVIRONMENT if down else FailureKind.DATA

    def json(self) -> Any:
        """The body of a good answer. Raises Unobservable for any other answer."""
        if self.problem or self.status != 200:
            remedy = Remedy.BACKEND if self.status else Remedy.ENVIRONMENT
            text = f"{self.request} {self.problem or f'answered {self.status}'}"
            raise Unobservable(text, remedy, self.kind)
        return self.body

    def field(self, name: str, kind: type[Any]) -> Any:
        """A field of a good answer. Raises Unobservable if it is missing or of another type."""
        body = self.json()
        if not isinstance(body, dict) or not isinstance(body.get(name), kind):
            raise Unobservable(f"{self.request} answered without a usable “{name}”", Remedy.BACKEND)
        return body[name]


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
        self.environment, self.bundle, self.seeds, self.at = environment, bundle, seeds, at
        self.deployment = environment.deployment
        self.accounts = tuple(bundles.accounts_of(seeds, bundle))
        # It contains the time, so a later check can recognise probes of a killed check.
        self.probe = f"{PROBE}-{at:{PROBE_TIME}}-{uuid.uuid4().hex}"
        self._tokens: list[str] = []
        self._probed = False
        # Each account is a visitor of its own, and so is the visitor without an account.
        self._visitor = environment.api.visitor()
        self._visitors = {email: environment.api.visitor() for email in self.accounts}
        self._pool = ThreadPoolExecutor(REQUESTS_AT_ONCE, thread_name_prefix=bundle.short)
        # Documents are read before the probes are sent, so no probe is among them.
        self._scope = self._pool.submit(self._read_scope)
        self._documents = self._pool.submit(self._read_documents)
        self._indexes = self._pool.submit(self._read_indexes)
        self._cache = self._pool.submit(self._read_cache)
        self._main, self._companion = self.accounts[0], self.accounts[-1]
        self._shared = shared = shared or AskedOnce()
        self._wrong = shared.ask("wrong password", lambda: self._pool.submit(self._mistype))
        self._logins = {email: self._pool.submit(self._log_in, email) for email in self.accounts}
        self._event = self._pool.submit(self._track)
        bases = ("USD", bundle.currency if bundle.currency != "USD" else "EUR")
        self._rates = {
            base: shared.ask(("rates", base), partial(self._pool.submit, self._read_rates, base))
            for base in bases
        }
        self._context = self._get(f"/api/demo/context/{bundle.key}")
        self._kpis = self._get(f"/api/demo/kpis/{bundle.key}", currency=bundle.currency)
        self._localization = shared.ask("languages", self._ask_for_languages)
        self._start_looking(shared)

    def _start_looking(self, shared: AskedOnce) -> None:
        """Request what the app shows, after the requests that these answers depend on."""
        shown, submit = self.deployment.shown, self._pool.submit
        region = self.bundle.region

        def entries[T](listing: Listing[T] | None, what: str) -> Future[list[T]]:
            if listing is None:
                return submit(self._not_shown, what)
            first = listing.pages(self.bundle, 0)
            key = (first.path, tuple(first.query.items()))
            if first.signed_in and what == "leads":
                return submit(self._read_listing, listing)
            return shared.ask(key, lambda: submit(self._read_listing, listing))

        self._shown_products = entries(shown.products, "products")
        self._shown_creators = entries(shown.creators, "creators")
        self._shown_categories = entries(shown.categories, "categories")
        self._shown_livesales = entries(shown.livesales, "livesales")
        self._shown_leads = entries(shown.leads, "leads")
        self._shown_product = shared.ask("product page", lambda: submit(self._open_product))
        self._shown_livesale = submit(self._open_livesale)
        # The board uses every token anyway, so one account's own page per region is enough.
        self._own_page: Future[tuple[str, ShownAccount]] | None = None
        if shared.first(("own page", region)):
            self._own_page = submit(self._open_own_page)

    def close(self) -> None:
        """Wait for running requests and remove the probes."""
        self._pool.shutdown(wait=True)
        self.remove_probes()

    # Stored

    @cached_property
    def scope(self) -> Scope:
        """The scope of the bundle."""
        return self._result(self._scope)

    @cached_property
    def documents(self) -> Mapping[str, list[Document]]:
        """Every document of the scope by collection, with ``currency_rates`` beside them."""
        return self._result(self._documents)

    @cached_property
    def stored(self) -> Stored:
        """The same by kind, because apps have different names for their collections."""
        pristine = pristine_documents(self.bundle, self.seeds, self.at)
        return Stored(self.deployment, pristine, self.documents)

    @cached_property
    def indexes(self) -> Mapping[str, list[dict[str, Any]]]:
        """The indexes of the collections that have declared ones."""
        return self._result(self._indexes)

    @cached_property
    def cache(self) -> Mapping[str, Cached]:
        """The cached values of the bundle and its region by key."""
        return self._result(self._cache)

    @property
    def embedded(self) -> bool:
        """Whether the marker says that ``playbook up`` started the environment."""
        return any(mark.get("by") == "playbook up" for mark in self.documents[guard.COLLECTION])

    @property
    def feed(self) -> Feed:
        """The settings about the deployment's rate feed; the embedded environment has its own."""
        feed = self.environment.settings.feed
        if feed.source is None and self.embedded:
            return replace(feed, source=EMBEDDED_FEED)
        return feed

    @property
    def present(self) -> list[Presence]:
        """The accounts in session, of the bundle and of those that share its region."""
        traces = {
            trace.collection: self.documents.get(presence.LABEL + trace.collection, [])
            for trace in self.deployment.traces
        }
        return presence.latest(self.seeds, self.scope, traces, self.at)

    @property
    def last_run(self) -> Document | None:
        """The journal's latest entry of the bundle, if there is one."""
        return next(iter(self.documents[JOURNAL]), None)

    # What the API answers

    @property
    def wrong_login(self) -> tuple[str, Answer]:
        """The account for which a wrong password was tried, once a run, and the answer."""
        return self._result(self._wrong)

    def login(self, email: str) -> Answer:
        """The answer to a login with the account's password."""
        return self._result(self._logins[email])

    def rates(self, base: str) -> Answer:
        """The served rates of a base currency: USD, and one other (see :attr:`bases`)."""
        return self._result(self._rates[base])

    @property
    def bases(self) -> tuple[str, ...]:
        """The base currencies that were requested."""
        return tuple(self._rates)

    @property
    def localization(self) -> Answer:
        """The seven languages as the API serves them."""
        return self._result(self._localization)

    @property
    def context(self) -> Answer:
        """The investor's context as the API serves it."""
        return self._result(self._context)

    @property
    def kpis(self) -> Answer:
        """The headline numbers as the API shows them, in the bundle's currency."""
        return self._result(self._kpis)

    # What the app shows

    @property
    def shown_products(self) -> list[ShownProduct]:
        """The shop's whole list. Like all of these, it may raise Unobservable."""
        listed, listing = self._result(self._shown_products), self.deployment.shown.products
        if listing is None or not self.stored.keeps("products"):
            return listed
        wanted = {str(match.wanted["_id"]) for match in self.stored.matched("products").matches}
        if wanted <= {product.id for product in listed}:
            return listed
        read_on = partial(self._read_listing, listing, to_the_end=True)
        whole = self._shared.ask("the whole shop", lambda: self._pool.submit(read_on))
        return self._result(whole)

    def why_unreadable(self, identifier: str) -> str | None:
        """What is wrong with an entry of a list that was left out of it; None for all others."""
        return self._shared.unreadable.get(identifier)

    @property
    def shown_product(self) -> tuple[str, ShownProduct]:
        """The SKU of the one product whose own page this run opened, and that page."""
        return self._result(self._shown_product)

    @property
    def shown_product_of_region(self) -> tuple[str, ShownProduct]:
        """The same for the bundle's own region; requested only if this is called."""
        what = ("product page", self.bundle.region)
        return self._result(self._shared.ask(what, lambda: self._pool.submit(self._open_product)))

    @property
    def shown_creators(self) -> list[ShownCreator]:
        """The active creators."""
        return self._result(self._shown_creators)

    @property
    def shown_categories(self) -> list[str]:
        """The names of the shop's shelves."""
        return self._result(self._shown_categories)

    @property
    def shown_livesales(self) -> list[ShownLiveSale]:
        """The list of LiveSales."""
        listing = self.deployment.shown.livesales
        try:
            return self._result(self._shown_livesales)
        except Unobservable:
            if listing is None or not listing.pages(self.bundle, 0).signed_in:
                raise
        # The bundle that sent the shared request could not sign in; that is not this one's fault.
        return self._result(self._own_livesales)

    @cached_property
    def _own_livesales(self) -> Future[list[ShownLiveSale]]:
        listing = self.deployment.shown.livesales
        assert listing is not None
        return self._pool.submit(self._read_listing, listing)

    @property
    def shown_livesale(self) -> ShownLiveSale:
        """The page of the bundle's own LiveSale."""
        return self._result(self._shown_livesale)

    @property
    def shown_leads(self) -> list[ShownLead]:
        """The board as a signed-in demo account sees it."""
        return self._result(self._shown_leads)

    @property
    def own_page(self) -> tuple[str, ShownAccount] | None:
        """An account's address and its own page; None if another bundle's page was opened."""
        return self._result(self._own_page) if self._own_page else None

    @property
    def tracked(self) -> tuple[Answer, list[Document]]:
        """The answer to the probe event, and the stored events of it; there should be one."""
        return self._result(self._event)

    # How each part is read

    @staticmethod
    def _result[T](future: Future[T]) -> T:
        try:
            return future.result()
        except PlaybookError as error:
            raise Unobservable(str(error), remedy_for(error), kind_of(error)) from None

    def _read_scope(self) -> Scope:
        with self.environment.translate_connection_errors():
            return read_scope(self.environment.db, self.deployment, self.bundle, self.seeds)

    def _read_documents(self) -> dict[str, list[Document]]:
        scope = self._scope.result()
        since = self.at - presence.IN_SESSION
        more = presence.presence_questions(self.seeds, scope, since)
        if kept := self.deployment.kept_as("locales"):
            more.append(Question(VARIANTS, kept.collection, {kept.key: languages.VARIANT_FILTER}))
        runs = {"bundle": self.bundle.key, "trigger": {"$nin": LOOKS}}
        more += [
            Question("currency_rates", "currency_rates"),
            Question(guard.COLLECTION, guard.COLLECTION, {"_id": guard.MARKER}),
            Question(JOURNAL, JOURNAL, runs, newest=1),
        ]
        with self.environment.translate_connection_errors():
            found = snapshot.read_documents(self.environment.db, scope, more)
        documents = {
            name: [bson.decode(document.raw, snapshot.DECODED) for document in raw]
            for name, raw in found.items()
        }
        for name in ("currency_rates", guard.COLLECTION, JOURNAL):
            documents.setdefault(name, [])
        return documents

    def _read_indexes(self) -> dict[str, list[dict[str, Any]]]:
        with self.environment.translate_connection_errors():
            return snapshot.read_indexes(self.environment.db, self.deployment)

    def _read_cache(self) -> dict[str, Cached]:
        with self.environment.translate_connection_errors():
            client = self.environment.redis
            keys = cache_keys.keys(client, self.deployment.key_patterns(self.bundle))
            found = cache_keys.values(client, keys)
            return {key.decode("utf-8", "replace"): value for key, value in found.items()}

    def _get(self, path: str, **query: str) -> Future[Answer]:
        return self._pool.submit(self._ask, "GET", path, params=query)

    def _read_rates(self, base: str) -> Answer:
        path = "/api/awareness/currency-rates"
        targets = ",".join(CURRENCIES)
        query = {"base_currency": base, "target_currencies": targets}
        answer = self._ask("GET", path, params=query)
        return replace(answer, request=f"GET {path}?base_currency={base}")

    def _ask(
        self, method: str, path: str, visitor: Visitor | None = None, **options: Any
    ) -> Answer:
        request = f"{method} {path}"
        try:
            with self.environment.asking:
                visitor = visitor or self._visitor
                answer = visitor.ask(method, path, seconds=PATIENCE_SECONDS, **options)
        except requests.Timeout:
            return Answer(request, None, problem=LATE, silent=True)
        except requests.RequestException as error:
            problem = f"got no answer ({type(error).__name__})"
            return Answer(request, None, problem=problem, silent=True)
        return read_answer(request, answer)

    # Probes

    def _mistype(self) -> tuple[str, Answer]:
        self._result(self._documents)
        self._probed = True
        return self._main, self._sign_in(self._main, f"wrong-{uuid.uuid4().hex}")

    def _log_in(self, email: str) -> Answer:
        self._result(self._documents)
        # The wrong password first: a good sign-in after it resets the app's count of failures.
        self._result(self._wrong)
        self._probed = True
        try:
            password = self.environment.settings.account_password(self.bundle.short, email)
        except WrongUsage as error:
            request = str(self.deployment.sign_in.ask(email, ""))
            return Answer(request, None, problem=f"was not asked: {error}")
        return self._sign_in(email, password)

    def _sign_in(self, email: str, password: str) -> Answer:
        sign_in = self.deployment.sign_in
        request = sign_in.ask(email, password)
        answer = self._ask(
            request.method,
            request.path,
            self._visitors[email],
            json=request.body,
            headers={"User-Agent": self.probe},
        )
        if (token := sign_in.token(answer.body)) is not None:
            self._tokens.append(token)
        return answer

    # Reading what the app shows

    def _ask_for_languages(self) -> Future[Answer]:
        if self.deployment.kept_as("locales") is None:
            return self._pool.submit(self._not_shown, "locales")
        return self._get("/api/awareness/test-localization")

    def _asked(self, request: Request, *accounts: str) -> Answer:
        """The answer to a request; a signed-in one uses the first account that could sign in."""
        if not request.signed_in:
            return self._ask(request.method, request.path, params=dict(request.query))
        problem, silent = "no account", False
        for email in accounts:
            answer = self._result(self._logins[email])
            token = self.deployment.sign_in.token(answer.body)
            if token is not None and answer.status == 200:
                headers = {"User-Agent": self.probe, "Authorization": f"Bearer {token}"}
                return self._ask(
                    request.method,
                    request.path,
                    self._visitors[email],
                    params=dict(request.query),
                    headers=headers,
                )
            reason = "answered without a token" if answer.status == 200 else None
            reason = answer.problem or reason or f"answered {answer.status}"
            problem = f"{answer.request} {reason}"
            silent = answer.kind is FailureKind.ENVIRONMENT
        text = f"could not be asked, as nobody could sign in ({problem})"
        return Answer(str(request), None, problem=text, silent=silent)

    def _not_shown(self, what: str) -> Any:
        text = self.deployment.not_kept.get(what, f"the app has no route that shows {what}")
        raise Unobservable(text, Remedy.BACKEND)

    def _read_listing[T](self, listing: Listing[T], *, to_the_end: bool = False) -> list[T]:
        """The entries of a list, up to the first short page or a page without new entries.

        ``to_the_end``: a short page does not end it. An app may give fewer entries than requested,
        for example because it hides one.
        """
        entries: list[T] = []
        known: set[str] = set()
        asked = 0
        for _ in range(MOST_PAGES):
            page = _as_described(self._page(listing, asked), list_of)
            asked += len(page)
            new = [entry for entry in page if _text(entry) not in known]
            known.update(map(_text, new))
            for entry in new:
                try:
                    entries.append(listing.entry(entry))
                except UnreadableAnswer as error:
                    # It is not shown as it should be; the app may have entries of its own kind.
                    self._shared.unreadable[_id_in(entry)] = str(error)
            short = len(page) < (listing.page_size or 0) and not to_the_end
            if listing.page_size is None or short or not new:
                break
        return entries

    def _page[T](self, listing: Listing[T], skip: int) -> Answer:
        request = listing.pages(self.bundle, skip)
        answer = self._asked(request, *self.accounts)
        if answer.status == UNPROCESSABLE and "limit" in request.query:
            # The app refuses pages of that size: then request its own page size.
            query = {name: text for name, text in request.query.items() if name != "limit"}
            answer = self._asked(replace(request, query=query), *self.accounts)
        return answer

    def _open[T](self, single: Single[T] | None, what: str, key: str, *accounts: str) -> T:
        if single is None:
            self._not_shown(what)
        assert single is not None
        return _as_described(self._asked(single.ask(key), *accounts), single.read)

    def _open_product(self) -> tuple[str, ShownProduct]:
        match = self.stored.matched("products").matches[0]
        key = str(match.wanted["_id"])
        page = self._open(self.deployment.shown.product, "products", key, *self.accounts)
        return str(match.pristine["_id"]), page

    def _open_livesale(self) -> ShownLiveSale:
        match = self.stored.matched("livesales").matches[0]
        key = str(match.wanted["_id"])
        return self._open(self.deployment.shown.livesale, "livesales", key, *self.accounts)

    def _open_own_page(self) -> tuple[str, ShownAccount]:
        # The companion's, because the main account's token opens the board.
        sign_in = self.deployment.sign_in
        answer = self._result(self._logins[self._companion])
        request = sign_in.own_page(sign_in.user_id(answer.body) or "")
        return self._companion, _as_described(
            self._asked(request, self._companion), sign_in.account
        )

    def _track(self) -> tuple[Answer, list[Document]]:
        self._result(self._documents)
        self._probed = True
        answer = self._ask(
            "POST",
            "/api/demo/track-interaction",
            json={
                "bundle": self.bundle.key,
                "event_type": "page_view",
                "page": "/",
                "utm_content": PROBE,
                "session_id": self.probe,
            },
            headers={"User-Agent": self.probe},
        )
        if answer.problem or answer.status != 200 or self.deployment.events is None:
            return answer, []
        # An app may write its events through a queue, so look again for some seconds.
        arrived = self.environment.db[self.deployment.events]
        deadline = time.monotonic() + ARRIVAL_SECONDS
        pause = 0.05
        with self.environment.translate_connection_errors():
            while True:
                events = list(arrived.find({"session_id": self.probe}))
                if events or time.monotonic() > deadline:
                    return answer, events
                if isinstance(answer.body, dict) and answer.body.get("tracked") is not True:
                    return answer, []  # the app itself says that it did not track the event
                time.sleep(pause)
                pause = min(pause * 2, 1.0)

    def remove_probes(self) -> None:
        """Remove this check's probes, and those of killed checks.

        Raises Unreachable if MongoDB does not answer any more.
        """
        if not self._probed:
            return
        abandoned = f"{PROBE}-{self.at - ABANDONED:{PROBE_TIME}}"
        ours = [{"$eq": self.probe}, {"$gte": f"{PROBE}-", "$lt": abandoned}]
        hashes = [hashlib.sha256(token.encode()).hexdigest() for token in self._tokens]
        own = {
            "$and": [
                {"email": {"$in": list(self.accounts)}},
                {
                    "$or": [
                        *({"user_agent": marked} for marked in ours),
                        {"token": {"$in": self._tokens}},
                        {"token_sha256": {"$in": hashes}},
                    ]
                },
            ]
        }
        db = self.environment.db
        removals: list[Callable[[], object]] = []
        if any(trace.collection == "user_sessions" for trace in self.deployment.traces):
            removals.append(partial(db.user_sessions.delete_many, own))
        if self.deployment.events is not None:
            events = [{"session_id": marked} for marked in ours]
            tracked = {"bundle": self.bundle.key, "$or": events}
            removals.append(partial(db[self.deployment.events].delete_many, tracked))
        with self.environment.translate_connection_errors():
            side_by_side(removals)
        self._probed = False


class AskedOnce:
    """The requests that bundles share: each is sent once, and all get the same answer."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, Future[Any]] = {}
        self.unreadable: dict[str, str] = {}
        """Why an entry of a list does not read, by its id."""
        self._firsts: set[Hashable] = set()
        self._lock = threading.Lock()

    def ask[T](self, what: Hashable, submit: Callable[[], Future[T]]) -> Future[T]:
        """The one answer; ``submit`` is called only by the first."""
        with self._lock:
            if what not in self._asked:
                self._asked[what] = submit()
            return self._asked[what]

    def first(self, what: Hashable) -> bool:
        """Whether this has not been asked before."""
        with self._lock:
            known = what in self._firsts
            self._firsts.add(what)
            return not known


def _id_in(entry: object) -> str:
    try:
        return id_of(object_of(entry))
    except UnreadableAnswer:
        return ""


def _text(entry: object) -> str:
    """A key by which an entry of a list is recognised."""
    return json.dumps(entry, sort_keys=True, default=str)


def _as_described[T](answer: Answer, read: Callable[[Any], T]) -> T:
    """The content of an answer. Raises Unobservable if it does not have the described form."""
    try:
        return read(answer.json())
    except UnreadableAnswer as error:
        text = f"{answer.request} answered what the app should not show: {error}"
        raise Unobservable(text, Remedy.BACKEND) from None


def read_answer(request: str, answer: requests.Response) -> Answer:
    """What was answered to a request: its JSON, else in a few words what came instead."""
    status, content = answer.status_code, answer.content
    try:
        body = json.loads(content, parse_float=Decimal, parse_constant=_refuse_constant)
        return Answer(request, status, body)
    except UnicodeDecodeError:
        what = "text that is not UTF-8, which a browser can't read as JSON"
    except (ValueError, RecursionError):
        kind = answer.headers.get("Content-Type", "something unknown").partition(";")[0].strip()
        what = "broken JSON" if kind.endswith("json") else f"{kind} instead of JSON"
    problem = f"answered {status} with {what if content.strip() else 'nothing'}"
    if 300 <= status < 400 and "Location" in answer.headers:
        # Of where it leads, only the place: a query or a login may hold anything.
        place = answer.headers["Location"].partition("?")[0]
        place = place if place.startswith("/") else without_credentials(place)
        problem = f"answered {status}: it sends to {place}"
    return Answer(request, status, problem=problem)


def _refuse_constant(name: str) -> None:
    """NaN and Infinity are no JSON: a browser reads nothing of an answer that holds one."""
    raise ValueError(name)
