"""Read a record of the journal that another version or a person has written in another way.

A field of another type counts as missing, so no page and no command breaks over one record. What
a record does not say readably is never taken for good:

- a GO that names failed checks is no verdict, and neither is one in a record that does not say what
  run it was, or whose id does not say when it began;
- a record whose time is not known counts as the latest.

Pure functions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from playbook.pristine.seeds import Document

NOT_KNOWN = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of a run if its record does not say it."""
_SORTABLE = re.compile(r"(\d{8}T\d{6})(?:\.\d{1,6})?Z(?:-.*)?", re.DOTALL)
"""The ids and the ends of runs, which sort by their time."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")

type _Is = Callable[[object], bool]


def _a(type_: type) -> _Is:
    return lambda value: isinstance(value, type_)


def _or_none(is_: _Is) -> _Is:
    return lambda value: value is None or is_(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _lists_of_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(map(_texts, value.values()))


def _origins(value: object) -> bool:
    """Where a rollback took the shared parts from."""
    return isinstance(value, Mapping) and all(
        isinstance(one, Mapping)
        and isinstance(one.get("backup"), str)
        and isinstance(one.get("bundle"), str)
        for one in value.values()
    )


def _sorts(value: object) -> bool:
    return isinstance(value, str) and _SORTABLE.fullmatch(value) is not None


_TEXT, _INSTANT, _TRUTH = _a(str), _a(datetime), _a(bool)
_RUN: Mapping[str, _Is] = {
    "trigger": _TEXT,
    "started_at": _INSTANT,
    "access": _INSTANT,
    "run": _TEXT,
    "by": _TEXT,
    "meeting": _or_none(_INSTANT),
    "status": _TEXT,
    "ended_at": _or_none(_INSTANT),
    "checked_at": _INSTANT,
    "end": lambda value: value == "" or _sorts(value),
    "steps": _a(list),
    "failed_step": _or_none(_TEXT),
    "error": _or_none(_TEXT),
    "notes": _texts,
    "backup": _or_none(_TEXT),
    "restored": _or_none(_TEXT),
    "wrote": _texts,
    "shared": _origins,
    "part_of": _or_none(_TEXT),
    "verdict": _or_none(_TEXT),
    "failed_checks": _texts,
    "waived": _is_number,
    "waived_until": lambda value: (
        isinstance(value, str) and (not value or bool(_DAY.fullmatch(value)))
    ),
    "evidence": _lists_of_texts,
    "reasons": _a(list),
    "checks": _a(list),
    "walked": _TRUTH,
    "night": _or_none(_a(dict)),
}
"""The types of the fields of :class:`playbook.reset.journal.Run`; others stay as they are.

``seeds_version`` and ``app`` stay, too: if they are odd, the verdict is about something else."""
_STEP: Mapping[str, _Is] = {"step": _TEXT, "did": _TEXT, "seconds": _is_number}
_RESULT: Mapping[str, _Is] = dict.fromkeys(
    ("check", "status", "scenario", "reason", "evidence", "waived", "playbook"), _TEXT
)
_REASON: Mapping[str, _Is] = {
    **dict.fromkeys(("sentence", "severity_in_words", "remedy"), _TEXT),
    "checks": _texts,
    "details": _texts,
}
_NIGHT: Mapping[str, _Is] = {
    "started_at": _INSTANT,
    "outcome": _TEXT,
    "verdict": _TEXT,
    "failed_checks": _texts,
    "pristine": _TRUTH,
    "alerts": _a(list),
}
_ALERT: Mapping[str, _Is] = {"channel": _TEXT, "taken": _TRUTH, "why": _TEXT}


def readable(record: Mapping[str, Any]) -> Document:
    """A record in which every known field has its type; it always has a ``started_at``."""
    found = _typed(record, _RUN)
    found["_id"] = str(record["_id"])
    found.setdefault("started_at", _start_by_id(record["_id"]) or NOT_KNOWN)
    for name, types, needed in (
        ("steps", _STEP, "step"),
        ("checks", _RESULT, "check"),
        ("reasons", _REASON, "sentence"),
    ):
        if name in found:
            found[name] = _documents(found[name], types, needed)
    if found.get("night") is not None:
        found["night"] = _night(found["night"], found["started_at"])
    if "trigger" not in found or _contradicts_itself(record) or not _sorts(record["_id"]):
        found.pop("verdict", None)
    return found


def _typed(document: Mapping[str, Any], types: Mapping[str, _Is]) -> Document:
    """A document without the fields whose type is another one."""
    return {
        name: value
        for name, value in document.items()
        if name not in types or types[name](value)
    }  # fmt: skip


def _documents(found: Iterable[object], types: Mapping[str, _Is], needed: str) -> list[Document]:
    """The documents of a list that have a readable field ``needed``."""
    typed = [_typed(one, types) for one in found if isinstance(one, Mapping)]
    return [one for one in typed if needed in one]


def _night(night: Mapping[str, Any], started_at: datetime) -> Document:
    found = _typed(night, _NIGHT)
    found.setdefault("started_at", started_at)
    alerts = _documents(found.get("alerts", ()), _ALERT, "channel")
    found["alerts"] = [alert for alert in alerts if "taken" in alert]
    return found


def _contradicts_itself(record: Mapping[str, Any]) -> bool:
    """Whether a verdict is GO although checks failed, or although nobody can read which ones."""
    return record.get("verdict") == "GO" and record.get("failed_checks") not in (None, [])


def _start_by_id(identifier: object) -> datetime | None:
    """The start of a run by its id, if the id says it."""
    if isinstance(identifier, ObjectId):
        return identifier.generation_time
    found = _SORTABLE.fullmatch(identifier) if isinstance(identifier, str) else None
    try:
        return datetime.strptime(f"{found[1]}+0000", "%Y%m%dT%H%M%S%z") if found else None
    except ValueError:
        return None


def sortable(instant: datetime) -> str:
    """An instant (UTC) in the form of a run's id, in microseconds."""
    return f"{instant:%Y%m%dT%H%M%S.%fZ}"


def start_key(record: Mapping[str, Any]) -> str:
    """The key that sorts readable records by their start, in the form of a run's id."""
    if _sorts(record["_id"]):
        return str(record["_id"])
    start: datetime = record["started_at"]
    return sortable(start.astimezone(UTC)) if start != NOT_KNOWN else "9"


def newest_first(found: Iterable[Mapping[str, Any]]) -> list[Document]:
    """Records of the journal in a form that can be read, newest first."""
    return sorted(map(readable, found), key=start_key, reverse=True)
