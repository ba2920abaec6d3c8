"""The published backend's own models, as strict as it is.

A document that they refuse is not written: it would empty a list of the app, or cause an error 500.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """A document of the app; it may have more fields than these."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


Text = Annotated[str, Field(min_length=1)]
Whole = Annotated[int | float, Field(multiple_of=1)]
"""A number without a fraction, also as MongoDB's type for fractions."""


class Product(Model):
    """As ``GET /api/products`` lists it."""

    key: Text = Field(alias="_id")
    title: Text
    slug: Text
    description: str
    price: float
    currency: Text
    images: list[str]
    category_id: str | None
    brand: str | None
    attributes: dict[str, str]
    stock: int
    active: bool


class Category(Model):
    """As ``GET /api/categories`` lists it."""

    key: Text = Field(alias="_id")
    name: Text
    slug: Text
    description: str | None
    parent_id: str | None
    active: bool
    created_at: datetime


class LiveSaleProduct(Model):
    """A product of a LiveSale."""

    product_id: Text
    name: Text
    original_price: float
    drop_price: float
    quantity_available: int
    quantity_sold: int
    image_url: str | None
    description: str | None


class Rewards(Model):
    """The points for viewers of a LiveSale."""

    watch_points: Whole = 0
    share_points: Whole = 0
    purchase_points: Whole = 0
    winner_pool_size: Whole = 0


class LiveSale(Model):
    """As ``GET /api/livesale`` lists it."""

    key: Text = Field(alias="_id")
    title: Text
    description: str
    vendor_id: Text
    status: Literal["scheduled", "live", "ended", "cancelled"]
    starts_at: datetime
    duration_minutes: int
    ends_at: datetime
    products: list[LiveSaleProduct]
    rewards: Rewards
    stream_url: str | None
    thumbnail_url: str | None
    viewer_count: int
    total_sales: int | float
    total_viewers: int
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any]


class Lead(Model):
    """As ``GET /api/biz/leads`` lists it."""

    key: Text = Field(alias="_id")
    conversation_id: Text
    customer_id: Text
    business_id: Text
    stage: Literal["new", "engaged", "qualified", "won", "lost"]
    priority: Text
    last_intent: str | None
    cart_value: float | None
    assigned_to: str | None
    source: str
    tags: list[str]
    notes: list[Any]
    last_activity: datetime
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any]


class User(Model):
    """As a sign-in needs it."""

    key: Text = Field(alias="_id")
    email: Text
    name: str | None = None
    password_hash: Text
    roles: list[str]
    created_at: datetime
