"""Showcases at the limits of their rules: the last accepted row, and the first refused one."""

from __future__ import annotations

import copy
import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from playbook import PROJECT
from playbook.pristine.relative_dates import resolve_dates
from playbook.pristine.seeds import Seeds, load
from playbook.pristine.seeds.showcase_rules import showcase_problems
from playbook.pristine.showcases import Showcase, showcase_of
from playbook.pristine.showcases.base import Count, Discrepancy, Money, Text, rounded, whole_percent

type Rows = dict[str, Any]

SEQUOIA, A16Z, LVMH = "SEQUOIA_ROELOF_BOTHA", "A16Z_CHRIS_DIXON", "LVMH_JULIE_BERCOVY"
CATALYST, LIGHTSPEED = "GENERAL_CATALYST_HEMANT_TANEJA", "LIGHTSPEED_JEREMY_LIEW"
INDEX, BESSEMER = "INDEX_SOFOA_DOLFE", "BESSEMER_JEREMY_LEVINE"
TIGER = "TIGER_GLOBAL_CHASE_COLEMAN"
ACCESS = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


def rows_of(seeds: Seeds, bundle: str) -> Rows:
    """The rows of the project's own seeds, to be changed."""
    return copy.deepcopy(dict(seeds.showcases[bundle].model.records))


def read(bundle: str, rows: Rows) -> Showcase:
    """The rows with their dates as at ``ACCESS``."""
    return showcase_of(bundle).model_validate(resolve_dates(rows, ACCESS, "UTC"))


def named(discrepancies: Any, rule: str) -> list[tuple[str, object, object]]:
    """Row, expected and found value of each discrepancy of one rule."""
    return [(d.row, d.expected, d.found) for d in discrepancies if d.rule == rule]


@pytest.mark.parametrize(
    ("kind", "accepted", "refused"),
    [
        (Count, [0], [-1]),
        (Money, [0], [-1]),
        (Text, ["A", "A b"], ["", " ", " A", "A "]),
    ],
)
def test_the_limits_of_a_field(kind: Any, accepted: list[Any], refused: list[Any]) -> None:
    field: TypeAdapter[Any] = TypeAdapter(kind)
    for value in accepted:
        assert field.validate_python(value) == value
    for value in refused:
        with pytest.raises(ValidationError):
            field.validate_python(value)


def test_an_empty_text_is_named_as_empty() -> None:
    with pytest.raises(ValidationError, match="at least 1 character"):
        TypeAdapter(Text).validate_python("")


@pytest.mark.parametrize(
    ("bundle", "group", "field"),
    [
        (A16Z, "examples", "latency_ms"),
        (LVMH, "featured", "price_eur"),
        (CATALYST, "months", "orders"),
        (LIGHTSPEED, "posts", "impressions"),
        (INDEX, "vat_prices", "net_eur_cents"),
        (INDEX, "vat_prices", "vat_percent"),
        (INDEX, "vat_prices", "gross_eur_cents"),
    ],
)
def test_one_is_the_least_of_what_is_divided_by(
    seeds: Seeds, bundle: str, group: str, field: str
) -> None:
    rows = rows_of(seeds, bundle)
    rows[group][0][field] = 1
    assert getattr(read(bundle, rows), group)[0].model_dump()[field] == 1
    rows[group][0][field] = 0
    with pytest.raises(ValidationError, match=f"{group}.0.{field}"):
        read(bundle, rows)


@pytest.mark.parametrize(
    ("bundle", "group", "least"),
    [
        (SEQUOIA, "members", 2),
        (SEQUOIA, "vendors", 2),
        (SEQUOIA, "new_users", 1),
        (LVMH, "featured", 1),
        (CATALYST, "months", 3),
        (INDEX, "vat_prices", 1),
        (BESSEMER, "volumes", 1),
        (BESSEMER, "sides", 2),
        (TIGER, "quarters", 2),
    ],
)
def test_the_fewest_rows_from_which_a_number_follows(
    seeds: Seeds, bundle: str, group: str, least: int
) -> None:
    rows = rows_of(seeds, bundle)
    if group == "members":  # else connections and invitations would name members who are gone
        rows.update(connections=[], invites=[])
    rows[group] = rows[group][:least]
    assert len(getattr(read(bundle, rows), group)) == least
    rows[group] = rows[group][: least - 1]
    with pytest.raises(ValidationError, match=f"{group}\n"):
        read(bundle, rows)


