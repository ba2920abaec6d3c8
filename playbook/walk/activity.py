"""What the browser reports about a tab: errors in its console, and requests."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playbook.walk.page import one_line

_LONG_LIVED = ("websocket", "eventsource")
"""Requests that stay open as long as the page does."""
_NEEDED = ("stylesheet", "font")
_OWN = ("image", "script", "document")
"""What a page is not complete without, if it is of its own host. (The answers to what its scripts
ask may come much later.)"""
_NO_PAGES = ("image", "stylesheet", "script", "font", "media")
"""What is never a page. An app that answers everything with its start page sends one instead."""
_FONT_REFUSED = "Failed to decode downloaded font"
"""How the browser's warning about a font begins that it can't use."""
_ADDRESS = re.compile(r"https?://[^\s'\"]+")
_AGAIN = 3
"""How often a page may be loaded again without its visitor."""


class Activity:
    """The errors and the requests of a Playwright tab since the last ``restart``.

    ``may_fail`` are the hosts of others that its pages work without.
    """

    def __init__(self, tab: Any, may_fail: Sequence[str] = ()) -> None:
        self._acting, self._may_fail = False, may_fail
        self.restart()
        self.watch(tab)

    def watch(self, tab: Any) -> None:
        """Listen to a tab; what was under way in another one counts no more."""
        self._under_way.clear()
        self._leaving.clear()
        self.begin_step()
        self._main_frame = tab.main_frame
        tab.on("console", self._on_console)
        tab.on("pageerror", lambda error: self._errors.append(one_line(str(error))))
        tab.on("request", self._on_request)
        tab.on("requestfinished", lambda request: self._on_end(request))
        tab.on("requestfailed", lambda request: self._on_end(request, failed=True))
        tab.on("response", self._on_response)
        tab.on("dialog", self._on_dialog)
        tab.on("download", self._on_download)

    @contextmanager
    def of_a_visitor(self) -> Iterator[None]:
        """What happens in this block follows from what the visitor does."""
        self._acting = True
        try:
            yield
        finally:
            self._acting = False

    def begin_step(self) -> None:
        """Count anew: the visitor opens an address, or does something on the page."""
        self.begun = 0
        """The requests that have begun since then."""
        self._opened: Counter[str] = Counter()
        self.downloads: list[str] = []
        """The files that the page has sent to be saved since then."""

    def restart(self) -> None:
        """Forget everything that was reported until now."""
        self._errors: list[str] = []
        self._failed: list[str] = []
        self._dialogs: list[str] = []
        self._saved: list[str] = []
        self._under_way: set[Any] = set()
        self._leaving: set[Any] = set()
        self.begin_step()
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
    def saved(self) -> tuple[str, ...]:
        """The names of the files that the page sent by itself to be saved, each once."""
        return tuple(dict.fromkeys(self._saved))

    @property
    def failed_requests(self) -> tuple[str, ...]:
        """The requests that failed, each once, and how."""
        return tuple(dict.fromkeys(self._failed))

    @property
    def loading(self) -> bool:
        """Whether a request has not ended."""
        return bool(self._under_way)

    @property
    def waits_for(self) -> list[str]:
        """What is loading without which the page is not complete, such as a style."""
        return [f"{request.method} {_path(request.url)}" for request in self._needed()]

    def stop_waiting(self) -> None:
        """What the page is not complete without has not come in time: it counts as failed."""
        for request in self._needed():
            self._fail(request, "no answer in time")

    def _needed(self) -> list[Any]:
        """A page also works without what the scripts of others do, such as statistics."""
        own = urlsplit(self._main_frame.url).hostname
        return [
            request
            for request in self._under_way - self._leaving
            if request.resource_type in _NEEDED
            or (request.resource_type in _OWN and urlsplit(request.url).hostname == own)
        ]

    @property
    def loads_itself(self) -> bool:
        """Whether the same page is loaded again and again."""
        return any(count > _AGAIN + 1 for count in self._opened.values())

    @property
    def leaving(self) -> bool:
        """Whether the browser is loading the next page."""
        return bool(self._leaving)

    def _on_console(self, message: Any) -> None:
        text = message.text
        # A failed request is in the list of failed requests, with its address.
        error = message.type == "error" and not text.startswith("Failed to load resource")
        if (error or text.startswith(_FONT_REFUSED)) and not self._is_of_others(text):
            self._errors.append(one_line(text))

    def _is_of_others(self, text: str) -> bool:
        """Whether the browser speaks of a host that the page works without."""
        hosts = [urlsplit(found[0]).hostname for found in _ADDRESS.finditer(text)]
        return any(host in self._may_fail for host in hosts)

    def _on_dialog(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()  # the visitor wants to leave
            return
        if not self._acting:
            self._dialogs.append(one_line(dialog.message))
        dialog.dismiss()

    def _on_download(self, download: Any) -> None:
        name = one_line(download.suggested_filename)
        self.downloads.append(name)
        if not self._acting:
            self._saved.append(name)

    def _on_request(self, request: Any) -> None:
        if request.resource_type not in _LONG_LIVED:
            self._under_way.add(request)
            self.begun += 1
            if self._is_of_page(request):
                self._leaving.add(request)
                if request.redirected_from is None:
                    self._opened[request.url.partition("?")[0].partition("#")[0]] += 1

    def _is_of_page(self, request: Any) -> bool:
        """Whether a request is for the next page, not for one in a frame."""
        if not request.is_navigation_request():
            return False
        try:
            return bool(request.frame == self._main_frame)
        except Exception:  # noqa: BLE001 - Playwright knows no frame yet: it is a new page
            return True

    def _is_dispensable(self, request: Any) -> bool:
        return urlsplit(request.url).hostname in self._may_fail

    def _on_end(self, request: Any, failed: bool = False) -> None:
        self._under_way.discard(request)
        self._leaving.discard(request)
        self.last_end = time.monotonic()
        # The browser ends a page's requests when the next page opens: that is not a failure.
        if failed and "ERR_ABORTED" not in str(request.failure):
            self._fail(request, str(request.failure))

    def _on_response(self, response: Any) -> None:
        request, kind = response.request, str(response.headers.get("content-type", "")).lower()
        if self._is_of_page(request):
            return
        if response.status >= 400:
            self._fail(request, f"answer {response.status}")
        elif request.resource_type in _NO_PAGES and kind.startswith("text/html"):
            self._fail(request, "the answer is a page")
        if kind.startswith("multipart/x-mixed-replace"):
            self._under_way.discard(request)  # pictures of a camera: they never end

    def _fail(self, request: Any, how: str) -> None:
        if not self._is_dispensable(request):
            self._failed.append(f"{request.method} {_path(request.url)}: {how}")


def _path(url: str) -> str:
    """An address without its query, which may contain a secret."""
    return urlsplit(url).path or "/"
