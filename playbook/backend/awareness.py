"""The four endpoints that the playbook calls, answered from what is stored.

========================================  ================================================
``POST /api/awareness/refresh-contexts``  "Update context profiles"
``GET /api/awareness/currency/validate``  "Validate currency rates"
``GET /api/awareness/test-localization``  "Test locale adaptations"
``POST /api/admin/cdn-warmup``            "Warm up CDN"
========================================  ================================================

Corrupt data are a problem in the answer; the request itself never fails because of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, Field, JsonValue, ValidationError
from pymongo import UpdateOne

from playbook.backend.bearer import require_token
from playbook.backend.deployment import Deployment
from playbook.backend.json_values import compact, fields, to_json
from playbook.backend.languages import language_problems
from playbook.backend.rates import oldest_update, rate_problems, source_of
from playbook.environment.snapshot import DECODED
from playbook.pristine.languages import LANGUAGES
from playbook.pristine.rates import CURRENCIES
from playbook.pristine.seeds.fields import Region
from playbook.pristine.seeds.models import AwarenessContext

REGIONS: tuple[str, ...] = get_args(Region)


class Refreshed(BaseModel):
    """The contexts that were written."""

    refreshed: list[str] = Field(description="ids of the contexts written, in the given order")
    rates_refreshed: bool = Field(description="whether the rate feed was asked for fresh rates")


class CurrencyValidation(BaseModel):
    """Whether the stored exchange rates are good."""

    valid: bool = Field(description="true if there is no problem")
    currencies: list[str] = Field(description="bases for which rates are stored, in order")
    problems: list[str] = Field(description="what is wrong, one line each")
    updated_at: str | None = Field(description="when the oldest rates were written, ISO, UTC")
    source: str | None = Field(description="the source of the rates")


class LanguageTest(BaseModel):
    """One language as stored."""

    language: str = Field(description="two letters: en, fr")
    direction: JsonValue = Field(description="ltr or rtl; null if nothing is stored")
    messages: dict[str, JsonValue] = Field(description="the interface messages by name")
    valid: bool = Field(description="true if there is no problem")
    problems: list[str] = Field(description="what is wrong, one line each")


class LocalizationTest(BaseModel):
    """Every language as stored."""

    valid: bool = Field(description="true if every language is valid")
    languages: list[LanguageTest]


class Warmed(BaseModel):
    """The new content of the cache."""

    warmed: int = Field(description="how many products were cached")
    regions: list[str] = Field(description="the regions whose products were cached")


class BadRequest(BaseModel):
    """The reason why nothing was done, in one line."""

    detail: str


async def _raw(request: Request) -> bytes:
    return await request.body()


Raw = Annotated[bytes, Depends(_raw)]
_BAD: dict[int | str, dict[str, Any]] = {400: {"model": BadRequest}}


def _body(schema: dict[str, Any], required: bool) -> dict[str, Any]:
    # Bodies are read by hand: one document per line is not JSON. So OpenAPI needs schemas here.
    return {
        "requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}
    }


_CONTEXT = AwarenessContext.model_json_schema()
_CONTEXTS = {
    "description": "An array of contexts, one context, or one context per line.",
    "anyOf": [{"type": "array", "items": _CONTEXT, "minItems": 1}, _CONTEXT],
}
_REGION = {"type": "object", "properties": {"region": {"enum": [*REGIONS, None]}}}


def awareness_router(
    deployment: Deployment, allow: Callable[..., object] = require_token
) -> APIRouter:
    """The four endpoints of one deployment; mountable in any FastAPI app.

    ``allow`` is a FastAPI dependency of the two endpoints that write: it raises HTTPException if a
    request is not allowed. By default a request needs the token of ``PLAYBOOK_API_TOKEN``.
    """
    writing = [Depends(allow)]
    router = APIRouter(prefix="/api", tags=["awareness"])

    @router.post(
        "/awareness/refresh-contexts",
        responses=_BAD,
        openapi_extra=_body(_CONTEXTS, True),
        dependencies=writing,
    )
    def refresh_contexts(raw: Raw) -> Refreshed:
        """Write only the given awareness contexts, and ask the feed for fresh rates.

        If one of them is wrong, nothing is written.
        """
        return _refresh(deployment, _contexts(raw))

    @router.get("/awareness/currency/validate")
    def validate_currency() -> CurrencyValidation:
        """Judge the stored rates: complete, positive, fresh, from the feed, in agreement."""
        return _validate_currency(deployment)

    @router.get("/awareness/test-localization")
    def test_localization() -> LocalizationTest:
        """Judge the stored locales: all present, complete, translated, in their direction."""
        return _test_localization(deployment)

    @router.post(
        "/admin/cdn-warmup",
        responses=_BAD,
        openapi_extra=_body(_REGION, False),
        dependencies=writing,
    )
    def warm_up_cdn(raw: Raw) -> Warmed:
        """Cache every product of a region, or of all regions if none is named."""
        return _warm_up(deployment, _regions(raw))

    return router


def _refresh(deployment: Deployment, contexts: Sequence[AwarenessContext]) -> Refreshed:
    deployment.db.awareness_contexts.bulk_write(
        [
            # Field by field, because other fields of a context belong to the app and stay.
            UpdateOne(
                {"_id": context.key}, {"$set": context.model_dump(exclude={"key"})}, upsert=True
            )
            for context in contexts
        ]
    )
    if deployment.refresh_rates is not None:
        deployment.refresh_rates()
    return Refreshed(
        refreshed=[context.key for context in contexts],
        rates_refreshed=deployment.refresh_rates is not None,
    )


def _validate_currency(deployment: Deployment) -> CurrencyValidation:
    documents = _by_id(deployment, "currency_rates", CURRENCIES)
    problems = rate_problems(documents, deployment.clock(), deployment.feed, deployment.seeds)
    return CurrencyValidation(
        valid=not problems,
        currencies=[currency for currency in CURRENCIES if currency in documents],
        problems=problems,
        updated_at=oldest_update(documents),
        source=source_of(documents),
    )


def _test_localization(deployment: Deployment) -> LocalizationTest:
    documents = _by_id(deployment, "locales", LANGUAGES)
    languages = []
    for language in LANGUAGES:
        problems = language_problems(language, documents, deployment.seeds)
        document = documents.get(language, {})
        messages = fields(document.get("messages"))
        languages.append(
            LanguageTest(
                language=language,
                direction=to_json(document.get("direction")),
                messages={str(name): to_json(text) for name, text in messages.items()},
                valid=not problems,
                problems=problems,
            )
        )
    return LocalizationTest(valid=all(tested.valid for tested in languages), languages=languages)


def _warm_up(deployment: Deployment, regions: list[str]) -> Warmed:
    warmed = 0
    pipeline = deployment.redis.pipeline(transaction=False)
    products = deployment.db.get_collection("products", codec_options=DECODED)
    for region in regions:
        cached = {
            f"aislemarts:region:{region}:cdn:{product['_id']}": compact(product)
            for product in products.find({"region": region})
        }
        if cached:
            pipeline.mset(cached)
        warmed += len(cached)
    pipeline.execute()
    return Warmed(warmed=warmed, regions=regions)


def _by_id(deployment: Deployment, name: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    # Documents with values that Python's own types cannot represent are read, too.
    collection = deployment.db.get_collection(name, codec_options=DECODED)
    return {document["_id"]: document for document in collection.find({"_id": {"$in": list(ids)}})}


def _contexts(raw: bytes) -> list[AwarenessContext]:
    """The contexts of a request's body. Raises HTTPException 400 if one of them is wrong."""
    contexts: dict[str, AwarenessContext] = {}
    documents = _documents(raw)
    if not documents:
        raise _bad("the body contains no context; expected at least one")
    for position, document in enumerate(documents, start=1):
        if not isinstance(document, dict):
            raise _bad(f"context {position}: expected a JSON object")
        try:
            context = AwarenessContext.model_validate(document)
        except ValidationError as invalid:
            error = invalid.errors(include_url=False, include_input=False)[0]
            field = ".".join(str(part) for part in error["loc"]) or "the document"
            raise _bad(f"context {position}: {field}: {error['msg']}") from None
        if context.key in contexts:
            raise _bad(f"context {position}: _id: {context.key} is given twice")
        contexts[context.key] = context
    return list(contexts.values())


