"""A job's progress as server-sent events. Each event has the HTML of that part of the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pymongo.errors import PyMongoError

from playbook.environment.redaction import Redactor
from playbook.errors import Unreachable
from playbook.panel.jobs import Job, Jobs
from playbook.panel.templating import fragment

LOOK_SECONDS = 0.25
KEEP_ALIVE_LOOKS = 40
"""After so many looks without news a comment is sent, so proxies keep the connection open."""
SESSION_LOOKS = 4
"""After so many looks the session is checked again."""


def progress_of(job: Job | None) -> str:
    """The HTML of a job's progress."""
    return fragment("_progress.html", job=job)


@dataclass(frozen=True)
class ProgressEvents:
    """The progress of a bundle's job for one reader, as events."""

    jobs: Jobs
    bundle: str
    redact: Redactor
    is_allowed: Callable[[], bool]
    """Whether the reader is still signed in; if not, the events end."""

    def response(self) -> StreamingResponse:
        """An answer that sends "progress" after each change, and "end" when the job has ended."""
        return StreamingResponse(
            self._events(),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    async def _events(self) -> AsyncIterator[str]:
        sent, quiet, looks = None, 0, 0
        while True:
            looks += 1
            try:
                if looks % SESSION_LOOKS == 0 and not await run_in_threadpool(self.is_allowed):
                    return
                job = (await run_in_threadpool(self.jobs.latest, [self.bundle])).get(self.bundle)
            except (PyMongoError, Unreachable):
                return  # the browser asks again
            text = self.redact(await run_in_threadpool(progress_of, job))
            if text != sent:
                sent, quiet = text, 0
                yield _event("progress", text)
            if job is None or not job.running:
                yield _event("end", job.id if job else "")
                return
            quiet += 1
            if quiet % KEEP_ALIVE_LOOKS == 0:
                yield ": still working\n\n"
            await asyncio.sleep(LOOK_SECONDS)


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
