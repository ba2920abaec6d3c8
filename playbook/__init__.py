"""The AisleMarts Demo Playbook: resets the investor demos and proves that they are ready."""

from __future__ import annotations

import os
from pathlib import Path

__version__ = "1.0.0"

_PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (_PACKAGE.parent / "features").is_dir()
"""Whether this package lies in a checkout of the project, and was not installed as a wheel."""

PROJECT = _PACKAGE.parent if IS_CHECKOUT else _PACKAGE / "project"
"""What holds ``features/``, ``steps/``, ``fixtures/``, ``seeds/``, ``conftest.py``, ``tox.ini``."""


def writable_folder(name: str) -> Path:
    """Where something of the project's own is written: ``backups`` or ``reports``.

    In a checkout it lies beside ``features/``. An installed command keeps it in the user's state
    directory, and for a user without a home in one below the system's temporary directory.
    """
    if IS_CHECKOUT:
        return PROJECT / name
    # Only an installed command needs these.
    import tempfile

    from platformdirs import user_state_path

    state = user_state_path("aislemarts-demo-playbook", appauthor=False)
    existing = next((path for path in (state, *state.parents) if path.exists()), state)
    if not os.access(existing, os.W_OK):
        return Path(tempfile.gettempdir()) / f"aislemarts-demo-playbook-{os.getuid()}" / name
    return state / name
