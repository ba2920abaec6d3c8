"""A machine whose clock is wrong: the order of the runs stays right, and no GO lasts longer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freezegun import freeze_time

from playbook import clock
from playbook.environment import server_clock
from playbook.environment.server_clock import HEARTBEATS, Heartbeats
from playbook.errors import Refused
from playbook.facts.remedies import Remedy
from playbook.reset import backup
from playbook.reset.journal import Journal, new_run
from playbook.reset.standing import GO, NO_GO, UNKNOWN, Standing, standings
from playbook.reset.work import Cause
from playbook.verdict import recording, run_features
from tests.sandbox import Sandbox, changed, held

pytestmark = pytest.mark.end_to_end

BUNDLE = "lvmh"


@pytest.fixture
def shelf(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    sandbox.start_over()
    sandbox.environment.forget_identity()
    yield replace(sandbox, backups=tmp_path / "backups")
    sandbox.start_over()
    sandbox.environment.forget_identity()


@contextmanager
def clock_ahead(**by: float) -> Iterator[None]:
    if not any(by.values()):
        yield
        return
    ignored = ["pymongo", "redis", "requests", "urllib3"]
    with freeze_time(clock.now() + timedelta(**by), tick=True, ignore=ignored):
        yield


def check(shelf: Sandbox) -> None:
    """What a check that is GO leaves in the journal."""
    run = recording.begin(shelf.seeds, shelf.bundle(BUNDLE).key, "test")
    run.verdict = GO
    assert recording.record(shelf.environment, [run]) is None


def standing(shelf: Sandbox) -> Standing:
    bundle = shelf.bundle(BUNDLE)
    found = standings(Journal.of(shelf.environment), shelf.seeds, [bundle], clock.now())
    return found[bundle.key]


@pytest.mark.parametrize("hours", [-48, -0.01, 0.01, 48])
def test_the_last_run_is_the_last_one_by_mongodbs_clock(shelf: Sandbox, hours: float) -> None:
    bundle = shelf.bundle(BUNDLE)
    with clock_ahead(hours=max(hours, 0)):
        first = shelf.reset(BUNDLE)
        check(shelf)
    with clock_ahead(hours=min(hours, 0)):
        second = shelf.reset(BUNDLE)
        judged = standing(shelf)
    assert (judged.verdict, judged.sentence) == (
        UNKNOWN,
        "Reset, and not checked since: check it now.",
    )
    journal = Journal.of(shelf.environment)
    assert [run["_id"] for run in journal.changes(bundle.key)] == [second.run.id, first.run.id]
    undone = shelf.engine.roll_back(bundle)
    assert undone.run.restored == second.run.backup


def test_a_verdict_of_a_clock_that_is_ahead_does_not_last(shelf: Sandbox) -> None:
    shelf.reset(BUNDLE)
    with clock_ahead(days=300):
        check(shelf)
    assert standing(shelf).verdict == UNKNOWN
    assert "a machine whose clock was ahead" in standing(shelf).sentence
    check(shelf)
    assert standing(shelf).verdict == GO


def test_a_clock_that_is_ahead_dates_no_backup_and_removes_none(shelf: Sandbox) -> None:
    bundle, now = shelf.bundle(BUNDLE), clock.now()
    shelf.reset(BUNDLE)
    first_go = shelf.engine.save(bundle, backup.GO)
    with clock_ahead(days=300):
        shelf.reset(BUNDLE)
        shelf.engine.save(bundle, backup.GO)
    last = shelf.engine.save(bundle, backup.GO)
    kept = backup.listed(shelf.backups, shelf.identity, bundle)
    assert len(kept) == 5 and first_go.path in [one.path for one in kept]
    assert all(abs(one.taken_at - now) < timedelta(hours=1) for one in kept)
    assert backup.find(shelf.backups, shelf.identity, bundle, "go").path == last.path


def test_a_night_of_a_clock_that_was_ahead_is_not_tonights(shelf: Sandbox) -> None:
    key, now = shelf.bundle(BUNDLE).key, clock.now()
    journal = Journal.of(shelf.environment)
    for begun in (now - timedelta(days=1), now + timedelta(days=300)):
        report = shelf.reset(BUNDLE, cause=Cause("nightly"))
        night = {"$set": {"night": {"started_at": begun}}}
        shelf.db.demo_resets.update_one({"_id": report.run.id}, night)
    assert journal.last_night(key, now) == now - timedelta(days=1)


def answer(time: datetime | None, *, primary: bool = True) -> Any:
    document = {} if time is None else {"localTime": time}
    return SimpleNamespace(reply=SimpleNamespace(document=document, is_writable=primary))


@pytest.fixture
def deployed(shelf: Sandbox) -> Sandbox:
    """An environment that ``playbook up`` did not start, so it has a clock of its own."""
    shelf.reset(BUNDLE)
    shelf.db.demo_environment.update_one({}, {"$set": {"by": "playbook adopt"}})
    return shelf


@pytest.mark.parametrize(
    ("hours", "differs"),
    [(-30, "30 hours behind"), (30, "30 hours ahead of"), (-0.3, "18 minutes behind")],
)
def test_nobody_knows_the_instant_if_the_clocks_differ(
    deployed: Sandbox, hours: float, differs: str
) -> None:
    """With a clock that is behind, a LiveSale that is over still seems to come."""
    bundle = deployed.bundle(BUNDLE)
    wrong = f"this machine's clock is {differs} MongoDB's: correct the one that is wrong"
    with clock_ahead(hours=hours):
        [verdict] = run_features.check(deployed.environment, deployed.seeds, [bundle]).bundles
        assert verdict.verdict == NO_GO
        [reason] = [one for one in verdict.reasons if one.remedy is Remedy.SERVICE]
        assert reason.sentence.lower().startswith(wrong.lower())
        assert {"accounts", "livesale"} <= set(reason.checks)
        before = held(deployed, but=())
        with pytest.raises(Refused, match=f"^{wrong}, and try again; nothing was written$"):
            deployed.reset(BUNDLE)
        assert not changed(before, held(deployed, but=()))


def test_a_rollback_needs_no_right_clock(deployed: Sandbox) -> None:
    with clock_ahead(hours=-30):
        deployed.engine.roll_back(deployed.bundle(BUNDLE))


@pytest.mark.parametrize("minutes", [-14, 0, 14])
def test_clocks_may_differ_by_a_quarter_of_an_hour(deployed: Sandbox, minutes: int) -> None:
    with clock_ahead(minutes=minutes):
        deployed.reset(BUNDLE)
        verdict = run_features.check(
            deployed.environment, deployed.seeds, [deployed.bundle(BUNDLE)]
        )
    assert not [
        reason for one in verdict.bundles for reason in one.reasons if "clock" in reason.sentence
    ]


def test_the_time_of_the_primary_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = 1000.0
    monkeypatch.setattr(server_clock, "elapsed", lambda: passed)
    heartbeats = Heartbeats()
    at = datetime(2026, 11, 26, 12, tzinfo=UTC)
    heartbeats.succeeded(answer(None))
    heartbeats.succeeded(answer(at, primary=False))
    assert heartbeats.latest() is None
    heartbeats.succeeded(answer(at.replace(tzinfo=None)))
    assert heartbeats.latest() == at
    passed += 10
    assert heartbeats.latest() == at + timedelta(seconds=10)
    heartbeats.succeeded(answer(at + timedelta(seconds=9.5)))  # it came half a second late
    assert heartbeats.latest() == at + timedelta(seconds=10)
    heartbeats.succeeded(answer(at - timedelta(hours=1)))  # another server, or its clock was set
    assert heartbeats.latest() == at - timedelta(hours=1)


def test_clocks_that_agree_change_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    with freeze_time(datetime(2026, 11, 26, 12)):  # noqa: DTZ001 - freezegun reads it as UTC
        now = clock.now()
        for differs, counts in ((1, now), (-1, now), (60, now + timedelta(seconds=60))):
            server = now + timedelta(seconds=differs)
            monkeypatch.setattr(HEARTBEATS, "latest", lambda server=server: server)
            assert new_run(now).startswith(f"{counts:%Y%m%dT%H%M%S}.000000Z-")
