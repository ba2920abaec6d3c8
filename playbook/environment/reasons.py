"""Explain in plain words why a part of a deployment failed."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from http.client import BadStatusLine, HTTPException, RemoteDisconnected, UnknownProtocol
from typing import Any

import redis
import requests
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    ConfigurationError,
    NetworkTimeout,
    OperationFailure,
    ProtocolError,
    PyMongoError,
    ServerSelectionTimeoutError,
    WaitQueueTimeoutError,
)
from redis.exceptions import (
    AskError,
    ClusterDownError,
    ClusterError,
    MasterDownError,
    TryAgainError,
)

LONGEST = 300
"""How many characters of a server's own words fit into one line for a person."""
LATE = "it did not answer in time"

_WRONG_CREDENTIALS, _NO_RIGHT, _ATLAS, _INVALID = 18, 13, 8000, 121
_WAITING_MAY_HELP = (
    # Interrupted by an election or a shutdown; a write that too few members confirmed in time;
    # and a request for which Cosmos had no capacity left.
    *(6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436),
    *(64, 100),
    16500,
    # A mongos that finds no primary of a shard, or whose data are being moved; a set without a
    # majority yet; a cursor or a plan that ended with a restart or a dropped index; no room at the
    # moment.
    *(133, 82, 202, 13388),
    *(134, 43, 175, 365, 462),
)
"""Error codes of MongoDB."""
_MAY_BE_REPEATED = ("RetryableWriteError", "RetryableError", "SystemOverloadedError")
"""The labels by which MongoDB says itself that waiting helps."""
_NO_RETRYABLE_WRITES = {20: "Transaction numbers", 301: "Retryable writes"}
"""How MongoDB without a replica set and Amazon's DocumentDB refuse them: code and first words."""
_WRONG_SET = "for replica set name"
"""pymongo's words if a server is not a member of the replica set that the URI names."""
_OTHER_SET = "belongs to a set named"
"""The same, if the URI says directConnection=true."""
_NO_SET = "No servers available"
"""pymongo's words if none of several servers that the URI names can be used beside the others."""
_POOL_CLEARED = "connection pool paused"
_SOON_OVER = ("LOADING", "BUSY ", "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "TRYAGAIN")
"""How Redis begins an error that will soon be over."""
_NODE_OF_A_CLUSTER = (
    "it is one node of a cluster, which does not say so to our user; let that user run HELLO and "
    "CLUSTER"
)
_OF_REDIS = {
    "read only replica": "it is a read-only replica; set REDIS_URL to its primary",
    "link with master is down": "it is a replica whose primary does not answer it (MASTERDOWN); "
    "start that again, or set REDIS_URL to another primary",
    "hash slot not served": "a part of the cluster does not answer (CLUSTERDOWN); start it again",
    "cluster is down": "a part of the cluster does not answer (CLUSTERDOWN); start it again",
    "clusterdown": "a part of the cluster does not answer (CLUSTERDOWN); start it again",
    "loading the dataset": "it is still loading its data (LOADING); wait until that is done",
    "busy running": "a script of the app keeps it busy (BUSY); wait, or end it with SCRIPT KILL",
    "enough good replicas": "it accepts no writes while it has too few replicas (NOREPLICAS); "
    "start its replicas again",
    "MISCONF": "it refuses writes because it could not save its data (MISCONF); repair its disk",
    "maxmemory": "it is full; give it more memory (maxmemory)",
    "protected mode": "it runs in protected mode and accepts only its own machine; give it a "
    "password and set that in REDIS_URL",
    "DB index is out of range": "it has no database with that number; correct the end of REDIS_URL",
    "hash to the same slot": _NODE_OF_A_CLUSTER,
    "too many connections": "max_connections in REDIS_URL is too small for a reset or a check; "
    "remove it",
    "max number of clients": "it has reached its limit of clients (maxclients)",
    "invalid response": "the server at this address is not a Redis",
}
"""Error texts of Redis, and what they mean for a person."""
_NAME_ITS_AUTHORITY = (
    "name the file of its authority: tlsCAFile in MONGO_URI, ssl_ca_certs in REDIS_URL, "
    "REQUESTS_CA_BUNDLE for the API and for webhooks, SSL_CERT_FILE for mail"
)
_UNKNOWN_COMMAND = re.compile(
    r"(?:unknown|unsupported|disabled) command\b\W*(\w{2,20})?", re.IGNORECASE
)
"""How Redis, or a proxy in front of it, says that it has no such command."""
_OF_CERTIFICATES = {
    "expired": "have it renewed",
    "not yet valid": "is the clock of this machine right?",
    "mismatch": "is the host name right?",
    "not valid for": "is the host name right?",
    "self": _NAME_ITS_AUTHORITY,
    "local issuer": _NAME_ITS_AUTHORITY,
}
"""Error texts about a certificate, and what to do."""


_OF_HANDSHAKES = {
    "CERTIFICATE_REQUIRED": "it asks for a certificate of ours; name its file: "
    "tlsCertificateKeyFile in MONGO_URI, ssl_certfile and ssl_keyfile in REDIS_URL (the playbook "
    "sends none to an API)",
    "ALERT_HANDSHAKE_FAILURE": "it has no kind of TLS in common with us; let it allow TLS 1.2",
    "PROTOCOL_VERSION": "it has no kind of TLS in common with us; let it allow TLS 1.2",
    "UNSUPPORTED_PROTOCOL": "it has no kind of TLS in common with us; let it allow TLS 1.2",
    "UNKNOWN_CA": "it does not trust our certificate; name one of an authority that it knows",
    "ALERT_BAD_CERTIFICATE": "it does not accept our certificate; name another",
    "ALERT_CERTIFICATE_EXPIRED": "our certificate has expired; have it renewed",
}
"""Words of OpenSSL about a handshake and what to do; waiting does not help."""


def is_without_cause(error: PyMongoError) -> bool:
    """Whether pymongo only says that it closed its connections when another request failed."""
    return isinstance(error, AutoReconnect) and _POOL_CLEARED in str(error)


def refused(error: Exception) -> bool:
    """Whether the part has answered, and would give the same answer again."""
    answers = (OperationFailure, redis.ResponseError, redis.AuthenticationError)
    return isinstance(error, answers) and not may_succeed_later(error)


def may_succeed_later(error: Exception) -> bool:
    """Whether the same request may succeed soon, for example after an election or a restart."""
    if isinstance(error, OperationFailure):
        if error.code in _WAITING_MAY_HELP or any(map(error.has_error_label, _MAY_BE_REPEATED)):
            return True
        codes = {one.get("code") for one in _write_errors(error)}
        return bool(codes) and codes <= set(_WAITING_MAY_HELP)
    if isinstance(error, ConfigurationError):
        return False
    if isinstance(error, PyMongoError):
        if isinstance(error, ServerSelectionTimeoutError) and any(
            words in str(error) for words in (_WRONG_SET, _OTHER_SET, _NO_SET)
        ):
            return False
        # An untrusted certificate stays untrusted.
        return isinstance(error, AutoReconnect | WaitQueueTimeoutError) and not _is_about_tls(error)
    if isinstance(error, redis.AuthenticationError | redis.exceptions.NoPermissionError):
        return False
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | redis.ReadOnlyError):
        return not _is_about_tls(error)
    if isinstance(error, ClusterDownError | MasterDownError | TryAgainError | ClusterError):
        return True
    if isinstance(error, redis.ResponseError):
        return str(error).startswith(_SOON_OVER)
    if isinstance(error, requests.exceptions.SSLError):
        return False
    # A server that is stopped while it answers breaks an answer off.
    broken_off = requests.exceptions.ChunkedEncodingError
    return isinstance(error, requests.ConnectionError | requests.Timeout | broken_off)


