"""``tox -e install``: the wheel, installed into a fresh environment, used from another folder.

It does what a new user does: build, install, ``up``, ``reset``, ``check``, ``nightly``, ``serve``.
The installation is read-only, and the user has no home. Everything is started from a folder outside
of the project, and nothing may be written into the installation.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

type Process = subprocess.Popen[str]

PROJECT = Path(__file__).resolve().parent.parent
LONGEST_SECONDS = 300.0


def main() -> int:
    """Run all steps; return the exit code."""
    uv = shutil.which("uv")
    if uv is None:
        raise SystemExit("tox -e install needs uv on the PATH; tox-uv brings it")
    with tempfile.TemporaryDirectory(prefix="installed-") as name:
        root = Path(name)
        root.chmod(0o755)
        build(uv, root)
        use(root)
    print("installed: 1 passed, 0 failed")
    return 0


def build(uv: str, root: Path) -> None:
    """Build the wheel and install it into a virtual environment of its own."""
    run([uv, "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", root, PROJECT])
    [wheel] = root.glob("*.whl")
    run([uv, "venv", "--quiet", "--python", sys.executable, root / "venv"])
    python = root / "venv" / "bin" / "python"
    constraints = ["--constraint", PROJECT / "constraints.txt"]
    run([uv, "pip", "install", "--quiet", "--python", python, *constraints, wheel])
    # Nobody may write to the installation, not even to compile a module.
    for path in (root / "venv").rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222 | 0o444)


@dataclass(frozen=True)
class Installation:
    """The installed command, and how it is started: by whom, where, with which variables."""

    playbook: Path
    folder: Path
    """The folder that it is started in, outside of the project."""
    variables: Mapping[str, str]
    as_nobody: Mapping[str, object]
    """Options of a process without rights; empty if it is started as this user."""

    def start(self, *arguments: str, settings: Mapping[str, str], **streams: int) -> Process:
        """Start a command that runs until it is asked to end."""
        started: Process = subprocess.Popen(
            [self.playbook, *arguments],
            cwd=self.folder,
            env={**self.variables, **settings},
            text=True,
            **streams,  # type: ignore[call-overload]
            **self.as_nobody,
        )
        return started

    def output_of(self, *arguments: str, code: int = 0, **settings: str) -> str:
        """Run a command and return its output. Fails if it ends with another exit code."""
        ended = subprocess.run(
            [self.playbook, *arguments],
            cwd=self.folder,
            env={**self.variables, **settings},
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
            **self.as_nobody,  # type: ignore[call-overload]
        )
        shown = ended.stdout + ended.stderr
        assert ended.returncode == code, f"playbook {' '.join(arguments)}: {shown}"
        assert "Traceback" not in shown, shown
        print(f"playbook {' '.join(arguments)}: exit {code}", flush=True)
        return str(ended.stdout)


def use(root: Path) -> None:
    """Run each command as a person would, and require that nothing is left behind."""
    installed = installation_in(root)
    # As root, Python writes compiled modules even into a folder without write permission.
    is_root = os.getuid() == 0 and not installed.as_nobody
    compiled = "__pycache__" if is_root else ""
    before = listing(root / "venv", compiled)
    run_commands(installed)
    assert listing(root / "venv", compiled) == before, "something was written into the installation"
    assert not list(installed.folder.iterdir()), "something was left in the folder it was run in"
    user = installed.as_nobody.get("user", 0)
    left = Path(tempfile.gettempdir()) / f"aislemarts-demo-playbook-{user}"
    if installed.as_nobody:  # a user without a home keeps backups there
        assert (left / "backups").is_dir()
        shutil.rmtree(left)


def installation_in(root: Path) -> Installation:
    """The installation in a folder, used without a home, and without rights if possible."""
    folder = root / "elsewhere"
    folder.mkdir()
    as_nobody = without_rights(root / "venv" / "bin" / "python")
    variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    if libraries := os.environ.get("LD_LIBRARY_PATH"):  # where this Python's own are
        variables["LD_LIBRARY_PATH"] = libraries
    if as_nobody:
        os.chown(folder, int(str(as_nobody["user"])), int(str(as_nobody["group"])))
    elif os.getuid() == 0:  # root could create /nonexistent
        variables["HOME"] = str(root)
    return Installation(root / "venv" / "bin" / "playbook", folder, variables, as_nobody)


def run_commands(installed: Installation) -> None:
    """Run the commands without an environment, with a throw-away one, and with one of ``up``."""
    output_of = installed.output_of
    assert output_of("--version").startswith("playbook ")
    assert "lvmh" in output_of("-h")
    output_of("check", "lvmh", code=2)
    throw_away = output_of("reset", "lvmh", "--check", "--embedded")
    assert "GO" in throw_away and "NO-GO" not in throw_away
    up = installed.start("up", settings={}, stdout=subprocess.PIPE)
    try:
        assert up.stdout is not None
        settings = json.loads(up.stdout.readline())
        output_of("check", "lvmh", code=1, **settings)
        output_of("reset", "lvmh", **settings)
        assert "LVMH GO" in output_of("check", "lvmh", **settings)
        output_of("nightly", "lvmh", **settings)
        assert "lvmh" in output_of("status", **settings)
        serve(installed, settings)
        print("playbook serve: answers", flush=True)
    finally:
        up.terminate()
        up.wait(60)


def without_rights(python: Path) -> dict[str, object]:
    """Options for root to start a process without rights; empty if that is not possible."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    options: dict[str, object] = {
        "user": nobody.pw_uid,
        "group": nobody.pw_gid,
        "extra_groups": [],
    }
    try:
        subprocess.run([python, "-c", ""], check=True, cwd="/", **options)  # type: ignore[call-overload]
    except PermissionError:  # the interpreter itself is in root's home
        print(
            "installed: continues as root, because the user nobody cannot start this Python",
            flush=True,
        )
        return {}
    return options


def serve(installed: Installation, settings: Mapping[str, str]) -> None:
    """Require that the board answers, and ends when it is asked to."""
    server = installed.start(
        "serve", "--port", "0", settings=settings,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        line = next(line for line in server.stderr if "http://" in line)
        address = line.split("playbook: ")[1].split(";")[0]
        opener: Callable[..., object] = urllib.request.build_opener(
            urllib.request.ProxyHandler({})
        ).open
        assert b"Sign in" in opener(f"{address}/sign-in", timeout=30).read()  # type: ignore[attr-defined]
    finally:
        server.terminate()
        server.wait(60)


def listing(folder: Path, but: str) -> list[tuple[str, int]]:
    """Every file of a folder and when it was changed, without the folders with the name ``but``."""
    files = [path for path in folder.rglob("*") if not path.is_dir() and but not in path.parts]
    return sorted((str(path), path.lstat().st_mtime_ns) for path in files)


def run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    sys.exit(main())
