"""A description of somebody's own: what is wrong with it is said in one line, before it is used.

A description is code that we have never seen. Its values are compared with their declared types
when it is loaded (:func:`protected`), and what its functions return or raise whenever one is
called. Before the first use they are tried with the pristine documents (:func:`require_usable`): a
field that is misspelled, or that nothing compares, would make a check look at nothing.
"""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import wraps
from pathlib import Path
from typing import Any

import bson

from playbook.deployments.declared_types import (
    declared_fields,
    misfit,
    place_of,
    returned_type,
)
from playbook.deployments.demo_routes import BUNDLE
from playbook.deployments.description import Deployment, Kept, UnreadableAnswer
from playbook.deployments.fitting import decoded
from playbook.deployments.front_end import PAGES
from playbook.deployments.id_text import as_kept
from playbook.deployments.matching import Matching
from playbook.deployments.paths import MISSING, field_at, outermost
from playbook.deployments.playbook import DEPLOYMENT as OURS
from playbook.errors import PlaybookError, WrongUsage
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.seeds import Document, Seeds

OF_THE_PLAYBOOK = (
    *("demo_environment", "demo_resets", "demo_locks", "demo_meetings"),
    *("demo_admins", "demo_admin_sessions", "demo_jobs", "demo_audit"),
)
"""Collections that the playbook keeps its own records in."""
READS_ANSWERS = frozenset(
    {
        "entry",
        "read",
        "account",
        "token",
        "user_id",
        "entries",
        "next_page",
        "from_app",
        "content",
        "cached",
    }
)
"""The functions that read what the app has or answers, which may be anything."""
LONGEST_FILE_NAME = 200
"""In bytes, without the endings that a backup's files have."""
CLOSE = 0.8
"""How much a misspelled path and the right one have in common, at least."""
T = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""A moment of demo access, to try a description with."""


# Functions


def protected(deployment: Deployment, file: str) -> Deployment:
    """A description whose functions report what they do wrong, with its ``file`` in the text.

    Raises WrongUsage if a value has another type than the declared one.
    """
    where = f"PLAYBOOK_DEPLOYMENT: {file}"
    if wrong := misfit(deployment, Deployment, ""):
        raise WrongUsage(f"{where}: {wrong}; correct the description")
    if wrong := next(_contradictions(deployment), None):
        raise WrongUsage(f"{where}: {wrong}; correct the description")
    found: Deployment = _with_protected_functions(deployment, Deployment, "", file)
    return replace(found, file=file)


def _with_protected_functions(value: Any, hint: Any, place: str, file: str) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        changed: dict[str, Any] = {}
        for one, declared in declared_fields(value, hint):
            inner, name = getattr(value, one.name), f"{place}.{one.name}".removeprefix(".")
            returned = returned_type(declared)
            if returned is not None and inner is not None:
                changed[one.name] = _protected_function(inner, returned, name, file)
            else:
                changed[one.name] = _with_protected_functions(inner, declared, name, file)
        return replace(value, **changed)
    if isinstance(value, tuple | list) and any(map(is_dataclass, value)):
        return tuple(
            _with_protected_functions(one, type(one), place_of(place, one, n), file)
            for n, one in enumerate(value)
        )
    return value


def _protected_function(
    function: Callable[..., Any], returned: Any, name: str, file: str
) -> Callable[..., Any]:
    reads = name.rpartition(".")[2] in READS_ANSWERS

    @wraps(function)
    def call(*arguments: Any) -> Any:
        wrong: str | None
        try:
            result = function(*arguments)
        except (PlaybookError, UnreadableAnswer):
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything
            text = " ".join(f"{type(error).__name__}: {error}".split())
            wrong = f"{name} raises {text}{_line_of(error, file)}"
        else:
            if (wrong := misfit(result, returned, f"what {name} returns")) is None:
                return result
        if reads:  # perhaps the answer is wrong, perhaps the function
            text = f"{wrong}, in {Path(file).name}"
            raise UnreadableAnswer(f"{text}; if that should be readable, correct the description")
        raise WrongUsage(f"PLAYBOOK_DEPLOYMENT: {file}: {wrong}; correct the description")

    return call


def _line_of(error: BaseException, file: str) -> str:
    """The line of a description in which an error was raised; nothing if it was in none."""
    path = str(Path(file).expanduser().absolute())
    frames = traceback.extract_tb(error.__traceback__)
    lines = [one.lineno for one in frames if str(Path(one.filename).absolute()) == path]
    return f" (line {lines[-1]})" if lines else ""


# What the parts say together


def _contradictions(deployment: Deployment) -> Iterator[str]:
    kinds = Counter(kept.kind for kept in deployment.kept)
    for kind, number in kinds.items():
        if number > 1:
            yield f"kept has {number} entries for {kind}; one is used"
        if kind in deployment.not_kept:
            yield f"{kind} is both in kept and in not_kept"
    # A collection has one filter: a second one would replace it.
    collections = [kept.collection for kept in deployment.kept]
    collections += [trace.collection for trace in deployment.traces]
    for name, number in Counter(collections).items():
        if number > 1:
            yield f"collection {name} is described {number} times; expected once in kept and traces"
        if name in OF_THE_PLAYBOOK or name.startswith("system."):
            yield f"collection {name} is not the app's"
        if (
            re.search(r"[/\\\x00]|^\.|^$", name)
            or len(name.encode(errors="replace")) > LONGEST_FILE_NAME
        ):
            yield f"collection {name!r} can't be the name of a file, so it would have no backup"
    for kept in deployment.kept:
        for path in kept.ours:
            if any(not name or name.startswith("$") for name in path.split(".")):
                yield f"kept[{kept.kind}].ours names {path!r}, which MongoDB cannot change"
            elif path not in outermost(kept.ours):
                yield (
                    f"kept[{kept.kind}].ours names {path!r} and a path around it; MongoDB does not "
                    "change both at once, so name only one of them"
                )
    traced = {trace.collection for trace in deployment.traces}
    for trace in deployment.traces:
        if not (trace.emails or trace.user_ids or trace.parent or trace.names_bundle):
            yield f"traces[{trace.collection}] says by nothing whose traces these are"
        if trace.parent is not None and trace.parent[0] not in traced:
            yield f"traces[{trace.collection}].parent names {trace.parent[0]}, which is no trace's"
    for name, path in deployment.routes.paths().items():
        if not path.startswith("/"):
            yield f"routes.{name} is {path!r}; it must begin with /"
        elif name in ("context", "kpis") and BUNDLE not in path:
            yield f"routes.{name} is {path!r}, which lacks {BUNDLE}, so all bundles would show one"
    yield from _wrong_pages(deployment)


def _wrong_pages(deployment: Deployment) -> Iterator[str]:
    """What is wrong with the description of the front end, and of the links that lead there."""
    front_end = deployment.front_end
    steps = (*PAGES, "joined")
    for step in (*front_end.pages, *front_end.not_known):
        if step not in steps:
            yield f"front_end names the step {step!r}; expected one of {', '.join(steps)}"
    before: set[str] = set()
    for left in front_end.left:
        if left.by not in {"user agent", "sentence", "account", *before}:
            yield (
                f"front_end.left[{left.collection}].by is {left.by!r}, which is neither a mark nor "
                "a collection before it, so a walk would leave its documents"
            )
        before.add(left.collection)
    for field in deployment.links.parameters:
        if field not in ("locale", "currency", "timezone", "device"):
            yield f"links.parameters names {field!r}, which an investor does not have"


_TRIED: dict[tuple[int, int], tuple[Deployment, Seeds]] = {}


def require_usable(deployment: Deployment, seeds: Seeds) -> None:
    """Try a description's functions with the seeds, once. Raises WrongUsage if one is wrong.

    The descriptions of this project are tried by a test.
    """
    if deployment.file and (id(deployment), id(seeds)) not in _TRIED:
        try:
            wrong = next(mistakes(deployment, seeds), None)
        except UnreadableAnswer as error:  # it can't read its own documents
            raise WrongUsage(f"PLAYBOOK_DEPLOYMENT: {error}") from None
        if wrong:
            where = f"PLAYBOOK_DEPLOYMENT: {deployment.file}"
            raise WrongUsage(f"{where}: {wrong}; correct the description")
        _TRIED[id(deployment), id(seeds)] = deployment, seeds


def mistakes(deployment: Deployment, seeds: Seeds) -> Iterator[str]:
    """What is wrong with a description, each mistake in a few words.

    Raises WrongUsage for a function that raises something, or that returns another type.
    """
    all_bundles = [line.model for line in seeds.bundles.values()]
    named: dict[tuple[str, str], str] = {}
    written: dict[str, set[str]] = {kept.kind: set() for kept in deployment.kept}
    unused = {kept.kind: dict.fromkeys(kept.ours) for kept in deployment.kept}
    for bundle in all_bundles:
        yield from _wrong_requests(deployment, bundle, seeds)
        pristine = pristine_documents(bundle, seeds, T)
        yield from _impossible_ids(deployment, pristine)
        matching = Matching(deployment, pristine, {})
        for kept in deployment.kept:
            for document in matching.pristine(kept.kind):
                wanted = kept.to_app(document, matching)
                if kept.new_id is not None:
                    new, key = kept.new_id(document), document["_id"]
                    other = named.setdefault((kept.kind, repr(new)), key)
                    if kept.new_id(document) != new:
                        yield f"kept[{kept.kind}].new_id gives another one each time for {key}"
                    if new is None or other != key:
                        whose = "" if new is None else f", as for {other}"
                        yield f"kept[{kept.kind}].new_id gives {new!r} for {key}{whose}"
                yield from _unread(kept, document, wanted, matching)
                written[kept.kind].update(_paths(wanted))
                for path in list(unused[kept.kind]):
                    if field_at({"_id": document["_id"], **wanted}, path) is not MISSING:
                        del unused[kept.kind][path]
    for kept in deployment.kept:
        if kept.kind == "users" and deployment.password.path not in kept.ours:
            yield f"kept[users].ours lacks {deployment.password.path!r}, the path of the password"
        for path in unused[kept.kind]:
            if kept.kind == "users" and path == deployment.password.path:
                continue
            # A path that is never written is a field that must not be there, or a wrong name.
            if meant := get_close_matches(path, written[kept.kind] - {*kept.ours}, 1, CLOSE):
                yield (
                    f"kept[{kept.kind}].ours names {path!r}, which to_app never writes; "
                    f"{meant[0]!r} would not be compared"
                )
        if not unused[kept.kind].keys() < set(kept.ours):
            yield f"kept[{kept.kind}].ours is empty, so nothing would be compared"


def _impossible_ids(
    deployment: Deployment, pristine: Mapping[str, list[Document]]
) -> Iterator[str]:
    """The ids of new documents that MongoDB can't keep; they would break everything below."""
    for kept in deployment.kept:
        for document in pristine.get(kept.kind, ()):
            if kept.new_id is None:
                break
            try:
                bson.encode({"_id": as_kept(kept.new_id(document))})
            except (bson.errors.BSONError, ValueError, OverflowError) as error:
                yield (
                    f"MongoDB can't keep what kept[{kept.kind}].new_id gives for "
                    f"{document['_id']}: {error}"
                )


