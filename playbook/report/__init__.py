"""Reports for people: the Allure report for engineers, one page for everybody else."""

from __future__ import annotations
