"""Which texts show something."""

from __future__ import annotations

import pytest

from playbook.pristine.typography import writing_problems
from playbook.pristine.visible_text import is_plain


@pytest.mark.parametrize("text", ["a", "a b", "a b c", "ab"])
def test_visible_ascii_is_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize("text", ["", " ", " a", "a ", " ab", "ab ", "a\tb", "a\x00", "é"])
def test_anything_else_is_not(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize(
    ("text", "mark", "wide"), [("好,的", ",", "，"), ("好!", "!", "！"), ("(好", "(", "（")]
)
def test_the_wide_mark_is_named(text: str, mark: str, wide: str) -> None:
    assert list(writing_problems("zh", text)) == [
        f"the narrow {mark!r}; expected the wide {wide!r}"
    ]
