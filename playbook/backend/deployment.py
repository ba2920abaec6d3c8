"""The parts of a deployment that its own endpoints need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import redis
from pymongo.database import Database

from playbook.pristine.rates import Feed
from playbook.pristine.seeds import Seeds, load


@dataclass(frozen=True)
class Deployment:
    """One deployment, as seen from inside its backend."""

    db: Database[dict[str, Any]]
    """The demo database."""
    redis: redis.Redis
    """The cache; answers are bytes, as stored."""
    refresh_rates: Callable[[], None] | None
    """Makes the deployment's feed write fresh rates; None if it has none."""
    clock: Callable[[], datetime]
    """The present instant, aware, UTC."""
    feed: Feed = field(default_factory=Feed)
    """The settings about the rate feed: its source, and whether it rests at weekends."""
    seeds: Seeds = field(default_factory=load)
    """The seeds of the pristine demo; by default the project's own."""
