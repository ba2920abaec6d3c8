"""The nightly run, on a real environment with really broken data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time as machine
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from playbook import PROJECT, clock
from playbook.environment import Environment, Settings, connections
from playbook.errors import Unreachable, WrongUsage
from playbook.nights import nightly
from playbook.nights.alerts import Channels, Outbox
from playbook.nights.checking import Check, Results, Walk, run_features, walk_through
from playbook.nights.night import Night
from playbook.nights.nightly import Crashed, Nightly, NotAnswered, NotDue
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.processes.signal_flag import ENDING_SIGNALS
from playbook.processes.signals import StoppedImmediately, StopRequest
from playbook.reset import backup, execute, journal
from playbook.reset.execute import Executor
from playbook.reset.journal import Journal
from playbook.reset.lease import BeingReset, held
from playbook.reset.operations import Operation
from playbook.verdict.checks import CHECKS
from playbook.verdict.model import GO, NO_GO, BundleVerdict, Result, Status, Verdict, of_results
from tests.alert_receivers import Webhooks, webhooks
from tests.forked_commands import without_settings
from tests.sandbox import Document, Sandbox, until
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.end_to_end

SHORT = "lvmh"


@pytest.fixture(scope="module")
def hooks() -> Iterator[Webhooks]:
    with webhooks() as inbox:
        yield inbox


@dataclass
class Patience(StopRequest):
    """Replaces a wait: records its duration, and runs other actions meanwhile."""

    waits: list[float] = field(default_factory=list)
    meanwhile: Callable[[int], object] = lambda number: None

    def __post_init__(self) -> None:
        super().__init__()

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.meanwhile(len(self.waits))
        return self.asked.is_set()


@dataclass
class Scene:
    """One bundle of an environment, and its night."""

    sandbox: Sandbox
    hooks: Webhooks
    backups: Path
    patience: Patience = field(default_factory=Patience)
    said: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)

    @property
    def bundle(self) -> Bundle:
        return self.sandbox.bundle(SHORT)

    @property
    def outbox(self) -> Outbox:
        return Outbox(Channels.from_environment(self.hooks.channels()), pause=lambda seconds: None)

    def nights(self, check: Check, **options: Any) -> Nightly:
        return Nightly(
            self.sandbox.environment,
            self.sandbox.seeds,
            self.backups,
            self.outbox,
            self.patience,
            check=check,
            say=self.said.append,
            **options,
        )

    def night(self, check: Check = run_features, **options: Any) -> Night:
        return self.nights(check, **options).run(self.bundle)

    def breaking(self, breakage: Callable[[int], object]) -> Check:
        """The real check; data are broken between each reset and its check."""

        def check(
            environment: Environment,
            seeds: Seeds,
            bundle: Bundle,
            left_behind: Results | None,
        ) -> Verdict:
            breakage(len(self.checks) + 1)
            verdict = run_features(environment, seeds, bundle, left_behind)
            self.checks.append(verdict.verdict)
            return verdict

        return check

    @property
    def runs(self) -> list[Document]:
        """The journal of the bundle, oldest first by what is in it."""
        found = self.sandbox.db.demo_resets.find({"bundle": self.bundle.key})
        return sorted(found, key=lambda run: (run["started_at"], run["ended_at"]))

    @property
    def recorded_nights(self) -> list[Document]:
        return [run["night"] for run in self.runs if run.get("night")]


@pytest.fixture
def scene(sandbox: Sandbox, hooks: Webhooks, tmp_path: Path) -> Iterator[Scene]:
    sandbox.clear()
    sandbox.free_leases()
    hooks.clear()
    yield Scene(sandbox, hooks, tmp_path / "backups")
    hooks.clear()


@pytest.fixture
def passing_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """A clock that moves on only when a test says so, or by a second at each look."""
    shown = [datetime(2026, 11, 22, 2, tzinfo=UTC)]

    def now() -> datetime:
        shown[0] += timedelta(seconds=1)
        return shown[0]

    def move_on(duration: timedelta) -> None:
        shown[0] += duration

    monkeypatch.setattr(clock, "now", now)
    return move_on


# Stand-ins for the check, where it is the night that is looked at


def saying(*verdicts: str | list[str] | Exception) -> Check:
    """A check that returns one given verdict after the other: "GO", or the checks that fail."""
    left = list(verdicts)
    severities = {"catalog": "critical", "accounts": "critical", "leads": "medium"}
    severities["analytics"] = "medium"

    def check(
        environment: Environment, seeds: Seeds, bundle: Bundle, left_behind: Results | None
    ) -> Verdict:
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, Exception):
            raise said
        failing = [] if said == GO else list(said)
        results = tuple(
            Result(
                bundle.key,
                name,
                f"{name} as agreed",
                "failed" if name in failing else "passed",
                severities.get(name, "high"),
                f"The playbook's line of {name}",
                f"{name}: not as expected" if name in failing else "",
            )
            for name in CHECKS
        )
        return Verdict(clock.now(), (BundleVerdict(bundle.key, results),))

    return check


def text(alert: dict[str, Any]) -> str:
    return f"{alert['title']}\n{alert['message']}"


# Really broken


def test_a_good_night_is_reported_saved_and_recorded(scene: Scene, tmp_path: Path) -> None:
    night = scene.night(reports=tmp_path / "reports")

    assert (night.verdict, night.outcome, night.exit_code) == (GO, "GO", 0)
    (run,) = scene.runs
    assert (run["trigger"], run["status"], run["verdict"]) == ("nightly", "done", GO)
    assert run["failed_checks"] == []
    assert run["started_at"] <= run["ended_at"]
    assert len(run["seeds_version"]) == 12
    assert all(step["seconds"] >= 0 for step in run["steps"])
    assert run["steps"][-1]["step"] == "Verification: check"
    assert run["night"]["outcome"] == "GO"
    assert [alert["taken"] for alert in run["night"]["alerts"]] == [True]
    saved = backup.latest(scene.backups, scene.sandbox.identity, scene.bundle, state=backup.GO)
    assert backup.read(saved.path)[scene.bundle.key].hashes() == scene.sandbox.state(SHORT).hashes()
    assert scene.hooks.levels == ["success"]
    alert_text = text(scene.hooks.at("success")[0])
    assert "LVMH is GO" in alert_text and "reset and checked, all passed" in alert_text
    assert str(tmp_path / "reports" / "verdict-lvmh.html") in alert_text
    verdict = json.loads((tmp_path / "reports" / "verdict-lvmh.json").read_text())
    assert verdict["verdict"] == GO
    assert list((tmp_path / "reports" / "allure-results").glob("*-result.json"))
    assert (tmp_path / "reports" / "verdict-lvmh.html").exists()


def test_unwritable_reports_change_no_verdict(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "reports").touch()
    night = scene.night(reports=tmp_path / "reports")

    assert (night.verdict, night.exit_code) == (GO, 0)
    alert_text = text(scene.hooks.at("success")[0])
    assert "--reports" in alert_text and "LVMH is GO" in alert_text


@pytest.mark.slow
def test_allure_results_show_the_reset_and_do_not_grow(scene: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "allure-results"

    def left() -> int:
        scene.night(reports=tmp_path / "reports")
        return len(list(folder.iterdir()))

    assert left() == left() == left()
    assert "verdict=GO\nexit code=0\n" in (folder / "environment.properties").read_text()
    (shown,) = (
        before
        for path in folder.glob("*-container.json")
        for before in json.loads(path.read_text())["befores"]
        if before["name"] == "Reset the bundle to pristine"
    )
    assert len(shown["steps"]) > 20


def test_a_demo_that_stays_broken_is_rolled_back(scene: Scene) -> None:
    assert scene.night().verdict == GO
    good = scene.sandbox.state(SHORT).hashes()
    scene.hooks.clear()

    def lose_a_product(number: int) -> None:
        if number <= 2:
            scene.sandbox.db.products.delete_one({"_id": "EUR-001"})

    night = scene.night(scene.breaking(lose_a_product))

    assert scene.checks == [NO_GO, NO_GO, GO]
    assert night.outcome == "rolled back, GO"
    assert (night.verdict, night.exit_code, night.severity) == (GO, 0, "critical")
    assert scene.sandbox.state(SHORT).hashes() == good
    first, second, rollback = scene.runs[1:]
    assert "catalog" in first["failed_checks"] and first["verdict"] == NO_GO
    assert second["trigger"] == "nightly" and second["verdict"] == NO_GO
    assert (rollback["trigger"], rollback["verdict"]) == ("rollback", GO)
    assert rollback["night"]["failed_checks"] == second["failed_checks"]
    # One page, after the retry and the rollback: it says what was done.
    assert scene.hooks.levels == ["critical"]
    alert_text = text(scene.hooks.at("critical")[0])
    assert "[critical] LVMH is GO only by a rollback: catalog" in alert_text
    assert "Product catalog: 50 items per region" in alert_text and "EUR-001" in alert_text
    assert "retried once" in alert_text and "rolled back to the GO state of" in alert_text
    assert "What to do: the demo can be shown as it was that day" in alert_text


def test_a_medium_failure_is_reported_with_the_retry_under_way(scene: Scene) -> None:
    def drop_a_lead(number: int) -> None:
        if number == 1:
            scene.sandbox.db.leads.delete_one({"bundle": scene.bundle.key})

    night = scene.night(scene.breaking(drop_a_lead))

    assert (night.outcome, night.exit_code) == ("GO after a retry", 0)
    assert [run["verdict"] for run in scene.runs] == [NO_GO, GO]
    # The result also goes to those who got the message about the retry.
    assert scene.hooks.levels == ["medium", "success", "medium"]
    first, last = scene.hooks.at("medium")
    assert "retry under way" in first["title"] and "leads" in first["title"]
    assert "all clear: LVMH is GO after a retry" in last["title"]
    assert (first["type"], last["type"]) == ("warning", "success")


@pytest.mark.slow
def test_without_a_go_state_it_stays_no_go(scene: Scene) -> None:
    def always(number: int) -> None:
        scene.sandbox.db.livesales.delete_many({"bundle": scene.bundle.key})

    night = scene.night(scene.breaking(always))

    assert scene.checks == [NO_GO, NO_GO]
    assert (night.outcome, night.verdict, night.exit_code) == (NO_GO, NO_GO, 1)
    assert scene.hooks.levels == ["high"]
    alert_text = text(scene.hooks.at("high")[0])
    assert "LVMH is NO-GO: livesale" in alert_text
    assert "there is no saved GO state to roll back to" in alert_text
    assert "don't show this demo" in alert_text


@pytest.mark.slow
def test_a_failing_reset_is_tried_twice(scene: Scene) -> None:
    assert scene.night().verdict == GO
    scene.hooks.clear()
    db = scene.sandbox.db
    db.drop_collection("leads")
    # What is missing must be written, and that is refused.
    db.create_collection("leads", validator={"$jsonSchema": {"required": ["never"]}})
    try:
        night = scene.night()
    finally:
        db.drop_collection("leads")

    assert [attempt.what for attempt in night.attempts] == ["reset", "reset"]
    assert all(attempt.error for attempt in night.attempts)
    assert any("not rolled back" in note for note in night.notes)
    assert (night.verdict, night.exit_code, night.severity) == (NO_GO, 3, "critical")
    alert_text = text(scene.hooks.at("critical")[0])
    assert "Populate leads kanban" in alert_text and "not rolled back" in alert_text


# What the night does


def test_a_restored_state_that_is_no_go_is_undone(scene: Scene) -> None:
    """Tonight's reset is restored, because it is newer. The attempt does not raise the severity."""
    scene.night(saying(GO))
    scene.hooks.clear()
    night = scene.night(saying(["leads"], ["leads"], ["currency", "showcase"]))

    assert (night.outcome, night.exit_code, night.severity) == (NO_GO, 1, "medium")
    assert night.failed_checks == ["leads"]
    assert scene.hooks.levels == ["medium", "medium"]
    assert "tonight's reset was restored" in night.notes[-1]
    assert [run["trigger"] for run in scene.runs[-3:]] == ["nightly", "rollback", "rollback"]
    _, rolled_back, undone = scene.runs[-3:]
    assert undone["restored"] == rolled_back["backup"]


