"""What the app's own model refuses in a document: a list with such a document is empty, or fails.

Pure: a description's model judges a document, and each place that it refuses is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from playbook.deployments.description import Kept
from playbook.deployments.matching import ComingId
from playbook.deployments.paths import MISSING, field_at


@dataclass(frozen=True)
class Misfit:
    """One place of a document that the app's model refuses."""

    path: str
    """The dotted path of the smallest field to change; a list is one field."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


def misfits(kept: Kept, document: Mapping[str, Any]) -> Iterator[Misfit]:
    """The places of a document that the app's own model refuses; none if it has no model."""
    if kept.model is None:
        return
    plain = decoded(document)
    try:
        kept.model.model_validate(plain)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_input=False):
            yield Misfit(_path(plain, error["loc"]), error["msg"])


def refusal(kept: Kept, document: Mapping[str, Any]) -> str | None:
    """Why the app's own model would refuse a document, in one line; None if it fits."""
    first = next(misfits(kept, document), None)
    return None if first is None else str(first)


def fitting(kept: Kept, document: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """New values, by path, for those of the app's own fields that the app's model refuses.

    The new value is the pristine one, if there is one. Otherwise it is MISSING for an inner
    field, which must be removed: the app could not have written it itself. The ``_id`` is never
    changed, nor is a field that neither value can repair.
    """
    changed: dict[str, Any] = {}
    for misfit in misfits(kept, document):
        value = field_at(wanted, misfit.path)
        if misfit.path != "_id" and (value is not MISSING or "." in misfit.path):
            changed[misfit.path] = value
    return changed


def decoded(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as plain dictionaries and lists."""

    def plain(value: Any) -> Any:
        if isinstance(value, ComingId):
            return str(value)
        if isinstance(value, Mapping):
            return {name: plain(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [plain(inner) for inner in value]
        return value

    return {name: plain(value) for name, value in document.items()}


def _path(document: Mapping[str, Any], place: tuple[int | str, ...]) -> str:
    """The part of an error's place that names a field: as far as documents are nested."""
    names: list[str] = []
    value: Any = document
    for part in place:
        if not isinstance(value, Mapping) or not isinstance(part, str):
            break
        if names and part not in value:
            break
        if "." in part or part.startswith("$"):
            break  # no update can name such a field: the one around it is replaced
        names.append(part)
        value = value.get(part)
    return ".".join(names)
