"""Records of the journal that another version or a person has written in another way.

No page and no command breaks over one, and none makes a demo GO.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from bson import ObjectId
from rich.console import Console

from playbook import clock
from playbook.environment.identity import Identity
from playbook.errors import WrongUsage
from playbook.nights.alerts import wording
from playbook.nights.night import Night
from playbook.pristine.bundles import Bundle
from playbook.report import metrics, status
from playbook.report.status import BundleStatus
from playbook.reset.current_state import CurrentState
from playbook.reset.earlier_state import before_last_change
from playbook.reset.journal import Journal, Run, new_run
from playbook.reset.records import readable
from playbook.reset.standing import GO, UNKNOWN, Standing, standings
from tests.panel_client import panel
from tests.sandbox import Document, Sandbox

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ODD: tuple[Any, ...] = (
    None, "text", float("nan"), [None], {"a": 1}, [{"a": 1}], ObjectId(),
)  # fmt: skip


def check(bundle: str, at: datetime, **fields: Any) -> Document:
    """A check that is GO, as the journal has it."""
    run = Run(new_run(at), bundle, "check", at, at, "", status="done", ended_at=at)
    named = {
        "_id": f"{at:%Y%m%dT%H%M%S.%fZ}-check",
        "verdict": GO,
        "seeds_version": None,
        "app": None,
    }
    return {**run.document(), **named, **fields}


def reset(bundle: str, at: datetime, **fields: Any) -> Document:
    """A reset, as the journal has it."""
    named = {"trigger": "nightly", "verdict": None, "steps": [{"step": "a", "seconds": 1.0}]}
    begun = {**named, "part_of": "a night", "_id": f"{at:%Y%m%dT%H%M%S.%fZ}-reset"}
    return {**check(bundle, at), **begun, **fields}


@pytest.fixture(scope="module")
def lvmh(sandbox: Sandbox) -> Bundle:
    return sandbox.bundle("lvmh")


@pytest.fixture(scope="module")
def index(sandbox: Sandbox) -> Bundle:
    """It shows the same catalog."""
    return sandbox.bundle("index")


@pytest.fixture
def journal(sandbox: Sandbox) -> Iterator[Journal]:
    sandbox.db.demo_resets.delete_many({})
    yield Journal.of(sandbox.environment, sandbox.backups)
    sandbox.db.demo_resets.delete_many({})


def standing(sandbox: Sandbox, bundle: Bundle, *records: Document) -> Standing:
    """What the journal says about a bundle after these records."""
    sandbox.db.demo_resets.insert_many(list(records))
    journal = Journal.of(sandbox.environment)
    return standings(journal, sandbox.seeds, [bundle], clock.now())[bundle.key]


def minutes_ago(minutes: float) -> datetime:
    return clock.now() - timedelta(minutes=minutes)


def all_odd(record: Document) -> Iterator[Document]:
    """A record many times, each time with another field that is odd or missing."""
    for name in record.keys() - {"_id", "bundle"}:
        yield {field: value for field, value in record.items() if field != name}
        for value in ODD:
            yield {**record, name: value}
    for value in ODD:
        yield {**record, "_id": value}
        yield {**record, "steps": [{"step": "a", "did": "b", "seconds": value}]}
        yield {**record, "checks": [{"check": "catalog", "status": value}]}
        yield {**record, "reasons": [{"sentence": "It is wrong", "remedy": value}]}
        yield {**record, "night": {"started_at": value, "alerts": value, "failed_checks": value}}
        yield {**record, "night": {"alerts": [{"channel": "mail", "taken": value}]}}


def show(sandbox: Sandbox, bundle: Bundle, record: Document) -> str:
    """What status, its JSON and the metrics say about a bundle with this one record."""
    read = readable(record)
    judged = Standing(GO, "", NOW, read, read)
    console = Console(file=StringIO(), width=200)
    shown = [BundleStatus(bundle, judged, (read,))]
    status.show(console, shown, NOW, Identity("1", "an environment"), history=True)
    status.as_json(shown, NOW, Identity("1", "an environment"))
    alone = replace(sandbox.seeds, bundles={bundle.key: sandbox.seeds.bundles[bundle.key]})
    metrics.render({bundle.key: [read]}, {bundle.key: judged}, alone, NOW, "an environment")
    former = [read["night"]] if read.get("night") else []
    night = Night(bundle, NOW)
    wording.alert_of_night(night, former, "a report")
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_no_field_of_a_record_breaks_what_is_shown_of_it(sandbox: Sandbox, lvmh: Bundle) -> None:
    night = {"started_at": NOW, "outcome": GO}
    for record in all_odd(reset(lvmh.key, NOW, night=night, verdict="NO-GO")):
        assert lvmh.firm in show(sandbox, lvmh, record), record


def test_a_start_that_cannot_be_read_is_taken_from_the_id(lvmh: Bundle) -> None:
    for odd in ("yesterday", None, 7):
        assert readable(check(lvmh.key, NOW, started_at=odd))["started_at"] == NOW
    made = ObjectId.from_datetime(NOW)
    assert readable(check(lvmh.key, NOW, _id=made, started_at=1))["started_at"] == NOW
    assert readable({"_id": 7})["started_at"].year == 1970


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"verdict": ["NO-GO"]}, "can't be read"),
        ({"verdict": "PERHAPS"}, "can't be read"),
        ({"failed_checks": ["catalog"]}, "can't be read"),
        ({"failed_checks": "catalog"}, "can't be read"),
        ({"ended_at": "today"}, "can't be read"),
        ({"seeds_version": ["1"]}, "seeds have changed"),
        ({"app": ["http://h"]}, "of the app at"),
        ({"_id": "zzzzzzzz", "verdict": "NO-GO"}, "can't be read"),
        ({"_id": ObjectId, "started_at": "today"}, "can't be read"),  # made during the test
        ({"trigger": ["check"]}, "not checked since"),
        ({"trigger": "reset", "end": "0", "verdict": None}, "not checked since"),
        ({"trigger": "reset", "ended_at": "today", "verdict": None}, "not checked since"),
        ({"trigger": "reset", "status": 7, "verdict": None}, "The last reset failed"),
    ],
)
def test_a_later_record_that_cannot_be_read_leaves_no_go(
    odd: Document, said: str, sandbox: Sandbox, lvmh: Bundle, journal: Journal
) -> None:
    later = {**check(lvmh.key, minutes_ago(1), end=""), **odd}
    if later["_id"] is ObjectId:  # it contains the instant at which it was made
        later["_id"] = ObjectId()
    found = standing(sandbox, lvmh, check(lvmh.key, minutes_ago(5)), later)
    assert found.verdict == UNKNOWN
    assert said in found.sentence


@pytest.mark.parametrize("identifier", ["zzzzzzzz", "f47ac10b-58cc", ObjectId(), 7])
def test_a_go_whose_id_has_no_time_does_not_stay_the_latest(
    identifier: Any, sandbox: Sandbox, lvmh: Bundle, journal: Journal
) -> None:
    older = check(lvmh.key, minutes_ago(9), _id=identifier)
    reason = {"sentence": "A product is missing"}
    bad = check(lvmh.key, minutes_ago(5), verdict="NO-GO", reasons=[reason])
    found = standing(sandbox, lvmh, older, bad)
    assert found.verdict == "NO-GO"
    assert "A product is missing" in found.sentence


@pytest.mark.parametrize("wrote", ["region:EU", "languages", 7, None, {"region:EU": 1}, [7]])
def test_a_neighbours_reset_that_does_not_say_what_it_changed_may_have_changed_all(
    wrote: Any, sandbox: Sandbox, lvmh: Bundle, index: Bundle, journal: Journal
) -> None:
    theirs = reset(index.key, minutes_ago(1), wrote=wrote)
    found = standing(sandbox, lvmh, check(lvmh.key, minutes_ago(5)), theirs)
    assert found.verdict == UNKNOWN
    assert "both show" in found.sentence


def all_fields(odd: object) -> Document:
    """A record whose every field has the same odd value."""
    fields = vars(Run("", "", "", NOW, NOW, "")).keys() - {"id", "bundle", "environment"}
    return {**dict.fromkeys((*fields, "checked_at"), odd), "environment": None}


@pytest.mark.parametrize("odd", ODD)
def test_a_run_reads_the_journal_whatever_it_contains(
    odd: Any, sandbox: Sandbox, lvmh: Bundle, journal: Journal
) -> None:
    sandbox.db.demo_resets.insert_one(reset(lvmh.key, NOW, **all_fields(odd)))
    state = CurrentState(sandbox.environment, sandbox.seeds)
    assert state.known([lvmh], journal, NOW)[lvmh.key].verdict is None
    assert len(journal.nights(lvmh.key, 60)) <= 1
    assert journal.last_night(lvmh.key, NOW) is None
    assert not sandbox.engine.verify(lvmh).restored
    with pytest.raises(WrongUsage, match="choose one with --to"):
        before_last_change(sandbox.environment, sandbox.backups, lvmh)


@pytest.mark.parametrize(
    "text",
    [
        "{{}}",
        '{{"bundle": "{bundle}", "environment": "{identity}"}}',
        '{{"_id": [1], "bundle": "{bundle}", "environment": "{identity}"}}',
        '{{"_id": "x", "bundle": ["{bundle}"], "environment": "{identity}"}}',
        '{{"_id": "x", "n": 1{zeros}, "bundle": "{bundle}", "environment": "{identity}"}}',
        '{{"_id": "x", "at": {{"$date": "soon"}}, "bundle": "{bundle}"}}',
        '{{"_id": "x", "n": {deep}, "bundle": "{bundle}", "environment": "{identity}"}}',
        '{{"_id": "x", "night": "last", "bundle": "{bundle}", "environment": "{identity}"}}',
    ],
)
def test_a_spooled_file_that_is_no_record_is_left_where_it_is(
    text: str, sandbox: Sandbox, lvmh: Bundle, journal: Journal
) -> None:
    folder = sandbox.backups / "journal"
    folder.mkdir(exist_ok=True)
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    names = {"bundle": lvmh.key, "identity": sandbox.identity.id}
    written = text.format(**names, zeros="0" * 30, deep="[" * 5000 + "]" * 5000)
    (folder / "odd.json").write_text(written, encoding="utf-8")
    run = Run(new_run(NOW), lvmh.key, "reset", NOW, NOW, "")
    try:
        assert journal.nights(lvmh.key, 5) == []
        journal.start([run])
    finally:
        shutil.rmtree(folder)
    assert journal.run(lvmh.key, run.id)


def test_the_panel_shows_a_record_that_cannot_be_read(
    sandbox: Sandbox, lvmh: Bundle, journal: Journal
) -> None:
    with panel(sandbox) as running:
        visitor = running.visitor("viewer")
        for odd in ODD:
            sandbox.db.demo_resets.delete_many({})
            record = reset(lvmh.key, minutes_ago(1), **all_fields(odd))
            bad = check(lvmh.key, NOW, verdict="NO-GO", reasons=[{"sentence": "Wrong"}])
            sandbox.db.demo_resets.insert_many([record, {**bad, "checks": odd, "notes": odd}])
            assert lvmh.firm in visitor.text("/bundles/lvmh"), odd
            for one in (record, bad):
                assert lvmh.firm in visitor.text(f"/bundles/lvmh/runs/{one['_id']}"), odd
