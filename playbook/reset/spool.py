"""A folder beside the backups for records of the journal, used while MongoDB does not answer.

Several environments may use one folder; each reads only its own records.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bson
from bson import json_util
from bson.errors import BSONError

from playbook.pristine.seeds import Document
from playbook.processes.output import write_output

AWARE = json_util.JSONOptions(tz_aware=True)


@dataclass(frozen=True)
class Spool:
    """The waiting records of one environment, a JSON file each."""

    folder: Path
    identity: str | None
    """The environment's identity; None if MongoDB could not be asked, or has no marker."""
    place: str
    """The address of its database, without credentials."""

    def put(self, record: Document) -> None:
        """Keep a record. Raises OSError."""
        # The file must appear complete or not at all: the next run reads every *.json.
        text = json_util.dumps(record, ensure_ascii=False)
        write_output(self.folder / f"{record['_id']}.json", text, private=True)

    def records(self, bundle: str) -> Iterator[tuple[Path, Document]]:
        """The waiting records of a bundle, each with its file."""
        for path in sorted(self.folder.glob("*.json")):
            record = _record_in(path)
            if record is not None and record.get("bundle") == bundle and self._owns(record):
                yield path, record

    def _owns(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is of this environment.

        MongoDB did not answer when it was written, so its identity may be missing. Then the
        address of the database decides.
        """
        if record.get("environment") is not None and self.identity is not None:
            return bool(record["environment"] == self.identity)
        return bool(self.place) and record.get("place") == self.place


def _record_in(path: Path) -> Document | None:
    """The record in a file; None if another run has taken it, or if it is not a record of ours."""
    try:
        if not path.is_file():  # reading a pipe would never end
            return None
        record = json_util.loads(path.read_text(encoding="utf-8"), json_options=AWARE)
        if not isinstance(record, dict) or not isinstance(record["_id"], str):
            return None
        bson.encode(record)  # MongoDB can keep it
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError):
        return None
    except (BSONError, RecursionError):
        return None
    return record
