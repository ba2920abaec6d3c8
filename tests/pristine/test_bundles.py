"""The eight bundles and the names that people call them by."""

from __future__ import annotations

import pytest

from playbook import PROJECT
from playbook.errors import WrongUsage
from playbook.pristine import bundles
from playbook.pristine.seeds import Seeds, load

# id, short name, zone, region, in the playbook's order
EIGHT = [
    ("SEQUOIA_ROELOF_BOTHA", "sequoia", "America/Los_Angeles", "US"),
    ("A16Z_CHRIS_DIXON", "a16z", "America/New_York", "US"),
    ("LVMH_JULIE_BERCOVY", "lvmh", "Europe/Paris", "EU"),
    ("GENERAL_CATALYST_HEMANT_TANEJA", "general-catalyst", "America/New_York", "US"),
    ("LIGHTSPEED_JEREMY_LIEW", "lightspeed", "America/Los_Angeles", "US"),
    ("INDEX_SOFOA_DOLFE", "index", "Europe/London", "EU"),
    ("BESSEMER_JEREMY_LEVINE", "bessemer", "America/New_York", "US"),
    ("TIGER_GLOBAL_CHASE_COLEMAN", "tiger-global", "Asia/Singapore", "APAC"),
]
ACCOUNTS = {
    "sequoia": ["sequoia.demo@aislemarts.luxury", "sequoia.creator@aislemarts.luxury"],
    "a16z": ["a16z.demo@aislemarts.luxury", "a16z.creator@aislemarts.luxury"],
    "lvmh": ["lvmh.demo@aislemarts.luxury", "lvmh.brand@aislemarts.luxury"],
    "general-catalyst": ["gc.demo@aislemarts.luxury", "gc.viewer@aislemarts.luxury"],
    "lightspeed": ["lightspeed.demo@aislemarts.luxury", "lightspeed.creator@aislemarts.luxury"],
    "index": ["index.demo@aislemarts.luxury", "index.viewer@aislemarts.luxury"],
    "bessemer": ["bessemer.demo@aislemarts.luxury", "bessemer.brand@aislemarts.luxury"],
    "tiger-global": ["tiger.demo@aislemarts.luxury", "tiger.viewer@aislemarts.luxury"],
}


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


def test_the_playbooks_eight_come_first_in_its_order(seeds: Seeds) -> None:
    found = [line.model for line in seeds.bundles.values()][: len(EIGHT)]
    assert [(b.key, b.short, b.timezone, b.region) for b in found] == EIGHT


@pytest.mark.parametrize(("key", "short", "zone", "region"), EIGHT)
def test_a_bundle_is_found_by_any_of_its_names(
    seeds: Seeds, key: str, short: str, zone: str, region: str
) -> None:
    for name in (key, key.lower(), key.title(), short, short.upper(), short.capitalize()):
        found = bundles.find(seeds, name)
        assert (found.key, found.timezone, found.region) == (key, zone, region)


@pytest.mark.parametrize(
    ("alias", "key"),
    [
        ("INDEX_SOFIA_DOLFE", "INDEX_SOFOA_DOLFE"),
        ("index_sofia_dolfe", "INDEX_SOFOA_DOLFE"),
        ("gc", "GENERAL_CATALYST_HEMANT_TANEJA"),
        ("GC", "GENERAL_CATALYST_HEMANT_TANEJA"),
        ("tiger", "TIGER_GLOBAL_CHASE_COLEMAN"),
        ("Tiger", "TIGER_GLOBAL_CHASE_COLEMAN"),
        ("General Catalyst", "GENERAL_CATALYST_HEMANT_TANEJA"),
        ("tiger  global", "TIGER_GLOBAL_CHASE_COLEMAN"),
        ("Tiger_Global", "TIGER_GLOBAL_CHASE_COLEMAN"),
        ("Sequoia Capital", "SEQUOIA_ROELOF_BOTHA"),
        ("index ventures", "INDEX_SOFOA_DOLFE"),
    ],
)
def test_a_bundle_is_found_by_its_alias(seeds: Seeds, alias: str, key: str) -> None:
    assert bundles.find(seeds, alias).key == key


