"""Backups: complete or absent, kept for a week, and restored exactly or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import bson
import pytest
from bson import json_util
from bson.raw_bson import RawBSONDocument
from freezegun import freeze_time

from playbook.deployments import load as load_deployment
from playbook.environment.snapshot import RAW, Snapshot
from playbook.errors import Refused, WrongUsage
from playbook.reset import backup, restoring, stages
from playbook.reset.backup import BEFORE_RESET, GO, Backup, BadBackup, Saved, writing
from playbook.reset.execute import Executor
from playbook.reset.operations import Call, Operation
from playbook.reset.outcome import ResetFailed
from tests.reset_process import start_backup
from tests.sandbox import (
    FEED,
    OURS,
    Held,
    Owners,
    Sandbox,
    changed,
    held,
    in_words,
    use_demo,
)

BUNDLE = "index"
MONDAY = datetime(2026, 11, 23, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def used(sandbox: Sandbox) -> Sandbox:
    """A demo that has been used, with indexes of the app's own."""
    sandbox.reset(BUNDLE)
    use_demo(Owners(sandbox), sandbox.bundle(BUNDLE))
    return sandbox


@pytest.fixture
def shelf(used: Sandbox, tmp_path: Path) -> Sandbox:
    """The same with a backup directory of its own."""
    return replace(used, backups=tmp_path / "backups")


@pytest.fixture
def saved(shelf: Sandbox) -> Backup:
    return shelf.engine.save(shelf.bundle(BUNDLE), BEFORE_RESET)


@pytest.fixture
def tiny() -> Snapshot:
    """The least that can be backed up."""
    documents = [RawBSONDocument(bson.encode({"_id": n}), RAW) for n in range(3)]
    return Snapshot({"leads": documents, "carts": []}, {})


def all_of(sandbox: Sandbox) -> Held:
    return held(sandbox, but=(*OURS, FEED))


def documents_of(sandbox: Sandbox) -> Held:
    return {place: raw for place, raw in all_of(sandbox).items() if "redis" not in place[0]}


def save_on(shelf: Sandbox, tiny: Snapshot, day: datetime, name: str, state: str) -> Backup:
    saved = Saved({shelf.bundle(name).key: tiny}, state=state)
    return backup.write(shelf.backups, shelf.identity, saved, day)


# Format


def test_a_backup_is_a_flat_mongodump_folder(shelf: Sandbox, saved: Backup) -> None:
    """``<collection>.bson``, documents end to end, and ``<collection>.metadata.json``."""
    assert saved.path.parent == shelf.backups
    assert saved.path.name == f"demo_state_{saved.taken_at:%Y%m%d}"
    names = {path.name for path in saved.path.iterdir()}
    collections = load_deployment().collections
    wanted = {f"{name}.bson" for name in collections}
    wanted |= {f"{name}.metadata.json" for name in collections}
    assert names == {*wanted, "manifest.json"}
    state = shelf.state(BUNDLE)
    for name in collections:
        content = (saved.path / f"{name}.bson").read_bytes()
        assert sorted(documents_in(content)) == sorted(bytes(d.raw) for d in state.documents[name])
        metadata = json_util.loads((saved.path / f"{name}.metadata.json").read_text())
        assert metadata["collectionName"] == name
        assert metadata["type"] == "collection"
        assert metadata["options"] == {}
        names_built = {index["name"] for index in metadata["indexes"]}
        assert names_built == {"_id_"} | {
            index.name for index in load_deployment().indexes.get(name, ())
        }
        for index in metadata["indexes"]:
            assert index["v"] == 2
            assert all(isinstance(direction, int) for direction in index["key"].values())


def documents_in(content: bytes) -> Iterator[bytes]:
    """The documents of a ``.bson`` file by its format alone: each begins with its length."""
    while content:
        length = int.from_bytes(content[:4], "little")
        assert 5 <= length <= len(content)
        assert content[length - 1] == 0
        yield content[:length]
        content = content[length:]


