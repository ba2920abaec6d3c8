"""Find a browser, and open it as an investor's device."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from playbook.errors import WrongUsage
from playbook.pristine.bundles import Bundle

SETTING = "PLAYBOOK_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
OPENS_EVERY_WINDOW = "--disable-popup-blocking"
"""Playwright's own option. Without it windows are blocked as in a visitor's browser."""
PHONE = "iPhone 13"
DESKTOP = {"width": 1280, "height": 800}


class OpenBrowser(NamedTuple):
    """Playwright, and the browser that it has started."""

    playwright: Any
    chromium: Any


class NotWalked(WrongUsage):
    """There is no browser for a walk; the text says in one line how to install one."""

    def __init__(self, why: str) -> None:
        super().__init__(f"not walked: {why}")


def find_browser(variables: Mapping[str, str] | None = None) -> Path | None:
    """The Chromium to walk with: ``PLAYBOOK_CHROMIUM``, else one of the system; None if neither.

    Playwright's own Chromium is used then. Raises NotWalked if the setting names no program.
    """
    named = (os.environ if variables is None else variables).get(SETTING, "")
    if named:
        path = Path(named).expanduser()
        if not (path.is_file() and os.access(path, os.X_OK)):
            raise NotWalked(f"{SETTING} is {named!r}, which is not a program; name a Chromium")
        return path
    found = [program for name in NAMES if (program := shutil.which(name))]
    return Path(found[0]) if found else None


def require_browser() -> None:
    """Raises NotWalked if Playwright or a browser is missing."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise NotWalked(
            "Playwright is not installed; pip install 'aislemarts-demo-playbook[walk]'"
        ) from None
    if find_browser() is None:
        with sync_playwright() as playwright:
            _browser_of_playwright(playwright)


@contextmanager
def browser(headed: bool = False) -> Iterator[OpenBrowser]:
    """Playwright and one browser for all bundles. Raises NotWalked if there is none."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        require_browser()
        raise
    with sync_playwright() as playwright:
        path = find_browser() or _browser_of_playwright(playwright)
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        try:
            opened = playwright.chromium.launch(
                executable_path=str(path),
                headless=not headed,
                args=[*FLAGS, *sandbox],
                ignore_default_args=[OPENS_EVERY_WINDOW],
            )
        except Error as error:
            why = error.message.strip().splitlines()[0]
            raise NotWalked(f"{path} does not start ({why})") from None
        try:
            yield OpenBrowser(playwright, opened)
        finally:
            opened.close()


def device(playwright: Any, bundle: Bundle, probe: str) -> dict[str, Any]:
    """Playwright's settings for a browser like the investor's: its locale, time zone and device.

    The user agent begins with ``probe``, which marks the traces of this walk.
    """
    phone = dict(playwright.devices[PHONE])
    phone.pop("default_browser_type", None)
    phone["viewport"] = {"width": 390, "height": 844}
    phone["device_scale_factor"] = 2
    desktop = dict(playwright.devices["Desktop Chrome"])
    desktop.pop("default_browser_type", None)
    desktop |= {"viewport": DESKTOP, "screen": DESKTOP}
    chosen = phone if bundle.device == "mobile" else desktop

    chosen["user_agent"] = f"{probe} {chosen['user_agent']}"
    region = {"locale": bundle.locale, "timezone_id": bundle.timezone}
    return {**chosen, **region, "accept_downloads": False}


def _browser_of_playwright(playwright: Any) -> Path:
    """The Chromium that Playwright has installed. Raises NotWalked if it has none."""
    path = Path(playwright.chromium.executable_path)
    if not path.is_file():
        raise NotWalked(
            "no browser is found; install Chromium, run `playwright install chromium`, "
            f"or name one in {SETTING}"
        )
    return path
