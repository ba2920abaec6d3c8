"""Products and their categories. The slug is the SKU in small letters."""

from __future__ import annotations

import re
from collections.abc import Mapping

from playbook.deployments.aislemarts import models
from playbook.deployments.aislemarts.ids import CREATED, is_one_of, new_id
from playbook.deployments.description import Filter, Kept, Owner, References
from playbook.pristine.money import price_field
from playbook.pristine.seeds import Document

SKU = "demo_sku"
"""The attribute that only a demo's products have."""


def _slug(product: Document) -> str:
    return str(product["_id"]).lower()


def _product(product: Document, refs: References) -> Document:
    price = product[price_field(product["currency"])]
    return {
        "title": product["name"],
        "slug": _slug(product),
        "description": f"{product['brand']}, {product['category'].replace('_', ' ')}",
        "price": float(price),
        "currency": product["currency"],
        "images": [],
        "category_id": refs.id_of("categories", _category_slug(product)),
        "brand": product["brand"],
        "attributes": {
            SKU: product["id"],
            "region": product["region"],
            "group": product["group"],
            "country": product["brand_country"],
            "category": product["category"],
        },
        "stock": product["inventory"] - product["reserved"],
        "active": True,
    }


def _read_product(product: Document, refs: References) -> Document:
    attributes = product.get("attributes")
    attributes = attributes if isinstance(attributes, Mapping) else {}
    currency = str(product.get("currency"))
    read = {
        "_id": refs.key_of("products", product.get("_id")) or product.get("_id"),
        "id": attributes.get(SKU),
        "name": product.get("title"),
        "brand": product.get("brand"),
        "brand_country": attributes.get("country"),
        "group": attributes.get("group"),
        "category": attributes.get("category"),
        "region": attributes.get("region"),
        price_field(currency): _whole(product.get("price")),
        "currency": product.get("currency"),
        "inventory": product.get("stock"),
        "reserved": 0,
    }
    return {name: value for name, value in read.items() if value is not None}


def _region_products(owner: Owner) -> Filter:
    seeded = owner.seeds.products.values()
    keys = [line.model.key for line in seeded if line.model.region == owner.bundle.region]
    series = "|".join(sorted({re.escape(key.rpartition("-")[0]) for key in keys}))
    return {
        "$or": [
            {"slug": {"$in": [key.lower() for key in keys]}},
            {f"attributes.{SKU}": {"$regex": rf"^(?:{series})-[0-9]+$"}},
            is_one_of("product", keys),
        ]
    }


def _category_slug(product: Document) -> str:
    return f"{product['category']}-{product['region']}".lower().replace("_", "-")


def _categories(pristine: Mapping[str, list[Document]]) -> list[Document]:
    found = {_category_slug(product): product for product in pristine["products"]}
    return [
        {"_id": slug, "name": product["category"].replace("_", " ").title()}
        for slug, product in sorted(found.items())
    ]


def _category(category: Document, _: References) -> Document:
    return {
        "name": category["name"],
        "slug": category["_id"],
        "description": None,
        "parent_id": None,
        "active": True,
        "created_at": CREATED,
    }


def _region_categories(owner: Owner) -> Filter:
    seeded = [
        line.document
        for line in owner.seeds.products.values()
        if line.model.region == owner.bundle.region
    ]
    slugs = sorted({_category_slug(product) for product in seeded})
    return {"$or": [{"slug": {"$in": slugs}}, is_one_of("category", slugs)]}


def _whole(value: object) -> object:
    """A float that is a whole number, as the playbook keeps prices."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


CATEGORIES = Kept(
    "categories",
    "categories",
    "Insert the catalog's categories",
    _region_categories,
    ("name", "slug", "active"),
    key="slug",
    natural_key=lambda category: category["_id"],
    new_id=new_id("category"),
    to_app=_category,
    model=models.Category,
    derived=_categories,
)  # fmt: skip

PRODUCTS = Kept(
    "products",
    "products",
    "Insert luxury product catalog, stock 100, none reserved",
    _region_products,
    ("title", "slug", "price", "currency", "category_id", "brand", f"attributes.{SKU}",
     "attributes.region", "attributes.group", "attributes.country", "attributes.category",
     "stock", "active"),
    key="slug",
    natural_key=_slug,
    new_id=new_id("product"),
    to_app=_product,
    from_app=_read_product,
    model=models.Product,
)  # fmt: skip
