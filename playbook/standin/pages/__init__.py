"""The demo as an investor sees it: pages that show the answers of the stand-in's API."""

from __future__ import annotations

from playbook.standin.pages.routes import add_pages

__all__ = ["add_pages"]
