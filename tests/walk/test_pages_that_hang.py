"""Pages that hang, crash, open dialogs of the browser, or change a moment later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from playbook.walk import tab as tab_module
from playbook.walk.browser import browser
from playbook.walk.page import Page
from playbook.walk.reading import PageReader
from playbook.walk.tab import PageDied, Tab
from tests.walk.walking import needs_browser

PRICE = "<p id=price>120 €</p>"
CHANGE = "() => { price.textContent = '999 €'; }"
SERVED = [""]
"""The page that the shop serves at present."""
HANGS = "the page hangs: a script on it does not end"


@pytest.fixture(scope="module")
def context() -> Iterator[Any]:
    with browser() as opened:
        context = opened.chromium.new_context(viewport={"width": 390, "height": 700})
        context.route(
            "http://shop.example/",
            lambda route: route.fulfill(body=SERVED[0], content_type="text/html; charset=utf-8"),
        )
        yield context
        context.close()


@pytest.fixture
def tab(context: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    monkeypatch.setattr(tab_module, "ANSWER_SECONDS", 1.5)
    monkeypatch.setattr(tab_module, "OPEN_SECONDS", 3.0)
    yield Tab(context, ())
    for page in context.pages:
        page.close()


def opened(tab: Tab, body: str, *, axe: bool = False) -> Page:
    """The page with this body, as the walk reads it."""
    SERVED[0] = f"<!doctype html><html lang=fr><head><title>Accueil</title></head><body>{body}"
    tab.activity.restart()
    return PageReader(tab, {}).read("home", tab.open("http://shop.example/"), axe=axe)


@needs_browser
@pytest.mark.parametrize(
    ("script", "problem"),
    [
        pytest.param("setTimeout(() => { while (true); }, 50)", HANGS, id="a moment later"),
        pytest.param("while (true);", "the page does not open (", id="at once"),
    ],
)
def test_a_script_that_never_ends_is_reported_and_ends_no_walk(
    tab: Tab, script: str, problem: str
) -> None:
    assert opened(tab, f"{PRICE}<script>{script}</script>").problem.startswith(problem)
    assert opened(tab, PRICE).lines == ("120 €",)


@needs_browser
@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (
            {"body": "x", "headers": {"Content-Disposition": "attachment; filename=home.html"}},
            "the app sends a file to save in place of a page",
        ),
        (None, "nothing answers at its address: ERR_CONNECTION_REFUSED"),
    ],
)
def test_a_page_that_does_not_open_says_why_in_plain_words(
    tab: Tab, answer: dict[str, Any] | None, cause: str
) -> None:
    tab.playwright.route(
        "**/file",
        lambda route: route.fulfill(**answer) if answer else route.abort("connectionrefused"),
    )
    assert tab.open("http://shop.example/file").problem == f"the page does not open ({cause})"


@needs_browser
def test_a_script_that_never_ends_after_a_tap_is_reported(tab: Tab) -> None:
    opened(tab, f"{PRICE}<button onclick='setTimeout(() => {{ while (true); }})'>Payer</button>")
    with pytest.raises(PageDied, match=HANGS):
        tab.tap(tab.with_text("Payer"))
    assert PageReader(tab, {}).read("home", tab_module.Arrival()).problem == HANGS
    assert opened(tab, PRICE).lines == ("120 €",)


@needs_browser
@pytest.mark.parametrize(
    "look",
    [
        lambda tab: tab.with_text("Payer"),
        lambda tab: tab.has("button"),
        lambda tab: tab.shows("button"),
        lambda tab: tab.press_enter(),
    ],
    ids=["a text", "an element", "a visible element", "the keyboard"],
)
def test_a_script_that_never_ends_between_two_looks_is_reported(
    tab: Tab, look: Callable[[Tab], object]
) -> None:
    opened(tab, "<button>Payer</button>")
    tab.ask("() => { setTimeout(() => { while (true); }); }")
    tab.playwright.wait_for_timeout(200)
    with pytest.raises(PageDied, match=HANGS):
        look(tab)
    assert opened(tab, PRICE).lines == ("120 €",)


@needs_browser
def test_enter_is_pressed_on_a_page_that_does_not_hang(tab: Tab) -> None:
    opened(tab, '<p id=sent></p><input autofocus onkeydown="sent.textContent = event.key">')
    tab.press_enter()
    assert tab.playwright.inner_text("#sent") == "Enter"


@needs_browser
def test_a_script_that_never_ends_while_axe_looks_is_reported(tab: Tab) -> None:
    stuck = "Object.defineProperty(window, 'axe', {set() { while (true); }})"
    assert opened(tab, f"{PRICE}<script>{stuck}</script>", axe=True).problem == HANGS


@needs_browser
@pytest.mark.parametrize("attempt", range(6))
def test_after_a_crash_the_next_page_opens(tab: Tab, attempt: int) -> None:
    # The browser reports about every fourth crash only while the next page is opened already.
    assert tab.open("chrome://crash").problem.startswith("the page does not open (")
    assert opened(tab, PRICE).lines == ("120 €",), f"attempt {attempt}"


@needs_browser
@pytest.mark.parametrize(
    "script",
    [
        "alert('Maintenance')",
        "confirm('Maintenance')",
        "setTimeout(() => prompt('Maintenance'), 200)",
    ],
)
def test_a_dialog_of_the_browser_is_reported(tab: Tab, script: str) -> None:
    page = opened(tab, f"{PRICE}<script>{script}</script>")
    assert page.dialogs == ("Maintenance",) and page.lines == ("120 €",)


@needs_browser
def test_a_dialog_that_a_visitor_opens_is_not_reported(tab: Tab) -> None:
    opened(tab, "<button onclick=\"alert('Merci')\">Payer</button>")
    tab.tap(tab.with_text("Payer"))
    assert PageReader(tab, {}).read("home", tab_module.Arrival()).dialogs == ()


@needs_browser
def test_a_page_that_asks_before_it_is_left_is_left(tab: Tab) -> None:
    asks = "onbeforeunload = (event) => event.preventDefault()"
    opened(tab, f"<button>Payer</button><script>{asks}</script>")
    tab.tap(tab.with_text("Payer"))
    page = opened(tab, PRICE)
    assert page.lines == ("120 €",) and page.dialogs == ()


@needs_browser
@pytest.mark.parametrize(
    "script",
    [f"setInterval({CHANGE}, 700)", f"setTimeout({CHANGE}, 700)"],
    ids=["a clock", "a timer"],
)
def test_what_a_page_becomes_a_moment_later_is_read(tab: Tab, script: str) -> None:
    assert opened(tab, f"{PRICE}<script>{script}</script>").lines == ("999 €",)


@needs_browser
def test_a_clock_is_waited_for_once(tab: Tab) -> None:
    ticks = "let n = 0; setInterval(() => { price.textContent = `${++n} €`; }, 400)"
    page = opened(tab, f"{PRICE}<script>{ticks}</script>")
    assert page.seconds < 3 and page.lines != ("120 €",)
