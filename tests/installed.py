"""``tox -e install``: the wheel, installed into a fresh environment, used from another folder.

It does what a new user does: build, install, ``up``, ``reset``, ``check``, ``nightly``, ``serve``;
in a read-only installation, as a user without a home. Everything is started from a folder outside
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
from collections.abc import Callable
from pathlib import Path

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
    # An installation that nobody can write to, modules not compiled yet included.
    for path in (root / "venv").rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222 | 0o444)


def use(root: Path) -> None:
    """Each command as a person would run it."""
    playbook = root / "venv" / "bin" / "playbook"
    elsewhere = root / "elsewhere"
    elsewhere.mkdir()
    # Root writes compiled modules, whatever the rights of a folder say.
    compiled = "__pycache__" if os.getuid() == 0 else ""
    as_nobody = without_rights(root / "venv" / "bin" / "python")
    bare = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": "/nonexistent"}
    if libraries := os.environ.get("LD_LIBRARY_PATH"):  # where this Python's own are
        bare["LD_LIBRARY_PATH"] = libraries
    if as_nobody:
        compiled = ""
        os.chown(elsewhere, int(str(as_nobody["user"])), int(str(as_nobody["group"])))
    elif os.getuid() == 0:  # root could make itself a home there
        bare["HOME"] = str(root)

    before = listing(root / "venv", compiled)

    def output_of(*arguments: str, code: int = 0, **variables: str) -> str:
        ended = subprocess.run(
            [playbook, *arguments],
            cwd=elsewhere,
            env={**bare, **variables},
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
            **as_nobody,  # type: ignore[call-overload]
        )
        shown = ended.stdout + ended.stderr
        assert ended.returncode == code, f"playbook {' '.join(arguments)}: {shown}"
        assert "Traceback" not in shown, shown
        print(f"playbook {' '.join(arguments)}: exit {code}", flush=True)
        return str(ended.stdout)

    assert output_of("--version").startswith("playbook ")
    assert "lvmh" in output_of("-h")
    output_of("check", "lvmh", code=2)
    throw_away = output_of("reset", "lvmh", "--check", "--embedded")
    assert "GO" in throw_away and "NO-GO" not in throw_away
    up = subprocess.Popen(
        [playbook, "up"], cwd=elsewhere, env=bare, stdout=subprocess.PIPE, text=True,
        **as_nobody,  # type: ignore[call-overload]
    )  # fmt: skip
    try:
        assert up.stdout is not None
        settings = json.loads(up.stdout.readline())
        output_of("check", "lvmh", code=1, **settings)
        output_of("reset", "lvmh", **settings)
        assert "LVMH GO" in output_of("check", "lvmh", **settings)
        output_of("nightly", "lvmh", **settings)
        assert "lvmh" in output_of("status", **settings)
        serve(playbook, elsewhere, {**bare, **settings}, as_nobody)
        print("playbook serve: answers", flush=True)
    finally:
        up.terminate()
        up.wait(60)
    assert listing(root / "venv", compiled) == before, "something was written into the installation"
    assert not list(elsewhere.iterdir()), "something was left in the folder it was run in"
    left = Path(tempfile.gettempdir()) / f"aislemarts-demo-playbook-{as_nobody.get('user', 0)}"
    if as_nobody:  # a user without a home keeps backups there
        assert (left / "backups").is_dir()
        shutil.rmtree(left)


def without_rights(python: Path) -> dict[str, object]:
    """How root starts a process that may write nowhere; empty if that is not possible."""
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
    except PermissionError:  # the interpreter itself lies in root's home
        print("installed: goes on as root, nobody may not start this Python", flush=True)
        return {}
    return options


def serve(
    playbook: Path, elsewhere: Path, variables: dict[str, str], options: dict[str, object]
) -> None:
    """The board answers, and ends when it is asked to."""
    server = subprocess.Popen(
        [playbook, "serve", "--port", "0"], cwd=elsewhere, env=variables,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        **options,  # type: ignore[call-overload]
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
    """Every file of a folder, but for what lies in folders of a name, and when it was changed."""
    files = [path for path in folder.rglob("*") if not path.is_dir() and but not in path.parts]
    return sorted((str(path), path.lstat().st_mtime_ns) for path in files)


def run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True)


if __name__ == "__main__":
    sys.exit(main())
