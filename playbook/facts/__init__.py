"""Facts: small readers of MongoDB, Redis and HTTP, each a property with a plain name."""

from __future__ import annotations

from playbook.facts.demo import Demo

__all__ = ["Demo"]
