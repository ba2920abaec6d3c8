"""A command connects its environment while it still reads the seeds."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from playbook import PROJECT
from playbook.embedded.open import opened_ahead
from playbook.errors import Unreachable, WrongUsage
from playbook.pristine.seeds import Seeds, load

pytestmark = pytest.mark.end_to_end

SILENT = {
    "MONGO_URI": "mongodb://{}/?serverSelectionTimeoutMS=500&connectTimeoutMS=500",
    "REDIS_URL": "redis://{}/0",
    "API_URL": "http://{}",
}


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that accepts connections but never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, listener: socket.socket) -> dict[str, str]:
    """The variables that name this server as all three parts of an environment."""
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    variables = {name: url.format(address) for name, url in SILENT.items()}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


def command(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "playbook", *arguments],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.usefixtures("named")
def test_it_connects_before_the_seeds_are_given(listener: socket.socket, seeds: Seeds) -> None:
    with opened_ahead() as environment_for:
        connection, _ = listener.accept()  # fails after 30 s if nothing connects
        connection.close()
        listener.close()
        with pytest.raises(Unreachable, match="MongoDB .*Redis .*API"):
            environment_for(seeds)


@pytest.mark.usefixtures("named")
def test_wrong_settings_are_refused_before_anything_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("API_URL")
    with pytest.raises(WrongUsage, match="not API_URL"), opened_ahead():
        pytest.fail("the settings were accepted")


def test_an_embedded_environment_starts_with_the_seeds(
    monkeypatch: pytest.MonkeyPatch, seeds: Seeds
) -> None:
    for name in SILENT:
        monkeypatch.delenv(name, raising=False)
    with opened_ahead() as environment_for:
        environment = environment_for(seeds)
        assert environment.identity.id
    with pytest.raises(Unreachable):
        environment.require_reachable()


@pytest.mark.parametrize("name", ["check", "reset"])
def test_wrong_seeds_are_named_although_nothing_answers(
    named: dict[str, str], tmp_path: Path, name: str
) -> None:
    """They are the user's own mistake, and a command does not wait for servers to say so."""
    shutil.copytree(PROJECT / "seeds", tmp_path / "seeds")
    with (tmp_path / "seeds" / "bundles.json").open("a", encoding="utf-8") as file:
        file.write("{}\n")
    ended = command({**named, "PLAYBOOK_SEEDS": str(tmp_path / "seeds")}, name, "lvmh")
    assert ended.returncode == 2, ended.stderr
    assert "bundles.json" in ended.stderr and "MongoDB" not in ended.stderr


@pytest.mark.parametrize("name", ["check", "reset"])
def test_an_unknown_bundle_is_named_although_nothing_answers(
    named: dict[str, str], name: str
) -> None:
    ended = command(named, name, "acme")
    assert ended.returncode == 2, ended.stderr
    assert len(ended.stderr.splitlines()) == 1 and "acme" in ended.stderr
