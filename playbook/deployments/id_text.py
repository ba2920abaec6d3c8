"""The text by which an app's answers, and its other documents, name an ``_id``."""

from __future__ import annotations

import uuid

from bson import Binary
from bson.binary import ALL_UUID_SUBTYPES

UUID_BYTES = 16


def id_text(identifier: object) -> str:
    """An ``_id`` as a text: a UUID, which MongoDB keeps as binary, as people write it.

    A whole number may be a double, for example the larger ones of an app in JavaScript.

    >>> from uuid import UUID
    >>> id_text(Binary.from_uuid(UUID("69e5b13f-9f6c-5c57-b25a-9a73aabde572")))
    '69e5b13f-9f6c-5c57-b25a-9a73aabde572'
    """
    is_binary = isinstance(identifier, Binary) and identifier.subtype in ALL_UUID_SUBTYPES
    if is_binary and isinstance(identifier, bytes) and len(identifier) == UUID_BYTES:
        return str(uuid.UUID(bytes=bytes(identifier)))
    if isinstance(identifier, float) and identifier.is_integer():
        return str(int(identifier))
    return str(identifier)


def as_kept(identifier: object) -> object:
    """An ``_id`` in a form that MongoDB keeps: its UUIDs are binary."""
    return Binary.from_uuid(identifier) if isinstance(identifier, uuid.UUID) else identifier
