"""Read the page that is open in a tab, once, after it has settled."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from playbook import clock
from playbook.walk.page import Page, one_line, page_of
from playbook.walk.tab import HERE, OPEN_SECONDS, Arrival, PageDied, Tab

SNAPSHOT = (HERE / "snapshot.js").read_text(encoding="utf-8")
SNAPSHOTS = 3
"""How often reading is tried while the browser is leaving a page."""
COVER = (HERE / "cover.js").read_text(encoding="utf-8")
LEFT = "Execution context was destroyed"
"""Playwright's words if the browser leaves a page that is being read."""
GOES_ON = "it goes on to another page again and again"
LONGEST_COVER = 80
"""How many characters are shown of what covers a page."""
NEVER_CRITICAL = ("color-contrast", "link-in-text-block")
"""Rules of axe that are never critical, but need half of its time; they are left out."""


class PageReader:
    """Reads the pages of a tab. ``selectors`` are CSS selectors, by the names of what they find."""

    def __init__(self, tab: Tab, selectors: Mapping[str, str]) -> None:
        self._tab, self._selectors = tab, selectors

    def read(
        self,
        step: str,
        arrival: Arrival,
        *,
        hidden: str = "",
        not_done: tuple[str, ...] = (),
        axe: bool = False,
    ) -> Page:
        """The page of a step. With ``axe``, axe looks for barriers, too."""
        try:
            seen = self._snapshot()
            at: datetime = clock.now()
            critical = self._barriers() if axe and not arrival.problem else ()
            if arrival.goes_on:
                critical = (*critical, arrival.goes_on)
        except PageDied as error:
            why = arrival.problem or str(error)
            return Page(step, clock.now(), problem=why, status=arrival.status)
        except Exception as error:  # noqa: BLE001 - Playwright's own kinds need it imported
            cause = GOES_ON if LEFT in str(error) else one_line(str(error))
            why = arrival.problem or f"the page cannot be read ({cause})"
            return Page(step, clock.now(), problem=why, status=arrival.status)
        return page_of(
            step,
            seen,
            at=at,
            status=arrival.status,
            problem=arrival.problem,
            seconds=arrival.seconds,
            console_errors=self._tab.activity.console_errors,
            failed_requests=self._tab.activity.failed_requests,
            dialogs=self._tab.activity.dialogs,
            saved=self._tab.activity.saved,
            critical=critical,
            hidden=hidden,
            not_done=not_done,
        )

    def hidden(self) -> str:
        """What hides the open page from its visitor, in their words; empty if it can be seen."""
        try:
            cover = self._tab.ask(COVER)
        except Exception:  # noqa: BLE001 - the browser is just leaving the page: reading it says why
            return ""
        if cover is None:
            return ""
        if not cover["words"]:
            return "text that is cut off, so that nothing of it is seen"
        return f"“{one_line(cover['words'], LONGEST_COVER)}” over it"

    def _snapshot(self) -> Mapping[str, Any]:
        """The content of the page; read once more if the browser was just leaving it."""
        page = self._tab.playwright
        for attempt in range(SNAPSHOTS):
            try:
                page.wait_for_load_state("domcontentloaded", timeout=OPEN_SECONDS * 1000)
                seen: Mapping[str, Any] = self._tab.ask(SNAPSHOT, self._selectors)
                return seen
            except PageDied:
                raise
            except Exception:
                if attempt == SNAPSHOTS - 1:
                    raise
                self._tab.settle(time.monotonic())
        raise AssertionError("unreachable")

    def _barriers(self) -> tuple[str, ...]:
        """What axe calls critical."""
        from axe_playwright_python.sync_playwright import Axe

        options = {
            "resultTypes": ["violations"],
            "runOnly": ["wcag2a", "wcag2aa"],
            "rules": {rule: {"enabled": False} for rule in NEVER_CRITICAL},
        }
        # Axe's own way to run would wait for ever, if a script of the page does not end.
        run = f"(options) => {{ {Axe().axe_script}; return axe.run(options); }}"
        found = self._tab.ask(run, options)["violations"]
        return tuple(
            f"{one['id']}: {one['help']} ({one_line(one['nodes'][0]['html'])})"
            for one in found
            if one["impact"] == "critical"
        )