def broken_answer(error: Exception) -> str | None:
    """Why an answer of the API can't be read, as in "its answer …"; None for other errors."""
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "broke off before its end"
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return "is not in the encoding that its Content-Encoding states"
    if isinstance(error, requests.exceptions.InvalidHeader):
        return "states more than one length (Content-Length)"
    return None


def names_no_host(error: Exception) -> bool:
    """Whether nobody knows the host name of an address."""
    return any(
        isinstance(cause, socket.gaierror) and cause.errno == socket.EAI_NONAME
        for cause in _causes(error)
    )


def reason_of(error: Exception) -> str:
    """Why it failed: the certificate, the name, the right, the quota; never a driver's raw text."""
    if isinstance(error, OperationFailure):
        return _reason_of_refusal(error)
    if isinstance(error, NetworkTimeout | requests.Timeout | redis.TimeoutError | TimeoutError):
        return LATE
    if isinstance(error, redis.AuthenticationError):
        message = _cut(str(error)).rstrip(".")
        return f"it refuses our credentials ({message}); set its user and password in REDIS_URL"
    if isinstance(error, redis.exceptions.NoPermissionError):
        return f"our user lacks a right: {_cut(str(error))}; grant it"
    if isinstance(error, AskError):  # MOVED, too
        return _NODE_OF_A_CLUSTER
    if isinstance(error, redis.RedisError):
        if found := _UNKNOWN_COMMAND.search(str(error)):
            name = f"the command {found[1].upper()}" if found[1] else "a command that is needed"
            return (
                f"it does not know {name}; use a Redis 4 or newer that has all commands under "
                "their usual names, and no proxy that lacks some"
            )
        for words, meaning in _OF_REDIS.items():
            if words.lower() in str(error).lower():
                return meaning
    if isinstance(error, ProtocolError):
        return "the server at this address is not a MongoDB"
    if isinstance(error, ServerSelectionTimeoutError):
        return _reason_of_selection(str(error))
    if isinstance(error, PyMongoError) and is_without_cause(error):
        return "the connection to it was lost a moment ago"
    if broken := broken_answer(error):
        return f"its answer {broken}"
    for cause in _causes(error):
        if isinstance(cause, TimeoutError):
            return LATE
        if handshake := _reason_of_handshake(str(cause)):
            return handshake
        if "certificate" in str(cause):
            return _reason_of_certificate(str(cause))
        if "WRONG_VERSION_NUMBER" in str(cause):
            return "it does not use TLS; check the scheme of its address (https, rediss)"
        if isinstance(cause, RemoteDisconnected | ConnectionResetError):
            return "it closed the connection without an answer"
        if isinstance(cause, BadStatusLine | UnknownProtocol):
            return "the server at this address does not speak HTTP/1"
        if isinstance(cause, HTTPException):
            return f"the headers of its answer can't be read ({_cut(str(cause))})"
        if isinstance(cause, OSError) and cause.strerror and not cause.filename:
            return cause.strerror
    text = _cut(re.sub(r"^Error -?[0-9]+ connecting to \S+ ", "", str(error)))
    return text.rstrip(".") or type(error).__name__


