"""One walk through one bundle's demo: sign in, make the five steps, remove all traces.

Each page is visited once, when a step first needs it, in a browser set to the bundle's locale, zone
and device. The content of a page is :class:`playbook.walk.page.Page`.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from playbook import clock
from playbook.deployments.front_end import Action, FrontEnd, Tap, Type
from playbook.deployments.scope import PROBE
from playbook.environment.connections import Environment
from playbook.errors import WrongUsage
from playbook.facts import Demo
from playbook.facts.findings import Unobservable
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.walk import traces
from playbook.walk.browser import device
from playbook.walk.language import Languages, language_of
from playbook.walk.page import Page, page_of, plain

HERE = Path(__file__).resolve().parent
SNAPSHOT = (HERE / "snapshot.js").read_text(encoding="utf-8")
LOOK = (HERE / "look.js").read_text(encoding="utf-8")
OPEN_SECONDS = 15.0
"""How long a page may take to open at all."""
SETTLE_SECONDS = 10.0
QUIET_SECONDS = 0.12
"""A page has settled if for so long nothing changes and nothing is loading."""
QUIET_LOOKS = 3
"""On a busy machine the same state must be seen so many times."""
REACTION_SECONDS = 1.0
"""How long a page may do nothing after a tap before it counts as settled."""
STABLE_SECONDS = 1.5
"""A page with endless requests or a spinner has settled if its text has not changed for so long."""
LOOK_EVERY_MS = 25
SNAPSHOTS = 3
TAP_SECONDS = 3.0
TOO_SLOW = 3.0
"""Seconds in which a page must have loaded."""
TITLES: Mapping[str, str] = {
    "sign_in": "sign-in page",
    "home": "home page",
    "mood_to_cart": "mood-to-cart page",
    "livesale": "LiveSale page",
    "joined": "LiveSale page, joined",
    "chat": "chat",
    "board": "leads board",
    "analytics": "analytics page",
}
"""The names of the pages for sales."""
STEPS = ("home", "mood_to_cart", "livesale", "board", "analytics")
"""The five pictures of a walk, in sales' own order."""
PICTURE_QUALITY = 80
NEVER_CRITICAL = ("color-contrast", "link-in-text-block")
"""Rules of axe that are never critical, but need half of its time; they are left out."""
_LASTING = ("websocket", "eventsource")


class PageNotKnown(Exception):
    """The description does not say where a step's page is, or how it is used."""

    def __init__(self, step: str, why: str) -> None:
        self.step = step
        super().__init__(f"not walked: {TITLES.get(step, step)}: {why}")