def test_a_state_whose_livesale_has_begun_is_too_old(
    scene: Scene, passing_time: Callable[[timedelta], None]
) -> None:
    scene.night(saying(GO))
    passing_time(timedelta(days=4))
    scene.hooks.clear()
    night = scene.night(saying(["leads"], ["leads"]))

    assert (night.outcome, night.severity) == (NO_GO, "medium")
    assert "too old to roll back to" in night.notes[-1]
    assert not any("rolling back" in line for line in scene.said)


def test_a_go_state_of_another_environment_is_not_restored(scene: Scene) -> None:
    scene.night(saying(GO))
    scene.sandbox.db.demo_environment.update_one({}, {"$set": {"identity": "another"}})
    scene.sandbox.environment.forget_identity()
    try:
        night = scene.night(saying(["leads"], ["leads"]))
    finally:
        scene.sandbox.start_over()
        scene.sandbox.environment.forget_identity()
    assert (night.outcome, night.severity) == (NO_GO, "medium")
    assert "there is no saved GO state to roll back to" in night.notes[-1]


def test_the_notes_of_a_night_are_printed(scene: Scene, tmp_path: Path) -> None:
    """Each note is one line, and the outcome stays the last one."""
    occupied = tmp_path / "occupied"
    occupied.write_text("a file")
    night = scene.night(saying(["leads"], ["leads"]), reports=occupied / "reports")

    assert night.notes and all("\n" not in note for note in night.notes)
    for note in night.notes:
        assert len([line for line in scene.said if note in line]) == 1, (note, scene.said)
    unwritten = [line for line in scene.said if str(occupied) in line]
    assert unwritten and all("--reports" in line for line in unwritten)
    assert scene.said[-1].endswith(f": {night.outcome}")


