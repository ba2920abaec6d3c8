"""The types of fields in seed documents: texts, codes, ids, amounts and instants."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale as LocaleData
from babel import UnknownLocaleError
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from playbook.pristine.money import price_field
from playbook.pristine.visible_text import code_point, is_plain, is_visible, shows_something

Region = Literal["US", "EU", "APAC"]
Device = Literal["desktop", "mobile"]
Stage = Literal["new", "qualified", "proposal", "negotiation", "closed"]
Language = Literal["en", "es", "fr", "de", "zh", "ja", "ar"]
REGION_CURRENCY: dict[str, str] = {"US": "USD", "EU": "EUR", "APAC": "SGD"}
"""The currency in which a region's catalog is priced (playbook, "Seed Data Structure")."""
PRICE_FIELDS = tuple(price_field(currency) for currency in REGION_CURRENCY.values())
"""The price fields; each product has exactly one of them."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"unknown time zone {name!r}; expected an IANA name") from error
    return name


def _visible(text: str) -> str:
    if is_plain(text):
        return text
    if not shows_something(text):
        characters = ", ".join(map(code_point, text[:3]))
        raise ValueError(f"none of it is visible ({characters}); expected a text")
    for edge in (text[0], text[-1]):
        if not is_visible(edge):
            raise ValueError(
                f"begins or ends with {code_point(edge)}; expected a visible character"
            )
    for character in text:
        if unicodedata.bidirectional(character) in ("LRE", "RLE", "LRO", "RLO", "PDF"):
            raise ValueError(
                f"{code_point(character)} changes the order of the letters; expected none"
            )
    return text


def _boolean(value: object) -> object:
    # In Python 1 == True, and a Literal accepts both; in a document they differ.
    if not isinstance(value, bool):
        raise ValueError(f"{value!r}; expected true")
    return value


def _instant(value: object) -> datetime:
    # pydantic would read a number, even one in quotes, as seconds since 1970.
    try:
        if not isinstance(value, str):
            raise ValueError
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None:
            instant.astimezone(UTC)  # outside of the years 1 to 9999 there is no such instant
    except (ValueError, OverflowError):
        raise ValueError(f"{value!r}; expected a text like '2026-01-15T09:00:00Z'") from None
    if instant.microsecond % 1_000:
        raise ValueError(
            f"{value!r} is more exact than the database can hold; "
            "expected whole milliseconds at most"
        )
    return instant


def _known_locale(tag: str) -> str:
    try:
        LocaleData.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError) as error:
        raise ValueError(f"unknown locale {tag!r}; expected one like 'en-GB'") from error
    return tag


Text = Annotated[
    str, StringConstraints(min_length=1, pattern=r"^\S(.*\S)?$"), AfterValidator(_visible)
]
Zone = Annotated[str, AfterValidator(_known_zone)]
LocaleTag = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2}-[A-Z]{2}$"), AfterValidator(_known_locale)
]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([_-][a-z0-9]+)*$")]
DOMAIN = "aislemarts.luxury"
Role = Literal["demo", "creator", "brand", "viewer"]
ROLES: tuple[str, ...] = get_args(Role)
"""The part between the prefix and the domain of a demo account's address."""
DemoEmail = Annotated[
    str,
    StringConstraints(pattern=rf"^[a-z0-9]+\.({'|'.join(ROLES)})@{re.escape(DOMAIN)}$"),
]
# An id is part of the cache's key patterns, where * would mean every investor. A short name is part
# of names of files, settings and Kubernetes objects, which may have 52 characters.
BundleId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(_[A-Z0-9]+)*$", max_length=80)]
BundleName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=39)]
Positive = Annotated[int, Field(gt=0)]
Price = Annotated[int, Field(gt=0, le=10_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Yes = Annotated[Literal[True], BeforeValidator(_boolean)]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