def test_a_pipeline_has_at_least_two_stages(seeds: Seeds) -> None:
    rows = rows_of(seeds, A16Z)
    rows["examples"][0]["pipeline"] = ["retrieve", "rank"]
    assert read(A16Z, rows)
    rows["examples"][0]["pipeline"] = ["rank"]
    with pytest.raises(ValidationError, match=r"examples.0.pipeline"):
        read(A16Z, rows)


@pytest.mark.parametrize(
    ("bundle", "group", "part", "whole", "rule"),
    [
        (A16Z, "sessions", "ai_engaged", "sessions", "AI sessions"),
        (A16Z, "revenue", "ai_influenced_usd", "revenue_usd", "AI revenue"),
        (A16Z, "voice", "understood", "queries", "voice queries"),
        (A16Z, "cohorts", "retained", "consumers", "consumers"),
        (LVMH, "trade", "orders", "visits", "orders"),
        (CATALYST, "vendor_cohorts", "succeeded", "vendors", "successful vendors"),
        (CATALYST, "months", "orders", "visits", "orders"),
        (LIGHTSPEED, "mobile", "orders", "sessions", "orders"),
        (LIGHTSPEED, "desktop", "orders", "sessions", "orders"),
        (LIGHTSPEED, "invitations", "joined", "new_members", "new members"),
        (INDEX, "enterprises", "active_seats", "seats", "seats"),
        (TIGER, "markets", "second_currency", "transactions", "transactions"),
    ],
)
def test_a_part_may_be_the_whole_but_no_more(
    seeds: Seeds, bundle: str, group: str, part: str, whole: str, rule: str
) -> None:
    rows = rows_of(seeds, bundle)
    row = rows[group][0]
    limit = row[whole]

    def found() -> list[tuple[object, object]]:
        showcase = read(bundle, rows)
        both = [*showcase.discrepancies(), *showcase.detail_discrepancies()]
        return [(expected, value) for _, expected, value in named(both, rule)]

    row[part] = limit
    assert found() == []
    row[part] = limit + 1
    assert found() == [(limit, limit + 1)]


def test_everybody_who_sees_a_post_may_react_once(seeds: Seeds) -> None:
    rows = rows_of(seeds, LIGHTSPEED)
    rows["posts"][0].update(impressions=100, likes=50, shares=30, comments=20)
    assert list(read(LIGHTSPEED, rows).discrepancies()) == []
    rows["posts"][0].update(comments=21)
    found = read(LIGHTSPEED, rows).discrepancies()
    assert list(found) == [Discrepancy("reactions", "post-001", 100, 101)]


def test_an_invitation_brings_one_member_at_most(seeds: Seeds) -> None:
    rows = rows_of(seeds, SEQUOIA)
    rows["invites"][0].update(sent=1, joined=1)
    assert read(SEQUOIA, rows)
    rows["invites"][0].update(sent=1, joined=2)
    with pytest.raises(ValidationError, match="more joined than sent"):
        read(SEQUOIA, rows)


TWO_MEMBERS: Rows = {
    "members": [{"id": name, "name": name.title(), "joined": "T-9d"} for name in ("ann", "ben")],
    "connections": [{"a": "ann", "b": "ben"}],
    "invites": [{"member": "ann", "sent": 2, "joined": 1}],
    "vendors": [{"month": "T-2mo", "vendors": 4}, {"month": "T-1mo", "vendors": 5}],
    "new_users": [{"id": "cid", "products": [], "gmv_usd": 7}],
}
"""The smallest network: the first member has invited the second."""


def test_the_smallest_network_is_good() -> None:
    network = read(SEQUOIA, TWO_MEMBERS)
    assert list(network.discrepancies()) == []
    assert list(network.detail_discrepancies()) == []
    assert network.kpis() == {
        "viral_coefficient": Fraction(1, 2),
        "network_density": Fraction(1),
        "b2b_vendor_growth_mom": Fraction(1, 4),
        "network_gmv_effect_usd": Fraction(7),
    }