def test_a_rollback_undoes_the_whole_night(scene: Scene) -> None:
    """The night counts as one change of the demo, with all its attempts."""
    scene.sandbox.db.leads.insert_one({"_id": "mine", "bundle": scene.bundle.key})
    before = scene.sandbox.state(SHORT).hashes()
    scene.night(saying(["leads"], ["leads"]))
    engine = replace(scene.sandbox, backups=scene.backups).engine
    engine.roll_back(scene.bundle)
    assert scene.sandbox.state(SHORT).hashes() == before


def test_a_damaged_backup_is_critical(scene: Scene) -> None:
    scene.night(saying(GO))
    scene.hooks.clear()
    saved = backup.latest(scene.backups, scene.sandbox.identity, scene.bundle, state=backup.GO)
    (saved.path / "leads.bson").write_bytes(b"")
    night = scene.night(saying(["leads"]))

    assert (night.severity, night.exit_code) == ("critical", 1)
    assert scene.hooks.levels == ["medium", "critical"]
    assert "truncated or was changed" in text(scene.hooks.at("critical")[0])


def test_a_check_that_cannot_run_is_no_go(scene: Scene) -> None:
    night = scene.night(saying(WrongUsage("pytest ended")))

    assert night.verdict == NO_GO and night.exit_code != 0
    assert scene.hooks.levels == ["critical"]


