"""The journal: identity, verdicts, meetings and typed times, of this environment only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from playbook import clock
from playbook.environment import Environment
from playbook.environment.settings import Settings
from playbook.errors import WrongUsage
from playbook.pristine.seeds import Seeds
from playbook.reset import backup, journal
from playbook.reset.access import InThePast, access_of
from playbook.reset.backup import ForeignBackup
from playbook.reset.journal import Journal, Run, meeting_of, new_run
from playbook.reset.lease import Lease
from playbook.reset.standing import (
    GO,
    NO_GO,
    UNKNOWN,
    Standing,
    judge,
    shared_by,
    standings,
    walk_verdict,
)
from playbook.reset.work import Cause
from playbook.verdict import recording
from playbook.verdict.checks import CHECKS, WALK
from tests.sandbox import ACCESS, Sandbox, changed, held

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def shelf(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    sandbox.start_over()
    sandbox.environment.forget_identity()
    yield replace(sandbox, backups=tmp_path / "backups")
    sandbox.start_over()
    sandbox.environment.forget_identity()


def become_another(shelf: Sandbox) -> None:
    """The same database as another environment: all folders are shared."""
    marker = {"$set": {"identity": "another", "name": "another"}}
    shelf.db.demo_environment.update_one({"_id": "demo"}, marker)
    shelf.environment.forget_identity()


def test_a_backup_of_another_environment_is_never_used(shelf: Sandbox) -> None:
    bundle = shelf.bundle("lvmh")
    report = shelf.reset("lvmh")
    name = str(report.run.backup)
    become_another(shelf)
    assert backup.listed(shelf.backups, shelf.identity) == []
    before = held(shelf, but=())
    with pytest.raises(ForeignBackup, match="is of environment") as foreign:
        backup.find(shelf.backups, shelf.identity, bundle, name)
    assert foreign.value.exit_code == 4
    [theirs] = backup.all_readable(shelf.backups)
    with pytest.raises(ForeignBackup):
        shelf.engine.roll_back(bundle, theirs)
    assert not changed(before, held(shelf, but=()))
    backup.prune(shelf.backups, shelf.identity, clock.now() + timedelta(days=3650))
    assert (shelf.backups / name).is_dir(), "it is theirs to remove"


def test_a_spooled_run_of_another_environment_is_not_written_in(
    shelf: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(self: Journal, runs: object, *, begun: bool) -> None:
        raise ServerSelectionTimeoutError("away")

    impatient = replace(shelf.environment.settings, outage_patience=0.0)
    with monkeypatch.context() as patched, Environment(impatient) as environment:
        patched.setattr(Journal, "record", away)
        run = replace(shelf, environment=environment).reset("lvmh").run
    [spooled] = (shelf.backups / "journal").glob("*.json")
    assert spooled.stem == run.id
    become_another(shelf)
    shelf.db.demo_resets.delete_many({})
    shelf.reset("lvmh")
    assert spooled.exists()
    assert shelf.db.demo_resets.find_one({"_id": run.id}) is None


def checked(shelf: Sandbox, name: str) -> None:
    """What a check that is GO leaves in the journal."""
    run = recording.begin(shelf.seeds, shelf.bundle(name).key, "test")
    run.verdict = GO
    assert recording.record(shelf.environment, [run]) is None


def walked(shelf: Sandbox, name: str, status: str, trigger: str = journal.WALK) -> None:
    """What a walk leaves in the journal, or a check that walks, too."""
    run = recording.begin(shelf.seeds, shelf.bundle(name).key, "test", trigger)
    checks = (WALK,) if trigger == journal.WALK else (*CHECKS, WALK)
    results = [
        {"check": check, "status": status if check == WALK else "passed"} for check in checks
    ]
    verdict = GO if status == "passed" else NO_GO
    reasons = [{"sentence": "The page speaks English"}] if verdict == NO_GO else []
    failed = [] if verdict == GO else [WALK]
    part = {"verdict": verdict, "failed_checks": failed, "checks": results, "reasons": reasons}
    recording.finish(run, part)
    assert recording.record(shelf.environment, [run]) is None


def test_a_check_with_more_findings_than_mongodb_can_keep_is_recorded(shelf: Sandbox) -> None:
    """Otherwise the GO before it would stay."""
    checked(shelf, "lvmh")
    details = [f"product LUX-{number}: {'a long name ' * 20}" for number in range(80_000)]
    reason = {"sentence": "80000 products do not belong here", "details": details}
    results = [{"check": check, "status": "failed"} for check in CHECKS]
    part = {"verdict": NO_GO, "failed_checks": ["catalog"], "checks": results, "reasons": [reason]}
    run = recording.begin(shelf.seeds, shelf.bundle("lvmh").key, "test")
    recording.finish(run, part)
    assert recording.record(shelf.environment, [run]) is None
    assert standing(shelf, "lvmh") == (NO_GO, "80000 products do not belong here.")
    [*kept, last] = run.reasons[0]["details"]
    assert kept == details[: len(kept)] and last == f"and {80_000 - len(kept)} more"


def standing(shelf: Sandbox, name: str) -> tuple[str, str]:
    bundle = shelf.bundle(name)
    found = standings(Journal.of(shelf.environment), shelf.seeds, [bundle], clock.now())
    return found[bundle.key].verdict, found[bundle.key].sentence


def test_a_write_to_shared_documents_makes_the_neighbours_unknown(shelf: Sandbox) -> None:
    for name in ("lvmh", "index", "sequoia"):
        shelf.reset(name)
        checked(shelf, name)
    assert {standing(shelf, name)[0] for name in ("lvmh", "index", "sequoia")} == {GO}
    shelf.reset("lvmh")
    assert standing(shelf, "index")[0] == GO, "nothing that they share was written"
    shelf.db.products.update_one({"region": "EU"}, {"$set": {"price_usd": 1}})
    shelf.reset("lvmh")
    verdict, sentence = standing(shelf, "index")
    assert verdict == UNKNOWN
    assert "a reset of" in sentence and "catalog and creators" in sentence
    assert standing(shelf, "sequoia")[0] == GO, "it shows another region"
    checked(shelf, "index")
    assert standing(shelf, "index")[0] == GO
    shelf.engine.roll_back(shelf.bundle("lvmh"))
    verdict, sentence = standing(shelf, "index")
    assert verdict == UNKNOWN and "a rollback of" in sentence


def test_a_check_during_a_reset_does_not_count(shelf: Sandbox) -> None:
    """Such a reset writes after the check has looked, even if its process is killed then."""
    bundle, started = shelf.bundle("lvmh"), clock.now()
    shelf.reset("lvmh")
    checked(shelf, "index")
    reset = Run(new_run(started), bundle.key, "reset", started, started, shelf.seeds.version)
    reset.wrote = list(shared_by(bundle))
    working = Lease(shelf.db, reset.id, "somewhere")
    names = [f"bundle:{bundle.key}", f"region:{bundle.region}"]
    assert not working.take_all(names[:1], names[1:])
    Journal.of(shelf.environment).start([reset])
    for name in ("lvmh", "index"):
        checked(shelf, name)
    verdict, sentence = standing(shelf, "lvmh")
    assert verdict == UNKNOWN and "A reset has begun and not ended yet" in sentence
    verdict, sentence = standing(shelf, "index")
    assert verdict == UNKNOWN and "a reset of" in sentence
    # It was killed. Its record stays, but it cannot write without its lease.
    over = {"$set": {"expires_at": datetime.now(UTC)}}
    shelf.db.demo_locks.update_many({"run": reset.id}, over)
    assert standing(shelf, "lvmh")[0] == standing(shelf, "index")[0] == UNKNOWN
    for name in ("lvmh", "index"):
        checked(shelf, name)
    assert standing(shelf, "lvmh")[0] == standing(shelf, "index")[0] == GO
    # The lease of another run, that was refused, shows only that the killed one had ended before.
    later = Lease(shelf.db, new_run(clock.now()), "somewhere")
    assert not later.take_all(names[:1], names[1:])
    later.release()
    assert standing(shelf, "lvmh")[0] == UNKNOWN
    checked(shelf, "lvmh")
    assert standing(shelf, "lvmh")[0] == GO


def test_a_verdict_about_other_seeds_does_not_count(shelf: Sandbox) -> None:
    shelf.reset("lvmh")
    checked(shelf, "lvmh")
    walked(shelf, "lvmh", "failed")
    changed_seeds = replace(shelf, seeds=replace(shelf.seeds, version="another"))
    verdict, sentence = standing(changed_seeds, "lvmh")
    assert verdict == UNKNOWN and sentence.startswith("GO before; the seeds have changed since")
    checked(changed_seeds, "lvmh")
    assert standing(changed_seeds, "lvmh")[0] == GO, "the walk was about the former seeds"


def elsewhere(shelf: Sandbox, setting: str, address: str) -> Standing:
    """The standing of LVMH's demo for somebody who uses the same database with another app."""
    bundle = shelf.bundle("lvmh")
    variables = {**shelf.environment.settings.as_variables(), setting: address}
    settings = Settings.from_environment(variables)
    assert settings is not None
    with Environment(settings) as environment:
        found = standings(Journal.of(environment), shelf.seeds, [bundle], clock.now())
    return found[bundle.key]