def _documents(raw: bytes) -> list[Any]:
    """The documents of a body: in an array, or one after the other, with or without line breaks.

    `curl -d @file` removes the line breaks of the file, so there may be none.
    """
    try:
        text = raw.decode("utf-8-sig").strip()
        decoder = json.JSONDecoder(object_pairs_hook=_no_repeated_field)
        documents = []
        while text:
            document, end = decoder.raw_decode(text)
            documents.append(document)
            text = text[end:].lstrip()
    except UnicodeDecodeError:
        raise _bad("the body is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise _bad(f"the body is not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise _bad(f"the body cannot be read: {error}") from None
    return documents[0] if len(documents) == 1 and isinstance(documents[0], list) else documents


def _regions(raw: bytes) -> list[str]:
    """The regions that a request's body names. Raises HTTPException 400 if it is wrong."""
    documents = _documents(raw) if raw.strip() else [{}]
    asked = documents[0] if len(documents) == 1 else None
    if not isinstance(asked, dict) or asked.keys() - {"region"}:
        raise _bad('expected no body, or one like {"region": "US"}')
    region = asked.get("region")
    if region is None:
        return list(REGIONS)
    if region not in REGIONS:
        raise _bad(f"unknown region {region!r}; expected one of {', '.join(REGIONS)}")
    return [region]


def _no_repeated_field(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a field is given twice in one document")
    return document


def _bad(reason: str) -> HTTPException:
    # JSON allows texts (lone surrogates) that the UTF-8 of the answer cannot contain.
    readable = " ".join(reason.encode("utf-8", "backslashreplace").decode().split())
    return HTTPException(400, readable)
