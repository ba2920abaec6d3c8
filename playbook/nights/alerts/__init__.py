"""Alerts about nights, through the playbook's channels ("Monitoring & Alerts")."""

from __future__ import annotations

from playbook.nights.alerts.channels import Channels
from playbook.nights.alerts.outbox import Alert, Outbox

__all__ = ["Alert", "Channels", "Outbox"]
