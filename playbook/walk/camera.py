"""Take the five pictures of a walk."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playbook.processes.output import write_output
from playbook.walk.steps import STEPS
from playbook.walk.tab import Tab

PICTURE_QUALITY = 80


class Camera:
    """Keeps pictures in a folder. ``on_picture`` is called with each step and its picture."""

    def __init__(
        self, folder: Path, on_picture: Callable[[str, Path], None] = lambda step, picture: None
    ) -> None:
        self.folder, self._on_picture = folder, on_picture

    def photograph(self, tab: Tab, step: str) -> None:
        """Take the picture of a step's page, if the step is one of the five."""
        if step not in STEPS:
            return
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(step)
        with suppress(Exception):  # a walk without a picture is still a walk
            taken = tab.playwright.screenshot(
                type="jpeg", quality=PICTURE_QUALITY, animations="disabled"
            )
            # The browser itself would leave a part of a picture on a full disk.
            write_output(path, taken, private=True)
            self._on_picture(step, path)

    def picture(self, step: str) -> Path | None:
        """The picture of a page; None if none was taken."""
        path = self._path(step)
        return path if path.is_file() else None

    def _path(self, step: str) -> Path:
        return self.folder / f"{step}.jpg"
