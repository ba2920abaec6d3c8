"""A verdict from records of the journal: what makes a GO UNKNOWN, and what does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playbook import PROJECT
from playbook.environment.server_clock import CLOCK_DIFFERENCE
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds, load
from playbook.reset.records import sortable
from playbook.reset.standing import (
    BELIEVED_FOR,
    GO,
    LANGUAGES,
    NO_GO,
    UNKNOWN,
    Standing,
    judge,
    region_key,
    walk_verdict,
)
from tests.sandbox import Document

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
APP = "http://api.test"
SECOND, MINUTES = timedelta(seconds=1), timedelta(minutes=2)
NEVER = "Never checked: check it now."
DURING = "A reset has begun and not ended yet: check it after that."
AFTER_RESET = "Reset, and not checked since: check it now."
ALL_RIGHT = "Everything on the checklist is as it should be."


def run(minutes_ago: float, trigger: str, takes: timedelta = SECOND, **fields: Any) -> Document:
    """The record of a run that began so many minutes ago."""
    start = NOW - timedelta(minutes=minutes_ago)
    stated: Document = {
        "_id": f"{sortable(start)}-{trigger}",
        "trigger": trigger,
        "started_at": start.replace(microsecond=0),
        "status": "done",
        "ended_at": (start + takes).replace(microsecond=0),
        "end": sortable(start + takes),
        "app": APP,
    }
    return {**stated, **fields}


def check(minutes_ago: float, verdict: str = GO, **fields: Any) -> Document:
    return run(minutes_ago, "check", **{"verdict": verdict, **fields})


def walk(minutes_ago: float, verdict: str = GO, **fields: Any) -> Document:
    failed = ["walk"] if verdict == NO_GO else []
    stated = {"verdict": verdict, "walked": True, "failed_checks": failed}
    return run(minutes_ago, "walk", **{**stated, **fields})


def reset(minutes_ago: float, **fields: Any) -> Document:
    return run(minutes_ago, "manual", **fields)


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load(PROJECT / "seeds")


@pytest.fixture(scope="module")
def lvmh(seeds: Seeds) -> Bundle:
    return next(line.model for line in seeds.bundles.values() if "lvmh" in line.model.key.lower())


@pytest.fixture(scope="module")
def neighbour(seeds: Seeds, lvmh: Bundle) -> Bundle:
    """Another bundle that shows the same catalog."""
    return next(
        line.model
        for line in seeds.bundles.values()
        if line.model.region == lvmh.region and line.model.key != lvmh.key
    )


def judged(
    seeds: Seeds, bundle: Bundle, runs: Sequence[Document], shared: Sequence[Document] = ()
) -> Standing:
    return judge(bundle, runs, shared, seeds, APP, NOW)


@pytest.mark.parametrize(
    ("runs", "verdict", "says"),
    [
        ([], UNKNOWN, NEVER),
        ([reset(3)], UNKNOWN, AFTER_RESET),
        ([reset(3, status="refused")], UNKNOWN, NEVER),
        ([check(2)], GO, ALL_RIGHT),
        ([check(2), reset(3)], GO, ALL_RIGHT),
        ([check(2), check(3, NO_GO)], GO, ALL_RIGHT),
        ([check(2, NO_GO, failed_checks=["catalog"])], NO_GO, "What fails: catalog."),
        ([check(2, NO_GO)], NO_GO, "What fails: the journal does not say."),
        ([check(2, NO_GO, reasons=[{"sentence": "It is empty."}])], NO_GO, "It is empty."),
        ([check(2, NO_GO, reasons=[{"sentence": "One"}, {"sentence": "Two"}])], NO_GO,
         "One. And 1 other reason."),
        ([check(2, NO_GO, reasons=[{"sentence": text} for text in "ABC"])], NO_GO,
         "A. And 2 other reasons."),
        ([reset(1), check(2)], UNKNOWN, AFTER_RESET),
        ([run(1, "rollback"), check(2)], UNKNOWN, "Rolled back, and not checked since: check it"),
        ([reset(1, status="refused"), check(2)], GO, ALL_RIGHT),
        ([reset(0.5, status="refused"), reset(1), check(2)], UNKNOWN, AFTER_RESET),
        ([reset(1, status="running", end="", ended_at=None), check(2)], UNKNOWN, DURING),
        ([check(1), reset(2, status="running", end="", ended_at=None)], GO, ALL_RIGHT),
        ([reset(1, status="failed", error="Redis is away"), check(2)], UNKNOWN,
         "The last reset failed: Redis is away"),
        ([reset(1, status="failed"), check(2)], UNKNOWN,
         "The last reset failed: the journal does not say why"),
        # A reset that ended while the check was looking: the check may have seen both states.
        ([check(2), reset(3, takes=MINUTES)], UNKNOWN, AFTER_RESET),
        # The same from records without exact ends, which have whole seconds.
        ([check(2, end=""), reset(3, takes=MINUTES, end="")], UNKNOWN, AFTER_RESET),
        ([check(2, end=""), reset(3, takes=timedelta(minutes=1), end="")], GO, ALL_RIGHT),
        ([check(3, takes=MINUTES), reset(4, takes=MINUTES)], UNKNOWN, AFTER_RESET),
        ([check(3, takes=MINUTES, end=""), reset(4, takes=MINUTES, end="")], UNKNOWN, AFTER_RESET),
        # A nightly run resets and checks in one: what ended with it is what it looked at.
        ([run(2, "nightly", verdict=GO)], GO, ALL_RIGHT),
        ([run(2, "nightly", verdict=GO), reset(3)], GO, ALL_RIGHT),
        ([reset(1), run(2, "nightly", verdict=GO)], UNKNOWN, AFTER_RESET),
        # A check that could not be made, or whose result is not readable, hides an older GO.
        ([run(1, "check", status="failed", error="no answer"), check(2)], UNKNOWN,
         "It could not be checked: no answer"),
        ([run(1, "check", status="running"), check(2)], GO, ALL_RIGHT),
        ([check(1, "PERHAPS", _id="odd"), check(2)], UNKNOWN,
         "It was checked, but the record of that, run odd, can't be read: check it again."),
        ([check(1), run(2, "check", status="failed", error="no answer")], GO, ALL_RIGHT),
        # A walk that could not be made says nothing about the checklist.
        ([run(1, "walk", status="failed", error="no browser"), check(2)], GO, ALL_RIGHT),
        ([walk(1)], UNKNOWN, NEVER),
    ],
)  # fmt: skip
def test_the_last_check_counts_if_nothing_was_written_after_it(
    seeds: Seeds, lvmh: Bundle, runs: list[Document], verdict: str, says: str
) -> None:
    found = judged(seeds, lvmh, runs)
    assert (found.verdict, found.sentence[: len(says)]) == (verdict, says)


@pytest.mark.parametrize(
    ("ago", "verdict", "says"),
    [
        (BELIEVED_FOR, GO, ALL_RIGHT),
        (BELIEVED_FOR + SECOND, UNKNOWN, "GO, but 24 hours ago: check it again."),
        (timedelta(hours=26, minutes=59), UNKNOWN, "GO, but 26 hours ago: check it again."),
        (-CLOCK_DIFFERENCE, GO, ALL_RIGHT),
        (-CLOCK_DIFFERENCE - SECOND, UNKNOWN, "GO, but by a machine whose clock was ahead: check"),
    ],
)
def test_a_verdict_counts_for_a_day(
    seeds: Seeds, lvmh: Bundle, ago: timedelta, verdict: str, says: str
) -> None:
    found = judged(seeds, lvmh, [check(2, checked_at=NOW - ago)])
    assert (found.verdict, found.sentence[: len(says)]) == (verdict, says)
    assert found.at == NOW - ago


def test_a_verdict_is_about_these_seeds_and_this_app(seeds: Seeds, lvmh: Bundle) -> None:
    for fields in ({"seeds_version": seeds.version}, {"seeds_version": None}, {"app": ""}):
        assert judged(seeds, lvmh, [check(2, **fields)]).verdict == GO
    found = judged(seeds, lvmh, [check(2, NO_GO, seeds_version="others")])
    assert (found.verdict, found.reasons) == (UNKNOWN, [])
    assert found.sentence == "NO-GO before; the seeds have changed since: check it now."
    found = judged(seeds, lvmh, [check(2, app="http://b.test")])
    assert found.verdict == UNKNOWN
    assert found.sentence == f"GO, but of the app at http://b.test, not at {APP}: check it now."


def test_a_go_with_waivers_ends_with_the_first_of_them(seeds: Seeds, lvmh: Bundle) -> None:
    found = judged(seeds, lvmh, [check(2, waived=1, waived_until="2026-11-26")])
    assert found.verdict == GO
    assert found.sentence == "As it should be, except for 1 failure that is accepted for a while."
    found = judged(seeds, lvmh, [check(2, waived=2, waived_until="2026-11-27")])
    assert "2 failures that are accepted" in found.sentence
    found = judged(seeds, lvmh, [check(2, waived=2, waived_until="2026-11-25")])
    assert found.verdict == UNKNOWN
    assert found.sentence.startswith("GO, but a failure was accepted only until 2026-11-25:")
    # What is wrong stays wrong, whatever was accepted.
    assert judged(seeds, lvmh, [check(2, NO_GO, waived_until="2026-11-25")]).verdict == NO_GO


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({}, "a reset of {firm} has changed the catalog and creators that both"),
        ({"trigger": "rollback"}, "a rollback of {firm} has changed the catalog and"),
        ({"wrote": [LANGUAGES]}, "a reset of {firm} has changed the languages that both show"),
        ({"wrote": None}, "a reset of {firm} has changed the catalog, creators and languages that"),
        ({"status": "failed"}, "a reset of {firm} may have changed the catalog and creators"),
        ({"status": "running", "end": "", "ended_at": None}, "a reset of {firm} may have changed"),
        ({"bundle": "FORMER"}, "a reset of FORMER has changed the catalog"),
    ],
)
def test_a_neighbours_write_makes_it_unknown(
    seeds: Seeds, lvmh: Bundle, neighbour: Bundle, fields: Document, says: str
) -> None:
    stated = {"bundle": neighbour.key, "wrote": ["creators:1", region_key(lvmh)], **fields}
    if stated["wrote"] is None:  # its record does not say readably what it changed
        del stated["wrote"]
    theirs = {**reset(1), **stated}
    found = judged(seeds, lvmh, [check(2)], [theirs])
    assert found.verdict == UNKNOWN
    assert found.sentence.startswith(f"GO before; {says.format(firm=neighbour.firm)}")
    others: list[Document] = [{"bundle": lvmh.key}, {"wrote": []}, {"wrote": ["region:mars"]}]
    for other in others:
        assert judged(seeds, lvmh, [check(2)], [{**theirs, **other}]).verdict == GO, other


def test_what_a_neighbour_wrote_before_the_check_does_not_count(
    seeds: Seeds, lvmh: Bundle, neighbour: Bundle
) -> None:
    theirs = {"bundle": neighbour.key, "wrote": [region_key(lvmh)]}
    before = [reset(3, **theirs), reset(3, status="running", end="", ended_at=None, **theirs)]
    assert judged(seeds, lvmh, [check(2)], before).verdict == GO
    own, after = reset(2.5, bundle=lvmh.key), [*before, reset(1, **theirs)]
    assert judged(seeds, lvmh, [check(2)], [own, *after]).verdict == UNKNOWN


@pytest.mark.parametrize("end", [{}, {"end": ""}])
def test_a_night_looks_after_its_own_reset(
    seeds: Seeds, lvmh: Bundle, neighbour: Bundle, end: Document
) -> None:
    # It has the lease of the shared parts until it ends, so what a neighbour wrote was before.
    night = run(3, "nightly", MINUTES, verdict=GO, **end)
    theirs = reset(4, takes=MINUTES, bundle=neighbour.key, wrote=[LANGUAGES], **end)
    assert judged(seeds, lvmh, [night], [theirs]).verdict == GO


@pytest.mark.parametrize(
    ("runs", "verdict", "walked"),
    [
        ([walk(1), check(2)], GO, True),
        ([walk(1, NO_GO), check(2)], NO_GO, True),
        ([walk(1, NO_GO), check(2, NO_GO)], NO_GO, True),
        ([walk(1), walk(2, NO_GO), check(3)], GO, True),
        ([check(1), walk(2, NO_GO)], NO_GO, True),
        ([check(1), reset(2), walk(3, NO_GO)], GO, False),
        ([walk(1, NO_GO, app="http://b.test"), check(2)], GO, False),
        ([walk(1, NO_GO, seeds_version="others"), check(2)], GO, False),
        ([walk(1, NO_GO, waived_until="2026-11-25"), check(2)], GO, False),
        ([walk(1, NO_GO, checked_at=NOW - BELIEVED_FOR - SECOND), check(2)], GO, False),
        ([walk(1, NO_GO, checked_at=NOW - BELIEVED_FOR), check(2)], NO_GO, True),
        ([walk(1, NO_GO, checked_at=NOW + CLOCK_DIFFERENCE), check(2)], NO_GO, True),
        ([walk(1, NO_GO, checked_at=NOW + CLOCK_DIFFERENCE + SECOND), check(2)], GO, False),
        # A later check that failed to run is no write: the walk still counts.
        ([run(0.5, "check", status="failed", error="no answer"), walk(1)], UNKNOWN, True),
    ],
)
def test_a_walk_that_failed_counts_until_the_next_write(
    seeds: Seeds, lvmh: Bundle, runs: list[Document], verdict: str, walked: bool
) -> None:
    found = judged(seeds, lvmh, runs)
    assert (found.verdict, found.walk is not None) == (verdict, walked)


def test_a_neighbours_write_ends_what_a_walk_says(
    seeds: Seeds, lvmh: Bundle, neighbour: Bundle
) -> None:
    theirs = reset(2, bundle=neighbour.key, wrote=[LANGUAGES])
    assert judged(seeds, lvmh, [check(1), walk(3, NO_GO)], [theirs]).verdict == GO


def test_a_walks_verdict_is_about_its_pages() -> None:
    assert walk_verdict(check(1)) is None
    assert walk_verdict(walk(1)) == GO
    assert walk_verdict(walk(1, NO_GO)) == NO_GO
    # The checklist failed in the same run, the pages did not.
    assert walk_verdict(walk(1, NO_GO, failed_checks=["catalog"])) == GO
    assert walk_verdict(walk(1, "PERHAPS")) is None


def test_the_reasons_are_those_of_the_check_and_of_the_walk(seeds: Seeds, lvmh: Bundle) -> None:
    empty, hidden = {"sentence": "The shop is empty"}, {"sentence": "A page is covered"}
    bad_walk = walk(1, NO_GO, reasons=[hidden])
    found = judged(seeds, lvmh, [bad_walk, check(2, NO_GO, reasons=[empty])])
    assert found.reasons == [empty, hidden]
    found = judged(seeds, lvmh, [bad_walk, check(2)])
    assert (found.reasons, found.sentence) == ([hidden], "Walked through: A page is covered.")
    assert found.at == bad_walk["ended_at"]
    both = check(1, NO_GO, walked=True, failed_checks=["walk"], reasons=[empty])
    assert judged(seeds, lvmh, [both]).reasons == [empty]
    good_walk = walk(1, reasons=[hidden])
    assert judged(seeds, lvmh, [good_walk, check(2, NO_GO, reasons=[empty])]).reasons == [empty]
    assert judged(seeds, lvmh, [check(2, reasons=[empty])]).reasons == []
