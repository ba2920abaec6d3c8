"""A reset that is killed at any moment: the next plain reset repairs everything."""

from __future__ import annotations

import pytest

from playbook.deployments.scope import scope_of
from playbook.reset import backup
from playbook.reset.backup import Backup
from playbook.reset.restoring import restoring_steps
from tests.reset_process import KILL, start_reset
from tests.sandbox import (
    ACCESS,
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

pytestmark = pytest.mark.end_to_end

BUNDLE = "tiger-global"
STEPS = 34
ROLLBACK_STEPS = 49


@pytest.fixture(scope="module")
def undisturbed(sandbox: Sandbox) -> Held:
    """All of MongoDB and Redis after a reset that nothing disturbed."""
    sandbox.reset(BUNDLE)
    return all_of(sandbox)


@pytest.fixture(scope="module")
def used(sandbox: Sandbox, undisturbed: Held) -> tuple[Backup, Held]:
    """A backup of a used demo, and all documents and keys at that time."""
    use(sandbox)
    saved = sandbox.engine.save(sandbox.bundle(BUNDLE), "before reset")
    sandbox.engine.roll_back(sandbox.bundle(BUNDLE), saved)  # which empties the caches
    return saved, all_of(sandbox)


def all_of(sandbox: Sandbox) -> Held:
    return held(sandbox, but=(*OURS, FEED))


def use(sandbox: Sandbox) -> None:
    use_demo(Owners(sandbox), sandbox.bundle(BUNDLE))


def require_broken(sandbox: Sandbox, trigger: str) -> None:
    """The journal shows the killed run as broken, and the run that found it."""
    *_, killed, rerun = sandbox.runs(BUNDLE)
    assert (killed["trigger"], killed["status"]) == (trigger, "broken")
    assert rerun["_id"] in killed["error"]
    assert killed["ended_at"] == rerun["started_at"]
    assert rerun["status"] == "done"


def test_the_numbers_of_steps_are_those_of_the_plans(sandbox: Sandbox) -> None:
    bundle = sandbox.bundle(BUNDLE)
    assert len(sandbox.engine.plan(bundle, ACCESS).steps) == STEPS
    scope = scope_of(bundle, sandbox.seeds)
    assert len(restoring_steps(scope, sandbox.state(BUNDLE))) == ROLLBACK_STEPS


@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.slow
def test_killed_at_any_step_a_rerun_repairs(sandbox: Sandbox, undisturbed: Held, step: int) -> None:
    use(sandbox)
    killed = start_reset(sandbox, BUNDLE, KILL, at=step)
    killed.gone()
    assert killed.process.exitcode == -9
    assert sandbox.runs(BUNDLE)[-1]["status"] == "running", "it was killed before or after"
    sandbox.free_leases()
    sandbox.reset(BUNDLE)
    assert not (wrong := changed(undisturbed, all_of(sandbox))), in_words(wrong)
    require_broken(sandbox, "reset")


@pytest.mark.parametrize("step", range(1, ROLLBACK_STEPS + 1, 6))
def test_a_killed_rollback_is_repaired_by_a_rerun(
    sandbox: Sandbox, used: tuple[Backup, Held], step: int
) -> None:
    saved, wanted = used
    sandbox.reset(BUNDLE)
    killed = start_reset(sandbox, BUNDLE, KILL, at=step, back_to=saved)
    killed.gone()
    assert killed.process.exitcode == -9
    sandbox.free_leases()
    sandbox.engine.roll_back(sandbox.bundle(BUNDLE), saved)
    assert not (wrong := changed(wanted, all_of(sandbox))), in_words(wrong)
    require_broken(sandbox, "rollback")


@pytest.mark.slow
def test_killed_twice_a_rerun_repairs(sandbox: Sandbox, undisturbed: Held) -> None:
    use(sandbox)
    for step in (20, 6):
        start_reset(sandbox, BUNDLE, KILL, at=step).gone()
        sandbox.free_leases()
    assert sandbox.runs(BUNDLE)[-2]["status"] == "broken"
    sandbox.reset(BUNDLE)
    assert not (wrong := changed(undisturbed, all_of(sandbox))), in_words(wrong)
    assert [run["status"] for run in sandbox.runs(BUNDLE)[-3:]] == ["broken", "broken", "done"]


def test_a_killed_reset_can_be_rolled_back_instead(
    sandbox: Sandbox, used: tuple[Backup, Held]
) -> None:
    """The state before the broken reset is in the backup that the journal names."""
    saved, wanted = used
    bundle = sandbox.bundle(BUNDLE)
    sandbox.engine.roll_back(bundle, saved)
    start_reset(sandbox, BUNDLE, KILL, at=20).gone()
    sandbox.free_leases()
    name = sandbox.runs(BUNDLE)[-1]["backup"]
    sandbox.engine.roll_back(bundle, backup.find(sandbox.backups, sandbox.identity, bundle, name))
    assert not (wrong := changed(wanted, all_of(sandbox))), in_words(wrong)
