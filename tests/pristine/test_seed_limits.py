"""Seeds at the limits of their rules: the last accepted value, and the first refused one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from playbook import PROJECT
from playbook.pristine.seeds import BadSeeds, load
from playbook.pristine.seeds.fields import (
    BundleId,
    BundleName,
    Instant,
    Positive,
    Price,
    Share,
    Text,
)
from playbook.pristine.seeds.models import Locale, ReferenceRate, Seed, ShowcaseSeed
from playbook.pristine.seeds.version import seeds_version

type Document = dict[str, Any]

SALES, BUNDLES, CONTEXTS = "livesale_schedule.json", "bundles.json", "awareness_contexts.json"
ACCOUNTS, PRODUCTS, CREATORS = "demo_accounts.json", "luxury_products.json", "creator_profiles.json"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the seeds, to be changed."""
    return shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")


def rewrite(path: Path, change: Callable[[Document], Document | None]) -> None:
    """Change each document of a file; None leaves it out."""
    lines = path.read_text(encoding="utf-8").split("\n")
    changed = [change(json.loads(line)) for line in lines if line]
    texts = [json.dumps(document, ensure_ascii=False) for document in changed if document]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")


def put(path: Path, key: str, **fields: Any) -> None:
    """Set fields of one document."""
    rewrite(path, lambda document: document | fields if document["_id"] == key else document)


def problems(directory: Path) -> list[str]:
    """What is wrong with the seeds; empty if they load."""
    try:
        load(directory)
    except BadSeeds as refused:
        return refused.problems
    return []


@pytest.mark.parametrize(
    ("kind", "accepted", "refused"),
    [
        (BundleId, ["A" * 80], ["A" * 81, "", "a"]),
        (BundleName, ["a" * 39], ["a" * 40, "", "A"]),
        (Positive, [1], [0]),
        (Price, [1, 10_000_000], [0, 10_000_001]),
        (Share, [0, 1], [-0.001, 1.001]),
        (
            Instant,
            ["2026-01-15T09:00:00Z", "2026-01-15T09:00:00.123Z"],
            ["2026-01-15T09:00:00.1235Z", "2026-01-15T09:00:00.000001Z"],
        ),
        (Text, ["é", "a é"], ["\u200bé", "é\u200b", "\u200bab"]),
    ],
)
def test_the_limits_of_a_field(kind: Any, accepted: list[Any], refused: list[Any]) -> None:
    field: TypeAdapter[Any] = TypeAdapter(kind)
    for value in accepted:
        field.validate_python(value)
    for value in refused:
        with pytest.raises(ValidationError):
            field.validate_python(value)


def _messages(count: int) -> dict[str, str]:
    return {f"key_{number}": "Text" for number in range(count)}


def _rate(**fields: Any) -> Document:
    return {"_id": "USD", "per_usd": "1", **fields}


def _headline(count: int) -> Document:
    return {"_id": "ACME", "headline": {f"n_{i}": i for i in range(count)}, "records": {}}


@pytest.mark.parametrize(
    ("model", "accepted", "refused"),
    [
        (
            Locale,
            [{"_id": "en", "direction": "ltr", "messages": _messages(40)}],
            [{"_id": "en", "direction": "ltr", "messages": _messages(39)}],
        ),
        (
            ReferenceRate,
            [_rate(), _rate(within="0.001"), _rate(within="0.999")],
            [_rate(within="0"), _rate(within="1"), _rate(per_usd="0")],
        ),
        (ShowcaseSeed, [_headline(3)], [_headline(2)]),
    ],
)
def test_the_limits_of_a_document(
    model: type[Seed], accepted: list[Document], refused: list[Document]
) -> None:
    for document in accepted:
        model.model_validate(document)
    for document in refused:
        with pytest.raises(ValidationError):
            model.model_validate(document)


def test_a_rate_may_differ_by_a_quarter_if_nothing_else_is_stated() -> None:
    assert ReferenceRate.model_validate(_rate()).within == Decimal("0.25")


