"""What a gateway in front of an API wants, from its answer to a request."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from playbook.environment.settings import without_credentials

OF_GATEWAYS = ("basic", "digest", "negotiate", "ntlm")
"""How a gateway in front of an API asks for credentials; the API itself asks for a token."""
GATEWAY_ERRORS = (502, 503, 504)
"""The status codes of a gateway whose API does not answer."""


def wanted_by_a_gateway(answer: requests.Response) -> str | None:
    """What to set so that a gateway lets requests pass; None if no gateway has refused this one."""
    status = answer.status_code
    scheme = answer.headers.get("WWW-Authenticate", "").partition(" ")[0].lower()
    if status in (401, 403) and scheme in OF_GATEWAYS:
        return (
            f"it asks for a user and a password first ({status}); set API_URL to "
            "https://USER:PASSWORD@HOST"
        )
    if status == 407:
        return "the proxy asks for credentials (407); set them in PLAYBOOK_API_PROXY"
    if status in (401, 403) and is_page(answer):
        return header_needed(status)
    return None


def redirected_to(answer: requests.Response, path: str) -> str:
    """Where a redirect of a request for ``path`` leads: never a login or a query.

    If all of the app has moved, for example to https, it is the address of the app: then it is the
    same for each request, and can be a setting.
    """
    place = answer.headers.get("Location", "").partition("?")[0]
    if place.startswith("//"):
        place = f"{urlsplit(answer.url).scheme}:{place}"
    if place and not place.startswith("/"):
        place = without_credentials(place)
    if "://" in place:
        place = place.removesuffix(path.partition("?")[0])
    return place or "nowhere"


def header_needed(status: int) -> str:
    """What to set if a gateway refuses a request with a web page."""
    return (
        f"a gateway in front of it refuses the request ({status}, with a web page); set the "
        "header that it needs in PLAYBOOK_API_HEADERS"
    )


def is_page(answer: requests.Response) -> bool:
    """Whether an answer is a web page instead of JSON."""
    kind = answer.headers.get("Content-Type", "").lower()
    return "html" in kind or answer.content.lstrip()[:1] == b"<"
