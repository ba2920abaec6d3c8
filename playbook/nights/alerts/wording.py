"""The text of an alert: the bundle, the verdict, what failed, what was done, what to do next."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from playbook.clock import local_text
from playbook.errors import PlaybookError, Refused, Unreachable, Unusable, WrongUsage
from playbook.facts.remedies import Remedy
from playbook.nights.alerts.channels import LEVELS, SUCCESS
from playbook.nights.alerts.outbox import Alert
from playbook.nights.night import Night
from playbook.nights.schedule import latest_reset, reset_time
from playbook.reset.outcome import InSession
from playbook.verdict.checks import SEVERITIES
from playbook.verdict.model import GO, BundleVerdict
from playbook.verdict.reasons import advice, first_remedy, remedies_of

PANEL = "PLAYBOOK_PANEL_URL"
SHOWN_REASONS = 3
"""The largest number of reasons of a check in an alert; the report has all."""
LONGEST_REASON = 300


def alert_of_night(
    night: Night, former: Sequence[Mapping[str, Any]], report: str
) -> tuple[Alert, list[str]]:
    """The alert of a night, and the other levels whose channels must get it, too.

    ``former`` are the bundle's former nights from the journal, newest first.
    """
    severity = night.severity
    if severity is not None:
        return _failure(night, severity, former, report), []
    firm = night.bundle.firm
    alarmed = [level for d in night.deliveries for level in (d.level, d.through if d.taken else "")]
    if former and not former[0].get("pristine"):
        since = _failing_since(former)
        nights = _count_nights(since, night.bundle.timezone)
        alarmed += [level for one in since for level in _levels_alarmed(one)]
        first = local_text(since[-1]["started_at"], night.bundle.timezone)
        title = f"all clear: {firm} is GO again"
        done = f"reset and checked; it had been failing for {_nights(nights)}, since {first}"
    elif alarmed:
        title = f"all clear: {firm} is GO after a retry"
        done = "reset and checked twice; the second time all passed"
    else:
        title = f"{firm} is GO"
        done = "reset and checked, all passed"
        if len(night.attempts) > 1:
            done = "reset and checked twice; the second time all passed"
    lines = [*_heading(night, GO), f"What was done: {done}", *_notes(night)]
    lines += _meeting(night)
    lines += ["What to do: nothing", *run_lines(night.bundle.short, night.run), f"Report: {report}"]
    # Each channel that got an alert gets one message that the trouble is over.
    also = [level for level in SEVERITIES if level in alarmed]
    return Alert(SUCCESS, title, "\n".join(lines)), also


def retrying(night: Night, verdict: BundleVerdict, report: str) -> Alert:
    """A medium failure's first alert (playbook, "Slack notification with retry attempt")."""
    lines = [
        *_heading(night, verdict.verdict),
        "What failed:",
        *_failures(verdict),
        "What is being done: a second reset and check are under way",
        "What to do: nothing yet; the result follows",
        *run_lines(night.bundle.short, night.run),
        f"Report: {report}",
    ]
    title = f"{night.bundle.firm} is NO-GO ({_names(verdict)}), retry under way"
    return Alert("medium", title, "\n".join(lines))


def _failure(
    night: Night, severity: str, former: Sequence[Mapping[str, Any]], report: str
) -> Alert:
    failing = night.failing
    if failing:
        why = ", ".join(failing.failed_checks)
    elif night.error:
        why = "not reset"
    else:
        why = "its reset fails"
    title = f"{night.bundle.firm} is {night.verdict}: {why}"
    verdict = night.verdict
    if isinstance(night.error, Refused) and not night.attempts:
        # The night has not looked at the demo: it is as it was, and may be GO.
        title, verdict = f"{night.bundle.firm} was not reset", "not reset, not checked"
    if night.rolled_back_to is not None and night.verdict == GO:
        title = f"{night.bundle.firm} is GO only by a rollback: {why}"
    lines = _heading(night, verdict)
    if failing:
        lines += ["What failed:", *_failures(failing)]
    errors = [attempt.error for attempt in night.attempts if attempt.error]
    lines += [f"What went wrong: {error}" for error in dict.fromkeys(map(str, errors))]
    if night.error is not None and str(night.error) not in map(str, errors):
        lines.append(f"What went wrong: {night.error}")
    lines += [f"What was done: {_done(night)}", *_notes(night)]
    lines += _for_how_long(night, former)
    lines += _meeting(night)
    lines += [
        f"What to do: {_advice(night)}",
        *run_lines(night.bundle.short, night.run),
        f"Report: {report}",
    ]
    return Alert(severity, f"[{severity}] {title}", "\n".join(lines))


