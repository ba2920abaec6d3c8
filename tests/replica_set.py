"""Proxies that play the members of a MongoDB replica set, to hold elections and to lag behind.

Each member forwards commands to its own server and answers ``hello`` like a member of a set. During
an election there is no primary: a member answers every command like MongoDB then, and does not
execute the command.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import bson
from pymongo.uri_parser import parse_uri

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
GREETINGS = ("hello", "ismaster", "isMaster")
NOT_PRIMARY = {"ok": 0.0, "errmsg": "not primary", "code": 10107, "codeName": "NotWritablePrimary"}
STEPPING_DOWN = {
    "ok": 0.0,
    "errmsg": "operation was interrupted",
    "code": 11602,
    "codeName": "InterruptedDueToReplStateChange",
}
SET_NAME = "rs0"

type Document = dict[str, Any]


@dataclass(frozen=True)
class _Election:
    """When an election begins, how long it takes, and whether the command is done before it."""

    begins_at: Callable[[int, str], bool]
    seconds: float
    done: bool


class ReplicaSet:
    """A set whose first member is the primary; ``uris`` are those of the servers behind them."""

    def __init__(self, *uris: str) -> None:
        self.primary: int | None = 0
        self.elections = 0
        self._ends_at = 0.0
        self.commands = 0
        """How many commands have come while there was a primary, greetings left out."""
        self._plan: _Election | None = None
        self._lock = threading.Lock()
        self.members = [_Member(self, number, uri) for number, uri in enumerate(uris)]

    @property
    def uri(self) -> str:
        return f"mongodb://{','.join(m.address for m in self.members)}/?replicaSet={SET_NAME}"

    def elect(self, seconds: float) -> None:
        """Begin an election now; until its end there is no primary."""
        self.elections += 1
        self._ends_at = time.monotonic() + seconds

    def elect_at(self, command: str, seconds: float, *, done: bool = False) -> None:
        """Begin an election when a command comes.

        With ``done`` the command is executed, but the answer says that it was not.
        """
        self._plan = _Election(lambda number, name: name == command, seconds, done)

    def elect_after(self, commands: int, seconds: float, *, done: bool = False) -> None:
        """Begin an election at the first command after ``commands`` others."""
        first = self.commands
        self._plan = _Election(lambda number, name: number > first + commands, seconds, done)

    @property
    def has_primary(self) -> bool:
        return time.monotonic() >= self._ends_at

    def interrupts(self, command: str) -> bool | None:
        """None if no election begins with this command; else whether the command is executed."""
        with self._lock:
            if self.has_primary:
                self.commands += 1
            plan = self._plan
            if plan is None or not plan.begins_at(self.commands, command):
                return None
            self._plan = None
        self.elect(plan.seconds)
        return plan.done

    def close(self) -> None:
        for member in self.members:
            member.close()


class _Member:
    """One member: a port on loopback that leads to a server."""

    def __init__(self, whole: ReplicaSet, number: int, uri: str) -> None:
        self._whole, self._number = whole, number
        [(host, port)] = parse_uri(uri)["nodelist"]
        self._target = (host, port)
        self.asked: Counter[str] = Counter()
        """How often each command came, greetings left out."""
        self.refusals: dict[str, Document] = {}
        """The answers to commands that are not forwarded, by the command's name ("update"), or by
        its name and collection ("update leads")."""
        self.concerns: set[tuple[str, Any]] = set()
        """Each command on a database other than local, with its read or write concern."""
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # shutdown wakes the thread that waits in accept(); close alone would not.
        for one in [self._listener, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    @property
    def _is_primary(self) -> bool:
        return self._whole.has_primary and self._whole.primary == self._number

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._target)
            except OSError:
                return
            self._open += [near, far]
            threading.Thread(target=self._serve, args=(near, far), daemon=True).start()

    def _serve(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, suppress(OSError):
            while (message := _message(near)) is not None:
                if (answer := self._answer(message, far)) is None:
                    return
                near.sendall(answer)

    def _answer(self, message: bytes, far: socket.socket) -> bytes | None:
        command, body = _command(message)
        if command in GREETINGS:
            return self._passed_on(message, far, self._greeting)
        self.asked[command] += 1
        if body.get("$db") != "local":
            concern = body.get("readConcern") or body.get("writeConcern") or {}
            self.concerns.add((command, concern.get("level", concern.get("w"))))
        for asked in (command, f"{command} {body[command]}"):
            if asked in self.refusals:
                return _reply(message, {"ok": 0.0, **self.refusals[asked]})
        interrupted = self._whole.interrupts(command)
        if interrupted:
            self._passed_on(_without_number(message, body), far)
        if interrupted is not None:
            return _reply(message, STEPPING_DOWN)
        reads_here = body.get("$readPreference", {}).get("mode", "primary") != "primary"
        if not self._is_primary and not reads_here and command not in ("endSessions", "ping"):
            return _reply(message, NOT_PRIMARY)
        return self._passed_on(_without_number(message, body), far)

    def _greeting(self, told: Document) -> Document:
        hosts = [member.address for member in self._whole.members]
        told.update(
            ismaster=self._is_primary,
            isWritablePrimary=self._is_primary,
            secondary=not self._is_primary,
            setName=SET_NAME,
            setVersion=1,
            hosts=hosts,
            me=self.address,
        )
        if self._whole.has_primary and self._whole.primary is not None:
            told["primary"] = hosts[self._whole.primary]
        return told

    def _passed_on(
        self,
        message: bytes,
        far: socket.socket,
        change: Callable[[Document], Document] | None = None,
    ) -> bytes | None:
        far.sendall(message)
        answer = _message(far)
        if answer is None or change is None:
            return answer
        return _changed(answer, change)


@contextmanager
def replica_set(*uris: str) -> Iterator[ReplicaSet]:
    """A set over some servers, which ends with the block."""
    made = ReplicaSet(*uris)
    try:
        yield made
    finally:
        made.close()


def _message(connection: socket.socket) -> bytes | None:
    """One message of MongoDB's protocol; None if the connection has ended."""
    head = _exactly(connection, 4)
    if head is None:
        return None
    rest = _exactly(connection, struct.unpack("<i", head)[0] - 4)
    return None if rest is None else head + rest


