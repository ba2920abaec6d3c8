"""Problems with output change no verdict: any terminal, a closed pipe, a device, a full disk."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from playbook.processes.output import STANDARD_OUTPUT, remove_former, write_output

PROGRAM = """
import sys
from playbook.processes.output import show_on_every_terminal
from playbook.processes.exiting import end_process
show_on_every_terminal()
from rich.console import Console
for number in range(int(sys.argv[1])):
    Console().print("LVMH \\u2713 GO \\u2014 \\u201cready\\u201d \\u00fc \\u5bc6")
print("all is said", file=sys.stderr)
end_process(0)
"""


def run(times: int, redirect: str = "", **variables: str) -> subprocess.CompletedProcess[bytes]:
    command = ["bash", "-c", f'"$0" -c "$1" {times} {redirect}', sys.executable, PROGRAM]
    return subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize("columns", ["0", "3"])
def test_a_terminal_whose_width_is_not_known_gets_all_texts(columns: str) -> None:
    ended = run(1, COLUMNS=columns, PYTHONIOENCODING="utf-8")
    assert ended.stdout.decode().splitlines() == ["LVMH ✓ GO — “ready” ü 密"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_every_terminal_gets_all_texts(encoding: str) -> None:
    ended = run(1, PYTHONIOENCODING=encoding)
    assert ended.returncode == 0, ended.stderr
    text = ended.stdout.decode(encoding)
    assert "LVMH" in text and "GO" in text and "ready" in text
    assert (" ok " in text) is (encoding != "utf-8")


def test_a_reader_that_goes_away_changes_no_exit_code() -> None:
    # 90 kB, which is more than a pipe holds: the writer cannot end before its reader has gone.
    ended = run(3_000, '| head -1; exit "${PIPESTATUS[0]}"')
    assert (ended.returncode, ended.stdout.count(b"\n")) == (0, 1)
    assert ended.stderr.strip() == b"all is said"


@pytest.mark.parametrize("redirect", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_keep_the_exit_code(redirect: str) -> None:
    ended = run(3, redirect)
    shown = (b"GO" in ended.stdout, ended.stderr)
    assert ended.returncode == 0, shown
    assert shown == (">&-" not in redirect.split(), b"" if "2>&-" in redirect else b"all is said\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_reported_in_one_line() -> None:
    ended = run(3, ">/dev/full")
    assert ended.returncode == 0
    first, last = ended.stderr.decode().splitlines()
    assert "some output could not be written: No space left on device" in first
    assert last == "all is said"


def test_a_file_is_written_completely_with_the_usual_rights(tmp_path: Path) -> None:
    path = tmp_path / "new" / "verdict.json"
    write_output(path, "{}")
    mask = os.umask(0)
    os.umask(mask)
    assert path.read_text() == "{}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask
    path.chmod(0o640)
    write_output(path, "[]")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("[]", 0o640)
    assert [p.name for p in path.parent.iterdir()] == ["verdict.json"]


def test_writing_to_a_link_changes_its_target(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_output(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    path.mkdir()
    with pytest.raises(OSError):
        write_output(path, "{}")
    assert [p.name for p in tmp_path.iterdir()] == ["verdict.json"]


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    write_output(pipe, "through")
    assert reader.communicate(timeout=30)[0] == b"through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("device", ["/dev/null", "/dev/stdout"])
def test_writing_to_a_device_does_not_replace_it(device: str, tmp_path: Path) -> None:
    program = "from pathlib import Path; from playbook.processes.output import write_output; "
    program += f"write_output(Path({device!r}), 'verdict')"
    before = Path(device).lstat().st_mode
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", program], stdout=out, check=True, timeout=60)
    assert Path(device).lstat().st_mode == before
    assert (tmp_path / "out").read_text() == ("verdict" if device == "/dev/stdout" else "")


MACHINES = """
import json, sys
from playbook.processes.output import print_for_machines, show_on_every_terminal, write_output
from pathlib import Path
show_on_every_terminal()
print("before, from us \\u2713")
print_for_machines(json.dumps({"said": "\\u201cready\\u201d \\u2713 \\u2026"}, ensure_ascii=False))
write_output(Path("-"), "\\nand by its name \\u5bc6")
"""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_output_for_machines_keeps_all_characters(encoding: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", MACHINES],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
        check=True,
    )
    before, document, named = ended.stdout.splitlines()
    assert before.startswith(b"before, from us ")
    assert json.loads(document) == {"said": "“ready” ✓ …"}
    assert named.decode() == "and by its name 密"
    assert not Path("-").exists()


@pytest.mark.parametrize("redirect", ["| true", ">/dev/full", ">&-"])
def test_a_document_that_cannot_be_printed_changes_no_exit_code(redirect: str) -> None:
    command = f'"$0" -c "$1" {redirect}; exit "${{PIPESTATUS[0]}}"'
    ended = subprocess.run(
        ["bash", "-c", command, sys.executable, MACHINES],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert b"Traceback" not in ended.stderr


def test_only_the_file_of_an_earlier_run_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file, link, pipe, folder = (tmp_path / name for name in ("file", "link", "pipe", "folder"))
    file.write_text("GO")
    link.symlink_to(file)
    folder.mkdir()
    os.mkfifo(pipe)
    named = tmp_path / "-"
    named.write_text("not ours")
    for path in (link, pipe, folder, tmp_path / "missing", Path(os.devnull), STANDARD_OUTPUT):
        remove_former(path)
    assert not file.exists()
    assert link.is_symlink(), "the new document is written where the link leads"
    assert pipe.is_fifo() and folder.is_dir() and Path(os.devnull).exists()
    assert named.read_text() == "not ours"
