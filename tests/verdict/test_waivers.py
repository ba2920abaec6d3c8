"""Waivers: read strictly, applied for a while, reported when they expire or are not needed."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from playbook import PROJECT
from playbook.errors import WrongUsage
from playbook.pristine.seeds import Seeds
from playbook.verdict.model import Result
from playbook.verdict.waivers import Waivers, load
from tests.forked_commands import run_command
from tests.sandbox import Sandbox

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
GOOD = """
[[waiver]]
check = "creators"
bundles = ["lvmh", "INDEX_SOFIA_DOLFE"]
reason = "no page for creators yet"
owner = "sales"
until = 2027-02-24
"""


def read(seeds: Seeds, tmp_path: Path, text: str) -> Waivers:
    file = tmp_path / "waivers.toml"
    file.write_text(text, encoding="utf-8")
    return load(seeds, NOW, file)


def result(check: str = "creators", bundle: str = "LVMH_JULIE_BERCOVY", **fields: str) -> Result:
    status = fields.get("status", "failed")
    assert status in ("passed", "failed")
    return Result(bundle, check, fields.get("scenario", "s"), status, "high", "line")  # type: ignore[arg-type]


def test_what_is_covered_is_waived_and_nothing_else(seeds: Seeds, tmp_path: Path) -> None:
    waivers = read(seeds, tmp_path, GOOD)
    mine, other_check, other_bundle, passed = waivers.apply(
        [
            result(),
            result("catalog"),
            result(bundle="SEQUOIA_ROELOF_BOTHA"),
            result(status="passed"),
        ]
    )
    assert mine.waived == "no page for creators yet (sales, until 2027-02-24)"
    assert not other_check.waived and not other_bundle.waived and not passed.waived


def test_the_waiver_that_lasts_longest_counts(seeds: Seeds, tmp_path: Path) -> None:
    longer = GOOD.replace("sales", "engineering")
    waivers = read(seeds, tmp_path, GOOD.replace("2027-02-24", "2026-11-26") + longer)
    [mine] = waivers.apply([result()])
    assert mine.waived == "no page for creators yet (engineering, until 2027-02-24)"
    assert mine.waived_until == mine.document()["waived_until"] == "2027-02-24"
    assert waivers.apply([result(status="passed")])[0].waived_until == ""


def test_one_scenario_alone_and_all_bundles(seeds: Seeds, tmp_path: Path) -> None:
    text = GOOD.replace('check = "creators"', 'scenario = "Its host can host it"')
    waivers = read(seeds, tmp_path, text.replace('["lvmh", "INDEX_SOFIA_DOLFE"]', '["all"]'))
    this, other = waivers.apply([result(scenario="Its host can host it"), result()])
    assert this.waived and not other.waived


def test_the_title_of_an_outline_stands_for_its_examples(seeds: Seeds, tmp_path: Path) -> None:
    outline = 'scenario = "<name> is loaded, complete and translated"'
    waivers = read(seeds, tmp_path, GOOD.replace('check = "creators"', outline))
    titles = [
        "French is loaded, complete and translated [fr] [ltr]",
        "German is loaded, complete and translated",
        "is loaded, complete and translated",
        "French is loaded, complete and translated, and more",
        "Every language is there",
    ]
    found = waivers.apply([result(scenario=title) for title in titles])
    assert [bool(one.waived) for one in found] == [True, True, False, False, False]


def test_a_waiver_can_be_for_some_environments(seeds: Seeds, tmp_path: Path) -> None:
    composed, apart = "recette d\u00e9mo", "recette de\u0301mo"
    waivers = read(seeds, tmp_path, f'{GOOD}environments = ["staging", "{apart}"]\n')
    for name, is_waived in (("staging", True), (composed, True), ("production", False)):
        there = waivers.of(name)
        [mine] = there.apply([result()])
        assert bool(mine.waived) == is_waived
        assert bool(there.notes([result(status="passed")])) == is_waived
    assert read(seeds, tmp_path, GOOD).of("production").apply([result()])[0].waived


def test_an_expired_one_counts_again_and_says_so(seeds: Seeds, tmp_path: Path) -> None:
    waivers = read(seeds, tmp_path, GOOD.replace("2027-02-24", "2026-11-25"))
    results = waivers.apply([result()])
    assert not results[0].waived
    assert waivers.notes(results) == [
        "waiver 1 (creators, sales) expired on 2026-11-25: what it covers counts again"
    ]
    last_day = read(seeds, tmp_path, GOOD.replace("2027-02-24", "2026-11-26"))
    assert last_day.apply([result()])[0].waived


def test_one_that_nothing_needs_is_reported(seeds: Seeds, tmp_path: Path) -> None:
    waivers = read(seeds, tmp_path, GOOD)
    assert waivers.notes([result(status="passed")]) == [
        "waiver 1 (creators, sales) is no longer needed: remove it"
    ]
    assert waivers.notes([result()]) == []
    # A run of another bundle says nothing of it.
    assert waivers.notes([result(bundle="SEQUOIA_ROELOF_BOTHA")]) == []


@pytest.mark.parametrize(
    ("title", "covers"),
    [
        ("Its host can host it", True),
        (" Its host can host it ", True),
        ("Its host could host it", False),  # it was renamed
        ("<anything>", False),
        ("<this> <that>", False),
        ("French was served as it is loaded", False),
        ("French is served as it is loaded [fr] [ltr]", True),
        ("The home page greets the investor", True),  # of the walk, which this run did not make
    ],
)
def test_a_scenario_that_does_not_exist_covers_nothing_and_says_so(
    seeds: Seeds, tmp_path: Path, title: str, covers: bool
) -> None:
    waivers = read(seeds, tmp_path, GOOD.replace('check = "creators"', f'scenario = "{title}"'))
    found = [result(scenario=one) for one in (title.strip(), "Its host can host it")]
    assert bool(waivers.apply(found)[0].waived) == covers
    if covers:
        assert waivers.notes(found) == []
    else:
        assert not any(one.waived for one in waivers.apply(found))
        why = f"waiver 1 ({title}, sales) covers nothing: no scenario has this title; correct it"
        assert waivers.notes(found) == [why]
        assert waivers.notes([result(bundle="SEQUOIA_ROELOF_BOTHA")]) == []


def test_an_outline_without_words_stands_only_for_its_examples(
    seeds: Seeds, tmp_path: Path
) -> None:
    text = GOOD.replace('check = "creators"', 'scenario = "<promise>"')
    index = "INDEX_SOFOA_DOLFE"
    waivers = read(seeds, tmp_path, text.replace('["lvmh", "INDEX_SOFIA_DOLFE"]', '["index"]'))
    feature = (PROJECT / "features" / "bundles" / "index.feature").read_text()
    example = feature.partition("| promise")[2].splitlines()[1].strip(" |")
    of_it, other = waivers.apply(
        [result("showcase", index, scenario=example), result("catalog", index)]
    )
    assert of_it.waived and not other.waived


def test_a_reason_cannot_turn_the_text_around_it(seeds: Seeds, tmp_path: Path) -> None:
    waivers = read(seeds, tmp_path, GOOD.replace("no page", "no \u202epage"))
    assert waivers.apply([result()])[0].waived.startswith("no <U+202E>page")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("2027-02-24", "2027-02-25", "at most 90 days"),
        ("2027-02-24", "2027-01-01T00:00:00Z", "until is missing"),
        ("until = 2027-02-24", "", "until is missing"),
        ('"creators"', '"creator"', "no check is called 'creator'"),
        ('check = "creators"', "", "either a check or a scenario"),
        (
            'check = "creators"',
            'check = "creators"\nscenario = "s"',
            "either a check or a scenario",
        ),
        ('"lvmh"', '"lvhm"', "lvhm"),
        ('["lvmh", "INDEX_SOFIA_DOLFE"]', "[]", "bundles is missing"),
        ('["lvmh", "INDEX_SOFIA_DOLFE"]', '"lvmh"', "bundles is missing"),
        ('"sales"', '"  "', "owner is missing"),
        ('"sales"', '"\u200b"', "owner is missing"),
        ('reason = "no page for creators yet"', "", "reason is missing"),
        ('owner = "sales"', 'owner = "sales"\nenvironments = "staging"', "environments is empty"),
        ('owner = "sales"', 'owner = "sales"\nenvironments = []', "environments is empty"),
        ('owner = "sales"', 'owner = "sales"\nenvironments = [" "]', "environments is empty"),
        ("owner", "owned_by", "unknown field 'owned_by'"),
        ("[[waiver]]", "[[waivers]]", "only .*waiver.* entries"),
        ("[[waiver]]", "[[waiver]", "not TOML"),
        ('["lvmh", "INDEX_SOFIA_DOLFE"]', "[" * 50_000, "nested too deep"),
    ],
)
def test_a_wrong_entry_is_refused_with_its_place(
    seeds: Seeds, tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert old in GOOD
    with pytest.raises(WrongUsage, match=says) as refused:
        read(seeds, tmp_path, GOOD.replace(old, new))
    assert "waivers.toml" in str(refused.value) and "\n" not in str(refused.value)


def test_a_missing_file_of_waivers(seeds: Seeds, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match="no such file"):
        load(seeds, NOW, tmp_path / "none.toml")


def test_a_check_is_go_with_waivers_and_says_so(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.reset("lvmh")
    assert sandbox.db.leads.find_one_and_delete({"bundle": "LVMH_JULIE_BERCOVY"})
    until = datetime.now(UTC).date()
    file = tmp_path / "waivers.toml"
    file.write_text(
        f'[[waiver]]\ncheck = "leads"\nbundles = ["lvmh"]\nreason = "the card was sold"\n'
        f'owner = "sales"\nuntil = {until}\n'
    )
    env = {**os.environ, **sandbox.environment.settings.as_variables()}

    def check(**more: str) -> subprocess.CompletedProcess[str]:
        return run_command("check", "lvmh", variables={**env, **more})

    without = check()
    assert without.returncode == 1, without.stdout
    waived = check(PLAYBOOK_WAIVERS=str(file))
    assert waived.returncode == 0, waived.stdout + waived.stderr
    assert "LVMH GO, " in waived.stdout and "waived" in waived.stdout
    assert "the card was sold (sales" in waived.stdout
    with file.open("a") as more:
        more.write('environments = ["staging"]\n')
    elsewhere = check(PLAYBOOK_WAIVERS=str(file))
    assert elsewhere.returncode == 1 and "waived" not in elsewhere.stdout, elsewhere.stdout
    file.write_text(file.read_text().replace("staging", sandbox.identity.name))
    assert check(PLAYBOOK_WAIVERS=str(file)).returncode == 0
    sandbox.reset("lvmh")
    unneeded = check(PLAYBOOK_WAIVERS=str(file))
    assert unneeded.returncode == 0 and "no longer needed" in unneeded.stdout