@pytest.mark.parametrize("setting", ["API_URL", "APP_URL"])
def test_a_verdict_about_one_app_is_none_about_another(shelf: Sandbox, setting: str) -> None:
    shelf.reset("lvmh")
    checked(shelf, "lvmh")
    walked(shelf, "lvmh", "passed")
    own = shelf.environment.settings.api_url
    assert standing(shelf, "lvmh")[0] == GO
    other = elsewhere(shelf, setting, "https://staging.example.com")
    assert (other.verdict, other.walk) == (UNKNOWN, None)
    assert other.sentence.startswith(f"GO, but of the app at {own}, not at ")
    assert "https://staging.example.com: check it now." in other.sentence


def test_another_way_to_write_an_address_is_the_same_app(shelf: Sandbox) -> None:
    shelf.reset("lvmh")
    checked(shelf, "lvmh")
    own = shelf.environment.settings.api_url
    assert elsewhere(shelf, "API_URL", own.replace("://", "://user:word@")).verdict == GO


def test_an_old_record_that_names_no_app_counts(shelf: Sandbox) -> None:
    shelf.reset("lvmh")
    checked(shelf, "lvmh")
    shelf.db.demo_resets.update_many({}, {"$unset": {"app": ""}})
    assert standing(shelf, "lvmh")[0] == GO


