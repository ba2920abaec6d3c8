"""Open the environment that the settings name, or a temporary embedded one."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager

from playbook.environment.connections import Environment
from playbook.environment.env_file import names_of
from playbook.environment.settings import THREE_WAYS, Settings
from playbook.environment.side_by_side import ahead
from playbook.errors import WrongUsage
from playbook.pristine.seeds import Seeds


@contextmanager
def opened(seeds: Seeds, settings: Settings | None = None) -> Iterator[Environment]:
    """The connected environment. An embedded one is started before and ended after.

    :func:`require_named` decides earlier whether a command may start an embedded one. Raises
    WrongUsage if the settings are wrong, and Unreachable, which names what does not answer.
    """
    with ExitStack() as stack:
        settings = settings or Settings.from_environment()
        if settings is None:
            # Imported only if it is needed, because that takes time.
            from playbook.embedded.start import start

            settings = stack.enter_context(start(seeds=seeds))
        environment = stack.enter_context(_talking(settings))
        environment.require_reachable()
        yield environment


@contextmanager
def opened_ahead() -> Iterator[Callable[[Seeds], Environment]]:
    """Connect the environment that the settings name, while the seeds are being read.

    Far away the one takes as long as the other. The function that is given waits until all parts
    are connected; it raises Unreachable, which names what does not answer. An embedded environment
    is started only by that function, because it needs the seeds.

    Raises WrongUsage if the settings are wrong.
    """
    with ExitStack() as stack:
        settings = Settings.from_environment()
        if settings is None:
            yield lambda seeds: stack.enter_context(opened(seeds))
            return
        environment = stack.enter_context(_talking(settings))
        connecting = ahead(environment.require_reachable)

        def connected(seeds: Seeds) -> Environment:
            connecting.result()
            return environment

        yield connected


def _talking(settings: Settings) -> Environment:
    """An environment that says on standard error why it lets a person wait."""
    environment = Environment(settings)
    environment.api.on_wait = say_that_the_api_asks_to_wait
    environment.api.on_long_answer = say
    return environment


def say_that_the_api_asks_to_wait(seconds: float) -> None:
    say(f"the API asks us to wait {max(1, round(seconds))} s")


def say(line: str) -> None:
    """Print one line of progress, so a wait does not look like a hang."""
    print(line, file=sys.stderr, flush=True)


def require_named(variables: MutableMapping[str, str] | None = None) -> None:
    """Refuse to act without a named environment, instead of starting one that nobody wanted.

    Raises WrongUsage, which says the three ways to name one.
    """
    if Settings.from_environment(variables) is None:
        raise WrongUsage(f"no environment is named: {THREE_WAYS}")


def choose_embedded(variables: MutableMapping[str, str] | None = None) -> None:
    """Ignore the environment in this process's settings, because an embedded one is wanted."""
    variables = os.environ if variables is None else variables
    for name in names_of(variables):
        del variables[name]