def test_an_internal_error_is_reported(scene: Scene) -> None:
    with pytest.raises(Crashed):
        scene.night(saying(ZeroDivisionError()))

    assert scene.hooks.levels == ["critical"]
    assert "this should not have happened: ZeroDivisionError" in text(scene.hooks.received[0][1])
    assert scene.recorded_nights[-1]["outcome"] == "ended early"


def meet(scene: Scene, at: datetime) -> None:
    """Write to the journal what ``playbook reset --access`` writes."""
    scene.sandbox.engine.reset(scene.bundle, access=at)


@pytest.mark.parametrize(
    ("failing", "ahead", "level"),
    [
        (["leads"], timedelta(hours=23), "high"),
        (["currency"], timedelta(hours=23), "critical"),
        (["catalog"], timedelta(hours=23), "critical"),
        (["leads"], timedelta(hours=25), "medium"),
    ],
)
def test_a_meeting_within_a_day_raises_the_severity_by_one_level(
    scene: Scene, failing: list[str], ahead: timedelta, level: str
) -> None:
    meet(scene, clock.now() + ahead)
    night = scene.night(saying(failing))

    assert night.severity == level
    assert scene.hooks.levels[-1] == level
    alert_text = text(scene.hooks.at(level)[-1])
    assert ("Meeting: " in alert_text) == (ahead < timedelta(hours=24))
    # A raised failure is no longer one that only Slack hears of while it is tried again.
    assert ("medium" in scene.hooks.levels) == (level == "medium")


def test_the_night_before_a_meeting_keeps_its_t(scene: Scene) -> None:
    soon, later = clock.now() + timedelta(hours=9), clock.now() + timedelta(days=3)
    meet(scene, soon)
    scene.night(saying(GO))
    assert scene.runs[-1]["access"] == soon

    scene.sandbox.clear()
    meet(scene, later)
    night = scene.night(saying(GO))
    assert scene.runs[-1]["access"] - night.started_at < timedelta(minutes=1)
    # It stays known for the nights to come.
    journal = Journal.of(scene.sandbox.environment)
    assert journal.meeting(scene.bundle.key, clock.now()) == later


# An investor in session


def in_session(scene: Scene, seen: datetime) -> None:
    (email, *_) = scene.sandbox.accounts(SHORT)
    scene.sandbox.db.user_sessions.replace_one(
        {"_id": "visit"}, {"_id": "visit", "email": email, "last_seen": seen}, upsert=True
    )


def test_a_night_waits_until_the_investor_has_left(scene: Scene) -> None:
    in_session(scene, clock.now())

    def leave(number: int) -> None:
        if number == 3:
            in_session(scene, clock.now() - timedelta(minutes=16))

    scene.patience.meanwhile = leave
    night = scene.night(saying(GO))

    assert night.verdict == GO
    assert scene.patience.waits == [60.0] * 3
    assert night.waited == timedelta(minutes=3)
    assert scene.hooks.levels == ["success"]


def test_after_two_hours_of_waiting_a_night_sends_an_alert_and_writes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "SESSION_POLL", timedelta(minutes=20))
    in_session(scene, clock.now())  # and still there: no time passes while it waits
    before = scene.sandbox.state(SHORT).hashes()
    night = scene.night(saying(GO))

    assert sum(scene.patience.waits) == timedelta(hours=2).total_seconds()
    assert (night.verdict, night.exit_code) == (NO_GO, 4)
    assert scene.sandbox.state(SHORT).hashes() == before
    assert scene.hooks.levels == ["medium"]
    alert_text = text(scene.hooks.at("medium")[0])
    assert "an investor is in session" in alert_text and "waited 120 minutes" in alert_text
    assert "when they have left: playbook nightly lvmh" in alert_text
    (run,) = scene.runs
    assert (run["trigger"], run["status"]) == ("nightly", "refused")
    assert run["night"]["outcome"] == "not reset: an investor is in session"


def test_a_new_session_stops_the_rollback(scene: Scene) -> None:
    scene.night(saying(GO))
    scene.hooks.clear()
    failing = saying(["catalog"])

    def check(*given: Any) -> Verdict:
        if len(scene.checks) == 1:
            in_session(scene, clock.now())
        scene.checks.append("checked")
        return failing(*given)

    night = scene.night(check)

    assert night.exit_code == 1
    assert "not rolled back: an investor is in session" in text(scene.hooks.at("critical")[0])


# Another run


def test_a_night_is_refused_while_another_run_resets_the_bundle(scene: Scene) -> None:
    with held(scene.sandbox.db, [scene.bundle], "another-run"), pytest.raises(BeingReset):
        scene.night(saying(GO))

    assert scene.hooks.levels == [] and scene.runs == []


def test_no_other_night_disturbs_a_check(scene: Scene) -> None:
    good = saying(GO)

    def check(*given: Any) -> Verdict:
        # The reset's own lease is free again by now.
        with pytest.raises(BeingReset, match="its nightly run is being done already"):
            scene.night(good)
        return good(*given)

    assert scene.night(check).verdict == GO
    assert len(scene.runs) == 1
    assert scene.hooks.levels == ["success"]
    assert scene.night(good).verdict == GO, "given back at the end"


