"""Read a whole list of the app, page by page."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from playbook.deployments.answers import id_of, list_of, object_of
from playbook.deployments.description import Listing, Request, UnreadableAnswer
from playbook.facts.findings import Unobservable
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.sign_ins import SignIns
from playbook.facts.remedies import Remedy
from playbook.pristine.bundles import Bundle

MOST_PAGES = 200
"""The largest number of pages that are read of a list, which may never end."""
UNPROCESSABLE = 422
USUAL_SIZE = 100
"""The longest page that many apps give."""


@dataclass(frozen=True)
class Unread:
    """An entry of a list that can't be read: a visitor does not see what should be there."""

    id: str
    """Its id; "" if it has none."""
    answer: Mapping[str, Any]
    """The entry as the app sent it."""
    problem: str


@dataclass
class Listed[T]:
    """What was read of a list, for an account of a region."""

    region: str
    entries: list[T] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    """The ids of the entries; the text of an entry without one."""
    texts: set[str] = field(default_factory=set)
    skip: int = 0
    """How many entries the pages had; for a list with numbered pages, how many pages."""
    ended: bool = False
    """Whether a further page would show nothing new."""


class Lists:
    """Reads the app's lists for one bundle."""

    def __init__(self, bundle: Bundle, sign_ins: SignIns) -> None:
        self._bundle, self._sign_ins = bundle, sign_ins
        self._sizes: dict[str, int | None] = {}
        """By path, the size of pages that the app gives; None for its own, unknown size."""

    def read[T](self, listing: Listing[T]) -> Listed[T]:
        """The entries of a list, up to the first short page or a page without new entries.

        Pages may overlap: an entry that an earlier page has shown is left out. What one page shows
        twice is given twice.
        """
        return self._read_on(listing, Listed(self._bundle.region), to_the_end=False)

    def read_to_the_end[T](self, listing: Listing[T], read: Listed[T]) -> Listed[T]:
        """The same with the pages after a short one.

        An app may give fewer entries than requested, for example because it hides one. An answer
        that an account of this region has got already is not requested again: it counts, even if
        a second one would be better. The shop may show other products to another region's account.
        """
        if read.region != self._bundle.region:
            read = Listed(self._bundle.region)
        return self._read_on(listing, read, to_the_end=True)

    def _read_on[T](self, listing: Listing[T], read: Listed[T], *, to_the_end: bool) -> Listed[T]:
        entries, unread = list(read.entries), list(read.unread)
        known, seen = set(read.names), set(read.texts)
        skip, ended = read.skip, read.ended
        following: Request | None = None
        asked: set[Hashable] = set()
        for _ in range(MOST_PAGES):
            if ended:
                break
            answer = self._page(
                listing.pages(self._bundle, skip) if following is None else following
            )
            page = answer.read_by(lambda body: list_of(listing.entries(body)))
            skip += 1 if listing.numbered else len(page)
            texts = [_text(entry) for entry in page]
            names = {_id_in(entry) or text for entry, text in zip(page, texts, strict=True)}
            if listing.next_page is None and not names - known:
                ended = True  # for example because the app ignores how many entries to skip
                break
            new = [entry for entry, text in zip(page, texts, strict=True) if text not in seen]
            known |= names
            seen.update(texts)
            for entry in new:
                one = self._read_entry(listing, answer, entry)
                if isinstance(one, Unread):
                    unread.append(one)
                else:
                    entries.append(one)
            if listing.next_page is not None:
                following = self._following(listing, answer)
                ended = following is None or _key(following) in asked
                asked.add(_key(following))
                continue
            size = self._sizes.get(listing.pages(self._bundle, skip).path, listing.page_size)
            ended = listing.page_size is None
            if size is not None and len(page) < size and not to_the_end:
                break
        return Listed(read.region, entries, unread, known, seen, skip, ended)

    def _read_entry[T](self, listing: Listing[T], answer: Answer, entry: Any) -> T | Unread:
        try:
            return listing.entry(entry)
        except UnreadableAnswer as error:
            if not isinstance(entry, dict):  # a page that shows the list breaks there
                raise Unobservable(
                    f"{answer.request} answered a list that the app can't show: {error}",
                    Remedy.BACKEND,
                ) from None
            return Unread(_id_in(entry), entry, str(error))

    def _following[T](self, listing: Listing[T], answer: Answer) -> Request | None:
        """The request for the page after an answer of an app with cursors, as the first one."""
        assert listing.next_page is not None
        request, first = answer.read_by(listing.next_page), listing.pages(self._bundle, 0)
        if request is None:
            return None
        who = first.main_account_only
        return replace(request, signed_in=first.signed_in, main_account_only=who)

    def _page(self, request: Request) -> Answer:
        if "limit" not in request.query:
            return self._sign_ins.ask(request)
        asked = self._sizes.get(request.path, int(request.query["limit"]))
        # If the app refuses pages of that size, request smaller ones, then its own page size.
        smaller = [USUAL_SIZE] if asked is not None and asked > USUAL_SIZE else []
        for size in dict.fromkeys([asked, *smaller, None]):
            query = {name: text for name, text in request.query.items() if name != "limit"}
            query |= {} if size is None else {"limit": str(size)}
            answer = self._sign_ins.ask(replace(request, query=query))
            if answer.status != UNPROCESSABLE:
                self._sizes[request.path] = size
                break
        return answer


def _key(request: Request | None) -> Hashable:
    return request and (request.path, tuple(request.query.items()))


def _id_in(entry: object) -> str:
    try:
        return id_of(object_of(entry))
    except UnreadableAnswer:
        return ""


def _text(entry: object) -> str:
    """A key that identifies an entry of a list."""
    return json.dumps(entry, sort_keys=True, default=str)
