"""Gives every Python process of a soak the soak's clock; Python imports this at its start."""

import os

if os.environ.get("SOAK_CLOCK"):
    from tests.soak.hurried_clock import install

    install()
