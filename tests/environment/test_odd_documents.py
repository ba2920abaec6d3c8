"""The playbook's own documents, as another version or a person has written them in another way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from playbook import clock
from playbook.environment import Environment
from playbook.nights.meetings.coming import Meeting
from playbook.nights.meetings.remembered import Remembered
from playbook.panel.accounts import Accounts
from playbook.panel.jobs import Jobs
from playbook.reset.lease import BeingReset
from tests.panel_client import PASSWORD, panel
from tests.sandbox import Sandbox

START = datetime(2031, 3, 4, 18, tzinfo=UTC)
MEETING = Meeting("m1", START, START + timedelta(hours=1), "Demo", None, ("LVMH",), True)
ODD: tuple[Any, ...] = (None, "text", 7, [], [None], {}, {"a": 1})


@pytest.fixture
def fresh(sandbox: Sandbox) -> Iterator[Sandbox]:
    sandbox.start_over()
    yield sandbox
    sandbox.start_over()


@pytest.mark.parametrize("stored", [None, "", 0, {}])
def test_a_marker_whose_identity_says_nothing_gets_one(stored: Any, fresh: Sandbox) -> None:
    """Otherwise two environments with such a marker would count as one."""
    markers = fresh.db.demo_environment
    markers.update_one({"_id": "demo"}, {"$set": {"identity": stored}})
    with Environment(fresh.environment.settings) as environment:
        identity = environment.identity.id
    assert len(identity) == 36
    marker = markers.find_one({"_id": "demo"})
    assert marker is not None and marker["identity"] == identity


def test_a_meeting_that_cannot_be_read_hides_no_other(fresh: Sandbox) -> None:
    remembered = Remembered.of(fresh.environment)
    good = MEETING.document()
    odd = [{**good, name: value} for name in good for value in ODD if value != good[name]]
    odd = [one for one in odd if Meeting.from_document(one) is None]
    assert len(odd) > len(good) * 4
    missing = [{k: v for k, v in good.items() if k != name} for name in good]
    calendar = f"calendar:{remembered.environment_id}:"
    stored = [
        {"_id": f"{calendar}1", "meetings": [*odd, *missing, good, None, 7]},
        *({"_id": f"{calendar}odd{n}", "meetings": value} for n, value in enumerate(ODD)),
        {"_id": f"{calendar}none"},
    ]
    fresh.db.demo_meetings.insert_many(stored)
    assert remembered.every_meeting() == [MEETING]


@pytest.mark.parametrize("role", ["admin", None, 7, ["operator"]])
def test_a_role_that_nobody_knows_allows_only_to_look(role: Any, fresh: Sandbox) -> None:
    accounts = Accounts(fresh.db)
    accounts.add("ann", "operator", PASSWORD, clock.now())
    fresh.db.demo_admins.update_one({"_id": "ann"}, {"$set": {"role": role}})
    for person in (accounts.find("ann"), accounts.verify("ann", PASSWORD, clock.now())):
        assert person is not None
        assert person.may("viewer") and not person.may("operator")
    assert [person.name for person in accounts.listed()] == ["ann"]


def test_half_a_character_is_no_name(fresh: Sandbox) -> None:
    """A form may be in an encoding that contains one, like UTF-7."""
    accounts, now = Accounts(fresh.db), clock.now()
    assert accounts.verify(b"+2AA-".decode("utf-7"), "a password of nobody", now) is None
    assert not accounts.is_locked("\ud800", now)


def test_a_job_that_cannot_be_read_breaks_no_page(fresh: Sandbox) -> None:
    bundle, at = fresh.bundle("lvmh"), clock.now()
    texts = {"job": "1", "kind": "check", "by": "ann", "status": "done", "message": "GO then"}
    rest = {"lines": [{"text": "a", "state": "done"}], "number": None, "total": None}
    instants = {"started_at": at, "ended_at": at, "beat_at": at}
    good = {"_id": bundle.key, "environment": None, **texts, **rest, **instants}
    with panel(fresh) as running, closing(Jobs(fresh.db, fresh.environment.redact)) as jobs:
        visitor = running.visitor("viewer")
        for name in good.keys() - {"_id", "environment"}:
            for odd in (None, "text", [None], {"a": 1}):
                changed = {**good, name: odd}
                fresh.db.demo_jobs.replace_one({"_id": bundle.key}, changed, upsert=True)
                assert len(jobs.latest([bundle.key])) <= 1, (name, odd)
            assert bundle.firm in visitor.text("/bundles/lvmh"), name
        fresh.db.demo_jobs.replace_one({"_id": bundle.key}, good)
        assert "GO then" in visitor.text("/bundles/lvmh")


def test_an_action_without_a_time_breaks_no_audit_log(fresh: Sandbox) -> None:
    odd = [{"at": value, "who": value, "bundle": value} for value in (*ODD, clock.now())]
    fresh.db.demo_audit.insert_many([{}, *odd, {"at": clock.now(), "who": "Olga"}])
    with panel(fresh) as running:
        assert "Olga" in running.visitor("operator").text("/audit")


@pytest.mark.parametrize("odd", [{}, {"since": "noon"}, {"holder": None, "since": 7}])
def test_a_lease_of_another_version_refuses_a_reset_in_one_line(
    odd: dict[str, Any], fresh: Sandbox
) -> None:
    bundle = fresh.bundle("lvmh")
    lease = {"_id": f"bundle:{bundle.key}", "expires_at": clock.now() + timedelta(minutes=1)}
    fresh.db.demo_locks.insert_one({**lease, **odd})
    with pytest.raises(BeingReset, match="lvmh is being reset already") as refused:
        fresh.reset("lvmh")
    assert "since an unknown time" in str(refused.value)
    with panel(fresh) as running:
        assert "Being reset since" in running.visitor("viewer").text("/bundles/lvmh")
