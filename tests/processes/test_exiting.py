"""Commands end at once, but only after their output has been written."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SAYS = """\
import logging, sys
from playbook.processes.exiting import end_process
handler = logging.StreamHandler(sys.stderr)
logging.getLogger("told").addHandler(handler)
sys.stdout.write("word " * 100_000)
logging.getLogger("told").warning("warned")
end_process(4)
"""
BUFFERED = {**os.environ, "PYTHONUNBUFFERED": ""}


def test_all_output_is_written_before_the_end() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SAYS], env=BUFFERED, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (4, "warned\n")
    assert ended.stdout == "word " * 100_000


@pytest.mark.parametrize("code", [0, 1, 4])
def test_a_closed_pipe_keeps_the_exit_code(code: int) -> None:
    # Short enough to stay in Python's buffer until the end. It waits until stdout has no reader.
    says = SAYS.replace("end_process(4)", f"sys.stdin.read(); end_process({code})")
    process = subprocess.Popen(
        [sys.executable, "-c", says.replace("100_000", "10")],
        env=BUFFERED,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None  # communicate() is not to read it
    _, errors = process.communicate("", timeout=60)
    assert (process.returncode, errors) == (code, "warned\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_changes_no_exit_code(closed: str) -> None:
    says = "from playbook.processes.exiting import end_process; print('said'); end_process(4)"
    shell = ["bash", "-c", f'"$0" -c "$1" {closed}', sys.executable, says]
    ended = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (4, "")
