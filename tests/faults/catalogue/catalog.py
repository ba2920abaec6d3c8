"""Product catalog: 50 items per region."""

from __future__ import annotations

from bson import Code, Decimal128, Int64, ObjectId

from tests.faults.fault import APAC, EU, EVERYONE, US, Inject, Listed
from tests.faults.verbs import (
    added,
    cached,
    cached_copy,
    cached_entries,
    cached_hash,
    cached_list,
    cached_raw,
    changed,
    computed,
    copied,
    distorts,
    in_wrong_encoding,
    not_found,
    of,
    of_the_apps_own,
    reindexed,
    removed,
    seed_file,
    swapped,
    updated,
    without,
)

fault = Listed("catalog")
EVERYWHERE = EVERYONE
INDEX = "region_1_category_1"

# Missing, extra, doubled

fault("a product is missing", "missing", "Mongo", US, "LUX-010", removed("products", _id="LUX-010"))
fault(
    "a product that LiveSales feature is missing", "missing", "Mongo", US, "LUX-003",
    removed("products", _id="LUX-003"),
    also={"sequoia": ("livesale",), "lightspeed": ("livesale",)},
)
fault(
    "a product of a French house is missing", "missing", "Mongo", EU, "EUR-014",
    removed("products", _id="EUR-014"),
    also={"lvmh": ("showcase",), "index": ("showcase",)},
)
fault(
    "Singapore's shelves are empty", "missing", "Mongo", APAC, "50 products",
    removed("products", region="APAC"),
    also={"tiger-global": ("livesale",)},
)
fault(
    "only the jewels of Europe are left", "missing", "Mongo", EU, "EUR-00",
    removed("products", region="EU", category={"$ne": "jewelry"}),
    also={"lvmh": ("livesale", "showcase"), "index": ("livesale", "showcase")},
)
fault(
    "a test product is left over", "extra", "Mongo", US, "LUX-999",
    copied("products", "LUX-010", _id="LUX-999", id="LUX-999", name="Test Product"),
)
fault(
    "a bare document calls itself of the region", "extra", "Mongo", APAC, "APAC-777",
    added("products", _id="APAC-777", region="APAC"),
    also={"tiger-global": ("showcase",)},
)
fault(
    "a stray's id is a document", "extra", "Mongo", US, "sku",
    copied("products", "LUX-010", _id={"sku": "LUX-010"}, name="Another"),
)
fault(
    "mongoimport without _id doubled a product", "doubled", "Mongo", US, "Hermès Birkin 35",
    copied("products", "LUX-001", _id=ObjectId("66f000000000000000000001")),
)
fault(
    "two products have one name", "doubled", "Mongo", US, "Rolex Submariner",
    changed("products", "LUX-010", name="Rolex Submariner"),
)

# Wrong values

fault("a price ten times too high", "wrong value", "Mongo", US, "LUX-010: price_usd",
      computed("products", "LUX-010", lambda _, p: {"price_usd": p["price_usd"] * 10}))
fault("a price one dollar off", "wrong value", "Mongo", US, "TECH-001: price_usd",
      changed("products", "TECH-001", price_usd=17999))
fault("a price of zero", "wrong value", "Mongo", US, "HOME-002: price_usd",
      changed("products", "HOME-002", price_usd=0))
fault(
    "a negative price", "wrong value", "Mongo", APAC, "APAC-001: price_sgd",
    changed("products", "APAC-001", price_sgd=-8500), also={"tiger-global": ("showcase",)},
)
fault(
    "a price differs from the tax example", "wrong value", "Mongo", EU, "EUR-002: price_eur",
    changed("products", "EUR-002", price_eur=130),
    also={"lvmh": ("showcase",), "index": ("showcase",)},
)
fault("another category", "wrong value", "Mongo", US, "LUX-002: category",
      changed("products", "LUX-002", category="watch"))
fault(
    "a French house turned Italian", "wrong value", "Mongo", EU, "EUR-001: brand_country",
    changed("products", "EUR-001", brand_country="IT"), also={"lvmh": ("showcase",)},
)
fault("a space after a name", "wrong value", "Mongo", US, "LUX-003: name",
      changed("products", "LUX-003", name="Tom Ford Suit "))
fault("a Cyrillic letter in a name", "wrong value", "Mongo", EU, "EUR-003: name",
      changed("products", "EUR-003", name="Bulg\u0430ri Serpenti Watch"))