@pytest.mark.parametrize("trigger", [journal.CHECK, journal.WALK])
def test_a_go_lasts_no_longer_than_the_first_of_its_waivers(shelf: Sandbox, trigger: str) -> None:
    bundle = shelf.bundle("lvmh")
    run = recording.begin(shelf.seeds, bundle.key, "test", trigger)
    checks: list[dict[str, str]] = [{"check": check, "status": "passed"} for check in CHECKS]
    for check, until in (("leads", "2026-11-27"), ("creators", "2027-02-01"), (WALK, "2026-11-28")):
        accepted = {"waived": "known (sales)", "waived_until": until}
        checks.append({"check": check, "status": "failed", **accepted})
    recording.finish(run, {"verdict": GO, "failed_checks": [], "checks": checks, "reasons": []})
    assert (run.waived, run.waived_until) == (3, "2026-11-27")
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    run.started_at = run.ended_at = midnight - timedelta(hours=1)
    run.status = "done"

    def at(now: datetime) -> Standing:
        return judge(bundle, [run.document()], [], shelf.seeds, "", now)

    before, after = at(midnight - timedelta(seconds=1)), at(midnight)
    assert before.walk is not None and after.walk is None
    if trigger == journal.CHECK:
        assert before.verdict == GO
        assert (after.verdict, after.sentence) == (
            UNKNOWN,
            "GO, but a failure was accepted only until 2026-11-27: check it again.",
        )


def test_a_walk_makes_no_demo_go(shelf: Sandbox) -> None:
    bundle, books = shelf.bundle("lvmh"), Journal.of(shelf.environment)
    shelf.engine.reset(bundle, access=ACCESS)
    walked(shelf, "lvmh", "passed")
    assert standing(shelf, "lvmh")[0] == UNKNOWN, "pages are not the whole checklist"
    last = books.last_runs([bundle.key], 1)[bundle.key][0]
    assert (last["trigger"], last["by"], last["verdict"]) == (journal.WALK, "test", GO)
    assert (last["environment"], last["walked"]) == (shelf.identity.id, True)
    assert last["failed_checks"] == []
    assert books.meeting(bundle.key, clock.now()) == ACCESS
    assert [run["trigger"] for run in books.changes(bundle.key)] == ["reset"]


