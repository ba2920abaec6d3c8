"""What the browser reports about a tab: errors in its console, and requests."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playbook.walk.page import one_line

_LONG_LIVED = ("websocket", "eventsource")
"""Requests that stay open as long as the page does."""


class Activity:
    """The errors and the requests of a Playwright tab since the last ``restart``."""

    def __init__(self, tab: Any) -> None:
        self._acting = False
        self.restart()
        self.watch(tab)

    def watch(self, tab: Any) -> None:
        """Listen to a tab; what was under way in another one counts no more."""
        self._under_way.clear()
        self._leaving.clear()
        tab.on("console", self._on_console)
        tab.on("pageerror", lambda error: self._errors.append(one_line(str(error))))
        tab.on("request", self._on_request)
        tab.on("requestfinished", lambda request: self._on_end(request))
        tab.on("requestfailed", lambda request: self._on_end(request, failed=True))
        tab.on("response", self._on_response)
        tab.on("dialog", self._on_dialog)

    @contextmanager
    def of_a_visitor(self) -> Iterator[None]:
        """What happens in this block follows from what the visitor does."""
        self._acting = True
        try:
            yield
        finally:
            self._acting = False

    def restart(self) -> None:
        """Forget everything that was reported until now."""
        self._errors: list[str] = []
        self._failed: list[str] = []
        self._dialogs: list[str] = []
        self._under_way: set[Any] = set()
        self._leaving: set[Any] = set()
        self.begun = 0
        """The requests that have begun since an action on the page."""
        self.last_end = 0.0
        """When the last request ended, by ``time.monotonic``."""

    @property
    def console_errors(self) -> tuple[str, ...]:
        """The errors in the console, each once."""
        return tuple(dict.fromkeys(self._errors))

    @property
    def dialogs(self) -> tuple[str, ...]:
        """The texts of the browser's own dialogs that the page opened by itself, each once."""
        return tuple(dict.fromkeys(self._dialogs))

    @property
    def failed_requests(self) -> tuple[str, ...]:
        """The requests that failed, each once, and how."""
        return tuple(dict.fromkeys(self._failed))

    @property
    def loading(self) -> bool:
        """Whether a request has not ended."""
        return bool(self._under_way)

    @property
    def leaving(self) -> bool:
        """Whether the browser is loading the next page."""
        return bool(self._leaving)

    def _on_console(self, message: Any) -> None:
        # A failed request is in the list of failed requests, with its address.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._errors.append(one_line(message.text))

    def _on_dialog(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()  # the visitor wants to leave
            return
        if not self._acting:
            self._dialogs.append(one_line(dialog.message))
        dialog.dismiss()

    def _on_request(self, request: Any) -> None:
        if request.resource_type not in _LONG_LIVED:
            self._under_way.add(request)
            self.begun += 1
            if request.is_navigation_request():
                self._leaving.add(request)

    def _on_end(self, request: Any, failed: bool = False) -> None:
        self._under_way.discard(request)
        self._leaving.discard(request)
        self.last_end = time.monotonic()
        # The browser ends a page's requests when the next page opens: that is not a failure.
        if failed and "ERR_ABORTED" not in str(request.failure):
            self._failed.append(f"{request.method} {_path(request.url)}: {request.failure}")

    def _on_response(self, response: Any) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            request = response.request
            self._failed.append(f"{request.method} {_path(request.url)}: answer {response.status}")


def _path(url: str) -> str:
    """An address without its query, which may contain a secret."""
    return urlsplit(url).path or "/"
