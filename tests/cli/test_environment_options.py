"""No environment, no action: every command names its environment, or prints the three ways."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from playbook import PROJECT, cli, clock
from playbook.cli.up import export_lines
from playbook.environment import env_file
from playbook.errors import WrongUsage
from playbook.processes.settings import CONNECTIONS
from playbook.verdict.checks import CHECKS
from tests.forked_commands import run_command
from tests.sandbox import Sandbox

COMMANDS = (
    ["env"],
    ["reset", "lvmh"],
    ["reset", "all", "--dry-run"],
    ["check", "lvmh"],
    ["rollback", "lvmh"],
    ["verify", "lvmh"],
    ["nightly", "lvmh"],
    ["nightly", "all", "--if-due"],
    ["schedule", "run"],
    ["schedule", "due", "lvmh"],
    ["status"],
    ["status", "--json"],
    ["adopt", "--i-mean", "aislemarts"],
)
"""All commands that act on an environment."""
URLS = {
    "MONGO_URI": "mongodb://127.0.0.1:9/",
    "REDIS_URL": "redis://127.0.0.1:9/0",
    "API_URL": "http://127.0.0.1:9",
}
UNNAMED = {
    "nothing": ({}, "no environment is named"),
    "empty texts": (
        dict.fromkeys([*URLS, "MONGO_DB", "DEMO_PASSWORD_LVMH"], " "),
        "no environment",
    ),
    "one of three": (
        {"MONGO_URI": URLS["MONGO_URI"]},
        "MONGO_URI set, but not REDIS_URL and API_U",
    ),
    "two of three, one empty": ({**URLS, "API_URL": ""}, "set, but not API_URL"),
    "a database alone": ({"MONGO_DB": "aislemarts"}, "MONGO_DB set, but none of MONGO_URI"),
    "a password alone": ({"DEMO_PASSWORD_LVMH": "s3cret-word"}, "DEMO_PASSWORD_LVMH set, but none"),
}


@pytest.fixture(scope="module", autouse=True)
def _commands() -> None:
    if not cli.app.registered_commands:
        cli.load_commands()


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """This process's variables without any that name an environment or an alert channel."""
    kept = {n: v for n, v in os.environ.items() if n not in URLS and not n.startswith("DEMO_")}
    kept.pop("MONGO_DB", None)
    monkeypatch.setattr(os, "environ", kept)
    yield kept


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command in this process; return its exit code."""
    monkeypatch.setattr(sys, "argv", ["playbook", *arguments])
    ending = cli.run_command()
    if ending.line is not None:
        print(f"playbook: {ending.line}", file=sys.stderr)
    return ending.code


@pytest.mark.parametrize("case", UNNAMED)
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_without_an_environment_nothing_is_done(
    arguments: list[str],
    case: str,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings, message = UNNAMED[case]
    variables.update(settings)

    assert run(arguments, monkeypatch) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("playbook: ") and told.err.count("\n") == 1
    assert message in told.err
    assert "s3cret-word" not in told.err
    if case in ("nothing", "empty texts"):
        for way in (*CONNECTIONS, "--env-file FILE", "--embedded"):
            assert way in told.err


def test_a_file_and_embedded_exclude_each_other(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status", "--embedded", "--env-file", "x.env"], monkeypatch) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_a_night_without_an_environment_sends_an_alert(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from playbook.nights.alerts import outbox

    sent: list[tuple[str, str]] = []

    def send(url: str, title: str, body: str, level: str) -> bool:
        sent.append((level, body))
        return True

    monkeypatch.setattr(outbox, "through_apprise", send)
    variables["DEMO_ALERT_HIGH"] = "json://127.0.0.1:9/"
    assert run(["nightly", "lvmh"], monkeypatch) == 2
    [(level, body)] = sent
    assert level == "high"
    assert "no environment is named" in body and "Environment: none is named" in body


@pytest.mark.parametrize(
    ("script", "arguments"),
    [
        ("emergency_demo_reset.sh", ["lvmh"]),
        ("demo_smoke_test.sh", ["lvmh"]),
        ("verify_demo_state.sh", []),
    ],
)
def test_a_script_refuses_like_its_command(
    script: str, arguments: list[str], variables: dict[str, str]
) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), variables.get("PATH", "")])
    ended = subprocess.run(
        [PROJECT / "scripts" / script, *arguments],
        env={**variables, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 2, ended.stderr
    assert "no environment is named" in ended.stderr
    assert "GO" not in ended.stdout.replace("not GO, exit 2", "")


# --env-file


def loaded(
    tmp_path: Path, content: bytes | str, shell: dict[str, str] | None = None
) -> dict[str, str]:
    file = tmp_path / "staging.env"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    variables = dict(shell or {})
    env_file.load(file, variables)
    return variables


LINES = "\n".join(f"{name}={value}" for name, value in URLS.items())


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        LINES.replace("\n", "\r\n") + "\r\n",
        "\ufeff" + LINES,
        "# a comment\n\n" + LINES.replace("\n", "  \n") + "\t\n",
        "\n".join(f"export {line}" for line in LINES.splitlines()),
        "\n".join(f'{n}="{v}"' for n, v in URLS.items()),
        "\n".join(f"{n} = '{v}'  # why" for n, v in URLS.items()),
    ],
    ids=["plain", "crlf", "bom", "blanks", "export", "double quotes", "single quotes"],
)
def test_an_env_file_may_use_quotes_comments_and_export(tmp_path: Path, content: str) -> None:
    found = loaded(tmp_path, content)
    assert {name: found[name] for name in URLS} == URLS


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (f"{LINES}\nMONGO_URI\n", 4, "expected NAME=value"),
        (f"{LINES}\n\n\nthis is not a setting\n", 6, "expected NAME=value"),
        (f'MONGO_DB="aislemarts\n{LINES}\n', 1, "expected NAME=value"),
        (f"{LINES}\nMONGO_URI=mongodb://other:1/\n", 4, "MONGO_URI is set already in line 1"),
        (f"MONGO_URL=mongodb://h:1/\n{LINES}", 1, "did you mean MONGO_URI?"),
        (f"{LINES}\nPLAYBOOK_BACKUP=/x\n", 4, "did you mean PLAYBOOK_BACKUPS?"),
        (f"{LINES}\nWHATEVER=1\n", 4, "no setting 'WHATEVER'"),
        (f"{LINES}\nMONGO_DB=a b\n", 4, "MONGO_DB is not a database name"),
        (LINES.replace("redis://", "http://"), 2, "REDIS_URL is not a URL of its kind"),
        (
            f'{LINES}\nDEMO_PASSWORD_LVMH="s3cret\\nword"\n',
            4,
            "DEMO_PASSWORD_LVMH is longer than one",
        ),
        ("MONGO_URI=mongodb://h:1/\n", 1, "MONGO_URI set, but not REDIS_URL and API_URL"),
    ],
)
def test_a_bad_line_is_named_and_never_quoted(
    tmp_path: Path, content: str, line: int, message: str
) -> None:
    with pytest.raises(WrongUsage) as refused:
        loaded(tmp_path, content)
    text = str(refused.value)
    assert text.startswith(f"{tmp_path / 'staging.env'}, line {line}: "), text
    assert message in text
    assert "s3cret" not in text and "\n" not in text


@pytest.mark.parametrize("content", [b"\xff\xfeM\x00", b"MONGO_DB=caf\xe9\n"])
def test_a_file_that_is_not_utf8_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(WrongUsage, match="not UTF-8"):
        loaded(tmp_path, content)


@pytest.mark.parametrize("path", ["missing.env", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(WrongUsage, match=r"--env-file .* can't be read"):
        env_file.load(tmp_path / path, {})


def test_a_file_that_never_ends_is_refused() -> None:
    with pytest.raises(WrongUsage, match="too long for a file of settings"):
        env_file.load(Path("/dev/zero"), {})


def test_a_file_is_never_mixed_with_the_shells_environment(tmp_path: Path) -> None:
    shell = {
        **{name: f"{url}elsewhere" for name, url in URLS.items()},
        "MONGO_DB": "elsewhere",
        "PLAYBOOK_ENVIRONMENT": "elsewhere",
        "DEMO_PASSWORD_LVMH": "elsewhere",
        "PLAYBOOK_RESET_TIME": "04:00",
    }
    found = loaded(tmp_path, LINES, shell)
    assert "elsewhere" not in str(found)
    assert found["PLAYBOOK_RESET_TIME"] == "04:00"
    # Passwords that a shell holds for no environment of its own go with the file's.
    found = loaded(tmp_path, LINES, {"DEMO_PASSWORD_LVMH": "a-word"})
    assert found["DEMO_PASSWORD_LVMH"] == "a-word"
    with pytest.raises(WrongUsage, match="set, but not"):
        loaded(tmp_path, "MONGO_URI=mongodb://h:1/", shell)


def test_every_setting_of_the_code_may_stand_in_a_file() -> None:
    inner = {
        "PLAYBOOK_THROW_AWAY",  # between our own processes
    }
    found = set()
    for path in (PROJECT / "playbook").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'"((?:PLAYBOOK|MONGO|REDIS|API|APP)_[A-Z_]+)"', text))
    assert found - inner - set(env_file.KNOWN) == set()


@pytest.mark.parametrize("name", ["FORWARDED_ALLOW_IPS", "HTTPS_PROXY", "all_proxy", "NO_PROXY"])
def test_a_setting_of_a_library_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    """Units read the same file: a setting that only the panel needs must not stop the nights."""
    assert loaded(tmp_path, f"{LINES}\n{name}=10.0.0.1\n")[name] == "10.0.0.1"


def test_a_current_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec "$0" -m playbook status'
    ended = subprocess.run(
        ["bash", "-c", script, sys.executable], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.strip().splitlines()) == 1 and "current folder" in ended.stderr


@pytest.mark.parametrize("other", ["verdict", "link"])
def test_two_documents_need_two_files(tmp_path: Path, other: str) -> None:
    (tmp_path / "link").symlink_to("verdict")
    one = str(tmp_path / "verdict")
    ended = playbook("check", "lvmh", "--json", one, "--html", str(tmp_path / other), **URLS)
    assert ended.returncode == 2 and "can't contain two documents" in ended.stderr
    assert not Path(one).exists()


# On a real environment


def playbook(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {n: v for n, v in os.environ.items() if n not in URLS and not n.startswith("DEMO_")}
    inherited.pop("MONGO_DB", None)
    return run_command(*arguments, variables={**inherited, **variables})


@pytest.fixture(scope="module")
def file(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("settings") / "staging.env"
    settings = {
        **sandbox.environment.settings.as_variables(),
        "PLAYBOOK_BACKUPS": str(sandbox.backups),
        "PLAYBOOK_ENVIRONMENT": "staging no. 1",
    }
    path.write_text("".join(f'{name}="{value}"\n' for name, value in settings.items()))
    return path


@pytest.mark.slow
def test_every_command_acts_on_the_files_environment_and_names_it(
    sandbox: Sandbox, file: Path, tmp_path: Path
) -> None:
    dead = {**URLS, "PLAYBOOK_ENVIRONMENT": "elsewhere"}
    named = f"--env-file={file}"
    verdict = tmp_path / "verdict.json"

    empty = playbook("check", "lvmh", named, **dead)
    assert empty.returncode == 1, empty.stderr
    header, environment, about, *checks, seen, why, advice = empty.stdout.splitlines()
    assert (header, environment) == ("LVMH NO-GO", "in staging no. 1")
    assert about.startswith("app http")
    marks = [re.findall(r"(\S) (\w+)", line) for line in checks]
    assert [name for line in marks for _, name in line] == list(CHECKS)
    assert seen == "seen (what the app shows): currency", "all else is not good yet"
    assert (why, advice) == (
        "lvmh: nothing has been reset here yet",
        "  next: playbook reset lvmh",
    )

    for arguments, code in (
        (["reset", "lvmh"], 0),
        (["check", "lvmh", "--json", str(verdict)], 0),
        (["check", "lvmh", "index"], 1),
        (["status"], 0),
        (["env"], 0),
        (["nightly", "lvmh"], 0),
        (["adopt", "--i-mean", "aislemarts"], 0),
    ):
        ended = playbook(*arguments, named, **dead)
        assert ended.returncode == code, (arguments, ended.stdout, ended.stderr)
        assert "staging no. 1" in ended.stdout, arguments
        assert "elsewhere" not in ended.stdout + ended.stderr

    identity = sandbox.db.demo_environment.find_one({"_id": "demo"})
    assert identity is not None
    judged = json.loads(verdict.read_text())["environment"]
    assert judged == {"id": identity["identity"], "name": "staging no. 1"}
    shown = playbook("env", named).stdout
    assert identity["identity"] in shown and "all set" in shown
    assert sandbox.environment.settings.password("lvmh") not in shown


@pytest.mark.slow
def test_a_password_for_each_account_needs_none_for_the_bundle(sandbox: Sandbox) -> None:
    settings = sandbox.environment.settings.as_variables()
    common = settings.pop("DEMO_PASSWORD_LVMH")
    alone = playbook("env", **settings, DEMO_PASSWORD_LVMH_DEMO=common).stdout
    assert "missing: DEMO_PASSWORD_LVMH (lvmh.brand@aislemarts.luxury)" in " ".join(alone.split())
    both = {"DEMO_PASSWORD_LVMH_DEMO": common, "DEMO_PASSWORD_LVMH_BRAND": "another-one"}
    assert "all set" in playbook("env", **settings, **both).stdout


@pytest.mark.slow
def test_another_name_for_a_marked_environment_is_refused(sandbox: Sandbox, file: Path) -> None:
    assert playbook("status", f"--env-file={file}").returncode == 0
    settings = sandbox.environment.settings.as_variables()
    for arguments in (["reset", "lvmh"], ["check", "lvmh"], ["status"], ["nightly", "lvmh"]):
        ended = playbook(*arguments, **settings, PLAYBOOK_ENVIRONMENT="production demo")
        assert ended.returncode == 4, (arguments, ended.stdout)
        assert "'production demo'" in ended.stderr + ended.stdout
        assert "playbook adopt --i-mean aislemarts" in ended.stderr + ended.stdout
    renamed = playbook(
        "adopt", "--i-mean", "aislemarts", **settings, PLAYBOOK_ENVIRONMENT="production demo"
    )
    assert renamed.returncode == 0, renamed.stderr
    assert "production demo" in playbook("status", **settings).stdout


def test_embedded_is_named_in_every_line() -> None:
    def kept() -> list[str]:
        return sorted(
            str(path) for name in ("backups", "reports") for path in (PROJECT / name).rglob("*")
        )

    before = kept()
    # The shell's addresses are ignored: they would be another environment's.
    ended = playbook("reset", "lvmh", "--check", "--embedded", **URLS, MONGO_DB="x")
    assert ended.returncode == 0, ended.stderr
    lines = (ended.stdout + ended.stderr).splitlines()
    assert lines and all(line.startswith("[throw-away] ") for line in lines if line.strip()), lines
    assert "pristine" in ended.stdout and "GO" in ended.stdout
    assert kept() == before


def test_machines_read_an_embedded_status_without_marks() -> None:
    ended = playbook("status", "--json", "--embedded")
    assert ended.returncode == 0, ended.stderr
    assert all("environment" in one for one in json.loads(ended.stdout).values())


# For shells


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh", "fish"])
def test_exported_lines_mean_the_same_to_every_shell(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")
    value = "it's $HOME \\ `id` \"é\" \\' ! #;&|"
    line = "\n".join(export_lines({"MONGO_DB": value, "EMPTY": ""}))
    show = "import os; print(ascii(os.environ['MONGO_DB'] + os.environ['EMPTY']))"
    script = f"{line}\n'{sys.executable}' -c \"{show}\""
    ended = subprocess.run([shell, "-c", script], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() == ascii(value), ended.stderr


# Help


def test_help_lists_bundles_exit_codes_and_an_example_each() -> None:
    for arguments in ([], ["-h"], ["--help"], ["reset", "-h"], ["schedule", "render", "--help"]):
        ended = playbook(*arguments)
        assert ended.returncode in (0, 2), ended.stderr
        text = ended.stdout + ended.stderr
        assert "Example: playbook " in text and "Exit codes: 0 GO or done" in text, arguments
    assert "Bundles: sequoia, a16z, lvmh," in playbook("-h").stdout


def test_the_version_is_printed() -> None:
    assert playbook("--version").stdout == "playbook 1.0.0\n"


@pytest.mark.parametrize(
    ("arguments", "guess"),
    [(["rset", "lvmh"], "Did you mean 'reset'"), (["reset", "lvhm"], "did you mean lvmh?")],
)
def test_a_mistyped_command_gets_a_suggestion(arguments: list[str], guess: str) -> None:
    ended = playbook(*arguments, **URLS)
    assert ended.returncode == 2
    assert guess in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (["status", "--env-file", "staging.env", "--env-file", "live.env"], "--env-file"),
        (["check", "lvmh", "--json", "a.json", "--json=b.json"], "--json"),
        (["reset", "lvmh", "--access", "2026-11-24T10:00", "--access", "now"], "--access"),
        (["schedule", "render", "crontab", "--into", "a", "--into", "b"], "--into"),
    ],
)
def test_an_option_with_two_values_is_refused(arguments: list[str], option: str) -> None:
    ended = playbook(*arguments, **URLS)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"{option} is given more than once; give it once" in ended.stderr


SCRIPTS = ("emergency_demo_reset.sh", "demo_smoke_test.sh", "verify_demo_state.sh")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_that_cannot_start_never_exits_with_1(tmp_path: Path, name: str) -> None:
    """Exit 1 is a verdict; without the command, or without a bundle, there is none."""
    script = PROJECT / "scripts" / name
    without = subprocess.run(
        ["/bin/bash", script, "lvmh"], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert without.returncode == 2
    assert without.stderr.endswith("playbook is not on the PATH (README.md)\n")
    if "verify" not in name:
        unnamed = subprocess.run(["/bin/bash", script], capture_output=True, text=True)
        assert unnamed.returncode == 2
        assert unnamed.stderr.count("\n") == 1 and "name a bundle" in unnamed.stderr


def test_schedule_due_exits_with_4_if_a_night_is_not_due() -> None:
    """The reset time is twelve hours away."""
    other = clock.now().astimezone(ZoneInfo("Europe/Paris")) + timedelta(hours=12)
    ended = subprocess.run(
        [sys.executable, "-m", "playbook", "schedule", "due", "lvmh", "--embedded"],
        env={**os.environ, "PLAYBOOK_RESET_TIME": f"{other:%H:%M}"},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 4
    assert ended.stdout.endswith("lvmh: not due\n")
