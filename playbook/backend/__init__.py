"""The endpoints that the playbook calls, as FastAPI routers that AisleMarts can mount."""

from __future__ import annotations
