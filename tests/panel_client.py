"""The panel on a real server over a throw-away environment, and visitors who use it by HTTP."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from playbook import clock
from playbook.panel.accounts import Accounts
from playbook.panel.app import create_app
from playbook.panel.authentication import Authentication
from tests.sandbox import Sandbox
from tests.served_app import served

PASSWORD = "a long enough password"
ANSWER_SECONDS = 60.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@contextmanager
def panel(sandbox: Sandbox, api_token: str | None = None) -> Iterator[Panel]:
    """The panel of a sandbox, served."""
    authentication = Authentication(sandbox.environment, api_token)
    app = create_app(sandbox.environment, sandbox.seeds, sandbox.backups, authentication)
    with served(app) as url:
        yield Panel(url, sandbox)


@dataclass(frozen=True)
class Panel:
    """A running panel."""

    url: str
    sandbox: Sandbox

    def add(self, role: str) -> str:
        """Create an account and return its name."""
        name = f"{role}-{uuid.uuid4().hex[:8]}"
        Accounts(self.sandbox.db).add(name, role, PASSWORD, clock.now())
        return name

    def visitor(self, role: str | None = None) -> Visitor:
        """A visitor with their own browser, signed in if a role is named."""
        visitor = Visitor(self.url)
        if role:
            visitor.sign_in(self.add(role), PASSWORD)
        return visitor


@dataclass
class Visitor:
    """A visitor who uses the panel like a browser without scripts."""

    url: str
    name: str = ""
    web: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, **options: object) -> requests.Response:
        return self.web.get(self.url + path, timeout=ANSWER_SECONDS, **options)  # type: ignore[arg-type]

    def post(self, path: str, **options: object) -> requests.Response:
        return self.web.post(self.url + path, timeout=ANSWER_SECONDS, **options)  # type: ignore[arg-type]

    def text(self, path: str) -> str:
        """The HTML of a page, without escapes. Fails if the status is not 200."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return html.unescape(answer.text)

    def sign_in(self, name: str, password: str, to: str = "/") -> requests.Response:
        self.name = name
        return self.post("/sign-in", data={"name": name, "password": password, "to": to})

    def press(self, path: str, **fields: object) -> requests.Response:
        """Send one of a bundle's forms; return the page after all redirects."""
        return self.post(path, data=fields, headers=FORM)

    def events(self, short: str) -> str:
        """Everything that a bundle's job reports until it is over."""
        return self.text(f"/bundles/{short}/progress")

    def verdict(self, short: str) -> str:
        """The one word on a bundle's page."""
        text = self.text(f"/bundles/{short}")
        found = re.search(r'id="verdict">.*?</span>\s*([A-Z -]+?)</span>', text, re.DOTALL)
        assert found, "the page shows no verdict"
        return found[1]
