"""Why a service did not accept an alert, in one line.

apprise returns only whether a message was sent. It writes the rest to its log: an HTTP status, the
service's own words, or the error that it caught. The log is never printed, because it may quote a
URL with its credentials; this module reads it.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
import sys
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum, auto
from http import HTTPStatus

from requests.exceptions import ProxyError

from playbook.environment.reasons import names_no_host, reason_of

_STATUS = re.compile(r"\berror=([0-9]{3})\b")
_DETAILS = re.compile(r"Response Details:\s*(.*)", re.DOTALL)
_ADVICE = {
    300: "it leads to another address; correct the URL",
    400: "it does not accept the message; is its URL complete?",
    401: "the key, the token or the password in its URL is wrong or no longer valid",
    403: "the key, the token or the password in its URL is wrong or no longer valid",
    404: "there is no such webhook; make a new one and correct the URL",
    410: "there is no such webhook any more; make a new one and correct the URL",
    429: "it got too many messages; wait a while",
    500: "the service itself has a problem; try again later",
}
"""What to do about an HTTP status. Each further 3xx is like 300, each further 5xx like 500."""
_SIGN_IN_STATUSES = (401, 403)
"""The HTTP statuses of a service that refuses the key, the token or the password."""
_LASTING = 500
"""From this reply code on a mail server means its no; a lower one may be a yes in a while."""
_WANTS_A_PASSWORD = 530
"""The reply code of a mail server that accepts mail only from somebody who has signed in."""
_IS_THE_PORT_RIGHT = "is it the right port, or mode= in the URL?"


class Refusal(Enum):
    """What a service refuses, or what it cannot do: it decides whether to try again."""

    OF_THE_MESSAGE = auto()
    """This message, or its recipient; another one may be accepted."""
    OF_THE_SIGN_IN = auto()
    """The password, the key or the token. Each further try could lock the account."""
    OF_ALL = auto()
    """Everything: the server does not answer, or cannot be used."""


class NotAccepted(Exception):
    """A service has not accepted an alert; the text says why, and is empty if nobody knows."""

    def __init__(self, why: str, refusal: Refusal = Refusal.OF_THE_MESSAGE) -> None:
        super().__init__(why)
        self.refusal = refusal


class Records:
    """What apprise writes to its log about one message, and the error that it catches."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        """The first error; later ones may come from tidying up."""
        self._warnings: list[str] = []
        self._details = ""
        self._status: int | None = None

    def add(self, record: logging.LogRecord) -> None:
        """Keep what a record says."""
        error = sys.exception()  # apprise logs while it handles an error
        if isinstance(error, Exception):
            self.error = self.error or error
        try:
            message = record.getMessage()
        except (TypeError, ValueError):  # a mistake in a log line must not stop an alert
            return
        if status := _STATUS.search(message):
            self._status = int(status[1])
        elif record.levelno >= logging.WARNING:
            self._warnings.append(" ".join(message.split()).rstrip("."))
        if details := _DETAILS.search(message):
            self._details = _words(details[1])

    @property
    def why(self) -> str:
        """The reason; empty if nothing is known. It may contain secrets and be long."""
        if self._status is not None:
            return f"it answers {_of_status(self._status)}" + self._details
        if self.error is not None:
            return why(self.error)
        return self._warnings[0] if self._warnings else ""

    @property
    def refusal(self) -> Refusal:
        """What was refused, as far as it is known."""
        if self._status in _SIGN_IN_STATUSES:
            return Refusal.OF_THE_SIGN_IN
        return Refusal.OF_THE_MESSAGE if self.error is None else refusal_of(self.error)


_records: ContextVar[Records | None] = ContextVar("records", default=None)
"""Who collects now. apprise sends in threads of its own, which have a copy of this context."""


def read_log(logger: logging.Logger) -> None:
    """Let what is written to a logger be collected, and go nowhere else."""
    logger.setLevel(logging.DEBUG)
    logger.addFilter(_collect)  # a second time it does nothing


def _collect(record: logging.LogRecord) -> bool:
    if records := _records.get():
        records.add(record)
    return False


@contextmanager
def collected() -> Iterator[Records]:
    """Collects the records that are written in this context."""
    records = Records()
    token = _records.set(records)
    try:
        yield records
    finally:
        _records.reset(token)


def refusal_of(error: Exception) -> Refusal:
    """What is refused, by the error of sending."""
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code) if code >= _LASTING:
            return Refusal.OF_THE_SIGN_IN
        case smtplib.SMTPRecipientsRefused() | smtplib.SMTPDataError():
            return Refusal.OF_THE_MESSAGE
        case OSError():  # all other errors of mail are of this kind, too
            return Refusal.OF_ALL
    return Refusal.OF_THE_MESSAGE


def why(error: Exception) -> str:
    """Why sending failed, by its error."""
    if isinstance(error, smtplib.SMTPException) and (said := _of_mail(error)):
        return said
    if isinstance(error, ssl.SSLError) and "WRONG_VERSION_NUMBER" in str(error):
        return f"it does not begin with TLS; {_IS_THE_PORT_RIGHT}"
    if isinstance(error, ProxyError):
        return f"the proxy of this machine (HTTPS_PROXY) does not lead to it: {reason_of(error)}"
    if names_no_host(error):
        return "its host name is not known; is it written rightly, and does this machine have DNS?"
    if isinstance(error, OSError):
        return reason_of(error)
    return type(error).__name__  # its text may quote anything


def _of_status(status: int) -> str:
    try:
        phrase = f" ({HTTPStatus(status).phrase})"
    except ValueError:
        phrase = ""
    alike = status // 100 * 100 if status // 100 in (3, 5) else status
    advice = _ADVICE.get(status) or _ADVICE.get(alike)
    return f"{status}{phrase}" + (f": {advice}" if advice else "")


def _words(details: str) -> str:
    """A service's own words; nothing if they are a page or are not readable."""
    try:
        content = literal_eval(details.strip())
    except (ValueError, SyntaxError):
        return ""
    text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
    text = " ".join(text.split())
    if not text or text.startswith("<"):
        return ""
    return f'; it says "{text}"'


def _of_mail(error: smtplib.SMTPException) -> str:
    """What a mail server does not accept; empty if it was not the server that said no."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"it refuses the user or the password of the URL {_reply(error)}"
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code == _WANTS_A_PASSWORD:
        return f"it wants a user and a password in the URL {_reply(error)}"
    if isinstance(error, smtplib.SMTPResponseException) and error.smtp_code < 0:
        return f"the server at this address is no mail server; {_IS_THE_PORT_RIGHT}"
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"it refuses the sender {error.sender} {_reply(error)}; correct from= in the URL"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"it refuses the recipient {_in_brackets(code, text)}"
    if isinstance(error, smtplib.SMTPDataError):
        return f"it refuses the message {_reply(error)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"it refuses the connection {_reply(error)}"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        what = " ".join(str(error).split()).rstrip(".")
        return f"it lacks what the URL asks for ({what}); {_IS_THE_PORT_RIGHT}"
    if isinstance(error, smtplib.SMTPServerDisconnected) and not _timed_out(error):
        return f"it closed the connection; {_IS_THE_PORT_RIGHT}"
    return ""


def _timed_out(error: BaseException) -> bool:
    return isinstance(error.__context__, TimeoutError)


def _reply(error: smtplib.SMTPResponseException) -> str:
    return _in_brackets(error.smtp_code, error.smtp_error)


def _in_brackets(code: int, text: bytes | str) -> str:
    said = text.decode(errors="replace") if isinstance(text, bytes) else str(text)
    said = " ".join(said.split())
    return f"({code} {said})" if said else f"({code})"
