"""Which environment this is: a UUID and a name, kept in the database's marker document.

Everything that is written about an environment (backups, journal, verdicts, alerts, reports) has
its identity, so data of one environment are never used for another.

The marker also says where it was written. A copied database contains the original's marker: by that
it is recognised as a copy, and refused until a person has said what it is.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo.collection import Collection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from playbook.environment import reasons
from playbook.environment.settings import LONGEST_NAME, NAME_SETTING, Settings
from playbook.environment.side_by_side import side_by_side
from playbook.errors import Refused

COLLECTION = "demo_environment"
MARKER = "demo"
"""The ``_id`` of the marker document."""
DATA_FILE = "mongo.sqlite"
"""The file in its directory in which an embedded MongoDB keeps its data."""
SERVER = ("local", "playbook_server")
"""Database and collection in which an embedded MongoDB keeps its own id."""

_IDENTITY = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")

type Marker = Mapping[str, Any]


@dataclass(frozen=True)
class Identity:
    """An environment's UUID (as text) and its name for people.

    ``id`` is empty if the database has no marker, or if we may not write to it: then nothing can
    be recorded about it, and nothing belongs to it.
    """

    id: str
    name: str

    def __str__(self) -> str:
        return self.name

    def owns(self, identity: object) -> bool:
        """Whether something with this ``id`` belongs to this environment."""
        return bool(self.id) and identity == self.id

    def document(self) -> dict[str, str]:
        """The identity in the form of verdicts, reports and alerts."""
        return {"id": self.id, "name": self.name}


def find_marker(db: Database[dict[str, Any]]) -> Marker | None:
    """The marker document, None if the database has none."""
    return db[COLLECTION].find_one({"_id": MARKER})


@dataclass(frozen=True)
class Found:
    """What a database says about itself: its marker, if it has one, and its place."""

    marker: Marker | None
    answer: str | OperationFailure
    """The place, or the error if we may not ask for it. It is needed only if there is a marker."""

    @property
    def place(self) -> str:
        """The place. Raises OperationFailure if our user may not ask for it."""
        if isinstance(self.answer, OperationFailure):
            raise self.answer
        return self.answer


def look(db: Database[dict[str, Any]], settings: Settings) -> Found:
    """Ask for the marker and the place at once."""

    def place() -> str | OperationFailure:
        try:
            return place_of(db, settings)
        except OperationFailure as error:
            return error

    asked: list[Callable[[], Any]] = [lambda: find_marker(db), place]
    return Found(*side_by_side(asked))


def read(db: Database[dict[str, Any]], settings: Settings, found: Found | None = None) -> Identity:
    """The identity of a database; an identity is written if the marker has none yet.

    ``found`` is what :func:`look` has just answered. Raises Refused if the database is a copy
    of another environment's, or if ``PLAYBOOK_ENVIRONMENT`` names another environment than the
    marker does.
    """
    found = found or look(db, settings)
    marker = found.marker
    if marker is None:
        return Identity("", settings.default_name)
    place = found.place
    if not marker.get("identity"):
        try:
            marker = _add_identity(db, settings, place, instead_of=marker.get("identity"))
        except OperationFailure:  # we may not write here
            return Identity("", settings.default_name)
    _require_original(db, marker, settings, place)
    _require_readable(db, marker, settings)
    return Identity(marker["identity"], _name(db, marker, settings))


def renew(db: Database[dict[str, Any]], settings: Settings) -> Identity:
    """Give a database its own identity: it is a copy, and another environment from now on.

    Its leases are copies, too: they are of runs that work on the original.
    """
    change = {"identity": str(uuid.uuid4()), "place": place_of(db, settings)}
    db[COLLECTION].update_one({"_id": MARKER}, {"$set": {**change, **_names(settings)}})
    db.demo_locks.delete_many({})
    return read(db, settings)


def confirm(db: Database[dict[str, Any]], settings: Settings, *, moved: bool = False) -> Identity:
    """Let a database keep its identity. A setting may give it a new name.

    ``moved``: it may be at a new place; otherwise a database at another place is refused as a copy.
    """
    change = _names(settings) if settings.name else {}
    if moved:
        change |= {"place": place_of(db, settings)}
    else:
        found = look(db, settings)
        _require_original(db, found.marker or {}, settings, found.place)
    if change:
        db[COLLECTION].update_one({"_id": MARKER}, {"$set": change})
    return read(db, settings)


def place_of(db: Database[dict[str, Any]], settings: Settings) -> str:
    """The place of a database, as an id that a copy of the database does not have.

    MongoDB gives each collection its own UUID, and a new one after mongorestore. The UUID does not
    depend on the host name or tunnel to the server. An embedded MongoDB has an id for the server
    instead. If there is neither, the address is used: some servers give collections no UUID, and
    our user has no right to read in their database "local", which is not the app's.
    """
    found = next(iter(db.list_collections(filter={"name": COLLECTION})), {})
    if collection := found.get("info", {}).get("uuid"):
        return f"collection {_uuid_text(collection)}"
    try:
        server = _about_server(db).find_one({"_id": "server"})
    except OperationFailure as error:
        if reasons.may_succeed_later(error):
            raise
        server = None
    if server is not None:
        return f"server {server['id']}/{db.name}"
    return f"address {settings.place}"


def identify_server(db: Database[dict[str, Any]], directory: Path) -> bool:
    """Give an embedded MongoDB an id, and a new one if its data directory is a copy.

    Returns whether it is a copy: its data name another directory, which still has its own data. A
    directory that was moved keeps its id.
    """
    servers = _about_server(db)
    known = servers.find_one({"_id": "server"})
    original = Path(known["directory"]) if known and known.get("directory") else directory
    copied = original != directory and (original / DATA_FILE).exists()
    fields: dict[str, str] = {"directory": str(directory)}
    if known is None or copied:
        fields["id"] = str(uuid.uuid4())
    servers.update_one({"_id": "server"}, {"$set": fields}, upsert=True)
    return copied


def _about_server(db: Database[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """What an embedded MongoDB knows about itself, read from the primary, like the demo."""
    name, collection = SERVER
    return db.client.get_database(name, read_preference=db.read_preference)[collection]


def keep_address(db: Database[dict[str, Any]], settings: Settings) -> None:
    """If a name only repeats an old address, change it to the present one: ports change."""
    db[COLLECTION].update_one(
        {"_id": MARKER, "named_by": "address"}, {"$set": {"name": settings.default_name}}
    )


def _uuid_text(found: object) -> str:
    return str(found.as_uuid() if hasattr(found, "as_uuid") else found)


def _add_identity(
    db: Database[dict[str, Any]], settings: Settings, place: str, instead_of: object
) -> Marker:
    """Write an identity into a marker that has none; if several try at once, one succeeds.

    ``instead_of`` is what stands in its place, for example an empty text; None if nothing does.
    """
    new = {"identity": str(uuid.uuid4()), "place": place, **_names(settings)}
    db[COLLECTION].update_one({"_id": MARKER, "identity": instead_of}, {"$set": new})
    return find_marker(db) or new


def _names(settings: Settings) -> dict[str, str]:
    named_by = NAME_SETTING if settings.name else "address"
    return {"name": settings.default_name, "named_by": named_by}


def _require_original(
    db: Database[dict[str, Any]], marker: Marker, settings: Settings, place: str
) -> None:
    if marker.get("place") in (None, place):
        return
    raise Refused(
        f"database {db.name!r} at {settings.addresses['MongoDB']} has the identity of "
        f"{marker.get('name')!r}, which is another database: this one is a copy, or was moved. "
        f"Nothing was written. For a copy, run: playbook adopt --i-mean {db.name} --new-identity; "
        f"if it was moved, run: playbook adopt --i-mean {db.name} --same-identity"
    )


def _require_readable(db: Database[dict[str, Any]], marker: Marker, settings: Settings) -> None:
    """Refuse an identity that is none of ours: it becomes a part of the paths of our files."""
    if isinstance(marker["identity"], str) and _IDENTITY.fullmatch(marker["identity"]):
        return
    raise Refused(
        f"the marker of database {db.name!r} at {settings.addresses['MongoDB']} has an identity "
        "that is not a UUID: nothing was written. To give it a new one, run: "
        f"playbook adopt --i-mean {db.name} --new-identity"
    )


def _name(db: Database[dict[str, Any]], marker: Marker, settings: Settings) -> str:
    """The name in the marker; if it only repeats an address, the setting's name replaces it."""
    stated = marker.get("name")
    # Somebody may have changed the marker by hand; a name is one short line everywhere.
    name = " ".join(stated.split())[:LONGEST_NAME] if isinstance(stated, str) else ""
    name = name if name and name.isprintable() else settings.default_name
    if not settings.name or name == settings.name:
        return name
    if marker.get("named_by") == NAME_SETTING:
        raise Refused(
            f"{NAME_SETTING} is {settings.name!r}, but database {db.name!r} at "
            f"{settings.addresses['MongoDB']} is {name!r}; nothing was written. Name the "
            f"environment that you mean; to rename this one, run: playbook adopt --i-mean {db.name}"
        )
    with suppress(OperationFailure):  # we may not write here, but the name is right
        db[COLLECTION].update_one({"_id": MARKER}, {"$set": _names(settings)})
    return settings.name
