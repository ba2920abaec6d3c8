"""One company behind all showcases: the figures that investors know, and those of the demos."""

from __future__ import annotations

import copy
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

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


def changed(seeds: Seeds, **groups: Any) -> Company:
    """The company with other rows in some groups."""
    [line] = seeds.company.values()
    figures = {**copy.deepcopy(dict(line.model.figures)), **groups}
    return Company.model_validate(resolve_dates(figures, SAMPLE_ACCESS, "UTC"))


def rows(seeds: Seeds, group: str, number: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """The rows of a group, with other fields in one of them."""
    [line] = seeds.company.values()
    figures: Any = copy.deepcopy(line.model.figures)
    copied: list[dict[str, Any]] = figures[group]
    copied[number].update(fields)
    return copied


def found(company: Company, rule: str) -> list[tuple[str, object, object]]:
    """Row, expected and found value of each discrepancy of one rule."""
    return [(d.row, d.expected, d.found) for d in company.discrepancies() if d.rule == rule]


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


# At the limits of its rules


def test_a_company_has_the_months_of_two_quarters(seeds: Seeds) -> None:
    months = rows(seeds, "months")
    assert len(changed(seeds, months=months[-6:]).months) == 6
    with pytest.raises(ValidationError, match="at least 6 items"):
        changed(seeds, months=months[-5:])


@pytest.mark.parametrize("count", [6, 7, 8, 9])
def test_quarters_end_with_the_latest_month(seeds: Seeds, count: int) -> None:
    """The months before the first whole quarter are left out."""
    figures = changed(seeds, months=rows(seeds, "months")[-count:]).figures()
    quarters = {period for name, period in figures if name == "APAC GMV in USD of a quarter"}
    assert quarters == {"2026-05", "2026-02", *(["2025-11"] if count == 9 else [])}


def test_each_figure_has_its_name_and_period(seeds: Seeds) -> None:
    month = {
        "month": LATEST, "us_gmv_usd": 1, "european_gmv_eur": 100, "apac_gmv_usd": 3,
        "orders": 4, "vendors": 5, "new_buyers": 6, "active_users": 7, "creators": 8,
    }  # fmt: skip
    market = {"country": "FR", "name": "France", "region": "EU", "orders": 9, "gmv_usd": 10}
    free = {"country": "US", "name": "United States", "region": "US", "orders": 11, "gmv_usd": 12}
    day = {
        "date": "2026-06-16", "sessions": 13, "mobile_sessions": 14, "orders": 15, "gmv_usd": 16,
    }  # fmt: skip
    company = changed(
        seeds,
        months=[*rows(seeds, "months")[-6:-1], month],
        markets=[{**market, "quarter_gmv_eur": 0}, free],
        days=[day],
        weeks=[{"week_of": "2026-06-08", "new_members": 17}],
    )
    figures = company.figures()
    before = {"2026-05", *(f"2026-0{number}" for number in (1, 2, 3, 4)), "2025-12"}
    assert {period for name, period in figures if name == "orders" and len(period) == 7} == before
    of_latest = {name: value for (name, period), value in figures.items() if period == LATEST}
    months = {row["month"]: row for row in rows(seeds, "months")}
    quarter = [months["T-3mo"], months["T-2mo"]]
    assert of_latest == {
        "GMV in USD": 1 + 116 + 3,  # a euro is 1.16 dollars in the company's books
        "European GMV in EUR": 100,
        "orders": 4,
        "vendors": 5,
        "new buyers": 6,
        "active users": 7,
        "creators": 8,
        "GMV in USD, FR": 10,
        "orders, FR": 9,
        "GMV in EUR of a quarter, FR": 0,
        "GMV in USD, US": 12,
        "orders, US": 11,
        "APAC GMV in USD of a quarter": sum(row["apac_gmv_usd"] for row in quarter) + 3,
        "European GMV in EUR of a quarter": sum(row["european_gmv_eur"] for row in quarter) + 100,
    }
    assert figures["sessions", "2026-06-16"] == 13
    assert figures["mobile sessions", "2026-06-16"] == 14
    assert figures["orders", "2026-06-16"] == 15
    assert figures["GMV in USD", "2026-06-16"] == 16
    assert figures["new members", "2026-06-08"] == 17


@pytest.mark.parametrize("field", ["mobile_sessions", "orders"])
def test_a_day_has_at_least_the_sessions_of_its_phones_and_orders(seeds: Seeds, field: str) -> None:
    def of_a_day(value: int) -> list[tuple[str, object, object]]:
        fields = {"sessions": 500, "mobile_sessions": 1, "orders": 1, field: value}
        return found(changed(seeds, days=rows(seeds, "days", **fields)), "sessions")

    assert of_a_day(500) == []
    assert of_a_day(501) == [("2026-05-27", "at most 500", 501)]


def test_the_days_continue_the_level_of_the_latest_month(seeds: Seeds) -> None:
    """A month of 30 days with 2.8 million: 21 days have 1.96 million, a quarter more or less."""

    def with_total(total: int) -> list[tuple[str, object, object]]:
        days = rows(seeds, "days")
        days = [{**day, "gmv_usd": total if day is days[0] else 0} for day in days]
        return found(changed(seeds, days=days), "GMV of the days in USD")

    assert with_total(1_470_000) == with_total(2_450_000) == []
    assert with_total(1_469_999) == [("all", 1_960_000, 1_469_999)]
    assert with_total(2_450_001) == [("all", 1_960_000, 2_450_001)]


def test_a_company_without_days_has_no_level_to_continue(seeds: Seeds) -> None:
    assert list(changed(seeds, days=[]).discrepancies()) == []


def test_new_members_are_active_users(seeds: Seeds) -> None:
    """The eight weeks lie in the two latest months, in which so many users came."""
    months = rows(seeds, "months")
    came = months[-1]["active_users"] - months[-3]["active_users"]

    def in_all_weeks(members: int) -> list[tuple[str, object, object]]:
        weeks = [{"week_of": "T-1w", "new_members": members}]
        return found(changed(seeds, weeks=weeks), "new members")

    assert in_all_weeks(came) == []
    assert in_all_weeks(came + 1) == [("all weeks", came, came + 1)]


def test_a_month_that_is_no_whole_number_of_dollars_is_found(seeds: Seeds) -> None:
    # 100,001 euros are 116,001.16 dollars.
    fields = {"us_gmv_usd": 0, "european_gmv_eur": 100_001, "apac_gmv_usd": 0}
    company = changed(seeds, months=rows(seeds, "months", **fields))
    assert found(company, "GMV in whole USD") == [("2025-06", 116_001, 116_001)]


def test_a_month_without_orders_has_no_average_of_340_dollars(seeds: Seeds) -> None:
    company = changed(seeds, months=rows(seeds, "months", -1, orders=0))
    assert found(company, "figures that investors know") == [
        ("average order in USD", 340, 2_800_000)
    ]


def test_the_sums_over_the_markets_name_both_numbers(seeds: Seeds) -> None:
    company = changed(seeds, markets=[])
    assert found(company, "GMV of the markets in USD") == [
        ("US", 879_678, 0),
        ("EU", 800_400, 0),  # 690,000 euros
        ("APAC", 1_119_922, 0),
    ]
    assert found(company, "orders of the markets") == [("2026-05", 8_240, 0)]
    assert found(company, "GMV of a quarter in EUR") == [("2026-05", 1_800_000, 0)]


def test_a_market_twice_is_found(seeds: Seeds) -> None:
    markets = rows(seeds, "markets")
    company = changed(seeds, markets=[*markets, markets[0]])
    assert found(company, "markets") == [("SG", "it once", 2)]


@pytest.mark.parametrize(("country", "expected"), [("SG", "Singapore"), ("ZZ", "a country")])
def test_a_market_under_another_name_is_found(seeds: Seeds, country: str, expected: str) -> None:
    markets = rows(seeds, "markets", country=country, name="Malaysia")
    company = changed(seeds, markets=markets)
    assert found(company, "name of a market") == [(country, expected, "Malaysia")]
