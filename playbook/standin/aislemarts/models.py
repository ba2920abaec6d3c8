"""Documents as the published backend reads them.

They are written from what that backend is known to store and serve, not from our own description
of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Stored(BaseModel):
    """A document as the app reads it: more fields than these are ignored."""

    model_config = ConfigDict(populate_by_name=True)

    key: str = Field(alias="_id")


class Product(Stored):
    """What the shop lists."""

    title: str
    slug: str
    price: float
    description: str = ""
    currency: str = "USD"
    images: list[str] = []
    category_id: str | None = None
    brand: str | None = None
    attributes: dict[str, str] = {}
    stock: int = 0
    active: bool = True


class Category(Stored):
    """A shelf of the shop."""

    name: str
    slug: str
    description: str | None = None
    parent_id: str | None = None
    active: bool = True
    created_at: datetime | None = None


class Offer(BaseModel):
    """A product in a LiveSale."""

    product_id: str
    name: str
    original_price: float
    drop_price: float
    quantity_available: int
    quantity_sold: int = 0
    image_url: str | None = None
    description: str | None = None


class Rewards(BaseModel):
    """The offers for viewers of a LiveSale."""

    watch_points: int = 0
    share_points: int = 0
    purchase_points: int = 0
    winner_pool_size: int = 0


class LiveSale(Stored):
    """What the page of LiveSales lists."""

    title: str
    description: str
    vendor_id: str
    status: Literal["scheduled", "live", "ended", "cancelled"]
    starts_at: datetime
    duration_minutes: int
    ends_at: datetime
    products: list[Offer]
    rewards: Rewards
    stream_url: str | None = None
    thumbnail_url: str | None = None
    viewer_count: int = 0
    total_sales: float = 0
    total_viewers: int = 0
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any] = {}


class Lead(Stored):
    """A card on the board of a business."""

    conversation_id: str
    customer_id: str
    business_id: str
    stage: Literal["new", "engaged", "qualified", "won", "lost"]
    priority: str
    last_intent: str | None = None
    cart_value: float | None = None
    assigned_to: str | None = None
    source: str | None = None
    tags: list[str] = []
    notes: list[Any] = []
    last_activity: datetime
    created_at: datetime
    updated_at: datetime
    metadata: dict[str, Any] = {}
