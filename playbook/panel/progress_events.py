"""A job's progress as server-sent events: the page's own fragment, each time it has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from pymongo.errors import PyMongoError

from playbook.environment.redaction import Redactor
from playbook.panel.jobs import Job, Jobs
from playbook.panel.templating import fragment

LOOK_SECONDS = 0.25
KEEP_ALIVE_LOOKS = 40
"""After so many looks without news a comment is sent, lest a proxy closes the line."""


def progress_of(job: Job | None) -> str:
    """The fragment of a job's progress."""
    return fragment("_progress.html", job=job)


def streamed(jobs: Jobs, bundle: str, redact: Redactor) -> StreamingResponse:
    """Progress as it is made, and an "end" once nothing runs any more."""
    return StreamingResponse(
        _events(jobs, bundle, redact),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(jobs: Jobs, bundle: str, redact: Redactor) -> AsyncIterator[str]:
    sent, quiet = None, 0
    while True:
        try:
            job = (await run_in_threadpool(jobs.latest, [bundle])).get(bundle)
        except PyMongoError:
            return  # the browser asks again
        text = redact(await run_in_threadpool(progress_of, job))
        if text != sent:
            sent, quiet = text, 0
            yield _event("progress", text)
        if job is None or not job.running:
            yield _event("end", job.id if job else "")
            return
        quiet += 1
        if quiet % KEEP_ALIVE_LOOKS == 0:
            yield ": still at it\n\n"
        await asyncio.sleep(LOOK_SECONDS)


def _event(name: str, data: str) -> str:
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
