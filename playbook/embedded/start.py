"""Start a whole demo environment that leaves nothing behind.

MongoDB, Redis and the API run as children of this process. They end with it, even if it is killed:
each has one end of a pipe and notices when the other end is closed.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import redis as redis_client
import requests
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError
from redis.backoff import NoBackoff
from redis.retry import Retry

from playbook import clock
from playbook.deployments import SETTING
from playbook.embedded import redis
from playbook.environment import Settings, identity, password_setting
from playbook.environment.settings import DEFAULT_DATABASE, environment_name
from playbook.errors import Refused, WrongUsage
from playbook.pristine.passwords import CHEAPEST, stated_cost
from playbook.pristine.seeds import Seeds, load
from playbook.processes.child import START_SECONDS, Child
from playbook.processes.output import write_output
from playbook.standin import rates_feed

MARKER = {"_id": identity.MARKER, "by": "playbook up"}
"""The marker document, which allows resets on the database."""
PROBE_SECONDS = 1.0
NEEDED_PYTHON = (3, 13)
"""The Python that the embedded MongoDB needs. The routes that an app mounts need only 3.12."""
PASSWORDS = "passwords.json"
PORT_ATTEMPTS = 5


@contextmanager
def start(
    data_dir: Path | None = None,
    seeds: Seeds | None = None,
    deployment: str | None = None,
    *,
    requests_a_minute: int | None = None,
) -> Iterator[Settings]:
    """A running environment. It already has the marker, and is empty until the first reset.

    With ``data_dir`` its data and passwords stay there for the next start; without it everything
    is deleted at the end. ``deployment`` is the app of its stand-in, by default the one that
    ``PLAYBOOK_DEPLOYMENT`` names. ``requests_a_minute`` changes the limit of the published
    backend's stand-in. The hashes of the passwords are cheap, because the passwords are random and
    too long to be guessed, and each sign-in has to compute one.

    Raises Unreachable if a part does not start, Refused if another environment runs in the
    directory, WrongUsage if the directory cannot be used.
    """
    _require_python()
    seeds = seeds or load()
    deployment = os.environ.get(SETTING, "") if deployment is None else deployment
    with ExitStack() as cleanup:
        directory = _own_directory(data_dir, cleanup)
        passwords = _passwords(seeds, directory if data_dir else None)
        parts = Parts(directory, kept=data_dir is not None)
        cleanup.callback(parts.end)
        # All start at once. The API takes longest to load and gets the others' addresses later.
        mongo, api = parts.start_mongo(), parts.start_api(seeds)
        redis_url = parts.start_redis()
        mongo_uri = mongo.address(parts.deadline)
        stated = {"MONGO_URI": mongo_uri, "MONGO_DB": DEFAULT_DATABASE, "REDIS_URL": redis_url}
        stated |= {SETTING: deployment, **passwords}
        if requests_a_minute is not None:
            stated["requests_a_minute"] = str(requests_a_minute)
        api.tell(json.dumps(stated).encode())
        settings = Settings(
            mongo_uri=mongo_uri,
            mongo_db=DEFAULT_DATABASE,
            redis_url=redis_url,
            api_url=api.address(parts.deadline),
            passwords=passwords,
            name=environment_name(os.environ),
            deployment=deployment,
            bcrypt_cost=stated_cost(os.environ, default=CHEAPEST),
            folder="" if data_dir else str(directory),
        )
        _prepare(mongo, settings, directory, seeds, parts.deadline)
        api.until(lambda: _healthy(settings.api_url), parts.deadline)
        yield settings


class Parts:
    """The child processes of one environment, with their logs in its directory.

    ``kept`` says that the directory stays at the end. ``deadline`` is the time of
    ``time.monotonic()`` by which all must answer.
    """

    def __init__(self, directory: Path, *, kept: bool) -> None:
        self._directory, self._kept = directory, kept
        self._started: list[Child] = []
        self.deadline = time.monotonic() + START_SECONDS

    def start_mongo(self) -> Child:
        """Start MongoDB, with its data in the directory if that is kept."""
        kept_in = [str(self._directory / identity.DATA_FILE)] if self._kept else []
        return self._start("MongoDB", "playbook.embedded.mongo", *kept_in)

    def start_api(self, seeds: Seeds) -> Child:
        """Start the API. It waits for the addresses of the other parts."""
        variables = {"PLAYBOOK_SEEDS": str(seeds.directory.resolve())}
        if not self._kept:  # it also resets; its backups are deleted with it
            variables["PLAYBOOK_BACKUPS"] = str(self._directory / "backups")
        return self._start("API", "playbook.embedded.backend_server", **variables)

    def start_redis(self) -> str:
        """Start Redis and wait until it answers; return its URL. Raises Unreachable."""
        # Redis does not notice the end of its parent, so a supervisor ends it and cleans up.
        supervisor = "playbook.processes.supervisor"
        keeping = [] if self._kept else ["--then-remove", str(self._directory)]
        server = redis.find_server()
        for attempt in range(PORT_ATTEMPTS):
            port = redis.free_port()
            child = self._start("Redis", supervisor, *keeping, *redis.command(server, port))
            url = f"redis://127.0.0.1:{port}/0"
            may_fail = attempt + 1 < PORT_ATTEMPTS
            if _redis_answers(child, url, self._directory, self.deadline, may_fail):
                break
        return url

    def end(self) -> None:
        """End all parts, and wait for that."""
        for child in reversed(self._started):
            child.ask_to_end()
        for child in self._started:
            child.wait_until_ended()

    def _start(self, part: str, module: str, *arguments: str, **variables: str) -> Child:
        log = self._directory / f"{part.lower()}.log"
        child = Child(part, module, arguments, log, variables)
        self._started.append(child)
        return child


def _require_python() -> None:
    if sys.version_info < NEEDED_PYTHON:
        raise WrongUsage(
            "the embedded environment needs Python 3.13 or newer, and this is "
            f"{sys.version_info.major}.{sys.version_info.minor}; use a newer one, or name an "
            "environment"
        )


def _own_directory(data_dir: Path | None, cleanup: ExitStack) -> Path:
    """The directory of this environment, locked for it until the end of ``cleanup``."""
    if data_dir is None:
        directory = Path(tempfile.mkdtemp(prefix="aislemarts-demo-")).resolve()
        cleanup.callback(shutil.rmtree, directory, ignore_errors=True)
        return directory
    directory = data_dir.expanduser().resolve()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise WrongUsage(f"{directory} cannot be used: {error.strerror}") from None
    cleanup.callback(os.close, lock)
    try:
        # The system frees the lock even if this process is killed.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Refused(f"another embedded environment runs in {directory}") from None
    return directory


def _passwords(seeds: Seeds, kept_in: Path | None) -> Mapping[str, str]:
    """A password for each bundle's accounts, by setting; former ones are used again."""
    kept = _kept_passwords(kept_in / PASSWORDS) if kept_in else {}
    passwords = {
        name: kept.get(name) or secrets.token_urlsafe(18)
        for name in (password_setting(line.model.short) for line in seeds.bundles.values())
    }
    if kept_in and passwords != kept:
        text = json.dumps({**kept, **passwords}, indent=2)
        write_output(kept_in / PASSWORDS, text, private=True)
    return passwords


