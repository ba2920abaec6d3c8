"""MongoDB's own tools read our backups and our seeds, as the playbook's commands expect.

``bsondump``, ``mongorestore`` and ``mongoimport`` are found on the PATH or in the directory that
``PLAYBOOK_MONGO_TOOLS`` names; where they are not, only the tests of the format run, which follow
the letter of what the tools document.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import Decimal128, Int64, json_util
from bson.raw_bson import RawBSONDocument
from pymongo.database import Database

from playbook import PROJECT
from playbook.pristine.seeds import Seeds
from playbook.reset.backup import Backup
from tests.sandbox import LAST_WEEK, RAW, Document, Sandbox, seed_documents

BUNDLE = "lvmh"
SEED_FILES = {
    "products": "luxury_products.json",
    "creators": "creator_profiles.json",
    "livesales": "livesale_schedule.json",
    "leads": "business_leads.json",
}
"""The playbook's own ``mongoimport`` lines (playbook, "Fresh Seed Data Insertion")."""
TOOL_SECONDS = 60


@pytest.fixture(scope="module")
def saved(sandbox: Sandbox) -> Backup:
    """A backup that holds every kind of value that an app may have stored."""
    sandbox.reset(BUNDLE)
    sandbox.db.carts.insert_one(
        {
            "_id": bson.ObjectId(),
            "email": sandbox.accounts(BUNDLE)[0],
            "last_seen": LAST_WEEK,
            "long": Int64(5),
            "exact": Decimal128("1.20"),
            "half": 0.5,
            "nested": {"list": [1, None, True, b"\x00\xff", "Élégance"]},
        }
    )
    return sandbox.engine.save(sandbox.bundle(BUNDLE), "before reset")


@pytest.fixture
def elsewhere(sandbox: Sandbox) -> Iterator[Database[Document]]:
    """Another database of the same server."""
    yield sandbox.environment.mongo["elsewhere"]
    sandbox.environment.mongo.drop_database("elsewhere")


def tool(name: str) -> str:
    """Where a tool is; skips the test where it is not."""
    directory = os.environ.get("PLAYBOOK_MONGO_TOOLS")
    found = shutil.which(name, path=directory) if directory else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is neither on the PATH nor in PLAYBOOK_MONGO_TOOLS")
    return found


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=TOOL_SECONDS, check=False
    )


def seeded(seeds: Seeds, collection: str) -> dict[str, Document]:
    """What a reset takes from the seeds, by ``_id``."""
    return {key: line.document for key, line in getattr(seeds, collection).items()}


def collections_of(saved: Backup) -> list[str]:
    return sorted(path.stem for path in saved.path.glob("*.bson"))


# The tools themselves


def test_bsondump_reads_every_file(saved: Backup) -> None:
    bsondump = tool("bsondump")
    for name in collections_of(saved):
        ended = run(bsondump, "--quiet", str(saved.path / f"{name}.bson"))
        assert ended.returncode == 0, ended.stderr
        shown = [json_util.loads(line) for line in ended.stdout.splitlines() if line]
        stored = bson.decode_all((saved.path / f"{name}.bson").read_bytes())
        plain: Any = json_util.loads(json_util.dumps(stored))
        assert shown == plain, name


def test_mongorestore_restores_every_document(
    sandbox: Sandbox, saved: Backup, elsewhere: Database[Document]
) -> None:
    uri = sandbox.environment.settings.mongo_uri
    # The embedded MongoDB builds no index whose version ("v") is stated, as in every dump.
    options = ("--db", elsewhere.name, "--drop", "--noIndexRestore")
    ended = run(tool("mongorestore"), "--uri", uri, *options, str(saved.path))
    if "should be an int64" in ended.stderr:
        pytest.skip("the embedded MongoDB's cursor ids are too narrow for the tool's driver")
    assert ended.returncode == 0, ended.stderr
    require_restored(elsewhere, saved)


@pytest.mark.parametrize("collection", SEED_FILES)
def test_mongoimport_reads_the_seeds_as_they_are(
    sandbox: Sandbox, elsewhere: Database[Document], seeds: Seeds, collection: str
) -> None:
    uri = sandbox.environment.settings.mongo_uri
    file = PROJECT / "seeds" / SEED_FILES[collection]
    options = ("--db", elsewhere.name, "--collection", collection, "--file", str(file))
    ended = run(tool("mongoimport"), "--uri", uri, *options)
    assert ended.returncode == 0, ended.stderr
    imported = {str(document["_id"]): document for document in elsewhere[collection].find()}
    assert imported == seeded(seeds, collection)


# The letter of their formats


def test_a_backup_can_be_restored_as_mongorestore_does(
    saved: Backup, elsewhere: Database[Document]
) -> None:
    """What mongorestore does: create with the options, insert as it is, build the indexes."""
    for name in collections_of(saved):
        metadata = read_metadata(saved.path / f"{name}.metadata.json")
        elsewhere.create_collection(name, **metadata["options"])
        content = (saved.path / f"{name}.bson").read_bytes()
        raw: Any = bson.decode_all(content, RAW)
        if raw:
            elsewhere[name].insert_many(raw)
        for index in metadata["indexes"]:
            if index["name"] != "_id_":
                options = {k: v for k, v in index.items() if k not in ("v", "key")}
                elsewhere[name].create_index(list(index["key"].items()), **options)
    require_restored(elsewhere, saved)
    assert elsewhere.users.index_information()["email_1"]["unique"] is True
    assert set(elsewhere.products.index_information()) == {"_id_", "region_1_category_1"}


def read_metadata(path: Path) -> dict[str, Any]:
    """Extended JSON with the fields that the tools know, and no others."""
    metadata: dict[str, Any] = json_util.loads(path.read_text(encoding="utf-8"))
    assert set(metadata) <= {"options", "indexes", "uuid", "collectionName", "type"}
    assert metadata["collectionName"] == path.name.removesuffix(".metadata.json")
    names = [index["name"] for index in metadata["indexes"]]
    assert names[0] == "_id_"
    assert len(set(names)) == len(names)
    for index in metadata["indexes"]:
        assert all(isinstance(direction, int) for direction in index["key"].values())
    return metadata


def require_restored(elsewhere: Database[Document], saved: Backup) -> None:
    """The documents of every collection are those of the backup, byte for byte."""
    raw: Database[RawBSONDocument] = elsewhere.with_options(codec_options=RAW)
    for name in collections_of(saved):
        stored = bson.decode_all((saved.path / f"{name}.bson").read_bytes(), RAW)
        assert as_bytes(raw[name].find()) == as_bytes(stored), name


def as_bytes(documents: Any) -> list[bytes]:
    return sorted(bytes(document.raw) for document in documents)


@pytest.mark.parametrize("collection", SEED_FILES)
def test_the_seeds_can_be_imported_as_mongoimport_does(
    elsewhere: Database[Document], seeds: Seeds, collection: str
) -> None:
    """What mongoimport does: one document a line of extended JSON, inserted as it stands."""
    text = (PROJECT / "seeds" / SEED_FILES[collection]).read_text(encoding="utf-8")
    lines = [line for line in text.split("\n") if line.strip()]
    elsewhere[collection].insert_many([json_util.loads(line) for line in lines])
    imported = {str(document["_id"]): document for document in elsewhere[collection].find()}
    assert imported == seeded(seeds, collection)
    assert len(imported) == len(seed_documents(SEED_FILES[collection]))
