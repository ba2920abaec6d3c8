"""A machine with an unreadable time zone, or with low limits of files, memory and threads."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import bson
import pytest

from playbook import PROJECT, cli
from playbook.cli.person import account_and_machine, account_name
from playbook.reset.backup.writing import BackupsUnusable
from playbook.reset.lease import this_process
from tests.forked_commands import without_settings

pytestmark = pytest.mark.end_to_end


@pytest.mark.parametrize("zone", ["/dev/null", ":/etc"])
def test_the_machines_own_zone_need_not_be_readable(zone: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "playbook", "schedule"],
        env={**without_settings(), "TZ": zone},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "| LVMH | Europe/Paris | 03:00 CET/CEST | 02:00/01:00 UTC |" in shown.stdout


def test_too_many_open_files_are_not_the_folders_fault(tmp_path: Path) -> None:
    too_many = OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    assert "raise the limit of open files (ulimit -n)" in str(BackupsUnusable(tmp_path, too_many))
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "set PLAYBOOK_BACKUPS" in str(BackupsUnusable(tmp_path, full))


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread")])
def test_a_process_without_memory_is_no_bug_of_ours(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def app(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)
    ending = cli.run_command()
    assert ending.code == 3
    assert ending.line is not None and "raise its limits (ulimit -v" in ending.line


def test_a_name_of_bytes_that_are_no_text_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", os.fsdecode(b"ann\xff"))
    monkeypatch.setattr(socket, "gethostname", lambda: os.fsdecode(b"laptop\xfe"))
    names = [account_name(), account_and_machine(), this_process()]
    assert names[:2] == ["ann<U+DCFF>", "ann<U+DCFF>@laptop<U+DCFE>"]
    bson.encode({"names": names})
