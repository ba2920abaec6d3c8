"""Find backups: those of an environment, the latest one, or the one that a person names."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from playbook.environment.identity import Identity
from playbook.errors import Refused, WrongUsage
from playbook.pristine.bundles import Bundle
from playbook.reset.backup.folder import PREFIX
from playbook.reset.backup.manifest import Backup, BadBackup, read_manifest

GO = "GO"


class ForeignBackup(Refused):
    """A backup is of another environment, or has no identity; nothing was written."""


def listed(root: Path, identity: Identity, bundle: Bundle | None = None) -> list[Backup]:
    """An environment's backups with a readable manifest, of a bundle or of all, oldest first."""
    found = [b for b in all_readable(root) if _owned(b, identity)]
    return [b for b in found if bundle is None or bundle.key in b.parts]


def without_identity(root: Path, bundle: Bundle) -> list[Backup]:
    """A bundle's backups without an identity, oldest first."""
    return [b for b in all_readable(root) if b.environment is None and bundle.key in b.parts]


def latest(
    root: Path,
    identity: Identity,
    bundle: Bundle,
    day: date | None = None,
    state: str | None = None,
) -> Backup:
    """A bundle's latest backup; of a day (UTC) or of a state, if one is given.

    Raises WrongUsage if there is none.
    """
    matching = [
        backup
        for backup in listed(root, identity, bundle)
        if (day is None or backup.taken_at.date() == day) and state in (None, backup.state)
    ]
    if not matching:
        which = f" of {day:%Y-%m-%d}" if day else f" that was {state}" if state else ""
        raise WrongUsage(
            f"no backup of {bundle.short}{which} in {root}: nothing to roll back to; "
            f"see playbook rollback {bundle.short} --list"
        )
    return matching[-1]


def _latest_go(root: Path, identity: Identity, bundle: Bundle) -> Backup:
    """The latest state that was checked and GO: one that a night saved as such, or any other.

    Raises WrongUsage if there is none.
    """
    good = [
        backup
        for backup in listed(root, identity, bundle)
        if GO in (backup.state, backup.parts[bundle.key].verdict)
    ]
    return good[-1] if good else latest(root, identity, bundle, state=GO)


def find(
    root: Path, identity: Identity, bundle: Bundle, to: str, believed_of: str | None = None
) -> Backup:
    """The backup that a person names: by its folder, the latest of a day, or the latest "go".

    ``believed_of`` names the environment that a backup without an identity is believed to be of.

    Raises WrongUsage if there is none, ForeignBackup if it is another environment's.
    """
    if to.casefold() == GO.casefold():
        return _latest_go(root, identity, bundle)
    if to.startswith(PREFIX):
        return _named(root, identity, bundle, to, believed_of)
    try:
        day = date.fromisoformat(to)
    except ValueError:
        raise WrongUsage(
            f"{to!r} names no backup; expected a day like 2026-11-21, a folder like "
            f"{PREFIX}20261121, or go for the latest state that was GO"
        ) from None
    return latest(root, identity, bundle, day)


def _named(
    root: Path, identity: Identity, bundle: Bundle, name: str, believed_of: str | None
) -> Backup:
    # The name is compared with existing folders, so it cannot be used as a path.
    found = [b for b in all_readable(root) if b.path.name == name]
    if not found:
        raise WrongUsage(f"no backup of {bundle.short} is called {name!r} in {root}")
    backup = found[0]
    require_own(backup, identity, believed_of)
    if bundle.key not in backup.parts:
        raise WrongUsage(
            f"backup {name} is of {', '.join(backup.bundles)}, not of {bundle.key}; "
            f"see playbook rollback {bundle.short} --list"
        )
    return backup


def require_own(backup: Backup, identity: Identity, believed_of: str | None = None) -> None:
    """Raises ForeignBackup if a backup is not known to be of this environment."""
    name = backup.path.name
    if backup.environment is None:
        if believed_of is None:
            raise ForeignBackup(
                f"backup {name} does not name its environment; nothing was written. If "
                f"you know that it is of this one, add: --believed-of {identity.name}"
            )
        if believed_of not in (identity.name, identity.id):
            raise ForeignBackup(
                f"backup {name} is believed to be of {believed_of!r}, but this environment is "
                f"{identity.name!r}; nothing was written"
            )
    elif not _owned(backup, identity):
        raise ForeignBackup(
            f"backup {name} is of environment {backup.environment.name!r} "
            f"({backup.environment.id}), but this one is {identity.name!r} "
            f"({identity.id or 'without an identity'}); nothing was written"
        )


def _owned(backup: Backup, identity: Identity) -> bool:
    return backup.environment is not None and identity.owns(backup.environment.id)


def all_readable(root: Path) -> list[Backup]:
    """The backups in a folder with a readable manifest, of any environment, oldest first."""
    found = []
    for path in root.glob(f"{PREFIX}*"):
        if not path.name.isprintable():
            continue  # no line could name it, and none of ours is called like that
        try:
            found.append(read_manifest(path)[0])
        except BadBackup:
            continue
    return sorted(found, key=lambda backup: backup.age_key)