def test_three_characters_say_what_an_invisible_text_consists_of() -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Text).validate_python("\u200b\u200c\u200d\u2060")
    [error] = refused.value.errors()
    assert "U+200B" in error["msg"] and "U+200D" in error["msg"]
    assert "U+2060" not in error["msg"]


def test_what_cannot_be_printed_is_escaped_alone() -> None:
    refused = BadSeeds(["a\ud800b\nc\u2028d é"])
    assert refused.problems == [r"a\ud800b\nc\u2028d é"]


@pytest.mark.parametrize(
    ("other", "says"),
    [("03:00", None), ("02:59", "3.98333 h"), ("17:00", None), ("17:01", "3.98333 h")],
)
def test_a_creator_rests_four_hours_also_around_midnight(
    directory: Path, other: str, says: str | None
) -> None:
    """One demo may be shown in winter and the other in summer: that takes one hour of the five."""
    put(directory / SALES, "LS-SEQ-001", scheduled_time="T+48h 22:00 PST")
    put(directory / SALES, "LS-LSVP-001", scheduled_time=f"T+48h {other} PST")
    found = problems(directory)
    assert len(found) == (0 if says is None else 1)
    assert all(f"hosts LS-SEQ-001 within {says}" in problem for problem in found)


@pytest.mark.parametrize(("other", "refused"), [("06:00", False), ("05:59", True)])
def test_the_hours_between_livesales_are_those_of_the_clocks_there(
    directory: Path, other: str, *, refused: bool
) -> None:
    """Six in the morning in New York is three in Los Angeles."""
    put(directory / SALES, "LS-SEQ-001", scheduled_time="T+48h 22:00 PST")
    put(
        directory / SALES,
        "LS-GC-001",
        creator="Isabella Luxe",
        scheduled_time=f"T+48h {other} EST",
    )
    assert [" within 3.98333 h " in one for one in problems(directory)] == [True] * refused


def test_an_average_session_may_have_all_followers(directory: Path) -> None:
    put(directory / CREATORS, "creator-004", followers=1_500, avg_session_viewers=1_500)
    assert problems(directory) == []
    put(directory / CREATORS, "creator-004", followers=1_500, avg_session_viewers=1_501)
    [problem] = problems(directory)
    assert "avg_session_viewers: 1501" in problem


def test_the_first_brand_of_a_name_is_expected(directory: Path) -> None:
    put(directory / PRODUCTS, "LUX-005", name="Rolex for Hermès", brand="Tom Ford")
    [problem] = [one for one in problems(directory) if ": brand: " in one]
    assert problem.endswith("'Rolex for Hermès', Hermès")


def test_a_bundle_without_accounts_is_named(directory: Path) -> None:
    key = "INDEX_SOFOA_DOLFE"
    rewrite(directory / ACCOUNTS, lambda one: None if one["bundle"] == key else one)
    assert f"demo_accounts.json: {key} has no account; expected at least one" in problems(directory)


def test_every_missing_context_is_named(directory: Path) -> None:
    missing = {"SEQUOIA_ROELOF_BOTHA", "INDEX_SOFOA_DOLFE"}
    rewrite(directory / CONTEXTS, lambda one: None if one["_id"] in missing else one)
    found = [one.split()[1] for one in problems(directory) if "has no context" in one]
    assert set(found) == missing


def test_a_bundle_without_a_feature_is_named(directory: Path) -> None:
    put(directory / BUNDLES, "INDEX_SOFOA_DOLFE", short="new-firm")
    assert any(": short: new-firm has no feature; " in one for one in problems(directory))


def test_every_livesale_of_an_unknown_bundle_is_named(directory: Path) -> None:
    for key in ("LS-SEQ-001", "LS-INDEX-001"):
        put(directory / SALES, key, bundle=f"NOT-{key}")
    found = [one for one in problems(directory) if "bundle: unknown bundle 'NOT-LS-" in one]
    assert len(found) == 2


