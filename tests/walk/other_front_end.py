"""A second front end, built in another way: every page is drawn by a script after it has loaded.

It asks the same API, from an address of its own, and shares no markup, class name or path with the
stand-in's pages: no heading, no role, no list, no test id. The walk must need only a description.

It has a difficult variant: its content comes in steps behind a spinner, its prices and the digits
of its clock are in several elements, and a banner about cookies covers the page.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playbook.deployments.front_end import FrontEnd, Tap, Type

SHELL = """<!doctype html><html><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>A</title>
<style>body{margin:0;font-family:sans-serif}.r-1{padding:8px;display:flex;flex-direction:column}
.r-2{display:flex;flex-wrap:wrap}.r-3{width:150px;padding:4px;display:flex;flex-direction:column}
input{font-size:16px;max-width:90%}.r-10{display:flex}@keyframes t{to{transform:rotate(360deg)}}
.r-11{width:30px;height:30px;border:3px solid;animation:t 1s linear infinite}
.r-12{position:fixed;inset:0;background:#fff;padding:20px;z-index:9}</style></head>
<body><div id="root"></div><script src="/app.js?KIND"></script></body></html>"""

APP = (Path(__file__).parent / "other_front_end.js").read_text(encoding="utf-8")

DESCRIPTION = FrontEnd(
    pages={
        "sign_in": "/door",
        "home": "/",
        "mood_to_cart": "/feel",
        "livesale": "/live",
        "chat": "/talk",
        "board": "/wall",
        "analytics": "/figures",
    },
    mood=(Tap("{mood_gift}"),),
    talk=(Type(), Tap("{chat_request}")),
)
"""All that the walk has to know of it."""


class _Handler(BaseHTTPRequestHandler):
    api = ""
    leads = "/api/leads"
    kind = ""

    def do_GET(self) -> None:
        self._answer()

    do_POST = do_GET

    def _answer(self) -> None:
        body, status, kind = SHELL.replace("KIND", self.kind).encode(), 200, "text/html"
        if self.path.startswith("/api/"):
            status, kind, body = self._forwarded()
        elif self.path.startswith("/app.js"):
            body, kind = APP.replace("LEADS", self.leads).encode(), "text/javascript"
        elif self.path == "/favicon.ico":
            body, kind = b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _forwarded(self) -> tuple[int, str, bytes]:
        length = int(self.headers.get("Content-Length") or 0)
        names = ("authorization", "content-type", "user-agent")
        headers = {name: self.headers[name] for name in names if self.headers.get(name)}
        data = self.rfile.read(length) if self.command == "POST" else None
        request = Request(self.api + self.path, data, headers, method=self.command)
        try:
            with urlopen(request, timeout=20) as answer:
                return answer.status, "application/json", answer.read()
        except Exception as error:  # noqa: BLE001 - whatever it is, the page must see it
            status = getattr(error, "code", 502)
            return status, "application/json", json.dumps({"detail": str(error)}).encode()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def other_front_end(api: str, kind: str = "") -> Iterator[str]:
    """Its address while it is served; ``kind`` is "hostile" or empty."""
    handler = type("Handler", (_Handler,), {"api": api, "kind": kind})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
