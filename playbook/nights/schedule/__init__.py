"""When each bundle is reset, and what starts the run: every night at 03:00 in its own zone."""

from __future__ import annotations

from playbook.nights.schedule.due import due, latest_reset, lost
from playbook.nights.schedule.settings import grace, reset_time

__all__ = ["due", "grace", "latest_reset", "lost", "reset_time"]
