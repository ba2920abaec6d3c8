"""Ctrl-C while a command is still being loaded: a word, and no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from playbook import PROJECT


@pytest.mark.parametrize(
    "module", ["playbook.errors", "typer.core", "playbook.cli.arguments", "bson", "pymongo"]
)
def test_no_traceback_while_modules_are_loaded(module: str) -> None:
    process = subprocess.Popen(
        # Python says on stderr what it has imported, as soon as it has.
        [sys.executable, "-X", "importtime", "-m", "playbook", "check", "lvmh"],
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
                process.send_signal(signal.SIGINT)
                break
        else:
            pytest.fail(f"{module} was never imported")
        left = [line for line in process.stderr if not line.startswith("import time:")]
        code = process.wait(60)
    assert code == 130, left
    assert "".join(left) == "playbook: interrupted\n"
