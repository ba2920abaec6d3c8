"""What MongoDB and Redis contain of one bundle."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import bson
from bson import Code
from bson.codec_options import CodecOptions, TypeDecoder, TypeRegistry

from playbook.deployments.scope import Scope
from playbook.environment import Environment, cache_keys, guard, presence, snapshot
from playbook.environment.cache_keys import Cached
from playbook.environment.identities import read_scope
from playbook.environment.presence import Presence
from playbook.environment.snapshot import Question
from playbook.facts.reading.futures import result_of
from playbook.facts.stored import Stored
from playbook.pristine import languages
from playbook.pristine.bundles import Bundle
from playbook.pristine.documents import pristine_documents
from playbook.pristine.rates import CURRENCIES
from playbook.pristine.seeds import Document, Seeds
from playbook.reset.journal import COLLECTION as JOURNAL
from playbook.reset.journal import LOOKS

VARIANTS = "variants of the languages"
"""The label for reading regional variants (``fr-FR`` beside ``fr``)."""


@dataclass(frozen=True)
class JavaScript:
    """A value of MongoDB's type for code. bson.Code would be a text in Python, and equal to one."""

    code: str


def as_kept_in_mongodb(value: Any) -> Any:
    """A value that was read, in the form that MongoDB accepts in a search."""
    if isinstance(value, JavaScript):
        return Code(value.code)
    if isinstance(value, dict):
        return {name: as_kept_in_mongodb(one) for name, one in value.items()}
    return value


class _CodeReader(TypeDecoder):
    bson_type = Code

    def transform_bson(self, value: Any) -> JavaScript:
        return JavaScript(str(value))


AS_READ: CodecOptions[dict[str, Any]] = snapshot.DECODED.with_options(
    type_registry=TypeRegistry([_CodeReader()])
)


class Store:
    """Reads the documents, indexes and cached values of one bundle; reading starts at once.

    Each property waits for its result, and raises Unobservable if it could not be read.
    """

    def __init__(
        self,
        environment: Environment,
        bundle: Bundle,
        seeds: Seeds,
        at: datetime,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._environment, self._bundle, self._seeds, self._at = environment, bundle, seeds, at
        self._deployment = environment.deployment
        self._scope = pool.submit(self._read_scope)
        self.reading_documents = pool.submit(self._read_documents)
        """The documents' future, for which the probes wait."""
        self._indexes = pool.submit(self._read_indexes)
        self._cache = pool.submit(self._read_cache)

    @cached_property
    def scope(self) -> Scope:
        return result_of(self._scope)

    @cached_property
    def documents(self) -> Mapping[str, list[Document]]:
        return result_of(self.reading_documents)

    @cached_property
    def stored(self) -> Stored:
        """The documents by kind, because apps have different names for their collections."""
        # T is not known here: LiveSale, showcase and accounts find it in their documents.
        pristine = pristine_documents(self._bundle, self._seeds, self._at)
        return Stored(self._deployment, pristine, self.documents)

    @cached_property
    def indexes(self) -> Mapping[str, list[dict[str, Any]]]:
        return result_of(self._indexes)

    @cached_property
    def cache(self) -> Mapping[str, Cached]:
        return result_of(self._cache)

    @property
    def is_embedded(self) -> bool:
        """Whether the marker says that ``playbook up`` started the environment."""
        return any(guard.is_embedded(mark) for mark in self.documents[guard.COLLECTION])

    @property
    def present(self) -> list[Presence]:
        """The accounts in session, of the bundle and of those that share its region."""
        traces = {
            trace.collection: self.documents.get(presence.LABEL + trace.collection, [])
            for trace in self._deployment.traces
        }
        return presence.latest(self._seeds, self.scope, traces, self._at)

    @property
    def last_run(self) -> Document | None:
        """The journal's latest entry of the bundle, if there is one."""
        return next(iter(self.documents[JOURNAL]), None)

    def _read_scope(self) -> Scope:
        with self._environment.translate_connection_errors():
            return read_scope(self._environment.db, self._deployment, self._bundle, self._seeds)

    def _read_documents(self) -> dict[str, list[Document]]:
        scope = self._scope.result()
        since = self._at - presence.IN_SESSION
        more = presence.presence_questions(self._seeds, scope, since)
        if locales := self._deployment.kept_as("locales"):
            variants = {locales.key: languages.VARIANT_FILTER}
            more.append(Question(VARIANTS, locales.collection, variants))
        runs = {"bundle": self._bundle.key, "trigger": {"$nin": LOOKS}}
        more += [
            # A feed may keep more in it: other currencies, or the rates of former days.
            Question("currency_rates", "currency_rates", {"_id": {"$in": list(CURRENCIES)}}),
            Question(guard.COLLECTION, guard.COLLECTION, {"_id": guard.MARKER}),
            Question(JOURNAL, JOURNAL, runs, newest=1),
        ]
        with self._environment.translate_connection_errors():
            answers = snapshot.read_documents(self._environment.db, scope, more)
        documents = {
            name: [bson.decode(document.raw, AS_READ) for document in raw]
            for name, raw in answers.items()
        }
        for name in ("currency_rates", guard.COLLECTION, JOURNAL):
            documents.setdefault(name, [])
        return documents

    def _read_indexes(self) -> dict[str, list[dict[str, Any]]]:
        with self._environment.translate_connection_errors():
            return snapshot.read_indexes(self._environment.db, self._deployment)

    def _read_cache(self) -> dict[str, Cached]:
        with self._environment.translate_connection_errors():
            client = self._environment.redis
            keys = cache_keys.keys(client, self._deployment.key_patterns(self._bundle))
            values = cache_keys.values(client, keys)
            return {key.decode("utf-8", "replace"): value for key, value in values.items()}
