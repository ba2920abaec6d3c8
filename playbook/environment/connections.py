"""Connections to the three parts of a deployment, each with timeouts and a plain name.

If a part does not answer, every driver's error becomes :class:`playbook.errors.Unreachable`, which
names the part and its address without credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from threading import BoundedSemaphore, Lock, RLock
from typing import Any, Self
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

import redis
import requests
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import (
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.read_preferences import ReadPreference
from pymongo.write_concern import WriteConcern

from playbook.deployments import Deployment, load
from playbook.environment import identity, reasons, redis_client, tls
from playbook.environment.http import Api, Visitor
from playbook.environment.identity import Found, Identity
from playbook.environment.opened_once import opened_once
from playbook.environment.outages import Outages
from playbook.environment.redaction import (
    Redactor,
    secrets_in,
    secrets_in_environment,
    worth_hiding,
)
from playbook.environment.redis_client import Client
from playbook.environment.server_clock import HEARTBEATS, ServerClock
from playbook.environment.settings import Settings, host_of, in_one_form
from playbook.environment.side_by_side import AT_ONCE, side_by_side
from playbook.environment.snapshot import DECODED
from playbook.errors import Outage, Unreachable, Unusable, WrongUsage

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0
"""How long a part may take to answer one request."""
REQUESTS_AT_ONCE = 4
CAUSE_ATTEMPTS = 3
"""How often to ask MongoDB again if an error does not say what is wrong."""


@dataclass(frozen=True)
class Environment:
    """One deployment, its parts connected on first use. Close it, or use it in ``with``."""

    settings: Settings
    asking: BoundedSemaphore = field(
        default_factory=lambda: BoundedSemaphore(REQUESTS_AT_ONCE), repr=False, compare=False
    )
    """A limit for the requests of a check. Many at once would slow the backend down, and the check
    would then blame the backend."""
    listeners: tuple[Any, ...] = field(default=(), repr=False)
    """pymongo command listeners, for code that counts commands."""
    opening: dict[str, RLock] = field(default_factory=dict, repr=False, compare=False)
    """A lock for each part while it is being connected, so two threads do not connect it twice."""
    _known: list[Identity] = field(default_factory=list, init=False, repr=False, compare=False)
    _identifying: Lock = field(default_factory=Lock, init=False, repr=False, compare=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all open connections."""
        opened = vars(self)
        if "mongo" in opened:
            self.mongo.close()
        if "redis" in opened:
            self.redis.close()
        if "api" in opened:
            self.api.close()

    @opened_once
    def deployment(self) -> Deployment:
        """How the app keeps and shows a demo. Raises WrongUsage if no description is found."""
        return load(self.settings.deployment)

    @opened_once
    def mongo(self) -> MongoClient[dict[str, Any]]:
        """The MongoDB client; aware UTC datetimes in and out."""
        connecting, answering = int(CONNECT_SECONDS * 1000), int(ANSWER_SECONDS * 1000)
        usual: dict[str, Any] = {
            "connectTimeoutMS": connecting,
            "serverSelectionTimeoutMS": connecting,
            "socketTimeoutMS": answering,
            # A far server's connections take as long as two answers; usually two at once are made.
            "maxConnecting": AT_ONCE // 2,
            # A check of all bundles reads them at the same time; the app needs connections, too.
            "maxPoolSize": 4 * AT_ONCE,
        }
        # The app's smallest pool could be larger than ours, and a command needs none.
        always: dict[str, Any] = {"minPoolSize": 0}
        try:
            # Options given here win over the URI's, so only options missing in the URI are given.
            stated = {
                name.lower() for name in dict(parse_qsl(urlsplit(self.settings.mongo_uri).query))
            }
            return MongoClient(
                self.settings.mongo_uri,
                tz_aware=True,
                appname="aislemarts-demo-playbook",
                event_listeners=[HEARTBEATS, *self.listeners],
                **{name: value for name, value in usual.items() if name.lower() not in stated},
                **always,
            )
        except (PyMongoError, ValueError, TypeError, KeyError) as error:
            # Only the address of a cluster (mongodb+srv) has been looked up here.
            looked_up = self.settings.mongo_uri.startswith("mongodb+srv:")
            if isinstance(error, PyMongoError) and looked_up and not isinstance(error, InvalidURI):
                raise self._unreachable("MongoDB", error) from None
            why = self.redact(reasons.reason_of(error))
            raise WrongUsage(f"MONGO_URI has options that do not fit: {why}; correct it") from None
        except OSError as error:  # a file of certificates or a key
            why = error.strerror or getattr(error, "reason", "") or type(error).__name__
            raise WrongUsage(
                f"MONGO_URI names a file of certificates that cannot be used: {why}; correct it"
            ) from None

    @opened_once
    def db(self) -> Database[dict[str, Any]]:
        """The demo database, always read from the primary, with read concern majority.

        The URI's own preference is ignored: a secondary may lag behind and show an old demo.
        """
        stated = self.mongo.write_concern.document
        return self.mongo.get_database(
            self.settings.mongo_db,
            codec_options=DECODED,
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern(w="majority", wtimeout=stated.get("wtimeout")),
        )

    def write_seconds(self, longest: float) -> float:
        """How long one write may take: the URI's ``timeoutMS``, but at most ``longest``."""
        stated = self.mongo.options.timeout
        return min(stated, longest) if stated is not None else longest

    def require_primary(self) -> None:
        """Wait for a primary if none is known, but no longer than the URI says.

        A write with its own time limit would use all of that time to wait for a primary. Raises
        PyMongoError if there is none.
        """
        if not self.mongo.topology_description.has_writable_server():
            self.db.command("ping")

    @opened_once
    def server_clock(self) -> ServerClock:
        """The time by MongoDB's own clock."""
        return ServerClock(self.db)

    @property
    def identity(self) -> Identity:
        """The identity of this environment, from its marker; read once.

        Raises Refused if the database is a copy of another environment's, and Unreachable.
        """
        with self._identifying:
            if not self._known:
                with self.translate_connection_errors():
                    self._known.append(identity.read(self.db, self.settings))
            return self._known[0]

    def identify(self, found: Found) -> Identity:
        """The identity of this environment, read from its database again.

        Raises Refused if the database is a copy of another environment's, and Unreachable.
        """
        stated = (found.marker or {}).get("identity")
        with self._identifying:
            if not self._known or not self._known[0].owns(stated):
                self._known.clear()
                with self.translate_connection_errors():
                    self._known.append(identity.read(self.db, self.settings, found))
            return self._known[0]

    @property
    def front_end_address(self) -> str:
        """The address of the app's pages: its description's, else ``APP_URL``, else the API's."""
        described = self.deployment.front_end.address
        return described or self.settings.app_url or self.settings.api_url

    @property
    def own_hosts(self) -> frozenset[str]:
        """The names of the hosts of the app's API and pages, without ports."""
        return frozenset(map(host_of, (self.settings.api_url, self.front_end_address)))

    @property
    def states_its_pages(self) -> bool:
        """Whether somebody has said where the app's pages are, if that is not the API's address."""
        return bool(self.deployment.front_end.address or self.settings.app_url)

    @property
    def app(self) -> str:
        """The app that a verdict is about: the addresses of its API and pages, no credentials."""
        api, pages = in_one_form(self.settings.api_url), in_one_form(self.front_end_address)
        return api if api == pages else f"{api} with pages at {pages}"

    def page_address(self, link: str) -> str:
        """The whole address of a page that the app links to, credentials included.

        A path is one of the front end, whose own address may have a path as well.
        """
        parts, home = urlsplit(link), urlsplit(self.front_end_address)
        if parts.scheme or parts.netloc:
            return urljoin(self.front_end_address, link)
        prefix = home.path.rstrip("/")
        path = "/" + parts.path.removeprefix("/")
        if not (path == prefix or path.startswith(f"{prefix}/")):
            path = prefix + path
        return urlunsplit((home.scheme, home.netloc, path, parts.query, parts.fragment))

    @property
    def name(self) -> str:
        """The environment's name: the marker's, if that has been read, or the settings'."""
        return self._known[0].name if self._known else self.settings.default_name

    def forget_identity(self) -> None:
        """Read the identity again the next time that it is needed."""
        with self._identifying:
            self._known.clear()

    @opened_once
    def redis(self) -> Client:
        """The Redis client, connected; answers are bytes, as stored.

        Raises Unreachable if Redis does not answer.
        """
        with self.translate_connection_errors():
            return redis_client.connect(self.settings.redis_url, CONNECT_SECONDS, ANSWER_SECONDS)

    @opened_once
    def api(self) -> Api:
        """The deployment's backend; each of its visitors has its own cookies."""
        return Api(self.settings.api_url, self.settings.access, CONNECT_SECONDS)

    @opened_once
    def _visitor(self) -> Visitor:
        return self.api.visitor()

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send one HTTP request to the deployment's backend; return any answer, also an error's.

        Raises Unreachable if no complete answer came in time.
        """
        with self.translate_connection_errors():
            return self.send(method, path, **options)

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Like :meth:`call`, but raises requests.RequestException unchanged."""
        return self._visitor.ask(method, path, **{"seconds": ANSWER_SECONDS, **options})

    @opened_once
    def _outages(self) -> Outages:
        return Outages(self.settings.outage_patience)

    @opened_once
    def redact(self) -> Redactor:
        """Hides this environment's secrets in any text."""
        settings = self.settings
        secrets = [*settings.passwords.values()]
        for url in (settings.mongo_uri, settings.redis_url, settings.api_url, settings.app_url):
            secrets += secrets_in(url) if url else []
        secrets += settings.access.headers.values()
        secrets += [settings.access.token] if settings.access.token else []
        secrets += secrets_in(settings.access.proxy) if settings.access.proxy else []
        return Redactor([*worth_hiding(secrets), *secrets_in_environment()])

    @contextmanager
    def translate_connection_errors(self) -> Iterator[None]:
        """Turn every error of a driver into Unreachable, which names the part and the cause.

        It is an Outage if the part may answer again soon.
        """
        try:
            yield
        except PyMongoError as error:
            raise self._unreachable("MongoDB", self._cause(error)) from None
        except redis.RedisError as error:
            raise self._unreachable("Redis", error) from None
        except requests.RequestException as error:
            raise self._unreachable("API", error) from None

    def outlast[T](self, attempt: Callable[[], T]) -> T:
        """The result of ``attempt``, repeated during an outage (playbook.environment.outages).

        Raises Outage if a part does not answer for longer than ``PLAYBOOK_OUTAGE_PATIENCE``, and
        StoppedEarly if a signal asks this process to stop meanwhile.
        """

        def translated() -> T:
            with self.translate_connection_errors():
                return attempt()

        return self._outages.outlast(translated)

    def _cause(self, error: PyMongoError) -> PyMongoError:
        """The error itself; or, if pymongo only says that another request has failed, its cause.

        After a failure pymongo closes its connections, and requests that wait for one fail too,
        without their own reason. Another request then meets the same cause, if it is not over.
        """
        for _ in range(CAUSE_ATTEMPTS):
            if isinstance(error, ServerSelectionTimeoutError):
                return self._refusal() or error
            if not reasons.is_without_cause(error):
                break
            try:
                self.mongo.admin.command("ping")
            except PyMongoError as another:
                error = another
        return error

    def _refusal(self) -> OperationFailure | None:
        """Why a server that was found cannot be used: for example it refuses our password."""
        servers = self.mongo.topology_description.server_descriptions().values()
        return next((s.error for s in servers if isinstance(s.error, OperationFailure)), None)

    def _unreachable(self, part: str, error: Exception) -> Unreachable:
        # A server's own words may contain anything, even our secrets.
        reason = self.redact(reasons.reason_of(error))
        address = self.settings.addresses[part]
        what = "refuses" if reasons.refused(error) else "cannot be reached"
        text = f"{part} at {address} {what}: {reason}"
        return Outage(text, part) if reasons.may_succeed_later(error) else Unusable(text)

    def require_reachable(self) -> None:
        """Send a small request to all three parts at once, before anything else is done.

        Raises Unreachable, which names every part that does not answer, and why.
        """
        asked: list[Callable[[], object]] = [
            lambda: self.db.demo_environment.find_one({}, {"_id": 1}),
            lambda: self.redis.ping(),
            self._reach_api,
        ]
        problems = [p for p in side_by_side([partial(self._problem, ask) for ask in asked]) if p]
        if problems:
            text = "; ".join(str(problem) for problem in problems)
            passing = [problem for problem in problems if isinstance(problem, Outage)]
            raise (
                Outage(text, passing[0].part)
                if len(passing) == len(problems)
                else Unreachable(text)
            )

    def _problem(self, ask: Callable[[], object]) -> Unreachable | None:
        try:
            with self.translate_connection_errors():
                ask()
        except Outage as error:
            return self._with_advice_on_tls(error)
        except Unreachable as error:
            return error
        return None

    def _with_advice_on_tls(self, error: Outage) -> Unreachable:
        """The error, with what to change in the address if one side uses TLS and the other not."""
        settings = self.settings
        urls = {"MongoDB": settings.mongo_uri, "Redis": settings.redis_url}
        if not settings.access.proxy:
            urls["API"] = settings.api_url
        if error.part not in urls or (what := tls.advice(error.part, urls[error.part])) is None:
            return error
        return Unreachable(f"{error}; {what}")

    def _reach_api(self) -> None:
        """Any answer is enough here; the checks judge its content."""
        self.call("GET", "/", seconds=CONNECT_SECONDS + ANSWER_SECONDS)
