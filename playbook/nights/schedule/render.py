"""Write the schedule for other schedulers: Kubernetes, systemd, cron, GitHub Actions, compose.

All of them run ``playbook nightly BUNDLE --if-due``. So it does no harm that cron daemons treat
clock changes differently, or that two schedulers work on one environment. Kubernetes and systemd
leave out a night whose time a clock change skips: for such a zone the files start a second run,
every day at the first time after the gap.

The templates are in ``templates/``. Names of bundles and zones are JSON texts in YAML, so YAML
always reads them as texts ("no", "007").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from playbook import __version__
from playbook.nights.schedule.table import (
    abbreviation,
    changes_clocks_at,
    nights_of,
    one_for_each_offset,
)
from playbook.pristine.bundles import Bundle
from playbook.processes.settings import password_setting

KINDS = ("kubernetes", "systemd", "crontab", "github", "prometheus", "compose")
IMAGE = f"aislemarts-demo-playbook:{__version__}"
STATE = "/var/lib/demo-playbook"
"""The folder for everything that is kept. It is also the home of the units' user."""
BACKUPS = f"{STATE}/backups"
REPORTS = f"{STATE}/reports"
SETTINGS = "/etc/demo-playbook.env"
"""The file with the settings, in dotenv syntax, outside of a cluster."""
KUBERNETES = (
    "kustomization.yaml",
    "storage.yaml",
    "settings.yaml",
    "secret.example.yaml",
    "demo-nightly.yaml",
    "demo-meetings.yaml",
    "panel.yaml",
    "network-policy.yaml",
    "monitoring/kustomization.yaml",
    "monitoring/monitoring.yaml",
)
"""The files for a cluster; kustomization.yaml names those that are applied."""
LONGEST_SECONDS = 4 * 3600
"""Two hours of waiting for an investor, and enough time for the work."""
LONGEST_PREPARATION_SECONDS = 900
"""A check, a reset and a second check of each demo that has a meeting."""
STOP_SECONDS = 120
"""How long a run may take to finish or roll back after a signal."""


@dataclass(frozen=True)
class Entry:
    """One bundle's nightly run, for the templates."""

    short: str
    zone: str
    cron: str
    """The reset's time there, "0 3 * * *"; with the time after a gap: "0 3,4 * * *"."""
    times: tuple[str, ...]
    """The same as times of day: "03:00", "04:00"."""
    clock_changes: tuple[str, ...]
    """The days with a clock change in that zone around that time, in this year and the next."""
    password_setting: str


def files(
    kind: str,
    bundles: Sequence[Bundle],
    at: time,
    grace: timedelta,
    year: int,
    image: str = IMAGE,
) -> dict[str, str]:
    """The files of a kind, by name; they warn of the clock changes in ``year`` and the next."""
    values: dict[str, Any] = {
        "by": f"Written by `playbook schedule render {kind}`; change the schedule there, not here.",
        "at": f"{at:%H:%M}",
        "grace": int(grace.total_seconds()),
        "grace_minutes": int(grace.total_seconds() / 60),
        "longest": LONGEST_SECONDS,
        "longest_preparation": LONGEST_PREPARATION_SECONDS,
        "stop": STOP_SECONDS,
        "image": image,
        "state": STATE,
        "backups": BACKUPS,
        "reports": REPORTS,
        "settings": SETTINGS,
        "bundles": [_entry(bundle, at, year) for bundle in bundles],
    }
    match kind:
        case "kubernetes":
            return _kubernetes(values)
        case "prometheus":
            return {"prometheus-rules.yaml": _render("prometheus-rules.yaml", values)}
        case "compose":
            return {".env.example": _render("compose.env", values)}
        case "systemd":
            return _systemd(values)
        case "crontab":
            return _crontab(values)
        case "github":
            values["utc_crons"] = _utc_crons(bundles, at, year)
            return {"nightly-demos.yml": _render("nightly-demos.yml", values)}
        case _:
            raise ValueError(f"{kind!r} is not one of {', '.join(KINDS)}")


def _kubernetes(values: dict[str, Any]) -> dict[str, str]:
    # A macro knows only its arguments, not the variables of its caller.
    values = {**values, "values": values}
    return {name: _render(f"kubernetes/{name}", values) for name in KUBERNETES}


def _systemd(values: dict[str, Any]) -> dict[str, str]:
    timers = {
        f"demo-nightly-{entry.short}.timer": _render(
            "demo-nightly.timer", {**values, "bundle": entry}
        )
        for entry in values["bundles"]
    }
    others = ("demo-meetings.service", "demo-meetings.timer", "demo-panel.service")
    return {
        "demo-nightly@.service": _render("demo-nightly.service", values),
        **timers,
        **{name: _render(name, values) for name in others},
    }


def _crontab(values: dict[str, Any]) -> dict[str, str]:
    entries: list[Entry] = values["bundles"]
    zones = dict.fromkeys(entry.zone for entry in entries)
    by_zone = [(zone, [e for e in entries if e.zone == zone]) for zone in zones]
    text = _render("demo-nightly.crontab", {**values, "zones": by_zone})
    return {"demo-nightly.crontab": text}


def _render(name: str, values: dict[str, Any]) -> str:
    # Angle brackets, because GitHub's own expressions use braces.
    templates = Environment(
        loader=PackageLoader("playbook.nights.schedule"),
        comment_start_string="<#",
        comment_end_string="#>",
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,
    )
    templates.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return templates.get_template(f"{name}.j2").render(values)


def _entry(bundle: Bundle, at: time, year: int) -> Entry:
    years = (year, year + 1)
    changes = [wall for one in years for wall in changes_clocks_at(bundle.timezone, one, at)]
    place = ZoneInfo(bundle.timezone)
    nights = (night for one in years for night in nights_of(bundle.timezone, one, at))
    times = sorted({at, *(night.astimezone(place).time() for night in nights)})
    # A combination that is no time of a night does no harm: its run is not due, or is made already.
    minutes = ",".join(map(str, sorted({one.minute for one in times})))
    hours = ",".join(map(str, sorted({one.hour for one in times})))
    return Entry(
        short=bundle.short,
        zone=bundle.timezone,
        cron=f"{minutes} {hours} * * *",
        times=tuple(f"{one:%H:%M}" for one in times),
        clock_changes=tuple(f"{wall:%d %B %Y}" for wall in changes),
        password_setting=password_setting(bundle.short),
    )


def _after_a_gap(zone: str, year: int, at: time) -> list[datetime]:
    """The nights of a year and the next whose time a clock change skips, in UTC."""
    place = ZoneInfo(zone)
    nights = (night for one in (year, year + 1) for night in nights_of(zone, one, at))
    return [night for night in nights if night.astimezone(place).time() != at]


def _utc_crons(bundles: Sequence[Bundle], at: time, year: int) -> list[tuple[str, list[str]]]:
    """UTC cron lines, each with the places where that is the reset's time on some days."""
    crons: dict[tuple[int, int], list[str]] = {}
    for zone in dict.fromkeys(bundle.timezone for bundle in bundles):
        usual = [n for one in (year, year + 1) for n in one_for_each_offset(zone, one, at)]
        for night in (*usual, *_after_a_gap(zone, year, at)):
            instant = night.astimezone(UTC)
            city = zone.rpartition("/")[2].replace("_", " ")
            places = crons.setdefault((instant.hour, instant.minute), [])
            if (place := f"{city} ({abbreviation(instant, zone)})") not in places:
                places.append(place)
    return [(f"{minute} {hour} * * *", places) for (hour, minute), places in sorted(crons.items())]
