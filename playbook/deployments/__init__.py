"""How each app keeps and shows a demo: one pure description an app, and what follows from it."""

from __future__ import annotations

from playbook.deployments.description import Deployment, Kept, Trace
from playbook.deployments.load import SETTING, load

__all__ = ["SETTING", "Deployment", "Kept", "Trace", "load"]
