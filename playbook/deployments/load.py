"""Load the app's description: ``PLAYBOOK_DEPLOYMENT`` names one of ours, or a file."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path

from playbook.deployments.description import Deployment
from playbook.deployments.own_descriptions import protected
from playbook.errors import WrongUsage

SETTING = "PLAYBOOK_DEPLOYMENT"
DEFAULT = "playbook"
OURS = ("playbook", "aislemarts")


@cache
def load(name: str = "") -> Deployment:
    """The description with a name: ``playbook``, ``aislemarts``, or the path of a ``.py`` file.

    Such a file must have a Deployment named ``DEPLOYMENT``. Raises WrongUsage if there is none.
    """
    name = name.strip() or DEFAULT
    if name in OURS:
        module = importlib.import_module(f"playbook.deployments.{name}")
        return _deployment(module, name)
    if not name.endswith(".py"):
        raise WrongUsage(
            f"{SETTING} is {name!r}; expected {', '.join(OURS)}, or the path of a .py file"
        )
    path = Path(name).expanduser()
    spec = importlib.util.spec_from_file_location(f"playbook_deployment_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise WrongUsage(f"{SETTING}: there is no file {name!r}; name the file of a description")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded  # where its own dataclasses look for it
    try:
        # What it prints must not be in a document that a command writes to standard output.
        with redirect_stdout(sys.stderr):
            spec.loader.exec_module(loaded)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - it may raise anything
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise WrongUsage(f"{SETTING}: {name} cannot be loaded: {text}") from None
    found = _deployment(loaded, name)
    ours = [_deployment(importlib.import_module(f"{__package__}.{one}"), one) for one in OURS]
    return found if any(found is one for one in ours) else protected(found, name)


def _deployment(module: object, name: str) -> Deployment:
    found = getattr(module, "DEPLOYMENT", None)
    if not isinstance(found, Deployment):
        raise WrongUsage(
            f"{SETTING}: {name} has no DEPLOYMENT; give that name to its Deployment object"
        )
    return found
