"""What the app shows: its routes, how to read their answers, and the names of its numbers."""

from __future__ import annotations

from typing import Any

from playbook.deployments.aislemarts.catalog import SKU
from playbook.deployments.aislemarts.leads import COLUMNS
from playbook.deployments.answers import decimal_of, id_of, object_of, text_of, worth_of
from playbook.deployments.description import (
    Links,
    Listing,
    Request,
    Shown,
    ShownKpi,
    ShownLead,
    ShownOffer,
    ShownProduct,
    SignIn,
    Single,
)
from playbook.deployments.front_end import PAGES, FrontEnd, Left
from playbook.deployments.in_both_apps import livesale_with, log_in, own_page
from playbook.pristine.bundles import Bundle
from playbook.pristine.seeds import Document


def _shown_product(answer: Any) -> ShownProduct:
    product = object_of(answer)
    # The app lists its own products even if they have no currency or stock.
    has_stock = product.get("stock") is not None and decimal_of(product, "stock") > 0
    return ShownProduct(
        id=id_of(product),
        title=text_of(product, "title"),
        price=decimal_of(product, "price"),
        currency="" if product.get("currency") is None else text_of(product, "currency"),
        in_stock=has_stock and product.get("active") is True,
        answer=product,
        region=_region_of(product),
    )


def _region_of(product: Document) -> str | None:
    """The region of a demo's product; None for the app's own, which may name a region, too."""
    attributes = product.get("attributes")
    if not isinstance(attributes, dict) or SKU not in attributes:
        return None
    return str(attributes.get("region"))


def _bundle_of(event: Document) -> str | None:
    """The bundle of a demo's LiveSale; None for the app's own, whatever its metadata contain."""
    metadata = event.get("metadata")
    if not isinstance(metadata, dict) or not {"event_id", "anchored_at"} <= metadata.keys():
        return None
    return str(metadata.get("bundle"))


def _shown_offer(offer: Document) -> ShownOffer:
    return ShownOffer(
        text_of(offer, "product_id"), text_of(offer, "name"), decimal_of(offer, "drop_price")
    )


def _shown_lead(answer: Any) -> ShownLead:
    lead = object_of(answer)
    metadata = lead.get("metadata")
    card = metadata if isinstance(metadata, dict) else {}
    company, tags = card.get("company"), card.get("awareness")
    value, amount = worth_of(card, lead, "cart_value")
    return ShownLead(
        id=id_of(lead),
        column=text_of(lead, "stage"),
        company=company if isinstance(company, str) else None,
        tags=tags if isinstance(tags, dict) else {},
        value=value,
        amount=amount,
        answer=lead,
    )


def _shown_category(answer: Any) -> str:
    return text_of(object_of(answer), "name")


def _token(answer: Any) -> str | None:
    token = answer.get("access_token") if isinstance(answer, dict) else None
    return token if isinstance(token, str) and token else None


SHOWN = Shown(
    products=Listing(
        lambda _, skip: Request("GET", "/api/products", {"limit": "100", "skip": str(skip)}),
        _shown_product,
        page_size=100,
    ),
    product=Single(lambda key: Request("GET", f"/api/products/{key}"), _shown_product),
    livesales=Listing(
        lambda *_: Request("GET", "/api/livesale", signed_in=True),
        livesale_with(_shown_offer, _bundle_of),
    ),
    livesale=Single(
        lambda key: Request("GET", f"/api/livesale/{key}", signed_in=True),
        livesale_with(_shown_offer, _bundle_of),
    ),
    leads=Listing(
        # A lead has one business_id, the main account's.
        lambda *_: Request(
            "GET", "/api/biz/leads", {"limit": "50"}, signed_in=True, main_account_only=True
        ),
        _shown_lead,
    ),
    categories=Listing(lambda *_: Request("GET", "/api/categories"), _shown_category),
    column_of=COLUMNS.__getitem__,
)

SIGN_IN = SignIn(
    ask=log_in,
    token=_token,
    user_id=lambda _: None,
    own_page=lambda _: Request("GET", "/api/auth/me", signed_in=True),
    account=own_page,
    says_user_id=False,
)

KPIS = {
    "viral_coefficient": ShownKpi("viral_coefficient", money=False),
    "network_density": ShownKpi("network_density", money=False),
    "b2b_vendor_growth_mom": ShownKpi("b2b_vendor_growth", money=False),
    "network_gmv_effect_usd": ShownKpi("network_gmv_effect", money=True),
    "ai_engagement_rate": ShownKpi("ai_engagement_rate", money=False),
    "ai_revenue_impact": ShownKpi("ai_revenue_impact", money=False),
    "voice_ai_accuracy": ShownKpi("voice_ai_accuracy", money=False),
    "consumer_retention": ShownKpi("consumer_retention", money=False),
    "luxury_aov_eur": ShownKpi("luxury_aov", money=True),
    "brand_partnerships": ShownKpi("brand_partnerships", money=False),
    "european_gmv_eur": ShownKpi("european_gmv", money=True),
    "luxury_conversion": ShownKpi("luxury_conversion", money=False),
    "global_gmv_usd": ShownKpi("global_gmv", money=True),
    "multi_currency_transactions": ShownKpi("multi_currency_transactions", money=False),
    "emerging_markets": ShownKpi("emerging_markets", money=False),
    "apac_growth_qoq": ShownKpi("apac_growth", money=False),
}
"""The app's numbers by the playbook's name; the other bundles have no numbers there."""
BUNDLES_WITH_KPIS = (
    "SEQUOIA_ROELOF_BOTHA", "A16Z_CHRIS_DIXON", "LVMH_JULIE_BERCOVY", "TIGER_GLOBAL_CHASE_COLEMAN"
)  # fmt: skip


def kpi(bundle: Bundle, name: str) -> ShownKpi | None:
    return KPIS.get(name) if bundle.key in BUNDLES_WITH_KPIS else None


LINKS = Links(
    relative_to_app=True,
    names={
        "home": "home",
        "cart": "ai_mood_cart",
        "livesale": "livesale",
        "analytics": "analytics",
    },
    bundle_parameter="utm_bundle",
    livesale_list=True,  # no published link contains the id of a LiveSale
)

FRONT_END = FrontEnd(
    # The API gives four links. Nothing else about its pages is published. Your own description can
    # say where to sign in, write and see the board, and what to tap there.
    pages={step: PAGES[step] for step in ("home", "mood_to_cart", "livesale", "analytics")},
    not_known={
        "sign_in": "the address for signing in is not published",
        "joined": "the button for joining is not published",
        "chat": "the address of the chat is not published",
        "board": "the address of the board is not published",
    },
    mood=(),
    names=False,  # a product has one title for all languages
    left=(
        Left("conversations", "participants", by="account"),
        Left("messages", "conversation_id", by="conversations"),
        Left("leads", "business_id", by="account"),
    ),
    lead_tags={
        name: f"metadata.awareness.{name}"
        for name in ("locale", "currency", "timezone", "device", "source")
    },
)
