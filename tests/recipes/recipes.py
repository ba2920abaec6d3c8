"""Follow CONTRIBUTING's recipes in a copy: a currency, a language, a region, a bundle.

Each is an unusual case: francs, which no region uses for its prices; Hebrew, which reads from right
to left; a region with prices in dirhams, for which products have no field yet; a bundle in Dubai,
whose zone has no letters in the tz database.
"""

from __future__ import annotations

import json
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from playbook import PROJECT

type Document = dict[str, Any]

NOT_COPIED = {"__pycache__", "backups", "build", "dist", "node_modules", "reports"}
CURRENCY = "CHF"
LANGUAGE = "he"
REGION, REGION_CURRENCY = "GULF", "AED"
HOST = "Noura Al Falah"
BUNDLE, SHORT, FIRM = "CRESCENT_NOUR_LEVI", "crescent-bay", "Crescent Bay"
ZONE = "Asia/Dubai"


def copy_project(target: Path) -> Path:
    """A copy of the checkout, without what Git, tools and runs keep there."""

    def left_out(folder: str, names: list[str]) -> set[str]:
        hidden = {name for name in names if name.startswith(".") and name != ".github"}
        own = hidden if Path(folder) == PROJECT else set()
        return own | {n for n in names if n in NOT_COPIED or n.endswith(".egg-info")}

    copied = shutil.copytree(PROJECT, target, ignore=left_out)
    (copied / "reports").mkdir(exist_ok=True)
    return copied


def add_everything(project: Path) -> None:
    """A currency, a language, a region and a bundle that has all three, one after the other."""
    add_currency(project)
    count_currency(project)
    add_language(project)
    add_region(project)
    add_bundle(project)
    add_feature(project)


def add_currency(project: Path) -> None:
    """Steps 1 and 2 of "Add a currency"."""
    codes = project / "playbook" / "pristine" / "currency_codes.py"
    replace(codes, r'"SGD",', f'"SGD", "{CURRENCY}",')
    add_lines(project, "currency_reference_rates.json", {"_id": CURRENCY, "per_usd": "0.80"})


def count_currency(project: Path) -> None:
    """Step 3: the features say how many currencies there are."""
    for feature in ("checklist/currency.feature", "bundles/tiger_global.feature"):
        replace(
            project / "features" / feature,
            r"(\d+)(?= currencies)",
            lambda found: str(int(found[1]) + 1),
        )


def add_language(project: Path) -> None:
    """All steps of "Add a language"."""
    seeds = project / "seeds"
    english = json.loads((seeds / "locales" / "en.json").read_text(encoding="utf-8"))["messages"]
    messages = {}
    for number, (name, text) in enumerate(english.items()):
        # No translation, but a text that could be one: in its script, with the placeholders.
        messages[name] = " ".join(["הודעה", str(number), *re.findall(r"\{\w+\}", text)])
        if name.endswith("_one"):
            messages[f"{name.removesuffix('_one')}_two"] = f"שתי הודעות {number}"
    document = {"_id": LANGUAGE, "direction": "rtl", "messages": messages}
    (seeds / "locales" / f"{LANGUAGE}.json").write_text(as_line(document), encoding="utf-8")
    add_lines(project, "locale_cognates.json", {"_id": LANGUAGE, "messages": []})
    fields = project / "playbook" / "pristine" / "seeds" / "fields.py"
    replace(fields, r"^(Language = Literal\[.*)\]$", rf'\1, "{LANGUAGE}"]')
    feature = project / "features" / "checklist" / "locales.feature"
    replace(feature, r"(\d+)(?= languages)", lambda found: str(int(found[1]) + 1))
    replace(feature, r"^( *\| ar .*)$", rf"\1\n      | {LANGUAGE} | Hebrew | rtl |")


