"""One tab of the investor's browser: open an address, do something, wait until it has settled."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playbook.walk.activity import Activity
from playbook.walk.page import one_line, plain

HERE = Path(__file__).resolve().parent
LOOK = (HERE / "look.js").read_text(encoding="utf-8")
OPEN_SECONDS = 15.0
"""How long a page may take to open at all."""
MORE_SECONDS = 2.0
"""How much longer Playwright may take to say that its own time is over, or to close a page."""
SETTLE_SECONDS = 10.0
"""The longest time to wait until a page has settled."""
QUIET_SECONDS = 0.12
"""A page has settled if nothing changes and nothing is loading for this long."""
QUIET_LOOKS = 3
"""How many times in a row the same state must be seen; this matters on a busy machine."""
REACTION_SECONDS = 1.0
"""How long a page may do nothing after a tap before it counts as settled."""
STABLE_SECONDS = 1.5
"""A page with endless requests or a spinner has settled if its text is the same for this long."""
LOOK_EVERY_MS = 25
TAP_SECONDS = 3.0
ANSWER_SECONDS = 15.0
"""How long a page may take to say what is on it; only a script that never ends takes longer."""

CAUSES = {
    "Download is starting": "the app sends a file to save in place of a page",
    "ERR_TOO_MANY_REDIRECTS": "it redirects without end",
    "ERR_CERT_": "the browser does not accept its certificate",
    "ERR_SSL_": "its address begins with https, but it has no TLS that a browser knows",
    "ERR_CONNECTION_REFUSED": "nothing answers at its address",
    "ERR_EMPTY_RESPONSE": "its server closes the connection without an answer",
    "ERR_CONNECTION_CLOSED": "its server closes the connection without an answer",
    "ERR_CONNECTION_RESET": "its server closes the connection without an answer",
    "ERR_INVALID_HTTP_RESPONSE": "its server answers with something else than HTTP",
    "ERR_CONTENT_DECODING_FAILED": "its server packs it in another way than it says",
    "ERR_ABORTED": "the app answers with no page",
    "ERR_NAME_NOT_RESOLVED": "nobody knows the host of its address",
    "ERR_INVALID_AUTH_CREDENTIALS": "its gateway does not accept the login in APP_URL or API_URL",
}
"""Words in Playwright's errors when a page is opened, and what they mean for a person."""
PAGE_CRASHED = "Page crashed"
"""Playwright's words in the error of a page that crashed."""
INTERRUPTED = "is interrupted by another navigation"
"""Playwright's words if the page before goes on to another address meanwhile."""
LOADS_ITSELF = "it loads itself again and again"
WITHOUT_SCRIPTS = (
    "no script may run on it: the app sends it with “sandbox” in Content-Security-Policy"
)


class PageDied(Exception):
    """The page has crashed, or a script on it does not end; the text says so."""


@dataclass(frozen=True)
class Arrival:
    """The result of opening an address."""

    problem: str = ""
    """Why there is no page; empty if there is one."""
    status: int | None = None
    """The HTTP status of the page; None if it is not known."""
    seconds: float = 0.0
    """From asking for the page until nothing on it changed any more."""
    goes_on: str = ""
    """Where the page goes by itself after some time, and when; empty if it stays."""