def _exactly(connection: socket.socket, count: int) -> bytes | None:
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _sections(message: bytes) -> Iterator[tuple[int, int, int]]:
    """The kind of each section of an OP_MSG, where it begins (its kind left out), where it ends."""
    flags = struct.unpack_from("<I", message, 16)[0]
    at, end = 20, len(message) - (4 if flags & 1 else 0)
    while at < end:
        size = struct.unpack_from("<i", message, at + 1)[0]
        yield message[at], at + 1, at + 1 + size
        at += 1 + size


def _command(message: bytes) -> tuple[str, Mapping[str, Any]]:
    """The name and the body of a request's command."""
    operation = struct.unpack_from("<i", message, 12)[0]
    if operation == OP_QUERY:
        begins = message.index(b"\0", 20) + 9
        body = bson.decode(message[begins:])
        body = body.get("$query", body)
    else:
        assert operation == OP_MSG, operation
        [(start, end)] = [(start, end) for kind, start, end in _sections(message) if kind == 0]
        body = bson.decode(message[start:end])
    return next(iter(body)), body


def _without_number(message: bytes, body: Mapping[str, Any]) -> bytes:
    """The request without the number of a retryable write, which only members of a set know."""
    if "txnNumber" not in body:
        return message
    kept = bson.encode({name: value for name, value in body.items() if name != "txnNumber"})
    [(start, end)] = [(start, end) for kind, start, end in _sections(message) if kind == 0]
    return _sized(message[:start] + kept + message[end:])


def _changed(answer: bytes, change: Callable[[Document], Document]) -> bytes:
    begins = 36 if struct.unpack_from("<i", answer, 12)[0] == OP_REPLY else 21
    return _sized(answer[:begins] + bson.encode(change(bson.decode(answer[begins:]))))


def _reply(request: bytes, document: Document) -> bytes:
    number = struct.unpack_from("<i", request, 4)[0]
    head = struct.pack("<iiiiIB", 0, 0, number, OP_MSG, 0, 0)
    return _sized(head + bson.encode(document))


def _sized(message: bytes) -> bytes:
    return struct.pack("<i", len(message)) + message[4:]
