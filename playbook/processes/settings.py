"""The names of the settings that select a deployment, and of its passwords."""

from __future__ import annotations

CONNECTIONS = ("MONGO_URI", "REDIS_URL", "API_URL")
"""The addresses of the deployment's three parts; each is a URL that may contain credentials."""
DATABASE = "MONGO_DB"
PASSWORD_PREFIX = "DEMO_PASSWORD_"


def password_setting(bundle_short: str) -> str:
    """The setting of a bundle's password: ``DEMO_PASSWORD_GENERAL_CATALYST``."""
    return PASSWORD_PREFIX + bundle_short.upper().replace("-", "_")


def is_of_a_deployment(name: str) -> bool:
    """Whether a setting selects a deployment, or is one of its passwords."""
    return name in (*CONNECTIONS, DATABASE) or name.startswith(PASSWORD_PREFIX)
