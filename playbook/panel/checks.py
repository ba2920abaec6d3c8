"""Run a server's checks in separate processes, because pytest allows one session per process.

A server keeps one process ready that has loaded everything. So its checks take half the time that
the command needs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playbook import PROJECT
from playbook.environment import Environment
from playbook.errors import PlaybookError, Unreachable
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.verdict.model import Result

AT_ONCE = 2
"""How many checks one server runs at the same time; others wait."""
LONGEST_SECONDS = 240.0

_turns = threading.BoundedSemaphore(AT_ONCE)


class CheckBroke(PlaybookError):
    """A check ended without a verdict; the text says the reason, if it is known."""


@dataclass(frozen=True)
class Checked:
    """The result of a check of one bundle: its part of the verdict's document."""

    verdict: str
    failed_checks: list[str]
    checks: list[dict[str, Any]]
    in_session: list[str]
    reasons: list[dict[str, Any]]


@dataclass(frozen=True)
class Walk:
    """The request to walk through a demo instead of checking it."""

    folder: Path
    """The folder below which its pictures are kept."""
    run: str
    """The run in the journal that they belong to."""
    on_picture: Callable[[Path], None]


class CheckProcesses:
    """Starts a process for each check, or takes the one that is ready."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ready: _Child | None = None
        self._keeps_one_ready = False

    def keep_one_ready(self, environment: Environment, seeds: Seeds) -> None:
        """From now on let a process that has loaded everything wait for the next check."""
        self._keeps_one_ready = True
        self._start_next(_variables(environment, seeds))

    def close(self) -> None:
        """End the process that is ready."""
        self._keeps_one_ready = False
        if (ready := self._taken()) is not None:
            ready.end()

    def run(
        self,
        environment: Environment,
        seeds: Seeds,
        bundle: Bundle,
        on_result: Callable[[Result], None],
        walk: Walk | None = None,
    ) -> Checked:
        """Check one bundle; with ``walk``, walk through it instead.

        Raises Unreachable if the environment does not answer, CheckBroke if there is no verdict.
        """
        order: dict[str, Any] = {"bundle": bundle.key}
        if walk:
            order |= {"folder": str(walk.folder.resolve()), "run": walk.run}
        variables = _variables(environment, seeds)
        with _turns:
            child = self._child_with(variables, order)
            try:
                return child.result(on_result, walk, environment.redact)
            finally:
                self._start_next(variables)

    def _child_with(self, variables: Mapping[str, str], order: dict[str, Any]) -> _Child:
        if (ready := self._taken()) is not None:
            if ready.variables == variables:
                with suppress(OSError):  # it has ended meanwhile
                    ready.give(order)
                    return ready
            ready.end()
        child = _Child(variables)
        with suppress(OSError):  # it has ended at once; its result says why
            child.give(order)
        return child

    def _taken(self) -> _Child | None:
        with self._lock:
            ready, self._ready = self._ready, None
        return ready

    def _start_next(self, variables: Mapping[str, str]) -> None:
        with self._lock:
            if self._keeps_one_ready and self._ready is None:
                self._ready = _Child(variables)


class _Child:
    """A process that waits for its order, and then checks once."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "playbook.panel.check_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=dict(variables),
            start_new_session=True,
        )

    def give(self, order: dict[str, Any]) -> None:
        """Let it begin. Raises OSError if it has ended."""
        assert self._process.stdin is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.communicate()

    def result(
        self,
        on_result: Callable[[Result], None],
        walk: Walk | None,
        redact: Callable[[str], str],
    ) -> Checked:
        """Wait for the verdict. Raises Unreachable, or CheckBroke if there is none."""
        process = self._process
        assert process.stdout is not None and process.stderr is not None
        errors: list[str] = []
        # Read in a thread, because a full pipe would block the child.
        listener = threading.Thread(target=lambda: errors.extend(process.stderr or ()), daemon=True)
        listener.start()
        watchdog = threading.Timer(LONGEST_SECONDS, process.kill)
        watchdog.start()
        ended: dict[str, Any] = {}
        try:
            with process:
                for line in process.stdout:
                    message = _parse_line(line)
                    if "result" in message:
                        fields = message["result"]
                        on_result(Result(**{**fields, "findings": tuple(fields["findings"])}))
                    elif "picture" in message and walk is not None:
                        walk.on_picture(Path(message["picture"]))
                    else:
                        ended = message or ended
        finally:
            watchdog.cancel()
            if process.poll() is None:
                process.kill()
            listener.join(1)
        return _checked(ended, process.returncode, redact("".join(errors)))


def _variables(environment: Environment, seeds: Seeds) -> dict[str, str]:
    variables = {**os.environ, **environment.settings.as_variables()}
    variables["PLAYBOOK_SEEDS"] = str(seeds.directory.resolve())
    variables["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))
    )
    return variables


def _parse_line(line: str) -> dict[str, Any]:
    try:
        message = json.loads(line)
    except ValueError:  # an imported module has printed something else
        return {}
    return message if isinstance(message, dict) else {}


def _checked(ended: dict[str, Any], code: int, errors: str) -> Checked:
    if "error" in ended:
        kind = Unreachable if ended.get("exit_code") == Unreachable.exit_code else CheckBroke
        raise kind(ended["error"])
    if "document" not in ended:
        lines = [line.strip() for line in errors.splitlines() if line.strip()]
        last = lines[-1] if lines else "it said nothing"
        raise CheckBroke(f"the check ended with {code} and without a verdict: {last}")
    [bundle] = ended["document"]["bundles"]
    names = ("verdict", "failed_checks", "checks", "in_session", "reasons")
    return Checked(**{name: bundle[name] for name in names})
