"""Elections of 1 to 30 seconds at every command of a reset, a rollback and a night.

Not part of the default run, which tries short ones at some: `tox -e proofs`.
"""

from __future__ import annotations

import pytest

from playbook.reset import backup
from tests.elections import BUNDLE, Nights, in_a_set, require_done
from tests.sandbox import FEED, OURS, Held, Sandbox, changed, held, in_words

SHORT_SECONDS = 1.0
RESET_COMMANDS, ROLLBACK_COMMANDS, NIGHT_COMMANDS = 80, 100, 160
"""Not fewer than the commands of each run."""


@pytest.fixture
def nights(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return Nights(sandbox, tmp_path_factory.mktemp("nights"))


def reset_with(used: Sandbox, undisturbed: Held, after: int, seconds: float, done: bool) -> bool:
    """A reset with an election; returns whether the reset has so many commands."""
    with in_a_set(used) as (sandbox, members):
        members.elect_after(after, seconds, done=done)
        sandbox.reset(BUNDLE)
    require_done(used, undisturbed)
    return bool(members.elections)


def roll_back_with(used: Sandbox, after: int, seconds: float) -> bool:
    before = held(used, but=(*OURS, FEED))
    saved = used.backups / str(used.reset(BUNDLE).run.backup)
    with in_a_set(used) as (sandbox, members):
        [former] = [b for b in backup.listed(sandbox.backups, sandbox.identity) if b.path == saved]
        members.elect_after(after, seconds)
        sandbox.engine.roll_back(sandbox.bundle(BUNDLE), former)
    now = held(used, but=(*OURS, FEED))
    wrong = {place for place in changed(before, now) if not place[0].startswith("redis")}
    assert not wrong, in_words(wrong)
    assert used.runs(BUNDLE)[-1]["status"] == "done"
    return bool(members.elections)


@pytest.mark.parametrize("after", range(RESET_COMMANDS))
def test_a_reset_outlasts_an_election_at_every_command(
    used: Sandbox, undisturbed: Held, after: int
) -> None:
    if not reset_with(used, undisturbed, after, SHORT_SECONDS, done=after % 2 == 1):
        pytest.skip(f"a reset has no {after + 1} commands")


@pytest.mark.parametrize("after", range(0, ROLLBACK_COMMANDS, 3))
def test_a_rollback_outlasts_an_election_at_every_third_command(used: Sandbox, after: int) -> None:
    if not roll_back_with(used, after, SHORT_SECONDS):
        pytest.skip(f"a rollback has no {after + 1} commands")


@pytest.mark.parametrize("after", range(0, NIGHT_COMMANDS, 8))
def test_a_night_outlasts_an_election_at_every_eighth_command(nights: Nights, after: int) -> None:
    with nights.under_way() as (night, members):
        members.elect_after(after, SHORT_SECONDS)
        nights.require_healed(night())
    if not members.elections:
        pytest.skip(f"a night has no {after + 1} commands")


@pytest.mark.parametrize(("after", "seconds"), [(1, 20.0), (12, 10.0), (20, 30.0)])
def test_a_reset_outlasts_a_long_election(
    used: Sandbox, undisturbed: Held, after: int, seconds: float
) -> None:
    assert reset_with(used, undisturbed, after, seconds, done=False)


@pytest.mark.parametrize(("after", "seconds"), [(10, 10.0), (25, 30.0)])
def test_a_rollback_outlasts_a_long_election(used: Sandbox, after: int, seconds: float) -> None:
    assert roll_back_with(used, after, seconds)


@pytest.mark.parametrize(("after", "seconds"), [(0, 10.0), (25, 30.0), (45, 10.0), (60, 30.0)])
def test_a_night_outlasts_a_long_election(nights: Nights, after: int, seconds: float) -> None:
    with nights.under_way() as (night, members):
        members.elect_after(after, seconds)
        nights.require_healed(night())
        assert members.elections == 1
