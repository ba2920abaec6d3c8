"""Why a part of a deployment did not do what it was asked, in words for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import redis
import requests
from pymongo.errors import (
    AutoReconnect,
    ConfigurationError,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)
from redis.exceptions import ClusterDownError, ClusterError, MasterDownError, TryAgainError

LONGEST = 300
"""Characters of a server's own words that one line for a person has room for."""
LATE = "it did not answer in time"

_WRONG_CREDENTIALS, _NO_RIGHT, _ATLAS = 18, 13, 8000
_WAITING_MAY_HELP = (
    # Interrupted by an election or a shutdown, a write that too few members have taken in time,
    # and a request for which Cosmos had no capacity left.
    *(6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436),
    *(64, 100),
    16500,
)
"""Error codes of MongoDB."""


def may_pass(error: Exception) -> bool:
    """Whether the same request may succeed in a while, as after an election or a restart."""
    if isinstance(error, OperationFailure):
        if error.code in _WAITING_MAY_HELP or error.has_error_label("RetryableWriteError"):
            return True
        codes = {one.get("code") for one in _write_errors(error)}
        return bool(codes) and codes <= set(_WAITING_MAY_HELP)
    if isinstance(error, ConfigurationError):
        return False
    if isinstance(error, PyMongoError):
        # An untrusted certificate stays untrusted.
        return isinstance(error, AutoReconnect | WaitQueueTimeoutError) and not _is_about_tls(error)
    if isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError):
        return False
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | redis.ReadOnlyError):
        return not _is_about_tls(error)
    if isinstance(error, ClusterDownError | MasterDownError | TryAgainError | ClusterError):
        return True
    if isinstance(error, requests.exceptions.SSLError):
        return False
    return isinstance(error, requests.ConnectionError | requests.Timeout)


def reason_of(error: Exception) -> str:
    """Why it failed: the certificate, the name, the right, the quota; never a driver's dump."""
    if isinstance(error, OperationFailure):
        return _reason_of_refusal(error)
    if isinstance(error, NetworkTimeout | requests.Timeout | redis.TimeoutError | TimeoutError):
        return LATE
    if isinstance(error, redis.AuthenticationError):
        return f"it refuses our credentials ({_cut(str(error))})"
    if isinstance(error, redis.exceptions.NoPermissionError):
        return f"our user lacks a right: {_cut(str(error))}"
    if isinstance(error, ServerSelectionTimeoutError):
        return _reason_of_selection(str(error))
    for cause in _causes(error):
        if isinstance(cause, TimeoutError):
            return LATE
        if "certificate" in str(cause):
            return _reason_of_certificate(str(cause))
        if isinstance(cause, OSError) and cause.strerror and not cause.filename:
            return cause.strerror
    text = _cut(re.sub(r"^Error -?[0-9]+ connecting to \S+ ", "", str(error)))
    return text.rstrip(".") or type(error).__name__


def _reason_of_refusal(error: OperationFailure) -> str:
    details: Mapping[str, Any] = error.details or {}
    errors = _write_errors(error)
    texts = {str(one["errmsg"]) for one in errors if one.get("errmsg")}
    text = _cut("; ".join(sorted(texts)) or str(details.get("errmsg") or ""))
    code = error.code if error.code is not None else next((e.get("code") for e in errors), None)
    # Atlas has one code for wrong credentials, a full quota and whatever else its proxy says.
    if code == _WRONG_CREDENTIALS or (code == _ATLAS and "auth" in text.lower()):
        return f"it refuses our credentials ({text or 'authentication failed'})"
    if code == _NO_RIGHT:
        # The server repeats the whole command, documents included.
        return f"our user lacks a right: {text.partition(' {')[0]}"
    if not text:
        text = str(details.get("codeName") or f"error {code}" if code else type(error).__name__)
    return f"{text} (code {code})" if code else text


def _write_errors(error: OperationFailure) -> list[Mapping[str, Any]]:
    """The parts of a write's refusal: of single documents, and of the write concern."""
    details: Mapping[str, Any] = error.details or {}
    found = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    if concern := details.get("writeConcernError"):
        found.append(concern)
    # A refused bulk write quotes the documents: only the server's words are wanted.
    return [{"code": one.get("code"), "errmsg": one.get("errmsg")} for one in found]


def _reason_of_selection(text: str) -> str:
    """pymongo's words for "no server": the first server's own reason, without its dump."""
    text = text.partition(", Timeout:")[0].partition(" (configured timeouts")[0]
    if "certificate" in text:
        return _reason_of_certificate(text)
    if "timed out" in text:
        return LATE
    if number := re.search(r"\[Errno -?[0-9]+\] ([^,(]+)", text):
        return number[1].strip()
    return _cut(text) or "no server was found"


def _reason_of_certificate(text: str) -> str:
    found = re.search(r"certificate verify failed: ([^(]+)", text)
    return f"its certificate is not accepted ({found[1].strip() if found else _cut(text)})"


def _is_about_tls(error: Exception) -> bool:
    return any("certificate" in str(cause) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from, as each library keeps it."""
    waiting, seen = [error], set[int]()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        linked = (one.__cause__, one.__context__, getattr(one, "reason", None), *one.args)
        waiting += [other for other in linked if isinstance(other, BaseException)]


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