fault("a price in Singapore dollars beside ours", "extra", "Mongo", US, "LUX-010: price_sgd",
      changed("products", "LUX-010", price_sgd=1))
fault("a field is missing", "missing", "Mongo", US, "LUX-010: group",
      without("products", "LUX-010", "group"))

# Wrong types, null, empty

fault("a price as text", "wrong type", "Mongo", US, "LUX-001: price_usd",
      changed("products", "LUX-001", price_usd="12000"), also={"sequoia": ("livesale",)})
fault("a price as a double", "wrong type", "Mongo", US, "LUX-001: price_usd",
      changed("products", "LUX-001", price_usd=12000.0))
fault(
    "a price as a decimal", "wrong type", "Mongo", APAC, "APAC-002: price_sgd",
    changed("products", "APAC-002", price_sgd=Decimal128("450")),
    also={"tiger-global": ("showcase",)},
)
fault("stock as a 64-bit number", "wrong type", "Mongo", US, "LUX-010: inventory",
      changed("products", "LUX-010", inventory=Int64(100)))
fault(
    "a price is null", "null", "Mongo", EU, "EUR-040: price_eur",
    changed("products", "EUR-040", price_eur=None), also={"index": ("showcase",)},
)
fault("a name is null", "null", "Mongo", US, "HOME-001: name",
      changed("products", "HOME-001", name=None))
fault("a name is empty", "empty", "Mongo", US, "HOME-001: name",
      changed("products", "HOME-001", name=""))
fault("a name is JavaScript code", "wrong type", "Mongo", EU, "EUR-041: name",
      computed("products", "EUR-041", lambda _, product: {"name": Code(product["name"])}))
fault("a region is a list", "wrong type", "Mongo", EU, "EUR-041: region",
      changed("products", "EUR-041", region=["EU"]))
fault("a name is a list", "wrong type", "Mongo", EU, "EUR-040: name",
      changed("products", "EUR-040", name=["Cartier"]))
fault(
    "a brand is a document", "wrong type", "Mongo", EU, "EUR-040: brand",
    changed("products", "EUR-040", brand={"name": "Cartier"}),
)

# Texts

fault("a name in mojibake", "mojibake", "Mongo", US, "LUX-001: name",
      computed("products", "LUX-001", lambda _, p: {"name": in_wrong_encoding(p["name"])}))
fault("question marks for accents", "mojibake", "Mongo", US, "HOME-002: name",
      changed("products", "HOME-002", name="Herm?s Avalon Blanket"))

fault("a name with a no-break space", "wrong value", "Mongo", US, "U+00A0 NO-BREAK SPACE",
      changed("products", "LUX-001", name="Hermès\u00a0Birkin 35"))
fault("a name with a doubled space", "wrong value", "Mongo", US, "U+0020 SPACE",
      changed("products", "LUX-001", name="Hermès  Birkin 35"))
fault("a name with a Cyrillic letter", "wrong value", "Mongo", US, "U+041D CYRILLIC CAPITAL LETTER EN",
      changed("products", "LUX-001", name="\u041dermès Birkin 35"))

# Currencies and regions

fault("a US product in euros", "currency mixed up", "Mongo", US, "LUX-010: currency",
      changed("products", "LUX-010", currency="EUR"))
fault("a second price in another currency", "currency mixed up", "Mongo", US, "LUX-010: price_eur",
      changed("products", "LUX-010", price_eur=1000))
fault(
    "a Singapore price in dollars", "currency mixed up", "Mongo", APAC, "APAC-001: price_sgd",
    updated("products", {"_id": "APAC-001"}, {"$rename": {"price_sgd": "price_usd"}}),
    also={"tiger-global": ("livesale", "showcase")},
)
fault("a US product in the European catalog", "swapped", "Mongo", (*US, *EU), "LUX-010",
      changed("products", "LUX-010", region="EU"), also={"index": ("showcase",)})
fault("two products swapped their prices", "swapped", "Mongo", US, "LUX-004: price_usd",
      swapped("products", "LUX-004", "LUX-005", "price_usd"))
fault("two products swapped places", "swapped", "Mongo", US, "LUX-004",
      swapped("products", "LUX-004", "LUX-005"))

# Stock

