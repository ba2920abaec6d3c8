"""Pages that open and are not whole: pictures, styles, downloads, text by mistake."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from playbook.deployments.front_end import FrontEnd
from playbook.pristine.seeds import Seeds
from playbook.walk import tab as tab_module
from playbook.walk.broken_text import broken_lines
from playbook.walk.browser import browser
from playbook.walk.links import links_elsewhere
from playbook.walk.page import Page
from playbook.walk.reading import PageReader
from playbook.walk.tab import Tab
from playbook.walk.visitor import Visitor
from tests.walk.walking import needs_browser

SHOP = "http://shop.example"
PRICE = "<p>120 €</p>"
DOT = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
DOT += b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9"/></svg>'
START_PAGE = {"body": f"<!doctype html>{PRICE}", "content_type": "text/html"}
FILE = {"body": "x", "headers": {"Content-Disposition": "attachment; filename=prices.csv"}}
ANSWERS: dict[str, dict[str, Any]] = {
    "/dot.gif": {"body": DOT, "content_type": "image/gif"},
    "/drawing.svg": {"body": DRAWING, "content_type": "image/svg+xml"},
    "/text.png": {"body": "no picture", "content_type": "image/png"},
    "/text.woff2": {"body": "no font", "content_type": "font/woff2"},
    "/prices.csv": FILE,
    "/start": START_PAGE,
    "/gone": {"status": 404, "body": "not found", "content_type": "text/plain"},
    "/nothing": {"status": 204},
}
"""What the shop serves beside the page of a test; "/late" never gets an answer."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened.chromium


@pytest.fixture
def tab(chromium: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tab]:
    context = chromium.new_context(viewport={"width": 390, "height": 700}, accept_downloads=False)
    monkeypatch.setattr(tab_module, "SETTLE_SECONDS", 1.6)
    monkeypatch.setattr(tab_module, "ANSWER_SECONDS", 3.0)
    yield Tab(context, (), may_fail=("statistics.example",))
    context.close()


def opened(tab: Tab, body: str, headers: dict[str, str] | None = None, head: str = "") -> Page:
    """The page with this body, as the walk reads it."""
    page = f"<!doctype html><html lang=fr><head><title>Accueil</title>{head}</head><body>{body}"
    kind = {"Content-Type": "text/html; charset=utf-8"}
    whole: dict[str, Any] = {"body": page, "headers": kind | (headers or {})}

    def answer(route: Any) -> None:
        path = route.request.url.removeprefix(SHOP).rstrip("?")
        if "statistics" in path or path == "/refused":
            route.abort("connectionrefused")
        elif path != "/late":
            route.fulfill(**ANSWERS.get(path, whole))

    tab.playwright.context.unroute_all()
    tab.playwright.context.route("**/*", answer)
    tab.activity.restart()
    return PageReader(tab, {}).read("home", tab.open(f"{SHOP}/"))


@needs_browser
@pytest.mark.parametrize(
    ("picture", "why"),
    [
        ("<img alt=Sac src=/text.png>", "/text.png (“Sac”): the browser cannot show it"),
        ("<img alt='' width=99 height=99 src=/gone>", "/gone: the browser cannot show it"),
        ("<img alt=Sac src=''>", "/ (“Sac”): the browser cannot show it"),
        (
            "<img alt=Sac src='data:image/png;base64,AAAA'>",
            "data:image/png;base64,AAAA (“Sac”): the browser cannot show it",
        ),
        ("<img alt=Sac width=99 height=99 src=/late>", "/late (“Sac”): it does not come"),
        ("<img alt=Sac width=99 height=99 src=/dot.gif>", "/dot.gif (“Sac”): it is only a dot"),
    ],
)
def test_a_picture_that_nobody_sees_is_reported(tab: Tab, picture: str, why: str) -> None:
    assert opened(tab, PRICE + picture).pictures == (why,)


@needs_browser
@pytest.mark.parametrize(
    "picture",
    [
        pytest.param("<img alt=Sac src=/drawing.svg>", id="a drawing without a size"),
        pytest.param("<img alt='' src=/dot.gif>", id="a dot that counts visitors"),
        pytest.param("<img alt='' width=99 height=99 src=/dot.gif>", id="a coloured area"),
        pytest.param("<img alt=Sac data-src=/text.png>", id="a picture that a script sets later"),
        pytest.param("<img alt=Sac hidden src=/text.png>", id="a hidden picture"),
        pytest.param(
            "<div style='height: 9000px'></div><img loading=lazy alt=Sac src=/text.png>",
            id="a picture far below",
        ),
    ],
)
def test_a_picture_that_is_seen_or_not_needed_is_not_reported(tab: Tab, picture: str) -> None:
    page = opened(tab, PRICE + picture)
    assert page.pictures == () and page.failed_requests == () and page.lines == ("120 €",)


