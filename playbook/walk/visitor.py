"""What a visitor does on a page: sign in, tap and type."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from playbook.deployments.front_end import Action, FrontEnd, Tap, Type
from playbook.walk.page import one_line
from playbook.walk.tab import Tab

EMAIL_FIELD = 'input[type="email"]'
TEXT_FIELDS = 'input:not([type]), input[type="text"], input[type="tel"]'
WRITABLE = 'textarea, input[type="text"], input:not([type]), [contenteditable]'


class Visitor:
    """A visitor in a tab, who types ``sentence``.

    ``message`` gives a pristine message of the visitor's language by its name.
    """

    def __init__(
        self, tab: Tab, front_end: FrontEnd, sentence: str, message: Callable[[str], str]
    ) -> None:
        self._tab, self._front_end = tab, front_end
        self._sentence, self._message = sentence, message

    def sign_in(self, email: str, password: str) -> tuple[str, ...]:
        """Sign in on the open page; return what was not possible, in a visitor's words."""
        tab, front_end = self._tab, self._front_end
        try:
            field = front_end.email_field or (EMAIL_FIELD if tab.has(EMAIL_FIELD) else TEXT_FIELDS)
            tab.first(field).fill(email)
            tab.first(front_end.password_field).fill(password)
            tab.press_enter()
            if tab.shows(front_end.password_field):
                if files := tab.activity.downloads:
                    return (f"after signing in comes a file to save, “{files[0]}”, and no page",)
                return ("the page does not accept the demo account",)
        except Exception as error:  # noqa: BLE001 - Playwright's own kinds need it imported
            return (f"there is no way to sign in ({one_line(str(error))})",)
        return ()

    def carry_out(self, actions: Sequence[Action]) -> tuple[str, ...]:
        """Do the actions of a page; return what was not possible, in a visitor's words."""
        for action in actions:
            try:
                self._do(action)
            except Exception as error:  # noqa: BLE001 - as above
                if isinstance(action, Type):
                    return ("there is nothing on it to write into",)
                return (f"there is nothing on it to tap ({one_line(str(error))})",)
        return ()

    def _do(self, action: Action) -> None:
        match action:
            case Tap(_, css) if css:
                self._tab.tap(self._tab.first(css))
            case Tap(words, _):
                label = re.sub(r"\{(\w+)\}", lambda found: self._message(found[1]), words)
                self._tab.tap(self._tab.with_text(label))
            case Type(css):
                self._tab.first(css or WRITABLE).fill(self._sentence)
                self._tab.press_enter()
