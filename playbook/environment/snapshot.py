"""What a bundle's scope holds at one moment, byte for byte, read in one round trip."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import bson
from bson.codec_options import CodecOptions, DatetimeConversion
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from playbook.deployments.description import Deployment
from playbook.deployments.scope import Scope

# A year or a text that Python cannot hold must not end the reading of a document.
FORGIVING: Any = {
    "tz_aware": True,
    "datetime_conversion": DatetimeConversion.DATETIME_AUTO,
    "unicode_decode_error_handler": "replace",
}
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument, **FORGIVING)
DECODED: CodecOptions[dict[str, Any]] = CodecOptions(**FORGIVING)
ALL_IN_ONE_BATCH = 100_000


@dataclass(frozen=True)
class Snapshot:
    """The documents of a scope and the indexes of the collections that have declared ones."""

    documents: Mapping[str, list[RawBSONDocument]]
    indexes: Mapping[str, list[dict[str, Any]]]

    def by_id(self, collection: str) -> dict[bytes, bytes]:
        """The raw documents of a collection by their encoded ``_id`` (ids may be of any type)."""
        return {id_bytes(d["_id"]): bytes(d.raw) for d in self.documents.get(collection, [])}

    def hashes(self) -> dict[str, str]:
        """A digest of each collection's documents, whatever order they were read in."""
        return {
            name: digest(bytes(document.raw) for document in documents)
            for name, documents in sorted(self.documents.items())
        }


def id_bytes(identifier: object) -> bytes:
    """An ``_id`` as a key: equal for equal BSON values only (1 and 1.0 differ)."""
    return bson.encode({"_id": identifier})


def digest(documents: Iterable[bytes]) -> str:
    """SHA-256 over documents in a fixed order."""
    total = hashlib.sha256()
    for raw in sorted(documents):
        total.update(raw)
    return total.hexdigest()


def read_documents(
    db: Database[dict[str, Any]], scope: Scope, more: Iterable[dict[str, Any]] = ()
) -> dict[str, list[RawBSONDocument]]:
    """All documents of a scope by collection, in one aggregation.

    ``more`` are further ``$unionWith`` stages whose documents carry ``collection`` and
    ``document`` likewise.
    """
    names = list(scope.filters)
    first, *rest = names
    stages = _labelled(first, scope.filters[first])
    stages += [
        {"$unionWith": {"coll": name, "pipeline": _labelled(name, scope.filters[name])}}
        for name in rest
    ]
    raw_db: Database[RawBSONDocument] = db.with_options(codec_options=RAW)
    found: dict[str, list[RawBSONDocument]] = {name: [] for name in names}
    for row in raw_db[first].aggregate([*stages, *more], batchSize=ALL_IN_ONE_BATCH):
        # A nested document is a view into the whole batch: keep the bytes of this one alone.
        document = RawBSONDocument(bytes(row["document"].raw), RAW)
        found.setdefault(row["collection"], []).append(document)
    return found


def read_indexes(
    db: Database[dict[str, Any]], deployment: Deployment
) -> dict[str, list[dict[str, Any]]]:
    """The indexes that stand on the collections with declared ones."""
    return {
        name: [_plain_index(index) for index in db[name].list_indexes()]
        for name in deployment.indexes
    }


def _labelled(name: str, where: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"$match": where},
        {"$replaceRoot": {"newRoot": {"collection": {"$literal": name}, "document": "$$ROOT"}}},
    ]


def _plain_index(index: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in index.items() if key != "ns"}
    plain["key"] = dict(plain["key"])
    return plain
