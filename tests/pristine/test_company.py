"""One company behind all showcases: the figures that investors know, and those of the demos."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from playbook import PROJECT
from playbook.pristine.relative_dates import resolve_dates
from playbook.pristine.seeds import Seeds, load
from playbook.pristine.seeds.showcase_rules import SAMPLE_ACCESS
from playbook.pristine.showcases import Showcase, showcase_of
from playbook.pristine.showcases.company import Company

LATEST = "2026-05"
"""The last complete month at ``SAMPLE_ACCESS``."""


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


@pytest.fixture(scope="module")
def company(seeds: Seeds) -> Company:
    [line] = seeds.company.values()
    return Company.model_validate(resolve_dates(line.model.figures, SAMPLE_ACCESS, "UTC"))


def showcase(seeds: Seeds, bundle: str) -> Showcase:
    records = resolve_dates(seeds.showcases[bundle].model.records, SAMPLE_ACCESS, "UTC")
    return showcase_of(bundle).model_validate(records)


def test_the_company_is_what_its_letters_say(company: Company) -> None:
    figures = company.figures()
    quarter = [figures["GMV in USD", month] for month in ("2026-03", "2026-04", LATEST)]
    european = [figures["European GMV in EUR", m] for m in ("2026-03", "2026-04", LATEST)]
    apac = figures["APAC GMV in USD of a quarter", LATEST]
    before = figures["APAC GMV in USD of a quarter", "2026-02"]

    assert list(company.discrepancies()) == []
    assert company.arr_usd == 2_400_000
    assert Fraction(company.saas_arr_usd, company.arr_usd) == Fraction(35, 100)
    assert sum(quarter) / 3 == 2_400_000  # "GMV $2.4M today": a month of the last quarter
    assert quarter[-1] == 2_800_000  # Tiger's global GMV: the latest month
    assert sum(european) == 1_800_000
    assert round(apac / 100_000) == 28  # Tiger's letter: APAC revenue of $2.8M
    assert Fraction(apac, before) == Fraction(167, 100)
    assert figures["active users", LATEST] == 127_000
    assert figures["creators", LATEST] >= 450
    assert len(company.markets) == 25
    assert round(Decimal(quarter[-1]) / figures["orders", LATEST]) == 340
    assert Fraction(figures["vendors", LATEST], figures["vendors", "2026-04"]) == Fraction(123, 100)


def test_every_showcase_shows_the_companys_figures(seeds: Seeds, company: Company) -> None:
    figures = company.figures()
    shown = {bundle: list(showcase(seeds, bundle).figures()) for bundle in seeds.showcases}
    assert sum(map(bool, shown.values())) > 1, "else nothing of two showcases could differ"
    for bundle, of_bundle in shown.items():
        for figure in of_bundle:
            assert figures[figure.name, figure.period] == figure.value, (bundle, figure)


def test_what_two_investors_see_adds_up(seeds: Seeds) -> None:
    """Without the company's file: straight from one showcase to the other."""
    rows: dict[str, Any] = {
        bundle: seeds.showcases[bundle].model.records for bundle in seeds.showcases
    }
    lvmh, tiger = rows["LVMH_JULIE_BERCOVY"], rows["TIGER_GLOBAL_CHASE_COLEMAN"]
    index, catalyst = rows["INDEX_SOFOA_DOLFE"], rows["GENERAL_CATALYST_HEMANT_TANEJA"]
    sequoia, bessemer = rows["SEQUOIA_ROELOF_BOTHA"], rows["BESSEMER_JEREMY_LEVINE"]
    a16z, lightspeed = rows["A16Z_CHRIS_DIXON"], rows["LIGHTSPEED_JEREMY_LIEW"]
    markets = {row["country"]: row for row in tiger["markets"]}

    for row in index["markets"]:
        trade = [t for t in lvmh["trade"] if t["market"] == row["market"]]
        latest = [t for t in trade if t["month"] == "T-1mo"]
        assert sum(t["gmv_eur"] for t in trade) == row["revenue_eur"]
        assert sum(t["gmv_eur"] for t in latest) * 116 == markets[row["market"]]["gmv_usd"] * 100
        assert sum(t["orders"] for t in latest) == markets[row["market"]]["transactions"]
    months = {row["month"]: row for row in catalyst["months"]}
    assert sum(row["gmv_usd"] for row in tiger["markets"]) == months["T-1mo"]["gmv_usd"]
    assert sum(row["transactions"] for row in tiger["markets"]) == months["T-1mo"]["orders"]
    assert {v["month"]: v["volume_usd"] for v in bessemer["volumes"]} == {
        month: row["gmv_usd"] for month, row in months.items()
    }
    for row in sequoia["vendors"]:
        assert months[row["month"]]["sellers"] == row["vendors"]
    assert {row["month"]: row["consumers"] for row in a16z["cohorts"]} == {
        row["month"]: months[row["month"]]["new_buyers"] for row in a16z["cohorts"]
    }
    phones = {row["date"]: row["sessions"] for row in lightspeed["mobile"]}
    desktops = {row["date"]: row["sessions"] for row in lightspeed["desktop"]}
    assert {row["date"]: row["sessions"] for row in a16z["sessions"]} == {
        day: phones[day] + desktops[day] for day in phones
    }
