"""Settings from a file (``--env-file``), in the syntax of dotenv files.

A file that names connections names the whole environment. The shell's own connections, database
and name are ignored then, so two environments are never mixed. The shell's passwords are ignored,
too, if the shell names another environment.
"""

from __future__ import annotations

import difflib
import io
import os
import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from playbook.environment.settings import NAME_SETTING, Settings
from playbook.environment.variables import FILE, clean, is_secret
from playbook.errors import WrongUsage
from playbook.processes.settings import CONNECTIONS, PASSWORD_PREFIX

KNOWN = (
    *CONNECTIONS,
    "MONGO_DB",
    NAME_SETTING,
    "DEMO_ALERT_SUCCESS",
    "DEMO_ALERT_MEDIUM",
    "DEMO_ALERT_HIGH",
    "DEMO_ALERT_CRITICAL",
    "DEMO_ALERT_PRESENTER",
    "PLAYBOOK_API_HEADERS",
    "PLAYBOOK_API_PATIENCE",
    "PLAYBOOK_API_PROXY",
    "PLAYBOOK_API_TOKEN",
    "PLAYBOOK_BACKUPS",
    "PLAYBOOK_BCRYPT_COST",
    "PLAYBOOK_CALENDARS",
    "PLAYBOOK_CHROMIUM",
    "PLAYBOOK_DEPLOYMENT",
    "PLAYBOOK_METRICS_TOKEN",
    "PLAYBOOK_OUTAGE_PATIENCE",
    "PLAYBOOK_PANEL_URL",
    "PLAYBOOK_RATES_REST",
    "PLAYBOOK_RATES_SOURCE",
    "PLAYBOOK_REPORT_URL",
    "PLAYBOOK_RESET_GRACE",
    "PLAYBOOK_RESET_TIME",
    "PLAYBOOK_SEEDS",
    "PLAYBOOK_UP_PID",
    "PLAYBOOK_WAIVERS",
    "PLAYBOOK_WARM_UP_PATIENCE",
    "APP_URL",
    "TZ",
)
"""Every setting that a file may contain, except passwords. A test compares it with the code."""
LONGEST = 1_000_000
"""How many characters a file may have."""
_OF_THE_MACHINE = re.compile(
    r"(?:LANG|LC_\w+|(?:https?|all|no)_proxy|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|PYTHON\w+"
    # uvicorn reads it: the proxies in front of the panel.
    r"|FORWARDED_ALLOW_IPS)",
    re.IGNORECASE,
)
_PASSWORD = re.compile(rf"{PASSWORD_PREFIX}[A-Z0-9_]+")


def load(path: Path, variables: MutableMapping[str, str] | None = None) -> None:
    """Read a file's settings into the environment variables of this process.

    Raises WrongUsage, with file and line but never a value, if the file cannot be read, a line is
    not a setting, a name is unknown or given twice, or the connections are wrong.
    """
    variables = os.environ if variables is None else variables
    stated, lines = _parse(path)
    if any(stated.get(name) for name in CONNECTIONS):
        aside = [*CONNECTIONS, "MONGO_DB", NAME_SETTING]
        if any(variables.get(name, "").strip() for name in CONNECTIONS):
            aside += [name for name in variables if name.startswith(PASSWORD_PREFIX)]
        for name in aside:
            variables.pop(name, None)
    variables.update(stated)
    try:
        clean(variables)
        Settings.from_environment(variables)
    except WrongUsage as error:
        named = next((name for name in stated if re.search(rf"\b{name}\b", str(error))), None)
        where = f"{path}, line {lines[named]}" if named else str(path)
        raise WrongUsage(f"{where}: {error}") from None


def _parse(path: Path) -> tuple[dict[str, str], dict[str, int]]:
    """The settings of a file, and the line of each."""
    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8-sig", newline=None) as stream:
            text = stream.read(LONGEST + 1)
    except OSError as error:
        raise WrongUsage(f"--env-file {path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise WrongUsage(f"--env-file {path} is not UTF-8 text; save it as UTF-8") from None
    if len(text) > LONGEST:  # a device may never end
        raise WrongUsage(f"--env-file {path} is too long for a file of settings; name another file")
    bindings = list(parse_stream(io.StringIO(text)))
    stated: dict[str, str] = {}
    lines: dict[str, int] = {}
    for binding in bindings:
        text = binding.original.string
        # The parser counts blank lines before a statement as part of it.
        line = binding.original.line + _leading_lines(text)
        if binding.error or (binding.key is not None and binding.value is None):
            raise WrongUsage(f"{path}, line {line}: not a setting; expected NAME=value")
        if binding.key is None or binding.value is None:
            continue
        name = binding.key
        if name in lines:
            raise WrongUsage(
                f"{path}, line {line}: {name} is set already in line {lines[name]}; remove one"
            )
        if "\n" in binding.value or "\x00" in binding.value:
            raise WrongUsage(f"{path}, line {line}: the value of {name} is longer than one line")
        _require_known(path, line, name)
        stated[name], lines[name] = binding.value, line
    return stated, lines


def _leading_lines(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count("\n")


def _require_known(path: Path, line: int, name: str) -> None:
    if name.endswith(FILE) and is_secret(name.removesuffix(FILE)):
        return
    if name in KNOWN or _PASSWORD.fullmatch(name) or _OF_THE_MACHINE.fullmatch(name):
        return
    similar = difflib.get_close_matches(name.upper(), KNOWN, n=1)
    advice = f"did you mean {similar[0]}?" if similar else "remove the line"
    raise WrongUsage(f"{path}, line {line}: the playbook has no setting {name!r}; {advice}")


def names_of(variables: Mapping[str, str]) -> list[str]:
    """The variables that name or describe an environment; some code must ignore them."""
    return [
        name
        for name in variables
        if name in (*CONNECTIONS, "MONGO_DB") or name.startswith(PASSWORD_PREFIX)
    ]
