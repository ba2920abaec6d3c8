"""MongoDB has no primary for a while during a night: the night continues, or sends an alert."""

from __future__ import annotations

import pytest

from playbook.environment import connections
from tests.elections import Nights
from tests.sandbox import Sandbox, until

AWAY_SECONDS = 0.4


@pytest.fixture
def nights(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Nights:
    return Nights(sandbox, tmp_path_factory.mktemp("nights"))


@pytest.mark.parametrize("after", [3, 25, 45, 60, 75])
@pytest.mark.slow
def test_a_night_waits_for_the_end_of_a_short_election(nights: Nights, after: int) -> None:
    """While it reads, resets, checks, saves the state, or records its result."""
    with nights.under_way() as (night, members):
        members.elect_after(after, AWAY_SECONDS)
        nights.require_healed(night())
        assert members.elections == 1


@pytest.mark.slow
def test_an_election_that_does_not_end_causes_an_alert(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.5)
    with nights.under_way(patience=0.5) as (night, members):
        members.elect_after(30, 600.0)
        found = night()
        assert found.exit_code == 3
        assert found.severity == "critical"
        assert nights.alerts
        members.elect(0.0)
        until(nights.finds_a_primary, "its connection finds the primary that is there again")
        nights.require_healed(night())
