"""Texts of the app, as they are printed for a person."""

from __future__ import annotations

import pytest

from playbook.pristine.visible_text import printable


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Été\u202f: 5\u00a0€\tsac\n", "Été\u202f: 5\u00a0€\tsac\n"),
        ("a\x1b[2Jb\x00", "a<U+001B>[2Jb<U+0000>"),
        ("\u202eabc\ud800", "<U+202E>abc<U+D800>"),
    ],
)
def test_what_controls_a_terminal_is_named(text: str, printed: str) -> None:
    assert printable(text) == printed