def _kept_passwords(file: Path) -> dict[str, str]:
    try:
        kept = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        kept = None
    if not isinstance(kept, dict) or not all(isinstance(word, str) for word in kept.values()):
        raise WrongUsage(f"{file} cannot be read as this environment's passwords; remove it")
    return kept


def _redis_answers(
    child: Child, url: str, directory: Path, deadline: float, may_fail: bool
) -> bool:
    """Wait until the Redis of this environment answers at a URL; return whether it does.

    With ``may_fail``, False if it has ended because another program has taken its port.
    """
    client = redis_client.Redis.from_url(
        url,
        socket_timeout=PROBE_SECONDS,
        socket_connect_timeout=PROBE_SECONDS,
        # The client does not repeat; this loop does, and sooner.
        retry=Retry(NoBackoff(), 0),
    )

    def answer() -> bool | None:
        if may_fail and not child.running:
            return False
        try:
            # Another Redis may have taken the port. Ours has its files in this directory.
            found: Any = client.config_get("dir")
        except redis_client.RedisError:
            return None
        return True if found.get("dir") in (str(directory), str(directory).encode()) else None

    with client:
        return child.until(answer, deadline)


def _prepare(
    mongo: Child, settings: Settings, directory: Path, seeds: Seeds, deadline: float
) -> None:
    """Wait until MongoDB answers; then write the marker, and let the feed write its rates."""
    uri = settings.mongo_uri
    now = clock.now()
    client: MongoClient[dict[str, Any]]
    with MongoClient(uri, tz_aware=True, serverSelectionTimeoutMS=1000) as client:

        def pinged() -> dict[str, Any] | None:
            try:
                return client.admin.command("ping")
            except PyMongoError:
                return None

        mongo.until(pinged, deadline)
        db: Database[dict[str, Any]] = client[DEFAULT_DATABASE]
        try:
            copied = identity.identify_server(db, directory)
            if identity.find_marker(db) is None:
                db[identity.COLLECTION].insert_one({**MARKER, "marked_at": now})
            if copied:
                identity.renew(db, settings)
            identity.read(db, settings)
            identity.keep_address(db, settings)
            rates_feed.refresh(db, seeds, now)
        except PyMongoError as error:
            raise mongo.failure(f"refuses to be written to ({type(error).__name__})") from None


def _healthy(api_url: str) -> bool | None:
    session = requests.Session()
    session.trust_env = False  # a proxy of the machine must not be used for loopback
    with session:
        try:
            answer = session.get(f"{api_url}/api/demo/health", timeout=PROBE_SECONDS)
        except requests.RequestException:
            return None
    return True if answer.ok else None