def test_only_the_owner_can_read_a_backup(saved: Backup) -> None:
    """It holds password hashes: nobody else on the machine reads them."""
    for path in (saved.path, *saved.path.iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path


# Atomic


def test_a_crash_while_writing_leaves_no_backup(shelf: Sandbox) -> None:
    files = 2 * len(load_deployment().collections) + 1
    for dies_at in (1, files // 2, files + 1):
        start_backup(shelf, BUNDLE, dies_at).gone()
        assert not list(shelf.backups.glob("demo_state_*")), f"died before sync {dies_at}"
        assert backup.listed(shelf.backups, shelf.identity) == []
    lived = start_backup(shelf, BUNDLE, files + 3)
    assert lived.ended().kind == "done"
    assert len(backup.listed(shelf.backups, shelf.identity)) == 1


def test_leftovers_of_a_crash_are_removed_after_a_day(shelf: Sandbox, tiny: Snapshot) -> None:
    start_backup(shelf, BUNDLE, 3).gone()
    [partial] = shelf.backups.iterdir()
    backup.prune(shelf.backups, shelf.identity, datetime.now(UTC))
    assert partial.exists(), "it may still be in the writing"
    backup.prune(shelf.backups, shelf.identity, datetime.now(UTC) + timedelta(days=2))
    assert not partial.exists()


def test_pruning_does_not_fail_if_a_backup_is_renamed_meanwhile(
    shelf: Sandbox, tiny: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another reset's partial folder gets its name between two looks at it."""
    own = shelf.identity.id[:8]
    partial = shelf.backups / f".partial-{own}-20261123T030000-12345678"
    partial.mkdir(parents=True)
    look = Path.stat

    def gone_meanwhile(path: Path, **options: bool) -> object:
        if path == partial and path.parent.name == "backups":
            raise FileNotFoundError(path)
        return look(path, **options)

    monkeypatch.setattr(Path, "stat", gone_meanwhile)
    backup.prune(shelf.backups, shelf.identity, MONDAY)


# Names and keeping


def test_the_first_of_a_day_has_the_plain_name(shelf: Sandbox, tiny: Snapshot) -> None:
    times = [MONDAY, MONDAY, MONDAY + timedelta(hours=9), MONDAY + timedelta(days=1)]
    names = [save_on(shelf, tiny, at, BUNDLE, BEFORE_RESET).path.name for at in times]
    assert names == [
        "demo_state_20261123",
        "demo_state_20261123_030000",
        "demo_state_20261123_120000",
        "demo_state_20261124",
    ]
    again = save_on(shelf, tiny, MONDAY, BUNDLE, BEFORE_RESET).path.name
    assert again == "demo_state_20261123_030000_2"


def test_pruning_keeps_a_week_and_each_bundles_latest_go(shelf: Sandbox, tiny: Snapshot) -> None:
    """A backup a night for three weeks; the only GO of Sequoia is the oldest of all."""
    first_go = save_on(shelf, tiny, MONDAY - timedelta(days=30), "sequoia", GO)
    older_go = save_on(shelf, tiny, MONDAY - timedelta(days=25), BUNDLE, GO)
    latest_go = save_on(shelf, tiny, MONDAY - timedelta(days=20), BUNDLE, GO)
    others = [
        save_on(shelf, tiny, MONDAY - timedelta(days=n), BUNDLE, BEFORE_RESET) for n in range(15)
    ]
    with freeze_time(MONDAY):
        backup.prune(shelf.backups, shelf.identity, datetime.now(UTC))
    kept = {path.name for path in shelf.backups.iterdir()}
    wanted = {b.path.name for b in others if MONDAY - b.taken_at <= timedelta(days=7)}
    assert kept == wanted | {first_go.path.name, latest_go.path.name}
    assert len(wanted) == 8
    assert older_go.path.name not in kept


def test_a_reset_removes_old_backups_and_nothing_else(shelf: Sandbox, tiny: Snapshot) -> None:
    old = save_on(shelf, tiny, MONDAY - timedelta(days=3650), BUNDLE, BEFORE_RESET)
    foreign = shelf.backups / "notes"
    foreign.mkdir()
    lookalike = shelf.backups / "demo_state_of_things"
    lookalike.mkdir()
    shelf.reset(BUNDLE)
    assert not old.path.exists()
    assert foreign.exists(), "what is not a backup is nobody's to remove"
    assert lookalike.exists()
    use_demo(Owners(shelf), shelf.bundle(BUNDLE))


# Finding


def test_the_latest_backup_of_a_day_or_a_state_is_found(shelf: Sandbox, tiny: Snapshot) -> None:
    bundle = shelf.bundle(BUNDLE)
    monday = save_on(shelf, tiny, MONDAY, BUNDLE, GO)
    later = save_on(shelf, tiny, MONDAY + timedelta(hours=5), BUNDLE, BEFORE_RESET)
    tuesday = save_on(shelf, tiny, MONDAY + timedelta(days=1), BUNDLE, BEFORE_RESET)
    save_on(shelf, tiny, MONDAY + timedelta(days=2), "lvmh", GO)
    found = [
        backup.latest(shelf.backups, shelf.identity, bundle),
        backup.latest(shelf.backups, shelf.identity, bundle, day=date(2026, 11, 23)),
        backup.latest(shelf.backups, shelf.identity, bundle, state=GO),
        backup.find(shelf.backups, shelf.identity, bundle, "2026-11-23"),
        backup.find(shelf.backups, shelf.identity, bundle, monday.path.name),
    ]
    wanted = [tuesday, later, monday, later, monday]
    assert [b.path for b in found] == [b.path for b in wanted]


@pytest.mark.parametrize(
    "to", ["2026-11-22", "2026-11-25", "yesterday", "demo_state_20261125", "../demo_state_20261123"]
)
def test_a_backup_that_does_not_exist_is_wrong_usage(
    shelf: Sandbox, tiny: Snapshot, to: str
) -> None:
    save_on(shelf, tiny, MONDAY, BUNDLE, BEFORE_RESET)
    save_on(shelf, tiny, MONDAY + timedelta(days=2), "lvmh", BEFORE_RESET)
    with pytest.raises(WrongUsage) as wrong:
        backup.find(shelf.backups, shelf.identity, shelf.bundle(BUNDLE), to)
    assert wrong.value.exit_code == 2


def test_a_broken_folder_does_not_hide_the_others(shelf: Sandbox, tiny: Snapshot) -> None:
    good = save_on(shelf, tiny, MONDAY, BUNDLE, BEFORE_RESET)
    for number, text in enumerate(("", "[]", "null", '{"format": 1}', "{")):
        broken = shelf.backups / f"demo_state_2026112{number + 4}"
        broken.mkdir()
        (broken / "manifest.json").write_text(text)
    (shelf.backups / "demo_state_20261130").mkdir()
    endless, deep = shelf.backups / "demo_state_20261201", shelf.backups / "demo_state_20261202"
    endless.mkdir()
    os.mkfifo(endless / "manifest.json")
    deep.mkdir()
    (deep / "manifest.json").write_text("[" * 200_000)
    for name in ("demo_state_2\nlines", "demo_state_\udcff"):  # the second is no UTF-8
        shutil.copytree(good.path, shelf.backups / name)
    assert [b.path for b in backup.listed(shelf.backups, shelf.identity)] == [good.path]
    assert backup.latest(shelf.backups, shelf.identity, shelf.bundle(BUNDLE)).path == good.path


def test_instants_without_a_zone_are_utc(shelf: Sandbox, tiny: Snapshot) -> None:
    """Backups of another version, beside ours, can still be put in order."""
    save_on(shelf, tiny, MONDAY, BUNDLE, BEFORE_RESET)
    theirs = save_on(shelf, tiny, MONDAY + timedelta(days=1), BUNDLE, BEFORE_RESET)
    manifest = json.loads((theirs.path / "manifest.json").read_text())
    del manifest["checksum"]
    for name in ("taken_at", "saved_at"):
        manifest[name] = manifest[name].removesuffix("+00:00")
    for part in manifest["parts"]:
        part["access"] = "2026-11-30T12:00:00"
    sign(theirs.path, manifest)
    found = backup.latest(shelf.backups, shelf.identity, shelf.bundle(BUNDLE))
    assert (found.path, found.taken_at) == (theirs.path, theirs.taken_at)
    access = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert found.parts[shelf.bundle(BUNDLE).key].access == access


def sign(folder: Path, manifest: dict[str, Any]) -> None:
    """Write a backup's manifest with a checksum that fits."""
    whole = json.dumps(manifest, sort_keys=True).encode()
    signed = {**manifest, "checksum": hashlib.sha256(whole).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(signed))


# Restoring


def test_a_rollback_restores_exactly(shelf: Sandbox) -> None:
    """Changed, removed and added documents, and dropped and added indexes, are as before."""
    bundle, db = shelf.bundle(BUNDLE), shelf.db
    db.leads.create_index([("company", 1)], name="the app's own", sparse=True)
    state, before = shelf.state(BUNDLE), documents_of(shelf)
    saved = shelf.engine.save(bundle, BEFORE_RESET)
    shelf.reset(BUNDLE)
    db.leads.drop_index("the app's own")
    db.products.drop_indexes()
    db.products.create_index([("name", 1)], name="a stray index")
    db.carts.create_index([("email", 1)])
    db.leads.insert_many([{"_id": n, "bundle": bundle.key} for n in (1, "x", 2.5)])
    assert changed(before, documents_of(shelf))
    report = shelf.engine.roll_back(bundle, saved)
    assert not (wrong := changed(before, documents_of(shelf))), in_words(wrong)
    after = shelf.state(BUNDLE)
    assert after.hashes() == state.hashes() == saved.parts[bundle.key].hashes
    assert by_name(after) == by_name(state)
    assert "the app's own" in by_name(after)["leads"]
    assert report.run.trigger == "rollback"
    assert report.run.restored == saved.path.name
    assert shelf.engine.differing_from_rollback(bundle) == []
    db.leads.update_one({"bundle": bundle.key}, {"$set": {"stage": "new", "by": "hand"}})
    assert shelf.engine.differing_from_rollback(bundle) == ["leads"]
    use_demo(Owners(shelf), bundle)
    db.leads.drop_index("the app's own")


def test_a_rollback_restores_swapped_addresses(shelf: Sandbox) -> None:
    """Addresses are unique, so neither account can get its own while the other has it."""
    bundle, users = shelf.bundle(BUNDLE), shelf.db.users
    shelf.reset(BUNDLE)
    before = documents_of(shelf)
    saved = shelf.engine.save(bundle, BEFORE_RESET)
    first, second = shelf.accounts(BUNDLE)[:2]
    for old, new in ((first, "in-between"), (second, first), ("in-between", second)):
        users.update_one({"email": old}, {"$set": {"email": new}})
    assert changed(before, documents_of(shelf))
    shelf.engine.roll_back(bundle, saved)
    assert not (wrong := changed(before, documents_of(shelf))), in_words(wrong)
    written = {step["did"] for step in shelf.runs(BUNDLE)[-1]["steps"]}
    others = len(shelf.accounts(BUNDLE)) - 2
    assert f"2 written, {others} pristine already" in written


def by_name(state: Snapshot) -> dict[str, dict[str, object]]:
    return {
        collection: {str(index["name"]): index for index in indexes}
        for collection, indexes in state.indexes.items()
    }


def test_a_rollback_clears_the_caches(shelf: Sandbox, saved: Backup) -> None:
    """Otherwise the cache would contradict the restored data."""
    bundle = shelf.bundle(BUNDLE)
    shelf.environment.redis.set(f"aislemarts:bundle:{bundle.key}:kpis", "stale")
    shelf.environment.redis.set("aislemarts:bundle:OTHER:kpis", "theirs")
    shelf.engine.roll_back(bundle, saved)
    keys = list(shelf.environment.redis.scan_iter("aislemarts:*"))
    assert keys == [b"aislemarts:bundle:OTHER:kpis"]
    shelf.environment.redis.delete("aislemarts:bundle:OTHER:kpis")


def test_a_reset_says_which_backup_holds_the_state_before(shelf: Sandbox) -> None:
    before = documents_of(shelf)
    report = shelf.reset(BUNDLE)
    assert report.run.backup is not None
    kept = backup.find(shelf.backups, shelf.identity, shelf.bundle(BUNDLE), report.run.backup)
    shelf.engine.roll_back(shelf.bundle(BUNDLE), kept)
    assert not (wrong := changed(before, documents_of(shelf))), in_words(wrong)


def test_the_backup_of_another_bundle_is_refused(shelf: Sandbox, saved: Backup) -> None:
    before = held(shelf, but=())
    with pytest.raises(Refused, match="is of INDEX_SOFOA_DOLFE, not of LVMH"):
        shelf.engine.roll_back(shelf.bundle("lvmh"), saved)
    assert held(shelf, but=()) == before


# Damaged


def truncate(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) - 7])


def cut_a_document(path: Path) -> None:
    """Truncated at a document's end, so that it still reads as BSON."""
    first, *_ = documents_in(path.read_bytes())
    path.write_bytes(path.read_bytes()[len(first) :])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(content)


def append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + bson.encode({"_id": "smuggled"}))


