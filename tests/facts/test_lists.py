"""Lists of the app: read to their end, whatever their links say, and never for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from playbook.deployments.answers import object_of, text_of
from playbook.deployments.description import Listing, Request
from playbook.facts.findings import Unobservable
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.lists import MOST_PAGES, UNPROCESSABLE, Lists, Unread
from playbook.facts.reading.sign_ins import SignIns
from playbook.pristine.bundles import Bundle

Pages = Mapping[str, Any]
BUNDLE = cast(Bundle, SimpleNamespace(region="EU"))


def following(answer: Any) -> Request | None:
    cursor = answer.get("next")
    return None if cursor is None else Request("GET", "/items", {"cursor": str(cursor)})


LISTING = Listing(
    lambda bundle, skip: Request("GET", "/items", signed_in=True),
    lambda entry: text_of(object_of(entry), "id"),
    entries=lambda answer: answer.get("data"),
    next_page=following,
)


class App:
    """Answers with pages by their cursors; the first one has none."""

    def __init__(self, pages: Pages) -> None:
        self.pages, self.asked = pages, list[Request]()

    def ask(self, request: Request) -> Answer:
        self.asked.append(request)
        return Answer(str(request), 200, self.pages[request.query.get("cursor", "")])


def page(*ids: str, more: str | None = None) -> dict[str, Any]:
    return {"data": [{"id": one} for one in ids], "next": more}


def read(app: App) -> list[str]:
    return Lists(BUNDLE, cast(SignIns, app)).read(LISTING).entries


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ({"": page("a")}, "a"),
        ({"": page("a", "b", more="2"), "2": page("c")}, "abc"),
        ({"": page(more="2"), "2": page("a", more="3"), "3": page()}, "a"),
        ({"": page("a", more="2"), "2": page(more="3"), "3": page("b")}, "ab"),
        ({"": page("a", more="2"), "2": page("b", more="2")}, "ab"),
        ({"": page("a", more="2"), "2": page("b", more="3"), "3": page("a", more="2")}, "ab"),
    ],
)
def test_every_page_is_read_once(pages: Pages, expected: str) -> None:
    app = App(pages)
    assert "".join(read(app)) == expected
    assert len(app.asked) == len(pages) and all(one.signed_in for one in app.asked)


def test_numbered_pages_are_counted_even_if_one_is_short() -> None:
    listing = replace(
        LISTING,
        pages=lambda bundle, read: Request("GET", "/items", {"cursor": str(read + 1)}),
        page_size=2,
        numbered=True,
        next_page=None,
    )
    # The second page hides an entry, as a shop hides what has been deleted.
    app = App({"1": page("a", "b"), "2": page("c"), "3": page("d", "e"), "4": page()})
    lists = Lists(BUNDLE, cast(SignIns, app))
    read = lists.read(listing)
    assert read.entries == ["a", "b", "c"]
    assert lists.read_to_the_end(listing, read).entries == ["a", "b", "c", "d", "e"]
    assert [one.query["cursor"] for one in app.asked] == ["1", "2", "3", "4"]


def test_cursors_that_never_end_are_not_followed_for_ever() -> None:
    class Endless(dict[str, Any]):
        def __missing__(self, cursor: str) -> Any:
            return page(cursor, more=str(int(cursor or 0) + 1))

    app = App(Endless())
    read(app)
    assert len(app.asked) == MOST_PAGES


def test_an_answer_without_its_list_is_not_an_empty_one() -> None:
    with pytest.raises(Unobservable, match="a list is expected, found NoneType"):
        read(App({"": {"items": []}}))


def by_skip(*, size: int | None, limit: str = "") -> Listing[str]:
    """A list whose pages are requested by how many entries to skip."""
    query = {"limit": limit} if limit else {}
    return replace(
        LISTING,
        pages=lambda bundle, skip: Request("GET", "/items", {"cursor": str(skip), **query}),
        page_size=size,
        next_page=None,
    )


@pytest.mark.parametrize(
    ("size", "pages", "briefly", "to_the_end"),
    [
        (None, {"0": page("a")}, "a", "a"),
        (2, {"0": page("a"), "1": page()}, "a", "a"),
        (2, {"0": page("a"), "1": page("b"), "2": page()}, "a", "ab"),
        (2, {"0": page("a", "b"), "2": page("c"), "3": page()}, "abc", "abc"),
        (2, {"0": page("a", "b"), "2": page("b", "c"), "4": page()}, "abc", "abc"),
        (2, {"0": page("a", "a"), "2": page()}, "aa", "aa"),
        # The app ignores how many entries to skip.
        (2, {"0": page("a", "b"), "2": page("a", "b")}, "ab", "ab"),
    ],
)
def test_pages_are_read_up_to_a_short_one_or_to_the_end(
    size: int | None, pages: Pages, briefly: str, to_the_end: str
) -> None:
    app, listing = App(pages), by_skip(size=size)
    lists = Lists(BUNDLE, cast(SignIns, app))
    read = lists.read(listing)
    assert "".join(read.entries) == briefly
    whole = lists.read_to_the_end(listing, read)
    assert "".join(whole.entries) == to_the_end and whole.ended
    assert [one.query["cursor"] for one in app.asked] == list(pages)  # and none of them twice


def test_what_an_account_of_another_region_has_read_is_read_again() -> None:
    app, listing = App({"": page("a")}), replace(LISTING, next_page=None)
    read = Lists(BUNDLE, cast(SignIns, app)).read(listing)
    other = cast(Bundle, SimpleNamespace(region="US"))
    app.pages = {"": page("b")}
    again = Lists(other, cast(SignIns, app)).read_to_the_end(listing, read)
    assert (again.entries, again.region) == (["b"], "US")


def test_an_entry_that_cannot_be_read_is_kept_apart() -> None:
    rows = [{"id": "a"}, {"name": "b"}, {"id": 3}, {"id": "d"}]
    listed = Lists(BUNDLE, cast(SignIns, App({"": {"data": rows}}))).read(LISTING)
    assert listed.entries == ["a", "d"]
    assert listed.unread == [
        Unread("", {"name": "b"}, "id is not a text but None"),
        Unread("3", {"id": 3}, "id is not a text but 3"),
    ]


@pytest.mark.parametrize("row", [None, "b", 3, ["b"]])
def test_a_list_with_an_entry_that_is_no_object_cannot_be_shown(row: object) -> None:
    app = App({"": {"data": [{"id": "a"}, row]}})
    with pytest.raises(Unobservable, match="a list that the app can't show: an object is expected"):
        read(app)


@pytest.mark.parametrize(
    ("limit", "longest", "sizes"),
    [
        ("500", 500, ["500", "500"]),
        ("500", 100, ["500", "100", "100"]),
        ("500", 0, ["500", "100", None, None]),
        ("50", 0, ["50", None, None]),
        ("100", 0, ["100", None, None]),
    ],
)
def test_an_app_that_refuses_long_pages_is_asked_for_shorter_ones(
    limit: str, longest: int, sizes: list[str | None]
) -> None:
    class Strict(App):
        def ask(self, request: Request) -> Answer:
            answer = super().ask(request)
            too_long = int(request.query.get("limit", 0)) > longest
            return replace(answer, status=UNPROCESSABLE, body=None) if too_long else answer

    app = Strict({"0": page("a"), "1": page()})
    listing = by_skip(size=int(limit), limit=limit)
    lists = Lists(BUNDLE, cast(SignIns, app))
    assert lists.read_to_the_end(listing, lists.read(listing)).entries == ["a"]
    assert [one.query.get("limit") for one in app.asked] == sizes
