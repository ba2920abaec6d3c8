"""``python -m playbook.embedded.mongo [PATH]``: MongoDB's wire protocol over one SQLite file.

Without a path it keeps its data in memory, which is twice as fast. It prints its address and serves
until SIGTERM or the end of its stdin.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

from mongoeco.engines.memory import MemoryEngine
from mongoeco.engines.sqlite import SQLiteEngine
from mongoeco.wire import AsyncMongoEcoProxyServer

from playbook.processes.lifeline import announce, call_when_parent_ends


async def serve(path: Path | None) -> None:
    """Serve one database file, or none, on a free loopback port until the parent ends it."""
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ending.set)

    def end() -> None:
        with suppress(RuntimeError):  # SIGTERM came first, and the event loop is closed already
            loop.call_soon_threadsafe(ending.set)

    call_when_parent_ends(end)
    engine = SQLiteEngine(str(path)) if path else MemoryEngine()
    async with AsyncMongoEcoProxyServer(engine=engine, host="127.0.0.1", port=0) as server:
        announce(server.address.uri)
        await ending.wait()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
