"""How each app keeps and shows a demo: one pure description per app, and code that uses it."""

from __future__ import annotations

from playbook.deployments.description import Deployment, Kept, Trace
from playbook.deployments.load import SETTING, load

__all__ = ["SETTING", "Deployment", "Kept", "Trace", "load"]
