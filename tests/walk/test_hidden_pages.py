"""What hides a page from its visitor, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from playbook.walk.browser import browser
from playbook.walk.reading import PageReader
from playbook.walk.tab import Tab
from tests.walk.walking import needs_browser

TEXT = "<main><h1>Bonjour Julie</h1><p>Parfum J’adore de Dior</p><p>120 €</p></main>"
OVER = "position: fixed; inset: 0; z-index: 9"
ON_EACH_OTHER = "position: absolute; inset: 0; background: white"
CUT_OFF = "text that is cut off, so that nothing of it is seen"

COMPONENT = (
    '<div id="component" style="{style}"></div><script>document.getElementById("component")'
    '.attachShadow({{mode: "open"}}).innerHTML = `{inside}`</script>'
)


@pytest.fixture(scope="module")
def phone() -> Iterator[Any]:
    with browser() as opened:
        context = opened.chromium.new_context(viewport={"width": 390, "height": 700})
        yield context
        context.close()


@pytest.fixture(scope="module")
def tab(phone: Any) -> Tab:
    return Tab(phone, ())


def hidden(tab: Tab, html: str) -> str:
    tab.playwright.set_content(f"<!doctype html><html lang=fr><body>{html}</body></html>")
    return PageReader(tab, {}).hidden()


@needs_browser
@pytest.mark.parametrize(
    ("html", "by"),
    [
        pytest.param(
            f'{TEXT}<div style="{OVER}; background: white"><p>Votre vie privée</p></div>',
            "“Votre vie privée” over it",
            id="a consent page",
        ),
        pytest.param(
            f'{TEXT}<div style="{OVER}"><div style="height: 100%; background: white">'
            "<p>Maintenance</p></div></div>",
            "“Maintenance” over it",
            id="a page in a frame of its own",
        ),
        pytest.param(
            f'{TEXT}<div style="{OVER}; background: white">{"<p>Traceurs</p>" * 12}</div>',
            f"“{'Traceurs ' * 8}Traceur…” over it",
            id="a long consent page",
        ),
        pytest.param(
            f'<div class="page">{TEXT}</div>'
            f'<div class="layer" style="{OVER}; background: white"><p>Maintenance</p></div>',
            "“Maintenance” over it",
            id="a layer beside the page",
        ),
        pytest.param(
            f'<div id="app">{TEXT}</div><div id="layers"><div>'
            f'<div style="{OVER}; background: white"><p>Votre vie privée</p></div></div></div>',
            "“Votre vie privée” over it",
            id="a consent page in the place for layers",
        ),
        pytest.param(
            TEXT
            + COMPONENT.format(
                style="", inside=f'<div style="{OVER}; background: white"><p>Traceurs</p></div>'
            ),
            "“Traceurs” over it",
            id="a consent page that is a web component",
        ),
        pytest.param(
            TEXT
            + COMPONENT.format(
                style="", inside=f'<div style="{OVER}; background: white"><p>Traceurs</p></div>'
            ).replace('"open"', '"closed"'),
            "“Traceurs” over it",
            id="a consent page that is a closed web component",
        ),
        pytest.param(
            TEXT
            + COMPONENT.format(
                style=OVER, inside='<div style="height: 100%; background: white">Traceurs</div>'
            ),
            "“Traceurs” over it",
            id="a web component over the page",
        ),
        pytest.param(
            COMPONENT.format(
                style="", inside=f'{TEXT}<div style="{OVER}; background: white">Traceurs</div>'
            ),
            "“Traceurs” over it",
            id="a page that is a web component",
        ),
        pytest.param(
            f'{TEXT}<div style="{OVER}; background: linear-gradient(red, blue)"></div>',
            "“a picture without words” over it",
            id="colours",
        ),
        pytest.param(
            f'{TEXT}<img alt="" style="{OVER}; width: 100%; height: 100%">',
            "“a picture without words” over it",
            id="a picture",
        ),
        pytest.param(
            f'<div style="clip-path: inset(50%)">{TEXT}</div>', CUT_OFF, id="text that is clipped"
        ),
        pytest.param(
            f'<div style="height: 0; overflow: hidden">{TEXT}</div>', CUT_OFF, id="no height"
        ),
        pytest.param(
            f'<div style="position: absolute; left: -9999px">{TEXT}</div>', CUT_OFF, id="beside it"
        ),
    ],
)
def test_a_page_that_nobody_sees_is_reported(tab: Tab, html: str, by: str) -> None:
    assert hidden(tab, html) == by


@needs_browser
@pytest.mark.parametrize(
    "html",
    [
        pytest.param(TEXT, id="nothing over it"),
        pytest.param("", id="an empty page, which another finding names"),
        pytest.param(
            f'{TEXT}<div style="{OVER}; background: rgba(0, 0, 0, 0.3)"></div>', id="a shade"
        ),
        pytest.param(
            f'{TEXT}<div style="{OVER}; background: linear-gradient(rgba(0, 0, 0, 0.4), '
            'transparent)"></div>',
            id="a shade that fades",
        ),
        pytest.param(f'{TEXT}<div style="{OVER}"></div>', id="a layer without a colour"),
        pytest.param(
            f'{TEXT}<div style="{OVER}; opacity: 0"><p style="background: white">Bientôt</p></div>',
            id="a page that is not visible yet",
        ),
        pytest.param(
            f'<div style="position: relative">{TEXT}<a href="/" aria-label="ouvrir" '
            'style="position: absolute; inset: 0"></a></div>',
            id="a card that is a link",
        ),
        pytest.param(
            f'<header style="position: fixed; top: 0; width: 100%; background: white; '
            f'height: 90px">AisleMarts</header>{TEXT}<p>Prospects</p><p>LiveSale</p>',
            id="a bar over the first line",
        ),
        pytest.param(
            f'{TEXT * 4}<div style="position: fixed; bottom: 0; height: 60px; width: 100%; '
            'background: white"><p>Cookies</p></div>',
            id="a bar at the bottom",
        ),
        pytest.param(
            f'<div style="{OVER}; background: white">{TEXT}</div>', id="an app in a frame"
        ),
        pytest.param(
            f'<div style="height: 300px; overflow: auto">{TEXT * 9}</div>',
            id="a frame that scrolls",
        ),
        pytest.param(
            f'{TEXT}<ul style="height: 0; overflow: hidden; margin: 0">{"<li>Aide</li>" * 9}</ul>',
            id="a closed list",
        ),
        pytest.param(
            f'<nav style="position: fixed; z-index: -1">{"<p>Menu</p>" * 9}</nav>'
            f'<div style="background: white; height: 700px">{TEXT}</div>',
            id="a menu behind the page",
        ),
        pytest.param(
            f'<nav style="position: fixed; z-index: -1">{"<p>Menu</p>" * 9}</nav>'
            '<div style="background: white; height: 700px"><div style="position: absolute; top: 0; '
            f'width: 100%; height: 90px; background: white"></div>{TEXT}</div>',
            id="a menu behind the page and its picture",
        ),
        pytest.param(COMPONENT.format(style="", inside=TEXT), id="a web component"),
        pytest.param(
            TEXT + COMPONENT.format(style="", inside="<p>Aide</p>"), id="a web component below"
        ),
        pytest.param(f'<div style="pointer-events: none">{TEXT}</div>', id="text without a target"),
        pytest.param(f'<div style="display: contents">{TEXT}</div>', id="no box of its own"),
        pytest.param(f'<div dir="rtl">{TEXT}</div>', id="from right to left"),
        pytest.param(
            f'{TEXT}<div style="display: flex; overflow: hidden">'
            + '<p style="min-width: 390px">Suivant</p>' * 9
            + "</div>",
            id="slides beside the window",
        ),
        pytest.param(
            '<p>AisleMarts</p><div style="position: relative; height: 300px">'
            + f'<div class="slide" style="{ON_EACH_OTHER}">{TEXT}</div>' * 3
            + f'<div class="slide first" style="{ON_EACH_OTHER}">{TEXT}</div></div>',
            id="slides on each other",
        ),
    ],
)
def test_a_page_that_is_seen_is_not_reported(tab: Tab, html: str) -> None:
    assert hidden(tab, html) == ""


@needs_browser
@pytest.mark.parametrize("mode", ["open", "closed"])
def test_a_banner_that_is_a_web_component_is_closed_first(phone: Any, mode: str) -> None:
    banner = (
        f'<div style="{OVER}; background: white"><style>p {{}}</style>'
        '<button onclick="this.parentElement.remove()">Tout accepter</button></div>'
    )
    component = COMPONENT.format(style="", inside=banner).replace('"open"', f'"{mode}"')
    page = f"<!doctype html><html lang=fr><body>{TEXT}{component}"
    tab = Tab(phone, ("Tout accepter",))
    tab.playwright.route(
        "**/*", lambda route: route.fulfill(body=page, content_type="text/html; charset=utf-8")
    )
    tab.open("http://shop.example/")
    assert PageReader(tab, {}).hidden() == ""
