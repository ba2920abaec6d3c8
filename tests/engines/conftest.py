"""An environment over each of the other servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from playbook.embedded.start import start
from playbook.environment import Environment
from playbook.pristine.seeds import Seeds
from tests.engines import servers
from tests.engines.deployments import deployment
from tests.sandbox import Sandbox


@pytest.fixture(scope="module", params=servers.in_groups(servers.MONGO_SERVERS))
def engine(
    request: pytest.FixtureRequest, seeds: Seeds, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    """A deployment over another MongoDB-speaking server."""
    folder = tmp_path_factory.mktemp(request.param)
    with ExitStack() as stack:
        mongo_uri = stack.enter_context(servers.MONGO_SERVERS[request.param](folder))
        embedded = stack.enter_context(start(seeds=seeds))
        settings = stack.enter_context(deployment(mongo_uri, embedded.redis_url, seeds, folder))
        environment = stack.enter_context(Environment(settings))
        yield Sandbox(environment, seeds, folder / "backups")
