"""Send an alert: try several times, then try the channels of the next level.

A failed channel raises no error here. The journal records that the alert could not be sent, and the
verdict does not change.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from playbook.environment.redaction import Redactor, secrets_in_environment
from playbook.nights.alerts.channels import MAIL, RECIPIENTS, Channels, service
from playbook.nights.alerts.refusals import NotAccepted, Refusal, refusal_of, why
from playbook.nights.alerts.sending import (
    LONGEST_TRY,
    Send,
    TookTooLong,
    about_incident,
    apprise_without_output,
    in_time,
    readable,
    short_reason,
    through_apprise,
)

PAUSES = (2.0, 10.0)
"""Seconds to wait before a channel is tried again; after the last one, it has failed."""

NOT_TRIED = "not tried, because the sign-in for the recipient before was refused"

_NAMED = re.compile(
    r"""(?:^|(?<=[,;\s]))(?:"[^"]*"|[^\s,;<>"@]+(?:\s+[^\s,;<>"@]+)*)?\s*<([^<>]*)>"""
)
"""A recipient with a name: "Ann Lee <ann@a.example>"."""


@dataclass(frozen=True)
class Alert:
    """A message to people, with its level ("success", or a severity)."""

    level: str
    title: str
    body: str
    incident: str = ""
    """What it is about: a pager closes the page of a failure when good news of the same comes."""


@dataclass(frozen=True)
class Delivery:
    """The result of sending an alert to one URL. Of the URL it shows only the kind."""

    title: str
    level: str
    """The alert's level; the channel may be of another level."""
    channel: str
    """The setting of the channel, and the number of the URL in it."""
    service: str
    taken: bool
    """Whether the service accepted it."""
    tries: int
    recipient: str = ""
    """The address that it was sent to, if the URL is for mail."""
    through: str = ""
    """The level of the channel."""
    too_long: bool = False
    """Whether the last try was given up because it took too long."""
    why: str = ""
    """Why the last try was not accepted, if that is known; without secrets."""
    url: str = field(default="", repr=False)
    """The target, so that nothing is sent to it twice; it contains credentials."""

    def document(self) -> dict[str, Any]:
        """For the journal."""
        return {name: value for name, value in asdict(self).items() if name != "url"}

    @property
    def outcome(self) -> str:
        """Where it was sent, and whether the service there accepted it."""
        tries = "1 try" if self.tries == 1 else f"{self.tries} tries"
        not_sent = f"NOT sent after {tries}" if self.tries else "NOT sent"
        word = "sent" if self.taken else not_sent
        if self.too_long:
            word += f"; no end of it within {LONGEST_TRY:.0f} s, so it may still arrive"
        elif self.why:
            word += f": {self.why}"
        to = f"{self.service} to {self.recipient}" if self.recipient else self.service
        return f"{self.channel} ({to}) {word}"

    def __str__(self) -> str:
        return f"{self.level}: {self.outcome}"


class Outbox:
    """Sends alerts through the channels that are set."""

    def __init__(
        self,
        channels: Channels,
        redact: Redactor | None = None,
        *,
        send: Send | None = None,
        pause: Callable[[float], object] = time.sleep,
        longest_try: float = LONGEST_TRY,
    ) -> None:
        self.channels = channels
        self.redact = redact or Redactor([*secrets_in_environment(), *channels.secrets])
        self._send = send or through_apprise
        self._pause = pause
        self._longest_try = longest_try

    def send(self, alert: Alert, also: Iterable[str] = ()) -> list[Delivery]:
        """Send an alert on its level's channel; return the results.

        If no URL there accepts it, it goes to the channel of the next level (see
        :meth:`Channels.levels_to_try`). The channels of the levels in ``also`` get it in any case.
        A URL on several channels gets it once.
        """
        deliveries: list[Delivery] = []
        for level in self.channels.levels_to_try(alert.level):
            deliveries += self.to(alert, level, deliveries)
            if any(delivery.taken for delivery in deliveries):
                break
        for level in also:
            deliveries += self.to(alert, level, deliveries)
        return deliveries

    def to(self, alert: Alert, level: str, former: Iterable[Delivery] = ()) -> list[Delivery]:
        """Send an alert on one level's channel, except to targets that already got it."""
        been = {delivery.url for delivery in former}
        deliveries = []
        refused: dict[int, Refusal | None] = {}
        for number, url, recipient in self._addressed(level):
            if url not in been:
                been.add(url)
                address = about_incident(url, alert.incident)
                tried = self._try(alert, address, refused.get(number))
                refused[number] = tried.refusal
                channel = f"{self.channels.setting(level)} no. {number}"
                deliveries.append(
                    Delivery(
                        self.redact(alert.title),
                        alert.level,
                        channel,
                        service(url),
                        tried.taken,
                        tried.tries,
                        recipient,
                        level,
                        tried.too_long,
                        short_reason(self.redact(tried.why)),
                        url,
                    )
                )
        return deliveries

    def _addressed(self, level: str) -> Iterator[tuple[int, str, str]]:
        """Each recipient of a level: the number of its URL, its own URL, its address."""
        for number, url in enumerate(self.channels.urls[level], start=1):
            for one, recipient in each_recipient(url):
                yield number, one, recipient

    def _try(self, alert: Alert, url: str, before: Refusal | None) -> _Tried:
        """Send to one URL. ``before``: what its server refused for the recipient before this one.

        If all is refused, each further recipient has one try, so that a server which never answers
        does not hold up the others for minutes. A refused sign-in is not tried again at all.
        """
        if before is Refusal.OF_THE_SIGN_IN:
            return _Tried(why=NOT_TRIED, refusal=before)
        title, body = readable(self.redact(alert.title), self.redact(alert.body))
        tried = _Tried()
        for wait in (0.0, *(() if before is Refusal.OF_ALL else PAUSES)):
            if wait:
                self._pause(wait)
            tried.tries += 1
            try:
                if in_time(lambda: self._send(url, title, body, alert.level), self._longest_try):
                    return _Tried(tried.tries, taken=True)
            except TookTooLong:
                # It is still being sent. A second message could reach people twice.
                return _Tried(tried.tries, too_long=True, refusal=Refusal.OF_ALL)
            except NotAccepted as error:
                tried.why, tried.refusal = str(error), error.refusal
            except Exception as error:  # noqa: BLE001 - a channel may raise any error
                tried.why, tried.refusal = why(error), refusal_of(error)
            if tried.refusal is Refusal.OF_THE_SIGN_IN:
                break
        return tried


@dataclass
class _Tried:
    """What became of sending an alert to one URL, several times if need be."""

    tries: int = 0
    taken: bool = False
    too_long: bool = False
    why: str = ""
    refusal: Refusal | None = None
    """What was refused at the last try; None if it was sent."""


def each_recipient(url: str) -> list[tuple[str, str]]:
    """A mail URL split into one URL for each recipient, with the address; another URL unchanged.

    A mail server may refuse one of several recipients and accept the message for the others, which
    counts as accepted. With a message for each recipient, each has its own answer. Recipients are
    in ``to=``, ``cc=`` and ``bcc=``, or in the path (``mailto://HOST/a@b.c/d@e.f``).
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return [(url, "")]
    if parts.scheme.lower() not in MAIL:
        return [(url, "")]
    # In a mail address "+" is itself, not a blank.
    fields = parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True)
    stated = [value for name, value in fields if name.lower() in RECIPIENTS]
    in_path = [unquote(part) for part in parts.path.split("/") if "@" in unquote(part)]
    recipients = [address for text in [*in_path, *stated] for address in recipients_in(text)]
    # E-mail addresses compare without case.
    addresses = list({address.lower(): address for address in reversed(recipients)}.values())[::-1]
    if not addresses:
        return [(url, "")]
    other_fields = [(name, value) for name, value in fields if name.lower() not in RECIPIENTS]
    path = "/".join(part for part in parts.path.split("/") if "@" not in unquote(part))
    return [
        (urlunsplit(parts._replace(path=path, query=query)), _name_of_recipient(address, number))
        for number, address in enumerate(addresses, start=1)
        for query in [urlencode([*other_fields, ("to", address)], quote_via=quote, safe="@")]
    ]


def recipients_in(text: str) -> list[str]:
    """The recipients in a text, without their names; any separator may be between them.

    A part that is not an address is kept, so sending to it fails and a message says so.
    """
    plain = _NAMED.sub(r",\1,", text)
    return [one for one in re.split(r"[,;\s<>\"]+", plain) if one]


def _name_of_recipient(address: str, number: int) -> str:
    # A text that is not an address may be part of a password in the wrong place.
    return address if "@" in address else f"recipient no. {number}, which is not an address"


def unknown_to_apprise(channels: Channels) -> list[str]:
    """The settings' entries that apprise does not understand, named without their URL."""
    apprise = apprise_without_output()
    return [
        f"{channels.setting(level)} no. {number} ({service(url)})"
        for level, urls in channels.urls.items()
        for number, url in enumerate(urls, start=1)
        if not all(apprise.Apprise().add(one) for one, _ in each_recipient(url))
    ]