def swap(path: Path) -> None:
    """Two good files, each with the other's name."""
    other = path.with_name("carts.bson")
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


DAMAGES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "bson truncated": ("leads.bson", truncate),
    "bson shortened": ("leads.bson", cut_a_document),
    "bson empty": ("leads.bson", lambda path: path.write_bytes(b"")),
    "bson flipped": ("products.bson", flip),
    "bson appended": ("users.bson", append),
    "bson gone": ("users.bson", Path.unlink),
    "bson swapped": ("leads.bson", swap),
    "metadata flipped": ("products.metadata.json", flip),
    "metadata gone": ("products.metadata.json", Path.unlink),
    "manifest truncated": ("manifest.json", truncate),
    "manifest flipped": ("manifest.json", flip),
    "manifest gone": ("manifest.json", Path.unlink),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_is_refused_before_anything_is_written(
    shelf: Sandbox, saved: Backup, damage: str
) -> None:
    file, spoil = DAMAGES[damage]
    spoil(saved.path / file)
    require_bad(shelf, saved)


@pytest.mark.parametrize(
    "field", ["parts", "taken_at", "state", "files", "documents", "format", "environment"]
)
def test_a_manifest_changed_by_hand_is_refused(shelf: Sandbox, saved: Backup, field: str) -> None:
    path = saved.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest[field] = type(manifest[field])()
    path.write_text(json.dumps(manifest))
    require_bad(shelf, saved)


