"""The panel on its own server. Its log contains no secret."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from playbook.environment import Environment
from playbook.environment.redaction import Redactor
from playbook.panel.app import create_app
from playbook.panel.below_a_path import BelowAPath, path_of_the_panel
from playbook.pristine.seeds import Seeds
from playbook.processes.signal_flag import handled_signals

SHUTDOWN_SECONDS = 3
LOGGERS = ("uvicorn", "uvicorn.error", "uvicorn.access", "playbook.jobs")


class Server(uvicorn.Server):
    """A server that a signal ends in order; the process itself continues."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order at the first signal, at once at the second."""
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread gets signals
            return
        # uvicorn would raise the signal again at its end. That would kill the process before it
        # has ended its environment.
        before = {number: signal.signal(number, self.handle_exit) for number in handled_signals()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in order; if that was asked for before, end at once."""
        self.force_exit = self.should_exit
        self.should_exit = True
        if self.force_exit:
            # Requests end in the middle now. That is wanted, so no traceback is logged.
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)


def server_for(environment: Environment, seeds: Seeds) -> Server:
    """A server of the panel, to be run on a listening socket."""
    app = create_app(environment, seeds)
    app.state.desk.work.checks.keep_one_ready(environment, seeds)
    server = Server(
        uvicorn.Config(
            BelowAPath(app, path_of_the_panel()),
            # Actions are in the audit log; reading pages is not recorded.
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
    )
    for name in LOGGERS:
        logging.getLogger(name).addFilter(RedactingFilter(environment.redact))
    return server


class RedactingFilter(logging.Filter):
    """Replaces secrets in what is logged, tracebacks included."""

    def __init__(self, redact: Redactor) -> None:
        super().__init__()
        self._redact = redact

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text = self._redact(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True
