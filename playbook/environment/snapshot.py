"""The documents of a bundle's scope at one moment, byte for byte, read in parallel."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from playbook.deployments.description import Deployment
from playbook.deployments.scope import Scope
from playbook.environment.searches import find_all
from playbook.environment.side_by_side import side_by_side

# A year or a text that Python cannot represent must not stop the reading of a document.
FORGIVING: Any = {
    "tz_aware": True,
    "datetime_conversion": DatetimeConversion.DATETIME_AUTO,
    "unicode_decode_error_handler": "replace",
}
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, **FORGIVING)
DECODED: CodecOptions[dict[str, Any]] = CodecOptions(**FORGIVING)


@dataclass(frozen=True)
class Snapshot:
    """The documents of a scope and the indexes of the collections that have declared ones."""

    documents: Mapping[str, list[RawBSONDocument]]
    indexes: Mapping[str, list[dict[str, Any]]]

    def by_id(self, collection: str) -> dict[bytes, bytes]:
        """The raw documents of a collection by their encoded ``_id`` (ids may be of any type)."""
        return {id_bytes(d["_id"]): bytes(d.raw) for d in self.documents.get(collection, [])}

    def hashes(self) -> dict[str, str]:
        """A digest of each collection's documents; the order of reading does not matter."""
        return {
            name: digest(bytes(document.raw) for document in documents)
            for name, documents in sorted(self.documents.items())
        }


def differing_collections(wanted: Snapshot, found: Snapshot) -> list[str]:
    """The collections whose documents differ between the wanted snapshot and the found one."""
    hashes = found.hashes()
    return [name for name, hashed in wanted.hashes().items() if hashes.get(name) != hashed]


def id_bytes(identifier: object) -> bytes:
    """An ``_id`` as a key: equal for equal BSON values only (1 and 1.0 differ)."""
    return bson.encode({"_id": identifier})


def digest(documents: Iterable[bytes]) -> str:
    """SHA-256 over documents in a fixed order."""
    total = hashlib.sha256()
    for raw in sorted(documents):
        total.update(raw)
    return total.hexdigest()


@dataclass(frozen=True)
class Question:
    """A plain find, and the label for its documents."""

    name: str
    collection: str
    where: Mapping[str, Any] = field(default_factory=dict)
    newest: int | None = None
    """Only so many documents, the highest ``_id`` first; None for all."""


def read_documents(
    db: Database[dict[str, Any]], scope: Scope, more: Iterable[Question] = ()
) -> dict[str, list[RawBSONDocument]]:
    """All documents of a scope by collection, and the answers to some more questions."""
    questions = [*(Question(name, name, where) for name, where in scope.filters.items()), *more]
    answers = side_by_side([partial(_find, db, question) for question in questions])
    return _by_name(questions, answers)


def read_indexes(
    db: Database[dict[str, Any]], deployment: Deployment
) -> dict[str, list[dict[str, Any]]]:
    """The indexes of the collections that have declared ones."""
    answers = side_by_side([partial(_list_indexes, db, name) for name in deployment.indexes])
    return dict(zip(deployment.indexes, answers, strict=True))


def read_all(
    db: Database[dict[str, Any]], scope: Scope, more: Iterable[Question] = ()
) -> tuple[dict[str, list[RawBSONDocument]], dict[str, list[dict[str, Any]]]]:
    """The results of :func:`read_documents` and :func:`read_indexes`, read at the same time."""
    questions = [*(Question(name, name, where) for name, where in scope.filters.items()), *more]
    finds: list[Callable[[], Any]] = [partial(_find, db, question) for question in questions]
    declared = scope.deployment.indexes
    lists: list[Callable[[], Any]] = [partial(_list_indexes, db, name) for name in declared]
    answers = side_by_side(finds + lists)
    documents = _by_name(questions, answers[: len(questions)])
    return documents, dict(zip(declared, answers[len(questions) :], strict=True))


def _find(db: Database[dict[str, Any]], question: Question) -> list[RawBSONDocument]:
    raw_db: Database[RawBSONDocument] = db.with_options(codec_options=RAW)
    return find_all(raw_db[question.collection], question.where, newest=question.newest)


def _by_name(
    questions: Sequence[Question], answers: Sequence[list[RawBSONDocument]]
) -> dict[str, list[RawBSONDocument]]:
    found: dict[str, list[RawBSONDocument]] = {}
    for question, documents in zip(questions, answers, strict=True):
        found.setdefault(question.name, []).extend(documents)
    return found


def _list_indexes(db: Database[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [_plain_index(index) for index in db[name].list_indexes()]


def _plain_index(index: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in index.items() if key != "ns"}
    plain["key"] = dict(plain["key"])
    return plain
