"""The AisleMarts Demo Playbook: resets the investor demos and proves that they are ready."""

from __future__ import annotations

from pathlib import Path

__version__ = "1.0.0"

PROJECT = Path(__file__).resolve().parent.parent
"""The checkout that holds ``features/``, ``seeds/`` and ``reports/`` beside this package."""