def _heading(night: Night, verdict: str) -> list[str]:
    at = local_text(night.ended_at or night.started_at, night.bundle.timezone)
    return [
        f"{night.bundle.firm} ({night.bundle.short}): {verdict}, {at}",
        f"Environment: {night.environment}",
    ]


def run_lines(short: str, run: str) -> list[str]:
    """A run's id, and a link or command that shows the run; nothing if there is no run."""
    if not run:
        return []
    link = panel_link(f"/bundles/{short}/runs/{run}", f"playbook status {short}")
    return [f"Run: {run}", f"See it: {link}"]


def panel_link(path: str, command: str) -> str:
    """The address of a page of the panel; without a panel the command that shows the same.

    A wrong setting is named in the message instead of a link that does not work.
    """
    try:
        panel = panel_address()
    except WrongUsage as error:
        return f"{command} ({error})"
    return f"{panel}{path}" if panel else f"{command} ({PANEL} is not set, so there is no link)"


def panel_address() -> str:
    """Where the panel is, without a slash at the end; empty if that is not set.

    Raises WrongUsage if it is not an address that people can open.
    """
    stated = os.environ.get(PANEL, "").strip()
    try:
        parts = urlsplit(stated)
        opens = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in stated
    except ValueError:
        opens = False
    if stated and not opens:
        raise WrongUsage(f"{PANEL} is not an http or https address, so there is no link")
    return stated.rstrip("/")


def _failures(verdict: BundleVerdict) -> list[str]:
    lines = []
    for check in verdict.failed_checks:
        results = [result for result in verdict.of(check) if result.status != "passed"]
        if not results:
            lines.append(f"- {check}: did not run")
            continue
        lines.append(f"- {check} ({results[0].severity}): {results[0].line}")
        reasons = list(dict.fromkeys(result.reason or result.scenario for result in results))
        lines += [f"    {_shortened(reason)}" for reason in reasons[:SHOWN_REASONS]]
        if len(reasons) > SHOWN_REASONS:
            lines.append(f"    and {len(reasons) - SHOWN_REASONS} more")
    return lines


def _done(night: Night) -> str:
    resets = sum(attempt.what == "reset" for attempt in night.attempts)
    parts = []
    if night.waited:
        parts.append(f"waited {int(night.waited.total_seconds() / 60)} minutes")
    if resets:
        parts.append("reset once" if resets == 1 else "reset and checked, then retried once")
    if night.rolled_back_to is not None:
        when = local_text(night.rolled_back_to.taken_at, night.bundle.timezone)
        parts.append(
            f"rolled back to the GO state of {when} ({night.rolled_back_to.path.name}), "
            f"which is {night.verdict} now"
        )
    elif any(attempt.what == "rollback" for attempt in night.attempts):
        parts.append("rolling back failed")
    return "; ".join(parts) or "nothing could be done"


def _notes(night: Night) -> list[str]:
    return [f"Note: {note}" for note in night.notes]


