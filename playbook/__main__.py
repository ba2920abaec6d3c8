"""``python -m playbook``: the command, for whoever has the interpreter and no PATH."""

from __future__ import annotations

from playbook.cli import main

main()
