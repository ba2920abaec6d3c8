"""``environment.properties``: Allure's lines about the whole run, the verdict first."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from playbook.processes.output import write_output
from playbook.verdict.model import GO, NO_GO, Verdict

NAME = "environment.properties"
VERDICT = "verdict"
EXIT_CODE = "exit code"
IDENTITY = "identity"
OF_A_BUNDLE = ("verdict.", "T.")
"""Lines of single bundles, by how they begin."""
NONE = "none: "
"""How the line of a run begins that has no verdict."""
INSTANT = "instant"
"""When the demos were checked: a GO is about an instant."""
_AT = " at "


def verdict_lines(verdict: Verdict, shorts: Mapping[str, str]) -> dict[str, str]:
    """A line for each bundle: "verdict.lvmh" is "NO-GO (catalog) at 2026-11-26 12:25 UTC".

    ``shorts`` are the bundles' short names by their ids.
    """
    lines = {}
    at = f"{verdict.generated_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    for one in verdict.bundles:
        failed = f" ({', '.join(one.failed_checks)})" if one.failed_checks else ""
        lines[_name(shorts[one.bundle])] = one.verdict + failed + _AT + at
    return lines


def without_verdict(bundles: Iterable[str], why: str) -> dict[str, str]:
    """The lines of bundles, by their short names, about which a run has no verdict."""
    return {_name(short): NONE + why for short in bundles}


def mark_of(began: datetime) -> str:
    """Why a run that has begun has no verdict yet. If it is killed, that stays in its lines."""
    return f"a run that began at {began.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC has no verdict"


def begin(folder: Path, bundles: Iterable[str], mark: str) -> None:
    """Let no verdict of an earlier run pass for the one of a run that begins. Raises OSError.

    ``bundles`` are the short names of those that it checks; the lines of others stay, with their
    instants. Without a file nothing is done if no bundle is named.
    """
    with _alone_in(folder):
        former = read(folder)
        if former or bundles:
            about_all = (VERDICT, EXIT_CODE, INSTANT)
            rest = {name: text for name, text in former.items() if name not in about_all}
            rest |= without_verdict(bundles, mark)
            _write(folder, {VERDICT: NONE + mark, **rest})


def write(
    folder: Path,
    own: Mapping[str, str],
    of_bundles: Mapping[str, str],
    *,
    why_no_verdict: str | None = None,
    mark: str = "",
) -> None:
    """Write a run's lines, GO or NO-GO and the exit code first. Raises OSError.

    Lines about other bundles of the same environment stay, because the folder may contain results
    of several bundles' nights. A run without a verdict replaces some results of former runs, so
    none of their verdicts stays. If a bundle's line is not the ``mark`` that this run wrote when it
    began, another run wrote its results here meanwhile: then the worse of both lines stays.
    """
    with _alone_in(folder):
        former = read(folder)
        if why_no_verdict is None and mark:
            of_bundles = {
                name: _worse(former.get(name, text), text)
                if former.get(name) != NONE + mark and name.startswith(f"{VERDICT}.")
                else text
                for name, text in of_bundles.items()
            }
        lines = dict(of_bundles)
        if former.get(IDENTITY) == own.get(IDENTITY) and why_no_verdict is None:
            of_other_bundles = {
                name: text for name, text in former.items() if name.startswith(OF_A_BUNDLE)
            }
            lines = {**of_other_bundles, **lines}
        verdicts = [text for name, text in lines.items() if name.startswith(f"{VERDICT}.")]
        first = _about_all(verdicts, why_no_verdict)
        _write(folder, {**first, **own, **dict(sorted(lines.items(), reverse=True))})


def _about_all(verdicts: list[str], why_no_verdict: str | None) -> dict[str, str]:
    """The first lines, from those of the bundles."""
    if why_no_verdict is not None or not verdicts:
        return {VERDICT: NONE + (why_no_verdict or "no bundle was checked")}
    worst = min(verdicts, key=_rank)
    if _rank(worst) == _rank(NONE):
        return {VERDICT: worst}
    go = _rank(worst) == _rank(GO)
    lines = {VERDICT: GO if go else NO_GO, EXIT_CODE: "0" if go else "1"}
    instants = sorted({text.rpartition(_AT)[2] for text in verdicts if _is_dated(text)})
    if instants:
        lines[INSTANT] = " to ".join(dict.fromkeys((instants[0], instants[-1])))
    return lines


def _name(short: str) -> str:
    return f"{VERDICT}.{short}"


def _is_dated(text: str) -> bool:
    return _AT in text and _rank(text) != _rank(NONE)


def _rank(text: str) -> int:
    """How bad a bundle's line is, the worst first; a line that can't be read is no verdict."""
    return {NO_GO: 0, GO: 2}.get(text.partition(" ")[0], 1)


def _worse(one: str, other: str) -> str:
    """The worse of two lines of a bundle; the other one if they are alike."""
    return one if _rank(one) < _rank(other) else other


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """While no other run writes a folder's lines; where it can't be locked, without a lock."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems lock no folder
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _write(folder: Path, lines: Mapping[str, str]) -> None:
    text = "".join(f"{name}={value}\n" for name, value in lines.items())
    write_output(folder / NAME, text)


def read(folder: Path) -> dict[str, str]:
    """The lines of a folder's file by their names; empty if there is no file."""
    try:
        rows = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    return {name: text for name, found, text in (row.partition("=") for row in rows) if found}
