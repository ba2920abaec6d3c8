"""Which texts of a page a visitor can see, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playbook.walk.browser import browser
from playbook.walk.reading import PageReader
from playbook.walk.tab import Arrival, Tab
from tests.walk.walking import needs_browser

SEEN = "<p>Parfum</p>"
PICTURE = (
    "<img style='display: block; width: 300px; height: 90px' "
    "src='data:image/svg+xml,<svg xmlns=%22http://www.w3.org/2000/svg%22/>'>"
)
ON_IT = "<p style='margin-top: -60px; position: relative'>"
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
        "color: transparent",
        "color: white",
        "color: #fffffe; background: white",
        "background: black; color: rgb(2, 2, 2)",
        "-webkit-text-fill-color: white",
        "filter: blur(8px)",
        "transform: scaleX(-1)",
        "scale: -1 1",
        "transform: rotateY(180deg)",
        "font-family: 'Material Icons', sans-serif",
        "clip-path: inset(50%)",
        "clip-path: circle(0)",
        "text-indent: -9999px; white-space: nowrap",
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
        pytest.param('<a href="http://shop.example/">120 €</a>', id="a link"),
        pytest.param('<p style="margin-top: 3000px">120 €</p>', id="far below"),
        pytest.param('<p style="opacity: 0.6">120 €</p>', id="pale"),
        pytest.param('<p style="display: contents">120 €</p>', id="without a box"),
        pytest.param(
            '<div style="width: 300px; overflow: hidden"><div style="display: flex; '
            'transform: translateX(-300px)"><p style="flex: 0 0 300px">120 €</p></div></div>',
            id="a slide that comes into view",
        ),
        pytest.param(
            f"<div style='color: white'>{PICTURE}{ON_IT}120 €</p></div>", id="on a picture"
        ),
        pytest.param(
            "<div style='color: white'><div style='height: 90px; background: navy'></div>"
            f"{ON_IT}120 €",
            id="on a coloured area beside it",
        ),
        pytest.param(
            "<style>section::before {content: ''; position: absolute; inset: 0; background: navy; "
            "z-index: -1}</style><section style='position: relative; color: white'>120 €",
            id="on a coloured area of a style sheet",
        ),
        pytest.param(
            "<p style='color: white; background: linear-gradient(navy, black)'>120 €</p>",
            id="on colours that change",
        ),
        pytest.param(
            "<p style='color: white; background: rgba(0, 0, 0, 0.6)'>120 €</p>", id="on a shade"
        ),
        pytest.param(
            "<p style='color: transparent; background: linear-gradient(red, navy); "
            "background-clip: text'>120 €</p>",
            id="letters cut out of colours",
        ),
        pytest.param(
            "<p style='color: white; text-shadow: 0 0 4px black'>120 €</p>", id="with a shadow"
        ),
        pytest.param("<p style='filter: blur(0.4px)'>120 €</p>", id="a little blurred"),
        pytest.param(
            "<div style='transform: scaleX(-1)'><p style='transform: scaleX(-1)'>120 €</p></div>",
            id="mirrored twice",
        ),
        pytest.param("<p style='transform: rotate(180deg) scale(2)'>120 €</p>", id="upside down"),
        pytest.param("<p style='clip-path: inset(0 round 9px)'>120 €</p>", id="with round corners"),
        pytest.param(
            "<div style='position: fixed; inset: 0; background: navy; z-index: -1'></div>"
            "<p style='color: white; margin-top: 3000px'>120 €</p>",
            id="far below, on an area that does not scroll",
        ),
        pytest.param(
            "<style>:root {color-scheme: dark} p {color: white}</style><p>120 €</p>",
            id="on a dark page",
        ),
        pytest.param(
            "<p style='color: white; box-shadow: inset 0 0 0 99px navy'>120 €</p>",
            id="on a shadow",
        ),
        pytest.param(
            "<style>html {filter: invert(1)} p {color: white}</style><p>120 €</p>",
            id="in colours that are turned round",
        ),
        pytest.param("<p style='font-family: Lexicon, serif'>120 €</p>", id="in a usual font"),
        pytest.param("<p style='text-indent: 20px'>120 €</p>", id="indented"),
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


@needs_browser
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("b::before {content: 'Neu'}", ("Parfum", "Neu", "120")),
        ("b::after {content: ' €'}", ("Parfum", "120 €")),
        ("b::after {content: attr(title)}", ("Parfum", "120", "Angebot")),
        ("b::after {content: '99 €' / 'price'}", ("Parfum", "120", "99 €")),
        ("b::after {content: '›'}", ("Parfum", "120")),
        ("b::after {content: '\\e901'}", ("Parfum", "120")),
        ("b::after {content: none}", ("Parfum", "120")),
        ("b::after {content: 'home'; font-family: 'Material Symbols'}", ("Parfum", "120")),
        ("b::after {content: '99 €'; position: absolute; scale: 0}", ("Parfum", "120")),
        ("b::after {content: '99 €'; transform: scale(0)}", ("Parfum", "120")),
        ("b::after {content: '99 €'; display: none}", ("Parfum", "120")),
        ("b::after {content: '99 €'; visibility: hidden}", ("Parfum", "120")),
        ("b {display: none} b::after {content: '99 €'}", ("Parfum",)),
    ],
)
def test_the_texts_of_a_style_sheet_are_on_the_page(
    tab: Tab, rule: str, expected: tuple[str, ...]
) -> None:
    html = f"<style>{rule}</style>{SEEN}<p><b title=Angebot>120</b></p>"
    assert lines(tab, html) == expected