def test_a_failed_walk_counts_until_the_next(shelf: Sandbox) -> None:
    bundle = shelf.bundle("lvmh")

    def page_verdict() -> str | None:
        books = Journal.of(shelf.environment)
        walk = standings(books, shelf.seeds, [bundle], clock.now())[bundle.key].walk
        return walk_verdict(walk) if walk else None

    shelf.reset("lvmh")
    checked(shelf, "lvmh")
    assert page_verdict() is None
    walked(shelf, "lvmh", "failed")
    assert standing(shelf, "lvmh") == (NO_GO, "Walked through: The page speaks English.")
    checked(shelf, "lvmh")
    assert standing(shelf, "lvmh")[0] == NO_GO, "a check looks at no page"
    walked(shelf, "lvmh", "passed")
    assert (standing(shelf, "lvmh")[0], page_verdict()) == (GO, GO)
    walked(shelf, "lvmh", "failed", journal.CHECK)
    assert standing(shelf, "lvmh") == (NO_GO, "The page speaks English.")
    walked(shelf, "lvmh", "passed", journal.CHECK)
    assert (standing(shelf, "lvmh")[0], page_verdict()) == (GO, GO)
    walked(shelf, "lvmh", "failed")
    saved = backup.latest(shelf.backups, shelf.identity, bundle)
    shelf.engine.reset(bundle, access=ACCESS)
    kept = backup.latest(shelf.backups, shelf.identity, bundle)
    assert kept.path != saved.path
    assert kept.parts[bundle.key].verdict == GO, "wrong pages are not a reason not to go back to it"
    checked(shelf, "lvmh")
    walked(shelf, "lvmh", "passed")
    walked(shelf, "lvmh", "error")
    assert (standing(shelf, "lvmh")[0], page_verdict()) == (GO, GO), "nothing was walked"
    shelf.reset("lvmh")
    assert (standing(shelf, "lvmh")[0], page_verdict()) == (UNKNOWN, None)


def test_a_later_plain_reset_cancels_the_meeting(shelf: Sandbox) -> None:
    bundle = shelf.bundle("lvmh")
    books = Journal.of(shelf.environment)
    shelf.engine.reset(bundle, access=ACCESS)
    assert books.meeting(bundle.key, clock.now()) == ACCESS
    checked(shelf, "lvmh")
    assert books.meeting(bundle.key, clock.now()) == ACCESS, "a check changes nothing"
    shelf.engine.reset(bundle, meeting=ACCESS, cause=Cause("nightly"))
    assert books.meeting(bundle.key, clock.now()) == ACCESS, "a night keeps it"
    shelf.engine.reset(bundle)
    assert books.meeting(bundle.key, clock.now()) is None
    shelf.engine.roll_back(bundle)
    assert books.meeting(bundle.key, clock.now()) == ACCESS, "the reset is undone, and this too"


def test_a_meeting_that_is_over_does_not_count() -> None:
    runs = [{"status": "done", "trigger": "reset", "meeting": NOW - timedelta(hours=1)}]
    assert meeting_of(runs, NOW) is None


@pytest.mark.parametrize(
    "typed", ["1999-12-31T10:00", "2101-01-01T10:00", "2027-11-28T10:00", "tomorrow", "2026-11-27"]
)
def test_an_impossible_time_is_wrong_usage(seeds: Seeds, typed: str) -> None:
    bundle = seeds.bundles["LVMH_JULIE_BERCOVY"].model
    for meant in (False, True):
        with pytest.raises(WrongUsage) as wrong:
            access_of(typed, bundle, NOW, in_the_past=meant)
        assert wrong.value.exit_code == 2


@pytest.mark.parametrize("typed", ["2026-11-25T10:00", "2025-11-27T10:00", "2006-11-27T10:00"])
def test_a_time_in_the_past_must_be_confirmed(seeds: Seeds, typed: str) -> None:
    bundle = seeds.bundles["LVMH_JULIE_BERCOVY"].model
    with pytest.raises(InThePast) as past:
        access_of(typed, bundle, NOW)
    assert past.value.exit_code == 4
    assert access_of(typed, bundle, NOW, in_the_past=True) < NOW


def test_the_journal_keeps_no_other_environments_runs(shelf: Sandbox) -> None:
    shelf.reset("lvmh")
    become_another(shelf)
    assert Journal.of(shelf.environment).last_runs([shelf.bundle("lvmh").key], 5) == {
        shelf.bundle("lvmh").key: []
    }
    assert shelf.db[journal.COLLECTION].count_documents({}) == 1
