"""Which bundles are being reset or rolled back now, by the leases of the runs that do it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from playbook.environment import Environment
from playbook.pristine.bundles import Bundle
from playbook.reset.lease import COLLECTION, ended_runs


@dataclass(frozen=True)
class AtWork:
    """The leases of some bundles at one instant of MongoDB's clock."""

    at: datetime
    leases: Mapping[str, Mapping[str, Any]]
    """The documents of all leases, also of those that were given back, by the bundle's id."""

    @property
    def held(self) -> dict[str, Mapping[str, Any]]:
        """The leases that a run holds, by the bundle's id.

        A run of this process that has ended works no more, even if its lease could not be given
        back.
        """
        over = ended_runs()
        return {
            key: lease
            for key, lease in self.leases.items()
            if isinstance(until := lease.get("expires_at"), datetime)
            and until > self.at
            and lease.get("run") not in over
        }


def at_work(environment: Environment, bundles: Iterable[Bundle]) -> AtWork:
    """Look at the leases of some bundles. Raises Unreachable."""
    keys = {f"bundle:{bundle.key}": bundle.key for bundle in bundles}
    with environment.translate_connection_errors():
        now = environment.server_clock.now()
        found = list(environment.db[COLLECTION].find({"_id": {"$in": list(keys)}}))
    return AtWork(now, {keys[lease["_id"]]: lease for lease in found})


def written_meanwhile(before: AtWork, after: AtWork, bundles: Iterable[Bundle]) -> dict[str, str]:
    """The bundles that a run may have written between two looks, each with a sentence about it.

    A run may have taken the lease and have given it back between them. A lease's document is never
    deleted: if it is gone, it is another database now, or an emptied one.
    """
    sentences: dict[str, str] = {}
    for bundle in bundles:
        lease = after.held.get(bundle.key) or before.held.get(bundle.key)
        last, known = after.leases.get(bundle.key), before.leases.get(bundle.key, {})
        if last is None and known:
            sentences[bundle.key] = (
                f"the database of {bundle.firm} was emptied or replaced while it was checked"
            )
            continue
        if lease is None and last is not None and last.get("run") != known.get("run"):
            lease = last
        if lease is not None:
            since = lease.get("since")
            began = f", since {since:%H:%M:%S} UTC" if isinstance(since, datetime) else ""
            sentences[bundle.key] = (
                f"{bundle.firm} was being reset or rolled back while it was checked, by "
                f"{lease.get('holder')}{began}"
            )
    return sentences