def test_nobody_invited_the_first_member() -> None:
    two: list[Rows] = [{"id": name, "products": [], "gmv_usd": 7} for name in ("cid", "dot")]
    network = read(
        SEQUOIA,
        {**TWO_MEMBERS, "invites": [{"member": "ann", "sent": 2, "joined": 2}], "new_users": two},
    )
    assert list(network.discrepancies()) == [Discrepancy("invitations", "joined by them", 1, 2)]


@pytest.mark.parametrize(
    ("bundle", "group", "name", "rule", "row", "least"),
    [
        (A16Z, "examples", "name", "worked examples", "all names", 5),
        (BESSEMER, "vendors", "name", "paying vendors", "all names", 20),
        (LIGHTSPEED, "posts", "caption", "posts with reactions", "all captions", 20),
    ],
)
def test_the_fewest_examples_that_an_investor_was_promised(
    seeds: Seeds, bundle: str, group: str, name: str, rule: str, row: str, least: int
) -> None:
    rows = rows_of(seeds, bundle)
    good = next(r for r in rows[group] if not r.get("churned"))
    rows[group] = [{**good, "id": f"x-{n}", name: f"Number {n}"} for n in range(least)]
    assert named(read(bundle, rows).discrepancies(), rule) == []
    rows[group][-1][name] = "Number 0"  # a second one with the same name
    assert named(read(bundle, rows).discrepancies(), rule) == [(row, least, least - 1)]


@pytest.mark.parametrize(
    ("bundle", "what", "group", "field", "unit", "least", "most"),
    [
        (A16Z, "session", "sessions", "date", "d", 14, None),
        (A16Z, "revenue", "revenue", "date", "d", 14, None),
        (SEQUOIA, "vendors", "vendors", "month", "mo", 2, None),
        (LVMH, "European orders", "trade", "month", "mo", 3, 3),  # the quarter of the headline
        (CATALYST, "metrics", "months", "month", "mo", 12, 12),
        (LIGHTSPEED, "mobile", "mobile", "date", "d", 14, None),
        (LIGHTSPEED, "invitations", "invitations", "week_of", "w", 4, None),
        (INDEX, "revenue", "markets", "quarter_to", "mo", 1, 1),
        (BESSEMER, "volume", "volumes", "month", "mo", 12, 12),
        (BESSEMER, "sides", "sides", "month", "mo", 1, 1),
        (TIGER, "sales", "markets", "month", "mo", 1, 1),
    ],
)
def test_how_many_days_weeks_or_months_a_showcase_shows(
    seeds: Seeds,
    bundle: str,
    what: str,
    group: str,
    field: str,
    unit: str,
    least: int,
    most: int | None,
) -> None:
    rows = rows_of(seeds, bundle)
    some = rows[group][0]
    of_one_period = 2 if group in ("trade", "markets", "sides") else 1

    def are_good(count: int) -> bool:
        """Whether so many periods, up to the last complete one, are accepted."""
        periods = [f"T-{back}{unit}" for back in range(count, 0, -1)]
        rows[group] = [{**some, field: period} for period in periods for _ in range(of_one_period)]
        refused = (f"records: the dates of {what} are", f"records.{group}: ")
        return not any(words in line for line in problems(seeds, bundle, rows) for words in refused)

    assert are_good(least)
    assert are_good(most or least + 1)
    if least > 1:
        assert not are_good(least - 1)
    if most is not None:
        assert not are_good(most + 1)


def problems(seeds: Seeds, bundle: str, rows: Rows) -> list[str]:
    """What is wrong with one showcase that has other rows."""
    line = seeds.showcases[bundle]
    changed = replace(line, model=line.model.model_copy(update={"records": rows}))
    return list(showcase_problems(replace(seeds, showcases={bundle: changed})))


@pytest.mark.parametrize("side", ["buyers", "sellers"])
def test_a_side_that_stays_as_it_was_does_not_grow(seeds: Seeds, side: str) -> None:
    rows = rows_of(seeds, CATALYST)
    before = rows["months"][0][side]
    rows["months"][1][side] = before
    stays = named(read(CATALYST, rows).discrepancies(), f"growth of {side}")
    assert stays == [("2025-12", f"over {before}", before)]
    rows["months"][1][side] = before + 1
    assert named(read(CATALYST, rows).discrepancies(), f"growth of {side}") == []


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Fraction(345, 1000), Fraction(35, 100)),
        (Fraction(34499, 100000), Fraction(34, 100)),
        (Fraction(-345, 1000), Fraction(-34, 100)),
        (Fraction(0), Fraction(0)),
    ],
)
def test_whole_per_cent_half_up(share: Fraction, shown: Fraction) -> None:
    assert whole_percent(share) == shown


