"""Two environments that share every folder: no command shows or changes the other's files.

Backups, the spool of the journal, pictures of walks and reports are in the same folders; the files
name their environment. Every command that reads or writes there runs on the second environment,
in its own process, after the first environment was used.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Timer
from zoneinfo import ZoneInfo

import pytest
from bson import json_util

from playbook import PROJECT, clock
from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.pristine.seeds import Seeds
from playbook.reset import backup
from playbook.reset.run import Reset
from playbook.reset.spool import AWARE
from tests.alert_receivers import webhooks
from tests.forked_commands import run_command, without_settings
from tests.panel_client import panel
from tests.sandbox import OURS, Held, Sandbox, changed, held, in_words

pytestmark = pytest.mark.end_to_end

FIRST, SECOND = "First Shop", "Second Shop"
BUNDLE, OTHER = "lvmh", "index"


@dataclass(frozen=True)
class Two:
    """Two environments, and the folder in which both keep everything."""

    first: Sandbox
    second: Sandbox
    folder: Path

    @property
    def marks_of_the_first(self) -> list[str]:
        """Texts that no output about the second environment may contain."""
        own = backup.listed(self.first.backups, self.first.identity)
        assert own, "the first one has saved nothing"
        return [FIRST, self.first.identity.id, *(one.path.name for one in own)]

    def run(
        self,
        *arguments: str,
        of: Sandbox | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """A command on the second environment, its exit code and all that it printed."""
        ended = run_command(
            *arguments, variables={**self.variables(of or self.second), **(variables or {})}
        )
        return ended.returncode, ended.stdout + ended.stderr

    @staticmethod
    def variables(of: Sandbox) -> dict[str, str]:
        folders = {"PLAYBOOK_BACKUPS": str(of.backups)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {
            **without_settings(),
            **of.environment.settings.as_variables(),
            **folders,
            "PATH": path,
        }

    def run_script(self, script: Path, *arguments: str) -> tuple[int, str]:
        """A script on the second environment, its exit code and all that it printed."""
        ended = subprocess.run(
            [script, *arguments],
            cwd=PROJECT,
            env=self.variables(self.second),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return ended.returncode, ended.stdout + ended.stderr


@contextmanager
def opened(seeds: Seeds, name: str, backups: Path) -> Iterator[Sandbox]:
    with start(seeds=seeds) as started:
        settings = replace(started, name=name, folder="")
        with Environment(settings) as environment:
            yield Sandbox(environment, seeds, backups)


@pytest.fixture(scope="module")
def two(seeds: Seeds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("shared")
    backups = folder / "backups"
    with opened(seeds, FIRST, backups) as first, opened(seeds, SECOND, backups) as second:
        for sandbox in (first, second):
            assert sandbox.environment.identity.id
        assert first.identity != second.identity
        for name in (BUNDLE, OTHER):
            first.reset(name)
        first.engine.save(first.bundle(BUNDLE), backup.GO)
        second.reset(BUNDLE)
        yield Two(first, second, folder)


def written_by_the_first(two: Two) -> dict[str, str]:
    """A digest of each file of the first environment."""
    own = backup.listed(two.first.backups, two.first.identity)
    files = [path for one in own for path in one.path.rglob("*") if path.is_file()]
    files += list((two.folder / "backups" / "journal").glob("first-*.json"))
    files += [p for p in (two.folder / "reports").rglob("*") if two.first.identity.id in str(p)]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


@pytest.fixture
def unharmed(two: Two) -> Iterator[Held]:
    """No command of the second environment changes the first one or its files."""
    before, files = held(two.first), written_by_the_first(two)
    yield before
    assert not (wrong := changed(before, held(two.first))), in_words(wrong)
    assert written_by_the_first(two) == files


def require_nothing_of_the_first(two: Two, text: str) -> None:
    shown = [mark for mark in two.marks_of_the_first if mark in text]
    own = {one.path.name for one in backup.listed(two.second.backups, two.second.identity)}
    # A folder's name may begin with another's: demo_state_20261126 and demo_state_20261126_101500.
    shown = [mark for mark in shown if not any(name.startswith(mark) for name in own)]
    assert not shown, f"{shown} in:\n{text}"


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        (["env"], {0}),
        (["rollback", BUNDLE, "--list"], {0}),
        (["rollback", OTHER, "--list"], {0, 2}),
        (["verify", BUNDLE], {2}),
        (["status"], {0}),
        (["status", BUNDLE], {0}),
        (["status", "--json"], {0}),
        (["status", "--prometheus"], {0}),
        (["check", BUNDLE], {0, 1}),
        (["reset", BUNDLE], {0}),
        (["rollback", BUNDLE], {0}),
        (["verify", BUNDLE], {0}),
        (["nightly", BUNDLE], {0, 1}),
        (["walk", BUNDLE], {0, 1}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.slow
def test_a_command_shows_and_changes_only_its_own_environment(
    two: Two, unharmed: Held, arguments: list[str], codes: set[int]
) -> None:
    if arguments == ["verify", BUNDLE] and codes == {0}:
        two.second.reset(BUNDLE)
        two.second.engine.roll_back(two.second.bundle(BUNDLE))
    elif (arguments[0] == "rollback" and "--list" not in arguments) or arguments[0] == "verify":
        two.second.reset(BUNDLE)
    code, text = two.run(*arguments)
    assert code in codes, (code, text)
    assert "Traceback" not in text
    require_nothing_of_the_first(two, text)


@pytest.mark.slow
def test_meetings_are_prepared_only_in_its_own_environment(two: Two, unharmed: Held) -> None:
    """Both environments read the calendar; only one is reset and sends alerts."""
    start_at = clock.now() + timedelta(minutes=50)
    calendar = two.folder / "calendar.ics"
    event = f"UID:m\nSUMMARY:LVMH demo\nDTSTART:{start_at:%Y%m%dT%H%M%SZ}\nDURATION:PT1H"
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", "BEGIN:VEVENT"]
    lines += ["DTSTAMP:20261001T000000Z", *event.splitlines(), "END:VEVENT", "END:VCALENDAR", ""]
    calendar.write_bytes("\r\n".join(lines).encode())
    two.second.db.products.delete_one({"region": two.second.bundle(BUNDLE).region})
    with webhooks() as inbox:
        settings = {"PLAYBOOK_CALENDARS": str(calendar), **inbox.channels()}
        runs = len(two.second.runs(BUNDLE))
        code, text = two.run("meetings", "run", variables=settings)
        assert code in (0, 1), text
        assert len(two.second.runs(BUNDLE)) > runs, "nothing was prepared"
        _, shown = two.run("meetings", variables=settings)
    assert "lvmh" in shown.lower()
    told_people = json.dumps(inbox.received)
    assert SECOND in told_people
    require_nothing_of_the_first(two, text + shown + told_people)


def test_alerts_name_their_own_environment(two: Two, unharmed: Held) -> None:
    with webhooks() as inbox:
        code, text = two.run("alerts", "test", variables=inbox.channels())
    assert code == 0, text
    told_people = json.dumps(inbox.received)
    assert SECOND in told_people
    require_nothing_of_the_first(two, text + told_people)


@pytest.mark.slow
def test_the_scheduler_runs_only_the_nights_of_its_own_environment(
    two: Two, unharmed: Held
) -> None:
    name = "tiger-global"  # no other test here has had a night of it
    zone = ZoneInfo(two.second.bundle(name).timezone)
    local = (clock.now() - timedelta(minutes=1)).astimezone(zone)
    process = subprocess.Popen(
        [sys.executable, "-m", "playbook", "schedule", "run"],
        cwd=PROJECT,
        env={**two.variables(two.second), "PLAYBOOK_RESET_TIME": f"{local:%H:%M}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    watchdog = Timer(300, process.kill)
    watchdog.start()
    lines = []
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            lines.append(line)
            if line.startswith(name) and "the run ended" in line:
                process.send_signal(signal.SIGTERM)
    watchdog.cancel()
    text = "".join(lines)
    assert process.returncode == 0, text
    assert "the run ended with exit code 0" in text
    assert SECOND in text
    require_nothing_of_the_first(two, text)


def test_the_emergency_script_resets_only_its_own_environment(two: Two, unharmed: Held) -> None:
    code, text = two.run_script(PROJECT / "scripts" / "emergency_demo_reset.sh", BUNDLE)
    assert code in (0, 1), text
    assert f"environment {SECOND}" in text
    require_nothing_of_the_first(two, text)


def test_another_environments_backup_is_refused_by_name_and_by_day(
    two: Two, unharmed: Held
) -> None:
    before, folders = held(two.second), sorted(two.second.backups.iterdir())
    for one in backup.listed(two.first.backups, two.first.identity):
        short = BUNDLE if two.first.bundle(BUNDLE).key in one.parts else OTHER
        code, text = two.run("rollback", short, "--to", one.path.name)
        assert code == 4, text
        assert not (wrong := changed(before, held(two.second))), in_words(wrong)
    code, text = two.run("rollback", OTHER, "--to", f"{clock.now():%Y-%m-%d}")
    assert code == 2, text  # the second one has no state of it
    require_nothing_of_the_first(two, text)
    assert not (wrong := changed(before, held(two.second))), in_words(wrong)
    assert sorted(two.second.backups.iterdir()) == folders, "something was written"


def test_a_rollback_undoes_only_runs_of_its_own_environment(two: Two, unharmed: Held) -> None:
    code, text = two.run("rollback", OTHER)
    assert code == 2, text
    assert "nothing has changed index yet" in text
    require_nothing_of_the_first(two, text)


@pytest.mark.slow
def test_another_environments_spooled_record_is_not_written(two: Two) -> None:
    record = {**two.first.runs(BUNDLE)[-1], "_id": "first-0001", "status": "failed"}
    spooled = two.second.backups / "journal" / "first-0001.json"
    spooled.parent.mkdir(exist_ok=True)
    spooled.write_text(json_util.dumps(record, json_options=AWARE), encoding="utf-8")
    for arguments in (["reset", BUNDLE], ["status", BUNDLE], ["nightly", BUNDLE]):
        code, text = two.run(*arguments)
        assert code in (0, 1), text
        assert spooled.exists(), arguments
        assert two.second.db.demo_resets.find_one({"_id": "first-0001"}) is None, arguments
    code, text = two.run("reset", BUNDLE, of=two.first)
    assert code == 0, text
    assert not spooled.exists(), "its own environment writes it in"
    assert two.first.db.demo_resets.find_one({"_id": "first-0001"}) is not None


def test_another_environments_old_backups_are_not_pruned(two: Two, unharmed: Held) -> None:
    """More than a week later, when the folder has old backups of both environments."""
    for sandbox in (two.first, two.second):
        [newest] = backup.listed(sandbox.backups, sandbox.identity)[-1:]
        old = sandbox.backups / f"demo_state_20200101_{sandbox.identity.id[:6]}"
        shutil.copytree(newest.path, old)
    kept = two.second.backups / f"demo_state_20200101_{two.first.identity.id[:6]}"
    gone = two.second.backups / f"demo_state_20200101_{two.second.identity.id[:6]}"
    try:
        code, text = two.run("reset", BUNDLE)
        assert code == 0, text
        assert kept.exists(), "another one's backup was removed"
        assert not gone.exists(), "nothing was pruned at all"
        backup.prune(two.second.backups, two.second.identity, clock.now() + timedelta(days=60))
        assert kept.exists()
    finally:
        shutil.rmtree(kept, ignore_errors=True)


@pytest.mark.slow
def test_reports_of_another_environment_stay(two: Two) -> None:
    """In one folder of results, those of the same bundle of another environment are not removed."""
    reports = two.folder / "reports"
    for sandbox in (two.first, two.second):
        code, text = two.run("nightly", BUNDLE, "--reports", str(reports), of=sandbox)
        assert code in (0, 1), text
    labels = {
        label["value"]
        for path in (reports / "allure-results").glob("*-result.json")
        for label in json.loads(path.read_text(encoding="utf-8"))["labels"]
    }
    text = " ".join(sorted(labels))
    assert {two.first.identity.id, two.second.identity.id} <= labels, text


def test_the_panel_shows_only_its_own_environment(two: Two, unharmed: Held) -> None:
    with panel(two.second) as running:
        visitor = running.visitor("operator")
        for path in ("/", f"/bundles/{BUNDLE}", f"/bundles/{OTHER}"):
            text = visitor.text(path)
            assert SECOND in text
            require_nothing_of_the_first(two, text)
        [name] = [o.path.name for o in backup.listed(two.first.backups, two.first.identity)][:1]
        before = held(two.second, but=OURS)
        answer = visitor.press(f"/bundles/{BUNDLE}/rollback", to=name)
        assert answer.status_code >= 400, answer.text
        assert not (wrong := changed(before, held(two.second, but=OURS))), in_words(wrong)


def test_another_environments_backup_is_refused_before_anything_is_written(
    two: Two, unharmed: Held
) -> None:
    resets = Reset(two.second.environment, two.second.seeds, two.second.backups, by="a test")
    before, runs = held(two.second), two.second.runs(BUNDLE)
    [foreign] = backup.listed(two.first.backups, two.first.identity)[:1]
    with pytest.raises(backup.ForeignBackup) as refused:
        resets.roll_back(two.second.bundle(BUNDLE), foreign)
    assert refused.value.exit_code == 4
    assert not (wrong := changed(before, held(two.second))), in_words(wrong)
    assert two.second.runs(BUNDLE) == runs
