"""The models of valid seed documents, one pydantic model per seed file.

The models describe the documents in ``seeds/``. The documents in the database are the same, except
what a reset computes (a LiveSale's instants, an account's password). Rules between documents are in
:mod:`playbook.pristine.seeds.consistency`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from playbook.pristine.currency_codes import Currency
from playbook.pristine.livesale_time import SCHEDULED_TIME, zone_names
from playbook.pristine.money import currency_symbols, price_field
from playbook.pristine.seeds.fields import (
    REGION_CURRENCY,
    BundleId,
    BundleName,
    DemoEmail,
    Device,
    Instant,
    Language,
    LocaleTag,
    Positive,
    Price,
    Region,
    Role,
    Share,
    Slug,
    Stage,
    Text,
    Yes,
    Zone,
)


class Seed(BaseModel):
    """One seed document: strict types, no unknown fields, ``_id`` as the first field."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    key: Text = Field(alias="_id")


class Bundle(Seed):
    """One investor's demo: the investor, and the language, currency and zone of their shop."""

    key: BundleId = Field(alias="_id")
    short: BundleName
    aliases: list[Text]
    firm: Text
    timezone: Zone
    region: Region
    locale: LocaleTag
    currency: Currency
    device: Device
    emphasis: Text


class Product(Seed):
    """One SKU of a region's catalog, priced in exactly the region's currency."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]+-[0-9]{3}$")]
    name: Text
    names: dict[Language, Text] | None = None
    """The name in languages where it is different."""
    brand: Text
    brand_country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    group: Slug
    category: Slug
    region: Region
    price_usd: Price | None = None
    price_eur: Price | None = None
    price_sgd: Price | None = None
    currency: Currency
    inventory: Annotated[int, Field(ge=100, le=100)]
    reserved: Annotated[int, Field(ge=0, le=0)]

    @model_validator(mode="after")
    def _one_price_in_the_regions_currency(self) -> Self:
        if self.key != self.id:
            raise ValueError(f"_id is {self.key!r}; expected the id, {self.id!r}")
        stated = list(self._prices)
        wanted = REGION_CURRENCY[self.region]
        if stated != [wanted] or self.currency != wanted:
            raise ValueError(
                f"priced in {' and '.join(stated) or 'nothing'}, currency {self.currency}; "
                f"expected exactly one price, in {wanted}, for region {self.region}"
            )
        return self

    @property
    def price(self) -> int:
        """The price in whole units of :attr:`currency`."""
        return self._prices[self.currency]

    @property
    def _prices(self) -> dict[str, int]:
        """The prices that are stated, by currency."""
        prices = {code: getattr(self, price_field(code), None) for code in REGION_CURRENCY.values()}
        return {currency: price for currency, price in prices.items() if price is not None}


class Creator(Seed):
    """A creator who hosts LiveSales in one region."""

    id: Annotated[str, StringConstraints(pattern=r"^creator-[0-9]{3}$")]
    name: Text
    region: Region
    followers: Positive
    specialty: Slug
    avg_session_viewers: Positive
    conversion_rate: Share
    active: Yes

    @model_validator(mode="after")
    def _key_is_the_id(self) -> Self:
        if self.key != self.id:
            raise ValueError(f"_id is {self.key!r}; expected the id, {self.id!r}")
        return self


def _after_48_hours(template: str) -> str:
    if not template.startswith("T+48h "):
        raise ValueError(f"{template!r}; expected T+48h, as the playbook schedules every LiveSale")
    return template


def _each_once(skus: list[str]) -> list[str]:
    for sku in sorted(set(skus)):
        if skus.count(sku) > 1:
            raise ValueError(f"{sku} is there twice; expected each product once")
    return skus


class LiveSale(Seed):
    """One scheduled LiveSale, its time still a template relative to demo access (T)."""

    event_id: Annotated[str, StringConstraints(pattern=r"^LS-[A-Z0-9]+-[0-9]{3}$")]
    bundle: Text
    title: Text
    creator: Text
    scheduled_time: Annotated[
        str, StringConstraints(pattern=SCHEDULED_TIME.pattern), AfterValidator(_after_48_hours)
    ]
    timezone: Zone
    featured_products: Annotated[list[Text], Field(min_length=2), AfterValidator(_each_once)]
    expected_viewers: Positive
    demo_focus: Slug
    status: Literal["scheduled"]

    @model_validator(mode="after")
    def _abbreviation_belongs_to_the_zone(self) -> Self:
        if self.key != self.event_id:
            raise ValueError(f"_id is {self.key!r}; expected the event_id, {self.event_id!r}")
        matched = SCHEDULED_TIME.fullmatch(self.scheduled_time)
        assert matched is not None  # the field's pattern has already been checked
        names = zone_names(self.timezone)
        if matched["zone"] not in names:
            raise ValueError(
                f"{matched['zone']} is not a name of {self.timezone}; "
                f"expected one of {', '.join(sorted(names))}"
            )
        return self


_VALUE = re.compile(
    r"(?P<symbol>[^0-9]*?[^0-9\s])[ \u00a0\u202f]?(?P<number>[0-9]+(\.[0-9]+)?)(?P<scale>[KM])"
)


def parse_lead_value(value: str) -> tuple[str, int]:
    """Read a lead's value as shown on its card: "$2.4M" is ("USD", 2400000).

    The currency is a code ("ZAR 2M") or a symbol. Raises ValueError if it is unknown, or if the
    amount is not a whole number of units.
    """
    matched = _VALUE.fullmatch(value)
    if matched is None or matched["symbol"] not in currency_symbols():
        raise ValueError(
            f"value {value!r} is not readable; expected one like '$2.4M', '€850K' or 'ZAR 2M'"
        )
    amount = Decimal(matched["number"]) * {"K": 1_000, "M": 1_000_000}[matched["scale"]]
    if amount != int(amount):
        raise ValueError(f"value {value!r} is not a whole amount")
    return currency_symbols()[matched["symbol"]], int(amount)


class LeadAwareness(BaseModel):
    """The awareness tags on a lead's card."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    locale: LocaleTag
    currency: Currency
    timezone: Zone
    device: Device
    source: Slug