def _reason_of_refusal(error: OperationFailure) -> str:
    details: Mapping[str, Any] = error.details or {}
    errors = _write_errors(error)
    texts = {str(one["errmsg"]) for one in errors if one.get("errmsg")}
    text = _cut("; ".join(sorted(texts)) or str(details.get("errmsg") or ""))
    code = error.code
    if code is None or isinstance(error, BulkWriteError):  # which has a code of the driver's own
        code = next((one["code"] for one in errors if one.get("code")), code)
    # Atlas has one code for wrong credentials, a full quota and other errors of its proxy.
    if code == _WRONG_CREDENTIALS or (code == _ATLAS and "auth" in text.lower()):
        message = (text or "authentication failed").rstrip(".")
        return (
            f"it refuses our credentials ({message}); set its user, password and authSource in "
            "MONGO_URI"
        )
    if code == _NO_RIGHT and "requires authentication" in text:
        return "it asks for a user and a password; set them in MONGO_URI"
    if code == _NO_RIGHT:
        # The server repeats the whole command, documents included.
        message = re.sub(r' \{ (\w+): "([^"]*)".*', r" \1 on \2", text)
        message = re.sub(r" \{ (\w+).*", r" \1", message)
        return f"our user lacks a right: {message}; grant it readWrite on the database"
    if code in _NO_RETRYABLE_WRITES and text.startswith(_NO_RETRYABLE_WRITES[code]):
        what = f"it does not support retryable writes (code {code})"
        return f"{what}; add retryWrites=false to MONGO_URI"
    if code == _INVALID:
        which = _refused_document(error)
        return (
            f"the collection's own validator refuses the document{which} (code 121); correct "
            "the validator, or describe the app as it is (PLAYBOOK_DEPLOYMENT)"
        )
    if not text:
        text = str(details.get("codeName") or f"error {code}" if code else type(error).__name__)
    return f"{text} (code {code})" if code else text


