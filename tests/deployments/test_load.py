"""A description of one's own is loaded from a file; what is wrong with it is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from playbook.deployments import load
from playbook.errors import WrongUsage


def test_a_description_is_loaded_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "boutique.py"
    file.write_text("from playbook.deployments.aislemarts import DEPLOYMENT\n", encoding="utf-8")
    assert load(str(file)) is load("aislemarts")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("boutique", None, "expected playbook, aislemarts, or the path of a .py file"),
        ("boutique.py", None, "there is no file"),
        ("boutique.py", "raise ValueError('no such shop')", "loaded: ValueError: no such shop"),
        ("boutique.py", "DEPLOYMENT = 5", "has no DEPLOYMENT"),
        ("boutique.py", "", "has no DEPLOYMENT"),
    ],
)
def test_a_description_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(WrongUsage, match=says):
        load(str(tmp_path / name))
