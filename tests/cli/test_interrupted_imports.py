"""A signal during the imports or the end of a command: one line, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from playbook import PROJECT

CONSOLE_SCRIPT = "from playbook.__main__ import main; main()"


LOADING = "playbook: interrupted"
RUNNING = "playbook: interrupted: there is no result"
UNREACHABLE = "playbook: MongoDB at mongodb://127.0.0.1:9/ cannot be reached"


def command(*options: str) -> subprocess.Popen[str]:
    """A check of an environment that does not exist; it prints what it has imported."""
    return subprocess.Popen(
        [sys.executable, "-X", "importtime", *options, "check", "lvmh"],
        env={
            **{n: v for n, v in os.environ.items() if not n.startswith("DEMO_")},
            "MONGO_URI": "mongodb://127.0.0.1:9/",
            "REDIS_URL": "redis://127.0.0.1:9/0",
            "API_URL": "http://127.0.0.1:9",
        },
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def lines_of(stderr: IO[str]) -> list[str]:
    return [line.rstrip() for line in stderr if not line.startswith("import time:")]


def wait_for_import(process: subprocess.Popen[str], module: str) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if line.rstrip().rpartition("|")[2].strip() == module:
            return
    pytest.fail(f"{module} was never imported")


@pytest.mark.parametrize(
    ("started_as", "number"),
    [
        pytest.param(["-m", "playbook"], signal.SIGINT, id="module"),
        pytest.param(["-c", CONSOLE_SCRIPT], signal.SIGTERM, id="console script"),
        pytest.param(["-m", "playbook"], signal.SIGHUP, id="terminal closed"),
    ],
)
@pytest.mark.parametrize(
    "module",
    ["playbook.errors", "playbook.processes.signals", "typer.core", "playbook.cli.arguments"]
    + ["bson", "pymongo"],
)
def test_a_signal_during_imports_prints_no_traceback(
    module: str, started_as: list[str], number: int
) -> None:
    with command(*started_as) as process:
        wait_for_import(process, module)
        process.send_signal(number)
        assert process.stderr is not None
        lines = lines_of(process.stderr)
        code = process.wait(60)
    # On a busy machine the command may be further on, even at its end, when the signal comes.
    assert len(lines) == 1, lines
    if lines[0].startswith(UNREACHABLE):
        assert code in (3, 128 + number)
    else:
        assert lines[0] in (LOADING, RUNNING)
        assert code == 128 + number


AT_EACH_LINE = """
import json, os, signal, sys, tempfile

from playbook import __main__, cli  # the first is ready for signals
cli.load_commands()
from playbook.processes import signals

OURS = {cli.__file__, signals.__file__}
number = int(sys.argv[1])
sys.argv[1:] = sys.argv[2:]


def run(at):
    seen = 0

    def trace(frame, event, _):
        nonlocal seen
        if frame.f_code.co_filename not in OURS:
            return None
        if event == "line":
            seen += 1
            if seen == at:
                os.kill(os.getpid(), number)
        return trace

    sys.settrace(trace)
    cli.main()


at = 0
while True:
    at += 1
    with tempfile.TemporaryFile() as said:
        if (child := os.fork()) == 0:
            os.dup2(said.fileno(), 2)
            run(at)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        print(json.dumps([code, said.read().decode()]), flush=True)
    if code < 128:  # the command ended before the signal came
        break
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)
@pytest.mark.parametrize(
    ("arguments", "code", "error"),
    [
        pytest.param(["check", "lvmh"], 2, "no environment", id="refused"),
        pytest.param(["check", "--no-such-option"], 2, "No such option", id="wrong usage"),
        pytest.param(["--version"], 0, None, id="done"),
    ],
)
@pytest.mark.slow
def test_a_signal_at_any_line_prints_one_line(
    arguments: list[str], code: int, error: str | None, number: signal.Signals
) -> None:
    unset = {"MONGO_URI", "MONGO_DB", "REDIS_URL", "API_URL"}
    kept = {n: v for n, v in os.environ.items() if n not in unset and not n.startswith("DEMO_")}
    ended = subprocess.run(
        [sys.executable, "-c", AT_EACH_LINE, str(int(number)), *arguments],
        env=kept,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.stderr == ""
    outcomes = [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("[")]
    last_code, last_said = outcomes.pop()
    assert last_code == code and (error is None or error in last_said)
    assert len(outcomes) > 10
    for at, (found, text) in enumerate(outcomes, 1):
        lines = text.splitlines()
        assert (found, len(lines)) == (128 + number, 1), f"line {at}: {found}, {text!r}"
        assert text.endswith("\n")
        assert lines[0] in (LOADING, RUNNING) or (error and error in lines[0]), at


def test_an_incomplete_installation_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ImportError('No module named typer')\n")
    ended = subprocess.run(
        [sys.executable, "-m", "playbook", "check", "lvmh"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (3, "")
    [line] = ended.stderr.splitlines()
    assert "No module named typer" in line and "install it again" in line
