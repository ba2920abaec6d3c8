"""Other servers than the embedded ones, each a child process that ends with its test.

They are fetched by ``scripts/install_engines.sh DIR``; ``PLAYBOOK_ENGINES`` names the folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import redis
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from playbook.embedded.redis import free_port
from tests.sandbox import until

SETTING = "PLAYBOOK_ENGINES"
JAVA_MAIN = """
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;
public class Main {
    // What it speaks is enough; it only says a version that the driver no longer talks to.
    static class Newer implements MongoVersion {
        public List<Integer> getVersionArray() { return List.of(5, 0, 0); }
        public int getWireVersion() { return 13; }
    }
    public static void main(String[] arguments) throws Exception {
        MemoryBackend backend = new MemoryBackend();
        backend.version(new Newer());
        MongoServer server = new MongoServer(backend);
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        while (System.in.read() >= 0) { }
        server.shutdownNow();
    }
}
"""
PASSWORD, USER = "r€dis-engine&7", "suite"
RIGHTS = ["+scan", "+mget", "+type", "+unlink", "+ping", "+hello", "+select", "+client"]
"""All that a user of Redis needs."""


def in_groups(names: Iterable[str]) -> list[Any]:
    """Parameters of a fixture; the tests of one server stay on one worker, which starts it once."""
    return [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in sorted(names)]


def fetched(name: str) -> Path:
    """A fetched server; skips the test, with the reason, if it was not fetched."""
    folder = os.environ.get(SETTING)
    if not folder:
        pytest.skip(f"{SETTING} is not set: no other servers were fetched")
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"{name} is not in {folder}: it could not be fetched or built")
    return path


@contextmanager
def _running(
    command: Sequence[str], folder: Path, answers: Callable[[], bool], **variables: str
) -> Iterator[None]:
    with (folder / "server.log").open("ab") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, **variables},
        )
        try:

            def up() -> bool:
                assert server.poll() is None, (folder / "server.log").read_text(errors="replace")
                return answers()

            until(up, f"{command[0]} answers", 60)
            yield
        finally:
            server.terminate()
            server.wait(30)


def _mongo_answers(uri: str) -> bool:
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=300) as client:
        try:
            return bool(client.admin.command("ping"))
        except PyMongoError:
            return False


@contextmanager
def mongo_java_server(folder: Path) -> Iterator[str]:
    jars = fetched("mongo-java-server")
    if shutil.which("java") is None:
        pytest.skip("there is no Java")
    (folder / "Main.java").write_text(JAVA_MAIN, encoding="utf-8")
    port = free_port()
    uri = f"mongodb://127.0.0.1:{port}"
    command = ["java", "-cp", f"{jars}/*", "Main.java", str(port)]
    with _running(command, folder, lambda: _mongo_answers(uri)):
        yield uri


@contextmanager
def ferretdb(folder: Path) -> Iterator[str]:
    program = fetched("ferretdb")
    port = free_port()
    uri = f"mongodb://127.0.0.1:{port}"
    (folder / "data").mkdir()
    command = [
        str(program),
        "--handler=sqlite",
        "--sqlite-url=file:data/",
        f"--listen-addr=127.0.0.1:{port}",
        "--debug-addr=-",
        "--telemetry=disable",
    ]
    with _running(command, folder, lambda: _mongo_answers(uri)):
        yield uri


MONGO_SERVERS = {"mongo-java-server": mongo_java_server, "ferretdb": ferretdb}


def _redis_program() -> tuple[str, dict[str, str]]:
    unpacked = fetched("redis") / "usr"
    libraries = ":".join(str(path.parent) for path in unpacked.glob("lib/*/libjemalloc.so*"))
    return str(unpacked / "bin" / "redis-server"), {"LD_LIBRARY_PATH": libraries}


def _redis_answers(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@contextmanager
def redis_server(
    folder: Path, *options: str, client: dict[str, Any] | None = None
) -> Iterator[int]:
    """The port of a Redis 7. ``client`` says how a client must connect to it."""
    program, variables = _redis_program()
    folder.mkdir(exist_ok=True)
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", *options]
    with (
        redis.Redis(port=port, socket_timeout=1, **(client or {})) as asking,
        _running(command, folder, lambda: _redis_answers(asking), **variables),
    ):
        yield port


@contextmanager
def plain(folder: Path) -> Iterator[str]:
    with redis_server(folder) as port:
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def with_password(folder: Path) -> Iterator[str]:
    with redis_server(folder, "--requirepass", PASSWORD, client={"password": PASSWORD}) as port:
        yield f"valkey://:{quote(PASSWORD)}@127.0.0.1:{port}/1"


@contextmanager
def with_acl(folder: Path) -> Iterator[str]:
    """A user who may do what a reset needs, and nothing else."""
    with redis_server(folder) as port:
        with redis.Redis(port=port) as client:
            client.execute_command(
                "ACL", "SETUSER", USER, "on", f">{PASSWORD}", "~aislemarts:*", "-@all", *RIGHTS
            )
        yield f"redis://{USER}:{quote(PASSWORD)}@127.0.0.1:{port}/0"


@contextmanager
def with_tls(folder: Path) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate with")
    certificate, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    port = free_port()
    options = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"]
    options += ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
    program, variables = _redis_program()
    url = f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={certificate}"
    command = [program, "--bind", "127.0.0.1", "--save", "", *options]
    with (
        redis.Redis.from_url(url) as client,
        _running(command, folder, lambda: _redis_answers(client), **variables),
    ):
        yield url


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Three masters that share the slots."""
    with ExitStack() as stack:
        # A node's default, its port plus 10000, may be too large for a port.
        buses = [free_port() for _ in range(3)]
        ports = [
            stack.enter_context(
                redis_server(
                    folder / f"node-{n}", "--cluster-enabled", "yes", "--cluster-port", str(bus)
                )
            )
            for n, bus in enumerate(buses)
        ]
        nodes = [stack.enter_context(redis.Redis(port=port)) for port in ports]
        bounds = [0, 5461, 10923, 16384]
        for number, node in enumerate(nodes):
            slots = range(bounds[number], bounds[number + 1])
            node.execute_command("CLUSTER", "ADDSLOTSRANGE", slots[0], slots[-1])
            node.execute_command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for port, bus in zip(ports[1:], buses[1:], strict=True):
            nodes[0].execute_command("CLUSTER", "MEET", "127.0.0.1", port, bus)

        def whole() -> bool:
            states: list[Any] = [node.execute_command("CLUSTER", "INFO") for node in nodes]
            return all("cluster_state:ok" in text_of(state) for state in states)

        until(whole, "the cluster is whole")
        yield f"redis://127.0.0.1:{ports[0]}/0"


def text_of(answer: Any) -> str:
    if isinstance(answer, dict):
        return "\n".join(f"{key}:{value}" for key, value in answer.items())
    return answer.decode() if isinstance(answer, bytes) else str(answer)


@contextmanager
def sentinel(folder: Path) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    with redis_server(folder / "master") as master:
        (folder / "sentinel.conf").write_text(
            f"sentinel monitor demo-cache 127.0.0.1 {master} 1\n", encoding="utf-8"
        )
        program, variables = _redis_program()
        port = free_port()
        command = [program, str(folder / "sentinel.conf"), "--sentinel", "--port", str(port)]
        command += ["--bind", "127.0.0.1"]
        with (
            redis.Redis(port=port) as client,
            _running(command, folder, lambda: _redis_answers(client), **variables),
        ):
            yield f"redis+sentinel://127.0.0.1:{port}/demo-cache/0"


REDIS_SERVERS = {
    "plain": plain,
    "password": with_password,
    "acl": with_acl,
    "tls": with_tls,
    "cluster": cluster,
    "sentinel": sentinel,
}