fault("one piece was sold", "stale", "Mongo", US, "TECH-001: inventory",
      changed("products", "TECH-001", inventory=99))
fault("one piece is reserved", "stale", "Mongo", APAC, "APAC-001: reserved",
      changed("products", "APAC-001", reserved=1))
fault("reserved is false", "wrong type", "Mongo", US, "TECH-001: reserved",
      changed("products", "TECH-001", reserved=False))
fault(
    "Europe is sold out", "stale", "Mongo", EU, "inventory",
    updated("products", {"region": "EU"}, {"$set": {"inventory": 0}}),
    also={"lvmh": ("livesale",), "index": ("livesale",)},
)
fault("the field inventory is missing", "missing", "Mongo", US, "LUX-010: inventory",
      without("products", "LUX-010", "inventory"))

# Indexes

fault("the catalog's index is missing", "index missing", "Mongo", EVERYWHERE, INDEX,
      reindexed("products", INDEX))
fault("the catalog's index has other fields", "index missing", "Mongo", EVERYWHERE, INDEX,
      reindexed("products", INDEX, ([("category", 1)], {"name": INDEX})))

# Cached copies

fault("a cached price from yesterday", "cached copy differs", "Redis", US, "cdn:LUX-001: price_usd",
      cached_copy("region:US:cdn:LUX-001", "products", "LUX-001", price_usd=11000))
fault("a cached product that is gone", "cached copy differs", "Redis", US, "LUX-900",
      cached_copy("region:US:cdn:LUX-900", "products", "LUX-001"))
fault("one product cached under another's key", "cached copy differs", "Redis", US, "cdn:LUX-001",
      cached_copy("region:US:cdn:LUX-001", "products", "LUX-002"))
fault("a cached product is an empty document", "cached copy differs", "Redis", EU, "cdn:EUR-010",
      cached("region:EU:cdn:EUR-010", {}))
fault("a cached product is null", "cached copy differs", "Redis", EU, "cdn:EUR-010",
      cached("region:EU:cdn:EUR-010", None))
fault("a cached product is half a document", "cached copy differs", "Redis", EU, "cdn:EUR-010",
      cached_raw("region:EU:cdn:EUR-010", b'{"_id":"EUR-010","name":"Di'))
fault("a cached product is an error page", "cached copy differs", "Redis", APAC, "cdn:APAC-001",
      cached_raw("region:APAC:cdn:APAC-001", b"<html>502 Bad Gateway</html>"))
fault("a cached product is a Redis hash", "cached copy differs", "Redis", US, "cdn:LUX-001",
      cached_hash("region:US:cdn:LUX-001", name="Hermès Birkin 35"))
fault("an old price in a hash of prices", "cached copy differs", "Redis", US, "prices: LUX-001: price",
      cached_hash("region:US:prices", **{"LUX-001": "10400"}))
fault("an old price in a hash of one product", "cached copy differs", "Redis", EU, "EUR-001: price_eur",
      cached_hash("region:EU:bag:EUR-001", price_eur="4500"))
fault("an old price in a Redis list", "cached copy differs", "Redis", APAC, "APAC-001: price_sgd",
      cached_entries("region:APAC:seen_lately", {"id": "APAC-001", "price_sgd": 1}))
fault("a cached product of another region", "cached copy differs", "Redis", US, "EUR-001",
      cached_copy("region:US:cdn:EUR-001", "products", "EUR-001"))
fault("search results with another price", "cached copy differs", "Redis", EU, "EUR-001: price_eur",
      cached("region:EU:search:handbags", {"hits": [{"id": "EUR-001", "price_eur": 4500}]}))
fault("search results with another region's product", "cached copy differs", "Redis", US, "APAC-001",
      cached("region:US:search:pearls", {"hits": [{"id": "APAC-001"}]}))
fault("a cached catalog is one product short", "cached copy differs", "Redis", US, "LUX-007",
      cached_list("region:US:products", "products", {"region": "US"}, "LUX-007"))
fault("a cached catalog is empty", "cached copy differs", "Redis", APAC, "region:APAC:catalog",
      cached("region:APAC:catalog", []))
fault("one bundle's own cached copy differs", "cached copy differs", "Redis", "a16z",
      "A16Z_CHRIS_DIXON:product:TECH-001: inventory",
      cached_copy(f"bundle:{of('a16z')}:product:TECH-001", "products", "TECH-001", inventory=3))

