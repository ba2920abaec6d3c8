"""The schedule for people: the next runs, and the playbook's own table of reset times."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from playbook.clock import RESET_TIME, local_text, next_reset
from playbook.pristine.bundles import Bundle

HEADER = (
    "| Bundle | Timezone | Reset Time (Local) | UTC Time |",
    "|--------|----------|-------------------|----------|",
)


def name_of(bundle: Bundle) -> str:
    """The playbook's name of a bundle: as many words of the firm as the short name has."""
    return " ".join(bundle.firm.split()[: len(bundle.short.split("-"))])


def abbreviation(instant: datetime, zone: str) -> str:
    """The abbreviation of a zone at an instant, as people in that zone write it: "PDT"."""
    return local_text(instant, zone).rsplit(" ", 1)[-1]


def line(bundle: Bundle, year: int, at: time = RESET_TIME) -> str:
    """A bundle's line of the table (playbook, "Bundle-Specific Reset Times")."""
    names: list[str] = []
    on_days: dict[str, str] = {}
    for instant in one_for_each_offset(bundle.timezone, year, at):
        names.append(abbreviation(instant, bundle.timezone))
        day = instant.astimezone(ZoneInfo(bundle.timezone)).date()
        days = (instant.date() - day).days
        on_days[f"{instant:%H:%M}"] = {-1: "prev day", 0: "", 1: "next day"}[days]
    local, utc = "/".join(dict.fromkeys(names)), "/".join(on_days)
    if len(set(on_days.values())) == 1:
        note = next(iter(on_days.values()))
    else:
        note = ", ".join(f"{hour}: {day}" for hour, day in on_days.items() if day)
    note = f" ({note})" if note else ""
    return f"| {name_of(bundle)} | {bundle.timezone} | {at:%H:%M} {local} | {utc} UTC{note} |"


def one_for_each_offset(zone: str, year: int, at: time) -> list[datetime]:
    """A night (UTC) for each of a zone's offsets in a year, in the order of the year.

    Mostly one in winter and one in summer; Morocco has another offset in the month of Ramadan.
    A night whose time a clock change skips does not count: it is later than usual.
    """
    place, found = ZoneInfo(zone), dict[timedelta | None, datetime]()
    for instant in nights_of(zone, year, at):
        local = instant.astimezone(place)
        if local.time() == at:
            found.setdefault(local.utcoffset(), instant)
    return list(found.values())


def table(bundles: Iterable[Bundle], year: int, at: time = RESET_TIME) -> list[str]:
    """The whole table, winter before summer, with the lines of the playbook."""
    return [*HEADER, *(line(bundle, year, at) for bundle in bundles)]


def next_runs(bundles: Iterable[Bundle], now: datetime, at: time = RESET_TIME) -> list[str]:
    """A line for each bundle: its next reset, in its own time and in UTC."""
    lines = []
    for bundle in bundles:
        instant = next_reset(bundle.timezone, now, at)
        local = local_text(instant, bundle.timezone)
        lines.append(f"{bundle.short:<18}{local:<28}{instant.astimezone(UTC):%a %d %b, %H:%M} UTC")
    return lines


def changes_clocks_at(zone: str, year: int, at: time) -> list[datetime]:
    """The wall-clock times of a year at which a clock change skips or repeats a daily time.

    Cron daemons differ on such a day: a job may run twice, or not at all.
    """
    changed = []
    place = ZoneInfo(zone)
    for instant in nights_of(zone, year, at):
        wall = instant.astimezone(place).replace(tzinfo=None)
        folded = wall.replace(tzinfo=place, fold=1).utcoffset()
        if wall.time() != at or folded != wall.replace(tzinfo=place, fold=0).utcoffset():
            changed.append(wall)
    return changed


def nights_of(zone: str, year: int, at: time) -> Iterable[datetime]:
    """Each night of a zone in a year (UTC)."""
    instant = datetime(year, 1, 1, tzinfo=UTC)
    while (instant := next_reset(zone, instant, at)).year == year:
        yield instant
