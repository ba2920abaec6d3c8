"""HTTP connections that end in time, and that are opened again if the server has closed them."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
import urllib3.connection
import urllib3.connectionpool
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from playbook.environment.api_access import ApiAccess


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


class _Answer(http.client.HTTPResponse):
    """Leaves out interim answers, such as 103 Early Hints. http.client does so only with 100."""

    def begin(self) -> None:
        super().begin()
        while http.client.SWITCHING_PROTOCOLS < self.status < http.client.OK:
            vars(self).update(headers=None, msg=None)  # they belong to the interim answer
            super().begin()


class _Reopening:
    """If the server has closed an idle connection, send the request again on a new one.

    Only if no byte of the answer has come: then the server has not read the request.
    """

    response_class: Any = _Answer
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


class Adapter(HTTPAdapter):
    """Connections that are opened again if they were closed; with a TLS context if one is given."""

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


def tls_context(access: ApiAccess) -> ssl.SSLContext | None:
    """The TLS context if the settings name authorities; None for the usual ones.

    Since version 3.13 Python refuses the certificates of many private authorities, which curl
    and every browser accept. So its strict verification is switched off for them.
    """
    if not access.authorities:
        return None
    context = create_urllib3_context()
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


@contextmanager
def deadline_in(seconds: float) -> Iterator[Deadline]:
    """A deadline for the one exchange in the block. Raises requests.Timeout if it has passed."""
    with Deadline(seconds) as deadline:
        before = _DEADLINE.set(deadline)
        try:
            yield deadline
        finally:
            _DEADLINE.reset(before)
    if deadline.passed:  # an answer without a stated length looks complete even if it was cut
        raise requests.Timeout(f"no complete answer in {seconds:g} s")
