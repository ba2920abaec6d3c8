"""The process of one check beside a server: ``python -m playbook.panel.check_process``.

It loads everything, the seeds too, and waits for its order, one JSON object in a line of stdin: the
bundle's id; for a walk in a browser instead, also the folder for the pictures and the id of their
run. If the seeds have changed meanwhile, it reads them again. It reads the deployment's settings
from its environment variables and prints one JSON object per line: each result (and picture) at
once, and last the verdict's document or an error. It ends together with its parent.
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
        # It takes a twentieth of a check's time, and the process ends after it.
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
    """The seeds, read and judged while there is no order yet."""

    def __init__(self) -> None:
        from playbook.pristine import seeds

        self._loaded: Seeds | None = None
        # Wrong seeds are no matter now; the check that needs them says what is wrong.
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