def _unread(kept: Kept, document: Document, wanted: Document, matching: Matching) -> Iterator[str]:
    """What of one pristine document would be lost, or would not be compared."""
    name = f"kept[{kept.kind}]"
    whole = {"_id": matching.id_of(kept.kind, document["_id"]), **wanted}
    key = kept.comparable_key(field_at(whole, kept.key))
    if key != kept.comparable_key(kept.natural_key(document)):
        yield (
            f"{name}.key {kept.key!r} does not contain what natural_key gives for "
            f"{document['_id']}, so the document would never be found again"
        )
    try:
        bson.encode(decoded(whole))
    except (bson.errors.BSONError, ValueError, OverflowError) as error:
        yield f"MongoDB can't keep what {name}.to_app writes for {document['_id']}: {error}"
    paths = ("_id", kept.key, *kept.ours)
    ours, again = _only(whole, paths), {**whole, **kept.to_app(document, matching)}
    for field, value in _only(again, paths).items():
        if value != ours.get(field):
            yield f"{name}.to_app gives another {field!r} each time, so nothing is ever pristine"
    read, of_ours = kept.from_app(whole, matching), kept.from_app(ours, matching)
    own = OURS.kept_as(kept.kind)
    for field in dict.fromkeys(path.partition(".")[0] for path in own.ours) if own else ():
        if read.get(field, MISSING) != of_ours.get(field, MISSING):
            yield (
                f"{name}.ours lacks a field from which from_app reads {field!r}, so a wrong one "
                "would not be noticed"
            )