class Tab:
    """A tab in a Playwright context. It waits after each action until the page has settled.

    ``banner`` are the words on buttons that close a banner over a page, ``may_fail`` the hosts of
    others that the pages work without.
    """

    def __init__(self, context: Any, banner: Sequence[str], may_fail: Sequence[str] = ()) -> None:
        context.set_default_timeout(TAP_SECONDS * 1000)
        context.add_init_script(path=HERE / "settling.js")
        self._context, self._crashed = context, False
        self.playwright: Any = self._new_page()
        """Playwright's own object for the tab."""
        self.activity = Activity(self.playwright, may_fail)
        self.died = ""
        """Why the page that was opened last is no more; empty if it is there."""
        self._banner = banner

    def open(self, address: str) -> Arrival:
        """Open an address and wait until it has settled."""
        if self._crashed:
            self._replaced("")
        started, self.died = time.monotonic(), ""
        self.activity.begin_step()
        try:
            answer = self._go(address)
        except Exception as error:  # noqa: BLE001 - Playwright's own kinds need it imported
            cause = self._cause_of(error)
            why = f"the page does not open ({cause})"
            if type(error).__name__ == "TimeoutError" or PAGE_CRASHED in str(error):
                self._replaced(why)
            return Arrival(why)
        if answer and _is_without_scripts(answer.headers):
            return Arrival(str(self._replaced(WITHOUT_SCRIPTS)), answer.status)
        try:
            changed = self.settle(started)
            self._close_banner()
        except PageDied as error:
            return Arrival(str(error))
        status = answer.status if answer else None
        if status is not None and status >= 400:
            missing = "leads to a page that does not exist" if status in (404, 410) else "fails"
            return Arrival(f"the link {missing} (answer {status})", status, changed)
        return Arrival("", status, changed, _goes_on(answer.headers) if answer else "")

    def _go(self, address: str) -> Any:
        """Playwright's answer for an address; Playwright's errors if it does not open."""
        try:
            return self._goto(address)
        except Exception as error:
            if not any(words in str(error) for words in (PAGE_CRASHED, INTERRUPTED)):
                raise
        # The page before may have crashed, or have gone on to another one, only now: this one has
        # not been seen.
        self._replaced("")
        return self._goto(address)

    def _goto(self, address: str) -> Any:
        options = {"timeout": OPEN_SECONDS * 1000, "wait_until": "domcontentloaded"}
        going = self.playwright._impl_obj.goto(address, referer=None, **options)
        # A page that loads itself without end can keep Playwright from counting its own time.
        return self.playwright._sync(asyncio.wait_for(going, OPEN_SECONDS + MORE_SECONDS))

    def first(self, css: str) -> Any:
        """Playwright's locator of the first element that a CSS selector selects."""
        return self.playwright.locator(css).first

    def with_text(self, words: str) -> Any:
        """The first visible element with these words. Raises LookupError and PageDied."""
        found = self.playwright.get_by_text(words, exact=True)
        for number in range(self._count(found)):
            if self._is_visible(found.nth(number)):
                return found.nth(number)
        raise LookupError(f"nothing says “{words}”")

    def has(self, css: str) -> bool:
        """Whether a CSS selector selects something. Raises PageDied."""
        return self._count(self.playwright.locator(css)) > 0

    def shows(self, css: str) -> bool:
        """Whether the first element of a CSS selector is visible. Raises PageDied."""
        return self._is_visible(self.first(css))

    def _count(self, found: Any) -> int:
        count: int = self._in_time(found._impl_obj.count())
        return count

    def _is_visible(self, found: Any) -> bool:
        visible: bool = self._in_time(found._impl_obj.is_visible(timeout=None))
        return visible

    def tap(self, element: Any) -> None:
        """Tap an element, and wait until the page has settled."""
        self._act(partial(element.click, no_wait_after=True))

    def press_enter(self) -> None:
        """Press Enter, and wait until the page has settled."""
        # The keyboard's own Enter waits for no page; settling does.
        keyboard = self.playwright._impl_obj.keyboard
        self._act(lambda: self._in_time(keyboard.press("Enter", delay=None)))

    def _act(self, act: Callable[[], object]) -> None:
        before = self._look() or {}
        self.activity.begin_step()
        with self.activity.of_a_visitor():
            act()
            self.settle(time.monotonic(), before)

    def _close_banner(self) -> None:
        """Close a banner over the page (about cookies), as any visitor does first."""
        visible = {plain(line) for line in ((self._look() or {}).get("text") or "").splitlines()}
        for words in visible.intersection(self._banner):
            # If it does not close, a button under it cannot be tapped, and that becomes a finding.
            try:
                self.tap(self.with_text(words))
            except PageDied:
                raise
            except Exception:  # noqa: BLE001 - as above
                continue

    def settle(self, started: float, before: Mapping[str, Any] | None = None) -> float:
        """Wait until nothing on the page changes any more.

        Returns the seconds from ``started`` (by ``time.monotonic``) until the last change. Raises
        PageDied.

        ``before`` is the state before an action on the page. If the state is still the same, the
        page may not have reacted yet.
        """
        activity = self.activity
        last, looks = before or {}, 0
        since = changed = time.monotonic()
        reacted = before is None
        while True:
            if activity.loads_itself:
                raise self._replaced(f"the page cannot be used: {LOADS_ITSELF}")
            seen = self._look()
            now = time.monotonic()
            if seen is None or seen["text"] != last.get("text"):
                reacted = reacted or before is not None
                changed, looks = now, 0
            last, looks = seen or {}, looks + 1
            changed = max(changed, activity.last_end)
            reacted = reacted or activity.begun > 0
            still = now - changed
            waits = activity.loading or seen is None or seen["timers"] or seen["loading"]
            incomplete = not (seen and seen["complete"]) and bool(activity.waits_for)
            comes = incomplete or bool(seen and seen["coming"])
            if activity.leaving and now - since < OPEN_SECONDS:
                pass  # the next page is loading: this one does not count any more
            elif now - since > SETTLE_SECONDS or (still >= STABLE_SECONDS and not comes):
                if incomplete:
                    activity.stop_waiting()
                break
            quiet = QUIET_SECONDS if reacted else REACTION_SECONDS
            if not activity.leaving and not waits and looks >= QUIET_LOOKS and still >= quiet:
                break
            try:
                self.playwright.wait_for_timeout(LOOK_EVERY_MS)
            except Exception:  # noqa: BLE001 - as above
                raise self._replaced("the page crashes the browser") from None
        return changed - started

    def ask(self, script: str, value: object = None) -> Any:
        """What a function of JavaScript returns on the page.

        Raises PageDied if the page does not answer in time, and Playwright's errors, for example
        if the browser is just leaving the page.
        """
        if self.died:
            raise PageDied(self.died)
        return self._in_time(self.playwright._impl_obj.evaluate(script, value))

    def _cause_of(self, error: Exception) -> str:
        if self.activity.loads_itself:
            return LOADS_ITSELF
        if type(error).__name__ != "TimeoutError":
            return _named(error)
        if self.activity.downloads:
            return f"it sends a file to save: “{self.activity.downloads[0]}”"
        late = f"it does not load within {OPEN_SECONDS:g} s"
        waits = self.activity.waits_for
        return f"{late}; no answer to {waits[0]}" if waits else late

    def _in_time(self, answer: Awaitable[Any]) -> Any:
        """What the page answers. Raises PageDied if it does not do so in time."""
        try:
            # No public function of Playwright has a limit that counts while a script of the page
            # runs: not even wait_for_function, which wants to tidy up in the page after its limit.
            return self.playwright._sync(asyncio.wait_for(answer, ANSWER_SECONDS))
        except TimeoutError:
            raise self._replaced("the page hangs: a script on it does not end") from None

    def leave_if_it_hangs(self) -> None:
        """Close the page if it does not answer: nobody could read or end what it keeps."""
        with suppress(Exception):
            self.ask("() => true")

    def _replaced(self, why: str) -> PageDied:
        """Open another tab instead of one whose page has died: it could open no other page."""
        self.died = why
        with suppress(Exception):
            closing = self.playwright._impl_obj.close(run_before_unload=False, reason=None)
            self.playwright._sync(asyncio.wait_for(closing, MORE_SECONDS))
        self.playwright = self._new_page()
        self.activity.watch(self.playwright)
        return PageDied(why)

    def _new_page(self) -> Any:
        self._crashed = False
        page = self._context.new_page()
        page.on("crash", self._on_crash)
        return page

    def _on_crash(self, page: Any) -> None:
        self._crashed = page is self.playwright

    def _look(self) -> Mapping[str, Any] | None:
        """The result of look.js; None if the browser is just leaving the page. Raises PageDied."""
        try:
            seen: Mapping[str, Any] = self.ask(LOOK)
        except PageDied:
            raise
        except Exception:  # noqa: BLE001 - as above
            return None
        return seen


