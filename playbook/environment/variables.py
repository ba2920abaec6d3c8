"""Clean up settings: line breaks at their ends, and secrets that are kept in files.

``echo secret | base64`` puts a line break into a Kubernetes Secret, and a mounted secret is a file:
``NAME_FILE`` names a file with the value of a secret ``NAME``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from pathlib import Path

from playbook.errors import WrongUsage
from playbook.processes.settings import CONNECTIONS, DATABASE, PASSWORD_PREFIX

FILE = "_FILE"
LONGEST_FILE = 65_536
"""Bytes; a longer file is not a secret."""

_OURS = re.compile(
    rf"(?:{'|'.join((*CONNECTIONS, DATABASE, 'APP_URL'))})(?:_FILE)?|(?:DEMO|PLAYBOOK)_.+"
)
_SECRET = re.compile(
    rf"{'|'.join(CONNECTIONS)}|{PASSWORD_PREFIX}.+|DEMO_ALERT_.+"
    r"|PLAYBOOK_(?:API|METRICS)_TOKEN|PLAYBOOK_API_(?:HEADERS|PROXY)"
)


def cleaned(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables, with our settings stripped and the files of secrets read.

    A blank setting becomes empty, which counts as not set. A password of blanks is kept here and
    refused later (:meth:`playbook.environment.Settings.from_environment`).

    Raises WrongUsage if a secret is set twice, or if its file cannot be read or is empty.
    """
    clean = dict(variables)
    for name, value in variables.items():
        if not _OURS.fullmatch(name):
            continue
        if value.strip() or not name.startswith(PASSWORD_PREFIX):
            clean[name] = value.strip()
    for name, path in list(clean.items()):
        secret = name.removesuffix(FILE)
        if secret == name or not path or not is_secret(secret):
            continue
        if clean.get(secret):
            raise WrongUsage(f"{secret} and {name} are both set; keep one of them")
        clean[secret] = _read(name, Path(path))
        del clean[name]
    return clean


def is_secret(name: str) -> bool:
    """Whether a setting's value may be in a file that ``NAME_FILE`` names."""
    return bool(_SECRET.fullmatch(name))


def clean(variables: MutableMapping[str, str]) -> None:
    """Do the same to the variables themselves, for this process and those that it starts."""
    found = cleaned(variables)
    for name in [name for name in variables if name not in found]:
        del variables[name]
    for name, value in found.items():
        if variables.get(name) != value:
            variables[name] = value


def _read(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise WrongUsage(f"{name}: {path} can't be read: {error.strerror}") from None
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise WrongUsage(f"{name}: {path} is not UTF-8 text") from None
    if not text or len(content) > LONGEST_FILE or "\0" in text:
        raise WrongUsage(f"{name}: {path} must contain exactly one secret")
    return text
