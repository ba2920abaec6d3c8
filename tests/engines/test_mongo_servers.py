"""Reset, check, rollback and a night on other servers with MongoDB's protocol."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from playbook.environment import Environment
from playbook.nights.alerts import Channels, Outbox
from playbook.nights.nightly import Nightly
from playbook.pristine.bundles import Bundle
from playbook.processes.signals import StopRequest
from playbook.reset import backup
from playbook.verdict.model import GO, NO_GO, BundleVerdict
from playbook.verdict.run_features import check
from tests.sandbox import FEED, OURS, Owners, Sandbox, changed, held, in_words, use_demo

BUNDLE = "lvmh"


def verdict_of(sandbox: Sandbox, bundle: Bundle) -> BundleVerdict:
    [found] = check(sandbox.environment, sandbox.seeds, [bundle]).bundles
    return found


def reasons(found: BundleVerdict) -> list[str]:
    return [f"{result.check}: {result.scenario}" for result in found.not_passed]


def test_it_is_reached(engine: Sandbox) -> None:
    engine.environment.require_reachable()
    assert engine.environment.server_clock.now().tzinfo is not None


def test_a_reset_makes_a_used_demo_go(engine: Sandbox) -> None:
    bundle = engine.bundle(BUNDLE)
    engine.reset(BUNDLE)
    found = verdict_of(engine, bundle)
    assert found.verdict == GO, reasons(found)
    use_demo(Owners(engine), bundle)
    found = verdict_of(engine, bundle)
    assert found.verdict == NO_GO
    assert len(found.failed_checks) > 3, reasons(found)
    engine.reset(BUNDLE)
    found = verdict_of(engine, bundle)
    assert found.verdict == GO, reasons(found)


def test_a_second_reset_writes_nothing(engine: Sandbox) -> None:
    engine.reset(BUNDLE)
    before = held(engine, but=(*OURS, FEED))
    engine.reset(BUNDLE)
    assert not (wrong := changed(before, held(engine, but=(*OURS, FEED)))), in_words(wrong)


def test_a_rollback_brings_back_the_state_before(engine: Sandbox) -> None:
    bundle = engine.bundle(BUNDLE)
    use_demo(Owners(engine), bundle)
    before = engine.state(BUNDLE).hashes()
    run = engine.reset(BUNDLE).run
    [saved] = [
        b for b in backup.listed(engine.backups, engine.identity) if b.path.name == run.backup
    ]
    engine.engine.roll_back(bundle, saved)
    assert engine.state(BUNDLE).hashes() == before
    assert engine.engine.differing_from_rollback(bundle) == []


def test_a_night_is_good(engine: Sandbox) -> None:
    bundle = engine.bundle(BUNDLE)
    night = Nightly(
        engine.environment,
        engine.seeds,
        engine.backups,
        Outbox(Channels.from_environment({})),
        StopRequest(),
        say=lambda text: None,
    ).run(bundle)
    assert (night.outcome, night.exit_code) == ("GO", 0)


@pytest.mark.parametrize("apart", [False, True], ids=["one client", "a client each"])
def test_eight_at_once(engine: Sandbox, apart: bool) -> None:
    names = [bundle.short for bundle in engine.bundles]
    for bundle in engine.bundles:
        use_demo(Owners(engine), bundle)

    def reset(name: str) -> str:
        if not apart:
            return engine.reset(name).run.status
        with Environment(engine.environment.settings) as environment:
            return replace(engine, environment=environment).reset(name).run.status

    with ThreadPoolExecutor(len(names)) as pool:
        assert set(pool.map(reset, names)) == {"done"}
    for bundle in engine.bundles:
        found = verdict_of(engine, bundle)
        assert found.verdict == GO, reasons(found)
