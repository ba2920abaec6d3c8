"""The messages to the presenter of a meeting about its demo.

============================  ==================================================================
``DEMO_ALERT_PRESENTER``      apprise URLs; a mail URL without ``to=`` goes to the organizer
``PLAYBOOK_PANEL_URL``        the address of the panel, for links to the sheet and to runs
============================  ==================================================================

If the first is not set, or a meeting has no organizer to write to, the usual channels of the alerts
get the message. If the second is not set, the message names the command that shows the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from playbook.clock import local_text
from playbook.nights.alerts import Alert, Channels
from playbook.nights.alerts.channels import LEVELS, MAIL, SUCCESS, service, urls_in
from playbook.nights.alerts.outbox import each_recipient
from playbook.nights.alerts.wording import panel_link, run_lines
from playbook.nights.meetings.coming import Meeting
from playbook.pristine.bundles import Bundle
from playbook.verdict.model import BundleVerdict

SETTING = "DEMO_ALERT_PRESENTER"
SHOWN_REASONS = 3


def channels_for(
    meeting: Meeting, usual: Channels, variables: Mapping[str, str] | None = None
) -> Channels:
    """The channels of a meeting's presenter. Raises WrongUsage if an entry is not a URL."""
    urls = stated_urls(variables)
    if meeting.organizer is None:
        # Mail without a recipient would go back to its sender.
        urls = tuple(url for url in urls if not goes_to_the_organizer(url))
    return presenters(urls, meeting.organizer) if urls else usual


def stated_urls(variables: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The URLs of the setting. Raises WrongUsage if an entry is not a URL."""
    return urls_in(SETTING, os.environ if variables is None else variables)


def presenters(urls: tuple[str, ...], organizer: str | None) -> Channels:
    """The presenter's URLs for every level. Mail without a recipient goes to the organizer."""
    addressed = tuple(_addressed(url, organizer) for url in urls)
    return Channels(dict.fromkeys(LEVELS, addressed), SETTING)


def goes_to_the_organizer(url: str) -> bool:
    """Whether it is a mail URL that names no recipient."""
    return service(url) in MAIL and [recipient for _, recipient in each_recipient(url)] == [""]


def ready(
    bundle: Bundle, meeting: Meeting, environment: str, was_reset: bool, run: str = ""
) -> Alert:
    """The message that the demo can be shown."""
    lines = _heading(bundle, meeting, environment)
    lines.append("The demo was reset and checked: GO" if was_reset else "The demo was checked: GO")
    lines += [f"What to do: nothing. {_sheet(bundle)}", *run_lines(bundle.short, run)]
    return Alert(SUCCESS, f"{bundle.firm}: the demo is ready (GO)", "\n".join(lines))


def not_ready(
    bundle: Bundle,
    meeting: Meeting,
    environment: str,
    verdict: BundleVerdict | None,
    why_not_reset: str,
    error: str | None = None,
    run: str = "",
) -> Alert:
    """The message that the demo cannot be shown: why, and what to do."""
    lines = _heading(bundle, meeting, environment)
    if verdict is not None:
        reasons = list(dict.fromkeys(r.reason or r.scenario for r in verdict.not_passed))
        lines.append(f"The demo is {verdict.verdict}:")
        lines += [f"- {' '.join(reason.split())[:300]}" for reason in reasons[:SHOWN_REASONS]]
        if len(reasons) > SHOWN_REASONS:
            lines.append(f"- and {len(reasons) - SHOWN_REASONS} more")
    if error:
        lines.append(f"The demo could not be checked: {error}")
    lines.append(f"Reset: {why_not_reset}")
    lines.append(
        "What to do: call the engineer on call and read them this message; "
        f"they run: playbook check {bundle.short}"
    )
    lines += run_lines(bundle.short, run)
    return Alert("high", f"{bundle.firm}: the demo is not ready (NO-GO)", "\n".join(lines))


def unclear(meeting: Meeting, bundles: list[str], environment: str) -> Alert:
    """The question which demo a doubtful meeting is about."""
    lines = [
        f"Environment: {environment}",
        f"The meeting {meeting.title!r} on {meeting.start:%a %d %b, %H:%M} UTC may be about "
        f"{' or '.join(bundles)}.",
        "No demo is prepared for it.",
        "What to do: write the id of the bundle into the title of the event "
        f"(one of {', '.join(meeting.candidates)})",
    ]
    return Alert("medium", f"which demo is {meeting.title!r} about?", "\n".join(lines))


def _heading(bundle: Bundle, meeting: Meeting, environment: str) -> list[str]:
    return [
        f"Environment: {environment}",
        f"Meeting: {meeting.title}, {local_text(meeting.start, bundle.timezone)}",
    ]


def _sheet(bundle: Bundle) -> str:
    short = bundle.short
    command = f"playbook check {short} --html {short}.html"
    return f"The sheet for the meeting: {panel_link(f'/bundles/{short}/sheet', command)}"


def _addressed(url: str, organizer: str | None) -> str:
    if organizer is None or not goes_to_the_organizer(url):
        return url
    return f"{url}{'&' if urlsplit(url).query else '?'}to={quote(organizer, safe='@')}"
