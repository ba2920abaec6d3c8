"""The admin panel: the page that sales open before a meeting.

Made by :func:`playbook.panel.app.create_app`, served by ``playbook serve``.
"""

from __future__ import annotations
