"""Commands end at once, but not before what they said has gone out."""

from __future__ import annotations

import os
import subprocess
import sys

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


def test_all_that_was_said_goes_out() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SAYS], env=BUFFERED, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stderr) == (4, "warned\n")
    assert ended.stdout == "word " * 100_000


def test_where_nobody_reads_on_it_is_no_success_and_no_traceback() -> None:
    says = SAYS.replace("end_process(4)", "sys.stdin.read(); end_process(0)").replace(
        "100_000", "10"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", says],
        env=BUFFERED,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stdin.close()
    assert process.stderr.read() == "warned\n"
    process.stderr.close()
    assert process.wait() == 1
