"""The sheet: one printed page that a person takes into the meeting.

What it says is gathered by :mod:`playbook.report.sheet.content`, as the investor would see it,
and laid out by :mod:`playbook.report.sheet.page`.
"""

from __future__ import annotations
