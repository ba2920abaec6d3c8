"""The stand-in and the endpoints that the playbook calls, over real HTTP, MongoDB and Redis."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import bcrypt
import pytest
import redis
import requests
from bson.decimal128 import Decimal128
from fastapi import FastAPI
from pymongo import MongoClient
from pymongo.database import Database
from redis.backoff import NoBackoff
from redis.retry import Retry

from playbook import clock
from playbook.backend.awareness import awareness_router
from playbook.backend.deployment import Deployment
from playbook.backend.json_values import compact, number, to_json
from playbook.embedded.start import start
from playbook.pristine.languages import LANGUAGES
from playbook.pristine.rates import CURRENCIES, EMBEDDED_FEED, Feed
from playbook.pristine.seeds import Seeds, load
from playbook.standin import rates_feed
from playbook.standin.app import create_app
from playbook.standin.kpis import in_currency
from tests.served_app import served

SEQUOIA, LVMH = "SEQUOIA_ROELOF_BOTHA", "LVMH_JULIE_BERCOVY"
REFRESH = "/api/awareness/refresh-contexts"
VALIDATE = "/api/awareness/currency/validate"
LOCALIZATION = "/api/awareness/test-localization"
WARM_UP = "/api/admin/cdn-warmup"
# A fixed salt, so that the parameters below are the same in every process.
HASH = bcrypt.hashpw(b"right", b"$2b$04$" + b"." * 22).decode()

type Documents = Database[dict[str, Any]]


@dataclass(frozen=True)
class Shop:
    """The running stand-in, and what it answers from."""

    url: str
    db: Documents
    redis: redis.Redis

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=10, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(self.url + path, timeout=10, **options)


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return load()


@pytest.fixture(scope="module")
def running(seeds: Seeds) -> Iterator[Shop]:
    with start(seeds=seeds) as settings:
        client: MongoClient[dict[str, Any]] = MongoClient(settings.mongo_uri, tz_aware=True)
        with client, redis.Redis.from_url(settings.redis_url) as cache:
            yield Shop(settings.api_url, client[settings.mongo_db], cache)


@pytest.fixture
def shop(running: Shop, seeds: Seeds) -> Shop:
    """The stand-in over fresh rates and nothing else."""
    for name in running.db.list_collection_names():
        running.db[name].delete_many({})
    running.redis.flushdb()
    rates_feed.refresh(running.db, seeds, clock.now())
    return running


def keys(shop: Shop) -> list[str]:
    found: Any = shop.redis.keys()
    return sorted(key.decode() for key in found)


# --- POST /api/awareness/refresh-contexts -----------------------------------------------------


def _as_array(lines: list[str]) -> str:
    return f"[{','.join(lines)}]"


@pytest.mark.parametrize("written", [_as_array, "\n".join, "".join, "\r\n\r\n".join])
def test_all_forms_of_contexts_are_accepted(
    shop: Shop, seeds: Seeds, written: Callable[[list[str]], str]
) -> None:
    lines = (seeds.directory / "awareness_contexts.json").read_text("utf-8").splitlines()
    answer = shop.post(
        REFRESH, data=written(lines).encode(), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 200
    assert answer.json() == {"refreshed": list(seeds.contexts), "rates_refreshed": True}
    stored = {context["_id"]: context for context in shop.db.awareness_contexts.find()}
    assert stored == {key: line.document for key, line in seeds.contexts.items()}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_playbooks_own_curl_line_works(shop: Shop, seeds: Seeds) -> None:
    file = seeds.directory / "awareness_contexts.json"
    done = subprocess.run(
        ["curl", "-sS", "--noproxy", "*", "-X", "POST", shop.url + REFRESH]
        + ["-H", "Content-Type: application/json", "-d", f"@{file}"],
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["refreshed"] == list(seeds.contexts)
    assert shop.db.awareness_contexts.count_documents({}) == len(seeds.contexts)


def test_only_the_given_context_is_written(shop: Shop, seeds: Seeds) -> None:
    shop.db.awareness_contexts.insert_many(
        [{"_id": SEQUOIA, "locale": "xx"}, {"_id": LVMH, "locale": "yy", "left": "over"}]
    )
    answer = shop.post(REFRESH, json=seeds.contexts[LVMH].document)
    assert answer.json()["refreshed"] == [LVMH]
    # A field of the app's own stays.
    assert shop.db.awareness_contexts.find_one({"_id": LVMH}) == {
        **seeds.contexts[LVMH].document,
        "left": "over",
    }
    assert shop.db.awareness_contexts.find_one({"_id": SEQUOIA}) == {
        "_id": SEQUOIA,
        "locale": "xx",
    }


def test_a_refresh_brings_fresh_rates(shop: Shop, seeds: Seeds) -> None:
    shop.db.currency_rates.update_one({"_id": "USD"}, {"$set": {"rates.EUR": 7.5}})
    shop.db.currency_rates.delete_one({"_id": "SGD"})
    assert shop.get(VALIDATE).json()["valid"] is False
    shop.post(REFRESH, json=[seeds.contexts[LVMH].document])
    assert shop.get(VALIDATE).json()["valid"] is True


def test_without_a_feed_the_answer_says_so(shop: Shop, seeds: Seeds) -> None:
    app = FastAPI()
    deployment = Deployment(shop.db, shop.redis, None, clock.now)
    app.include_router(awareness_router(deployment, allow=lambda: None))
    with served(app) as url:
        answer = requests.post(url + REFRESH, json=seeds.contexts[LVMH].document, timeout=10)
    assert answer.json() == {"refreshed": [LVMH], "rates_refreshed": False}


GOOD = (
    '{"_id": "A", "locale": "fr-FR", "currency": "EUR", "timezone": "Europe/Paris", '
    '"device": "mobile", "emphasis": "x"}'
)
BAD_BODIES = {
    "empty": (b"", "at least one"),
    "no context": (b"[]", "at least one"),
    "broken": (b'{"_id": ', "not JSON"),
    "not UTF-8": (b'{"_id": "\xff"}', "UTF-8"),
    "a number": (b"7", "expected a JSON object"),
    "null in the array": (f"[{GOOD}, null]".encode(), "context 2"),
    "an array a line": (f"[{GOOD}]\n[{GOOD}]".encode(), "context 1"),
    "missing field": (b'[{"_id": "A"}]', "locale: Field required"),
    "no id": (GOOD.replace('"_id": "A", ', "").encode(), "_id: Field required"),
    "unknown field": (GOOD.replace("}", ', "x": 1}').encode(), "x: Extra inputs"),
    "second is bad": (GOOD.encode() + GOOD.replace("Paris", "Luxe").encode(), "timezone"),
    "wrong type": (GOOD.replace('"mobile"', "NaN").encode(), "device"),
    "given twice": (f"{GOOD}\n{GOOD}".encode(), "given twice"),
    "a field twice": (GOOD.replace("}", ', "device": "mobile"}').encode(), "twice"),
    "lone surrogate": (GOOD.replace('"x"', r'"\ud800"').encode(), "emphasis"),
    "surrogate as field": (GOOD.replace('"device"', r'"\ud800"').encode(), "context 1"),
    "too deep": (b"[" * 200_000, "the body"),
    "too long a number": (b"[" + b"9" * 5000 + b"]", "cannot be read"),
}


@pytest.mark.parametrize("body, reason", BAD_BODIES.values(), ids=BAD_BODIES.keys())
def test_a_bad_body_writes_nothing(shop: Shop, body: bytes, reason: str) -> None:
    shop.db.currency_rates.delete_many({})
    answer = shop.post(REFRESH, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400, answer.text
    detail = answer.json()["detail"]
    assert reason in detail and "\n" not in detail
    assert shop.db.awareness_contexts.count_documents({}) == 0
    assert shop.db.currency_rates.count_documents({}) == 0


# --- GET /api/awareness/currency/validate -----------------------------------------------------


def test_the_feeds_rates_are_valid(shop: Shop, seeds: Seeds) -> None:
    found = shop.get(VALIDATE).json()
    assert found["problems"] == []
    assert found["valid"] is True
    assert found["source"] == "embedded-feed"
    assert sorted(found["currencies"]) == sorted(seeds.reference_rates)
    assert found["updated_at"].endswith("Z")


def _set(**fields: Any) -> Callable[[Documents], object]:
    named = {name.replace("__", "."): value for name, value in fields.items()}
    return lambda db: db.currency_rates.update_one({"_id": "USD"}, {"$set": named})


BAD_RATES: dict[str, tuple[Callable[[Documents], object], str]] = {
    "no base": (
        lambda db: db.currency_rates.delete_one({"_id": "SGD"}),
        "rates of SGD: expected rates",
    ),
    "nothing": (
        lambda db: db.currency_rates.delete_many({}),
        "rates of USD: expected rates",
    ),
    "no currency": (
        lambda db: db.currency_rates.update_one({"_id": "USD"}, {"$unset": {"rates.KES": 1}}),
        "rate USD to KES: expected a positive number, found nothing",
    ),
    "zero": (_set(rates__EUR=0), "rate USD to EUR: expected a positive number, found 0"),
    "negative": (_set(rates__EUR=-0.9), "expected a positive number, found -0.9"),
    "text": (_set(rates__EUR="0.9"), "expected a positive number, found '0.9'"),
    "boolean": (_set(rates__EUR=True), "expected a positive number"),
    "null": (_set(rates__EUR=None), "expected a positive number"),
    "decimal NaN": (_set(rates__EUR=Decimal128("NaN")), "expected a positive number"),
    "decimal infinity": (_set(rates__EUR=Decimal128("Infinity")), "expected a positive number"),
    "huge": (_set(rates__EUR=Decimal128("9E+6000")), "by way of the dollar"),
    "tiny": (_set(rates__EUR=Decimal128("1E-6000")), "by way of the dollar"),
    "no rates": (_set(rates=None), "expected a positive number, found nothing"),
    "a list of rates": (_set(rates=[1, 2]), "expected a positive number, found nothing"),
    "2 % off": (_set(rates__EUR=0.8615 * 1.02), "by way of the dollar"),
    "own rate": (_set(rates__USD=2), "rate USD to USD: expected 1"),
    "old": (_set(updated_at=clock.now() - timedelta(hours=25)), "within 24 h"),
    "to come": (_set(updated_at=clock.now() + timedelta(hours=48)), "within 24 h"),
    "date as text": (_set(updated_at="2026-01-01"), "last update: expected within 24 h"),
    "no date": (_set(updated_at=None), "last update: expected within 24 h"),
    "no source": (_set(source=None), "source: expected a named live source"),
    "empty source": (_set(source=" "), "source: expected a named live source"),
    "number as source": (_set(source=4), "source: expected a named live source"),
    "mock": (_set(source="MockRates"), "not one whose name says"),
    "static": (_set(source="static_rates"), "not one whose name says"),
    "sample": (_set(source="sample"), "not one whose name says"),
    "default": (_set(source="Default"), "not one whose name says"),
}


@pytest.mark.parametrize("spoil, problem", BAD_RATES.values(), ids=BAD_RATES.keys())
def test_bad_rates_are_problems_in_the_answer(
    shop: Shop, spoil: Callable[[Documents], object], problem: str
) -> None:
    spoil(shop.db)
    answer = shop.get(VALIDATE)
    assert answer.status_code == 200, answer.text
    assert answer.json()["valid"] is False
    assert any(problem in line for line in answer.json()["problems"]), answer.json()["problems"]


def test_decimals_and_a_rate_within_one_percent_are_valid(shop: Shop) -> None:
    rates = shop.get("/api/awareness/currency-rates").json()["rates"]
    _set(rates__EUR=Decimal128(str(rates["EUR"])), rates__GBP=rates["GBP"] * 1.009)(shop.db)
    assert shop.get(VALIDATE).json()["problems"] == []


def test_the_age_of_rates_follows_the_deployments_clock(shop: Shop) -> None:
    later = clock.now() + timedelta(hours=24, minutes=5)
    feed = Feed(EMBEDDED_FEED)
    deployment = Deployment(shop.db, shop.redis, None, lambda: later, feed)
    app = FastAPI()
    app.include_router(awareness_router(deployment))
    with served(app) as url:
        answer = requests.get(url + VALIDATE, timeout=10)
    assert "within 24 h" in answer.json()["problems"][0]


# --- GET /api/awareness/test-localization -----------------------------------------------------


def _load_locales(db: Documents, seeds: Seeds) -> None:
    db.locales.insert_many([dict(line.document) for line in seeds.locales.values()])


def test_the_seven_locales_are_valid(shop: Shop, seeds: Seeds) -> None:
    _load_locales(shop.db, seeds)
    found = shop.get(LOCALIZATION).json()
    assert found["valid"] is True
    assert [language["language"] for language in found["languages"]] == [
        *("en", "es", "fr", "de", "zh", "ja", "ar")
    ]
    for language in found["languages"]:
        document = seeds.locales[language["language"]].document
        assert language["problems"] == []
        assert language["messages"] == document["messages"]
        assert language["direction"] == document["direction"]


def _in_french(db: Documents, messages: Any) -> object:
    return db.locales.update_one({"_id": "fr"}, {"$set": {"messages": messages}})


def _english(db: Documents) -> dict[str, str]:
    document = db.locales.find_one({"_id": "en"})
    assert document is not None
    messages: dict[str, str] = document["messages"]
    return messages


def _french_in(name: str, value: Any) -> Callable[[Documents], object]:
    return lambda db: db.locales.update_one({"_id": "fr"}, {"$set": {f"messages.{name}": value}})


BAD_LOCALES: dict[str, tuple[str, Callable[[Documents], object], str]] = {
    "not loaded": ("fr", lambda db: db.locales.delete_one({"_id": "fr"}), "expected the language"),
    "key missing": (
        "fr",
        lambda db: db.locales.update_one({"_id": "fr"}, {"$unset": {"messages.nav_home": 1}}),
        "messages.nav_home: expected a message, found nothing",
    ),
    "empty": ("fr", _french_in("nav_home", " "), "messages.nav_home: expected a message"),
    "null": ("fr", _french_in("nav_home", None), "messages.nav_home: expected a message"),
    "number": ("fr", _french_in("nav_home", 4.5), "messages.nav_home: expected a message"),
    "NaN": (
        "fr",
        _french_in("nav_home", Decimal128("NaN")),
        "messages.nav_home: expected a message",
    ),
    "English": ("fr", lambda db: _in_french(db, _english(db)), "expected a translation"),
    "no messages": ("fr", lambda db: _in_french(db, None), "expected messages by name"),
    "a list": ("fr", lambda db: _in_french(db, ["a"]), "expected messages by name"),
    "ar left to right": (
        "ar",
        lambda db: db.locales.update_one({"_id": "ar"}, {"$set": {"direction": "ltr"}}),
        "direction: expected rtl",
    ),
    "no direction": (
        "ar",
        lambda db: db.locales.update_one({"_id": "ar"}, {"$unset": {"direction": 1}}),
        "direction: expected rtl",
    ),
    "en missing": ("en", lambda db: db.locales.delete_one({"_id": "en"}), "expected the language"),
    "another word": ("fr", _french_in("nav_home", "Acceuil"), "expected “Accueil”"),
}


@pytest.mark.parametrize("language, spoil, problem", BAD_LOCALES.values(), ids=BAD_LOCALES.keys())
def test_bad_locales_are_problems_in_the_answer(
    shop: Shop, seeds: Seeds, language: str, spoil: Callable[[Documents], object], problem: str
) -> None:
    _load_locales(shop.db, seeds)
    spoil(shop.db)
    answer = shop.get(LOCALIZATION)
    assert answer.status_code == 200, answer.text
    assert answer.json()["valid"] is False
    tested = {entry["language"]: entry for entry in answer.json()["languages"]}
    assert tested.keys() == set(LANGUAGES)
    assert tested[language]["valid"] is False
    assert any(problem in line for line in tested[language]["problems"])


# --- POST /api/admin/cdn-warmup ---------------------------------------------------------------


def _load_products(shop: Shop, seeds: Seeds) -> None:
    shop.db.products.insert_many([dict(line.document) for line in seeds.products.values()])


def test_the_warm_up_caches_a_region(shop: Shop, seeds: Seeds) -> None:
    _load_products(shop, seeds)
    assert shop.post(WARM_UP, json={"region": "EU"}).json() == {"warmed": 50, "regions": ["EU"]}
    wanted = {
        f"aislemarts:region:EU:cdn:{key}": line.document
        for key, line in seeds.products.items()
        if line.model.region == "EU"
    }
    assert keys(shop) == sorted(wanted)
    for key, document in wanted.items():
        raw: Any = shop.redis.get(key)
        assert raw == json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize("body", [b"", b" ", b"{}", b'{"region": null}'])
def test_the_warm_up_caches_all_regions_if_none_is_named(
    shop: Shop, seeds: Seeds, body: bytes
) -> None:
    _load_products(shop, seeds)
    assert shop.post(WARM_UP, data=body).json() == {
        "warmed": 150,
        "regions": ["US", "EU", "APAC"],
    }
    assert len(keys(shop)) == 150


def test_an_empty_catalog_warms_nothing(shop: Shop) -> None:
    assert shop.post(WARM_UP).json()["warmed"] == 0
    assert keys(shop) == []


def test_corrupt_products_are_cached_as_they_are(shop: Shop) -> None:
    shop.db.products.insert_one(
        {"_id": "P", "region": "US", "price_usd": Decimal128("NaN"), "at": clock.now(), "n": None}
    )
    assert shop.post(WARM_UP).json()["warmed"] == 1
    raw: Any = shop.redis.get("aislemarts:region:US:cdn:P")
    assert json.loads(raw)["price_usd"] == "NaN"


@pytest.mark.parametrize(
    "body", [b'{"region": "MOON"}', b'{"region": ["US"]}', b"[]", b"7", b"{", b'{"area": "US"}']
)
def test_an_unknown_region_is_refused(shop: Shop, seeds: Seeds, body: bytes) -> None:
    _load_products(shop, seeds)
    answer = shop.post(WARM_UP, data=body)
    assert answer.status_code == 400
    assert "\n" not in answer.json()["detail"]
    assert keys(shop) == []


# --- accounts ---------------------------------------------------------------------------------

EMAIL = "lvmh.demo@aislemarts.luxury"


def _log_in(shop: Shop, email: str = EMAIL, password: str = "right") -> requests.Response:
    return shop.post(
        "/api/auth/login",
        json={"email": email, "password": password},
        headers={"User-Agent": "a-browser"},
    )


def _add_user(shop: Shop, **fields: Any) -> None:
    shop.db.users.insert_one(
        {"_id": "u-1", "email": EMAIL, "password": HASH, "bundle": LVMH, "role": "demo", **fields}
    )


def test_a_login_opens_a_session(shop: Shop) -> None:
    _add_user(shop, expires_at=clock.now() + timedelta(days=1), locked=False)
    answer = _log_in(shop)
    assert answer.status_code == 200
    assert answer.json().keys() == {"user_id", "token", "message"}
    session = shop.db.user_sessions.find_one({})
    assert session is not None
    assert session["email"] == EMAIL
    assert (session["bundle"], session["user_id"]) == (LVMH, "u-1")
    assert session["user_agent"] == "a-browser"
    assert session["created_at"] == session["last_seen"]
    assert answer.json()["token"] not in str(session)

    token = {"Authorization": f"Bearer {answer.json()['token']}"}
    user = shop.get("/api/auth/users/u-1", headers=token)
    assert user.status_code == 200
    assert user.json()["email"] == EMAIL
    assert "password" not in user.json()


@pytest.mark.parametrize(
    "email, password",
    [
        (EMAIL, "wrong"),
        (EMAIL, ""),
        (EMAIL, "r" * 100),
        (EMAIL, "right\x00"),
        (EMAIL.upper(), "right"),
        (EMAIL + "\n", "right"),
        ("nobody@aislemarts.luxury", "right"),
    ],
)
def test_wrong_credentials_are_refused(shop: Shop, email: str, password: str) -> None:
    _add_user(shop)
    assert _log_in(shop, email, password).status_code == 401
    assert shop.db.user_sessions.count_documents({}) == 0


@pytest.mark.parametrize("stored", [None, "", "right", 7, {"hash": HASH}, b"right", HASH[:-3]])
def test_a_corrupt_password_hash_lets_nobody_in(shop: Shop, stored: Any) -> None:
    _add_user(shop, password=stored)
    assert _log_in(shop).status_code == 401


@pytest.mark.parametrize(
    "fields, reason",
    [
        ({"locked": True}, "locked"),
        ({"locked": "yes"}, "locked"),
        ({"expires_at": clock.now() - timedelta(days=1)}, "expired"),
        ({"expires_at": "tomorrow"}, "expired"),
    ],
)
def test_a_locked_or_expired_account_is_refused(
    shop: Shop, fields: dict[str, Any], reason: str
) -> None:
    _add_user(shop, **fields)
    assert _log_in(shop, password="wrong").status_code == 401
    answer = _log_in(shop)
    assert answer.status_code == 403
    assert reason in answer.json()["detail"]
    assert shop.db.user_sessions.count_documents({}) == 0


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic x", "Bearer é"])
def test_without_a_session_no_user_is_shown(shop: Shop, header: str | None) -> None:
    _add_user(shop)
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    assert shop.get("/api/auth/users/u-1", headers=headers).status_code == 401


def test_a_session_shows_its_own_user_only(shop: Shop) -> None:
    _add_user(shop)
    _add_user(shop, _id="u-2", email="other@aislemarts.luxury")
    token = {"Authorization": f"Bearer {_log_in(shop).json()['token']}"}
    assert shop.get("/api/auth/users/u-2", headers=token).status_code == 401
    shop.db.user_sessions.delete_many({})
    assert shop.get("/api/auth/users/u-1", headers=token).status_code == 401


# --- awareness and demo -----------------------------------------------------------------------


def _load_contexts(shop: Shop, seeds: Seeds) -> None:
    shop.db.awareness_contexts.insert_many([dict(c.document) for c in seeds.contexts.values()])


def _load_showcases(shop: Shop, seeds: Seeds) -> None:
    shop.db.showcases.insert_many([dict(line.document) for line in seeds.showcases.values()])


def test_awareness_health_says_what_is_stored(shop: Shop, seeds: Seeds) -> None:
    found = shop.get("/api/awareness/health").json()
    assert (found["status"], found["supported_languages"]) == ("degraded", [])
    _load_locales(shop.db, seeds)
    found = shop.get("/api/awareness/health").json()
    assert found["status"] == "healthy"
    assert found["supported_languages"] == list(LANGUAGES)
    assert found["supported_currencies"] == list(CURRENCIES)
    assert found["last_update"].endswith("Z")


def test_rates_are_served_as_stored(shop: Shop) -> None:
    path = "/api/awareness/currency-rates"
    found = shop.get(path, params={"target_currencies": "EUR, GBP,XXX"}).json()
    assert found["base_currency"] == "USD"
    assert found["rates"].keys() == {"EUR", "GBP"}
    assert found["source"] == "embedded-feed"
    assert found["last_updated"].endswith("Z")
    assert len(shop.get(path, params={"base_currency": "SGD"}).json()["rates"]) == len(CURRENCIES)
    assert shop.get(path, params={"base_currency": "XXX"}).status_code == 404
    spoilt = {"rates": {"EUR": -4, "GBP": Decimal128("Infinity"), "JPY": None}, "updated_at": 5}
    shop.db.currency_rates.update_one({"_id": "USD"}, {"$set": spoilt})
    found = shop.get(path).json()
    assert found["rates"] == {"EUR": -4, "GBP": "Infinity", "JPY": None}
    assert found["last_updated"] == 5
    shop.db.currency_rates.update_one({"_id": "USD"}, {"$set": {"rates": "soon"}})
    assert shop.get(path, params={"target_currencies": "EUR"}).json()["rates"] == "soon"


def test_the_bundles_are_those_stored(shop: Shop, seeds: Seeds) -> None:
    assert shop.get("/api/demo/health").json()["available_bundles"] == 0
    _load_contexts(shop, seeds)
    found = shop.get("/api/demo/health").json()
    assert found["status"] == "healthy"
    assert found["demo_environments"] == sorted(seeds.bundles)
    listed = shop.get("/api/demo/all-bundles").json()
    assert listed["total_bundles"] == len(seeds.bundles)
    lvmh = next(entry for entry in listed["bundles"] if entry["bundle"] == LVMH)
    assert (lvmh["locale"], lvmh["currency"], lvmh["device"]) == ("fr-FR", "EUR", "mobile")
    assert LVMH in lvmh["demo_url"]


def test_a_context_is_the_stored_one_or_its_cached_copy(shop: Shop, seeds: Seeds) -> None:
    path = f"/api/demo/context/{LVMH}"
    assert shop.get(path).status_code == 404
    _load_contexts(shop, seeds)
    found = shop.get(path).json()
    assert found["bundle"] == LVMH
    assert found["context"] == {
        name: value for name, value in seeds.contexts[LVMH].document.items() if name != "_id"
    }
    assert found["demo_urls"]
    assert keys(shop) == []
    key = f"aislemarts:bundle:{LVMH}:context"
    shop.redis.set(key, '{"locale": "en-US"}')
    assert shop.get(path).json()["context"] == {"locale": "en-US"}
    shop.redis.set(key, "no JSON")
    assert shop.get(path).json()["context"]["locale"] == "fr-FR"


def test_kpis_are_in_the_bundles_own_currency(shop: Shop, seeds: Seeds) -> None:
    _load_contexts(shop, seeds)
    _load_showcases(shop, seeds)
    _load_products(shop, seeds)
    shop.db.creators.insert_many([dict(line.document) for line in seeds.creators.values()])
    for bundle, line in seeds.showcases.items():
        found = shop.get(f"/api/demo/kpis/{bundle}").json()
        assert found["bundle"] == bundle
        assert found["currency"] == seeds.bundles[bundle].model.currency
        assert found["base_metrics"] == {"catalog_products": 50, "active_creators": 3}
        assert len(found["investor_focus_metrics"]) == len(line.model.headline)
    assert found["investor_focus_metrics"].keys() >= {"global_gmv_sgd", "emerging_markets"}
    lvmh = shop.get(f"/api/demo/kpis/{LVMH}").json()["investor_focus_metrics"]
    assert lvmh == seeds.showcases[LVMH].document["headline"]
    assert keys(shop) == []


def test_kpis_are_converted_to_the_cent(shop: Shop) -> None:
    shop.db.showcases.insert_one(
        {"_id": LVMH, "headline": {"luxury_aov_eur": 3240, "brand_partnerships": 23, "eur": 7}}
    )
    shop.db.currency_rates.update_one({"_id": "EUR"}, {"$set": {"rates.GBP": 0.8680509}})
    found = shop.get(f"/api/demo/kpis/{LVMH}", params={"currency": "GBP"}).json()
    assert found["currency"] == "GBP"
    assert found["investor_focus_metrics"] == {
        "luxury_aov_gbp": 2812.48,
        "brand_partnerships": 23,
        "eur": 7,
    }


def test_kpis_come_from_their_cached_copy(shop: Shop) -> None:
    shop.db.showcases.insert_one({"_id": LVMH, "headline": {"luxury_aov_eur": 3240}})
    shop.redis.set(f"aislemarts:bundle:{LVMH}:kpis", '{"luxury_aov_eur": 1}')
    found = shop.get(f"/api/demo/kpis/{LVMH}").json()
    assert found["investor_focus_metrics"] == {"luxury_aov_eur": 1}


def test_kpis_of_an_unknown_bundle_or_currency_are_refused(shop: Shop, seeds: Seeds) -> None:
    assert shop.get("/api/demo/kpis/NOBODY").status_code == 404
    _load_contexts(shop, seeds)
    params = {"currency": "XXX"}
    assert shop.get(f"/api/demo/kpis/{LVMH}", params=params).status_code == 400


@pytest.mark.parametrize("headline", [None, [], "x", {}])
def test_a_corrupt_headline_is_served_as_no_metrics(shop: Shop, headline: Any) -> None:
    shop.db.showcases.insert_one({"_id": LVMH, "headline": headline})
    found = shop.get(f"/api/demo/kpis/{LVMH}").json()
    assert found["investor_focus_metrics"] == {}
    assert found["currency"] == "EUR"


def test_money_without_a_usable_rate_is_null(shop: Shop) -> None:
    headline = {"a_eur": 5, "b_eur": None, "c_eur": "x", "d": Decimal128("NaN"), "e_eur": 1e300}
    shop.db.showcases.insert_one({"_id": LVMH, "headline": headline})
    path = f"/api/demo/kpis/{LVMH}?currency=USD"
    assert shop.get(path).json()["investor_focus_metrics"]["e_usd"] is None
    for rate in ("x", None, Decimal128("NaN")):
        shop.db.currency_rates.update_one({"_id": "EUR"}, {"$set": {"rates.USD": rate}})
        assert shop.get(path).json()["investor_focus_metrics"] == {
            "a_usd": None,
            "b_usd": None,
            "c_usd": "x",
            "d": "NaN",
            "e_usd": None,
        }
    shop.db.currency_rates.delete_many({})
    assert shop.get(path).json()["investor_focus_metrics"]["a_usd"] is None


@pytest.mark.parametrize("tracking, tracked", [(True, True), (False, False), ("yes", False)])
def test_interactions_are_tracked_if_that_is_switched_on(
    shop: Shop, tracking: Any, tracked: bool
) -> None:
    shop.db.demo_settings.insert_one({"_id": LVMH, "analytics_tracking": tracking})
    sent = {
        "bundle": LVMH,
        "event_type": "page_view",
        "page": "/home",
        "utm_content": LVMH,
        "session_id": "s-1",
    }
    answer = shop.post("/api/demo/track-interaction", json=sent).json()
    assert answer["tracked"] is tracked
    stored = list(shop.db.analytics.find())
    assert len(stored) == int(tracked)
    for event in stored:
        assert event.items() >= {**sent, "user_type": "demo"}.items()
        assert to_json(event) == answer["event"]
        assert event["at"] == event["last_seen"]


def test_nothing_is_tracked_without_settings(shop: Shop) -> None:
    sent = {"bundle": LVMH, "event_type": "page_view"}
    assert shop.post("/api/demo/track-interaction", json=sent).json()["tracked"] is False
    assert shop.post("/api/demo/track-interaction", json={}).status_code == 422
    assert shop.db.analytics.count_documents({}) == 0


# --- the whole --------------------------------------------------------------------------------


def test_the_endpoints_are_described(shop: Shop) -> None:
    paths = shop.get("/openapi.json").json()["paths"]
    for method, path in (
        ("post", REFRESH),
        ("get", VALIDATE),
        ("get", LOCALIZATION),
        ("post", WARM_UP),
    ):
        described = paths[path][method]
        assert described["description"]
        assert "$ref" in described["responses"]["200"]["content"]["application/json"]["schema"]
        assert ("requestBody" in described) == (method == "post")


def test_without_its_database_the_app_answers_503(shop: Shop, seeds: Seeds) -> None:
    dead: MongoClient[dict[str, Any]] = MongoClient(
        "mongodb://127.0.0.1:1", serverSelectionTimeoutMS=50
    )
    lost = Deployment(dead["x"], redis.Redis(port=1, retry=Retry(NoBackoff(), 0)), None, clock.now)
    with dead, served(create_app(lost, seeds)) as url:
        answer = requests.get(f"{url}/api/demo/health", timeout=10)
        assert (answer.status_code, answer.json()["detail"][:13]) == (503, "MongoDB fails")
        answer = requests.get(f"{url}/api/demo/context/{LVMH}", timeout=10)
        assert (answer.status_code, answer.json()["detail"][:11]) == (503, "Redis fails")


def test_values_that_json_does_not_have_become_texts() -> None:
    assert to_json({"a": float("nan"), "b": [float("inf")], "c": Decimal128("1.5")}) == {
        "a": "nan",
        "b": ["inf"],
        "c": 1.5,
    }
    assert compact({"é": float("-inf")}) == '{"é":"-inf"}'.encode()
    assert [number(value) for value in (float("nan"), True, "1", None, Decimal128("sNaN"))] == [
        None
    ] * 5
    assert in_currency({"a_usd": float("nan")}, "EUR", lambda *_: 1) == {"a_eur": "nan"}
