"""T, the moment of demo access, from the journal."""

from __future__ import annotations

from datetime import datetime

from playbook.facts.reading import Reading


def access_by_journal(reading: Reading) -> datetime | None:
    """T of the bundle's last run (UTC), if that was a finished reset; else None.

    After a rollback the restored documents themselves contain their T.
    """
    run = reading.last_run
    if run and run.get("status") == "done" and run.get("trigger") != "rollback":
        access = run.get("access")
        if isinstance(access, datetime):
            return access
    return None
