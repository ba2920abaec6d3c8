"""Resets and nights of a demo whose MongoDB is a replica set that holds elections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pymongo.errors import PyMongoError

from playbook.environment import Environment
from playbook.environment.settings import OUTAGE_PATIENCE
from playbook.nights.alerts import Alert, Channels, Outbox
from playbook.nights.alerts.outbox import Delivery
from playbook.nights.night import Night
from playbook.nights.nightly import Nightly
from playbook.processes.signals import StopRequest
from playbook.reset.lease import Lease
from playbook.verdict.model import GO
from playbook.verdict.run_features import check
from tests.replica_set import ReplicaSet, replica_set
from tests.sandbox import (
    FEED,
    OURS,
    Held,
    Owners,
    Sandbox,
    changed,
    held,
    in_words,
    use_demo,
)

BUNDLE = "lvmh"


@contextmanager
def in_a_set(
    sandbox: Sandbox, patience: float = OUTAGE_PATIENCE
) -> Iterator[tuple[Sandbox, ReplicaSet]]:
    """The same environment, with its MongoDB as the only member of a replica set."""
    settings = sandbox.environment.settings
    with replica_set(settings.mongo_uri) as members:
        changes: dict[str, Any] = {"mongo_uri": members.uri, "outage_patience": patience}
        with Environment(replace(settings, **changes)) as environment:
            yield replace(sandbox, environment=environment), members


def require_done(sandbox: Sandbox, undisturbed: Held) -> None:
    """Assert that the demo is as after an undisturbed reset, and its lease was given back."""
    after = held(sandbox, but=(*OURS, FEED))
    assert not (wrong := changed(undisturbed, after)), in_words(wrong)
    assert sandbox.runs(BUNDLE)[-1]["status"] == "done"
    require_free(sandbox, f"bundle:{sandbox.bundle(BUNDLE).key}")


def require_free(sandbox: Sandbox, key: str) -> None:
    """Assert that a lease was given back: another run can take it."""
    lease = Lease(sandbox.db, "next", "here:1")
    assert lease.take(key) is None, "the lease was given back"
    lease.release()


class _AtOnce(StopRequest):
    """Replaces the wait before the second attempt."""

    def wait(self, seconds: float) -> bool:
        return self.asked.is_set()


class _Kept(Outbox):
    """Keeps the alerts instead of sending them."""

    def __init__(self, alerts: list[Alert]) -> None:
        super().__init__(Channels.from_environment({}))
        self._alerts = alerts

    def send(self, alert: Alert, also: Any = ()) -> list[Delivery]:
        self._alerts.append(alert)
        return []


@dataclass
class Nights:
    """The nights of one bundle, one after the other."""

    sandbox: Sandbox
    backups: Path
    alerts: list[Alert] = field(default_factory=list)
    environment: Environment | None = None
    """The environment of the running night, as the night itself reaches it."""

    @contextmanager
    def under_way(
        self, patience: float = OUTAGE_PATIENCE
    ) -> Iterator[tuple[Callable[[], Night], ReplicaSet]]:
        """A function that runs a night of the bundle, and the replica set of its environment."""
        here = self.sandbox
        here.free_leases()
        use_demo(Owners(here), here.bundle(BUNDLE))
        with in_a_set(here, patience) as (elsewhere, members):
            self.environment = elsewhere.environment
            nights = Nightly(
                elsewhere.environment,
                here.seeds,
                self.backups,
                _Kept(self.alerts),
                _AtOnce(),
                say=lambda text: None,
            )
            yield lambda: nights.run(here.bundle(BUNDLE)), members

    def finds_a_primary(self) -> bool:
        """Whether the connection of the running night finds a primary."""
        assert self.environment is not None
        try:
            self.environment.db.command("ping")
        except PyMongoError:
            return False
        return True

    def require_healed(self, night: Night) -> None:
        """It was GO, maybe at the second attempt; nothing is unfinished or "running"."""
        here = self.sandbox
        assert night.exit_code == 0, (night.outcome, night.error, night.notes)
        assert night.outcome.startswith(GO)
        [found] = check(here.environment, here.seeds, [here.bundle(BUNDLE)]).bundles
        assert found.verdict == GO, [result.scenario for result in found.not_passed]
        assert "running" not in {run["status"] for run in here.runs(BUNDLE)}
        assert any(run.get("night") for run in here.runs(BUNDLE)), "it is written down"
        for key in (f"bundle:{here.bundle(BUNDLE).key}", f"night:{here.bundle(BUNDLE).key}"):
            require_free(here, key)
