"""The parts that bundles share: a region's catalog and creators, and everybody's languages.

Indexes belong to all bundles, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from playbook.deployments.description import Deployment
from playbook.deployments.indexes import differing
from playbook.environment.snapshot import Snapshot, differing_collections
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document
from playbook.reset import backup, plan, standing
from playbook.reset.current_state import Snapshots
from playbook.reset.operations import Step

OF_A_REGION = ("products", "categories", "creators")
"""The kinds of documents that the bundles of one region share."""
OF_ALL = ("locales",)
"""The kinds of documents that all bundles share."""


def shared_collections(deployment: Deployment) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The collections that bundles of one region share, and those that all bundles share."""
    return (
        tuple(k.collection for k in deployment.kept if k.kind in OF_A_REGION),
        tuple(k.collection for k in deployment.kept if k.kind in OF_ALL),
    )


def groups_that_share(
    deployment: Deployment, chosen: Sequence[Bundle]
) -> Iterator[tuple[str, tuple[str, ...], list[Bundle]]]:
    """The shared parts, their collections, and the groups of bundles that share them."""
    of_a_region, of_all = shared_collections(deployment)
    for region in dict.fromkeys(bundle.region for bundle in chosen):
        group = [bundle for bundle in chosen if bundle.region == region]
        yield standing.region_key(group[0]), of_a_region, group
    yield standing.LANGUAGES, of_all, list(chosen)


def reset_changes_what_all_share(
    deployment: Deployment, steps: Iterable[Step], before: Snapshot
) -> bool:
    """Whether a reset will write the languages or build indexes."""
    declared = deployment.indexes
    _, of_all = shared_collections(deployment)
    counts = plan.counts(steps, before.documents)
    if any(counts[name].created or counts[name].changed for name in of_all if name in counts):
        return True
    return any(differing(declared[name], before.indexes.get(name, [])) for name in declared)


def rollback_changes_what_all_share(
    deployment: Deployment, wanted: Snapshots, before: Snapshots
) -> bool:
    """Whether a rollback will change the languages or the indexes."""
    whole, there = backup.together(wanted)[0], backup.together(before)[0]
    _, of_all = shared_collections(deployment)
    languages = set(of_all) & set(differing_collections(whole, there))
    return bool(languages) or any(
        _by_name(whole.indexes.get(name, [])) != _by_name(there.indexes.get(name, []))
        for name in deployment.indexes
    )


def _by_name(indexes: Iterable[Document]) -> dict[str, Document]:
    """Indexes in a form that can be compared, without what a server adds itself."""
    return {
        index["name"]: {
            **{k: v for k, v in index.items() if k not in ("v", "ns", "key") and v is not False},
            "key": list(index["key"].items()),
        }
        for index in indexes
    }
