"""A signal while a command is still being loaded: one line, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from playbook import PROJECT

CONSOLE_SCRIPT = "from playbook.__main__ import main; main()"


@pytest.mark.parametrize(
    ("started_as", "number", "code"),
    [
        pytest.param(["-m", "playbook"], signal.SIGINT, 130, id="module"),
        pytest.param(["-c", CONSOLE_SCRIPT], signal.SIGTERM, 143, id="console script"),
    ],
)
@pytest.mark.parametrize(
    "module",
    ["playbook.errors", "playbook.processes.signals", "typer.core", "playbook.cli.arguments"]
    + ["bson", "pymongo"],
)
def test_no_traceback_while_modules_are_loaded(
    module: str, started_as: list[str], number: int, code: int
) -> None:
    process = subprocess.Popen(
        # Python says on stderr what it has imported, as soon as it has.
        [sys.executable, "-X", "importtime", *started_as, "check", "lvmh"],
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
    assert process.stderr is not None
    with process:
        for line in process.stderr:
            if line.rstrip().rpartition("|")[2].strip() == module:
                process.send_signal(number)
                break
        else:
            pytest.fail(f"{module} was never imported")
        left = [line for line in process.stderr if not line.startswith("import time:")]
        ended = process.wait(60)
    assert ended == code, left
    assert "".join(left) == "playbook: interrupted\n"


def test_half_an_installation_is_said_in_one_line_and_is_no_verdict(tmp_path: Path) -> None:
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
