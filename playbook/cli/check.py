"""``playbook check``: GO or NO-GO, changing no demo data."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from playbook.cli.arguments import Bundles, VerdictFile, Walk
from playbook.cli.environment_options import named
from playbook.errors import PlaybookError

if TYPE_CHECKING:
    from datetime import datetime

    from playbook.environment import Environment
    from playbook.pristine.bundles import Bundle
    from playbook.pristine.seeds import Seeds
    from playbook.verdict import Result, Verdict
    from playbook.verdict.run_features import Walking


OWN_KINDS = ("users", "leads", "livesales")
"""The kinds whose documents belong to one bundle only: another bundle's reset writes none."""


def register(app: typer.Typer) -> None:
    app.command()(named(check))


def check(
    bundle: Bundles,
    json: VerdictFile = None,
    allure: Annotated[
        Path | None,
        typer.Option(metavar="DIR", readable=False, help="write Allure results to this folder"),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="write a sheet for each bundle to this file, to print for the meeting",
        ),
    ] = None,
    walk: Walk = False,
) -> None:
    """Say whether bundles can be shown now, and what is wrong if they can't.

    Exit 0 only if all is GO. The check signs in with each account and sends one tracked event;
    it removes these traces again.
    """
    from playbook.embedded.open import opened_ahead
    from playbook.pristine import bundles, seeds
    from playbook.processes.output import remove_former
    from playbook.verdict import GO
    from playbook.verdict.run_features import Walking

    # It takes a twentieth of a check's time, and the process ends soon.
    gc.disable()
    aside = require_one_output(json, html)
    for file in filter(None, (json, html)):
        remove_former(file)
    with opened_ahead() as environment_for:
        loaded = seeds.load()
        chosen = bundles.select(loaded, bundle)
        environment = environment_for(loaded)
        walking = Walking() if walk else None
        verdict = check_and_report(environment, loaded, chosen, allure, walking, aside=aside)
        if html is not None:
            write_sheets(environment, loaded, verdict, html)
    if json is not None:
        write(verdict, json)
    raise typer.Exit(0 if verdict.verdict == GO else 1)


def check_and_report(
    environment: Environment,
    seeds: Seeds,
    chosen: list[Bundle],
    allure: Path | None = None,
    walking: Walking | None = None,
    *,
    aside: bool = False,
) -> Verdict:
    """Check some bundles, or walk through them, and record the run in the journal.

    Failures are printed at once, the verdict at the end. ``aside``: print to standard error,
    because a document goes to standard output.
    """
    from rich.console import Console

    from playbook.cli.person import account_and_machine
    from playbook.processes import signals
    from playbook.reset.journal import CHECK, WALK
    from playbook.verdict import recording
    from playbook.verdict.console import progress, show
    from playbook.verdict.run_features import check as run_check

    if allure is not None:
        require_allure(allure)
    by = account_and_machine()
    trigger = WALK if walking is not None and walking.alone else CHECK
    begun = {one.key: recording.begin(seeds, one.key, by, trigger) for one in chosen}
    if walking is not None:
        walking = replace(walking, runs={key: run.id for key, run in begun.items()})
    shown = progress(Console(stderr=True), {one.key: one.short for one in chosen})
    results = _ShownResults(environment, seeds, {one.key: one for one in chosen}, shown)
    try:
        verdict = run_check(
            environment,
            seeds,
            chosen,
            on_result=results.show,
            allure_results=allure,
            walking=walking,
        )
    except PlaybookError as error:
        # If a bundle could not be checked, its former GO does not count any more.
        recording.record(environment, list(begun.values()), str(error))
        raise
    signals.finish()
    never_reset = [key for key, never in results.never_reset.items() if never]
    show(Console(stderr=aside), verdict, seeds, never_reset)
    if why_not := recording.record_verdict(environment, verdict, begun):
        text = f"playbook: this {trigger} is not in the journal: {why_not}"
        print(environment.redact(text), file=sys.stderr)
    return verdict