@pytest.mark.parametrize(
    ("amount", "units"), [(Fraction(1, 2), 1), (Fraction(49, 100), 0), (Fraction(3), 3)]
)
def test_whole_units_half_up(amount: Fraction, units: int) -> None:
    assert rounded(amount) == units


def test_a_day_without_desktops_shows_the_sessions_of_phones(seeds: Seeds) -> None:
    rows = rows_of(seeds, LIGHTSPEED)
    rows["mobile"] = [{"date": "T-1d", "sessions": 10, "orders": 3}]
    rows["desktop"] = []
    figures = read(LIGHTSPEED, rows).figures()
    of_the_day = {figure.name: figure.value for figure in figures if figure.period == "2026-11-21"}
    assert of_the_day == {"mobile sessions": 10, "sessions": 10, "orders": 3}


def test_a_day_without_sales_is_no_day_of_phones(seeds: Seeds) -> None:
    rows = rows_of(seeds, LIGHTSPEED)
    day = {"date": "T-1d", "sessions": 10, "orders": 3}
    for fields in ({}, {"orders": 0}, {"sessions": 0, "orders": 0}):
        rows["mobile"] = [{**day, **fields}]
        [of_phones] = [run for run in read(LIGHTSPEED, rows).runs() if run.what == "mobile"]
        assert of_phones.periods == ([] if fields else ["2026-11-21"])


@pytest.mark.parametrize("fields", [{"likes": 0}, {"shares": 0}, {"comments": 0}])
def test_a_post_is_engaging_with_each_kind_of_reaction(
    seeds: Seeds, fields: dict[str, int]
) -> None:
    rows = rows_of(seeds, LIGHTSPEED)
    post = {**rows["posts"][0], "likes": 1, "shares": 1, "comments": 1}
    rows["posts"] = [post]
    assert len(read(LIGHTSPEED, rows).engaging_posts) == 1  # type: ignore[attr-defined]
    rows["posts"] = [{**post, **fields}]
    assert read(LIGHTSPEED, rows).engaging_posts == set()  # type: ignore[attr-defined]


def test_a_cohort_of_a_month_that_is_not_shown_has_no_vendors(seeds: Seeds) -> None:
    rows = rows_of(seeds, CATALYST)
    rows["vendor_cohorts"] = [{"month": "T-13mo", "vendors": 1, "succeeded": 1}]
    joined = named(read(CATALYST, rows).detail_discrepancies(), "vendors that joined")
    assert joined == [("2025-10", 0, 1)]


def test_the_first_cohort_is_all_vendors_of_the_first_month(seeds: Seeds) -> None:
    rows = rows_of(seeds, CATALYST)
    sellers = rows["months"][0]["sellers"]
    rows["vendor_cohorts"] = [{"month": "T-12mo", "vendors": sellers + 1, "succeeded": 1}]
    joined = named(read(CATALYST, rows).detail_discrepancies(), "vendors that joined")
    assert joined == [("2025-11", sellers, sellers + 1)]


def test_numbers_side_by_side_can_be_divided(seeds: Seeds) -> None:
    """A customer costs 42 on average and brings 168: that is 4 times the cost."""
    rows = rows_of(seeds, CATALYST)
    for row, new, cost in zip(rows["months"], [10, 20, 30, *[0] * 8, 0], [48, 42, 40, *[42] * 9],
                              strict=True):  # fmt: skip
        row.update(new_buyers=new, cac_usd=cost, acquisition_spend_usd=new * cost)
    rows["months"][-1].update(net_revenue_per_user_usd=168)
    rule = "lifetime value to cost"
    assert named(read(CATALYST, rows).detail_discrepancies(), rule) == []
    rows["months"][-1].update(cac_usd=40)  # 168 / 40 is 4.2
    wanted = "4, by the revenue per user and the cost shown"
    assert named(read(CATALYST, rows).detail_discrepancies(), rule) == [("headline", wanted, 4.2)]


