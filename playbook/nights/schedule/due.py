"""Find the present night of a bundle, and whether its run is due."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from playbook.clock import RESET_TIME, daily_runs, local_text

TWO_DAYS = timedelta(days=2)


def latest_reset(zone: str, now: datetime, at: time = RESET_TIME) -> datetime:
    """The last nightly reset's instant in a zone, at or before an instant (UTC)."""
    latest = now
    for instant in daily_runs(zone, now - TWO_DAYS, at):
        if instant > now:
            return latest
        latest = instant
    raise AssertionError("daily runs never end")


def due(
    zone: str, now: datetime, made_at: datetime | None, at: time, grace: timedelta
) -> datetime | None:
    """The reset instant whose run is due now; None if none is due.

    ``made_at`` is the start of the bundle's latest nightly run (UTC), None if there was none. A run
    is due from its instant until ``grace`` is over, if it has not been made.
    """
    instant = latest_reset(zone, now, at)
    if now - instant > grace or (made_at is not None and made_at >= instant):
        return None
    return instant


def lost(
    zone: str, now: datetime, made_at: datetime | None, at: time, grace: timedelta
) -> datetime | None:
    """The latest night if nobody made it while it was due; None if it is made, or is due now.

    An environment that never had a night has lost none.
    """
    night = latest_reset(zone, now, at)
    if made_at is None or made_at >= night or now - night <= grace:
        return None
    return night


def night_before(zone: str, night: datetime, at: time) -> datetime:
    """The nightly reset's instant before another one (UTC)."""
    return latest_reset(zone, night - timedelta(seconds=1), at)


def why_not_due(
    zone: str, now: datetime, made_at: datetime | None, at: time, grace: timedelta
) -> str:
    """Why no run is due: it is made, or a schedule has started it at another time than ours."""
    night = latest_reset(zone, now, at)
    if made_at is not None and made_at >= night:
        return "nothing to do, tonight's run is done"
    return (
        f"not due: nights are due from {at:%H:%M} for {grace}, but it is "
        f"{local_text(now, zone)}, and the run of {local_text(night, zone)} was not made; "
        "if every night is like that, PLAYBOOK_RESET_TIME is not the time of the schedule that "
        "starts it: playbook schedule render writes that anew"
    )
