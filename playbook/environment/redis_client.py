"""A client for the Redis of a URL: one server, a cluster, or a master behind sentinels.

``redis://`` and ``rediss://`` (TLS), ``valkey://`` and ``valkeys://`` likewise, ``unix://``; a
cluster is recognised automatically. ``redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB`` and
``rediss+sentinel://`` ask sentinels for the master of a service.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import redis
from redis.connection import parse_url
from redis.sentinel import Sentinel

from playbook.errors import WrongUsage

SENTINEL = "+sentinel"
SENTINEL_PORT = 26379
SCHEMES = (
    "redis",
    "rediss",
    "unix",
    "valkey",
    "valkeys",
    f"redis{SENTINEL}",
    f"rediss{SENTINEL}",
    f"valkey{SENTINEL}",
    f"valkeys{SENTINEL}",
)
OPTIONS = frozenset(
    {
        "db",
        "username",
        "password",
        "client_name",
        "protocol",
        "max_connections",
        "health_check_interval",
        "retry_on_timeout",
        "socket_timeout",
        "socket_connect_timeout",
        "socket_keepalive",
        "ssl_cert_reqs",
        "ssl_ca_certs",
        "ssl_ca_path",
        "ssl_ca_data",
        "ssl_certfile",
        "ssl_keyfile",
        "ssl_password",
        "ssl_check_hostname",
        "ssl_min_version",
        "ssl_ciphers",
    }
)
"""The options that a URL may have. Others, like ``decode_responses``, change what we read."""
OF_SENTINELS = frozenset({"sentinel_username", "sentinel_password"})
_SECONDS = r"(?=.*[1-9])[0-9]{1,5}(\.[0-9]{1,6})?"
_VALUES = {
    "client_name": "[!-~]+",
    "db": "[0-9]+",
    "protocol": "2|3",
    "max_connections": "[1-9][0-9]{0,5}",
    "health_check_interval": "[0-9]{1,5}",
    "socket_timeout": _SECONDS,
    "socket_connect_timeout": _SECONDS,
    "ssl_cert_reqs": "none|optional|required",
    "ssl_min_version": "769|77[0-2]",
}
"""What the values of some options must look like: the client would break on others, or wait in
vain. The versions of TLS are 1.0 to 1.3, as numbers."""

NO_REDIS = "Invalid response"

type Client = redis.Redis | redis.RedisCluster


def require_usable(url: str) -> None:
    """Raises WrongUsage if an option is unknown or would change what we read.

    Also if it does not say which of Redis' databases is meant. Raises ValueError if a value cannot
    be read.
    """
    parts = urlsplit(url)
    allowed = OPTIONS | (OF_SENTINELS if SENTINEL in parts.scheme else frozenset())
    stated = parse_qsl(parts.query, keep_blank_values=True)
    for name, value in stated:
        if name not in allowed:
            raise WrongUsage(
                f"REDIS_URL has the option {name!r}, which is not supported; remove it"
            )
        if name.startswith("ssl_") and not parts.scheme.startswith(("rediss", "valkeys")):
            raise WrongUsage(
                f"REDIS_URL has the option {name!r}, which only TLS has; "
                "remove it, or write REDIS_URL with rediss://"
            )
        if not re.fullmatch(_VALUES.get(name, ".*"), value, re.DOTALL):
            raise WrongUsage(f"REDIS_URL has the option {name!r} with a wrong value; correct it")
        if [one for one, _ in stated].count(name) > 1:
            raise WrongUsage(f"REDIS_URL has the option {name!r} twice; keep one of them")
    _require_one_database(parts, dict(stated).get("db"))
    if SENTINEL in parts.scheme and not parts.path.strip("/"):
        raise WrongUsage(
            f"REDIS_URL names no service; expected {parts.scheme}://host:{SENTINEL_PORT}/SERVICE"
        )
    _options(url)


def _require_one_database(parts: SplitResult, option: str | None) -> None:
    """Refuse a URL whose database redis-py would ignore: it would use another one, number 0."""
    service, number = "", "" if parts.scheme == "unix" else unquote(parts.path).strip("/")
    if SENTINEL in parts.scheme:
        service, number = "SERVICE/", number.partition("/")[2]
    if not re.fullmatch("[0-9]*", number) or parts.fragment:
        raise WrongUsage(
            "REDIS_URL does not end with the number of a database; "
            f"expected one like {parts.scheme}://host:port/{service}0"
        )
    if option is not None and number and int(option) != int(number):
        raise WrongUsage(
            f"REDIS_URL names two databases, {number} and db={option}; keep one of them"
        )


def connect(url: str, connect_seconds: float, answer_seconds: float) -> Client:
    """A connected client; timeouts and the version of the protocol in the URL are used.

    Raises RedisError if Redis does not answer or is a replica, WrongUsage if the URL is a
    sentinel's.
    """
    usual = {
        "socket_connect_timeout": connect_seconds,
        "socket_timeout": answer_seconds,
        # The newer protocol begins with HELLO, which Redis 4 and 5 and most proxies do not know.
        "protocol": 2,
    }
    if SENTINEL in urlsplit(url).scheme:
        return _behind_sentinels(url, usual)
    # Not to say by which library it is asked saves two round trips before the first answer.
    client: Any = redis.Redis.from_url(_redis_url(url), driver_info=None, **usual)
    mode = _mode(client)
    if mode == "sentinel":
        client.close()
        raise WrongUsage(
            "REDIS_URL is the address of a sentinel; expected "
            f"redis{SENTINEL}://host:{SENTINEL_PORT}/SERVICE"
        )
    if mode != "cluster":
        plain: redis.Redis = client
        return plain
    client.close()
    options = {**usual, **_options(url)}
    for name in ("db", "connection_class", "path"):
        options.pop(name, None)
    if urlsplit(_redis_url(url)).scheme == "rediss":
        options["ssl"] = True
    return redis.RedisCluster(**options)


def _mode(client: Any) -> str:
    """Standalone, cluster or sentinel, from the server's answer to HELLO.

    Raises ReadOnlyError if it is a replica: that may lag behind, and what is deleted there stays
    on its primary.
    """
    try:
        greeting: Any = client.execute_command("HELLO")
    except (redis.AuthenticationError, redis.exceptions.AuthorizationError):
        raise
    except redis.ResponseError:  # an old server, or HELLO is not allowed
        return "standalone"
    if isinstance(greeting, list):
        greeting = dict(zip(greeting[::2], greeting[1::2], strict=False))
    if not isinstance(greeting, dict):
        raise redis.InvalidResponse(NO_REDIS)
    stated = {_text(name): _text(value) for name, value in greeting.items()}
    mode = stated.get("mode", "standalone")
    if mode == "standalone" and stated.get("role") in ("replica", "slave"):
        client.close()
        raise redis.ReadOnlyError("it is a read only replica")
    return mode


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


@contextmanager
def read_answers() -> Iterator[None]:
    """Raise InvalidResponse for an answer of a form that Redis does not have.

    Some servers say OK to everything, and the client's own error would only speak of its code.
    """
    try:
        yield
    except (TypeError, ValueError, AttributeError, IndexError):
        raise redis.InvalidResponse(NO_REDIS) from None


def _behind_sentinels(url: str, usual: dict[str, Any]) -> redis.Redis:
    parts = urlsplit(url)
    hosts = [host.rpartition(":") for host in parts.netloc.rpartition("@")[2].split(",")]
    # Without a port, the last piece is the whole host.
    sentinels = [(name or port, int(port) if name else SENTINEL_PORT) for name, _, port in hosts]
    service, _, db = unquote(parts.path).strip("/").partition("/")
    options = {**usual, **_options(url)}
    login = {
        name.removeprefix("sentinel_"): options.pop(name) for name in OF_SENTINELS & options.keys()
    }
    for name in ("host", "port", "path", "connection_class", "db"):
        options.pop(name, None)
    options["ssl"] = parts.scheme.startswith(("rediss", "valkeys"))
    options["db"] = int(db or dict(parse_qsl(parts.query)).get("db", "0"))
    asked = {**usual, **login, "ssl": options["ssl"]}
    asked.update({name: value for name, value in options.items() if name.startswith("ssl_")})
    make: Any = Sentinel
    client: redis.Redis = make(sentinels, sentinel_kwargs=asked).master_for(service, **options)
    return client


def _redis_url(url: str) -> str:
    """A URL in redis-py's own schemes."""
    return url.replace("valkeys://", "rediss://", 1).replace("valkey://", "redis://", 1)


def _options(url: str) -> dict[str, Any]:
    """The options of a URL, as redis-py reads them."""
    parts = urlsplit(url)
    scheme = "unix" if parts.scheme == "unix" else "redis"
    if parts.scheme.startswith(("rediss", "valkeys")):
        scheme = "rediss"
    login, at, hosts = parts.netloc.rpartition("@")
    netloc = login + at + hosts.partition(",")[0]
    path = "" if SENTINEL in parts.scheme else parts.path
    read: Any = parse_url
    found: dict[str, Any] = read(f"{scheme}://{netloc}{path}?{parts.query}")
    return found
