"""What both descriptions share: signing in, addresses, and the names of cache keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playbook.deployments.answers import id_of, instant_of, list_of, object_of, text_of
from playbook.deployments.description import Request, ShownAccount, ShownLiveSale, ShownOffer
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document


def log_in(email: str, password: str) -> Request:
    """The request that signs an account in."""
    return Request("POST", "/api/auth/login", body={"email": email, "password": password})


def own_page(answer: Any) -> ShownAccount:
    """The signed-in account's own page. Raises UnreadableAnswer."""
    account = object_of(answer)
    return ShownAccount(id_of(account), text_of(account, "email"))


def livesale_with(
    offer: Callable[[Document], ShownOffer],
    bundle_of: Callable[[Document], str | None] = lambda event: None,
) -> Callable[[Any], ShownLiveSale]:
    """A function that reads a LiveSale, its products with ``offer``. It raises UnreadableAnswer.

    ``bundle_of`` gives the bundle that an event belongs to; by default None.
    """

    def read(answer: Any) -> ShownLiveSale:
        event = object_of(answer)
        return ShownLiveSale(
            id=id_of(event),
            title=text_of(event, "title"),
            starts_at=instant_of(event, "starts_at"),
            products=tuple(offer(object_of(one)) for one in list_of(event.get("products"))),
            status=text_of(event, "status"),
            bundle=bundle_of(event),
            answer=event,
        )

    return read


def comparable_address(email: object) -> object:
    """The form of an e-mail address for a comparison: without case."""
    return email.casefold() if isinstance(email, str) else email


def key_patterns(bundle: Bundle) -> tuple[str, ...]:
    """The cache keys of a bundle and of its region."""
    return f"aislemarts:bundle:{bundle.key}:*", f"aislemarts:region:{bundle.region}:*"
