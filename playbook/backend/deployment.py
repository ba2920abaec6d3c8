"""What an endpoint needs of the deployment that it answers for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import redis
from pymongo.database import Database


@dataclass(frozen=True)
class Deployment:
    """One deployment, as seen from inside its backend."""

    db: Database[dict[str, Any]]
    """The demo database."""
    redis: redis.Redis
    """The cache; answers are bytes, as stored."""
    refresh_rates: Callable[[], None] | None
    """Makes the deployment's feed write fresh rates; None where there is no such feed."""
    clock: Callable[[], datetime]
    """The present instant, aware, UTC."""