def add_region(project: Path) -> None:
    """Steps 1 and 2 of "Add a region"; step 3 is the bundle."""
    seeds = project / "playbook" / "pristine" / "seeds"
    replace(seeds / "fields.py", r"^(Region = Literal\[.*)\]$", rf'\1, "{REGION}"]')
    currencies = rf'\1, "{REGION}": "{REGION_CURRENCY}"}}'
    replace(seeds / "fields.py", r"^(REGION_CURRENCY: .*)\}$", currencies)
    field = f"price_{REGION_CURRENCY.lower()}"
    replace(seeds / "models.py", r"^( +)price_eur: .*$", rf"\g<0>\n\1{field}: Price | None = None")
    products = [
        {
            "_id": f"{REGION}-{number:03}", "id": f"{REGION}-{number:03}",
            "name": f"{name} of the Gulf", "brand": european["brand"],
            "brand_country": european["brand_country"], "group": european["group"],
            "category": european["category"], "region": REGION, field: 4 * european["price_eur"],
            "currency": REGION_CURRENCY, "inventory": 100, "reserved": 0,
        }
        for number, european in enumerate(of_region(project, "luxury_products.json", "EU"), start=1)
        for name in [european["name"]]
    ]  # fmt: skip
    add_lines(project, "luxury_products.json", *products)
    creators = [
        {**creator, "_id": key, "id": key, "name": name, "region": REGION}
        for creator, key, name in zip(
            of_region(project, "creator_profiles.json", "EU"),
            ("creator-901", "creator-902", "creator-903"),
            (HOST, "Rashid Khan Bey", "Layla Haddad"),
            strict=True,
        )
    ]
    add_lines(project, "creator_profiles.json", *creators)


def of_region(project: Path, name: str, region: str) -> list[Document]:
    """The documents of a seed file that belong to a region."""
    lines = (project / "seeds" / name).read_text(encoding="utf-8").splitlines()
    return [document for document in map(json.loads, lines) if document["region"] == region]


def add_bundle(project: Path) -> None:
    """Steps 1 to 4 of "Add a bundle"."""
    view: Document = {"locale": "he-IL", "currency": CURRENCY, "timezone": ZONE, "device": "mobile"}
    emphasis = "Gifts for every occasion"
    add_lines(
        project,
        "bundles.json",
        {
            "_id": BUNDLE, "short": SHORT, "aliases": ["crescent"], "firm": FIRM,
            "region": REGION, "emphasis": emphasis, **view,
        },
    )  # fmt: skip
    add_lines(
        project,
        "livesale_schedule.json",
        {
            "_id": "LS-CRES-001", "event_id": "LS-CRES-001", "bundle": BUNDLE,
            "title": "An Evening of Gifts", "creator": HOST,
            "scheduled_time": "T+48h 20:00 +04", "timezone": ZONE,
            "featured_products": [f"{REGION}-001", f"{REGION}-002"], "expected_viewers": 700,
            "demo_focus": "gifts", "status": "scheduled",
        },
    )  # fmt: skip
    add_lines(project, "awareness_contexts.json", {"_id": BUNDLE, "emphasis": emphasis, **view})
    add_lines(project, "business_leads.json", *(lead(number, view) for number in range(1, 6)))
    add_lines(
        project,
        "demo_accounts.json",
        *(
            {
                "_id": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"crescent.{role}")),
                "email": f"crescent.{role}@aislemarts.luxury", "role": role, "bundle": BUNDLE,
                "demo": True, "onboarded": True, "created_at": "2026-01-15T09:00:00Z",
                "preferences": {"locale": "he-IL", "currency": CURRENCY, "timezone": ZONE},
            }
            for role in ("demo", "creator", "viewer")
        ),
    )  # fmt: skip
    add_lines(
        project,
        "investor_showcases.json",
        {
            "_id": BUNDLE,
            "headline": {"gift_share": 0.4, "luxury_aov_chf": 500, "luxury_conversion": 0.05},
            "records": {
                "months": [
                    {
                        "month": f"T-{back}mo", "visits": 20_000, "orders": 1_000, "gifts": 400,
                        "sales_chf": 500_000,
                    }
                    for back in (3, 2, 1)
                ]
            },
        },
    )  # fmt: skip
    for language, name in GIFTS.items():
        path = project / "seeds" / "locales" / f"{language}.json"
        document = json.loads(path.read_text(encoding="utf-8"))
        document["messages"]["kpi_gift_share"] = name
        path.write_text(as_line(document), encoding="utf-8")
    showcase = project / "playbook" / "pristine" / "showcases" / "crescent_bay.py"
    showcase.write_text(SHOWCASE, encoding="utf-8")


