"""Open the environment that the settings name, or an embedded one just for now."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import ExitStack, contextmanager

from playbook.environment.connections import Environment
from playbook.environment.env_file import names_of
from playbook.environment.settings import THREE_WAYS, Settings
from playbook.errors import WrongUsage
from playbook.pristine.seeds import Seeds


@contextmanager
def opened(seeds: Seeds, settings: Settings | None = None) -> Iterator[Environment]:
    """The connected environment; an embedded one is started first and torn down after.

    Whether a command may start an embedded one at all is decided before: see
    :func:`require_named`. Raises WrongUsage if the settings are not right, and Unreachable
    naming what does not answer.
    """
    with ExitStack() as stack:
        settings = settings or Settings.from_environment()
        if settings is None:
            # Only who needs an embedded environment pays for importing it.
            from playbook.embedded.start import start

            settings = stack.enter_context(start(seeds=seeds))
        environment = stack.enter_context(Environment(settings))
        environment.api.on_wait = say_that_the_api_asks_to_wait
        environment.api.on_long_answer = say
        environment.require_reachable()
        yield environment


def say_that_the_api_asks_to_wait(seconds: float) -> None:
    say(f"the API asks us to wait {max(1, round(seconds))} s")


def say(line: str) -> None:
    """One line of progress, so that nobody takes a wait for a hang."""
    print(line, file=sys.stderr, flush=True)


def require_named(variables: MutableMapping[str, str] | None = None) -> None:
    """Refuse to act where no environment is named, instead of starting one that nobody meant.

    Raises WrongUsage with the three ways to name one.
    """
    if Settings.from_environment(variables) is None:
        raise WrongUsage(f"no environment is named: {THREE_WAYS}")


def choose_embedded(variables: MutableMapping[str, str] | None = None) -> None:
    """Ignore the environment that this process's settings name: an embedded one is wanted."""
    variables = os.environ if variables is None else variables
    for name in names_of(variables):
        del variables[name]
