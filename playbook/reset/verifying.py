"""Compare a demo with what its last rollback has restored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playbook import clock
from playbook.environment.snapshot import differing_collections
from playbook.pristine.bundles import Bundle
from playbook.reset import standing
from playbook.reset.current_state import CurrentState
from playbook.reset.earlier_state import saved_state
from playbook.reset.journal import ROLLBACK, Journal
from playbook.reset.rollback_of_shared_parts import end_of, run_of
from playbook.reset.shared_parts import shared_collections


@dataclass(frozen=True)
class Verified:
    """The result of comparing a bundle with its last rollback."""

    restored: str | None
    """The backup's folder; None if the last run that changed the bundle was not a rollback."""
    differing: tuple[str, ...] = ()
    """The collections that differ from the backup."""
    notes: tuple[str, ...] = ()
    """Notes for a person, one line each."""


def verify_rollback(state: CurrentState, backups: Path, bundle: Bundle) -> Verified:
    """Compare a bundle with what its last rollback restored, byte for byte.

    Shared documents are compared with the last rollback that changed them, even if that was
    another bundle's. Raises BadBackup, Unreachable.
    """
    environment, bundles = state.environment, state.seeds.bundles
    saved = partial(saved_state, environment, backups)
    with environment.translate_connection_errors():
        journal = Journal.of(environment)
        changes = journal.changes(bundle.key, 1)
        last = changes[0] if changes else {}
        # In old records, of rollbacks without a saved state, "backup" names what was restored.
        name = str(last.get("restored") or last.get("backup") or "")
        if not name or (last.get("trigger"), last.get("status")) != (ROLLBACK, "done"):
            return Verified(None)
        wanted = saved(name, bundle)
        found = state.read(state.scope(bundle))
        different, notes = differing_collections(wanted, found), []
        of_a_region, of_all = shared_collections(environment.deployment)
        shared = {standing.region_key(bundle): of_a_region, standing.LANGUAGES: of_all}
        all_writes = [r for r in journal.shared_writes() if run_of(r) != run_of(last)]
        for part, collections in shared.items():
            if not set(collections) & set(different):
                continue
            writes = [run for run in all_writes if part in run.get("wrote", (part,))]
            origin = (last.get("shared") or {}).get(part)
            left_alone = "shared" in last and origin is None
            if writes and (left_alone or end_of(writes[0]) > end_of(last)):
                writer = writes[0]
                key = str(writer.get("bundle"))
                who = bundles[key].model.short if key in bundles else key
                when = clock.local_text(writer["started_at"], bundle.timezone)
                changed = "left as changed" if left_alone else "changed since"
                notes.append(f"{', '.join(collections)}: {changed} by {who}, {when}")
                rolled_back = writer.get("restored") and writer.get("status") == "done"
                origin = (writer.get("shared") or {}).get(part) or (
                    {"backup": writer["restored"], "bundle": key} if rolled_back else None
                )
            if origin and (whose := bundles.get(origin["bundle"])):
                again = differing_collections(saved(origin["backup"], whose.model), found)
                different = [name for name in different if name not in collections or name in again]
            elif left_alone:  # this rollback did not restore them
                different = [name for name in different if name not in collections]
        return Verified(name, tuple(different), tuple(notes))
