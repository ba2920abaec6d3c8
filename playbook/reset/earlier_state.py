"""Choose what a rollback restores: a backup for each bundle, and one for each shared part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playbook import clock
from playbook.environment import Environment
from playbook.environment.snapshot import Snapshot
from playbook.errors import Refused, WrongUsage
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.reset import backup, standing
from playbook.reset.backup import OF_NO_BUNDLE, Backup
from playbook.reset.journal import ROLLBACK, Journal
from playbook.reset.rollback_of_shared_parts import Source, end_of, is_left_alone, run_of
from playbook.reset.shared_parts import groups_that_share


@dataclass(frozen=True)
class EarlierState:
    """The state that a rollback restores."""

    sources: Mapping[str, Source]
    """The backup of each bundle, by its id."""
    snapshots: Mapping[str, Snapshot]
    """The documents to restore, by the bundle's id; under OF_NO_BUNDLE those of no bundle."""
    shared: Mapping[str, Document]
    """The backup and the bundle that each shared part comes from. A part that is not restored is
    missing here and in the snapshots (see playbook.reset.rollback_of_shared_parts)."""


def source_of(
    environment: Environment, backups: Path, bundle: Bundle, saved: Backup | None
) -> Source:
    """The backup to restore, and the runs that this undoes.

    Without ``saved``: the backup before the last change. Raises WrongUsage or Refused.
    """
    source = Source(saved) if saved else before_last_change(environment, backups, bundle)
    if bundle.key not in source.saved.parts:
        holds = ", ".join(source.saved.bundles)
        raise Refused(f"backup {source.saved.path.name} is of {holds}, not of {bundle.key}")
    return source


def before_last_change(environment: Environment, backups: Path, bundle: Bundle) -> Source:
    """The state before the last change of a bundle's demo, and what that change did.

    A night counts as one change, with all its attempts. Raises WrongUsage if no change is known,
    or if the state before is not among the backups.
    """
    identity = environment.identity
    with environment.translate_connection_errors():
        changes = Journal.of(environment).changes(bundle.key)
    if not changes:
        raise WrongUsage(
            f"nothing has changed {bundle.short} yet, by the journal of this environment: "
            "there is nothing to roll back"
        )
    last, undone = changes[0], changes[:1]
    if night := last.get("part_of"):
        undone = [change for change in changes if change.get("part_of") == night]
        last = undone[-1]
    name, kept = last.get("backup"), backup.listed(backups, identity, bundle)
    if last.get("trigger") == ROLLBACK and "restored" not in last:
        name = None  # an old record: rollbacks did not save the present state then
    for one in kept:
        if one.path.name == name and one.run in (None, run_of(last)):
            # An old record without this field: the run may have changed all shared parts.
            usual = standing.shared_by(bundle)
            wrote = {part for change in undone for part in change.get("wrote", usual)}
            return Source(one, frozenset(wrote), frozenset(map(run_of, undone)), end_of(last))
    when = clock.local_text(last["started_at"], bundle.timezone)
    raise WrongUsage(
        f"the state of {bundle.short} before its last {last.get('trigger')} ({when}) is not "
        f"among the backups in {backups}; choose one with --to, by "
        f"playbook rollback {bundle.short} --list"
    )


def earlier_state(
    environment: Environment,
    backups: Path,
    chosen: Sequence[Bundle],
    saved: Mapping[str, Backup],
    orphans: bool,
) -> EarlierState:
    """What a rollback restores: each bundle's own documents from its backup, shared ones from one.

    Without a backup in ``saved``, by the bundle's id, it is the one before its last change.
    ``orphans``: documents of no bundle, too, if the oldest backup has them. Raises BadBackup,
    WrongUsage or Refused.
    """
    sources = {b.key: source_of(environment, backups, b, saved.get(b.key)) for b in chosen}
    wanted = _documents_in_backups(environment, sources, orphans)
    with environment.translate_connection_errors():
        writes = Journal.of(environment).shared_writes()
    ages = {one.path.name: one.age_key for one in backup.listed(backups, environment.identity)}
    shared: dict[str, Document] = {}
    for part, collections, group in groups_that_share(environment.deployment, chosen):
        undoing = [
            bundle for bundle in group if not is_left_alone(sources[bundle.key], part, writes, ages)
        ]
        first = min(undoing or group, key=lambda b: sources[b.key].saved.age_key)
        if undoing:
            folder = sources[first.key].saved.path.name
            shared[part] = {"backup": folder, "bundle": first.key}
        restored = {name: wanted[first.key].documents[name] for name in collections}
        for bundle in group:
            documents = {
                name: found
                for name, found in wanted[bundle.key].documents.items()
                if name not in collections
            }
            indexes = wanted[bundle.key].indexes
            if part == standing.LANGUAGES:
                indexes = wanted[first.key].indexes
            wanted[bundle.key] = Snapshot(documents | (restored if undoing else {}), indexes)
    return EarlierState(sources, wanted, shared)


def _documents_in_backups(
    environment: Environment, sources: Mapping[str, Source], orphans: bool
) -> dict[str, Snapshot]:
    """The documents of each bundle in its own backup; each backup is read once."""
    by_folder: dict[Path, list[str]] = {}
    for key, source in sources.items():
        by_folder.setdefault(source.saved.path, []).append(key)
    oldest = min((source.saved for source in sources.values()), key=lambda one: one.age_key)
    if orphans and OF_NO_BUNDLE in oldest.parts:
        by_folder[oldest.path].append(OF_NO_BUNDLE)
    wanted: dict[str, Snapshot] = {}
    for path, keys in by_folder.items():
        wanted |= backup.read(path, keys, environment.deployment.collections)
    return wanted


def saved_state(environment: Environment, backups: Path, folder: str, bundle: Bundle) -> Snapshot:
    """The documents of one bundle in one backup. Raises BadBackup."""
    path, collections = backups / folder, environment.deployment.collections
    return backup.read(path, [bundle.key], collections)[bundle.key]
