"""Tries faults on one embedded environment: GO, break it, NO-GO of the right checks, repair it, GO.

After a repair the next fault is tried. Its check is of all eight bundles and accepts no failure but
its own, so it also proves the repair before it. If two consecutive faults break the same check of
the same bundle, the second would hide a failed repair of the first: then the bundle is checked to
be GO in between. At the end all eight are checked.
"""

from __future__ import annotations

import gc
import importlib
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pymongo.errors import PyMongoError

from playbook import clock
from playbook.embedded.start import start
from playbook.environment import Environment, Settings
from playbook.errors import Unreachable
from playbook.facts.remedies import Remedy
from playbook.pristine import seeds as seed_files
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.reset.run import Reset
from playbook.verdict.checks import CHECKS
from playbook.verdict.model import GO, Result, Verdict, of_results
from playbook.verdict.reasons import advice, first_remedy, remedies_of
from playbook.verdict.run_features import Walking, check
from tests.faults import limits
from tests.faults.fault import APAC, EU, EVERYONE, KEYS, US, CannotInject, Fault, Lab
from tests.faults.proxy import Proxy

SHORT = {key: short for short, key in KEYS.items()}


@dataclass(frozen=True)
class Outcome:
    """The result of one fault."""

    fault: Fault
    failed: Mapping[str, frozenset[str]]
    """The checks that failed, by bundle."""
    missed: tuple[str, ...] = ()
    """"bundle check": should have failed, and passed."""
    wrongly_blamed: tuple[str, ...] = ()
    """"bundle check": failed without need."""
    unnamed: tuple[str, ...] = ()
    """"bundle check: reason": failed, but no reason names the thing to look at."""
    broke: tuple[str, ...] = ()
    """Checks that broke themselves instead of judging."""
    misadvised: tuple[str, ...] = ()
    """"bundle: advice": what it says to do next does not repair what was broken."""
    not_healed: tuple[str, ...] = ()
    problem: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Why a "bundle check" failed without need."""
    seconds: float = field(default=0.0, compare=False)

    @property
    def caught(self) -> bool:
        """Noticed by exactly the right checks, for the right reason, and repaired."""
        return not any(self.complaints)

    @property
    def complaints(self) -> tuple[str, ...]:
        """Everything that is wrong, as lines."""
        kinds = {
            "missed by": self.missed,
            "wrongly blames": self.wrongly_blamed,
            "does not say where to look:": self.unnamed,
            "breaks the check itself:": self.broke,
            "gives advice that can't help:": self.misadvised,
            "not healed:": self.not_healed,
        }
        lines = [
            f"{kind} {what}{f': {self.reasons[what]}' if what in self.reasons else ''}"
            for kind, found in kinds.items()
            for what in found
        ]
        return (*lines, *([self.problem] if self.problem else []))


def judge(fault: Fault, verdict: Verdict) -> Outcome:
    """Compare what failed with what the fault says must fail."""
    failed = {
        SHORT[bundle.bundle]: frozenset(bundle.failed_checks)
        for bundle in verdict.bundles
        if bundle.verdict != GO
    }
    reasons = {
        (SHORT[bundle.bundle], name): [
            r.reason for r in bundle.of(name) if r.status != "passed" and not r.waived
        ]
        for bundle in verdict.bundles
        for name in bundle.failed_checks
    }
    wrongly_blamed = _pairs(failed, fault.blames)
    if fault.page:
        wrongly_blamed += tuple(
            f"{bundle} {name}: {reason}"
            for (bundle, name), reason_texts in reasons.items()
            for reason in dict.fromkeys(reason_texts)
            if not reason.startswith(fault.page)
        )
    named = {(bundle, name) for bundle in fault.at for name in fault.checks}
    return Outcome(
        fault,
        failed,
        missed=_pairs(fault.blames, failed),
        wrongly_blamed=wrongly_blamed,
        reasons={
            f"{bundle} {name}": " | ".join(dict.fromkeys(reason_texts))
            for (bundle, name), reason_texts in reasons.items()
            if f"{bundle} {name}" in wrongly_blamed
        },
        unnamed=tuple(
            f"{bundle} {name}: {' | '.join(reasons[bundle, name])}"
            for bundle, name in sorted(named & reasons.keys())
            if not any(fault.says in reason for reason in reasons[bundle, name])
        ),
        broke=tuple(
            f"{bundle} {name}: {reason}"
            for (bundle, name), reason_texts in reasons.items()
            for reason in reason_texts
            if "the check itself broke" in reason
        ),
        misadvised=tuple(_misadvised(fault, verdict)),
    )


def _misadvised(fault: Fault, verdict: Verdict) -> Iterator[str]:
    """A reset repairs what is wrong in MongoDB and Redis; it never repairs what the app answers.

    The rates belong to the app's feed, so the advice about them is another. A walk sees only pages:
    it advises a check, which knows whether what is stored is right.
    """
    if fault.area in ("currency", "walk") or fault.by_hand:
        return
    if fault.breaks not in ("Mongo", "Redis", "HTTP"):
        return
    by_reset = resets(fault)
    for bundle in verdict.bundles:
        if bundle.bundle not in SHORT:  # a bundle that somebody added
            continue
        short = SHORT[bundle.bundle]
        if bundle.verdict != GO and short in (by_reset or fault.at):
            first = first_remedy(remedies_of(bundle))
            # Of two passwords only people know which is right: that advice names a reset as well.
            if (first in (Remedy.RESET, Remedy.PASSWORD)) != bool(by_reset):
                yield f"{short}: {advice([first], short)}"


def _pairs(
    these: Mapping[str, frozenset[str]], without: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    return tuple(
        f"{bundle} {name}"
        for bundle, names in these.items()
        for name in sorted(names - without.get(bundle, frozenset()))
    )


@dataclass(frozen=True)
class Bench:
    """An embedded environment behind a proxy, with methods to break and repair it."""

    direct: Environment
    proxy: Proxy
    seeds: Seeds
    reset: Reset

    @property
    def everyone(self) -> list[Bundle]:
        return [line.model for line in self.seeds.bundles.values()]

    def bundles(self, names: Iterable[str]) -> list[Bundle]:
        return [self.seeds.bundles[KEYS[name]].model for name in names]

    def make_clean(self) -> None:
        """Empty everything, reset everything, and require GO."""
        for name in self.reset.environment.deployment.collections:
            self.direct.db[name].delete_many({})
        self.direct.redis.flushdb()
        for bundle in self.everyone:
            self.reset.reset(bundle, force=True)
        self.insist_on_go("a fresh reset")

    def insist_on_go(self, when: str) -> None:
        """Check all eight. Raises SystemExit if one is not GO."""
        verdict = self._check(self.direct.settings, self.seeds, self.everyone)
        if verdict.verdict != GO:
            reasons = [r.reason for b in verdict.bundles for r in b.not_passed if not r.waived]
            raise SystemExit(f"not GO after {when}, so that nothing can be proved: {reasons[:5]}")

    def try_all(self, faults: Iterable[Fault]) -> Iterator[Outcome]:
        """Break, check all eight, repair; one fault after the other."""
        before: Outcome | None = None
        for fault in faults:
            if before is not None:
                # If the next fault would hide a failed repair of this one, check before it.
                hidden = before.fault.blames.keys() & fault.blames.keys()
                hidden = {b for b in hidden if before.fault.blames[b] & fault.blames[b]}
                before = self._seen_to_be_healed(before, hidden)
            outcome = self._broken(fault)
            if before is not None:
                left = set(outcome.wrongly_blamed) & set(_pairs(before.fault.blames, {}))
                if left:
                    # If it comes from the fault before, it is still there.
                    before = self._seen_to_be_healed(before, {w.split()[0] for w in left})
                    if before.not_healed:
                        outcome = self._broken(fault)
                yield before
            before = outcome
        if before is not None:
            yield self._seen_to_be_healed(before, before.fault.blames.keys())

    def _broken(self, fault: Fault) -> Outcome:
        """Inject a fault, check all eight, remove the fault and reset what it broke."""
        started = time.monotonic()
        with ExitStack() as until_healed:
            lab = Lab(
                direct=self.direct,
                proxy=self.proxy,
                seeds=self.seeds,
                now=clock.now(),
                tested=replace(self.direct.settings, api_url=self.proxy.url),
                until_healed=until_healed,
            )
            until_healed.callback(self.proxy.clear)
            try:
                fault.inject(lab)
                outcome = judge(fault, self._verdict(fault, lab))
            except (CannotInject, PyMongoError) as error:
                outcome = Outcome(fault, {}, problem=f"cannot be injected: {error}")
        for bundle in self.bundles(resets(fault)):
            self.reset.reset(bundle, force=True)
        return replace(outcome, seconds=time.monotonic() - started)

    def _seen_to_be_healed(self, outcome: Outcome, bundles: Collection[str]) -> Outcome:
        """The outcome, with whatever still fails in some bundles."""
        if not bundles:
            return outcome
        started = time.monotonic()
        settings = replace(self.direct.settings, api_url=self.proxy.url)
        verdict = self._check(settings, self.seeds, self.bundles(sorted(bundles)))
        left = tuple(
            f"{SHORT[result.bundle]} {result.check}: {result.reason}"
            for bundle in verdict.bundles
            for result in bundle.not_passed
            if not result.waived
        )
        if left:  # the next fault needs a clean state in any case
            self.make_clean()
        seconds = outcome.seconds + time.monotonic() - started
        return replace(outcome, not_healed=(*outcome.not_healed, *left), seconds=seconds)

    def _verdict(self, fault: Fault, lab: Lab) -> Verdict:
        """The suite's verdict about a broken demo: of all eight, or of a page's own bundles."""
        if fault.kind != "page":
            return self._check(lab.tested, lab.seeds, self.everyone)
        with Environment(lab.tested) as environment:
            walking = Walking(alone=True, root=self.reset.backups)
            return check(environment, lab.seeds, self.bundles(fault.at), walking=walking)

    def _check(self, settings: Settings, seeds: Seeds, bundles: list[Bundle]) -> Verdict:
        with Environment(settings) as environment:
            try:
                return check(environment, seeds, bundles)
            except Unreachable as error:
                return _nothing_judged(bundles, str(error))


def _nothing_judged(bundles: Iterable[Bundle], reason: str) -> Verdict:
    """A check with exit code 3 counts as an error of every check of every bundle."""
    keys = [bundle.key for bundle in bundles]
    results = (
        Result(key, name, "Anything", "error", "critical", "", reason)
        for key in keys
        for name in CHECKS
    )
    return of_results(keys, results, {}, clock.now())


def resets(fault: Fault) -> tuple[str, ...]:
    """The bundles whose reset must repair a fault.

    Parts that all share (languages, rates, indexes) or a region shares (catalog, creators) must be
    repaired by a reset of any one of them: each fault uses another one.
    """
    if fault.breaks not in ("Mongo", "Redis"):
        return ()
    if fault.healed_by:
        return fault.healed_by
    if fault.at == EVERYONE:
        return (EVERYONE[len(fault.name) % len(EVERYONE)],)
    regions = [region for region in (US, EU, APAC) if set(region) <= set(fault.at)]
    if fault.area in ("catalog", "creators") and regions:
        return tuple(region[len(fault.name) % len(region)] for region in regions)
    return fault.at


def mixed(faults: Sequence[Fault]) -> list[Fault]:
    """Faults in an order in which neighbours break different checks, if that is possible.

    So the check of one fault proves the repair of the fault before it.
    """
    by_area: dict[str, list[Fault]] = {}
    for fault in faults:
        by_area.setdefault(fault.area, []).append(fault)
    placed = [
        ((number + 0.5) / len(listed), area, fault)
        for area, listed in by_area.items()
        for number, fault in enumerate(listed)
    ]
    return [fault for _, _, fault in sorted(placed, key=lambda place: place[:2])]


def remember_steps() -> None:
    """Let pytest-bdd look only once a run for the function of a step.

    It searches all steps for each step of each scenario, which takes a third of a check's time, and
    there are hundreds of checks here. All steps are global (see conftest.py), so the result is the
    same each time.
    """
    scenarios: Any = importlib.import_module("pytest_bdd.scenario")
    look = scenarios.find_fixturedefs_for_step

    def remembered(step: Any, fixturemanager: Any, node: Any) -> list[Any]:
        # Kept by whom it belongs to: what is found refers to its manager, and goes with it.
        found: dict[tuple[str, str], list[Any]]
        found = vars(fixturemanager).setdefault("steps_found", {})
        key = (step.type, step.name)
        if key not in found:
            found[key] = list(look(step, fixturemanager, node))
        return found[key]

    scenarios.find_fixturedefs_for_step = remembered


UNLIMITED = 1_000_000
"""Requests a minute: the published backend's own limit has tests of its own."""


@contextmanager
def started(app: str = "playbook") -> Iterator[Bench]:
    """A bench for one kind of app, with everything reset and GO."""
    remember_steps()
    seeds = seed_files.load()
    with ExitStack() as stack:
        settings = stack.enter_context(
            start(seeds=seeds, deployment=app, requests_a_minute=UNLIMITED)
        )
        direct = stack.enter_context(Environment(settings))
        proxy = Proxy(settings.api_url)
        stack.enter_context(proxy.serving())
        backups = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bench = Bench(direct, proxy, seeds, Reset(direct, seeds, backups))
        stack.enter_context(limits.waived(direct, seeds, bench.everyone, backups))
        bench.make_clean()
        gc.freeze()  # pytest collects garbage after each run; objects that stay are excluded
        yield bench
