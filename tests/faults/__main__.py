"""``python -m tests.faults``: try every fault, print the score; 0 only if all are caught."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from playbook.verdict.checks import CHECKS
from playbook.walk.browser import NotWalked, require_browser
from tests.faults import bench, rounds
from tests.faults.catalogue import FAULTS
from tests.faults.fault import EVERYONE

WORKERS = 2


@dataclass(frozen=True)
class Line:
    """One fault's result from a worker."""

    number: int
    failed: dict[str, list[str]]
    complaints: list[str]
    missed: int
    wrongly_blamed: int
    seconds: float


def selected(patterns: Sequence[str], sample: bool) -> list[int]:
    """The numbers of the faults to try: those with any of the patterns; all without one."""
    numbers = [
        number
        for number, fault in enumerate(FAULTS)
        if not patterns or any(one.casefold() in fault.name.casefold() for one in patterns)
    ]
    if any(FAULTS[number].kind == "page" for number in numbers):
        try:
            require_browser()
        except NotWalked as error:
            print(f"faults of pages are left out: {error}")
            numbers = [number for number in numbers if FAULTS[number].kind != "page"]
    return sample_of(numbers) if sample else numbers


def sample_of(numbers: list[int]) -> list[int]:
    """One fault a check, and each part broken at least once; quick ones."""
    quick = [number for number in numbers if FAULTS[number].kind != "slow"]
    chosen: dict[str, int] = {}
    broken: set[str] = set()
    for area in dict.fromkeys(FAULTS[number].area for number in quick):
        listed = [number for number in quick if FAULTS[number].area == area]
        chosen[area] = next((n for n in listed if FAULTS[n].breaks not in broken), listed[0])
        broken.add(FAULTS[chosen[area]].breaks)
    for number in quick:
        if FAULTS[number].breaks not in broken:
            broken.add(FAULTS[number].breaks)
            chosen[FAULTS[number].name] = number
    return sorted(chosen.values())


def work(numbers: list[int]) -> None:
    """Try some faults in this process; print one JSON line for each."""
    for app in dict.fromkeys(FAULTS[number].app for number in numbers):
        _work_on(app, [number for number in numbers if FAULTS[number].app == app])


def _work_on(app: str, numbers: list[int]) -> None:
    with bench.started(app) as tried:
        numbered = {FAULTS[number].name: number for number in numbers}
        for outcome in tried.try_all(bench.mixed([FAULTS[number] for number in numbers])):
            line = Line(
                numbered[outcome.fault.name],
                {bundle: sorted(checks) for bundle, checks in outcome.failed.items()},
                list(outcome.complaints),
                len(outcome.missed),
                len(outcome.wrongly_blamed),
                round(outcome.seconds, 1),
            )
            print(json.dumps(asdict(line)), flush=True)
        tried.insist_on_go("the last fault")


def spread(numbers: list[int], workers: int, console: Console) -> list[Line]:
    """Try faults in several processes, each with an environment of its own."""
    lines: list[Line] = []
    children: list[subprocess.Popen[bytes]] = []
    with TemporaryDirectory() as directory, _ended_at_last(children):
        outputs = [Path(directory) / str(share) for share in range(workers)]
        for share, output in enumerate(outputs):
            mine = ",".join(str(number) for number in numbers[share::workers])
            command = [sys.executable, "-m", "tests.faults", "--work", mine]
            children.append(subprocess.Popen(command, stdout=output.open("w")))
        counted: set[int] = set()
        shown = 0
        while len(counted) < len(numbers):
            ended = all(child.poll() is not None for child in children)
            found = [text for output in outputs for text in output.read_text().splitlines(True)]
            lines = [Line(**json.loads(text)) for text in found if _is_line(text)]
            for line in sorted(lines, key=lambda line: line.number):
                if line.number not in counted:
                    counted.add(line.number)
                    _tell(line, console)
            if len(counted) // 20 > shown:
                shown = len(counted) // 20
                console.print(f"{len(counted)} of {len(numbers)} faults tried", highlight=False)
            if ended:
                break
            time.sleep(0.2)
        codes = [child.wait() for child in children]
    if any(codes):
        console.print("a worker failed: what is missing in the table was not tried")
    return sorted(lines, key=lambda line: line.number)


@contextmanager
def _ended_at_last(children: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """End the processes at the end, also if a signal ends this one."""
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        for child in children:
            child.terminate()
        signal.signal(signal.SIGTERM, before)


def _tell(line: Line, console: Console) -> None:
    for complaint in line.complaints:
        console.print(f"{FAULTS[line.number].name}: {complaint}", markup=False, highlight=False)


def _is_line(text: str) -> bool:
    return text.startswith("{") and text.endswith("}\n")


def table(lines: list[Line]) -> Table:
    """The table of faults and checks: which check noticed which fault."""
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("", "fault", "kind", "breaks", "bundles"):
        shown.add_column(name, no_wrap=True)
    for name in CHECKS:
        shown.add_column(name[:4], justify="center")
    shown.add_column("s", justify="right")
    for line in lines:
        fault = FAULTS[line.number]
        noticed = {name for names in line.failed.values() for name in names}
        where = "all" if len(line.failed) == len(EVERYONE) else " ".join(line.failed)
        shown.add_row(
            "✗" if line.complaints else "✓",
            fault.name, fault.kind, fault.breaks, where,
            *("●" if name in noticed else "" for name in CHECKS),
            f"{line.seconds:.1f}",
        )  # fmt: skip
    return shown


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("only", nargs="*", help="only faults with one of these in their names")
    parser.add_argument("--sample", action="store_true", help="one fault a check and part")
    parser.add_argument("--workers", type=int, default=WORKERS)
    parser.add_argument("--list", action="store_true", help="say which faults there are")
    parser.add_argument("--rounds", type=int, metavar="N", help="clean rounds at random instants")
    parser.add_argument("--seed", type=int, help="of the rounds' randomness")
    parser.add_argument("--app", default="playbook", help="the rounds' shape: or aislemarts")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--share", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work is not None:
        work([int(number) for number in options.work.split(",") if number])
        return 0
    console = Console(width=None if sys.stdout.isatty() else 190, soft_wrap=True)
    if options.rounds is not None:
        if options.share:
            share, shares = map(int, options.share.split("/"))
            return min(rounds.go(options.rounds, options.seed, share, shares, options.app), 1)
        return rounds.main(options.rounds, options.seed, options.workers, options.app)
    numbers = selected(options.only, options.sample)
    if options.list:
        for number in numbers:
            console.print(f"{FAULTS[number].name} ({FAULTS[number].kind})", highlight=False)
        return 0
    begun = time.monotonic()
    lines = spread(numbers, min(options.workers, len(numbers)) or 1, console)
    console.print(table(lines))
    kinds = Counter(FAULTS[line.number].kind for line in lines)
    console.print(f"{len(kinds)} kinds: {', '.join(f'{k} {n}' for k, n in kinds.most_common())}")
    caught = sum(not line.complaints for line in lines)
    console.print(
        f"caught {caught} of {len(numbers)} injected · "
        f"wrongly blamed {sum(bool(line.wrongly_blamed) for line in lines)} · "
        f"missed {sum(bool(line.missed) for line in lines)} · "
        f"{time.monotonic() - begun:.0f} s",
        highlight=False,
    )
    return 0 if numbers and caught == len(numbers) else 1


if __name__ == "__main__":
    sys.exit(main())
