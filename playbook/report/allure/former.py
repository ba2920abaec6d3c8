"""Remove what a former night left among Allure's results, so that they do not grow without end."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

_ATTACHED = re.compile(r'"source":\s*"([^"/\\]+)"')


def remove_results_of(folder: Path, short: str) -> None:
    """Remove one bundle's results with their attachments and set-ups; other bundles' stay.

    What cannot be read or removed stays: that changes no verdict.
    """
    removed: set[str] = set()
    for path in folder.glob("*-result.json"):
        with suppress(OSError, ValueError, AttributeError, KeyError):
            text = path.read_text(encoding="utf-8")
            result = json.loads(text)
            parameters = result.get("parameters") or []
            if {"bundle": short}.items() <= {p["name"]: p["value"] for p in parameters}.items():
                removed.add(result["uuid"])
                _remove(folder, path, text)
    for path in folder.glob("*-container.json"):
        with suppress(OSError, ValueError, AttributeError, KeyError):
            text = path.read_text(encoding="utf-8")
            if set(json.loads(text)["children"]) <= removed:
                _remove(folder, path, text)


def _remove(folder: Path, path: Path, text: str) -> None:
    for name in _ATTACHED.findall(text):
        (folder / name).unlink(missing_ok=True)
    path.unlink(missing_ok=True)