def _paths(document: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """The paths of all fields, also of those that contain others."""
    for name, value in document.items():
        yield f"{before}{name}"
        if isinstance(value, Mapping):
            yield from _paths(value, f"{before}{name}.")


def _only(document: Mapping[str, Any], paths: tuple[str, ...]) -> Document:
    """The fields of a document at some paths."""
    found: Document = {}
    for path in paths:
        value = field_at(document, path)
        if value is MISSING:
            continue
        *above, last = path.split(".")
        place = found
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    return found


def _wrong_requests(deployment: Deployment, bundle: Bundle, seeds: Seeds) -> Iterator[str]:
    """What is wrong with what is asked of the app, or of its database and cache."""
    # Imported here, because a scope requires a usable description.
    from playbook.deployments.scope import Identities, owner_of

    owner = owner_of(bundle, seeds, Identities())
    for kept in deployment.kept:
        if not kept.belongs(owner):
            empty = f"kept[{kept.kind}].belongs is an empty filter"
            yield f"{empty}, so a reset would remove every document of {kept.collection}"
    for pattern in deployment.key_patterns(bundle):
        if not pattern.strip("*?"):
            yield f"key_patterns names {pattern!r}: every key, so a reset would delete them all"
    shown = deployment.shown
    lists = (shown.products, shown.livesales, shown.leads, shown.creators, shown.categories)
    requests = [listing.pages(bundle, 0) for listing in lists if listing is not None]
    requests += [one.ask("ID") for one in (shown.product, shown.livesale) if one is not None]
    requests += [deployment.sign_in.ask("EMAIL", "PASSWORD"), deployment.sign_in.own_page("ID")]
    for request in requests:
        if not request.path.startswith("/"):
            yield f"the path {request.path!r} of a request must begin with /"
    for lead in seeds.leads.values():
        shown.column_of(lead.model.stage)
    for kpi in seeds.showcases[bundle.key].document["headline"]:
        deployment.kpi(bundle, kpi)
