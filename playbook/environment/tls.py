"""TLS on one side only, a mistake that the drivers report as a connection that was closed or late.

A server that expects TLS closes a plain connection; one without TLS waits for more of what it
cannot read. What is sent here to find out contains no credentials.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

import bson

from playbook.errors import WrongUsage

PROBE_SECONDS = 1.0
_PORTS = {"MongoDB": 27017, "Redis": 6379, "API": 80}
_EXPECTS_TLS = {
    "MongoDB": "it expects TLS; add tls=true to MONGO_URI",
    "Redis": "it expects TLS; write REDIS_URL with rediss://",
    "API": "it expects TLS; write API_URL with https://",
}
_WITHOUT_TLS = {
    "MongoDB": "it does not use TLS; remove tls=true from MONGO_URI",
    "Redis": "it does not use TLS; write REDIS_URL with redis://",
    "API": "it does not use TLS; write API_URL with http://",
}
_OUR_CERTIFICATE = {
    "MongoDB": "it asks for a certificate of ours; name its file as tlsCertificateKeyFile in "
    "MONGO_URI",
    "Redis": "it asks for a certificate of ours; name its files as ssl_certfile and ssl_keyfile in "
    "REDIS_URL",
    "API": "it asks for a certificate of ours, which the playbook cannot send; set API_URL to an "
    "address that asks for none",
}
_FILES = {
    "MONGO_URI": ("tlscafile", "tlscertificatekeyfile", "tlscrlfile"),
    "REDIS_URL": ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"),
}
_PEM = b"-----BEGIN "
_AUTHORITIES = ("tlscafile", "ssl_ca_certs")


def advice(part: str, url: str) -> str | None:
    """What to change in a part's address so that both sides use TLS, or neither.

    None if that is not what is wrong, or if it cannot be found out.
    """
    parts = urlsplit(url)
    try:
        host, port = _first_address(part, parts)
    except ValueError:
        return None
    if not host or parts.scheme in ("mongodb+srv", "unix"):
        return None
    encrypted, asks_for_ours = _accepts_tls(host, port)
    if not _says_tls(parts):
        return _EXPECTS_TLS[part] if encrypted else None
    if asks_for_ours:
        return _OUR_CERTIFICATE[part]
    return _WITHOUT_TLS[part] if not encrypted and _answers_plainly(part, host, port) else None


def require_files(setting: str, url: str) -> None:
    """Raises WrongUsage if a URL names a file of certificates or a key that cannot be used."""
    for name, value in parse_qsl(urlsplit(url).query):
        if name.lower() in _FILES[setting]:
            require_file(f"{name} in {setting}", value, authorities=name.lower() in _AUTHORITIES)


def require_file(name: str, value: str, *, authorities: bool, used: bool = True) -> None:
    """Raises WrongUsage if a file cannot be read, or contains no certificates of authorities.

    ``used``: whether a connection will use them. To load the 150 certificates of a usual file takes
    as long as some answers of a check, so of a file that nothing uses only its form is looked at.
    """
    path = Path(value)
    try:
        with path.open("rb") as file:
            content, state = file.read(), os.fstat(file.fileno())
        if authorities and _PEM not in content:
            raise ssl.SSLError
        if authorities and used:
            _load_certificates(path, state.st_ino, state.st_mtime_ns, state.st_size)
    except ssl.SSLError:
        raise WrongUsage(
            f"{name}: {value} contains no certificate; name a file of certificates in PEM form"
        ) from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no path"
        raise WrongUsage(f"{name}: {value} can't be read: {why}; name another file") from None


@lru_cache  # a command reads its settings more than once
def _load_certificates(path: Path, *_state: int) -> None:
    """Load a file of certificates in its present state. Raises ssl.SSLError if it has none."""
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)


def _first_address(part: str, parts: SplitResult) -> tuple[str, int]:
    """The host and port of the first server that a URL names. Raises ValueError."""
    first = urlsplit("//" + parts.netloc.rpartition("@")[2].partition(",")[0])
    usual = _PORTS[part]
    if parts.scheme == "https":
        usual = 443
    if "+sentinel" in parts.scheme:
        usual = 26379
    return first.hostname or "", first.port or usual


def _says_tls(parts: SplitResult) -> bool:
    options = {name.lower(): value.lower() for name, value in parse_qsl(parts.query)}
    return (
        parts.scheme == "https"
        or parts.scheme.startswith(("rediss", "valkeys"))
        or "true" in (options.get("tls"), options.get("ssl"))
    )


def _accepts_tls(host: str, port: int) -> tuple[bool, bool]:
    """Whether a server completes a TLS handshake, and whether it then asks for our certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # whose it is does not matter: nothing is sent
    try:
        with (
            socket.create_connection((host, port), PROBE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            try:
                encrypted.recv(1)
            except ssl.SSLError as error:
                return True, "CERTIFICATE_REQUIRED" in str(error)
            except OSError:
                pass  # it waits for us to begin
            return True, False
    except ssl.SSLError as error:
        return False, "CERTIFICATE_REQUIRED" in str(error)
    except (OSError, ValueError):
        return False, False


def _answers_plainly(part: str, host: str, port: int) -> bool:
    """Whether a server answers its protocol's smallest question without TLS."""
    if part == "API":
        return False  # the driver itself says so
    question = b"PING\r\n" if part == "Redis" else _hello()
    try:
        with socket.create_connection((host, port), PROBE_SECONDS) as plain:
            plain.settimeout(PROBE_SECONDS)
            plain.sendall(question)
            answer = plain.recv(16)
    except OSError:
        return False
    if part == "Redis":
        return answer[:1] in (b"+", b"-")
    return len(answer) == 16 and struct.unpack("<iiii", answer)[2] == 1


def _hello() -> bytes:
    """The message with which every MongoDB driver begins."""
    body = b"\0\0\0\0\0" + bson.encode({"hello": 1, "$db": "admin"})
    return struct.pack("<iiii", 16 + len(body), 1, 0, 2013) + body