@needs_browser
@pytest.mark.parametrize(
    ("head", "failed"),
    [
        ("<link rel=stylesheet href=/start>", "GET /start: the answer is a page"),
        ("<img alt='' hidden src=/start>", "GET /start: the answer is a page"),
        ("<style>p{background: url(/late)}</style>", "GET /late: no answer in time"),
        ("<script async src=/late></script>", "GET /late: no answer in time"),
        ("<iframe title=Aide src=/gone></iframe>", "GET /gone: answer 404"),
        ("<iframe title=Aide src=/late></iframe>", "GET /late: no answer in time"),
    ],
)
def test_what_a_page_is_not_whole_without_is_reported(tab: Tab, head: str, failed: str) -> None:
    assert opened(tab, PRICE + head).failed_requests == (failed,)


@needs_browser
def test_a_font_that_cannot_be_used_is_reported(tab: Tab) -> None:
    font = "<style>@font-face{font-family: F; src: url(/text.woff2)} body{font-family: F}</style>"
    errors = opened(tab, PRICE, head=font).console_errors
    assert errors and all(error.startswith("Failed to decode") for error in errors)


@needs_browser
@pytest.mark.parametrize(
    "script",
    ["fetch('/late')", "new Image().src = '/late'", "new EventSource('/late')"],
)
def test_a_page_may_wait_for_an_answer_without_end(tab: Tab, script: str) -> None:
    page = opened(tab, f"{PRICE}<script>onload = () => {{ {script} }}</script>")
    assert page.failed_requests == () and page.seconds < 1


@needs_browser
def test_hosts_of_others_may_fail_if_the_description_says_so(tab: Tab) -> None:
    others = "<script async src=http://statistics.example/tag.js></script>"
    asks = "<script>fetch('http://statistics.example/event').catch(() => 0)</script>"
    page = opened(tab, PRICE + others + asks)
    assert page.failed_requests == () and page.console_errors == ()
    page = opened(tab, f"{PRICE}<script async src=/refused></script>")
    assert page.failed_requests == ("GET /refused: net::ERR_CONNECTION_REFUSED",)


@needs_browser
@pytest.mark.parametrize(
    "body",
    [
        "<script>setTimeout(() => { location = '/prices.csv' }, 100)</script>",
        "<iframe hidden title=Prix src=/prices.csv></iframe>",
        "<a id=link href=/prices.csv download>Prix</a><script>link.click()</script>",
    ],
)
def test_a_download_that_a_page_starts_by_itself_is_reported(tab: Tab, body: str) -> None:
    page = opened(tab, PRICE + body)
    assert page.saved == ("prices.csv",) and page.problem == ""


@needs_browser
def test_a_download_that_a_visitor_starts_is_not_reported(tab: Tab) -> None:
    opened(tab, "<a href=/prices.csv download>Prix</a>")
    tab.tap(tab.with_text("Prix"))
    assert tab.activity.saved == () and tab.activity.downloads == ["prices.csv"]


@needs_browser
@pytest.mark.parametrize(
    ("leads_to", "not_done"),
    [
        ("/prices.csv", ("after signing in comes a file to save, “prices.csv”, and no page",)),
        ("/start", ()),
    ],
)
def test_a_file_in_place_of_the_page_after_signing_in_is_no_wrong_password(
    tab: Tab, leads_to: str, not_done: tuple[str, ...]
) -> None:
    form = f"<form action={leads_to}><input type=email><input type=password><button>Entrer</button>"
    opened(tab, form)
    visitor = Visitor(tab, FrontEnd(), "", lambda name: "")
    assert visitor.sign_in("julie@example.com", "a password") == not_done


@needs_browser
@pytest.mark.parametrize("script", ["print()", "setTimeout(print, 200)"])
def test_the_dialog_for_printing_is_reported(tab: Tab, script: str) -> None:
    page = opened(tab, f"{PRICE}<script>{script}</script>")
    assert page.dialogs == ("the browser's dialog for printing",)


@needs_browser
@pytest.mark.parametrize("policy", ["sandbox", "default-src 'self'; Sandbox allow-forms"])
def test_a_page_without_scripts_says_why_it_cannot_be_walked(tab: Tab, policy: str) -> None:
    began = time.monotonic()
    page = opened(tab, PRICE, {"Content-Security-Policy": policy})
    assert page.problem == tab_module.WITHOUT_SCRIPTS
    assert time.monotonic() - began < tab_module.ANSWER_SECONDS, "nothing was waited for"
    assert opened(tab, PRICE, {"Content-Security-Policy": "sandbox allow-scripts"}).problem == ""