def test_the_lease_of_a_killed_night_expires(scene: Scene) -> None:
    later = {"$set": {"run": "dead", "holder": "gone:1"}}
    expired = {"expires_at": datetime(2026, 1, 1, tzinfo=UTC), "since": datetime.now(UTC)}
    locks = scene.sandbox.db.demo_locks
    locks.update_one(
        {"_id": f"night:{scene.bundle.key}"}, {"$set": {**later["$set"], **expired}}, upsert=True
    )
    assert scene.night(saying(GO)).verdict == GO


def test_a_night_that_was_done_is_not_done_again(
    scene: Scene, passing_time: Callable[[timedelta], None]
) -> None:
    tonight = (time(3), timedelta(hours=2))
    night = scene.night(saying(GO), if_due=tonight)  # 03:00:01 in Paris
    assert night.verdict == GO
    passing_time(timedelta(minutes=30))
    with pytest.raises(NotDue):
        scene.night(saying(GO), if_due=tonight)
    passing_time(timedelta(hours=23, minutes=20))
    with pytest.raises(NotDue):  # ten to three
        scene.night(saying(GO), if_due=tonight)
    passing_time(timedelta(minutes=20))
    scene.night(saying(GO), if_due=tonight)

    assert len(scene.recorded_nights) == 2
    assert scene.hooks.levels == ["success", "success"]


def test_a_night_that_nobody_made_in_time_is_lost_and_reported_once(
    scene: Scene, passing_time: Callable[[timedelta], None]
) -> None:
    tonight = (time(3), timedelta(hours=2))
    with pytest.raises(NotDue):  # a new environment has lost nothing
        passing_time(timedelta(hours=9))
        scene.night(saying(GO), if_due=tonight)
    passing_time(timedelta(hours=15))
    assert scene.night(saying(GO), if_due=tonight).pristine
    passing_time(timedelta(hours=30))  # the machine was off; now it is nine in Paris
    lost = scene.night(saying(GO), if_due=tonight)
    with pytest.raises(NotDue):  # a second scheduler
        scene.night(saying(GO), if_due=tonight)
    passing_time(timedelta(hours=18))
    assert scene.night(saying(GO), if_due=tonight).pristine

    assert (lost.exit_code, lost.outcome, lost.severity) == (4, "not made in time", "high")
    assert [len(night["alerts"]) for night in scene.recorded_nights] == [1, 1, 2]
    assert "[high] LVMH was not reset\n" in text(scene.hooks.received[1][1]), "it may be GO"
    assert scene.hooks.levels == ["success", "high", "success", "high"], "and all is well again"
    assert "the night of Tue 24 Nov 2026, 03:00 CET was not made in time" in text(
        scene.hooks.received[1][1]
    )
    assert len([run for run in scene.runs if run["trigger"] == "nightly" and run["steps"]]) == 2


def test_a_night_says_that_the_one_before_was_not_made(
    scene: Scene, passing_time: Callable[[timedelta], None]
) -> None:
    tonight = (time(3), timedelta(hours=2))
    scene.night(saying(GO), if_due=tonight)
    passing_time(timedelta(days=2))
    night = scene.night(saying(GO), if_due=tonight)

    assert night.pristine
    assert "no run of the night before (Mon 23 Nov 2026, 03:00 CET)" in text(
        scene.hooks.received[-1][1]
    )


def test_a_night_whose_time_ends_while_it_waits_is_lost(
    scene: Scene, passing_time: Callable[[timedelta], None]
) -> None:
    """The machine sleeps while an investor is in session."""
    tonight = (time(3), timedelta(hours=2))
    scene.night(saying(GO), if_due=tonight)
    passing_time(timedelta(hours=24))
    in_session(scene, clock.now())
    scene.patience.meanwhile = lambda number: passing_time(timedelta(hours=9))
    night = scene.night(saying(GO), if_due=tonight)

    assert (night.exit_code, night.outcome) == (4, "not made in time")
    assert scene.hooks.levels == ["success", "high"]


