"""An app of a test, served over real HTTP by this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from playbook.processes.listening import tcp_socket
from tests.sandbox import until


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an app on a free port until the end of the block; the value is its address."""
    with tcp_socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started or not thread.is_alive(), "the server to start")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(30)
        assert not thread.is_alive(), "the server did not end"
