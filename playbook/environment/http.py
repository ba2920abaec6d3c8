"""Send requests to a deployment's API without disturbing it.

A request is sent once, with three exceptions. If the server has closed an idle connection and no
byte of the answer has come, the request is sent once more on a new connection. If the API answers
429 (too many requests), all requests wait as long as it asks for, up to a limit. If an app knows a
route only with a slash at its end, or only without, that route is used. A deadline counts for the
whole answer, not for each read. Each visitor has its own cookies.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
import urllib3.connection
import urllib3.connectionpool
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from playbook import __version__
from playbook.environment.api_access import ApiAccess

USER_AGENT = f"aislemarts-demo-playbook/{__version__}"
PARALLEL_REQUESTS = 8
TOO_MANY = 429
KEEPS_THE_METHOD = (307, 308)
"""Redirects after which the same request must be sent again."""
ALL_REDIRECTS = (301, 302, *KEEPS_THE_METHOD)
"""Redirects after which a request that only reads can be sent again."""
CAREFUL_SECONDS = 60.0
"""After a refused request, requests are sent one at a time for so many seconds."""
LEAST_PAUSE = 0.5
"""Seconds to wait if an API says "too many requests" but not how long to wait."""
MOST_REFUSALS = 6
"""After so many refusals, one after the other, the wait grows no longer: it is 31 s then."""


class Deadline:
    """Ends one exchange at an instant. A socket's own timeout counts only for a single read."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._connected: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watch(self, connected: socket.socket | None) -> None:
        """Remember the connection that the exchange uses."""
        self._connected = connected
        if self.passed:
            self._end()

    def _end(self) -> None:
        self.passed = True
        if self._connected is not None:
            with contextlib.suppress(OSError):
                self._connected.shutdown(socket.SHUT_RDWR)


_DEADLINE: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


class _Reopening:
    """If the server has closed an idle connection, send the request again on a new one.

    Only if no byte of the answer has come: then the server has not read the request.
    """

    _stood_open = False
    _asked: tuple[tuple[Any, ...], dict[str, Any]]
    sock: Any

    def request(self, *args: Any, **options: Any) -> None:
        self._stood_open, self._asked = self.sock is not None, (args, options)
        super().request(*args, **options)  # type: ignore[misc]

    def getresponse(self) -> Any:
        deadline = _DEADLINE.get()
        if deadline is not None:
            deadline.watch(self.sock)
        try:
            return super().getresponse()  # type: ignore[misc]
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not self._stood_open or (deadline is not None and deadline.passed):
                raise
        args, options = self._asked
        self.close()  # type: ignore[attr-defined]
        super().request(*args, **options)  # type: ignore[misc]
        if deadline is not None:
            deadline.watch(self.sock)
        return super().getresponse()  # type: ignore[misc]


class _Connection(_Reopening, urllib3.connection.HTTPConnection):
    pass


class _SecureConnection(_Reopening, urllib3.connection.HTTPSConnection):
    pass


