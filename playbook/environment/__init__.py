"""One deployment: its settings, its connections, and hiding its secrets."""

from __future__ import annotations

from playbook.environment.connections import Environment
from playbook.environment.settings import Settings
from playbook.processes.settings import password_setting

__all__ = ["Environment", "Settings", "password_setting"]
