"""Links on a page that lead out of the demo, although they are meant to stay in it."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import SplitResult, parse_qs, urlsplit


def links_elsewhere(
    url: str, links: Iterable[str], bundle: str, own_links: Collection[str]
) -> Iterator[str]:
    """The hosts of other copies of the app, such as a staging host, that a page links to.

    A link of the demo names its ``bundle``, and has the path of a page of the demo. Links to
    others may name it, too: a button that shares a page, a partner's calendar. ``own_links`` are
    the demo's own, with the page at ``url``. A link to this machine itself opens nowhere else.
    """
    own = [part for part in map(_parts, (url, *own_links)) if part is not None]
    hosts = {part.hostname for part in own}
    found = [part for part in map(_parts, links) if part is not None]
    paths = {part.path for part in (*own, *found) if part.hostname in hosts}
    is_here = any(_is_this_machine(host) for host in hosts)
    for part in dict.fromkeys(found):
        if part.hostname in hosts:
            continue
        values = [value for named in parse_qs(part.query).values() for value in named]
        of_demo = bundle in values and part.path in paths
        if of_demo or (_is_this_machine(part.hostname) and not is_here):
            yield part.netloc.rpartition("@")[2]


def _parts(link: str) -> SplitResult | None:
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _is_this_machine(host: str | None) -> bool:
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
