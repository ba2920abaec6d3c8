"""Creator profiles: 3 active creators."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, expect, expect_none


@then(parsers.parse("at least {count:d} creators of the region are active"))
def creators_are_active(demo: Demo, count: int) -> None:
    found = len(demo.creators.active)
    where = f"active creators of region {demo.creators.region}"
    expect(found >= count, where, Description(f"at least {count}"), found)


@then("no creator is missing, changed, doubled or left over")
def creators_are_as_seeded(demo: Demo) -> None:
    expect_none(demo.creators.differences_from_seeds)


@then("no outdated copy of a creator is kept")
def cached_creators_agree(demo: Demo) -> None:
    expect_none(demo.creators.stale_copies)


@then("the app shows every active creator of the region")
def app_shows_the_creators(demo: Demo) -> None:
    expect_none(demo.seen.creators)


@then("every creator whom the app shows belongs to a region")
def app_shows_no_strays(demo: Demo) -> None:
    expect_none(demo.seen.unowned_creators)
