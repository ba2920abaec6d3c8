"""``environment.properties``: Allure's lines about the whole run, the verdict first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from playbook.verdict.model import GO, NO_GO, Verdict

NAME = "environment.properties"
VERDICT = "verdict"
EXIT_CODE = "exit code"
IDENTITY = "identity"
OF_A_BUNDLE = ("verdict.", "T.")
"""Lines of single bundles, by how they begin."""
NO_VERDICT = "none: a part of the checklist was run"


def verdict_lines(verdict: Verdict | None, shorts: Mapping[str, str]) -> dict[str, str]:
    """A line for each bundle: "verdict.lvmh" is "NO-GO (catalog)"; empty without a verdict.

    ``shorts`` are the bundles' short names by their ids.
    """
    lines = {}
    for one in verdict.bundles if verdict else ():
        failed = f" ({', '.join(one.failed_checks)})" if one.failed_checks else ""
        lines[f"verdict.{shorts[one.bundle]}"] = one.verdict + failed
    return lines


def write(folder: Path, own: Mapping[str, str], of_bundles: Mapping[str, str], part: bool) -> None:
    """Write a run's lines, GO or NO-GO and the exit code first. Raises OSError.

    Lines about other bundles of the same environment stay, because the folder may contain results
    of several bundles' nights. A ``part`` of the checklist replaces some results of former runs, so
    none of their verdicts stays.
    """
    lines = dict(of_bundles)
    former = read(folder)
    if former.get(IDENTITY) == own.get(IDENTITY) and not part:
        of_other_bundles = {
            name: text for name, text in former.items() if name.startswith(OF_A_BUNDLE)
        }
        lines = {**of_other_bundles, **lines}
    verdicts = [text for name, text in lines.items() if name.startswith(f"{VERDICT}.")]
    if part or not verdicts:
        first = {VERDICT: NO_VERDICT}
    else:
        go = all(text.split()[0] == GO for text in verdicts)
        first = {VERDICT: GO if go else NO_GO, EXIT_CODE: "0" if go else "1"}
    everything = {**first, **own, **dict(sorted(lines.items(), reverse=True))}
    text = "".join(f"{name}={value}\n" for name, value in everything.items())
    (folder / NAME).write_text(text, encoding="utf-8")


def read(folder: Path) -> dict[str, str]:
    """The lines of a folder's file by their names; empty if there is no file."""
    try:
        rows = (folder / NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return {}
    return {name: text for name, found, text in (row.partition("=") for row in rows) if found}
