"""Who did what, and when: one document for each action in ``demo_audit``, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.database import Database

from playbook.environment.redaction import Redactor
from playbook.pristine.seeds import Document

COLLECTION = "demo_audit"
SHOWN = 200
LONGEST = 300


@dataclass(frozen=True)
class Audit:
    """Writes and shows the log."""

    db: Database[dict[str, Any]]
    redact: Redactor

    def record(
        self, who: str, action: str, now: datetime, bundle: str | None = None, detail: str = ""
    ) -> None:
        """Record one action, before it is done. Raises PyMongoError if MongoDB does not answer."""
        self.db[COLLECTION].insert_one(
            {
                "at": now,
                "who": _shortened(who),
                "action": action,
                "bundle": bundle,
                "detail": _shortened(self.redact(detail)),
            }
        )

    def latest(self, count: int = SHOWN) -> list[Document]:
        """The latest actions, newest first, without those whose time cannot be read."""
        dated = {"at": {"$type": "date"}}
        return list(self.db[COLLECTION].find(dated).sort([("at", -1), ("_id", -1)]).limit(count))


def _shortened(text: str) -> str:
    text = " ".join(text.encode("utf-8", "backslashreplace").decode().split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
