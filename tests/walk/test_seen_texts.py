"""Which texts of a page a visitor can see, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playbook.walk.browser import browser
from playbook.walk.reading import PageReader
from playbook.walk.tab import Arrival, Tab
from tests.walk.walking import needs_browser

SEEN = "<p>Parfum</p>"
COMPONENT = (
    "<div id=shop>%s</div><script>document.getElementById('shop')"
    ".attachShadow({mode: 'open'}).innerHTML = `%s`</script>"
)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    with browser() as opened:
        context = opened.chromium.new_context(viewport={"width": 390, "height": 700})
        yield Tab(context, ())
        context.close()


def lines(tab: Tab, html: str) -> tuple[str, ...]:
    tab.playwright.set_content(f"<!doctype html><html lang=fr><body>{html}</body></html>")
    return PageReader(tab, {}).read("home", Arrival()).lines


@needs_browser
@pytest.mark.parametrize(
    "style",
    [
        "display: none",
        "visibility: hidden",
        "opacity: 0",
        "opacity: 0.02",
        "font-size: 0",
        "position: absolute; left: -9999px",
        "position: absolute; top: -60px",
        "transform: scale(0)",
        "height: 0; overflow: hidden",
        "width: 0; overflow: clip; white-space: nowrap",
        "position: absolute; width: 1px; height: 1px; overflow: hidden",
        "content-visibility: hidden",
    ],
)
@pytest.mark.parametrize("inner", ["%s", "<div><b>%s</b></div>"], ids=["own", "around it"])
def test_a_text_that_no_visitor_sees_is_not_on_the_page(tab: Tab, style: str, inner: str) -> None:
    assert lines(tab, f'{SEEN}<div style="{style}">{inner % "120 €"}</div>') == ("Parfum",)


@needs_browser
@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<p aria-hidden=true>120 €</p>", id="hidden from readers of screens only"),
        pytest.param('<p style="margin-top: 3000px">120 €</p>', id="far below"),
        pytest.param('<p style="opacity: 0.6">120 €</p>', id="pale"),
        pytest.param('<p style="display: contents">120 €</p>', id="without a box"),
        pytest.param(
            '<div style="width: 300px; overflow: hidden"><div style="display: flex; '
            'transform: translateX(-300px)"><p style="flex: 0 0 300px">120 €</p></div></div>',
            id="a slide that comes into view",
        ),
        pytest.param(
            '<div style="height: 40px; overflow: auto"><p style="margin-top: 90px">120 €</p></div>',
            id="in a list to scroll",
        ),
    ],
)
def test_a_text_that_a_visitor_can_see_is_on_the_page(tab: Tab, html: str) -> None:
    assert lines(tab, SEEN + html) == ("Parfum", "120 €")


@needs_browser
@pytest.mark.parametrize("mode", ["open", "closed"])
def test_the_texts_of_web_components_are_on_the_page(tab: Tab, mode: str) -> None:
    inside = '<section><p>120 €</p><slot></slot><p style="display: none">1 €</p></section>'
    html = SEEN + (COMPONENT % ("<p>Dior</p>", inside)).replace("'open'", f"'{mode}'")
    assert sorted(lines(tab, html)) == ["120 €", "Dior", "Parfum"]


@needs_browser
@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("", ("Parfum", "120 €", "Dior")),
        ("visibility: hidden", ("Parfum", "Dior")),
        ("opacity: 0", ("Parfum", "Dior")),
        ("display: none", ("Parfum", "Dior")),
        ("width: 0; height: 0; border: 0", ("Parfum", "Dior")),
        ("position: absolute; left: -9999px", ("Parfum", "Dior")),
    ],
)
def test_the_texts_of_a_frame_are_on_the_page(
    tab: Tab, style: str, expected: tuple[str, ...]
) -> None:
    frame = f'<iframe style="{style}" srcdoc="<p>120 €</p><p hidden>1 €</p>"></iframe>'
    assert lines(tab, f"{SEEN}{frame}<p>Dior</p>") == expected


@needs_browser
def test_a_text_beside_a_page_from_right_to_left_can_be_seen(tab: Tab) -> None:
    tab.playwright.set_content(
        "<!doctype html><html lang=ar dir=rtl><body><div style='width: 2000px'>"
        "<p style='width: 100px; margin-right: 1500px'>120</p></div></body></html>"
    )
    assert PageReader(tab, {}).read("home", Arrival()).lines == ("120",)
