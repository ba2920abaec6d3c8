"""The shop: products and categories. One wrong document makes the whole list an error."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import JsonValue

from playbook.standin.aislemarts.dependencies import TheDb
from playbook.standin.aislemarts.models import Category, Product

COLLECTION_SIZE = 24

router = APIRouter(prefix="/api")


@router.get("/products")
def products(
    db: TheDb,
    q: str | None = None,
    category_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    skip: Annotated[int, Query(ge=0)] = 0,
) -> list[Product]:
    """The active products, by words in the title or by category."""
    where: dict[str, Any] = {"active": True}
    if q:
        where["title"] = {"$regex": re.escape(q), "$options": "i"}
    if category_id:
        where["category_id"] = category_id
    found = db.products.find(where).sort("_id", 1).skip(skip).limit(limit)
    return [Product.model_validate(document) for document in found]


@router.get("/products/collection/{name}")
def collection(db: TheDb, name: str) -> list[JsonValue]:
    """The products of a collection, in short."""
    found = db.products.find({"collection": name}).limit(COLLECTION_SIZE)
    return [{"id": str(one["_id"]), "title": one["title"], "price": one["price"]} for one in found]


@router.get("/products/{product_id}")
def product(db: TheDb, product_id: str) -> Product:
    """One product: 404 if there is none."""
    document = db.products.find_one({"_id": product_id})
    if document is None:
        raise HTTPException(404, "Product not found")
    return Product.model_validate(document)


@router.get("/categories")
def categories(db: TheDb) -> list[Category]:
    """The active categories."""
    return [Category.model_validate(one) for one in db.categories.find({"active": True})]
