"""Record a walk as a Playwright trace, without the secrets that the browser has seen."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from playbook.environment.redaction import Redactor
from playbook.walk import traces


class Recording:
    """The trace of a Playwright context, and the secrets that it must not contain."""

    def __init__(self, context: Any) -> None:
        self._context, self._begun = context, False
        self._secrets: set[str] = set()
        context.on("request", self._on_request)

    def hide(self, secret: str) -> None:
        """Keep a secret out of the trace."""
        self._secrets.add(secret)

    def hide_tokens(self) -> None:
        """Keep the cookies and the stored values of the browser out of the trace."""
        with suppress(Exception):
            kept = self._context.storage_state()
            self._secrets |= {cookie["value"] for cookie in kept["cookies"]}
            for origin in kept["origins"]:
                self._secrets |= {item["value"] for item in origin["localStorage"]}

    def begin(self) -> None:
        """Begin the trace. Only after signing in, because it would contain the typed password."""
        if not self._begun:
            self._begun = True
            with suppress(Exception):
                self._context.tracing.start(screenshots=False, snapshots=True)

    def end(self, target: Path | None, redact: Redactor) -> None:
        """End the trace, and write it to a file; None forgets it.

        ``redact`` hides the environment's own secrets.
        """
        if not self._begun:
            return
        self.hide_tokens()
        with suppress(Exception):
            if target is None:
                self._context.tracing.stop()
                return
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            raw = target.with_name(".trace-as-written.zip")
            try:
                self._context.tracing.stop(path=raw)
                traces.hide_secrets(raw, target, self._secrets, redact)
            finally:
                raw.unlink(missing_ok=True)

    def _on_request(self, request: Any) -> None:
        authorization = request.headers.get("authorization", "")
        if authorization:
            self._secrets.add(authorization.partition(" ")[2] or authorization)