class _Pool(urllib3.connectionpool.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.connectionpool.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Connections that are opened anew, with a context of TLS where one is given."""

    def __init__(self, context: ssl.SSLContext | None, **options: Any) -> None:
        self._context = context
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        if self._context is not None:
            options["ssl_context"] = self._context
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        if self._context is not None:
            options["ssl_context"] = self._context
        manager = super().proxy_manager_for(*args, **options)
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        return manager


class Visitor:
    """A visitor of the API, with its own cookies."""

    def __init__(self, api: Api, session: requests.Session) -> None:
        self._api, self._session = api, session

    def ask(
        self,
        method: str,
        path: str,
        *,
        seconds: float,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> requests.Response:
        """Send one request and read its whole answer, which may take so many seconds.

        Waiting because of a limit of requests does not count. Raises requests.RequestException,
        a Timeout if the answer was not complete in time.
        """
        return self._api.ask(self._session, method, path, seconds, headers or {}, options)


class Api:
    """The API at one address, its connections shared by all visitors."""

    def __init__(self, url: str, access: ApiAccess, connect_seconds: float) -> None:
        parts = urlsplit(url)
        self._credentials = (unquote(parts.username or ""), unquote(parts.password or ""))
        place = parts.netloc.rpartition("@")[2]
        self._url = urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))
        self._access, self._connect_seconds = access, connect_seconds
        self._adapter = _Adapter(
            _context_for(access), pool_connections=1, pool_maxsize=PARALLEL_REQUESTS
        )
        self._limit = _Limit(access.patience, lambda seconds: self.on_wait(seconds))
        self.on_wait: Callable[[float], None] = lambda seconds: None
        """Called with the seconds if the API asks to wait; once for all requests that wait."""
        self.on_long_answer: Callable[[str], None] = lambda line: None
        """Called from time to time, with a line for a person, while one answer takes long."""
        self.listeners: list[Callable[[str], None]] = []
        """Called for each request that is sent ("GET /api/products"), to count them."""

    @property
    def waited(self) -> float:
        """Seconds of waiting because the API answered that it gets too many requests."""
        return self._limit.waited

    def visitor(self) -> Visitor:
        """A new visitor, without cookies."""
        session = requests.Session()
        session.headers["User-Agent"] = USER_AGENT
        session.headers["Accept"] = "application/json, */*;q=0.5"
        session.headers.update(self._access.headers)
        session.mount("http://", self._adapter)
        session.mount("https://", self._adapter)
        # Proxies and passwords of the machine's own browsing must not be used for the API.
        session.trust_env = False
        session.verify = self._access.authorities or True
        if self._access.proxy:
            session.proxies = {"http": self._access.proxy, "https": self._access.proxy}
        return Visitor(self, session)

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def ask(
        self,
        session: requests.Session,
        method: str,
        path: str,
        seconds: float,
        headers: Mapping[str, str],
        options: dict[str, Any],
    ) -> requests.Response:
        """See :meth:`Visitor.ask`."""
        # A token replaces the credentials of the address: a request can carry only one of both.
        signed_in = any(name.lower() == "authorization" for name in headers)
        auth = _nobody if signed_in or not any(self._credentials) else self._credentials

        def send(path: str = path) -> requests.Response:
            for listener in self.listeners:
                listener(f"{method} {path}")
            with _within(seconds) as deadline:
                try:
                    return session.request(
                        method,
                        self._url + path,
                        headers=dict(headers),
                        auth=auth,
                        timeout=(min(self._connect_seconds, seconds), seconds),
                        allow_redirects=False,
                        **options,
                    )
                except requests.RequestException as error:
                    if deadline.passed:
                        raise requests.Timeout(f"no complete answer in {seconds:g} s") from error
                    raise

        answer = self._limit.respected(send)
        moved = ALL_REDIRECTS if method in ("GET", "HEAD") else KEEPS_THE_METHOD
        if answer.status_code in moved and _differs_by_a_slash(answer, self._url + path):
            other = path[:-1] if path.endswith("/") else f"{path}/"
            answer = self._limit.respected(lambda: send(other))
        return answer


def _context_for(access: ApiAccess) -> ssl.SSLContext | None:
    """For authorities that are named: many private ones lack what Python 3.13 has begun to ask for.

    curl and every browser take them. None where the known authorities are asked, as usual.
    """
    if not access.authorities:
        return None
    context = create_urllib3_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _differs_by_a_slash(answer: requests.Response, asked: str) -> bool:
    """Whether an app redirects to the same path with, or without, a slash at its end.

    Only the paths are compared: behind a proxy an app often does not know its own address.
    """
    to, path = urlsplit(answer.headers.get("Location", "")).path, urlsplit(asked).path
    return to != path and to.rstrip("/") == path.rstrip("/")


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


@contextmanager
def _within(seconds: float) -> Iterator[Deadline]:
    with Deadline(seconds) as deadline:
        before = _DEADLINE.set(deadline)
        try:
            yield deadline
        finally:
            _DEADLINE.reset(before)
    if deadline.passed:  # an answer without a stated length looks complete even if it was cut
        raise requests.Timeout(f"no complete answer in {seconds:g} s")


class _Limit:
    """The API's limit of requests. After a 429 all requests wait; then they go one at a time."""

    def __init__(self, patience: float, tell: Callable[[float], None]) -> None:
        self._patience, self._tell, self.waited = patience, tell, 0.0
        self._free_at = self._careful_until = 0.0
        self._refused, self._counted_at = 0, 0.0
        self._lock, self._one_at_a_time = threading.Lock(), threading.Lock()

    def respected(self, send: Callable[[], requests.Response]) -> requests.Response:
        """The answer after the limit has passed; the 429 if that takes longer than we may wait."""
        started = time.monotonic()

        def judged() -> tuple[requests.Response, bool]:
            sent = time.monotonic()
            return self._judged(send(), sent, started)

        while True:
            self._wait()
            if time.monotonic() < self._careful_until:
                with self._one_at_a_time:
                    self._wait()
                    answer, may_retry = judged()
            else:
                answer, may_retry = judged()
            if not may_retry:
                return answer

    def _wait(self) -> None:
        while (pause := self._free_at - time.monotonic()) > 0:
            time.sleep(pause)

    def _judged(
        self, answer: requests.Response, sent: float, started: float
    ) -> tuple[requests.Response, bool]:
        now = time.monotonic()
        with self._lock:
            if answer.status_code != TOO_MANY:
                self._refused = 0
                return answer, False
            # After each further refusal the wait becomes longer. Requests that were sent together
            # are refused together: that is one refusal.
            again = sent >= self._counted_at
            refused = min(self._refused + again, MOST_REFUSALS)
            pause = max(_retry_after(answer.headers.get("Retry-After")), 2.0 ** (refused - 1) - 1)
            until = now + pause
            if until - started > self._patience:
                return answer, False
            self._refused = refused
            self._counted_at = now if again else self._counted_at
            if until > self._free_at + 1:
                self._tell(pause)
            # Several requests may wait at the same time: that time counts once.
            self.waited += max(0.0, until - max(self._free_at, now))
            self._free_at = max(self._free_at, until)
            self._careful_until = self._free_at + CAREFUL_SECONDS
            return answer, True


def _retry_after(stated: str | None) -> float:
    """Seconds to wait: as stated, in seconds or as a date, else a little."""
    if stated is not None:
        if stated.strip().isdecimal():
            return max(LEAST_PAUSE, float(stated))
        with contextlib.suppress(ValueError, TypeError):
            at = parsedate_to_datetime(stated)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            return max(LEAST_PAUSE, (at - datetime.now(UTC)).total_seconds())
    return LEAST_PAUSE