@pytest.mark.parametrize(
    "name", ["acme", "", "sequoi", "sequoia-2", "SEQUOIA_", "generalcatalyst", "general"]
)
def test_an_unknown_name_is_refused_with_the_known_ones(seeds: Seeds, name: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        bundles.find(seeds, name)

    text = str(refused.value)
    assert refused.value.exit_code == 2
    assert repr(name) in text
    for _, short, *_ in EIGHT:
        assert short in text
    assert text.endswith("or all")
    meant = {"sequoi": "sequoia", "generalcatalyst": "general-catalyst", "SEQUOIA_": "sequoia"}
    if name in meant:
        assert f"did you mean {meant[name]}?" in text
    assert "\n" not in text


def test_find_does_not_know_all(seeds: Seeds) -> None:
    with pytest.raises(WrongUsage):
        bundles.find(seeds, "all")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], []),
        (["lvmh"], ["LVMH_JULIE_BERCOVY"]),
        (["tiger", "sequoia"], ["SEQUOIA_ROELOF_BOTHA", "TIGER_GLOBAL_CHASE_COLEMAN"]),
        (["lvmh", "LVMH", "LVMH_JULIE_BERCOVY"], ["LVMH_JULIE_BERCOVY"]),
        (["gc", "general-catalyst"], ["GENERAL_CATALYST_HEMANT_TANEJA"]),
        (["all"], None),
        (["ALL"], None),
        (["index", "all", "index"], None),
    ],
)
def test_selected_bundles_stand_once_in_the_seeds_order(
    seeds: Seeds, names: list[str], expected: list[str] | None
) -> None:
    """None stands for every bundle."""
    wanted = list(seeds.bundles) if expected is None else expected
    assert [bundle.key for bundle in bundles.select(seeds, names)] == wanted


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["General", "Catalyst"], ["general-catalyst"]),
        (["lvmh", "Tiger", "Global"], ["lvmh", "tiger-global"]),
        (["Tiger", "Global", "lvmh"], ["lvmh", "tiger-global"]),
        (["tiger", "lvmh"], ["lvmh", "tiger-global"]),
    ],
)
def test_a_name_of_two_words_may_come_as_two(
    seeds: Seeds, names: list[str], expected: list[str]
) -> None:
    assert [bundle.short for bundle in bundles.select(seeds, names)] == expected


@pytest.mark.parametrize("names", [["acme"], ["lvmh", "acme"], ["all", "acme"]])
def test_one_unknown_name_refuses_the_selection(seeds: Seeds, names: list[str]) -> None:
    with pytest.raises(WrongUsage, match="'acme'"):
        bundles.select(seeds, names)


@pytest.mark.parametrize("short", ACCOUNTS)
def test_the_accounts_of_a_bundle(seeds: Seeds, short: str) -> None:
    assert bundles.accounts_of(seeds, bundles.find(seeds, short)) == ACCOUNTS[short]


@pytest.mark.parametrize(
    ("short", "sharing"),
    [
        ("sequoia", ["sequoia", "a16z", "general-catalyst", "lightspeed", "bessemer"]),
        ("bessemer", ["sequoia", "a16z", "general-catalyst", "lightspeed", "bessemer"]),
        ("index", ["lvmh", "index"]),
        ("tiger", ["tiger-global"]),
    ],
)
def test_the_bundles_of_one_catalog(seeds: Seeds, short: str, sharing: list[str]) -> None:
    bundle = bundles.find(seeds, short)
    found = bundles.sharing_region(seeds, bundle)
    assert {one.region for one in found} == {bundle.region}
    eight = {name for _, name, _, _ in EIGHT}
    assert [one.short for one in found if one.short in eight] == sharing
