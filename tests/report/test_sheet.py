"""The sheet: what the investor will see, on one printed page."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from pypdf import PdfReader

from playbook import clock
from playbook.embedded.start import start
from playbook.environment import Environment, Settings
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.report.sheet.content import Sheet, Standing, gather, investor_of
from playbook.report.sheet.number_format import FORMS, MONEY, kpi, money
from playbook.report.sheet.page import html, write
from playbook.verdict.checks import CHECKS
from tests.forked_commands import run_command
from tests.sandbox import Sandbox

CHROMIUM = Path(os.environ.get("PLAYBOOK_CHROMIUM") or "/usr/bin/chromium")
NARROW, WIDE = "\u202f", "\u00a0"
"""The spaces that French numbers are written with."""


@pytest.fixture(scope="module")
def stocked(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.reset_all(access=clock.now())
    yield sandbox


def sheet_of(sandbox: Sandbox, name: str, *reasons: str) -> Sheet:
    everything = {"stored": list(CHECKS), "seen": list(CHECKS)}
    standing = Standing("NO-GO" if reasons else "GO", clock.now(), reasons, everything)
    return gather(sandbox.environment, sandbox.bundle(name), standing)


@pytest.mark.parametrize(
    ("name", "value", "locale", "label", "text"),
    [
        ("european_gmv_eur", 1800000, "fr-FR", "European GMV", f"1{NARROW}800{NARROW}000{WIDE}€"),
        ("luxury_conversion", 0.052, "fr-FR", "Luxury conversion", f"5,2{WIDE}%"),
        ("global_gmv_usd", 2800000, "en-US", "Global GMV", "$2,800,000"),
        ("global_gmv_sgd", 3761234.5, "en-SG", "Global GMV", "$3,761,234.50"),
        (
            "quarterly_european_revenue_gbp",
            1562000,
            "en-GB",
            "European revenue, a quarter",
            "£1,562,000",
        ),
        ("network_density", 3.2, "en-US", "Network density", "3.2"),
        ("apac_growth_qoq", 0.67, "en-SG", "APAC growth, quarter on quarter", "+67%"),
        ("net_revenue_retention", 1.18, "en-US", "Net revenue retention", "118%"),
        ("brand_partnerships", 23, "fr-FR", "Brand partnerships", "23"),
        ("something_new", 1234.5, "de-DE", "Something new", "1.234,5"),
        ("something_new", "many", "de-DE", "Something new", "'many' (not a number)"),
        ("something_new", 2, "tlh-XX", "Something new", "2"),
    ],
)
def test_numbers_have_the_format_of_the_investors_locale(
    name: str, value: object, locale: str, label: str, text: str
) -> None:
    assert kpi(name, value, locale) == (label, text)


def test_every_headline_number_has_a_name(seeds: Seeds) -> None:
    for line in seeds.showcases.values():
        for name in line.model.headline:
            assert name in FORMS or name.rpartition("_")[0] in MONEY, name


def test_prices_keep_their_cents() -> None:
    from decimal import Decimal

    assert money(Decimal(4950), "EUR", "fr-FR") == f"4{NARROW}950{WIDE}€"
    assert money(Decimal("4950.10"), "EUR", "fr-FR") == f"4{NARROW}950,10{WIDE}€"


def test_the_sheet_shows_what_the_investor_sees(stocked: Sandbox) -> None:
    sheet = sheet_of(stocked, "lvmh")
    assert sheet.gaps == ()
    context = dict(sheet.context)
    assert (context["Locale"], context["Currency"]) == ("fr-FR", "EUR")
    assert (context["Time zone"], context["Device"]) == ("Europe/Paris", "mobile")
    assert dict(sheet.kpis)["European GMV"] == f"1{NARROW}800{NARROW}000{WIDE}€"
    assert [name for name, _ in sheet.links] == [
        "Home", "Catalog", "Mood to cart", "LiveSale", "Chat", "Leads", "Analytics",
    ]  # fmt: skip
    assert sheet.offers[0].name == "Louis Vuitton Capucines MM"
    assert sheet.offers[0].price == f"4{NARROW}950{WIDE}€"
    assert (sheet.investor, sheet.account) == ("Julie Bercovy", "lvmh.demo@aislemarts.luxury")
    assert sheet.sign_in == stocked.environment.settings.api_url + "/sign-in"
    text = html([sheet])
    for shown in (sheet.investor, sheet.account, f'href="{sheet.sign_in}"', "No meeting is set"):
        assert shown in text
    assert re.search(r"There</dt><dd>\w{3} \d\d \w{3} \d{4}, 20:00 CES?T<", text)
    assert "Paris Fashion Week: Louis Vuitton Première" in text


def test_the_sheet_shows_the_evidence_and_the_meeting(
    stocked: Sandbox,
) -> None:
    proved = {"stored": ["catalog", "leads"], "seen": ["catalog"]}
    standing = Standing("GO", clock.now(), evidence=proved)
    meeting = datetime(2031, 3, 4, 18, tzinfo=UTC)
    bundle = stocked.bundle("lvmh")
    text = html([gather(stocked.environment, bundle, standing, meeting=meeting)])
    assert "<b>Stored</b> (what is stored): catalog, leads<" in text
    assert "<b>Seen</b> (what the app shows): catalog<" in text
    assert "Meeting <b>Tue 04 Mar 2031, 19:00 CET</b>" in text


def test_the_investors_name_comes_from_the_bundles_id(
    stocked: Sandbox,
) -> None:
    names = {bundle.short: investor_of(bundle) for bundle in stocked.bundles}
    assert names["index"] == "Sofia Dolfe"
    assert names["general-catalyst"] == "Hemant Taneja"
    assert all(names.values())
    assert investor_of(replace_key(stocked.bundle("lvmh"), "NOBODY")) == ""


def replace_key(bundle: Bundle, key: str) -> Bundle:
    return bundle.model_copy(update={"key": key, "aliases": ()})


def test_prices_are_in_the_investors_currency(stocked: Sandbox) -> None:
    """Index reads pounds, though the European catalog is priced in euros."""
    offers = sheet_of(stocked, "index").offers
    assert offers
    for offer in offers:
        assert offer.price.startswith("£")
        assert offer.catalog_price is not None
        assert offer.catalog_price.startswith("€")


def test_a_sheet_file_loads_nothing_and_has_no_script(stocked: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "made" / "sheets.html"
    write([sheet_of(stocked, bundle.short) for bundle in stocked.bundles], path)
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script|<link|<img|@import|url\(", text)
    assert text.count('<article class="sheet">') == len(stocked.bundles)
    assert [p.name for p in path.parent.iterdir()] == ["sheets.html"]


def test_stored_html_is_escaped_on_the_sheet(stocked: Sandbox) -> None:
    sale = stocked.db.livesales.find_one({"bundle": "A16Z_CHRIS_DIXON"})
    assert sale is not None
    evil = "<script>alert(1)</script>"
    stocked.db.livesales.update_one({"_id": sale["_id"]}, {"$set": {"title": evil}})
    try:
        text = html([sheet_of(stocked, "a16z", evil)])
    finally:
        stocked.db.livesales.replace_one({"_id": sale["_id"]}, sale)
    assert "<script" not in text
    assert "&lt;script&gt;" in text


MISSING = object()


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("starts_at", "soon", "LiveSale: no event is coming"),
        ("featured_products", None, "Featured products: the served value can't be read"),
        ("featured_products", ["NONE-001"], "not in the catalog"),
        ("featured_products", [{"a": 1}], "Featured products: the served value can't be read"),
        ("featured_products", MISSING, "Featured products: the served value can't be read"),
        ("title", None, "(no title)"),
        ("title", MISSING, "(no title)"),
        ("creator", MISSING, "with (no host)"),
    ],
)
def test_corrupt_data_are_named_on_the_sheet(
    stocked: Sandbox, field: str, value: object, named: str
) -> None:
    sale = stocked.db.livesales.find_one({"bundle": "A16Z_CHRIS_DIXON"})
    assert sale is not None
    assert named not in unescape(html([sheet_of(stocked, "a16z")]))
    change = {"$unset": {field: ""}} if value is MISSING else {"$set": {field: value}}
    stocked.db.livesales.update_one({"_id": sale["_id"]}, change)
    try:
        sheet = sheet_of(stocked, "a16z")
    finally:
        stocked.db.livesales.replace_one({"_id": sale["_id"]}, sale)
    assert named in unescape(html([sheet]))


def test_without_the_deployment_the_sheet_says_what_is_missing(
    stocked: Sandbox, seeds: Seeds
) -> None:
    away = replace(stocked.environment.settings, api_url="http://127.0.0.1:1")
    with Environment(away) as environment:
        bundle: Bundle = stocked.bundle("lvmh")
        sheet = gather(environment, bundle, Standing("UNKNOWN", None))
    assert [gap.partition(":")[0] for gap in sheet.gaps] == ["Context", "KPIs"]
    assert "API at http://127.0.0.1:1 cannot be reached" in html([sheet])
    assert sheet.kpis == ()


def printed(page: Path, tmp_path: Path) -> PdfReader:
    made = tmp_path / "sheet.pdf"
    subprocess.run(
        [
            CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={tmp_path / 'profile'}", "--no-pdf-header-footer",
            f"--print-to-pdf={made}", page.as_uri(),
        ],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return PdfReader(made)


@pytest.mark.skipif(not CHROMIUM.is_file(), reason=f"no browser at {CHROMIUM}")
def test_each_bundle_prints_to_one_a4_page(stocked: Sandbox, tmp_path: Path) -> None:
    page = tmp_path / "sheets.html"
    long = "Product catalog: 50 items per region: " + "expected this, found that; " * 8
    sheets = [replace(sheet_of(stocked, b.short), meeting=clock.now()) for b in stocked.bundles]
    write([*sheets, sheet_of(stocked, "lvmh", *[long] * 12)], page)
    pdf = printed(page, tmp_path)
    assert len(pdf.pages) == len(sheets) + 1
    for sheet, printed_page in zip(sheets, pdf.pages, strict=False):
        width, height = (float(side) for side in printed_page.mediabox[2:])
        assert (round(width), round(height)) == (595, 842)  # A4 in points
        text = printed_page.extract_text()
        assert sheet.bundle.firm in text
        assert "GO" in text


def test_the_command_writes_the_sheet(stocked: Sandbox, tmp_path: Path) -> None:
    settings: Settings = stocked.environment.settings
    path = tmp_path / "lvmh.html"

    def check(*arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {**os.environ, **settings.as_variables()}
        return run_command("check", *arguments, variables=variables)

    done = check("lvmh", "--html", str(path))
    assert done.returncode == 0, done.stderr
    text = path.read_text(encoding="utf-8")
    assert '<div class="standing go">' in text
    assert f"1{NARROW}800{NARROW}000{WIDE}€" in text
    stocked.db.products.delete_one({"_id": "EUR-001"})
    done = check("lvmh", "--html", str(path))
    assert done.returncode == 1
    text = path.read_text(encoding="utf-8")
    assert '<div class="standing no-go">' in text
    assert "found 49" in text
    (tmp_path / "folder").mkdir()
    done = check("lvmh", "--html", str(tmp_path / "folder"))
    assert done.returncode == 2
    assert "can't be written" in done.stderr


@pytest.mark.slow
def test_links_that_are_paths_lead_to_the_front_end(seeds: Seeds, tmp_path: Path) -> None:
    """As the published backend gives them; a login in front of the pages is not printed."""
    with start(seeds=seeds, deployment="aislemarts") as settings:
        settings = replace(settings, app_url="https://me:word@shop.example/staging")
        with Environment(settings) as environment:
            sandbox = Sandbox(environment, seeds, tmp_path)
            sandbox.reset("lvmh", access=clock.now())
            sheet = sheet_of(sandbox, "lvmh")
    links = [link for _, link in sheet.links]
    assert len(links) == 4
    assert all(link.startswith("https://shop.example/staging/") for link in links), links
    assert all("utm_bundle=LVMH_JULIE_BERCOVY" in link for link in links)
