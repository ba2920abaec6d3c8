"""``tox -e bench``: the tables of docs/performance.md, measured in one run."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from bench import by_hand, cache, other_servers
from bench.delay import delayed
from bench.processes import PLAYBOOK, Run, run, typical
from bench.sizes import Size, measured, times_the_first, work_of_the_first
from playbook import PROJECT, clock
from playbook.embedded.start import start
from playbook.environment import Environment, Settings
from playbook.panel.checks import CheckProcesses
from playbook.pristine import bundles
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Seeds, load
from playbook.verdict import GO

FLOOR = "import pytest, pytest_bdd, allure, pymongo, redis, requests"
BUNDLE = "lvmh"
BEGIN, END = "<!-- the last run -->", "<!-- end of the last run -->"
FAR = 0.05
"""Seconds that are added to every round trip."""
LOADED_AFTER = 3.0
"""Seconds after which a process of the panel has surely loaded everything."""

type Point = dict[str, float]
"""A size, and how much longer a reset and a check take with it than with the first."""


def table(*rows: tuple[object, ...]) -> list[str]:
    """Rows as Markdown, the first one the heading."""
    head, *body = [[str(cell) for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *body]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def near(settings: Settings, variables: Mapping[str, str], rounds: int) -> list[str]:
    """How soon a presenter has the verdict, compared with importing the libraries."""
    floor = typical([sys.executable, "-c", FLOOR], variables, rounds)
    check = typical([PLAYBOOK, "check", BUNDLE], variables, rounds)
    reset = typical([PLAYBOOK, "reset", BUNDLE], variables, rounds)
    both = typical([PLAYBOOK, "reset", "--check", BUNDLE], variables, rounds)
    in_the_panel = checked_in_the_panel(settings, rounds)

    def row(what: str, measured: Run, limit: str) -> tuple[object, ...]:
        ratio = measured.seconds / floor.seconds
        memory = _mb(measured) if measured.memory else ""
        return what, f"{ratio:.2f}", limit, f"{measured.seconds:.2f} s", memory

    return table(
        ("whole process", "× floor", "limit", "this run", "peak memory"),
        row("the floor: importing the libraries", floor, ""),
        row("check of one bundle", check, "3 (aim 2)"),
        row("reset of one bundle", reset, ""),
        row("reset and check in one process", both, ""),
        row("check in the panel, whose process is ready", in_the_panel, "aim 0.3 s"),
    )


def checked_in_the_panel(settings: Settings, rounds: int) -> Run:
    """A check of one bundle by a process that has loaded everything. The memory is not measured."""
    seeds = load()
    bundle = bundles.find(seeds, BUNDLE)
    processes, seconds = CheckProcesses(), []
    with Environment(settings) as environment:
        processes.keep_one_ready(environment, seeds)
        try:
            for _ in range(rounds):
                time.sleep(LOADED_AFTER)
                started = time.perf_counter()
                checked = processes.run(environment, seeds, bundle, lambda result: None)
                seconds.append(time.perf_counter() - started)
                assert checked.verdict == GO, checked.reasons
        finally:
            processes.close()
    return Run(median(seconds), 0)


@contextmanager
def far_away(settings: Settings) -> Iterator[Settings]:
    """The same environment with 50 ms more on every round trip."""
    with ExitStack() as stack:

        def away(url: str) -> str:
            parts = urlsplit(url)
            assert parts.hostname and parts.port
            port = stack.enter_context(delayed(parts.hostname, parts.port, FAR))
            return parts._replace(netloc=f"127.0.0.1:{port}").geturl()

        yield replace(
            settings,
            mongo_uri=away(settings.mongo_uri),
            redis_url=away(settings.redis_url),
            api_url=away(settings.api_url),
        )


def far(settings: Settings, variables: Mapping[str, str], rounds: int) -> list[str]:
    """The cost of a long distance."""
    here_check = typical([PLAYBOOK, "check", BUNDLE], variables, rounds)
    here_reset = typical([PLAYBOOK, "reset", BUNDLE], variables, rounds)
    here_all = typical([PLAYBOOK, "reset", "--check", "all"], variables, 1)
    with far_away(settings) as distant:
        there = {**variables, **distant.as_variables()}
        check = typical([PLAYBOOK, "check", BUNDLE], there, rounds)
        reset = typical([PLAYBOOK, "reset", BUNDLE], there, rounds)
        everything = typical([PLAYBOOK, "reset", "--check", "all"], there, 1)

    def row(what: str, distant: Run, here: Run, limit: str) -> tuple[object, ...]:
        ratio = f"{distant.seconds / here.seconds:.2f}"
        return what, ratio, f"{here.seconds:.2f} s", f"{distant.seconds:.2f} s", limit

    return table(
        ("50 ms on every round trip", "× here", "here", "far away", "limit"),
        row("one check", check, here_check, "3.5 s"),
        row("one reset", reset, here_reset, "5 s"),
        row("all eight reset and checked", everything, here_all, "20 s"),
    )


def hands(
    settings: Settings, variables: Mapping[str, str], bundle: Bundle, tools: Path
) -> list[str]:
    """The playbook's commands by hand, against ours."""
    shell, cli = by_hand.mongosh(tools), by_hand.redis_cli()
    if shell is None or cli is None:
        return ["mongosh or redis-cli is not installed: not measured."]
    seeds = load()
    accounts = bundles.accounts_of(seeds, bundle)
    resetting = by_hand.reset_commands(shell, cli, variables)
    verifying = by_hand.verification_commands(
        shell, variables, bundle, accounts, settings.password(bundle.short)
    )

    def typed(commands: list[list[str]]) -> float:
        # The embedded MongoDB refuses reIndex, like a replica set; typing it takes the same time.
        return sum(run(command, variables, may_fail=True).seconds for command in commands)

    reset_by_hand, verified_by_hand = typed(resetting), typed(verifying)
    ours = typical([PLAYBOOK, "reset", "--force", "--check", bundle.short], variables, 3)
    all_ours = typical([PLAYBOOK, "reset", "--force", "--check", "all"], variables, 1)
    # A typed sign-in leaves a session behind, so our commands need --force.
    one = reset_by_hand + verified_by_hand
    eight = reset_by_hand + 8 * verified_by_hand
    return table(
        ("typed by hand, whole processes", "commands", "by hand", "ours", "by hand ÷ ours"),
        (
            "reset alone, against our reset and check",
            len(resetting),
            f"{reset_by_hand:.1f} s",
            f"{ours.seconds:.1f} s",
            f"{reset_by_hand / ours.seconds:.1f}",
        ),
        (
            "reset and the checklist of one bundle",
            len(resetting) + len(verifying),
            f"{one:.1f} s",
            f"{ours.seconds:.1f} s",
            f"{one / ours.seconds:.1f}",
        ),
        (
            "reset and the checklists of all eight",
            len(resetting) + 8 * len(verifying),
            f"{eight:.1f} s",
            f"{all_ours.seconds:.1f} s",
            f"{eight / all_ours.seconds:.1f}",
        ),
    )