@pytest.mark.parametrize(
    ("seats", "revenue", "churned", "good"),
    [
        (1, 85, False, True),
        (0, 0, True, True),
        (0, 0, False, False),
        (1, 85, True, False),
        (0, 85, False, False),
        (1, 0, False, False),
        (1, 0, True, False),
    ],
)
def test_a_vendor_has_seats_and_pays_or_is_gone(
    seeds: Seeds, seats: int, revenue: int, churned: bool, good: bool
) -> None:
    rows = rows_of(seeds, BESSEMER)
    growing = next(vendor for vendor in rows["vendors"] if vendor["plan"] == "growth")
    rows["vendors"] = [{**growing, "seats": seats, "mrr_usd": revenue, "churned": churned}]
    found = named(read(BESSEMER, rows).detail_discrepancies(), "seats")
    assert (found == []) is good


def test_a_vendor_who_paid_one_dollar_a_year_ago_counts(seeds: Seeds) -> None:
    rows = rows_of(seeds, BESSEMER)
    some = rows["vendors"][0]
    rows["vendors"] = [
        {**some, "id": "v1", "mrr_year_ago_usd": 1, "mrr_usd": 3, "churned": False},
        {**some, "id": "v2", "mrr_year_ago_usd": 1, "mrr_usd": 0, "churned": True},
        {**some, "id": "v3", "mrr_year_ago_usd": 0, "mrr_usd": 5, "churned": False},
    ]
    market = read(BESSEMER, rows)
    assert market.kpis()["net_revenue_retention"] == Fraction(3, 2)
    assert market.further_numbers()["vendor_churn"] == Fraction(1, 2)


@pytest.mark.parametrize(
    ("fields", "rule", "expected"),
    [
        ({"transactions": 0, "second_currency": 0, "creators": 0},
         "transactions of open markets", [("Singapore", "some", 0)]),
        ({"transactions": 0, "second_currency": 0, "creators": 0}, "creators of open markets", []),
        ({"creators": 0}, "creators of open markets", [("Singapore", "some", 0)]),
        ({"emerging": True}, "emerging markets", [("Singapore", "an emerging economy", "SG")]),
    ],
)  # fmt: skip
def test_a_market_is_open_or_closed(
    seeds: Seeds, fields: dict[str, Any], rule: str, expected: list[Any]
) -> None:
    rows = rows_of(seeds, TIGER)
    rows["markets"][0].update(fields)
    showcase = read(TIGER, rows)
    assert named([*showcase.discrepancies(), *showcase.detail_discrepancies()], rule) == expected


def evidence(rows: Rows, feature: str) -> list[dict[str, Any]]:
    [row] = [row for row in rows["compliance"] if row["feature"] == feature]
    found: list[dict[str, Any]] = row["evidence"]
    return found


@pytest.mark.parametrize(
    ("action", "at", "good"),
    [
        ("erasure requested (DSR-1)", "T-9d 08:00:00Z", True),
        ("erasure approved (DSR-1)", "T-8d 08:00:00Z", True),
        ("erasure begun (DSR-1)", "T-7d 08:00:00Z", True),
        ("erasure completed (DSR-1)", "T-7d 08:00:00Z", True),
        ("data export delivered (DSR-1)", "T-7d 08:00:00Z", True),
        ("erasure requested (DSR-1)", "T-9d 07:59:59Z", False),
        ("erasure begun (DSR-1)", "T-7d 08:00:01Z", False),
        ("erasure completed (DSR-1)", "T-8d 08:00:00Z", False),
        ("data export delivered (DSR-1)", "T-8d 08:00:00Z", False),
        ("erasure completed", "T-8d 08:00:00Z", True),  # it names no request
    ],
)
def test_the_audit_log_agrees_with_its_evidence(
    seeds: Seeds, action: str, at: str, good: bool
) -> None:
    rows = rows_of(seeds, INDEX)
    asked, done = "T-9d 08:00:00Z", "T-7d 08:00:00Z"
    evidence(rows, "data_export").clear()
    evidence(rows, "erasure")[:] = [{"request": "DSR-1", "requested_at": asked, "erased_at": done}]
    evidence(rows, "audit_log")[:] = [{"at": at, "action": action}]
    found = list(read(INDEX, rows).detail_discrepancies())
    when = resolve_dates(at, ACCESS, "UTC")
    expected = Discrepancy("audit log", "DSR-1", "the time of its evidence", [when])
    assert found == ([] if good else [expected])


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"request": "DSR-1", "subject": "someone"}, "DSR-1"),
        ({"subject": "someone"}, "someone"),
        ({}, "1"),  # the second row
    ],
)
def test_dates_that_go_back_are_named_by_their_row(
    seeds: Seeds, row: dict[str, str], name: str
) -> None:
    rows = rows_of(seeds, INDEX)
    back = {"granted_at": "2026-02-02", "withdrawn_at": "2026-02-01"}
    evidence(rows, "consent")[:] = [{"subject": "first"}, {**row, **back}]
    assert list(read(INDEX, rows).detail_discrepancies()) == [
        Discrepancy(
            "dates of consent",
            name,
            "each at or after the one before it",
            ["2026-02-02", "2026-02-01"],
        )
    ]


