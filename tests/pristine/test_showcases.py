"""Headline numbers follow from their rows: worked out by hand, and moved by a single row."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from playbook import PROJECT
from playbook.pristine.relative_dates import resolve_dates
from playbook.pristine.seeds import Seeds, load
from playbook.pristine.showcases import Showcase, exact, showcase_of
from playbook.pristine.showcases.base import growth, ratio

type Rows = dict[str, Any]

SEQUOIA, A16Z, LVMH = "SEQUOIA_ROELOF_BOTHA", "A16Z_CHRIS_DIXON", "LVMH_JULIE_BERCOVY"
CATALYST, LIGHTSPEED = "GENERAL_CATALYST_HEMANT_TANEJA", "LIGHTSPEED_JEREMY_LIEW"
INDEX, BESSEMER = "INDEX_SOFOA_DOLFE", "BESSEMER_JEREMY_LEVINE"
TIGER = "TIGER_GLOBAL_CHASE_COLEMAN"
ACCESS = datetime(2026, 11, 22, 12, tzinfo=UTC)
EIGHT = [SEQUOIA, A16Z, LVMH, CATALYST, LIGHTSPEED, INDEX, BESSEMER, TIGER]


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


def kpis(bundle: str, records: Rows) -> dict[str, Fraction]:
    showcase = read(bundle, records)
    return {**showcase.kpis(), **showcase.further_numbers()}


def read(bundle: str, records: Rows) -> Showcase:
    """The rows with their dates as at ``ACCESS``."""
    return showcase_of(bundle).model_validate(resolve_dates(records, ACCESS, "UTC"))


# Small worlds, worked out by hand

SMALL: dict[str, tuple[Rows, dict[str, Fraction]]] = {
    SEQUOIA: (
        {
            "members": [
                {"id": name, "name": name.title(), "joined": "2026-01-01"}
                for name in ("ann", "ben", "cid", "dot", "eve")
            ],
            "connections": [
                {"a": "ann", "b": "ben"},
                {"a": "cid", "b": "ann"},
                {"a": "dot", "b": "eve"},
            ],
            "invites": [
                {"member": "ann", "sent": 4, "joined": 3},
                {"member": "ben", "sent": 2, "joined": 1},
            ],
            # Out of order on purpose: 300 after 250 is +20 %.
            "vendors": [
                {"month": "2026-03", "vendors": 300},
                {"month": "2025-12", "vendors": 10},
                {"month": "2026-02", "vendors": 250},
            ],
            "new_users": [
                {"id": "n1", "products": [], "gmv_usd": 100},
                {"id": "n2", "products": [], "gmv_usd": 0},
            ],
        },
        {
            "viral_coefficient": Fraction(4, 5),
            # Three connections, two ends each, over five members.
            "network_density": Fraction(6, 5),
            "b2b_vendor_growth_mom": Fraction(1, 5),
            "network_gmv_effect_usd": Fraction(50),
        },
    ),
    A16Z: (
        {
            "examples": [],
            # The mean of the shares would be 1/2 each; the large day weighs more.
            "sessions": [
                {"date": "2026-01-01", "sessions": 100, "ai_engaged": 100},
                {"date": "2026-01-02", "sessions": 300, "ai_engaged": 0},
            ],
            "revenue": [{"date": "2026-01-01", "revenue_usd": 1000, "ai_influenced_usd": 470}],
            "voice": [
                {"language": "en", "queries": 60, "understood": 59},
                {"language": "ar", "queries": 40, "understood": 35},
            ],
            "cohorts": [{"month": "2026-01", "consumers": 8, "retained": 7}],
        },
        {
            "ai_engagement_rate": Fraction(1, 4),
            "ai_revenue_impact": Fraction(47, 100),
            "voice_ai_accuracy": Fraction(94, 100),
            "consumer_retention": Fraction(7, 8),
        },
    ),
    LVMH: (
        {
            "featured": [
                {"product": "EUR-001", "house": "Dior", "price_eur": 1,
                 "story": {"en": "The bag.", "fr": "Le sac de la maison."}},
            ],
            "partnerships": [
                {"house": "Dior", "country": "FR", "since": "2025-02"},
                {"house": "Loewe", "country": "ES", "since": "2025-03"},
                {"house": "Dior", "country": "FR", "since": "2026-01"},
            ],
            "trade": [
                {"month": "2026-08", "market": "FR", "segment": "luxury", "visits": 100,
                 "orders": 3, "gmv_eur": 9000},
                {"month": "2026-09", "market": "DE", "segment": "luxury", "visits": 300,
                 "orders": 1, "gmv_eur": 1000},
                {"month": "2026-09", "market": "DE", "segment": "beauty", "visits": 500,
                 "orders": 50, "gmv_eur": 5000},
            ],
        },
        {
            "luxury_aov_eur": Fraction(2500),
            "brand_partnerships": Fraction(2),
            "european_gmv_eur": Fraction(15000),
            "luxury_conversion": Fraction(1, 100),
        },
    ),
    CATALYST: (
        {
            # The latest month is the first row on purpose.
            "months": [
                {"month": "2026-02", "buyers": 370, "sellers": 20, "new_buyers": 30, "visits": 150,
                 "orders": 10, "aov_usd": 200, "gmv_usd": 2000, "acquisition_spend_usd": 1200,
                 "cac_usd": 40, "net_revenue_per_user_usd": 168},
                {"month": "2026-01", "buyers": 340, "sellers": 20, "new_buyers": 10, "visits": 40,
                 "orders": 5, "aov_usd": 100, "gmv_usd": 500, "acquisition_spend_usd": 480,
                 "cac_usd": 48, "net_revenue_per_user_usd": 96},
                {"month": "2025-12", "buyers": 330, "sellers": 19, "new_buyers": 0, "visits": 10,
                 "orders": 5, "aov_usd": 100, "gmv_usd": 500, "acquisition_spend_usd": 0,
                 "cac_usd": 48, "net_revenue_per_user_usd": 96},
                {"month": "2025-11", "buyers": 330, "sellers": 18, "new_buyers": 0, "visits": 0,
                 "orders": 1, "aov_usd": 90, "gmv_usd": 90, "acquisition_spend_usd": 0,
                 "cac_usd": 48, "net_revenue_per_user_usd": 96},
            ],
            "vendor_cohorts": [
                {"month": "2025-12", "vendors": 10, "succeeded": 6},
                {"month": "2026-01", "vendors": 10, "succeeded": 7},
            ],
        },
        {
            "monthly_gmv_usd": Fraction(1000),  # of the last three months
            "conversion_rate": Fraction(21, 200),
            "consumer_acquisition_cost_usd": Fraction(42),
            "net_revenue_per_user_usd": Fraction(168),
            "buyers_per_seller": Fraction(37, 2),
            "ltv_to_cac": Fraction(42, 10),
            "vendor_success": Fraction(65, 100),
        },
    ),
    LIGHTSPEED: (
        {
            "posts": [
                {"id": "p1", "creator": "Isabella Luxe", "caption": "One",
                 "posted_on": "2026-01-01", "impressions": 900,
                 "likes": 50, "shares": 20, "comments": 10},
                {"id": "p2", "creator": "Isabella Luxe", "caption": "Two",
                 "posted_on": "2026-01-02", "impressions": 100,
                 "likes": 2, "shares": 1, "comments": 1},
            ],
            "mobile": [{"date": "2026-01-01", "sessions": 500, "orders": 18}],
            "desktop": [{"date": "2026-01-01", "sessions": 300, "orders": 6}],
            "invitations": [
                {"week_of": "2026-01-05", "inviting_members": 50, "joined": 19,
                 "new_members": 76},
            ],
        },
        {
            "engagement_rate": Fraction(84, 1000),
            "mobile_conversion": Fraction(36, 1000),
            "mobile_to_desktop_conversion": Fraction(18, 10),
            "mobile_traffic": Fraction(5, 8),
            "viral_coefficient": Fraction(38, 100),
            "social_share_of_new_members": Fraction(1, 4),
        },
    ),
    INDEX: (
        {
            "compliance": [
                {"feature": "consent", "enabled": True, "evidence": [{"subject": "s1"}]},
                {"feature": "erasure", "enabled": True, "evidence": []},
                {"feature": "audit_log", "enabled": False, "evidence": [{"entry": 1}]},
                {"feature": "consent", "enabled": True, "evidence": [{"subject": "s2"}]},
            ],
            "vat_prices": [
                {"product": "EUR-001", "net_eur_cents": 10000, "vat_percent": 20,
                 "gross_eur_cents": 12000},
            ],
            "markets": [
                {"market": "FR", "quarter_to": "2026-01", "revenue_eur": 900,
                 "previous_revenue_eur": 700},
                {"market": "DE", "quarter_to": "2026-01", "revenue_eur": 412,
                 "previous_revenue_eur": 300},
            ],
            "enterprises": [
                {"company": "A", "country": "FR", "seats": 40, "active_seats": 34},
                {"company": "B", "country": "DE", "seats": 10, "active_seats": 3},
            ],
        },
        {
            "compliance_features": Fraction(1),
            "quarterly_european_revenue_eur": Fraction(1312),
            "enterprise_adoption": Fraction(74, 100),
            "multi_market_growth_qoq": Fraction(31, 100),  # 31.2 %, to the whole per cent
        },
    ),
    BESSEMER: (
        {
            "vendors": [
                {"id": "v1", "name": "One", "plan": "growth", "seats": 3, "mrr_usd": 150,
                 "mrr_year_ago_usd": 100, "churned": False},
                {"id": "v2", "name": "Two", "plan": "starter", "seats": 1, "mrr_usd": 0,
                 "mrr_year_ago_usd": 20, "churned": True},
                {"id": "v3", "name": "New", "plan": "enterprise", "seats": 9, "mrr_usd": 1000,
                 "mrr_year_ago_usd": 0, "churned": False},
            ],
            "volumes": [
                {"month": "2026-01", "volume_usd": 600, "fees_usd": 60},
                {"month": "2026-02", "volume_usd": 200, "fees_usd": 40},
            ],
            "sides": [
                {"side": "vendors", "month": "2026-02", "count": 30, "month_before": 20},
                {"side": "creators", "month": "2026-02", "count": 11, "month_before": 10},
            ],
            "recurring_revenue": [
                {"stream": "saas_subscriptions", "arr_usd": 13800},
                {"stream": "marketplace_fees", "arr_usd": 480},
                {"stream": "brand_services", "arr_usd": 13320},
            ],
        },
        {
            "saas_arr_usd": Fraction(13800),
            "saas_share_of_arr": Fraction(1, 2),
            "multi_sided_growth_mom": Fraction(1, 10),
            "marketplace_take_rate": Fraction(125, 1000),
            "net_revenue_retention": Fraction(5, 4),
            "vendor_churn": Fraction(1, 2),
        },
    ),
    TIGER: (
        {
            "markets": [
                {"country": "SG", "name": "Singapore", "month": "2026-01", "emerging": False,
                 "creators": 1, "transactions": 60, "second_currency": 45, "gmv_usd": 700},
                {"country": "KE", "name": "Kenya", "month": "2026-01", "emerging": True,
                 "creators": 1, "transactions": 40, "second_currency": 20, "gmv_usd": 300},
                {"country": "KE", "name": "Kenya", "month": "2026-01", "emerging": True,
                 "creators": 1, "transactions": 0, "second_currency": 0, "gmv_usd": 0},
            ],
            # 167 after 100, across the turn of the year, out of order.
            "quarters": [
                {"quarter_to": "2026-03", "apac_gmv_usd": 167},
                {"quarter_to": "2025-12", "apac_gmv_usd": 100},
                {"quarter_to": "2025-09", "apac_gmv_usd": 90},
            ],
        },
        {
            "global_gmv_usd": Fraction(1000),
            "multi_currency_transactions": Fraction(65, 100),
            "emerging_markets": Fraction(1),
            "apac_growth_qoq": Fraction(67, 100),
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize("bundle", EIGHT)
def test_the_numbers_of_a_small_world_worked_out_by_hand(bundle: str) -> None:
    records, expected = SMALL[bundle]
    assert kpis(bundle, records) == expected


# The repo's own showcases

HEADLINES: dict[str, dict[str, str]] = {
    SEQUOIA: {
        "viral_coefficient": "0.45",
        "network_density": "3.2",
        "b2b_vendor_growth_mom": "0.23",
        "network_gmv_effect_usd": "340",
    },
    A16Z: {
        "ai_engagement_rate": "0.67",
        "ai_revenue_impact": "0.47",
        "voice_ai_accuracy": "0.94",
        "consumer_retention": "0.82",
    },
    LVMH: {
        "luxury_aov_eur": "3240",
        "brand_partnerships": "23",
        "european_gmv_eur": "1800000",
        "luxury_conversion": "0.052",
    },
}
"""What AisleMarts has told these three investors."""


@pytest.mark.parametrize("bundle", EIGHT)
def test_the_headline_is_what_the_records_give(seeds: Seeds, bundle: str) -> None:
    line = seeds.showcases[bundle].model
    computed = kpis(bundle, line.records)

    told = {name: exact(value) for name, value in line.headline.items()}
    assert told == read(bundle, line.records).kpis()
    assert told.items() <= computed.items()
    assert set(computed) == set(SMALL[bundle][1])
    assert len(computed) >= 3


@pytest.mark.parametrize("bundle", HEADLINES)
def test_the_headline_is_what_the_investor_was_told(seeds: Seeds, bundle: str) -> None:
    stated = {n: Fraction(str(v)) for n, v in seeds.showcases[bundle].model.headline.items()}
    assert stated == {name: Fraction(value) for name, value in HEADLINES[bundle].items()}


def pop(group: str) -> Callable[[Rows], object]:
    return lambda rows: rows[group].pop()


def alter(group: str, **fields: Any) -> Callable[[Rows], object]:
    """Change fields of a group's first row: by a function of the old value, or to a value."""

    def change(rows: Rows) -> None:
        row = rows[group][0]
        row.update({name: f(row[name]) if callable(f) else f for name, f in fields.items()})

    return change