class Walk:
    """A walk in a browser context of its own. Close it, because that removes its traces."""

    def __init__(
        self,
        demo: Demo,
        environment: Environment,
        front_end: FrontEnd,
        playwright: Any,
        browser: Any,
        pictures: Path,
        on_picture: Callable[[str, Path], None] = lambda step, picture: None,
    ) -> None:
        self.demo, self.environment, self.front_end = demo, environment, front_end
        self.started_at = clock.now()
        self.probe = f"{PROBE}-{self.started_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex}"
        self.sentence = f"AisleMarts {uuid.uuid4().hex[:10].upper()}"
        """What the visitor types into the chat: in no language, different for each walk."""
        self._pictures, self._on_picture = pictures, on_picture
        self._pages: dict[str, Page] = {}
        settings = device(playwright, demo.bundle, self.probe)
        self.user_agent: str = settings["user_agent"]
        self._context = browser.new_context(**settings)
        self._context.set_default_timeout(TAP_SECONDS * 1000)
        self._context.add_init_script(path=HERE / "settling.js")
        self._tab = self._context.new_page()
        self._tab.on("console", self._on_console)
        self._tab.on("pageerror", lambda error: self._console.append(_one_line(str(error))))
        self._tab.on("request", self._on_request)
        self._tab.on("requestfinished", lambda request: self._on_end(request))
        self._tab.on("requestfailed", lambda request: self._on_end(request, failed=True))
        self._tab.on("response", self._on_response)
        self._begin_reading()
        self._traced = False
        self._secrets: set[str] = set()

    @property
    def bundle(self) -> Bundle:
        return self.demo.bundle

    @cached_property
    def languages(self) -> Languages:
        """The pristine messages, and every name that belongs to no language."""
        seeds, bundle = self.demo.seeds, self.bundle
        products = [line.model for line in seeds.products.values()]
        creators = [line.model.name for line in seeds.creators.values()]
        leads = [line.model for line in seeds.leads.values() if line.model.bundle == bundle.key]
        events = [line.model.title for line in seeds.livesales.values()]
        names = ["AisleMarts", "LiveSale", bundle.firm, self.sentence, *creators, *events]
        names += [text for product in products for text in (product.name, product.brand)]
        names += [text for product in products for text in (product.names or {}).values()]
        names += [text for lead in leads for text in (lead.company, lead.contact, lead.notes)]
        return Languages(seeds, names)

    def page(self, step: str) -> Page:
        """The page of a step, visited when it is first asked for. Raises PageNotKnown."""
        if why := self._not_known(step):
            raise PageNotKnown(step, why)
        if step not in self._pages:
            if step != "sign_in":
                if not self._not_known("sign_in"):
                    self.page("sign_in")
                self._trace()
            if step == "joined":
                self.page("livesale")
            else:
                visit = self._sign_in if step == "sign_in" else self._visit
                self._pages[step] = visit(step)
        return self._pages[step]

    def _not_known(self, step: str) -> str:
        """Why a step cannot be walked; empty if it can."""
        if step != "joined" and not self.front_end.pages.get(step):
            return self.front_end.not_known.get(step) or "its description names no page for it"
        return self.front_end.not_known.get(step, "")

    def picture(self, step: str) -> Path | None:
        """The picture of a page, where one was taken."""
        path = self._pictures / f"{step}.jpg"
        return path if path.is_file() else None

    @cached_property
    def lead(self) -> Document | None:
        """The stored lead that was made from the conversation; None if there is none."""
        self.page("chat")
        with self.environment.translate_connection_errors():
            found = traces.find(self.environment.db, self.front_end, self._marks())
        leads = found.get(self.front_end.lead_collection, [])
        return leads[0] if leads else None

    def close(self, keep_trace: bool) -> None:
        """End the browser's context and remove the walk's documents from the database.

        With ``keep_trace`` a Playwright trace without secrets is kept beside the pictures.
        Raises Unreachable if MongoDB does not answer.
        """
        try:
            if self._traced:
                target = self._pictures / "trace.zip" if keep_trace else None
                self._end_trace(target)
            self._context.close()
        finally:
            with self.environment.translate_connection_errors():
                traces.remove(self.environment.db, self.front_end, self._marks())

    # Where the pages are

    def _address(self, step: str) -> str:
        """The address of a step's page. Raises Unobservable if no link leads there."""
        wanted = self.front_end.pages[step]
        links = self.demo.reading.context.field("demo_urls", dict)
        if wanted.startswith("/"):
            known = links.get(self.front_end.query_of)
            query = urlsplit(known).query if isinstance(known, str) else ""
            return urlunsplit(urlsplit(self._absolute(wanted))._replace(query=query))
        link = links.get(wanted)
        if not isinstance(link, str) or not link.strip():
            raise Unobservable(f"the API gives no link “{wanted}” to open")
        return self._absolute(link)

    def _absolute(self, link: str) -> str:
        return self.environment.page_address(link)

    # What is done on the pages

    def _sign_in(self, step: str) -> Page:
        email = self.demo.accounts.emails[0]
        try:
            password = self.environment.settings.password(self.bundle.short)
            address = self._address(step)
        except (WrongUsage, Unobservable) as error:
            return Page(step, clock.now(), problem=str(error))
        self._secrets.add(password)
        problem, status, _ = self._open(address)
        if problem:
            return self._read(step, problem=problem, status=status)
        not_done = []
        try:
            chosen = self.front_end.email_field or 'input[type="email"]'
            field = self._tab.locator(chosen).first
            if not self.front_end.email_field and not field.count():
                field = self._tab.locator(
                    'input:not([type]), input[type="text"], input[type="tel"]'
                ).first
            field.fill(email)
            secret = self._tab.locator(self.front_end.password_field).first
            secret.fill(password)
            # The keyboard's own Enter waits for no page; settling does.
            self._act(partial(self._tab.keyboard.press, "Enter"))
            if self._tab.locator(self.front_end.password_field).first.is_visible():
                not_done.append("the page does not accept the demo account")
        except Exception as error:  # noqa: BLE001 - Playwright's own kinds need it imported
            not_done.append(f"there is no way to sign in ({_one_line(str(error))})")
        page = self._read(step, not_done=tuple(not_done))
        self._remember_tokens()
        return page

    def _trace(self) -> None:
        """Begin a trace. Only after signing in, because it would contain the typed password."""
        if not self._traced:
            self._traced = True
            with suppress(Exception):
                self._context.tracing.start(screenshots=False, snapshots=True)

    def _visit(self, step: str) -> Page:
        try:
            address = self._address(step)
        except Unobservable as error:
            return Page(step, clock.now(), problem=str(error))
        self._begin_reading()
        problem, status, seconds = self._open(address)
        if not problem and seconds > TOO_SLOW:
            # Once more, because a server may need time to start.
            problem, status, again = self._open(address)
            seconds = min(seconds, again)
        actions = {"mood_to_cart": self.front_end.mood, "chat": self.front_end.talk}.get(step, ())
        not_done = () if problem else self._carry_out(actions)
        page = self._read(
            step, problem=problem, status=status, seconds=seconds, not_done=not_done, axe=True
        )
        self._photograph(step)
        if step == "livesale" and not self._not_known("joined"):
            # At once: the page is open.
            self._pages["joined"] = self._join(page)
        return page

    def _join(self, livesale: Page) -> Page:
        if livesale.problem:
            return Page("joined", clock.now(), problem=livesale.problem)
        self._begin_reading()
        not_done = self._carry_out(self.front_end.join)
        return self._read("joined", status=livesale.status, not_done=not_done)

    def _carry_out(self, actions: Sequence[Action]) -> tuple[str, ...]:
        """Do what a visitor does; return what was not possible, in a visitor's words."""
        language = language_of(self.bundle.locale)
        for action in actions:
            try:
                match action:
                    case Tap(words, css) if css:
                        element = self._tab.locator(css).first
                        self._act(partial(element.click, no_wait_after=True))
                    case Tap(words, _):
                        label = re.sub(
                            r"\{(\w+)\}",
                            lambda found: self.languages.message(language, found[1]),
                            words,
                        )
                        element = self._saying(label)
                        self._act(partial(element.click, no_wait_after=True))
                    case Type(css):
                        chosen = css or (
                            'textarea, input[type="text"], input:not([type]), [contenteditable]'
                        )
                        field = self._tab.locator(chosen).first
                        field.fill(self.sentence)
                        self._act(partial(self._tab.keyboard.press, "Enter"))
            except Exception as error:  # noqa: BLE001 - as above
                if isinstance(action, Type):
                    return ("there is nothing on it to write into",)
                return (f"there is nothing on it to tap ({_one_line(str(error))})",)
        return ()

    def _act(self, act: Callable[[], object]) -> None:
        """Do something on the page, and wait until the page has settled."""
        before, self._begun = self._look() or {}, 0
        act()
        self._settle(time.monotonic(), before)

    def _saying(self, words: str) -> Any:
        """The first visible element with these words. Raises LookupError."""
        found = self._tab.get_by_text(words, exact=True)
        for number in range(found.count()):
            if found.nth(number).is_visible():
                return found.nth(number)
        raise LookupError(f"nothing says “{words}”")

    # How a page is opened and read

    def _open(self, address: str) -> tuple[str, int | None, float]:
        """Open an address and wait until it has settled: the problem, the status, the seconds."""
        started = time.monotonic()
        try:
            answer = self._tab.goto(
                address, wait_until="domcontentloaded", timeout=OPEN_SECONDS * 1000
            )
        except Exception as error:  # noqa: BLE001 - as above
            return f"the page does not open ({_one_line(str(error))})", None, 0.0
        changed = self._settle(started)
        self._close_banner()
        status = answer.status if answer else None
        if status is not None and status >= 400:
            missing = "leads to a page that does not exist" if status in (404, 410) else "fails"
            return f"the link {missing} (answer {status})", status, changed
        return "", status, changed

    def _close_banner(self) -> None:
        """Close dialogs over the page (about cookies), as any visitor does first."""
        visible = {plain(line) for line in ((self._look() or {}).get("text") or "").splitlines()}
        for words in visible.intersection(self.front_end.banner):
            # If it stays, what it covers cannot be tapped: that becomes a finding.
            with suppress(Exception):
                self._act(partial(self._saying(words).click, no_wait_after=True))

    def _settle(self, started: float, before: Mapping[str, Any] | None = None) -> float:
        """Wait until nothing on the page changes any more; seconds until its last change.

        ``before`` is the state before an action on the page. If the state is still the same, the
        page may not have reacted yet.
        """
        last, looks = before or {}, 0
        since = changed = time.monotonic()
        reacted = before is None
        while True:
            seen = self._look()
            now = time.monotonic()
            if seen is None or seen["text"] != last.get("text"):
                reacted = reacted or before is not None
                changed, looks = now, 0
            last, looks = seen or {}, looks + 1
            changed = max(changed, self._last_end)
            reacted = reacted or self._begun > 0
            still = now - changed
            waits = self._under_way or seen is None or seen["timers"] or seen["loading"]
            if self._leaving and now - since < OPEN_SECONDS:
                pass  # the next page is loading: this one does not count any more
            elif now - since > SETTLE_SECONDS or still >= STABLE_SECONDS:
                break
            quiet = QUIET_SECONDS if reacted else REACTION_SECONDS
            if not self._leaving and not waits and looks >= QUIET_LOOKS and still >= quiet:
                break
            self._tab.wait_for_timeout(LOOK_EVERY_MS)
        return changed - started

    def _look(self) -> Mapping[str, Any] | None:
        """The result of look.js; None if the browser is just leaving the page."""
        try:
            seen: Mapping[str, Any] = self._tab.evaluate(LOOK)
        except Exception:  # noqa: BLE001 - as above
            return None
        return seen

    def _read(
        self,
        step: str,
        *,
        problem: str = "",
        status: int | None = None,
        seconds: float = 0.0,
        not_done: tuple[str, ...] = (),
        axe: bool = False,
    ) -> Page:
        selectors = {"card": self.front_end.card, "countdown": self.front_end.countdown}
        try:
            seen: Mapping[str, Any] = self._snapshot(selectors)
        except Exception as error:  # noqa: BLE001 - as above
            why = problem or f"the page cannot be read ({_one_line(str(error))})"
            return Page(step, clock.now(), problem=why, status=status)
        at: datetime = clock.now()
        critical = self._axe() if axe and not problem else ()
        return page_of(
            step,
            seen,
            at=at,
            status=status,
            problem=problem,
            seconds=seconds,
            console_errors=tuple(dict.fromkeys(self._console)),
            failed_requests=tuple(dict.fromkeys(self._failed)),
            critical=critical,
            not_done=not_done,
        )

    def _snapshot(self, selectors: Mapping[str, str]) -> Mapping[str, Any]:
        """The content of the page; read once more if the browser was just leaving it."""
        for attempt in range(SNAPSHOTS):
            try:
                self._tab.wait_for_load_state("domcontentloaded", timeout=OPEN_SECONDS * 1000)
                seen: Mapping[str, Any] = self._tab.evaluate(SNAPSHOT, selectors)
                return seen
            except Exception:
                if attempt == SNAPSHOTS - 1:
                    raise
                self._settle(time.monotonic())
        raise AssertionError("unreachable")

    def _axe(self) -> tuple[str, ...]:
        from axe_playwright_python.sync_playwright import Axe

        options = {
            "resultTypes": ["violations"],
            "runOnly": ["wcag2a", "wcag2aa"],
            "rules": {rule: {"enabled": False} for rule in NEVER_CRITICAL},
        }
        found = Axe().run(self._tab, options=options).response["violations"]
        return tuple(
            f"{one['id']}: {one['help']} ({_one_line(one['nodes'][0]['html'])})"
            for one in found
            if one["impact"] == "critical"
        )

    def _photograph(self, step: str) -> None:
        if step not in STEPS:
            return
        self._pictures.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._pictures / f"{step}.jpg"
        with suppress(Exception):  # a walk without a picture is still a walk
            self._tab.screenshot(
                path=path, type="jpeg", quality=PICTURE_QUALITY, animations="disabled"
            )
            self._on_picture(step, path)

    # What the browser reports

    def _begin_reading(self) -> None:
        self._console: list[str] = []
        self._failed: list[str] = []
        self._under_way: set[Any] = set()
        self._leaving: set[Any] = set()
        self._last_end = 0.0
        self._begun = 0

    def _on_console(self, message: Any) -> None:
        # A failed request is in the list of failed requests, with its address.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._console.append(_one_line(message.text))

    def _on_request(self, request: Any) -> None:
        if request.resource_type not in _LASTING:
            self._under_way.add(request)
            self._begun += 1
            if request.is_navigation_request():
                self._leaving.add(request)
        authorization = request.headers.get("authorization", "")
        if authorization:
            self._secrets.add(authorization.partition(" ")[2] or authorization)

    def _on_end(self, request: Any, failed: bool = False) -> None:
        self._under_way.discard(request)
        self._leaving.discard(request)
        self._last_end = time.monotonic()
        # The browser ends a page's requests when the next page opens: that is not a failure.
        if failed and "ERR_ABORTED" not in str(request.failure):
            self._failed.append(f"{request.method} {_path(request.url)}: {request.failure}")

    def _on_response(self, response: Any) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            request = response.request
            self._failed.append(f"{request.method} {_path(request.url)}: answer {response.status}")

    # Traces and secrets

    def _remember_tokens(self) -> None:
        with suppress(Exception):
            kept = self._context.storage_state()
            self._secrets |= {cookie["value"] for cookie in kept["cookies"]}
            for origin in kept["origins"]:
                self._secrets |= {item["value"] for item in origin["localStorage"]}

    def _end_trace(self, target: Path | None) -> None:
        self._remember_tokens()
        with suppress(Exception):
            if target is None:
                self._context.tracing.stop()
                return
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            raw = target.with_name(".trace-as-written.zip")
            try:
                self._context.tracing.stop(path=raw)
                traces.hide_secrets(raw, target, self._secrets, self.environment.redact)
            finally:
                raw.unlink(missing_ok=True)

    def _marks(self) -> traces.Marks:
        abandoned = self.started_at - timedelta(minutes=10)
        return traces.Marks(
            bundle=self.bundle.key,
            user_agent=self.user_agent,
            sentence=self.sentence,
            abandoned=f"{PROBE}-{abandoned:%Y%m%dT%H%M%S}",
            account=self.demo.accounts.emails[0],
            began=self.started_at,
        )


def _one_line(text: str, longest: int = 160) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _path(url: str) -> str:
    """An address without its query, which may contain a secret."""
    parts = urlsplit(url)
    return parts.path or "/"
