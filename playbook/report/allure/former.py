"""Remove a former night's Allure results, so the folder does not grow without end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from playbook.environment.json_text import parse_json

HISTORY_LABEL = "history"
"""The label that says which environment's history a result belongs to."""
_ATTACHED = re.compile(r'"source":\s*"([^"/\\]+)"')


def remove_results_of(folder: Path, short: str, history: str) -> None:
    """Remove one bundle's results of one environment, with their attachments and set-ups.

    Results of other bundles and environments stay. A file that cannot be read or removed stays,
    too; that changes no verdict.
    """
    removed: set[str] = set()
    for path in folder.glob("*-result.json"):
        with suppress(OSError, ValueError, AttributeError, KeyError):
            text = path.read_text(encoding="utf-8")
            result = parse_json(text.encode())
            of_bundle = _named(result, "parameters").get("bundle") == short
            if of_bundle and _named(result, "labels").get(HISTORY_LABEL, history) == history:
                removed.add(result["uuid"])
                _remove(folder, path, text)
    for path in folder.glob("*-container.json"):
        with suppress(OSError, ValueError, AttributeError, KeyError):
            text = path.read_text(encoding="utf-8")
            if set(parse_json(text.encode())["children"]) <= removed:
                _remove(folder, path, text)


def _named(result: Mapping[str, Any], part: str) -> dict[str, str]:
    return {one["name"]: one["value"] for one in result.get(part) or []}


def _remove(folder: Path, path: Path, text: str) -> None:
    for name in _ATTACHED.findall(text):
        (folder / name).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