def _refused_document(error: OperationFailure) -> str:
    """The ``_id`` of the first document that a validator refused, if that is known."""
    details: Mapping[str, Any] = error.details or {}
    for one in (*details.get("writeErrors", ()), details):
        if one.get("code") != _INVALID:
            continue
        # A replacement has the _id in its filter; an insertion has it in the document.
        op = one.get("op") or {}
        asked = op.get("q", op).get("_id")
        info = one.get("errInfo") or {}
        fields = sorted(set(_refused_fields(info.get("details"))))
        why = f", because of {', '.join(fields)}" if fields else ""
        found = info.get("failingDocumentId", asked)
        known = found is not None and not isinstance(found, Mapping)
        return f" {found}{why}" if known else why
    return ""


def _refused_fields(details: Any, inside: str = "") -> Iterator[str]:
    """The fields that a validator did not accept, as MongoDB 5 and later explain it."""
    if isinstance(details, Mapping):
        name = details.get("propertyName")
        below = f"{inside}.{name}" if inside and name else str(name or inside)
        deeper = [one for key, one in details.items() if key not in ("specifiedAs", "description")]
        found = [field for one in deeper for field in _refused_fields(one, below)]
        for key in ("missingProperties", "additionalProperties"):
            if isinstance(details.get(key), list):
                found += [f"{below}.{one}" if below else str(one) for one in details[key]]
        if name and not found:
            found = [below]
        rule = details.get("specifiedAs")
        if not (found or below) and isinstance(rule, Mapping) and "consideredValue" in details:
            found = [str(key) for key in rule if not str(key).startswith("$")]
        yield from found
    elif isinstance(details, list):
        for one in details:
            yield from _refused_fields(one, inside)


def _write_errors(error: OperationFailure) -> list[Mapping[str, Any]]:
    """The errors of a refused write: for single documents, and for the write concern."""
    details: Mapping[str, Any] = error.details or {}
    found = [*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())]
    if concern := details.get("writeConcernError"):
        found.append(concern)
    # The error of a bulk write quotes the documents; only the server's words are used.
    return [{"code": one.get("code"), "errmsg": one.get("errmsg")} for one in found]


def _reason_of_selection(text: str) -> str:
    """The reason in pymongo's error "no server": the first server's own, without the rest."""
    text = text.partition(", Timeout:")[0].partition(" (configured timeouts")[0]
    if _NO_SET in text:
        return (
            "its servers are not members of one replica set; let MONGO_URI name only those that "
            "belong together"
        )
    if _OTHER_SET in text and "replica set named " in text:
        text = text.partition("replica set named ")[2].partition(" but")[0]
        text = f"{_WRONG_SET} {text}"
    if _WRONG_SET in text:
        return (
            f"it is not a member of the replica set {text.rpartition(' ')[2]}; correct or remove "
            "replicaSet in MONGO_URI"
        )
    if "WRONG_VERSION_NUMBER" in text:
        return "it does not use TLS; remove tls=true from MONGO_URI"
    if handshake := _reason_of_handshake(text):
        return handshake
    if "certificate" in text:
        return _reason_of_certificate(text)
    if "timed out" in text:
        return LATE
    if number := re.search(r"\[Errno -?[0-9]+\] ([^,(]+)", text):
        return number[1].strip()
    return _cut(text) or "no server was found"


def _reason_of_handshake(text: str) -> str | None:
    """What a TLS handshake failed of, except our verification of the server's certificate."""
    return next((what for words, what in _OF_HANDSHAKES.items() if words in text), None)


def _reason_of_certificate(text: str) -> str:
    found = re.search(r"certificate verify failed: ([^(]+)", text)
    message = found[1].strip() if found else _cut(text)
    advice = next((what for words, what in _OF_CERTIFICATES.items() if words in message), "")
    return f"its certificate is not accepted ({message})" + (f"; {advice}" if advice else "")


def _is_about_tls(error: Exception) -> bool:
    texts = [str(cause) for cause in _causes(error)]
    return any("certificate" in text or _reason_of_handshake(text) for text in texts)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and its causes, which each library stores in another way."""
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
