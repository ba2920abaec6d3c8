"""The investors' meetings: read them from calendars and prepare the demos automatically."""

from __future__ import annotations