# What the shop shows

SHOP, PAGE = "/api/products", "/api/products/"


def on_the_shelf(sku: str, **fields: object) -> Inject:
    """Let the shop's list show a product otherwise than it is stored."""
    return distorts("GET", SHOP, lambda body, _: [
        {**one, **fields} if one["_id"] == sku else one for one in body
    ] if isinstance(body, list) else body)


fault("the shop hides a product", "seen otherwise", "HTTP", EU, "EUR-007 in the shop",
      distorts("GET", SHOP, lambda body, _: [one for one in body if one["_id"] != "EUR-007"]
               if isinstance(body, list) else body))
fault("the shop asks a euro more", "seen otherwise", "HTTP", EU, "EUR-007 in the shop: price",
      distorts("GET", SHOP, lambda body, _: [
          {**one, "price_eur": one["price_eur"] + 1} if one["_id"] == "EUR-007" else one
          for one in body] if isinstance(body, list) else body))
fault("the shop says sold out", "seen otherwise", "HTTP", APAC, "APAC-001 in the shop: stock",
      on_the_shelf("APAC-001", inventory=0))
fault("the shop shows another name", "seen otherwise", "HTTP", US, "LUX-010 in the shop: name",
      on_the_shelf("LUX-010", name="A watch"))
fault("the shop shows another brand", "seen otherwise", "HTTP", EU, "EUR-007 in the shop: brand",
      on_the_shelf("EUR-007", brand="Maison Autre"))
fault("the shop shows no category", "seen otherwise", "HTTP", APAC, "APAC-001 in the shop: category",
      on_the_shelf("APAC-001", category=None))
fault("the shop lists a product of no region", "extra", "Mongo", EVERYONE, "product TEST-1 in the shop",
      of_the_apps_own("products", _id="TEST-1", name="Test product", currency="USD", price_usd=1,
                      inventory=1, reserved=0), by_hand=True)
fault("the shop lists a product of an unknown region", "extra", "Mongo", EVERYONE, "product TEST-2 in the shop",
      of_the_apps_own("products", _id="TEST-2", name="Test product", currency="USD", price_usd=1,
                      inventory=1, reserved=0, region="MEA"), by_hand=True)
fault("the shop is empty", "seen otherwise", "HTTP", EVERYONE, "in the shop",
      distorts("GET", SHOP, lambda body, _: [] if isinstance(body, list) else body))
fault("the shop is empty for whoever is signed in", "seen otherwise", "HTTP", EVERYONE, "in the shop",
      distorts("GET", SHOP, lambda body, request: (
          [] if isinstance(body, list) and "Authorization" in request.headers else body)))
fault("the shop lists a product twice", "seen otherwise", "HTTP", EU, "EUR-007 in the shop",
      distorts("GET", SHOP, lambda body, _: [
          copy for one in body for copy in [one] * (1 + (one["_id"] == "EUR-007"))
      ] if isinstance(body, list) else body))
fault("the shop shows a product that is not stored", "seen otherwise", "HTTP", EU, "OLD-1 in the shop",
      distorts("GET", SHOP, lambda body, _: [
          *body, *({**one, "_id": "OLD-1", "name": "Old bag"} for one in body if one["_id"] == "EUR-007")
      ] if isinstance(body, list) else body))
fault("the shop lists a product first for one euro", "seen otherwise", "HTTP", EU, "EUR-007 in the shop: price",
      distorts("GET", SHOP, lambda body, _: [
          *({**one, "price_eur": 1} for one in body if one["_id"] == "EUR-007"), *body
      ] if isinstance(body, list) else body))
fault("no product opens", "404", "HTTP", EVERYONE, "answered 404", not_found("GET", PAGE))
fault("every product's page is another's", "seen otherwise", "HTTP", EVERYONE, "the page of product",
      distorts("GET", PAGE, lambda body, _: {**body, "name": "Another piece"}))
fault("every product's page has another brand", "seen otherwise", "HTTP", EVERYONE, "the page of product",
      distorts("GET", PAGE, lambda body, _: {**body, "brand": "Maison Autre"}))

# Files

fault("the seed file has a new price", "stale", "files", US, "LUX-010: price_usd",
      seed_file("luxury_products.json", '"LUX-010"', '"price_usd": ', '"price_usd": 1'))
