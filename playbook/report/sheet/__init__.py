"""The sheet: one printed page that a person takes to the meeting.

:mod:`playbook.report.sheet.content` gathers its content, as the investor would see it, and
:mod:`playbook.report.sheet.page` lays it out.
"""

from __future__ import annotations