FIGURES: dict[str, dict[str, int]] = {
    SEQUOIA: {"vendors": 6},
    A16Z: {"sessions": 21, "GMV in USD": 21, "new buyers": 6},
    LVMH: {
        "European GMV in EUR": 3,
        "GMV in EUR of a quarter, of a market": 8,
        "orders, of a market": 8,
    },
    CATALYST: dict.fromkeys(("GMV in USD", "orders", "vendors", "new buyers"), 12),
    LIGHTSPEED: {"mobile sessions": 21, "sessions": 21, "orders": 21, "new members": 8},
    INDEX: {"GMV in EUR of a quarter, of a market": 8, "European GMV in EUR of a quarter": 1},
    BESSEMER: {
        "GMV in USD": 12,
        **dict.fromkeys(("vendors", "active users", "creators"), 2),
        **dict.fromkeys(("ARR in USD", "SaaS ARR in USD"), 1),
    },
    TIGER: {
        **dict.fromkeys(("GMV in USD, of a market", "orders, of a market"), 25),
        **dict.fromkeys(("GMV in USD", "orders", "creators"), 1),
        "APAC GMV in USD of a quarter": 4,
    },
}
"""How many of each figure a showcase compares with the company's: one for each of its rows."""


@pytest.mark.parametrize("bundle", FIGURES)
def test_every_figure_of_the_company_that_a_showcase_shows_is_compared(
    seeds: Seeds, bundle: str
) -> None:
    figures = read(bundle, rows_of(seeds, bundle)).figures()
    names = (re.sub(", [A-Z]{2}$", ", of a market", figure.name) for figure in figures)
    assert Counter(names) == FIGURES[bundle]


def test_a_paying_vendor_has_seats_and_pays(seeds: Seeds) -> None:
    rows = rows_of(seeds, BESSEMER)
    some = {**rows["vendors"][0], "churned": False}
    rows["vendors"] = [
        {**some, "id": "v1", "name": "One", "seats": 1, "mrr_usd": 1},
        {**some, "id": "v2", "name": "Two", "seats": 1, "mrr_usd": 0},
        {**some, "id": "v3", "name": "Three", "seats": 0, "mrr_usd": 1},
    ]
    assert read(BESSEMER, rows).paying_vendors == {"One"}  # type: ignore[attr-defined]


def test_the_audit_log_is_read_to_its_end(seeds: Seeds) -> None:
    rows = rows_of(seeds, INDEX)
    evidence(rows, "audit_log")[:] = [
        {"at": "T-9d 08:00:00Z", "action": "consent withdrawn"},  # it names no request
        {"at": "T-8d 08:00:00Z", "action": "erasure (DSR-9999)"},
    ]
    assert list(read(INDEX, rows).detail_discrepancies()) == [
        Discrepancy(
            "audit log", "DSR-9999", "a request that has evidence", ["2026-11-14T08:00:00Z"]
        )
    ]


@pytest.mark.parametrize(
    "choices",
    [["accept all of them", "reject all of them"], "accept all of them reject all of them"],
)
def test_the_words_of_the_cookie_banner_are_shown(seeds: Seeds, choices: object) -> None:
    rows = rows_of(seeds, INDEX)
    evidence(rows, "cookie_banner")[:] = [{"locale": "de-DE", "choices": choices}]
    words = "accept all of them reject all of them"
    assert list(read(INDEX, rows).detail_discrepancies()) == [
        Discrepancy("choices of cookies", "de-DE", "de", words)
    ]
