"""The process of one check beside a server: ``python -m playbook.panel.check_process``.

It loads the code and the seeds, and then waits for its order: one line of JSON on stdin with the
bundle's id. For a walk instead of a check, the order also has the folder for the pictures and the
id of their run. If the seeds have changed meanwhile, it reads them again. It prints a line of JSON
for each result and picture, and at the end one with the verdict's document or the error. If its
parent ends, it ends, too.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

from playbook.errors import PlaybookError, WrongUsage
from playbook.processes.exiting import end_process

if TYPE_CHECKING:
    from playbook.pristine.seeds import Seeds


def main() -> NoReturn:
    """Wait for the order, then check or walk, and print the results."""
    from playbook.processes.lifeline import call_when_parent_ends

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")

    def say(**fields: object) -> None:
        print(json.dumps(fields, ensure_ascii=False), file=answers, flush=True)

    status = 0
    # Output of plugins must not be mixed with our results.
    with redirect_stdout(sys.stderr):
        from playbook.verdict.run_features import load_everything

        load_everything()
        known = SeedsReadAhead()
        # Garbage collection takes 5 % of a check's time, and this process ends after one check.
        gc.disable()
        order = _order()
        call_when_parent_ends(lambda: os._exit(3))
        try:
            say(document=_verdict_document(order, known.now(), say))
        except PlaybookError as error:
            say(error=str(error), exit_code=error.exit_code)
            status = error.exit_code
    end_process(status)


def _order() -> dict[str, str]:
    """The order, from stdin; if the parent ends before it gives one, this process ends, too."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(0, 4096)
        if not part:
            end_process(0)
        line += part
    return cast(dict[str, str], json.loads(line))


class SeedsReadAhead:
    """The seeds, read and validated while the process waits for its order."""

    def __init__(self) -> None:
        from playbook.pristine import seeds

        self._loaded: Seeds | None = None
        # If the seeds are wrong, the check reads them again and says what is wrong.
        with suppress(PlaybookError):
            self._loaded = seeds.load()

    def now(self) -> Seeds:
        """The seeds as the files have them now. Raises BadSeeds."""
        from playbook.pristine import seeds

        loaded = self._loaded
        if loaded is None or seeds.seeds_version(loaded.directory) != loaded.version:
            return seeds.load()
        return loaded


def _verdict_document(
    order: dict[str, str], loaded: Seeds, say: Callable[..., None]
) -> dict[str, Any]:
    from playbook.environment import Environment, Settings
    from playbook.pristine import bundles
    from playbook.verdict.run_features import Walking, check

    settings = Settings.from_environment()
    if settings is None:
        raise WrongUsage("a check beside a server needs MONGO_URI, REDIS_URL and API_URL")
    with Environment(settings) as environment:
        environment.require_reachable()
        chosen, walking = bundles.find(loaded, order["bundle"]), None
        if "run" in order:
            walking = Walking(
                alone=True,
                root=Path(order["folder"]),
                runs={chosen.key: order["run"]},
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