@needs_browser
@pytest.mark.parametrize(
    ("refresh", "goes"),
    [
        ("1; url=/soldes?x=1", ("the page goes to /soldes by itself after 1 s (Refresh)",)),
        ("300", ("the page goes to itself by itself after 300 s (Refresh)",)),
        ("90000000", ()),
        ("no number", ()),
    ],
)
def test_a_page_that_leaves_by_itself_is_reported(
    tab: Tab, refresh: str, goes: tuple[str, ...]
) -> None:
    assert opened(tab, PRICE, {"Refresh": refresh}).critical == goes


@needs_browser
@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("setTimeout(() => location.reload(), 150)", "the page cannot be used"),
        ("location.reload()", "the page does not open"),
    ],
)
def test_a_page_that_loads_itself_ends_no_walk_and_the_next_one_is_read(
    tab: Tab, script: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tab_module, "OPEN_SECONDS", 2.0)
    monkeypatch.setattr(tab_module, "SETTLE_SECONDS", 5.0)
    page = opened(tab, f"{PRICE}<script>{script}</script>")
    assert page.problem.startswith(problem) and tab_module.LOADS_ITSELF in page.problem
    assert opened(tab, PRICE).lines == ("120 €",)


@needs_browser
def test_a_page_that_goes_on_when_the_next_one_opens_does_not_spoil_it(tab: Tab) -> None:
    going = "setInterval(() => { location.href = '/late'; }, 1)"
    opened(tab, f"<script>{going}</script>")
    assert opened(tab, PRICE).lines == ("120 €",)


@needs_browser
def test_an_answer_without_a_page_says_so(tab: Tab) -> None:
    opened(tab, PRICE)
    assert tab.open(f"{SHOP}/nothing").problem == (
        "the page does not open (the app answers with no page: ERR_ABORTED)"
    )


# Text, without a browser


@pytest.mark.parametrize(
    "line",
    [
        "Bonjour undefined", "NaN €", "null", "Bonjour null,", "[object Object]", "Invalid Date",
        "{{ name }}", "${total}", "Total : {amount}", "nav_home", "PrÃªt-Ã\xa0-porter", "dâ€™été",
        "12 â‚¬", "Pr\ufffdt", "Something went wrong.", "Une erreur s'est produite", "出错了。",
        "Sorry, something went wrong", "If you like. An error occurred",
    ],
)  # fmt: skip
def test_a_line_that_a_mistake_has_written_is_known(seeds: Seeds, line: str) -> None:
    assert list(broken_lines(seeds, ["Votre panier", line, line])) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Une robe indéfinie", "Nan Goldin", "Null Komma eins", "Prêt-à-porter, déjà à 120 €",
        "Âge : 12 ans", "Château d’été", "AisleMarts {LV}", "a_b", "Errors are our teachers",
        "If something went wrong with your order, write to us.",
        "Merci. Si une erreur s’est produite, écrivez-nous.",
    ],
)  # fmt: skip
def test_a_line_for_readers_is_not_broken(seeds: Seeds, line: str) -> None:
    assert list(broken_lines(seeds, [line], but=["nav_home"])) == []


def test_no_pristine_text_looks_broken(seeds: Seeds) -> None:
    packs = [line.model.messages.values() for line in seeds.locales.values()]
    texts = [text.replace("{", "").replace("}", "") for pack in packs for text in pack]
    lines = [str(value) for line in seeds.leads.values() for value in line.document.values()]
    products = [line.model.name for line in seeds.products.values()]
    assert list(broken_lines(seeds, [*texts, *lines, *products])) == []


# Links, without a browser


HOME = "https://shop.example/accueil?utm_bundle=LVMH"
LIVE = "https://live.example/livesale?utm_bundle=LVMH"


@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://staging.shop.example/accueil?utm_bundle=LVMH", "staging.shop.example"),
        ("http://10.0.0.7:8080/livesale?x=1&utm_bundle=LVMH", "10.0.0.7:8080"),
        ("https://julie:secret@old.example/accueil?utm_bundle=LVMH", "old.example"),
        ("http://localhost:3000/panier", "localhost:3000"),
        ("http://127.0.0.1/", "127.0.0.1"),
    ],
)
def test_a_link_to_another_copy_of_the_app_is_reported(link: str, host: str) -> None:
    assert list(links_elsewhere(HOME, [link, link], "LVMH", [LIVE])) == [host]


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example/panier?utm_bundle=LVMH",
        "https://live.example/accueil?utm_bundle=LVMH",
        "https://wa.me/?text=https%3A%2F%2Fshop.example%2Faccueil%3Futm_bundle%3DLVMH",
        "https://calendar.example/julie?utm_bundle=LVMH",
        "https://brand.example/accueil",
        "mailto:julie@shop.example",
        "http://[",
    ],
)
def test_a_link_to_others_is_not_reported(link: str) -> None:
    assert list(links_elsewhere(HOME, [link], "LVMH", [LIVE])) == []
    assert list(links_elsewhere("http://127.0.0.1:9/", ["http://localhost:9/"], "LVMH", [])) == []
