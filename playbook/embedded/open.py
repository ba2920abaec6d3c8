"""Open the environment that the settings mean: a deployment, or an embedded one just for now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from playbook.environment.connections import Environment
from playbook.environment.settings import Settings
from playbook.pristine.seeds import Seeds


@contextmanager
def opened(seeds: Seeds, settings: Settings | None = None) -> Iterator[Environment]:
    """The connected environment; an embedded one is started first and torn down after.

    Raises WrongUsage where the settings are no whole, Unreachable naming what does not answer.
    """
    with ExitStack() as stack:
        settings = settings or Settings.from_environment()
        if settings is None:
            # Only who needs an embedded environment pays for importing it.
            from playbook.embedded.start import start

            settings = stack.enter_context(start(seeds=seeds))
        environment = stack.enter_context(Environment(settings))
        environment.require_reachable()
        yield environment
