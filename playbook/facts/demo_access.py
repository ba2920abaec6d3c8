"""T, the moment of demo access: from the journal, else from a document of the demo."""

from __future__ import annotations

from datetime import datetime

from playbook.facts.findings import Unobservable
from playbook.facts.reading import Reading
from playbook.reset.access import YEARS


def access_by_journal(reading: Reading) -> datetime | None:
    """T of the bundle's last run (UTC), if that was a finished reset; else None.

    After a rollback the restored documents themselves contain their T.
    """
    run = reading.last_run
    if run and run.get("status") == "done" and run.get("trigger") != "rollback":
        access = run.get("access")
        if isinstance(access, datetime) and access.year in YEARS:
            return access
    return None


def access_in_document(anchor: object, where: str) -> datetime:
    """T (UTC) as a document of the demo has it; ``where`` names the field for a person.

    Raises Unobservable if it is not an instant, or of a year in which no demo can be.
    """
    if not isinstance(anchor, datetime):
        raise Unobservable(f"{where} is not an instant but {anchor!r}")
    if anchor.year not in YEARS:
        raise Unobservable(
            f"{where} is in the year {anchor.year}; expected one from {YEARS[0]} to {YEARS[-1]}"
        )
    return anchor
