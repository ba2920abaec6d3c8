"""What the app keeps of the demo, matched with the pristine documents."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any

from playbook.deployments.description import Deployment, Kept, Kind, UnreadableAnswer
from playbook.deployments.fitting import misfits
from playbook.deployments.matching import ComingId, Match, Matched, Matching
from playbook.deployments.paths import MISSING, field_at
from playbook.facts.comparison import describe_document, field_differences, unexpected
from playbook.facts.findings import NOTHING, Description, Finding, Unobservable
from playbook.facts.remedies import Remedy
from playbook.pristine.seeds import Document


class Stored:
    """Documents by kind; ``found`` is what was read, by collection."""

    def __init__(
        self,
        deployment: Deployment,
        pristine: Mapping[str, list[Document]],
        found: Mapping[str, list[Document]],
    ) -> None:
        self._deployment, self._pristine, self._found = deployment, pristine, found

    def keeps(self, kind: Kind) -> bool:
        """Whether the app keeps documents of this kind at all."""
        return self._deployment.kept_as(kind) is not None

    def require(self, kind: Kind) -> None:
        """Raises Unobservable, with the description's reason, if the app does not keep them."""
        self._kept(kind)

    def as_kept(self, kind: Kind) -> list[Document]:
        """The documents of a kind, as the app has them. Raises Unobservable if it has none."""
        return self._found.get(self._kept(kind).collection, [])

    def documents(self, kind: Kind) -> list[Document]:
        """The same in the playbook's words. Raises Unobservable if the app does not keep them."""
        return [document for _, document in self.in_both_forms(kind)]

    def in_our_words(self, kind: Kind, document: Mapping[str, Any]) -> Document:
        """One document of the app in the playbook's words, also if it is an answer of the app.

        Raises Unobservable if the description can't read it.
        """
        try:
            return self._kept(kind).from_app(dict(document), self._matching)
        except UnreadableAnswer as error:
            raise Unobservable(f"{kind} {document.get('_id')} can't be read: {error}") from None

    def as_cached(self, kind: Kind, document: Mapping[str, Any]) -> Document | None:
        """One document of the app as its cache has it; None if that is as in its database.

        Raises Unobservable if the description can't read it.
        """
        cached = self._kept(kind).cached
        try:
            return None if cached is None else cached(dict(document))
        except UnreadableAnswer as error:
            raise Unobservable(f"{kind} {document.get('_id')} can't be read: {error}") from None

    def in_both_forms(self, kind: Kind) -> list[tuple[Document, Document]]:
        """The documents of a kind, each as the app has it and in the playbook's words."""
        return [(document, self.in_our_words(kind, document)) for document in self.as_kept(kind)]

    def matched(self, kind: Kind) -> Matched:
        """Which document is which pristine one. Raises Unobservable if none are kept."""
        self._kept(kind)
        return self._matching[kind]

    def differences(
        self,
        kind: Kind,
        what: str,
        *,
        but: Collection[str] = (),
        pristine: list[Document] | None = None,
    ) -> Iterator[Finding]:
        """Missing, changed, doubled and stray documents; ``what`` names the place for a person.

        Only the fields that are ours are compared, and of them not those named by ``but``.
        ``pristine``, if given, replaces the kind's pristine documents.
        """
        kept = self._kept(kind)
        matching = self._matching
        if pristine is not None:
            matching = Matching(self._deployment, {**self._pristine, kind: pristine}, self._found)
        matched = matching[kind]
        strays = list(matched.strays)
        for match in matched.matches:
            where = f"{what} {_name(match)}"
            if match.present is None:
                yield Finding(where, describe_document(match.pristine), NOTHING)
                continue
            for path in kept.ours:
                if path not in but:
                    yield from field_differences(
                        _value(match.wanted, path), _value(match.present, path), f"{where}: {path}"
                    )
            for double in [stray for stray in strays if _is_double(match, stray)]:
                strays.remove(double)
                yield Finding(where, Description("it once"), describe_document(double))
        for stray in strays:
            yield unexpected(what, stray)

    def paths_of(self, kind: Kind, field: str, other: Callable[[Any], Any]) -> tuple[str, ...]:
        """The paths of ours in which the app keeps a field of the pristine document.

        ``other`` gives another good value of that field. Empty if the app does not keep it.
        """
        kept = self._kept(kind)
        for match in self._matching[kind].matches:
            changed = {**match.pristine, field: other(match.pristine[field])}
            written = kept.to_app(changed, self._matching)
            return tuple(
                path
                for path in kept.ours
                if field_at(written, path) != field_at(match.wanted, path)
            )
        return ()

    @property
    def ends_of_accounts(self) -> tuple[str, ...]:
        """Where the app keeps when an account ends: it follows from T, so it is judged apart."""
        return self.paths_of("users", "expires_at", lambda until: until + timedelta(days=1))

    @property
    def resolved_in_accounts(self) -> tuple[str, ...]:
        """The fields of an account that only a reset knows: its password, and when it ends."""
        return (self._deployment.password.path, *self.ends_of_accounts)

    def misfits(self, kind: Kind, *, but: Collection[str] = ()) -> Iterator[Finding]:
        """Our documents that the app's own model refuses: a list with one of them shows nothing.

        ``but`` names fields that are left out. Raises Unobservable if the app does not keep them.
        """
        kept = self._kept(kind)
        for match in self._matching[kind].matches:
            for misfit in misfits(kept, match.present) if match.present is not None else ():
                if misfit.path in but:
                    continue
                found = field_at(match.present or {}, misfit.path)
                yield Finding(
                    f"{kept.collection} {_name(match)}: {misfit.path}",
                    Description(f"what the app's model takes ({misfit.message})"),
                    NOTHING if found is MISSING else found,
                )

    def _kept(self, kind: Kind) -> Kept:
        kept = self._deployment.kept_as(kind)
        if kept is None:
            text = self._deployment.not_kept.get(kind, f"the app keeps no {kind}")
            raise Unobservable(text, Remedy.BACKEND)
        return kept

    @cached_property
    def _matching(self) -> Matching:
        return Matching(self._deployment, self._pristine, self._found)


def _name(match: Match) -> str:
    return str(match.pristine.get("email", match.pristine["_id"]))


def _value(document: Mapping[str, object], path: str) -> object:
    value = field_at(document, path)
    if value is MISSING:
        return NOTHING
    return Description(str(value)) if isinstance(value, ComingId) else value


def _is_double(match: Match, stray: Mapping[str, object]) -> bool:
    return match.present is not None and stray.get("_id", NOTHING) == match.present["_id"]
