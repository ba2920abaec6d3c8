"""Run a check for a server in a separate process, because pytest allows one session per process.

``python -m playbook.panel.check_process BUNDLE [FOLDER RUN]`` is the child process. With a folder
for the pictures and the id of their run, it walks through the demo in a browser instead. It reads
the deployment's settings from its environment variables and prints one JSON object per line: each
result (and picture) at once, and last the verdict's document or an error. It ends together with its
parent.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn, cast

from playbook import PROJECT
from playbook.environment import Environment
from playbook.errors import PlaybookError, Unreachable, WrongUsage
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds
from playbook.processes.exiting import end_process
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


def run(
    environment: Environment,
    seeds: Seeds,
    bundle: Bundle,
    on_result: Callable[[Result], None],
    walk: Walk | None = None,
) -> Checked:
    """Check one bundle in a child process; with ``walk``, walk through it instead.

    Raises Unreachable if the environment does not answer, CheckBroke if there is no verdict.
    """
    with _turns:
        return _run(environment, seeds, bundle, on_result, walk)


def _run(
    environment: Environment,
    seeds: Seeds,
    bundle: Bundle,
    on_result: Callable[[Result], None],
    walk: Walk | None,
) -> Checked:
    variables = {**os.environ, **environment.settings.as_variables()}
    variables["PLAYBOOK_SEEDS"] = str(seeds.directory.resolve())
    variables["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(PROJECT), os.environ.get("PYTHONPATH")))
    )
    arguments = [bundle.key, *([str(walk.folder.resolve()), walk.run] if walk else [])]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "playbook.panel.check_process", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env=variables,
        start_new_session=True,
    )
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
    return _checked(ended, process.returncode, environment.redact("".join(errors)))


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


def main() -> NoReturn:
    """The child process: check the bundle that argv names and print the results."""
    from playbook.processes.lifeline import call_when_parent_ends

    call_when_parent_ends(lambda: os._exit(1))
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def say(**fields: object) -> None:
        print(json.dumps(fields, ensure_ascii=False), file=answers, flush=True)

    status = 0
    # Output of plugins must not be mixed with our results.
    with redirect_stdout(sys.stderr):
        try:
            say(document=_verdict_document(sys.argv[1], sys.argv[2:], say))
        except PlaybookError as error:
            say(error=str(error), exit_code=error.exit_code)
            status = error.exit_code
    end_process(status)


def _verdict_document(name: str, walk: list[str], say: Callable[..., None]) -> dict[str, Any]:
    from playbook.environment import Environment, Settings
    from playbook.pristine import bundles, seeds
    from playbook.verdict.run_features import Walking, check

    loaded = seeds.load()
    settings = Settings.from_environment()
    if settings is None:
        raise WrongUsage("a check beside a server needs MONGO_URI, REDIS_URL and API_URL")
    with Environment(settings) as environment:
        environment.require_reachable()
        chosen, walking = bundles.find(loaded, name), None
        if walk:
            folder, run = walk
            walking = Walking(
                alone=True,
                root=Path(folder),
                runs={chosen.key: run},
                on_picture=lambda bundle, step, picture: say(picture=str(picture)),
            )
        verdict = check(
            environment,
            loaded,
            [chosen],
            on_result=lambda result: say(result=asdict(result)),
            walking=walking,
        )
        document = json.dumps(verdict.document(), ensure_ascii=False)
        return cast(dict[str, Any], json.loads(environment.redact(document)))


if __name__ == "__main__":
    main()
