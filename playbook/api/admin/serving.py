"""The panel on a server of its own, whose log carries no secret."""

from __future__ import annotations

import logging

import uvicorn

from playbook.api.admin.app import create_app
from playbook.environment import Environment
from playbook.environment.redaction import Redactor
from playbook.seeds import Seeds

SHUTDOWN_SECONDS = 3
LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "playbook.jobs")


def server_for(environment: Environment, seeds: Seeds) -> uvicorn.Server:
    """A server of the panel, to be run on a listening socket."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(environment, seeds),
            # Who did what is in the audit log; who looked at what is nobody's business.
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    for name in LOGGERS:
        logging.getLogger(name).addFilter(Hiding(environment.redact))
    return server


class Hiding(logging.Filter):
    """Hides secrets in what is logged, tracebacks included."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self._redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True
