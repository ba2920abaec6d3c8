"""The traces that a check itself leaves: they are marked, and always removed again."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from playbook.deployments.description import Filter
from playbook.deployments.scope import PROBE
from playbook.environment import Environment
from playbook.environment.side_by_side import side_by_side
from playbook.facts.reading.answer import Answer
from playbook.facts.reading.futures import result_of
from playbook.facts.reading.store import as_kept_in_mongodb
from playbook.facts.reading.visitors import Visitors
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document

ARRIVAL_SECONDS = 5.0
"""How long a tracked event may take to arrive in analytics."""
MADE = (201, 202)
"""Created, accepted: as good as 200 for an event, because the event itself is looked for."""
PROBE_TIME = "%Y%m%dT%H%M%S"
ABANDONED = timedelta(minutes=10)
"""Another check's probe that is older than this is from a killed check."""


class Probes:
    """One bundle's probes: its sign-ins (see :class:`SignIns`) and one tracked event."""

    def __init__(
        self,
        environment: Environment,
        bundle: Bundle,
        accounts: Sequence[str],
        at: datetime,
        reading_documents: Future[dict[str, list[Document]]],
    ) -> None:
        self._environment, self._bundle, self._accounts = environment, bundle, accounts
        self._deployment = environment.deployment
        self._at = at
        # It contains the time, so a later check can recognise probes of a killed check.
        self.mark = f"{PROBE}-{at:{PROBE_TIME}}-{uuid.uuid4().hex}"
        self.tokens: list[str] = []
        """The tokens of the sign-ins."""
        self._reading_documents = reading_documents
        self._begun = False

    def wait_for_documents(self) -> None:
        """Wait until the documents are read, so that no probe is among them."""
        result_of(self._reading_documents)

    def begin(self) -> None:
        """To be called before each probe; from the first one on there is something to remove."""
        self.wait_for_documents()
        self._begun = True

    def track(self, visitors: Visitors) -> tuple[Answer, list[Document]]:
        """Track one event: the answer, and the stored events of it; there should be one."""
        self.begin()
        answer = visitors.ask(
            "POST",
            self._deployment.routes.track,
            json={
                "bundle": self._bundle.key,
                "event_type": "page_view",
                "page": "/",
                "utm_content": PROBE,
                "session_id": self.mark,
            },
            headers={"User-Agent": self.mark},
        )
        if answer.status in MADE:
            answer = replace(answer, status=200)
        answer = visitors.opened(answer)
        if answer.problem or answer.status != 200 or self._deployment.events is None:
            return answer, []
        # An app may write its events through a queue, so look again for some seconds.
        collection = self._environment.db[self._deployment.events]
        deadline = time.monotonic() + ARRIVAL_SECONDS
        pause = 0.05
        with self._environment.translate_connection_errors():
            while True:
                events = list(collection.find({"session_id": self.mark}))
                if events or time.monotonic() > deadline:
                    return answer, events
                if isinstance(answer.body, dict) and answer.body.get("tracked") is not True:
                    return answer, []  # the app itself says that it did not track the event
                time.sleep(pause)
                pause = min(pause * 2, 1.0)

    def remove(self) -> None:
        """Remove this check's probes, and those of killed checks.

        Raises Unreachable if MongoDB does not answer any more.
        """
        if not self._begun:
            return
        abandoned = f"{PROBE}-{self._at - ABANDONED:{PROBE_TIME}}"
        marks = [{"$eq": self.mark}, {"$gte": f"{PROBE}-", "$lt": abandoned}]
        hashes = [hashlib.sha256(token.encode()).hexdigest() for token in self.tokens]
        killed = marks[1]
        db = self._environment.db
        removals: list[Callable[[], object]] = []
        for trace in self._deployment.traces:
            if not trace.session_mark:
                continue
            ours = [
                {trace.session_mark: {"$in": [self.mark, *self.tokens, *hashes]}},
                {"token": {"$in": self.tokens}},
                {"token_sha256": {"$in": hashes}},
            ]
            # An app may give a presenter's session to a second sign-in, too: that one must stay.
            documents = result_of(self._reading_documents).get(trace.collection, ())
            before = [as_kept_in_mongodb(one["_id"]) for one in documents]
            sessions: Filter = {
                "$or": [{"_id": {"$nin": before}, "$or": ours}, {trace.session_mark: killed}]
            }
            if "email" in trace.emails:
                sessions["email"] = {"$in": list(self._accounts)}
            removals.append(partial(db[trace.collection].delete_many, sessions))
        if self._deployment.events is not None:
            events = [{"session_id": mark} for mark in marks]
            tracked = {"bundle": self._bundle.key, "$or": events}
            removals.append(partial(db[self._deployment.events].delete_many, tracked))
        with self._environment.translate_connection_errors():
            side_by_side(removals)
        self._begun = False