@pytest.mark.parametrize("file", ["../outside.bson", "/etc/passwd", "leads.bson.gz", "x y.bson"])
def test_a_manifest_that_names_another_file_is_refused(
    shelf: Sandbox, saved: Backup, file: str
) -> None:
    """Not even one whose checksums have been made to fit."""
    (shelf.backups / "outside.bson").write_bytes(b"")
    path = saved.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][file] = hashlib.sha256(b"").hexdigest()
    del manifest["checksum"]
    sign(saved.path, manifest)
    require_bad(shelf, saved)


def test_a_backup_that_lacks_a_collection_is_refused(shelf: Sandbox, saved: Backup) -> None:
    """Its manifest fits its files, but restoring it would empty the collection."""
    path = saved.path / "manifest.json"
    manifest = json.loads(path.read_text())
    for file in ("leads.bson", "leads.metadata.json"):
        del manifest["files"][file]
        (saved.path / file).unlink()
    del manifest["documents"]["leads"], manifest["checksum"]
    whole = json.dumps(manifest, sort_keys=True).encode()
    path.write_text(json.dumps({**manifest, "checksum": hashlib.sha256(whole).hexdigest()}))
    require_bad(shelf, saved)


def require_bad(shelf: Sandbox, saved: Backup) -> None:
    before = held(shelf, but=())
    with pytest.raises(BadBackup) as bad:
        shelf.engine.roll_back(shelf.bundle(BUNDLE), saved)
    assert bad.value.exit_code == 4
    assert saved.path.name in str(bad.value)
    assert held(shelf, but=()) == before
    shutil.rmtree(saved.path)


