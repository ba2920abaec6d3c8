"""A stand-in for AisleMarts' backend as published, with its strictness.

Its models are written from what that backend is known to store and serve, not from our own
description of it. So a document that fits only our description causes the same problem as there: a
product makes the shop answer 500, a LiveSale or a lead empties its list silently.
"""

from __future__ import annotations

from playbook.standin.aislemarts.app import REQUESTS_A_MINUTE, create_app

__all__ = ["REQUESTS_A_MINUTE", "create_app"]
