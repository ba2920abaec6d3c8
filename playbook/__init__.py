"""The AisleMarts Demo Playbook: resets the investor demos and proves that they are ready."""

from __future__ import annotations

import os
from pathlib import Path

__version__ = "1.0.0"

_PACKAGE = Path(__file__).resolve().parent
IS_CHECKOUT = (_PACKAGE.parent / "features").is_dir()
"""Whether this package is in a checkout of the project, not installed from a wheel."""

PROJECT = _PACKAGE.parent if IS_CHECKOUT else _PACKAGE / "project"
"""The folder with ``features/``, ``steps/``, ``fixtures/``, ``seeds/`` and ``conftest.py``."""


def writable_folder(name: str) -> Path:
    """The folder where the project writes its ``backups`` or ``reports``.

    In a checkout it is beside ``features/``. An installed command uses the user's state directory,
    or the system's temporary directory for a user without a home.
    """
    if IS_CHECKOUT:
        return PROJECT / name
    # Only an installed command needs these.
    import tempfile

    from platformdirs import user_state_path

    try:
        state = user_state_path("aislemarts-demo-playbook", appauthor=False)
        existing = next((path for path in (state, *state.parents) if path.exists()), state)
        usable = os.access(existing, os.W_OK)
    except RuntimeError:  # neither HOME nor the list of users names a home
        usable = False
    if not usable:
        return Path(tempfile.gettempdir()) / f"aislemarts-demo-playbook-{os.getuid()}" / name
    return state / name
