"""Do the same for several bundles at once, telling how each is getting on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from playbook.environment import Environment
from playbook.errors import PlaybookError, gravest
from playbook.pristine.bundles import Bundle
from playbook.reset.plan import Step

AT_ONCE = 8

type Task = Callable[[Bundle, Callable[[int, int, Step], None]], str]
"""Does one bundle's work, telling each step; answers with a line for the person."""


def for_each(environment: Environment, bundles: Sequence[Bundle], task: Task) -> int:
    """Run a task for every bundle, side by side; print a line for each.

    Answers with the exit code: 0, or that of the gravest failure.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.fields[bundle]:<18}"),
        BarColumn(20),
        TextColumn("{task.fields[step]}"),
    )
    failures: list[PlaybookError] = []
    printing = Lock()
    with Progress(*columns, console=console, transient=True) as progress:

        def work(bundle: Bundle) -> None:
            row = progress.add_task("", bundle=bundle.short, step="waiting")

            def told(number: int, total: int, step: Step) -> None:
                progress.update(row, completed=number - 1, total=total, step=step.line)

            try:
                line, stream = task(bundle, told), sys.stdout
            except PlaybookError as error:
                failures.append(error)
                line, stream = f"playbook: {environment.redact(str(error))}", sys.stderr
            progress.remove_task(row)
            with printing:
                print(line, file=stream, flush=True)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(work, bundles))
    return gravest(failure.exit_code for failure in failures)