def add_feature(project: Path) -> None:
    """Step 5; rendering ``deploy`` is left to its command."""
    path = project / "features" / "bundles" / "crescent_bay.feature"
    path.write_text(FEATURE, encoding="utf-8")


def lead(number: int, view: Document) -> Document:
    """One of the five leads; ids go on from those of the other bundles."""
    known = f"LEAD-{900 + number}"
    return {
        "_id": f"{BUNDLE}/{known}", "id": known, "bundle": BUNDLE,
        "company": f"Marina House {number}", "contact": f"Contact Number {number}",
        "value": f"{CURRENCY} {number}M", "value_amount": number * 1_000_000,
        "stage": ("new", "qualified", "proposal", "negotiation", "closed")[number - 1],
        "source": "creator_referral", "locale": "he-IL", "currency": CURRENCY,
        "notes": "Asks for gifts that arrive on the day",
        "awareness": {**view, "source": "creator_referral"},
    }  # fmt: skip


def add_lines(project: Path, name: str, *documents: Document) -> None:
    """Append documents to a seed file, one a line."""
    with (project / "seeds" / name).open("a", encoding="utf-8") as file:
        file.writelines(map(as_line, documents))


def as_line(document: Document) -> str:
    return json.dumps(document, ensure_ascii=False) + "\n"


def replace(path: Path, pattern: str, new: Any) -> None:
    """Change every place in a file that matches; fails where there is none."""
    text, count = re.subn(pattern, new, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert count, f"{path} has nothing like {pattern}"
    path.write_text(text, encoding="utf-8")


GIFTS = {
    "en": "Orders that are gifts",
    "es": "Pedidos para regalar",
    "fr": "Commandes à offrir",
    "de": "Bestellungen als Geschenk",
    "zh": "礼品订单",
    "ja": "ギフトの注文",
    "ar": "طلبات الهدايا",
    LANGUAGE: "הזמנות מתנה",
}
"""The name of a key figure that no other bundle has, in every language."""

SHOWCASE = f'''"""Crescent Bay: gift orders loaded."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from playbook.pristine.showcases.base import Count, Money, Month, Row, Run, Showcase, ratio


class MonthOfGifts(Row):
    """One month's visits, orders, gifts among them, and sales in whole francs."""

    month: Month
    visits: Count
    orders: Count
    gifts: Count
    sales_chf: Money


class Gifts(Showcase):
    bundle: ClassVar[str] = "{BUNDLE}"
    promises: ClassVar[dict[str, str]] = {{"gift_share": "0.4"}}

    months: Annotated[list[MonthOfGifts], Field(min_length=1)]

    def runs(self) -> list[Run]:
        return [Run("gifts", "mo", [row.month for row in self.months], 3, 3)]

    def kpis(self) -> dict[str, Fraction]:
        orders = [row.orders for row in self.months]
        return {{
            "gift_share": ratio((row.gifts for row in self.months), orders),
            "luxury_aov_chf": ratio((row.sales_chf for row in self.months), orders),
            "luxury_conversion": ratio(orders, (row.visits for row in self.months)),
        }}
'''

FEATURE = f"""@bundle-{SHORT} @check-showcase @severity-high
Feature: Crescent Bay: Gift orders loaded
  People give what they cannot wrap.

  Background:
    Given the investor's demo

  @stored
  Scenario: The headline proves itself
    Then no row contradicts itself or another row
    And every headline number follows from the rows behind it

  @stored
  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  @seen
  Scenario: The investor sees the same numbers
    Then the API shows every headline number, in the investor's currency
    And no outdated copy of the numbers is kept
"""
