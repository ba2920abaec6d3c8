"""CONTRIBUTING's recipes are complete: the files that they name are enough, and lead to GO.

A currency, a language that reads from right to left, a region with its own catalog and a bundle
whose zone has no letters are added to a copy of the project, one after the other. Everything runs
there, in processes of its own.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from playbook import PROJECT
from tests.recipes import recipes
from tests.recipes.running import changes, checked, contents, named_by_recipe, run, unnamed

pytestmark = pytest.mark.end_to_end

RENDER = ("playbook", "schedule", "render", "all", "--into", "deploy")


@dataclass(frozen=True)
class Outcome:
    """The copy with everything added, and what was seen on the way."""

    project: Path
    changed: dict[str, set[str]]
    """The files that each recipe changed."""
    uncounted: str
    """What a check printed when the features did not yet count the new currency."""
    featureless: str
    """What a check printed when the new bundle did not yet have its feature."""
    deploy: dict[str, bytes]
    """The files of ``deploy/`` before the bundle was added."""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Every recipe, one after the other."""
    project = recipes.copy_project(tmp_path_factory.mktemp("recipes") / "project")
    changed = {"Add a currency": changes(project, lambda: recipes.add_currency(project))}
    uncounted = checked(project, "--bundle", "tiger-global", code=1)
    changed["Add a currency"] |= changes(project, lambda: recipes.count_currency(project))
    changed["Add a language"] = changes(project, lambda: recipes.add_language(project))
    changed["Add a region"] = changes(project, lambda: recipes.add_region(project))
    deploy = contents(project / "deploy")
    changed["Add a bundle"] = changes(project, lambda: recipes.add_bundle(project))
    featureless = run(project, "playbook", "check", recipes.SHORT, "--embedded", code=2)
    changed["Add a bundle"] |= changes(project, lambda: recipes.add_feature(project))
    run(project, "playbook", "reset", recipes.SHORT, "--dry-run", "--embedded")
    changed["Add a bundle"] |= changes(project, lambda: run(project, *RENDER))
    return Outcome(project, changed, uncounted, featureless, deploy)


@pytest.mark.parametrize(
    "title", ["Add a currency", "Add a language", "Add a region", "Add a bundle"]
)
@pytest.mark.slow
def test_a_recipe_names_every_file_that_changes(outcome: Outcome, title: str) -> None:
    patterns, changed = named_by_recipe(title), outcome.changed[title]
    assert unnamed(changed, patterns) == set(), f"{title}: changed without being named"
    idle = {p for p in patterns if not any(fnmatchcase(name, p) for name in changed)}
    assert idle == set(), f"{title}: named, but not changed"


@pytest.mark.slow
def test_everything_added_is_go(outcome: Outcome) -> None:
    """The new bundle speaks the new language and pays in the new currency; its neighbour stays."""
    printed = checked(outcome.project, "--bundle", recipes.SHORT, "--bundle", "tiger-global")
    assert "verdict: GO" in printed, printed


@pytest.mark.slow
def test_the_fault_that_the_recipe_prints_is_caught(outcome: Outcome) -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    recipe = text.partition("\n## Add a fault\n")[2].partition("\n## ")[0]
    snippet = textwrap.dedent(recipe.partition("```python\n")[2].partition("```")[0])
    [words] = re.findall(r'tox -e faults -- "([^"]+)"', recipe)
    catalogue = outcome.project / "tests" / "faults" / "catalogue" / "locales.py"
    known = catalogue.read_text(encoding="utf-8")
    assert words not in known, "the recipe adds what is not there yet"
    catalogue.write_text(known + snippet, encoding="utf-8")
    try:
        printed = run(outcome.project, "tests.faults", words)
    finally:
        catalogue.write_text(known, encoding="utf-8")
    assert "caught 1 of 1 injected" in printed


@pytest.mark.slow
def test_features_that_count_currencies_notice_a_new_one(outcome: Outcome) -> None:
    assert "✗ currency" in outcome.uncounted and "✗ showcase" in outcome.uncounted
    assert len(re.findall(r"^FAILED", outcome.uncounted, re.M)) == 2, outcome.uncounted


def test_a_bundle_without_a_feature_is_refused(outcome: Outcome) -> None:
    seeds = outcome.project / "seeds" / "bundles.json"
    number = len(seeds.read_text(encoding="utf-8").splitlines())
    [problem] = outcome.featureless.splitlines()[1:]
    assert problem.removeprefix("[throw-away] ") == (
        f"bundles.json:{number}: short: {recipes.SHORT} has no feature; expected one in "
        f"features/bundles, tagged @bundle-{recipes.SHORT} @check-showcase"
    )


def test_the_rendered_schedules_contain_the_bundle(outcome: Outcome) -> None:
    rendered = contents(outcome.project / "deploy")
    assert outcome.deploy.keys() <= rendered.keys()
    timer = rendered[f"systemd/demo-nightly-{recipes.SHORT}.timer"].decode()
    assert f"OnCalendar=*-*-* 03:00:00 {recipes.ZONE}" in timer
    assert f"CRON_TZ={recipes.ZONE}" in rendered["crontab/demo-nightly.crontab"].decode()
    assert recipes.ZONE in rendered["kubernetes/demo-nightly.yaml"].decode()
    assert "Dubai (GST)" in rendered["github/nightly-demos.yml"].decode()
    assert b"DEMO_PASSWORD_CRESCENT_BAY=\n" in rendered["compose/.env.example"]
    table = run(outcome.project, "playbook", "schedule")
    assert re.search(rf"^{recipes.SHORT} .* GST ", table, re.M), "people there write GST"