def grown(sizes: list[Size], folder: Path, rounds: int) -> tuple[list[str], list[Point]]:
    """Growth in the embedded environment: the table, and its points for the picture."""

    def started(seeds: Seeds, name: str) -> AbstractContextManager[Settings]:
        return start(seeds=seeds)

    with measured(sizes, BUNDLE, started, folder, rounds, 0) as found:
        first = found[0]
        assert not any(one.problem for one in found), [one.problem for one in found]
        points: list[Point] = [
            {
                "bundles": one.size.bundles,
                "products": one.size.products,
                "reset": times_the_first(first.resets, one.resets),
                "check": times_the_first(first.checks, one.checks),
            }
            for one in found
        ]
    rows = [
        (
            one.size.bundles,
            one.size.products,
            f"{point['reset']:.2f}",
            f"{point['check']:.2f}",
            f"{work_of_the_first(first.resets, one.resets):.2f}",
            f"{work_of_the_first(first.checks, one.checks):.2f}",
            one.reset_commands,
            one.check_commands,
            f"{one.memory / 1e6:.0f} MB",
        )
        for one, point in zip(found, points, strict=True)
    ]
    heading = (
        "bundles", "SKUs a region", "reset × first", "check × first",
        "processor time: reset", "check", "Mongo commands: reset", "check", "peak memory",
    )  # fmt: skip
    return table(heading, *rows), points


def plot(points: list[Point], path: Path) -> None:
    """Draw growth as a picture."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for axes, key, fixed in ((left, "bundles", "products"), (right, "products", "bundles")):
        chosen = [p for p in points if p[fixed] == points[0][fixed]]
        for command in ("reset", "check"):
            axes.plot(
                [p[key] for p in chosen],
                [p[command] for p in chosen],
                marker="o",
                label=command,
            )
        axes.set_xscale("log")
        sizes = [int(p[key]) for p in chosen]
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.minorticks_off()
        axes.set_xlabel({"bundles": "bundles in the database", "products": "SKUs a region"}[key])
        axes.set_ylabel("time, × the smallest")
        axes.set_ylim(bottom=0)
        axes.legend()
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def keep(tables: str) -> None:
    """Replace the tables in docs/performance.md."""
    path = PROJECT / "docs" / "performance.md"
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}", encoding="utf-8")


def _ours(folder: Path) -> dict[str, str]:
    return {"PLAYBOOK_BACKUPS": str(folder / "backups")}


def _mb(measured: Run) -> str:
    return f"{measured.memory / 1e6:.0f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and sizes")
    parser.add_argument("--write", action="store_true", help="write them to docs/performance.md")
    options = parser.parse_args()
    rounds = 2 if options.quick else 5
    sizes = [Size(8, 50), Size(80, 50), Size(8, 500)]
    if not options.quick:
        sizes = [Size(8, 50), Size(80, 50), Size(800, 50), Size(8, 500), Size(8, 5000)]
    extremes = sizes[:: len(sizes) // 2]
    many = 10_000 if options.quick else 100_000
    report = [
        f"Measured {clock.now():%Y-%m-%d} on {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {platform.system()}, "
        "against the embedded environment.",
    ]

    def print_table(title: str, lines: list[str]) -> None:
        text = ["", f"### {title}", "", *lines]
        print("\n".join(text), flush=True)
        report.extend(text)

    with tempfile.TemporaryDirectory() as temporary, start() as settings:
        folder = Path(temporary)
        variables = {**settings.as_variables(), **_ours(folder)}
        run([PLAYBOOK, "reset", "all"], variables)
        bundle = bundles.find(load(), BUNDLE)
        print_table("Near", near(settings, variables, rounds))
        print_table("Far away", far(settings, variables, rounds))
        tools = PROJECT / ".tox" / "mongosh"
        print_table("By hand", hands(settings, variables, bundle, tools))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        print_table("Cache keys", table(*cache.cleared(BUNDLE, many, folder)))
        lines, points = grown(sizes, folder, rounds)
        print_table("Growth", lines)
        others = other_servers.grown(extremes, BUNDLE, folder, rounds)
        print_table("Growth on other servers", table(*others))
        print_table("Indexes of other servers", table(*other_servers.index_use(many, folder)))
    if options.write:
        keep("\n".join(report))
        plot(points, PROJECT / "docs" / "images" / "growth.png")


if __name__ == "__main__":
    main()