def more(value: int) -> int:
    return value + 1


def flip(value: bool) -> bool:
    return not value


@pytest.mark.parametrize(
    ("bundle", "change", "moved"),
    [
        (SEQUOIA, pop("connections"), {"network_density"}),
        (SEQUOIA, alter("invites", joined=more), {"viral_coefficient"}),
        (SEQUOIA, lambda rows: rows["vendors"][-1].update(vendors=247), {"b2b_vendor_growth_mom"}),
        (SEQUOIA, pop("vendors"), {"b2b_vendor_growth_mom"}),
        (SEQUOIA, alter("new_users", gmv_usd=more), {"network_gmv_effect_usd"}),
        (SEQUOIA, pop("new_users"), {"network_gmv_effect_usd"}),
        (SEQUOIA,
         lambda rows: rows["members"].append(
             {"id": "member-101", "name": "One More", "joined": "T-3d"}
         ),
         {"viral_coefficient", "network_density"}),
        (A16Z, alter("sessions", ai_engaged=more), {"ai_engagement_rate"}),
        (A16Z, alter("revenue", ai_influenced_usd=more), {"ai_revenue_impact"}),
        (A16Z, alter("voice", understood=more), {"voice_ai_accuracy"}),
        (A16Z, alter("cohorts", retained=more), {"consumer_retention"}),
        (A16Z, pop("voice"), {"voice_ai_accuracy"}),
        (LVMH, pop("partnerships"), {"brand_partnerships"}),
        (LVMH, alter("trade", orders=more), {"luxury_aov_eur", "luxury_conversion"}),
        (LVMH, alter("trade", gmv_eur=more), {"luxury_aov_eur", "european_gmv_eur"}),
        (LVMH, alter("trade", visits=more), {"luxury_conversion"}),
        (LVMH, lambda rows: rows["trade"][-1].update(orders=0), set()),  # beauty, by its orders
        (CATALYST, alter("months", gmv_usd=more), set()),  # none of the last three months
        (CATALYST, lambda rows: rows["months"][-1].update(gmv_usd=2800001), {"monthly_gmv_usd"}),
        (CATALYST, alter("months", visits=more), {"conversion_rate"}),
        (CATALYST, alter("vendor_cohorts", succeeded=more), {"vendor_success"}),
        (CATALYST,
         alter("months", new_buyers=more, acquisition_spend_usd=lambda spend: spend + 45),
         {"consumer_acquisition_cost_usd"}),
        (CATALYST, lambda rows: rows["months"][-1].update(buyers=24601), {"buyers_per_seller"}),
        (CATALYST, lambda rows: rows["months"][-1].update(net_revenue_per_user_usd=341),
         {"ltv_to_cac", "net_revenue_per_user_usd"}),
        (LIGHTSPEED, alter("posts", likes=more), {"engagement_rate"}),
        (LIGHTSPEED, alter("posts", shares=more), {"engagement_rate"}),
        (LIGHTSPEED, alter("posts", comments=more), {"engagement_rate"}),
        (LIGHTSPEED, alter("posts", impressions=more), {"engagement_rate"}),
        (LIGHTSPEED, alter("mobile", orders=more),
         {"mobile_conversion", "mobile_to_desktop_conversion"}),
        (LIGHTSPEED, alter("desktop", orders=more), {"mobile_to_desktop_conversion"}),
        (LIGHTSPEED, alter("invitations", inviting_members=more), {"viral_coefficient"}),
        (LIGHTSPEED, alter("invitations", new_members=more), {"social_share_of_new_members"}),
        (INDEX, alter("compliance", enabled=flip), {"compliance_features"}),
        (INDEX, alter("compliance", evidence=[]), {"compliance_features"}),
        (INDEX, pop("compliance"), {"compliance_features"}),
        (INDEX, alter("markets", revenue_eur=more),
         {"quarterly_european_revenue_eur"}),  # the growth is still 34 %
        (INDEX, alter("markets", previous_revenue_eur=1), {"multi_market_growth_qoq"}),
        (INDEX, alter("enterprises", active_seats=more), {"enterprise_adoption"}),
        (BESSEMER, alter("vendors", mrr_usd=more),
         {"saas_arr_usd", "net_revenue_retention", "saas_share_of_arr"}),
        (BESSEMER, alter("sides", count=more), {"multi_sided_growth_mom"}),
        (BESSEMER,
         lambda rows: next(row for row in rows["vendors"] if row["churned"]).update(churned=False),
         {"vendor_churn"}),
        (BESSEMER, alter("volumes", fees_usd=more), {"marketplace_take_rate"}),
        (TIGER, alter("markets", gmv_usd=more), {"global_gmv_usd"}),
        (TIGER, alter("markets", second_currency=more), {"multi_currency_transactions"}),
        (TIGER, alter("markets", emerging=flip, country="ZZ"), {"emerging_markets"}),
        (TIGER, pop("quarters"), {"apac_growth_qoq"}),
    ],
)  # fmt: skip
def test_one_row_changes_only_its_numbers(
    seeds: Seeds, bundle: str, change: Callable[[Rows], object], moved: set[str]
) -> None:
    records = copy.deepcopy(seeds.showcases[bundle].model.records)
    before = kpis(bundle, records)
    change(records)
    after = kpis(bundle, records)

    assert {name for name in before if before[name] != after[name]} == moved


