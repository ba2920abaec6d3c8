"""Creator profiles: 3 active creators."""

from __future__ import annotations

from tests.faults.fault import APAC, EU, EVERYONE, US, Listed
from tests.faults.verbs import (
    added,
    cached,
    cached_copy,
    cached_list,
    cached_raw,
    changed,
    computed,
    copied,
    distorts,
    in_wrong_encoding,
    of,
    of_the_apps_own,
    removed,
    swapped,
    updated,
    without,
)

fault = Listed("creators")
ISABELLA, MARIE, YUKI, MARCUS, CAMILLE = (f"creator-00{number}" for number in range(1, 6))
WITHOUT_ISABELLA = {"sequoia": ("livesale",), "lightspeed": ("livesale", "showcase")}
WITHOUT_MARCUS = {
    "a16z": ("livesale",),
    "bessemer": ("livesale",),
    "lightspeed": ("showcase",),
}
WITHOUT_CAMILLE = {"general-catalyst": ("livesale",), "lightspeed": ("showcase",)}

fault("a creator is missing", "missing", "Mongo", US, CAMILLE,
      removed("creators", _id=CAMILLE), also=WITHOUT_CAMILLE)
fault("nobody is left in Singapore", "missing", "Mongo", APAC, "region APAC",
      removed("creators", region="APAC"), also={"tiger-global": ("livesale",)})
fault("a creator is inactive", "wrong value", "Mongo", US, ISABELLA,
      changed("creators", ISABELLA, active=False), also=WITHOUT_ISABELLA)
fault("active is null", "null", "Mongo", US, MARCUS,
      changed("creators", MARCUS, active=None), also=WITHOUT_MARCUS)
fault("active is a text", "wrong type", "Mongo", US, MARCUS,
      changed("creators", MARCUS, active="true"), also=WITHOUT_MARCUS)
fault("active is 1", "wrong type", "Mongo", EU, MARIE,
      changed("creators", MARIE, active=1), also={"lvmh": ("livesale",)})
fault("followers are off", "wrong value", "Mongo", APAC, f"{YUKI}: followers",
      changed("creators", YUKI, followers=320001))
fault("followers are a text", "wrong type", "Mongo", US, f"{ISABELLA}: followers",
      changed("creators", ISABELLA, followers="250K"))
fault("a rate in per cent instead of a share", "wrong value", "Mongo", EU, f"{MARIE}: conversion_rate",
      changed("creators", MARIE, conversion_rate=5.2))
fault("viewers are null", "null", "Mongo", EU, f"{MARIE}: avg_session_viewers",
      changed("creators", MARIE, avg_session_viewers=None))
fault("a specialty is missing", "missing", "Mongo", APAC, f"{YUKI}: specialty",
      without("creators", YUKI, "specialty"))
fault("a name in mojibake", "mojibake", "Mongo", EU, MARIE,
      computed("creators", MARIE, lambda _, c: {"name": in_wrong_encoding(c["name"])}),
      also={"lvmh": ("livesale",)})
fault("a name without its accents", "wrong value", "Mongo", EU, MARIE,
      changed("creators", MARIE, name="Marie Elegance"), also={"lvmh": ("livesale",)})
fault("a name is a list", "wrong type", "Mongo", US, CAMILLE,
      changed("creators", CAMILLE, name=["Camille"]), also=WITHOUT_CAMILLE)
fault("a fourth creator", "extra", "Mongo", US, "creator-099",
      copied("creators", ISABELLA, _id="creator-099", id="creator-099", name="Test Creator"))
fault("a creator twice", "doubled", "Mongo", EU, "Marie Élégance",
      copied("creators", MARIE, _id="66f0"))
fault("a bare document of the region", "extra", "Mongo", APAC, "creator-x",
      added("creators", _id="creator-x", region="APAC"))
fault("Marie is sent to America", "swapped", "Mongo", (*US, *EU), MARIE,
      changed("creators", MARIE, region="US"), also={"lvmh": ("livesale",)})
fault("two creators swapped their profiles", "swapped", "Mongo", US, ISABELLA,
      swapped("creators", ISABELLA, MARCUS, "followers", "specialty", "avg_session_viewers"))
fault("everybody in Europe is resting", "wrong value", "Mongo", EU, "active creators of region EU",
      updated("creators", {"region": "EU"}, {"$set": {"active": False}}),
      also={"lvmh": ("livesale",), "index": ("livesale",)})
fault("a cached profile differs", "cached copy differs", "Redis", US, f"creator:{ISABELLA}: followers",
      cached_copy(f"region:US:creator:{ISABELLA}", "creators", ISABELLA, followers=1))
fault("a cached profile of somebody gone", "cached copy differs", "Redis", EU, "creator-077",
      cached("region:EU:creator:creator-077", {"_id": "creator-077"}))
fault("a cached profile is truncated", "cached copy differs", "Redis", APAC, f"creator:{YUKI}",
      cached_raw(f"region:APAC:creator:{YUKI}", b'{"_id": "crea'))
fault("a cached list lacks a creator", "cached copy differs", "Redis", US, MARCUS,
      cached_list("region:US:creators", "creators", {"region": "US"}, MARCUS))
fault("a bundle's cached profile is inactive", "cached copy differs", "Redis", "lvmh", MARIE,
      cached_copy(f"bundle:{of('lvmh')}:creator:{MARIE}", "creators", MARIE, active=False))
fault("the app shows a creator of no region", "extra", "Mongo", EVERYONE, "creator Test Person",
      of_the_apps_own("creators", _id="test-1", name="Test Person", active=True), by_hand=True)
fault("the app shows a creator of an unknown region", "extra", "Mongo", EVERYONE, "creator Test Person",
      of_the_apps_own("creators", _id="test-2", name="Test Person", active=True, region="us"), by_hand=True)
fault("the app shows a creator as inactive", "seen otherwise", "HTTP", EU, "Marie",
      distorts("GET", "/api/creators", lambda body, _: [
          {**one, "active": False} if one["_id"] == MARIE else one for one in body]))
fault("there is null in the app's list of creators", "seen otherwise", "HTTP", EVERYONE, "can't show",
      distorts("GET", "/api/creators", lambda body, _: [*body, None]))
fault("the app shows a creator with other followers", "seen otherwise", "HTTP", EU, "Marie Élégance in the app: followers",
      distorts("GET", "/api/creators", lambda body, _: [
          {**one, "followers": 1} if one["_id"] == MARIE else one for one in body]))
fault("the app shows a creator who is not stored", "seen otherwise", "HTTP", EU, "creator Old Host",
      distorts("GET", "/api/creators", lambda body, _: [
          *body, *({**one, "_id": "old-1", "name": "Old Host"} for one in body if one["_id"] == MARIE)]))
fault("the app does not show a creator", "seen otherwise", "HTTP", EU, "Marie",
      distorts("GET", "/api/creators", lambda body, _: [
          one for one in body if one["_id"] != MARIE]))
