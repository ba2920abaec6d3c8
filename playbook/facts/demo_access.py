"""T, the moment of demo access, by the journal of resets."""

from __future__ import annotations

from datetime import datetime

from playbook.facts.reading import Reading


def access_by_journal(reading: Reading) -> datetime | None:
    """T of the bundle's last run, where that was a reset that finished; else None (UTC).

    After a rollback the documents that it restored say themselves which T they are for.
    """
    run = reading.last_run
    if run and run.get("status") == "done" and run.get("trigger") != "rollback":
        access = run.get("access")
        if isinstance(access, datetime):
            return access
    return None