def test_a_rollback_while_somebody_uses_the_demo_names_that_cause(
    shelf: Sandbox, saved: Backup, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.db.products.update_one({"_id": "EUR-001"}, {"$set": {"inventory": 3}})
    done = stages.do_steps

    def disturbed(*arguments: Any, **options: Any) -> None:
        done(*arguments, **options)
        shelf.db.products.update_one({"_id": "EUR-001"}, {"$inc": {"reserved": 1}})

    monkeypatch.setattr(restoring, "do_steps", disturbed)
    with pytest.raises(ResetFailed) as failed:
        shelf.engine.roll_back(shelf.bundle(BUNDLE), saved)
    assert (
        "differs from the backup in products; perhaps somebody used the demo meanwhile: then do it "
        "again when they have left" in str(failed.value)
    )
    monkeypatch.undo()
    shelf.engine.roll_back(shelf.bundle(BUNDLE), saved)


# A folder that cannot be written to


def refuse_to_sync_folders(number: int) -> Callable[[int], None]:
    """As some network file systems do: files can be synced, folders cannot."""
    sync = os.fsync

    def refusing(file: int) -> None:
        if stat.S_ISDIR(os.fstat(file).st_mode):
            raise OSError(number, os.strerror(number))
        sync(file)

    return refusing


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EIO, errno.EBADF])
def test_a_folder_that_cannot_be_synced_stops_a_reset(
    shelf: Sandbox, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    before = shelf.state(BUNDLE).hashes()
    monkeypatch.setattr(os, "fsync", refuse_to_sync_folders(number))
    with pytest.raises(WrongUsage, match="PLAYBOOK_BACKUPS") as refused:
        shelf.reset(BUNDLE)
    assert "\n" not in str(refused.value) and str(shelf.backups) in str(refused.value)
    assert shelf.state(BUNDLE).hashes() == before


def test_a_full_disk_stops_a_reset_before_it_writes(
    shelf: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = shelf.state(BUNDLE).hashes()
    monkeypatch.setattr(writing, "_write_synced", full)
    with pytest.raises(WrongUsage, match="No space left on device; set PLAYBOOK_BACKUPS"):
        shelf.reset(BUNDLE)
    assert shelf.state(BUNDLE).hashes() == before
    assert list(shelf.backups.iterdir()) == []


@pytest.mark.parametrize("below", [".", "not there"])
def test_a_file_in_place_of_the_backup_folder_is_refused(
    shelf: Sandbox, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").touch()
    unusable = replace(shelf, backups=tmp_path / "file" / below)
    with pytest.raises(WrongUsage, match="PLAYBOOK_BACKUPS"):
        unusable.reset(BUNDLE)


def test_an_error_of_the_machine_within_a_step_is_rolled_back(
    shelf: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.db.leads.delete_many({"bundle": shelf.bundle(BUNDLE).key})
    before = shelf.state(BUNDLE).hashes()
    run = Executor.run
    refused: list[Operation] = []

    def refuse_once(self: Executor, operation: Operation, *meanwhile: Any) -> str:
        did = run(self, operation, *meanwhile)
        if isinstance(operation, Call) and not refused:  # the data is written by then
            refused.append(operation)
            raise OSError("Could not find a suitable TLS CA certificate bundle: /nowhere.pem")
        return did

    monkeypatch.setattr(Executor, "run", refuse_once)
    with pytest.raises(ResetFailed) as failed:
        shelf.reset(BUNDLE)
    text = str(failed.value)
    assert failed.value.exit_code == 3 and failed.value.state_is_back
    assert "/nowhere.pem" in text and "REQUESTS_CA_BUNDLE" in text
    assert refused and "should not have happened" not in text and "\n" not in text
    assert shelf.state(BUNDLE).hashes() == before
