"""Tell people how a night went, by the playbook's channels ("Monitoring & Alerts")."""

from __future__ import annotations

from playbook.alerts.channels import Channels
from playbook.alerts.outbox import Alert, Outbox

__all__ = ["Alert", "Channels", "Outbox"]
