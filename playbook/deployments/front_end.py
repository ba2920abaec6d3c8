"""How to walk through an app's front end: the addresses of its pages, and the actions on them.

The defaults need no test ids and no particular markup: visible text, ``lang``, ``dir``, the
console and the requests are enough. A description says only what cannot be guessed: the paths,
and what a visitor taps and types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tap:
    """Tap what says these words: plain text, or a message of the page's language in braces
    ("{mood_gift}"). With ``css``, tap the first element that it selects."""

    words: str = ""
    css: str = ""


@dataclass(frozen=True)
class Type:
    """Type the visitor's own sentence into the only text field, or the one that ``css`` selects,
    and press Enter."""

    css: str = ""


type Action = Tap | Type


@dataclass(frozen=True)
class Left:
    """A collection with a document of the walk, and the field that identifies that document.

    ``field`` contains the browser's user agent (``by="user agent"``), the visitor's typed sentence
    (``by="sentence"``), the ``_id`` of a document of another such collection
    (``by="conversations"``), or the demo account's ``_id`` in a document that is not older than
    the walk (``by="account"``; ``instant`` is the field with its time).
    """

    collection: str
    field: str
    by: str = "user agent"
    instant: str = "created_at"


PAGES: Mapping[str, str] = {
    "sign_in": "/sign-in",
    "home": "home",
    "mood_to_cart": "ai_mood_cart",
    "livesale": "livesale",
    "chat": "chat",
    "board": "leads",
    "analytics": "analytics",
}

CLOSES_BANNER = (
    *("Accept all", "Accept all cookies", "Accept cookies", "Accept"),
    *("Tout accepter", "Accepter tout", "Accepter"),
    *("Aceptar todo", "Aceptar todas", "Aceptar"),
    *("Alle akzeptieren", "Alles akzeptieren", "Akzeptieren"),
    *("全部接受", "接受", "すべて同意する", "同意する", "قبول الكل", "قبول"),
)
"""The words on the button of a banner about cookies, in the demo's languages."""


@dataclass(frozen=True)
class FrontEnd:
    """One app's pages, as a visitor finds and uses them."""

    pages: Mapping[str, str] = field(default_factory=lambda: PAGES)
    """By the step that needs it: the name of a link that the API gives for the bundle, or a path
    of the front end (it begins with "/"), opened with the query of a link (``query_of``)."""
    not_known: Mapping[str, str] = field(default_factory=dict)
    """The steps that cannot be walked, each with the reason in a few words: the address of the page
    is not known, or how to use it. The walk reports them as "not walked"; they are neither GO nor
    NO-GO. In addition to the steps of ``pages`` there is "joined": joining the LiveSale."""
    query_of: str = "home"
    """The name of the API's link whose query opens every page as the investor sees it."""
    address: str = ""
    """The front end's address; empty if it is ``APP_URL``, or that of the API."""
    email_field: str = ""
    """A CSS selector; empty means the field of type "email", else the first text field."""
    password_field: str = 'input[type="password"]'
    mood: tuple[Action, ...] = (Tap("{mood_celebrate}"),)
    """The actions that fill the bag on the page of moods; empty if the bag is already filled."""
    join: tuple[Action, ...] = (Tap("{livesale_join}"),)
    """The actions that join the LiveSale on its page."""
    talk: tuple[Action, ...] = (Type(), Tap("{chat_request}"))
    """The actions that turn a conversation into a lead on the page of the chat."""
    banner: tuple[str, ...] = CLOSES_BANNER
    """The words on buttons that close a banner over the page (about cookies)."""
    may_fail: tuple[str, ...] = ()
    """The hosts of others that its pages work without, such as those of statistics
    ("www.googletagmanager.com"): a request that fails there is no finding."""
    names: bool = True
    """Whether its pages show a product's name in the investor's language, if it has one."""
    card: str = ""
    """A CSS selector of a product's card; empty means the smallest element with a product's name
    and a price."""
    countdown: str = ""
    """A CSS selector of the countdown; empty means the text that counts days, hours and minutes."""
    left: tuple[Left, ...] = (
        Left("user_sessions", "user_agent"),
        Left("conversations", "user_agent"),
        Left("leads", "user_agent"),
        Left("analytics", "user_agent"),
        Left("carts", "user_agent"),
    )
    """What a walk leaves in the database, so that it can be removed again."""
    lead_collection: str = "leads"
    lead_tags: Mapping[str, str] = field(
        default_factory=lambda: {
            name: f"awareness.{name}"
            for name in ("locale", "currency", "timezone", "device", "source")
        }
    )
    """The field of a lead for each of its five awareness tags."""
