"""A stand-in for AisleMarts' backend as published, which is as strict about its documents.

Its models are written from what that backend is known to store and serve, not from our own
description of it. So a document that fits only our description causes the same problem as in that
backend: a wrong product makes the shop answer 500, a wrong LiveSale or lead empties its list
without an error.
"""

from __future__ import annotations

from playbook.standin.aislemarts.app import REQUESTS_A_MINUTE, create_app

__all__ = ["REQUESTS_A_MINUTE", "create_app"]
