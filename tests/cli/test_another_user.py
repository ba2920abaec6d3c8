"""A user who may not write where the playbook is, without a home: one clear line, no traceback.

Each command is run by a process that has really become another user. That needs root.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from playbook import PROJECT
from tests.sandbox import Sandbox

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user"),
]

BECOME = """
import ctypes, os, struct, sys
import pkgutil
from importlib import import_module

import typer

from playbook import __main__, cli
cli.load_commands()
import_module("playbook.environment.env_file")
import_module("dotenv.parser")
# The other user may not be able to read the libraries, and parts of them are loaded late.
for module in pkgutil.walk_packages(typer.__path__, "typer."):
    if not module.name.endswith(("__main__", "_winconsole")):
        import_module(module.name)

user, group, may_read = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "reads all"
del sys.argv[1:4]
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(8, 1, 0, 0, 0)  # PR_SET_KEEPCAPS: what is kept is chosen below
os.setgroups([])
os.setgid(group)
os.setuid(user)
kept = 1 << 2 if may_read else 0  # CAP_DAC_READ_SEARCH: it may read every file, and write none
if libc.capset(struct.pack("Ii", 0x20080522, 0), struct.pack("6I", kept, kept, 0, 0, 0, 0)):
    sys.exit(77)
__main__.main()
"""
NOT_ALLOWED = 77
"""The exit code where root itself lacks the right to read every file, as in some containers."""


def nobody() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody")


@pytest.fixture(scope="module")
def needs_to_read_all() -> bool:
    """Whether another user cannot load Python and the project: they may be in root's home."""
    try:
        started = subprocess.run(
            [sys.executable, "-c", "import playbook.cli"],
            cwd="/",
            capture_output=True,
            check=False,
            user=nobody().pw_uid,
            group=nobody().pw_gid,
            extra_groups=[],
        )
    except PermissionError:
        return True
    return started.returncode != 0


type Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(sandbox: Sandbox, needs_to_read_all: bool) -> Run:
    def run(
        *arguments: str, backups: Path | None = None, reads_all: bool = needs_to_read_all
    ) -> subprocess.CompletedProcess[str]:
        ours = ("MONGO_", "REDIS_", "API_", "DEMO_", "PLAYBOOK_", "XDG_", "HOME")
        inherited = {n: value for n, value in os.environ.items() if not n.startswith(ours)}
        reading = "reads all" if reads_all else ""
        user = (str(nobody().pw_uid), str(nobody().pw_gid), reading)
        ended = subprocess.run(
            [sys.executable, "-c", BECOME, *user, *arguments],
            cwd=PROJECT,
            env={
                **inherited,
                **sandbox.environment.settings.as_variables(),
                **({"PLAYBOOK_BACKUPS": str(backups)} if backups else {}),
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if ended.returncode == NOT_ALLOWED:
            pytest.skip("this Python is in root's home, and root may not pass its right to read on")
        assert "Traceback" not in ended.stdout + ended.stderr
        return ended

    return run


@pytest.fixture
def open_path(tmp_path: Path) -> Path:
    """A folder that every user may enter and only root may write to."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(0o755)
    tmp_path.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("command", ["reset", "nightly"])
def test_an_unwritable_backups_folder_is_one_line(
    sandbox: Sandbox, run: Run, open_path: Path, command: str
) -> None:
    before = sandbox.db.products.count_documents({})
    ended = run(command, "lvmh", backups=open_path)
    said = (ended.stdout + ended.stderr).splitlines()
    [line] = [line for line in said if "backups' folder" in line]
    assert ended.returncode == 2, said
    assert str(open_path) in line and "Permission denied" in line and "PLAYBOOK_BACKUPS" in line
    assert sandbox.db.products.count_documents({}) == before
    assert not list(open_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["env"],
        ["reset", "lvmh", "--dry-run"],
        ["rollback", "lvmh", "--list"],
        ["status"],
    ],
    ids=" ".join,
)
@pytest.mark.slow
def test_commands_that_only_read_need_no_folder(
    run: Run, open_path: Path, arguments: list[str]
) -> None:
    ended = run(*arguments, backups=open_path)
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("option", ["--html", "--allure"])
@pytest.mark.slow
def test_an_unwritable_output_is_one_line(run: Run, open_path: Path, option: str) -> None:
    target = open_path / "output"
    ended = run("check", "lvmh", option, str(target), backups=open_path)
    [line] = ended.stderr.splitlines()
    assert ended.returncode == 2
    assert str(target) in line and "Permission denied" in line
    assert not target.exists()


@pytest.mark.slow
def test_another_backups_folder_is_enough(sandbox: Sandbox, run: Run, open_path: Path) -> None:
    """Its folder ``journal`` belongs to root, which is no problem: the journal is in MongoDB."""
    own = open_path / "own"
    (own / "journal").mkdir(parents=True)
    os.chown(own, nobody().pw_uid, nobody().pw_gid)
    for arguments in (["reset", "lvmh"], ["check", "lvmh"], ["rollback", "lvmh"]):
        ended = run(*arguments, backups=own)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    ended = run("verify", "lvmh", backups=own)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_an_unreadable_env_file_is_one_line(run: Run, open_path: Path) -> None:
    file = open_path / "staging.env"
    file.write_text("MONGO_DB=aislemarts\n", encoding="utf-8")
    file.chmod(0o600)
    ended = run("check", "lvmh", "--env-file", str(file), reads_all=False)
    [line] = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, ""), line
    assert str(file) in line and "can't be read: Permission denied" in line
