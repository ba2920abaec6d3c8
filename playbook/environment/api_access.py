"""Settings for the gateway in front of a deployment's API, which every client needs.

==============================  ===============================================================
``PLAYBOOK_API_HEADERS``        headers for each request, one ``Name: value`` a line
``REQUESTS_CA_BUNDLE``          the file of the authorities that sign its certificate
``SSL_CERT_FILE``               the same, if the other is not set
``PLAYBOOK_API_TOKEN``          the bearer token of the routes that write
``PLAYBOOK_API_PROXY``          the proxy to go through; no proxy is used without it
``PLAYBOOK_API_PATIENCE``       seconds to wait if it answers 429, too many requests (70)
==============================  ===============================================================

Basic authentication and a path prefix are part of ``API_URL``:
``https://user:password@staging.example.com/demo``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playbook.environment.tls import require_file
from playbook.errors import WrongUsage

TOKEN = "PLAYBOOK_API_TOKEN"
HEADERS, PROXY, PATIENCE = "PLAYBOOK_API_HEADERS", "PLAYBOOK_API_PROXY", "PLAYBOOK_API_PATIENCE"
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
"""If several are set, the first one counts."""
PATIENCE_SECONDS = 70.0
"""A limit of requests per minute is over after a minute."""

_HEADER = re.compile(
    r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)"
)


@dataclass(frozen=True)
class ApiAccess:
    """How the API is reached; the repr shows no credential."""

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorities: str = ""
    """A file or directory of certificates; empty for the well-known ones."""
    proxy: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """The bearer token of a reset's own requests; empty if none is set."""
    patience: float = PATIENCE_SECONDS
    """Seconds to wait in all if the API answers 429."""

    def as_variables(self) -> dict[str, str]:
        """The settings as environment variables, credentials included."""
        lines = "\n".join(f"{name}: {value}" for name, value in self.headers.items())
        stated = {
            HEADERS: lines,
            AUTHORITIES[0]: self.authorities,
            PROXY: self.proxy,
            TOKEN: self.token,
        }
        if self.patience != PATIENCE_SECONDS:
            stated[PATIENCE] = f"{self.patience:g}"
        return {name: value for name, value in stated.items() if value}


def access_from(variables: Mapping[str, str]) -> ApiAccess:
    """Read the variables. Raises WrongUsage, which names the variable but never its value."""
    stated = {name: variables.get(name, "").strip() for name in (*AUTHORITIES, PROXY, PATIENCE)}
    used = next((name for name in AUTHORITIES if stated[name]), AUTHORITIES[0])
    if stated[used] and not Path(stated[used]).exists():
        raise WrongUsage(
            f"{used}: there is no file {stated[used]}; name the file of the certificates"
        )
    if stated[used] and not Path(stated[used]).is_dir():
        urls = (variables.get("API_URL", ""), variables.get("APP_URL", ""), stated[PROXY])
        over_tls = any(url.strip().casefold().startswith("https:") for url in urls)
        require_file(used, stated[used], authorities=True, used=over_tls)
    if stated[PROXY]:
        _require_proxy(stated[PROXY])
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?|", stated[PATIENCE]):
        raise WrongUsage(f"{PATIENCE} is {stated[PATIENCE]!r}; expected seconds, like 70")
    return ApiAccess(
        headers=_headers(variables.get(HEADERS, "")),
        authorities=stated[used],
        proxy=stated[PROXY],
        token=variables.get(TOKEN, "").strip(),
        patience=float(stated[PATIENCE] or PATIENCE_SECONDS),
    )


def require_host_names(hosts: str) -> None:
    """Raises ValueError if an address has a host that no name server can know, like ``a..b``."""
    for host in hosts.rpartition("@")[2].split(","):
        if "%" not in host:  # a socket's path, or the zone of an IPv6 address
            re.sub(r":[0-9]*$", "", host).encode("idna")


def _require_proxy(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        require_host_names(parts.netloc)
    except ValueError:
        usable = False
    if not usable:
        raise WrongUsage(f"{PROXY} is not a proxy's address; expected one like http://host:port")


def _headers(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        header = _HEADER.fullmatch(line.strip())
        if header is None:
            raise WrongUsage(
                f"{HEADERS}: line {number} is not a header; expected one like X-Key: value"
            )
        found[header[1]] = header[2]
    return found
