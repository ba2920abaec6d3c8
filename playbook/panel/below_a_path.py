"""The panel behind a proxy that serves it below a path: ``https://tools.example/playbook/``.

``PLAYBOOK_PANEL_URL`` says that path. No header of a request is believed, because everybody can
send one.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from playbook.errors import WrongUsage
from playbook.nights.alerts.wording import panel_address


def path_of_the_panel() -> str:
    """The path of the panel's address, without a slash at its end; empty if it has none."""
    try:
        return unquote(urlsplit(panel_address()).path).rstrip("/")
    except WrongUsage:  # each alert says so
        return ""


class BelowAPath:
    """ASGI middleware: all paths of an app begin with one path.

    Some proxies remove that path from a request and some leave it. Both work, and so does a request
    that comes directly, without it.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app, self._path = app, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._path and scope["type"] == "http":
            asked = scope["path"]
            if asked != self._path and not asked.startswith(f"{self._path}/"):
                asked = self._path + asked
            scope = {**scope, "root_path": self._path, "path": asked}
        await self._app(scope, receive, send)
