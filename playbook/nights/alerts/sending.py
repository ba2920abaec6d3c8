"""Send one message to one service, through apprise: in limited time, and only what it can take."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from playbook.nights.alerts.channels import SUCCESS, service
from playbook.nights.alerts.refusals import NotAccepted, collected, read_log
from playbook.pristine.visible_text import printable

LONGEST_TRY = 30.0
"""Seconds that one try may take. A server may send a byte a second, and would hold up the night."""
LONGEST_TITLE = 200
LONGEST_LINE = 1000
LONGEST_REASON = 300
KEPT_AT_THE_END = 3
"""The last lines of an alert that a short message keeps, too: the run, the link, the report."""
LONGEST_KEY = 255
"""What PagerDuty accepts as the key of an incident."""

type Send = Callable[[str, str, str, str], bool]
"""Sends title, body and level to a URL; returns whether it was accepted."""


class TookTooLong(Exception):
    """A try has not ended within its time; what it sends may still arrive."""


def in_time(send: Callable[[], bool], seconds: float) -> bool:
    """The result of sending. Raises TookTooLong, or what sending raised."""
    results: list[bool] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(send())
        except Exception as error:  # noqa: BLE001 - it is raised again below
            errors.append(error)

    # A thread that never ends must not keep the process alive.
    thread = Thread(target=run, name="alert", daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TookTooLong
    return results[0]


def readable(title: str, body: str) -> tuple[str, str]:
    """The title on one line, and the body; both without control characters, and not too long.

    A part may come from the app or from a calendar. Mail servers refuse very long subjects.
    """
    lines = [_shortened(printable(line), LONGEST_LINE) for line in body.split("\n")]
    return _shortened(printable(" ".join(title.split())), LONGEST_TITLE), "\n".join(lines)


def short_reason(text: str) -> str:
    """A service's reason on one line, as short and as harmless as a title.

    Its secrets must be hidden before: half of one would not be recognised.
    """
    return _shortened(printable(" ".join(text.split())), LONGEST_REASON)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def fitted(title: str, body: str, longest: int) -> str:
    """The body without lines of its middle, so that it and the title are not too long.

    A service refuses a longer message. What to do and the link are at the end, so they stay.
    """
    room = longest - len(title) - len("\r\n")
    if len(body) <= room:
        return body
    lines = body.split("\n")
    last = lines[-KEPT_AT_THE_END:]
    for to_do in range(len(lines) - 1, -1, -1):
        if lines[to_do].startswith("What to do:"):
            last = lines[to_do:]
            break
    end = "\n".join(["…", *last])
    kept: list[str] = []
    for line in lines[: len(lines) - len(last)]:
        if len("\n".join([*kept, line, end])) > room:
            break
        kept.append(line)
    return "\n".join([*kept, end])[: max(0, room)]


def about_incident(url: str, incident: str) -> str:
    """A pager's URL with the key of the incident, so that good news closes the page of the bad.

    Without a key apprise takes the title, which is another one in good news. A URL with a key of
    its own is left as it is.
    """
    if not incident or service(url) != "pagerduty":
        return url
    try:
        query = urlsplit(url).query
    except ValueError:
        return url
    if any(name.lower() == "dedup" for name, _ in parse_qsl(query)):
        return url
    return f"{url}{'&' if '?' in url else '?'}dedup={quote(incident[-LONGEST_KEY:], safe='')}"


def through_apprise(url: str, title: str, body: str, level: str) -> bool:
    """Send to one URL by apprise. Raises NotAccepted, with the reason, if it was not accepted."""
    apprise = apprise_without_output()
    kinds = {
        SUCCESS: apprise.NotifyType.SUCCESS,
        "medium": apprise.NotifyType.WARNING,
        "high": apprise.NotifyType.WARNING,
        "critical": apprise.NotifyType.FAILURE,
    }
    # A redirected message loses its text, and the page to which it leads (for signing in, for
    # example) answers 200.
    sender = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False))
    if not sender.add(url):
        raise NotAccepted("apprise does not know this service or URL")
    longest = min(target.body_maxlen for target in sender)
    with collected() as records:
        sent = sender.notify(
            body=fitted(title, body, longest),
            title=title,
            notify_type=kinds[level],
            body_format=apprise.NotifyFormat.TEXT,
        )
    if not sent:
        raise NotAccepted(records.why, records.refusal)
    return True


def apprise_without_output() -> Any:
    """The module apprise, loaded only here because that takes a second.

    Its log may quote a URL, so nobody else gets it; why a message was not accepted is read there.
    """
    read_log(logging.getLogger("apprise"))
    import apprise  # which writes to its log at once

    return apprise