@dataclass
class _ShownResults:
    """Shows results at once, except those of demos that were never reset."""

    environment: Environment
    seeds: Seeds
    bundles: Mapping[str, Bundle]
    show_one: Callable[[Result], None]
    never_reset: dict[str, bool] = field(default_factory=dict)
    """Whether a bundle was never reset, by its id; asked only if one of its checks failed."""

    def show(self, result: Result) -> None:
        key = result.bundle
        # A demo that is GO has been reset.
        if result.status != "passed" and key not in self.never_reset:
            self.never_reset[key] = was_never_reset(self.environment, self.seeds, self.bundles[key])
        if not self.never_reset.get(key):
            self.show_one(result)


def require_one_output(*files: Path | None) -> bool:
    """Whether one of some files is standard output.

    Raises WrongUsage if several are, or if several are the same file.
    """
    from playbook.errors import WrongUsage
    from playbook.processes.output import STANDARD_OUTPUT

    asked = files.count(STANDARD_OUTPUT)
    if asked > 1:
        raise WrongUsage("only one document can be written to standard output (-); name a file")
    named = [file.resolve() for file in files if file is not None and not file.is_char_device()]
    if len(set(named)) < len(named):
        raise WrongUsage(
            f"{named[0]} can't contain two documents; name another file for one of them"
        )
    return asked == 1


def require_allure(folder: Path) -> None:
    """Raises WrongUsage if Allure results cannot be written to a folder."""
    from playbook.errors import WrongUsage
    from playbook.processes.output import require_writable

    try:
        require_writable(folder)
    except OSError as error:
        raise WrongUsage(
            f"--allure {folder}: it cannot be written to ({error.strerror}); name another folder"
        ) from None


def was_never_reset(environment: Environment, seeds: Seeds, bundle: Bundle) -> bool:
    """Whether the database has no document of a bundle; False if that is not known."""
    from playbook.environment import identities
    from playbook.errors import PlaybookError

    try:
        with environment.translate_connection_errors():
            deployment = environment.deployment
            scope = identities.read_scope(environment.db, deployment, bundle, seeds)
            kept = [one for kind in OWN_KINDS if (one := deployment.kept_as(kind)) is not None]
            return not any(
                environment.db[name].find_one(scope.filters[name], {"_id": 1})
                for name in {one.collection for one in kept}
            )
    except PlaybookError:
        return False


def write_sheets(environment: Environment, seeds: Seeds, verdict: Verdict, path: Path) -> None:
    """Write a verdict's sheets to one file. Raises WrongUsage if it can't be written."""
    from playbook import clock
    from playbook.processes.output import named_by_the_user
    from playbook.report.sheet import page
    from playbook.report.sheet.content import gather, standing
    from playbook.reset import backup
    from playbook.reset.journal import Journal
    from playbook.walk import pictures

    meetings: dict[str, datetime | None] = {}
    try:
        with environment.translate_connection_errors():
            journal, now = Journal.of(environment), clock.now()
            meetings = {one.bundle: journal.meeting(one.bundle, now) for one in verdict.bundles}
    except PlaybookError:
        pass  # a sheet without its meeting is better than none
    sheets = [
        gather(
            environment,
            seeds.bundles[one.bundle].model,
            standing(one, verdict.generated_at),
            seeds,
            pictures.latest(
                backup.directory(environment.settings),
                environment.identity,
                seeds.bundles[one.bundle].model,
            ),
            meetings.get(one.bundle),
        )
        for one in verdict.bundles
    ]
    with named_by_the_user(path):
        page.write(sheets, path)


def write(verdict: Verdict, path: Path) -> None:
    """Write a verdict's document. Raises WrongUsage if the file can't be written."""
    from playbook.processes.output import named_by_the_user

    with named_by_the_user(path):
        verdict.write(path)