def test_by_day_an_environment_that_does_not_answer_is_no_nights_failure(
    scene: Scene, passing_time: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduler that starts at noon before MongoDB does would page for each bundle."""
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.2)
    settings = scene.sandbox.environment.settings
    nobody = replace(settings, mongo_uri="mongodb://127.0.0.1:9", outage_patience=0.5)
    no_answer = Unreachable("MongoDB cannot be reached")
    passing_time(timedelta(hours=9))
    with Environment(nobody) as environment:
        by_day = scene.nights(saying(GO), if_due=(time(3), timedelta(hours=2)))
        by_day = replace(by_day, environment=environment)
        for attempt in (by_day.run, lambda bundle: by_day.not_reached(bundle, no_answer)):
            with pytest.raises(NotAnswered) as said:
                attempt(scene.bundle)
            assert said.value.exit_code == 3

    assert not scene.hooks.levels and not scene.recorded_nights


def test_a_night_that_waits_for_an_investor_stays_due(
    scene: Scene, passing_time: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "SESSION_POLL", timedelta(minutes=10))
    in_session(scene, datetime(2026, 11, 22, 2, tzinfo=UTC))

    def leave(number: int) -> None:
        passing_time(timedelta(minutes=10))
        if number < 9:
            in_session(scene, clock.now())

    scene.patience.meanwhile = leave
    night = scene.night(saying(GO), if_due=(time(3), timedelta(minutes=30)))

    assert night.verdict == GO
    assert timedelta(minutes=90) <= night.waited < timedelta(minutes=120)


# Night after night


def test_a_repeated_failure_and_its_recovery(
    scene: Scene, passing_time: Callable[[timedelta], None]
) -> None:
    def night(*said: str | list[str]) -> list[str]:
        scene.hooks.clear()
        scene.night(saying(*said))
        passing_time(timedelta(days=1))
        return [f"{where}: {text(body)}" for where, body in scene.hooks.received]

    assert [line.split(": ")[0] for line in night(GO)] == ["success"]
    (first,) = night(["currency"])
    assert "For how long" not in first
    (second,) = night(["currency", "locales"])
    assert "currency fails the 2nd night in a row, since Mon 23 Nov 2026, 03:0" in second
    assert "locales fails" not in second
    (third,) = night(["currency"])
    assert "currency fails the 3rd night in a row, since Mon 23 Nov 2026" in third
    recovered = night(GO)
    assert [line.split(": ")[0] for line in recovered] == ["success", "high"]
    assert all("all clear: LVMH is GO again" in line for line in recovered)
    assert "failing for 3 nights, since Mon 23 Nov 2026" in recovered[0]
    (plain,) = night(GO)
    assert "all clear" not in plain


@pytest.mark.slow
def test_a_night_that_is_repeated_by_hand_is_one_night(
    scene: Scene, passing_time: Callable[[timedelta], None]
) -> None:
    def night(*said: str | list[str]) -> list[str]:
        scene.hooks.clear()
        scene.night(saying(*said))
        return [f"{where}: {text(body)}" for where, body in scene.hooks.received]

    night(["currency"])
    passing_time(timedelta(hours=1))
    (again,) = night(["currency"])
    assert "For how long" not in again
    passing_time(timedelta(hours=1))
    assert "failing for one night, since" in night(GO)[0]
    night(["currency"])
    passing_time(timedelta(days=1))
    (second,) = night(["currency"])
    assert "currency fails the 2nd night in a row" in second


# An environment that does not answer


def test_an_environment_that_does_not_answer_is_reported_and_recorded(
    scene: Scene, passing_time: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.2)
    monkeypatch.setattr(journal, "RECORD_SECONDS", 0.5)
    nobody = replace(scene.sandbox.environment.settings, mongo_uri="mongodb://127.0.0.1:9")
    monkeypatch.setattr(Settings, "place", "the same address")
    with Environment(nobody) as environment:
        seen_to = replace(scene.nights(saying(GO)), environment=environment)
        for number in (1, 2):
            night = seen_to.not_reached(scene.bundle, Unreachable("MongoDB cannot be reached"))
            assert (night.exit_code, night.severity) == (3, "critical")
            passing_time(timedelta(days=1))
            assert len(scene.hooks.received) == number
    assert scene.hooks.levels == ["critical"] * 2
    last = text(scene.hooks.received[-1][1])
    assert "MongoDB cannot be reached" in last and "the 2nd night in a row" in last
    assert "start it again, then: playbook nightly lvmh" in last

    # It answers again: what waited beside the backups is in the journal, and all is clear.
    scene.night(saying(GO))
    assert [night["outcome"] for night in scene.recorded_nights] == [
        "ended early",
        "ended early",
        "GO",
    ]
    assert "failing for 2 nights" in text(scene.hooks.at("success")[0])


def test_a_connection_lost_midway_is_reported_too(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(self: Executor, operation: Operation, *meanwhile: Any) -> str:
        raise Unreachable("MongoDB cannot be reached")

    monkeypatch.setattr(Executor, "run", lost)
    night = scene.night(saying(GO))

    assert night.exit_code == 3
    assert scene.hooks.levels == ["critical"]


@pytest.mark.parametrize("comes_back", [True, False])
@pytest.mark.slow
def test_a_primary_lost_during_a_write_is_noticed(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    """It is away for longer than the patience, so both the reset and its rollback fail."""
    usual = connections.CONNECT_SECONDS, execute.WRITE_SECONDS, journal.RECORD_SECONDS

    def limit_seconds(connect: float, write: float, record: float) -> None:
        monkeypatch.setattr(connections, "CONNECT_SECONDS", connect)
        monkeypatch.setattr(execute, "WRITE_SECONDS", write)
        monkeypatch.setattr(journal, "RECORD_SECONDS", record)

    def come_back(number: int) -> None:
        proxy.mend()
        limit_seconds(*usual)

    limit_seconds(1.5, 2, 1)
    scene.sandbox.db.user_sessions.insert_one({"email": scene.sandbox.accounts(SHORT)[0]})
    settings = scene.sandbox.environment.settings
    proxy = TcpProxy(settings.mongo_uri)
    impatient = replace(settings, mongo_uri=proxy.url, outage_patience=0.5)
    if comes_back:
        scene.patience.meanwhile = come_back
    proxy.cut_at(b"delete\0")
    with Environment(impatient) as environment:
        # Reading the journal after the outage uses a connection of its own.
        night = replace(scene.nights(saying(GO)), environment=environment).run(scene.bundle)
        assert proxy.times_cut == 1
        if comes_back:
            assert (night.outcome, night.exit_code) == ("GO after a retry", 0)
            assert {run["status"] for run in scene.runs} == {"failed", "done"}
            assert [one["outcome"] for one in scene.recorded_nights] == ["GO after a retry"]
        else:
            assert (night.exit_code, night.severity) == (3, "critical")
            assert scene.hooks.levels == ["critical"]
            assert "MongoDB at" in text(scene.hooks.received[-1][1])
            assert not scene.recorded_nights, "it could not be written"
            come_back(1)
            scene.sandbox.free_leases()
            scene.night(saying(GO))
    proxy.cut()
    assert "running" not in {run["status"] for run in scene.runs}


# The alerts are not part of the verdict


def test_a_dead_webhook_is_retried_and_then_replaced_by_another_channel(
    scene: Scene,
) -> None:
    scene.hooks.dead = {"medium", "high"}
    night = scene.night(saying(["leads"], GO))

    assert (night.verdict, night.exit_code) == (GO, 0)
    assert scene.hooks.refused[:6] == ["medium"] * 3 + ["high"] * 3
    assert scene.hooks.levels[0] == "critical"
    alerts = scene.recorded_nights[-1]["alerts"]
    assert [(a["channel"], a["taken"], a["tries"]) for a in alerts[:3]] == [
        ("DEMO_ALERT_MEDIUM no. 1", False, 3),
        ("DEMO_ALERT_HIGH no. 1", False, 3),
        ("DEMO_ALERT_CRITICAL no. 1", True, 1),
    ]
    assert any("NOT sent" in line for line in scene.said)


def test_dead_channels_change_no_verdict(scene: Scene) -> None:
    scene.hooks.dead = {"success", "medium", "high", "critical"}
    assert scene.night(saying(GO)).exit_code == 0
    assert scene.night(saying(["leads"], ["leads"], GO)).exit_code == 0, "rolled back"
    assert scene.hooks.received == []
    assert scene.recorded_nights[-1]["verdict"] == GO


# Signals


@pytest.fixture
def heeding() -> Iterator[StopRequest]:
    """A request to stop that real signals to this process set."""
    before = {number: signal.getsignal(number) for number in ENDING_SIGNALS}
    stopping = StopRequest()
    stopping.listen()
    yield stopping
    for number, handler in before.items():
        signal.signal(number, handler)


def send_sigterm_at(
    monkeypatch: pytest.MonkeyPatch, stopping: StopRequest, step: int, times: int
) -> None:
    """Send this process SIGTERM in the middle of a reset, once or twice."""
    real, steps = Executor.run, []

    def run(self: Executor, operation: Operation, *meanwhile: Any) -> str:
        steps.append(operation)
        if len(steps) == step:
            # Of two signals that come at the same instant, a process notices one.
            os.kill(os.getpid(), signal.SIGTERM)
            until(stopping.asked.is_set, "the first signal is noted")
            if times == 2:
                os.kill(os.getpid(), signal.SIGTERM)
                until(lambda: stopping.at_once, "the second signal is noted")
        return real(self, operation, *meanwhile)

    monkeypatch.setattr(Executor, "run", run)


def test_one_signal_finishes_the_night(
    scene: Scene, heeding: StopRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_sigterm_at(monkeypatch, heeding, step=8, times=1)
    night = replace(scene.nights(saying(GO)), stopping=heeding).run(scene.bundle)

    assert heeding.asked.is_set()
    assert (night.verdict, scene.runs[-1]["status"]) == (GO, "done")


def test_two_signals_in_a_reset_restore_the_state_before(
    scene: Scene, heeding: StopRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.sandbox.reset(SHORT)
    scene.sandbox.db.leads.delete_many({"bundle": scene.bundle.key})
    scene.sandbox.db.products.delete_one({"_id": "EUR-001"})
    before = scene.sandbox.state(SHORT).hashes()
    send_sigterm_at(monkeypatch, heeding, step=8, times=2)
    with pytest.raises(StoppedImmediately):
        replace(scene.nights(saying(GO)), stopping=heeding).run(scene.bundle)

    assert scene.runs[-1]["status"] == "rolled back"
    assert scene.sandbox.state(SHORT).hashes() == before
    assert scene.hooks.levels == []
    assert scene.recorded_nights == [], "still to be made"


# The command


def command(scene: Scene, *arguments: str, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "playbook", "nightly", *arguments],
        env={
            **without_settings(),
            **scene.sandbox.environment.settings.as_variables(),
            **scene.hooks.channels(),
            "PLAYBOOK_BACKUPS": str(scene.backups),
            **variables,
        },
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_from_end_to_end_and_no_secret_anywhere(scene: Scene, tmp_path: Path) -> None:
    # The schedule's reset time is now, so that the night is due.
    paris = datetime.now(UTC).astimezone(ZoneInfo("Europe/Paris"))
    due = {"PLAYBOOK_RESET_TIME": f"{paris - timedelta(minutes=1):%H:%M}"}
    reports = tmp_path / "reports"
    arguments = ("lvmh", "--if-due", "--reports", str(reports))
    process = command(scene, *arguments, **due)
    out, err = process.communicate(timeout=120)

    assert process.returncode == 0, out + err
    assert "lvmh" in out and out.rstrip().endswith("GO")
    assert scene.hooks.levels == ["success"]
    again = command(scene, *arguments, **due)
    out_again, err_again = again.communicate(timeout=120)
    assert again.returncode == 0 and "nothing to do" in out_again, err_again
    assert scene.hooks.levels == ["success"]

    secrets = [*scene.sandbox.environment.settings.passwords.values(), "s3cr3t-passw0rd"]
    secrets.append("t0ken-9f8e7d6c5b4a")
    left = [out, err, json.dumps(scene.runs, default=str), json.dumps(scene.hooks.received)]
    left += [p.read_text(errors="replace") for p in reports.rglob("*") if p.is_file()]
    for secret in secrets:
        assert not any(secret in text for text in left)


def test_the_command_stops_waiting_when_asked_to(scene: Scene) -> None:
    in_session(scene, clock.now())
    process = command(scene, "lvmh")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "waiting for up to 2:00:00" in line
        process.send_signal(signal.SIGTERM)
        began = machine.monotonic()
        out, err = process.communicate(timeout=60)
    finally:
        if process.poll() is None:
            process.kill()
    assert process.returncode == 128 + signal.SIGTERM
    assert "asked to stop while waiting" in out + err, (out, err)
    assert machine.monotonic() - began < 30
    assert scene.hooks.levels == [] and scene.runs == []
    until(
        lambda: scene.sandbox.db.demo_locks.find_one(
            {"_id": f"night:{scene.bundle.key}", "expires_at": {"$lte": datetime.now(UTC)}}
        ),
        "its lease is given back",
    )


@pytest.mark.slow
def test_bad_seeds_cause_an_alert_and_a_mistyped_bundle_does_not(
    scene: Scene, tmp_path: Path
) -> None:
    mistyped = command(scene, "lmvh")
    assert mistyped.communicate(timeout=60) and mistyped.returncode == 2
    assert scene.hooks.levels == []

    (tmp_path / "seeds").mkdir()
    bad = command(scene, "lvmh", PLAYBOOK_SEEDS=str(tmp_path / "seeds"))
    assert bad.communicate(timeout=60) and bad.returncode == 2
    assert scene.hooks.levels == ["high"]
    assert "did not begin" in scene.hooks.at("high")[0]["title"]


def test_a_missing_password_causes_an_alert(scene: Scene) -> None:
    process = command(scene, "lvmh", DEMO_PASSWORD_LVMH="")
    assert process.communicate(timeout=60) and process.returncode == 2
    assert scene.hooks.levels == ["high"]
    assert "DEMO_PASSWORD_LVMH is not set" in text(scene.hooks.at("high")[0])


# The walk


def walked(verdict: str) -> Walk:
    """A walk that ends with a verdict; the browser is tested elsewhere."""

    def walk(
        _: object, seeds: Seeds, bundle: Bundle, left_behind: Results | None, run: str
    ) -> Verdict:
        status: Status = "passed" if verdict == GO else "failed"
        result = Result(
            bundle.key, "walk", "Home", status, "high", "Walk, step 1", "the page speaks English"
        )
        return of_results([bundle.key], [result], {}, clock.now(), required=("walk",))

    return walk


def test_a_walked_night_is_recorded_as_walked(scene: Scene) -> None:
    night = scene.night(walk=walked(GO))
    *_, walk = scene.runs
    assert (walk["trigger"], walk["verdict"], walk["walked"]) == ("walk", GO, True)
    assert walk["part_of"] == night.id
    assert (night.outcome, night.exit_code) == ("GO", 0)
    assert scene.recorded_nights[-1]["walked"] is True
    assert scene.recorded_nights[-1]["tries"] == 1


def test_a_wrong_page_rolls_nothing_back(scene: Scene) -> None:
    night = scene.night(walk=walked(NO_GO))
    assert (night.verdict, night.pristine, night.exit_code) == (NO_GO, False, 1)
    assert night.rolled_back_to is None
    assert night.failed_checks == ["walk"]
    assert night.severity == "high"
    assert scene.recorded_nights[-1]["walked"] is True


def test_a_night_without_a_browser_is_never_go(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYBOOK_CHROMIUM", "/nowhere/chromium")
    night = scene.night(walk=walk_through)
    assert (night.verdict, night.outcome) == (NO_GO, "NO-GO, not walked through")
    assert night.failing is not None
    assert "PLAYBOOK_CHROMIUM" in night.failing.results[0].reason
    assert scene.recorded_nights[-1]["walked"] is False


@pytest.mark.slow
def test_a_demo_that_is_no_go_is_not_walked_through(scene: Scene) -> None:
    def never(*_: object) -> Verdict:
        raise AssertionError("walked through a demo that is NO-GO")

    broken = scene.breaking(lambda number: scene.sandbox.db.leads.delete_many({}))
    night = scene.night(broken, walk=never)
    assert night.verdict == NO_GO
    assert not any(attempt.what == "walk" for attempt in night.attempts)
