"""``python -m tests.soak.standin``: the app with the soak's clock. It prints its address."""

from __future__ import annotations

import os
import sys
import threading

from playbook import clock
from tests.faults.standin import server_of


def main() -> None:
    settings = {name.lower(): os.environ[name] for name in ("MONGO_URI", "MONGO_DB", "REDIS_URL")}
    server, listener = server_of(settings, clock.now)

    def follow() -> None:
        sys.stdin.read()
        server.should_exit = True

    threading.Thread(target=follow, daemon=True).start()
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
