"""The investors' meetings: read from calendars, prepared without anybody having to remember."""

from __future__ import annotations