def _for_how_long(night: Night, former: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each of tonight's failures, how long it has lasted without a break."""
    zone = night.bundle.timezone
    tonight = {"started_at": night.started_at}
    lines = []
    for check in night.failed_checks:
        since = _latest_in_a_row(former, lambda n, check=check: check in n.get("failed_checks", []))
        if (count := _count_nights([tonight, *since], zone)) > 1:
            first = local_text(since[-1]["started_at"], zone)
            lines.append(
                f"For how long: {check} fails the {_ordinal(count)} night in a row, since {first}"
            )
    since = _failing_since(former)
    if not lines and (count := _count_nights([tonight, *since], zone)) > 1:
        first = local_text(since[-1]["started_at"], zone)
        lines.append(
            f"For how long: the {_ordinal(count)} night in a row that went wrong, since {first}"
        )
    return lines


def _count_nights(runs: Sequence[Mapping[str, Any]], zone: str) -> int:
    """The number of nights of some nightly runs; runs that are repeated by hand count as one night.

    A night lasts from one reset's time in the bundle's zone to the next.
    """
    at = reset_time()
    return len({latest_reset(zone, run["started_at"], at) for run in runs})


def _failing_since(former: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return _latest_in_a_row(former, lambda night: not night.get("pristine"))


def _levels_alarmed(night: Mapping[str, Any]) -> list[Any]:
    """The levels whose channels got the bad news of a recorded night.

    If its own channel failed, those are others.
    """
    alerts = night.get("alerts", ())
    return [night.get("severity"), *(a.get("through") for a in alerts if a.get("taken"))]


def _latest_in_a_row(former: Sequence[Mapping[str, Any]], failing: Any) -> list[Mapping[str, Any]]:
    nights = []
    for night in former:
        if not failing(night):
            break
        nights.append(night)
    return nights


def _meeting(night: Night) -> list[str]:
    if not night.meets_soon or night.meeting is None:
        return []
    raised = "" if night.severity is None else "; so the severity is one level higher"
    return [f"Meeting: {local_text(night.meeting, night.bundle.timezone)}{raised}"]


def _advice(night: Night) -> str:
    short = night.bundle.short
    if isinstance(night.error, InSession):
        return f"when they have left: playbook nightly {short}"
    if isinstance(night.error, WrongUsage):
        return f"correct what it names, then: playbook nightly {short}"
    if isinstance(night.error, Unusable):
        return f"do what the message says, then: playbook nightly {short}"
    if isinstance(night.error, Unreachable):
        return f"start it again, then: playbook nightly {short}"
    if isinstance(night.error, Refused):
        return f"do what the message says, then: playbook nightly {short}"
    if night.error is not None:
        return f"read what went wrong, then: playbook nightly {short}"
    if night.verdict == GO:
        return (
            f"the demo can be shown as it was that day; find out why a fresh reset fails, then: "
            f"playbook nightly {short}"
        )
    remedies = remedies_of(night.failing) if night.failing else []
    if remedies and first_remedy(remedies) is not Remedy.RESET:
        return f"don't show this demo; {advice(remedies, short)}"
    return (
        f"don't show this demo; repair what failed, then: playbook reset {short} && "
        f"playbook check {short}"
    )


def alert_of_failed_start(
    what: str,
    error: PlaybookError | str,
    severity: str,
    at: datetime,
    environment: str,
    to_do: str | None = None,
    done: str | None = None,
) -> Alert:
    """An alert for nights that did not begin, or ended without a result."""
    lines = [
        f"{what}, {at:%a %d %b %Y, %H:%M} UTC",
        f"Environment: {environment}",
        f"What went wrong: {error}",
        f"What was done: {done or 'nothing; the demos were not changed'}",
        f"What to do: {to_do or 'correct what it names, then: playbook nightly all'}",
        "Report: the scheduler's log; playbook status",
    ]
    return Alert(severity, f"[{severity}] {what}", "\n".join(lines))


def samples(at: datetime, environment: str) -> list[Alert]:
    """A test alert of each level, with a link like real alerts have."""
    return [_sample(level, level, at, environment) for level in LEVELS]


def sample_for_presenter(at: datetime, environment: str) -> Alert:
    """A test message to the presenter of a meeting."""
    return _sample(SUCCESS, "presenter's", at, environment)


def _sample(level: str, whose: str, at: datetime, environment: str) -> Alert:
    lines = [
        f"This is a test, {at:%a %d %b %Y, %H:%M} UTC. Nothing is wrong; nothing to do.",
        f"Environment: {environment}",
        f"See it: {panel_link('/', 'playbook status')}",
    ]
    return Alert(level, f"test of the {whose} alerts of the demo playbook", "\n".join(lines))


def _names(verdict: BundleVerdict) -> str:
    return ", ".join(verdict.failed_checks)


def _nights(count: int) -> str:
    return "one night" if count == 1 else f"{count} nights"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if 10 <= number % 100 <= 20 else ending}"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_REASON else flat[: LONGEST_REASON - 1] + "…"