def _is_without_scripts(headers: Mapping[str, str]) -> bool:
    """Whether a page's own rules let no script run on it: then nothing can be asked there."""
    rules = [
        rule.split() for rule in re.split("[;,\n]", headers.get("content-security-policy", ""))
    ]
    boxes = [rule for rule in rules if rule and rule[0].lower() == "sandbox"]
    return any("allow-scripts" not in [word.lower() for word in box] for box in boxes)


def _goes_on(headers: Mapping[str, str]) -> str:
    """Where the header Refresh leads, if it does so later; at once, the next page counts.

    Axe has the same rule for the same words in a page's head.
    """
    seconds, _, place = headers.get("refresh", "").partition(";")
    if not re.fullmatch(r"\s*0*[1-9]\d{0,4}(\.\d*)?\s*", seconds):
        return ""
    where = urlsplit(place.partition("=")[2].strip(" '\"")).path
    return f"the page goes to {where or 'itself'} by itself after {seconds.strip()} s (Refresh)"


def _named(error: Exception) -> str:
    """Why a page does not open, without the words that only Playwright's users know."""
    text = str(error)
    code = re.search(r"net::(ERR_[A-Z_0-9]+)", text)
    for words, cause in CAUSES.items():
        if words in text:
            return f"{cause}: {code[1]}" if code else cause
    return code[1] if code else one_line(text.partition("Call log:")[0])
