"""One walk through one bundle's demo: sign in, make the five steps, remove all traces.

Each page is visited once, when a step first needs it, in a browser set to the bundle's locale, zone
and device. The content of a page is :class:`playbook.walk.page.Page`.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from playbook import clock
from playbook.deployments.scope import PROBE
from playbook.environment.connections import Environment
from playbook.errors import WrongUsage
from playbook.facts import Demo
from playbook.facts.findings import Unobservable
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.walk import traces
from playbook.walk.browser import OpenBrowser, device
from playbook.walk.camera import Camera
from playbook.walk.language import Languages, language_of
from playbook.walk.page import Page
from playbook.walk.reading import PageReader
from playbook.walk.recording import Recording
from playbook.walk.steps import TOO_SLOW, PageNotKnown
from playbook.walk.tab import Arrival, Tab
from playbook.walk.visitor import Visitor


class Walk:
    """A walk in a separate browser context. It must be closed: that removes its traces."""

    def __init__(
        self, demo: Demo, environment: Environment, browser: OpenBrowser, camera: Camera
    ) -> None:
        self.demo, self.environment = demo, environment
        self.front_end = environment.deployment.front_end
        self.started_at = clock.now()
        self.probe = f"{PROBE}-{self.started_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex}"
        self.sentence = f"AisleMarts {uuid.uuid4().hex[:10].upper()}"
        """What the visitor types into the chat. It differs for each walk and is in no language."""
        self._pages: dict[str, Page] = {}
        self._camera = camera
        settings = device(browser.playwright, demo.bundle, self.probe)
        self.user_agent: str = settings["user_agent"]
        self._context = browser.chromium.new_context(**settings)
        self._tab = Tab(self._context, self.front_end.banner, self.front_end.may_fail)
        self._recording = Recording(self._context)
        self._visitor = Visitor(self._tab, self.front_end, self.sentence, self._message)
        selectors = {"card": self.front_end.card, "countdown": self.front_end.countdown}
        self._reader = PageReader(self._tab, selectors)

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
                self._recording.begin()
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
        """The picture of a page; None if none was taken."""
        return self._camera.picture(step)

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
            self._tab.leave_if_it_hangs()
            target = self._camera.folder / "trace.zip" if keep_trace else None
            self._recording.end(target, self.environment.redact)
            self._context.close()
        finally:
            with self.environment.translate_connection_errors():
                traces.remove(self.environment.db, self.front_end, self._marks())

    # Where the pages are

    @property
    def demo_links(self) -> list[str]:
        """The whole addresses of the demo's pages, as the API gives them."""
        links = self.demo.reading.context.field("demo_urls", dict).values()
        return [self.environment.page_address(link) for link in links if isinstance(link, str)]

    def _address(self, step: str) -> str:
        """The address of a step's page. Raises Unobservable if no link leads there."""
        wanted = self.front_end.pages[step]
        links = self.demo.reading.context.field("demo_urls", dict)
        if wanted.startswith("/"):
            known = links.get(self.front_end.query_of)
            query = urlsplit(known).query if isinstance(known, str) else ""
            page = self.environment.page_address(wanted)
            return urlunsplit(urlsplit(page)._replace(query=query))
        link = links.get(wanted)
        if not isinstance(link, str) or not link.strip():
            raise Unobservable(f"the API gives no link “{wanted}” to open")
        return self.environment.page_address(link)

    # Visits

    def _sign_in(self, step: str) -> Page:
        email = self.demo.accounts.emails[0]
        try:
            password = self.environment.settings.password(self.bundle.short)
            address = self._address(step)
        except (WrongUsage, Unobservable) as error:
            return Page(step, clock.now(), problem=str(error))
        self._recording.hide(password)
        arrival = self._tab.open(address)
        if arrival.problem:
            return self._reader.read(step, arrival)
        not_done = self._visitor.sign_in(email, password)
        # Signing in opens another page, so the status of the first page does not count here.
        page = self._reader.read(step, Arrival(), not_done=not_done)
        self._recording.hide_tokens()
        return page

    def _visit(self, step: str) -> Page:
        try:
            address = self._address(step)
        except Unobservable as error:
            return Page(step, clock.now(), problem=str(error))
        self._tab.activity.restart()
        arrival = self._tab.open(address)
        if not arrival.problem and arrival.seconds > TOO_SLOW:
            # A server may need time for its first answer, so a slow page is opened once more.
            again = self._tab.open(address)
            arrival = replace(again, seconds=min(arrival.seconds, again.seconds))
        actions = {"mood_to_cart": self.front_end.mood, "chat": self.front_end.talk}.get(step, ())
        # Before the actions: after one of them a dialog may cover the page rightly.
        hidden = "" if arrival.problem else self._reader.hidden()
        not_done = () if arrival.problem else self._visitor.carry_out(actions)
        page = self._reader.read(step, arrival, hidden=hidden, not_done=not_done, axe=True)
        self._camera.photograph(self._tab, step)
        if step == "livesale" and not self._not_known("joined"):
            # The visitor joins now, because the page is open.
            self._pages["joined"] = self._join(page)
        return page

    def _join(self, livesale: Page) -> Page:
        if livesale.problem:
            return Page("joined", clock.now(), problem=livesale.problem)
        self._tab.activity.restart()
        not_done = self._visitor.carry_out(self.front_end.join)
        return self._reader.read("joined", Arrival(status=livesale.status), not_done=not_done)

    def _message(self, name: str) -> str:
        """A pristine message in the investor's language; empty if there is none."""
        return self.languages.message(language_of(self.bundle.locale), name)

    def _marks(self) -> traces.Marks:
        abandoned = self.started_at - timedelta(minutes=10)
        users = self.environment.deployment.kept_as("users")
        return traces.Marks(
            bundle=self.bundle.key,
            user_agent=self.user_agent,
            sentence=self.sentence,
            abandoned=f"{PROBE}-{abandoned:%Y%m%dT%H%M%S}",
            account=self.demo.accounts.emails[0],
            began=self.started_at,
            **({} if users is None else {"accounts": users.collection, "address": users.key}),
        )
