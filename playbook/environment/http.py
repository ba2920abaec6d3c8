"""Send requests to a deployment's API without disturbing it.

A request is sent once, with three exceptions. If the server has closed an idle connection and no
byte of the answer has come, the request is sent once more on a new connection. If the API answers
429 (too many requests), all requests wait as long as it asks for, up to a limit. If an app knows a
route only with a slash at its end, or only without, that route is used. A deadline counts for the
whole answer, not for each read. Each visitor has its own cookies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests

from playbook import __version__
from playbook.environment.api_access import ApiAccess
from playbook.environment.http_connections import Adapter, deadline_in, tls_context
from playbook.environment.request_limit import RequestLimit

USER_AGENT = f"aislemarts-demo-playbook/{__version__}"
PARALLEL_REQUESTS = 8
KEEPS_THE_METHOD = (307, 308)
"""Redirects after which the same request must be sent again."""
ALL_REDIRECTS = (301, 302, *KEEPS_THE_METHOD)
"""Redirects after which a request that only reads can be sent again."""


AT_ONCE = 65_536
"""How many bytes of an answer are read at once."""
LARGEST = 10_000_000
"""The most bytes of an answer that are read: no investor's page could wait for more."""


class TooLarge(requests.RequestException):
    """An answer is too large to be read; the text says so."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(f"answered more than {LARGEST // 1_000_000} MB")


class _Session(requests.Session):
    """Follows no redirect, and so reads none: its address may be anything."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


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
        a Timeout if the answer was not complete in time, TooLarge if it is too large.
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
        self._adapter = Adapter(
            tls_context(access), pool_connections=1, pool_maxsize=PARALLEL_REQUESTS
        )
        self._limit = RequestLimit(access.patience, lambda seconds: self.on_wait(seconds))
        self.on_wait: Callable[[float], None] = lambda seconds: None
        """Called with the seconds if the API asks to wait; once for all requests that wait."""
        self.on_long_answer: Callable[[str], None] = lambda line: None
        """Called from time to time, with a line for a person, while one answer takes long."""
        self._known_as: dict[tuple[str, str], str] = {}
        """The path under which the app has a route, if it is not the one that was requested."""
        self.listeners: list[Callable[[str], None]] = []
        """Called for each request that is sent ("GET /api/products"), to count them."""

    @property
    def waited(self) -> float:
        """Seconds of waiting because the API answered that it gets too many requests."""
        return self._limit.waited

    def visitor(self) -> Visitor:
        """A new visitor, without cookies."""
        session = _Session()
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

    @property
    def has_credentials(self) -> bool:
        """Whether the address has a login, for example for a gateway; a token would replace it."""
        return any(self._credentials)

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
        auth = self._credentials if self.has_credentials and not signed_in else _without_password

        def send(path: str = path) -> requests.Response:
            for listener in self.listeners:
                listener(f"{method} {path}")
            with deadline_in(seconds) as deadline:
                try:
                    answer = session.request(
                        method,
                        self._url + path,
                        headers=dict(headers),
                        auth=auth,
                        timeout=(min(self._connect_seconds, seconds), seconds),
                        allow_redirects=False,
                        stream=True,
                        **options,
                    )
                    return _with_content(answer)
                except requests.RequestException as error:
                    if deadline.passed:
                        raise requests.Timeout(f"no complete answer in {seconds:g} s") from error
                    raise

        known = self._known_as.get((method, path), path)
        answer = self._limit.send_within_limit(lambda: send(known))
        moved = ALL_REDIRECTS if method in ("GET", "HEAD") else KEEPS_THE_METHOD
        if answer.status_code in moved and _differs_by_a_slash(answer, self._url + known):
            other = known[:-1] if known.endswith("/") else f"{known}/"
            answer = self._limit.send_within_limit(lambda: send(other))
            self._known_as[method, path] = other  # the next request goes there at once
        return answer


def _with_content(answer: requests.Response) -> requests.Response:
    """The same answer when all of it was read. Raises TooLarge, also for what becomes large."""
    content = bytearray()
    for part in answer.iter_content(AT_ONCE):
        content += part
        if len(content) > LARGEST:
            answer.close()
            raise TooLarge(answer.status_code)
    answer._content = bytes(content)
    return answer


def _differs_by_a_slash(answer: requests.Response, asked: str) -> bool:
    """Whether an app redirects to the same path with, or without, a slash at its end.

    Only the paths are compared: behind a proxy an app often does not know its own address.
    """
    try:
        to = urlsplit(answer.headers.get("Location", "")).path
    except ValueError:
        return False  # it is not an address
    path = urlsplit(asked).path
    return to != path and to.rstrip("/") == path.rstrip("/")


def _without_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
