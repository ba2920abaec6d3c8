"""The demo as an investor sees it: pages that show what the stand-in's API answers."""

from __future__ import annotations

from playbook.standin.pages.routes import add_pages

__all__ = ["add_pages"]
