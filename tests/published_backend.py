"""The sign-in routes of the backend as published, for resets that let it create accounts.

It keeps its users where the published backend does, with tokens that carry the ``_id``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import bcrypt
from pymongo.database import Database

ROUNDS = 4


@contextmanager
def published_backend(db: Database[dict[str, Any]]) -> Iterator[str]:
    """Serve the routes from a database; gives the address."""

    class Routes(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"null")
            if self.path.startswith("/api/auth/") and not {"email", "password"} <= body.keys():
                self._answer(422, {"detail": "Field required"})
            elif self.path == "/api/auth/register":
                self._register(body)
            elif self.path == "/api/auth/login":
                self._log_in(body)
            elif self.path == "/api/demo/track-interaction":
                self._answer(200, {"tracked": True, "event": body})
            else:
                self._answer(404, {"detail": "Not Found"})

        def do_GET(self) -> None:
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            user = db.users.find_one({"_id": token}) if scheme == "Bearer" else None
            if self.path != "/api/auth/me":
                self._answer(404, {"detail": "Not Found"})
            elif user is None:
                self._answer(401, {"detail": "Not authenticated"})
            else:
                shown = {name: user[name] for name in ("_id", "email", "name", "roles")}
                self._answer(200, shown)

        def _register(self, body: dict[str, Any]) -> None:
            if db.users.find_one({"email": body["email"]}):
                self._answer(400, {"detail": "Email already registered"})
                return
            hashed = bcrypt.hashpw(body["password"].encode(), bcrypt.gensalt(ROUNDS)).decode()
            user = {
                "_id": str(uuid.uuid4()),
                "email": body["email"],
                "name": body.get("name"),
                "password_hash": hashed,
                "roles": ["user"],
                "created_at": datetime.now(UTC),
            }
            db.users.insert_one(user)
            self._answer(200, {"access_token": user["_id"], "token_type": "bearer"})

        def _log_in(self, body: dict[str, Any]) -> None:
            user = db.users.find_one({"email": body["email"]})
            if user is not None and "password_hash" not in user:
                self._answer(500, {"detail": "Internal Server Error"})
                return
            hashed = (user or {}).get("password_hash", "").encode()
            if user is None or not bcrypt.checkpw(body["password"].encode(), hashed):
                self._answer(401, {"detail": "Invalid credentials"})
                return
            self._answer(200, {"access_token": user["_id"], "token_type": "bearer"})

        def _answer(self, status: int, body: object) -> None:
            content = json.dumps(body, default=str).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Routes)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
