"""``python -m tests.recipes FOLDER``: a copy of the project with every recipe done.

All tests must pass there as well: ``cd FOLDER && PYTHONPATH=. python -m pytest tests``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.recipes.recipes import add_everything, copy_project

if len(sys.argv) != 2 or Path(sys.argv[1]).exists():
    sys.exit("usage: python -m tests.recipes FOLDER   (one that does not exist yet)")
folder = copy_project(Path(sys.argv[1]).resolve())
add_everything(folder)
subprocess.run(
    [sys.executable, "-m", "playbook", "schedule", "render", "all", "--into", "deploy"],
    cwd=folder,
    env={**os.environ, "PYTHONPATH": str(folder)},
    stdout=subprocess.DEVNULL,
    check=True,
)
print(folder)