@pytest.mark.parametrize(
    ("bundle", "change", "words"),
    [
        (SEQUOIA, alter("connections", b="member-999"), "does not join two known members"),
        (SEQUOIA, alter("connections", a="member-001", b="member-001"), "two known members"),
        (SEQUOIA, lambda rows: rows["connections"].append(rows["connections"][0]), "there twice"),
        (SEQUOIA,
         lambda rows: rows["connections"].append(
             {"a": rows["connections"][0]["b"], "b": rows["connections"][0]["a"]}
         ),
         "there twice"),
        (SEQUOIA, lambda rows: rows["members"].append(rows["members"][0]), "share an id"),
        (SEQUOIA, lambda rows: rows["members"].pop(0), "known members"),
        (SEQUOIA, alter("invites", member="member-999"), "unknown member"),
        (SEQUOIA, alter("invites", joined=99), "more joined than sent"),
        (SEQUOIA, alter("members", joined="yesterday"), "members.0.joined"),
        (SEQUOIA, alter("vendors", month="2026-13"), "vendors.0.month"),
        (SEQUOIA, lambda rows: rows.pop("invites"), "invites"),
        (A16Z, alter("sessions", ai_engaged=-1), "sessions.0.ai_engaged"),
        (A16Z, alter("examples", pipeline=["one"]), "examples.0.pipeline"),
        (A16Z, alter("examples", latency_ms=0), "examples.0.latency_ms"),
        (LVMH, alter("trade", segment="sport"), "trade.0.segment"),
        (LVMH, alter("trade", market="France"), "trade.0.market"),
        (LVMH, alter("featured", story={"en": "Only English"}), "featured.0.story.fr"),
        (CATALYST, alter("months", orders=0), "months.0.orders"),
        (CATALYST, lambda rows: rows["months"].clear(), "months"),
        (LIGHTSPEED, alter("posts", impressions=0), "posts.0.impressions"),
        (LIGHTSPEED, alter("posts", likes=1.5), "posts.0.likes"),
        (LIGHTSPEED, alter("posts", bought=3), "posts.0.bought"),
        (INDEX, alter("compliance", feature="gdpr"), "compliance.0.feature"),
        (INDEX, alter("compliance", enabled="yes"), "compliance.0.enabled"),
        (BESSEMER, alter("vendors", plan="free"), "vendors.0.plan"),
        (BESSEMER, alter("vendors", mrr_usd="1360"), "vendors.0.mrr_usd"),
        (TIGER, lambda rows: rows.update(quarters=rows["quarters"][:1]), "quarters"),
        (TIGER, alter("markets", country="Singapore"), "markets.0.country"),
        (TIGER, alter("markets", gmv_usd=float("nan")), "markets.0.gmv_usd"),
        (SEQUOIA, alter("vendors", month="٢٠٢٦-01"), "vendors.0.month"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused(
    seeds: Seeds, bundle: str, change: Callable[[Rows], object], words: str
) -> None:
    records = copy.deepcopy(seeds.showcases[bundle].model.records)
    change(records)

    with pytest.raises(ValidationError) as refused:
        kpis(bundle, records)

    told = [
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
        for error in refused.value.errors()
    ]
    assert any(words in line for line in told), told


@pytest.mark.parametrize(
    ("bundle", "group"),
    [
        (CATALYST, "vendor_cohorts"),
        (A16Z, "sessions"),
        (A16Z, "voice"),
        (LVMH, "trade"),
        (LIGHTSPEED, "posts"),
        (LIGHTSPEED, "invitations"),
        (INDEX, "markets"),
        (INDEX, "enterprises"),
        (BESSEMER, "vendors"),
        (TIGER, "markets"),
    ],
)
def test_a_share_of_nothing_is_no_number(bundle: str, group: str) -> None:
    records = {**SMALL[bundle][0], group: []}
    with pytest.raises(ZeroDivisionError):
        kpis(bundle, records)


DISCREPANCIES: list[tuple[str, str, Callable[[Rows], object]]] = [
    (SEQUOIA, "invitations", pop("new_users")),
    (A16Z, "AI sessions", alter("sessions", ai_engaged=10**6)),
    (A16Z, "AI revenue", alter("revenue", ai_influenced_usd=10**6)),
    (A16Z, "voice queries", alter("voice", understood=10**6)),
    (A16Z, "consumers", alter("cohorts", retained=10**6)),
    (LVMH, "orders", alter("trade", orders=10**6)),
    (
        LVMH,
        "language of the French story",
        alter(
            "featured", story={"en": "The bag.", "fr": "Die Tasche ist aus dem Haus der Familie."}
        ),
    ),
    (A16Z, "worked examples", lambda rows: rows.update(examples=rows["examples"][:4])),
    (A16Z, "worked examples", lambda rows: [e.update(name="Same") for e in rows["examples"]]),
    (LIGHTSPEED, "posts with reactions", lambda rows: rows.update(posts=rows["posts"][:19])),
    (LIGHTSPEED, "posts with reactions", lambda rows: [p.update(likes=0) for p in rows["posts"]]),
    (INDEX, "compliance", alter("compliance", enabled=False)),
    (INDEX, "compliance", alter("compliance", evidence=[{}])),
    (INDEX, "compliance", pop("compliance")),
    (INDEX, "compliance", lambda rows: rows["compliance"].append(rows["compliance"][0])),
    (BESSEMER, "paying vendors", lambda rows: [v.update(name="Same") for v in rows["vendors"]]),
    (TIGER, "transactions of open markets", alter("markets", transactions=0, second_currency=0)),
    (CATALYST, "average order", alter("months", gmv_usd=lambda gmv: gmv * 2)),
    (CATALYST, "average order", alter("months", aov_usd=more)),
    (CATALYST, "acquisition spend", alter("months", acquisition_spend_usd=more)),
    (CATALYST, "acquisition spend", alter("months", cac_usd=more)),
    (CATALYST, "buyers", alter("months", buyers=more)),
    (CATALYST, "growth of sellers", alter("months", sellers=10**6)),
    (CATALYST, "successful vendors", alter("vendor_cohorts", succeeded=10**6)),
    (LIGHTSPEED, "reactions", alter("posts", likes=10**6)),
    (LIGHTSPEED, "orders", alter("mobile", orders=10**6)),
    (LIGHTSPEED, "orders", alter("desktop", orders=10**6)),
    (LIGHTSPEED, "new members", alter("invitations", joined=10**6)),
    (INDEX, "seats", alter("enterprises", active_seats=10**6)),
    (INDEX, "tax", alter("vat_prices", vat_percent=19)),
    (BESSEMER, "revenue of churned vendors", alter("vendors", churned=True)),
    (BESSEMER, "recurring revenue", alter("recurring_revenue", arr_usd=more)),
    (BESSEMER, "recurring revenue", alter("vendors", mrr_usd=more)),
    (TIGER, "transactions", alter("markets", second_currency=10**6)),
]


@pytest.mark.parametrize(("bundle", "rule", "change"), DISCREPANCIES)
def test_rows_that_contradict_each_other_are_found(
    seeds: Seeds, bundle: str, rule: str, change: Callable[[Rows], object]
) -> None:
    records = copy.deepcopy(seeds.showcases[bundle].model.records)
    assert list(read(bundle, records).discrepancies()) == []
    change(records)
    assert {found.rule for found in read(bundle, records).discrepancies()} == {rule}


@pytest.mark.parametrize(
    ("net", "percent", "gross", "good"),
    [
        (412500, 20, 495000, True),
        (412500, 20, 495001, False),
        (412500, 20, 494999, False),
        (412500, 19, 495000, False),
        (415966, 19, 495000, True),  # 4949.9954, to the cent
        (415966, 19, 494999, False),
        (50, 19, 60, True),  # 59.5 cents, half up
        (50, 19, 59, False),
    ],
)
def test_a_price_with_the_wrong_tax_is_found(
    net: int, percent: int, gross: int, good: bool
) -> None:
    records = copy.deepcopy(SMALL[INDEX][0])
    records["vat_prices"][0].update(net_eur_cents=net, vat_percent=percent, gross_eur_cents=gross)
    found = {broken.rule for broken in read(INDEX, records).discrepancies()}
    assert ("tax" in found) is not good


# Whose showcase


@pytest.mark.parametrize("bundle", EIGHT)
def test_each_bundle_has_a_showcase_of_its_own(bundle: str) -> None:
    kind = showcase_of(bundle)
    assert issubclass(kind, Showcase)
    assert kind.bundle == bundle
    assert {showcase_of(other) for other in EIGHT if other != bundle}.isdisjoint({kind})


@pytest.mark.parametrize("bundle", ["ACME", "", "sequoia", "sequoia_roelof_botha"])
def test_an_unknown_bundle_has_none(bundle: str) -> None:
    with pytest.raises(LookupError, match="no showcase for"):
        showcase_of(bundle)


# Numbers


@pytest.mark.parametrize(
    ("number", "fraction"),
    [(0.45, Fraction(9, 20)), (0.1, Fraction(1, 10)), (340, Fraction(340)), (3.2, Fraction(16, 5)),
     (1e-3, Fraction(1, 1000)), (1800000.0, Fraction(1800000)), (-0.05, Fraction(-1, 20))],
)  # fmt: skip
def test_a_number_is_the_fraction_that_a_person_reads(number: float, fraction: Fraction) -> None:
    assert exact(number) == fraction


def test_growth_is_relative() -> None:
    assert growth(246, 200) == Fraction(23, 100)
    assert growth(150, 200) == Fraction(-1, 4)
    assert growth(200, 200) == 0
    with pytest.raises(ZeroDivisionError):
        growth(1, 0)


def test_a_ratio_is_sum_over_sum() -> None:
    assert ratio([1, 9], [10, 10]) == Fraction(1, 2)
    assert ratio([10, 0], [10, 90]) == Fraction(1, 10)
    with pytest.raises(ZeroDivisionError):
        ratio([], [])
