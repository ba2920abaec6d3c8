"""The pictures of a walk, on a full disk and where the user wants copies of them."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from playbook.pristine import bundles
from playbook.pristine.seeds import Seeds
from playbook.walk import pictures
from playbook.walk.camera import Camera
from playbook.walk.steps import STEPS
from tests.forked_commands import run_command, without_settings
from tests.walk.walking import needs_browser

pytestmark = pytest.mark.end_to_end


class Page:
    """A page whose pictures are large."""

    playwright: Any = property(lambda self: self)

    def screenshot(self, path: Path | None = None, **_: object) -> bytes:
        picture = b"\xff\xd8" * 100_000
        if path is not None:
            path.write_bytes(picture)
        return picture


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can become longer than some bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def nowhere() -> dict[str, str]:
    """The variables of an environment that does not answer."""
    database = {
        "MONGO_URI": "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    return {**without_settings(), **database, "API_URL": "http://127.0.0.1:1"}


def test_a_full_disk_leaves_no_part_of_a_picture(tmp_path: Path) -> None:
    shown: list[str] = []
    camera = Camera(tmp_path, lambda step, _: shown.append(step))
    page: Any = Page()
    with full_disk():
        camera.photograph(page, STEPS[0])
    assert list(tmp_path.iterdir()) == [] and shown == []
    assert camera.picture(STEPS[0]) is None
    camera.photograph(page, STEPS[0])
    assert camera.picture(STEPS[0]) == tmp_path / f"{STEPS[0]}.jpg" and shown == [STEPS[0]]


def test_a_full_disk_leaves_no_part_of_a_walks_record(tmp_path: Path, seeds: Seeds) -> None:
    bundle = bundles.find(seeds, "lvmh")
    with full_disk(), pytest.raises(OSError, match="File too large"):
        pictures.record(tmp_path, bundle, datetime(2026, 1, 5, tzinfo=UTC), True)
    assert list(tmp_path.iterdir()) == []


@needs_browser
def test_copies_of_an_earlier_walk_are_removed_before_a_new_one(tmp_path: Path) -> None:
    """If the new walk fails, nobody takes them for its pictures."""
    old = [tmp_path / name for name in ("lvmh-1-home.jpg", "lvmh-trace.zip")]
    others = [tmp_path / name for name in ("index-1-home.jpg", "lvmh.txt")]
    for path in (*old, *others):
        path.write_text("old", encoding="utf-8")
    ended = run_command("walk", "lvmh", "--shots", str(tmp_path), variables=nowhere())
    assert ended.returncode == 3, ended.stderr
    assert sorted(tmp_path.iterdir()) == sorted(others)


@needs_browser
def test_a_folder_for_copies_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("a file", encoding="utf-8")
    ended = run_command("walk", "lvmh", "--shots", str(taken), variables=nowhere())
    assert ended.returncode == 2, ended.stderr
    assert f"{taken} can't be written" in ended.stderr and ended.stderr.count("\n") == 1