def test_every_unreadable_file_of_a_folder_is_named(directory: Path) -> None:
    for language in ("ar", "zh"):
        (directory / "locales" / f"{language}.json").write_bytes(b"\xff\xfe")
    found = [one.split(":")[0] for one in problems(directory) if "not readable as UTF-8" in one]
    assert found == ["locales/ar.json", "locales/zh.json"]


def test_a_text_in_a_list_is_normalised_too(directory: Path) -> None:
    path = directory / SALES
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"LUX-001"', '"LUX-001e\\u0301"', 1), encoding="utf-8")
    found = [one for one in problems(directory) if "not Unicode-normalised" in one]
    assert [one.split(": ")[1] for one in found] == ["featured_products.0"]


@pytest.mark.parametrize(
    ("field", "value"), [("inventory", 99), ("inventory", 101), ("reserved", -1), ("reserved", 1)]
)
def test_a_shop_begins_with_exactly_100_pieces(directory: Path, field: str, value: int) -> None:
    put(directory / PRODUCTS, "LUX-001", **{field: value})
    [problem] = problems(directory)
    assert f": {field}: " in problem


def test_a_form_for_one_number_may_leave_out_the_count_alone(directory: Path) -> None:
    """ "Two pieces" contains its number, but not the name of the house."""
    english = directory / "locales" / "en.json"
    text = english.read_text(encoding="utf-8")
    changed = text.replace('"{count} items in', '"{count} items of {brand} in', 1)
    assert changed != text
    english.write_text(changed, encoding="utf-8")
    named = "locales/ar.json:1: messages.cart_item_count_two: "
    [problem] = [one for one in problems(directory) if one.startswith(named)]
    assert problem.endswith("expected the placeholders {brand}, {count}; found none")


@pytest.mark.parametrize(
    ("length", "shown"), [(78, '"' + "x" * 78 + '"'), (79, '"' + "x" * 76 + "...")]
)
def test_a_found_text_is_shortened_to_80_characters(
    directory: Path, length: int, shown: str
) -> None:
    put(directory / PRODUCTS, "LUX-001", price_usd="x" * length)
    [problem] = problems(directory)
    assert problem.partition("; found ")[2] == shown


def test_the_version_depends_on_every_file(directory: Path) -> None:
    before = seeds_version(directory)
    assert len(before) == 12
    versions = {before}
    for path in sorted(directory.rglob("*.json")):
        path.write_bytes(path.read_bytes() + b"\n")
        versions.add(seeds_version(directory))
    assert len(versions) == 1 + len(list(directory.rglob("*.json")))


def test_the_last_month_is_named_as_it_is_written(directory: Path) -> None:
    def fewer_orders(company: Document) -> Document:
        company["figures"]["months"][-1]["orders"] -= 1
        return company

    rewrite(directory / "company.json", fewer_orders)
    assert any(
        "orders of the markets, T-1mo: 8240; expected 8239" in p for p in problems(directory)
    )


def test_every_wrong_basket_is_named_with_its_first_unknown_product(directory: Path) -> None:
    def unknown(showcase: Document) -> Document:
        if showcase["_id"] == "SEQUOIA_ROELOF_BOTHA":
            first, _, third = showcase["records"]["new_users"][:3]
            first["products"], third["products"] = ["LUX-998", "LUX-999"], ["LUX-997"]
        return showcase

    rewrite(directory / "investor_showcases.json", unknown)
    found = [p.split("records: ")[1] for p in problems(directory) if "expected an id of it" in p]
    assert [text.split()[0] for text in found] == ["LUX-998", "LUX-997"]


def test_a_number_without_a_name_in_the_interface_is_named(directory: Path) -> None:
    path = directory / "locales" / "en.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"kpi_network_density"', '"kpi_density"'), encoding="utf-8")
    assert any(
        "headline.network_density: the interface has no name" in p for p in problems(directory)
    )