class Lead(Seed):
    """One card of a bundle's leads kanban."""

    id: Annotated[str, StringConstraints(pattern=r"^LEAD-[0-9]{3}$")]
    bundle: Text
    company: Text
    contact: Text
    value: Text
    value_amount: Positive
    stage: Stage
    source: Slug
    locale: LocaleTag
    currency: Currency
    notes: Text
    awareness: LeadAwareness

    @model_validator(mode="after")
    def _card_agrees_with_itself(self) -> Self:
        if self.key != f"{self.bundle}/{self.id}":
            raise ValueError(f"_id is {self.key!r}; expected {self.bundle}/{self.id}")
        as_read = parse_lead_value(self.value)
        if as_read != (self.currency, self.value_amount):
            raise ValueError(
                f"value {self.value!r} reads as {as_read[1]} {as_read[0]}; "
                f"expected value_amount {self.value_amount} {self.currency}"
            )
        tags = (self.awareness.locale, self.awareness.currency, self.awareness.source)
        if tags != (self.locale, self.currency, self.source):
            raise ValueError(
                f"awareness tags {tags} differ from the card's own; "
                f"expected {(self.locale, self.currency, self.source)}"
            )
        return self


class Account(Seed):
    """A demo account, without its password (that comes from the environment)."""

    email: DemoEmail
    role: Role
    bundle: Text
    demo: Yes
    onboarded: Yes
    created_at: Instant
    preferences: dict[str, str]

    @model_validator(mode="after")
    def _role_is_in_the_address(self) -> Self:
        stated = self.email.partition("@")[0].partition(".")[2]
        if self.role != stated:
            raise ValueError(f"role is {self.role!r}; expected the address's, {stated!r}")
        return self


class AwarenessContext(Seed):
    """How the awareness engine sees one investor."""

    locale: LocaleTag
    currency: Currency
    timezone: Zone
    device: Device
    emphasis: Text


class Locale(Seed):
    """The interface messages of one language; ``{name}`` marks a placeholder."""

    key: Language = Field(alias="_id")
    direction: Literal["ltr", "rtl"]
    messages: Annotated[dict[Slug, Text], Field(min_length=40)]


class Cognates(Seed):
    """Messages that are the same in a language and in English, and may be so."""

    key: Language = Field(alias="_id")
    messages: list[Slug]


class ReferenceRate(Seed):
    """How many units of a currency one US dollar buys, for comparing; it is not a live rate."""

    key: Currency = Field(alias="_id")
    per_usd: Annotated[Decimal, Field(gt=0, strict=False)]
    within: Annotated[Decimal, Field(gt=0, lt=1, strict=False)] = Decimal("0.25")
    """How far a live rate can be from it within a year, as a share; very little if it is pegged."""


class ShowcaseSeed(Seed):
    """A bundle's headline numbers and the rows that they are computed from."""

    headline: Annotated[dict[Slug, int | float], Field(min_length=3)]
    records: dict[Slug, JsonValue]


class CompanySeed(Seed):
    """The company behind all showcases; :mod:`playbook.pristine.showcases.company` reads it."""

    figures: dict[Slug, JsonValue]
