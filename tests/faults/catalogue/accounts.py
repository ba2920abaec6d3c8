"""Authentication: Demo accounts functional."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import bcrypt

from tests.faults.fault import EVERYONE, Document, Inject, Lab, Listed
from tests.faults.proxy import Request, json_reply
from tests.faults.verbs import (
    answers,
    breaking_off,
    distorts,
    failing,
    hanging_up,
    html,
    not_found,
    of,
    redirecting,
    reindexed,
    slow,
    truncated,
    updated,
)

fault = Listed("accounts")
LOGIN = "/api/auth/login"
OWN_PAGE = "/api/auth/users/"
FIRST_OF_REGIONS = ("sequoia", "lvmh", "tiger-global")
"""One account's own page is opened a region: its token's, and the board uses all the others."""
NOBODY_IN = ("accounts", "leads")
"""What needs somebody who is signed in."""


def email(name: str) -> str:
    return f"{name}@aislemarts.luxury"


def account(name: str, **fields: Any) -> Inject:
    """Set fields of an account, by the name in its address."""
    fields = {key.replace("__", "."): value for key, value in fields.items()}
    return updated("users", {"email": email(name)}, {"$set": fields})


def stripped(name: str, *fields: str) -> Inject:
    return updated("users", {"email": email(name)}, {"$unset": dict.fromkeys(fields, "")})


def ends(name: str, after: timedelta) -> Inject:
    return lambda lab: account(name, expires_at=lab.now + after)(lab)


def gone(name: str) -> Inject:
    return lambda lab: _gone(lab, name)


def _gone(lab: Lab, name: str) -> None:
    assert lab.db.users.delete_one({"email": email(name)}).deleted_count == 1


def another(name: str, **fields: Any) -> Inject:
    """A copy of an account under another id."""

    def inject(lab: Lab) -> None:
        copy: Document = dict(lab.db.users.find_one({"email": email(name)}) or {})
        lab.db.users.insert_one({**copy, "_id": "66f0", **fields})

    return inject


def hash_of(password: str) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


fault("an account is missing", "missing", "Mongo", "sequoia", "sequoia.demo@", gone("sequoia.demo"))
fault("a companion is missing", "missing", "Mongo", "index", "index.viewer@", gone("index.viewer"))
fault("an address in capitals", "wrong value", "Mongo", "sequoia", "sequoia.demo@",
      account("sequoia.demo", email="SEQUOIA.DEMO@aislemarts.luxury"))
fault("locked", "account locked", "Mongo", "lvmh", "locked", account("lvmh.demo", locked=True))
fault("a companion is locked", "account locked", "Mongo", "a16z", "a16z.creator@",
      account("a16z.creator", locked=True))
fault("locked is null", "null", "Mongo", "bessemer", "locked", account("bessemer.demo", locked=None))
fault("the field locked is missing", "missing", "Mongo", "bessemer", "locked", stripped("bessemer.brand", "locked"))
fault("expired yesterday", "expired", "Mongo", "sequoia", "expires_at",
      ends("sequoia.demo", timedelta(days=-1)))
fault("expires in an hour", "expired", "Mongo", "tiger-global", "expires_at",
      ends("tiger.demo", timedelta(hours=1)))
fault("expires before the LiveSale", "expired", "Mongo", "general-catalyst", "expires_at",
      ends("gc.viewer", timedelta(hours=47)))
fault("the expiry is missing", "missing", "Mongo", "lightspeed", "expires_at",
      stripped("lightspeed.demo", "expires_at"))
fault("the expiry is a text", "wrong type", "Mongo", "index", "expires_at",
      account("index.demo", expires_at="2099-01-01"))
fault("somebody changed the password", "another's password", "Mongo", "sequoia", "sequoia.demo@",
      account("sequoia.demo", password=hash_of("changed")))
fault("it has another account's password", "another's password", "Mongo", "lvmh", "lvmh.demo@",
      lambda lab: account("lvmh.demo", password=hash_of(lab.direct.settings.password("a16z")))(lab))
fault("the password is null", "null", "Mongo", "a16z", "a16z.demo@", account("a16z.demo", password=None))
fault("the password stands in clear", "wrong type", "Mongo", "bessemer", "bessemer.demo@",
      lambda lab: account("bessemer.demo", password=lab.direct.settings.password("bessemer"))(lab))
fault("the address has a typo", "wrong value", "Mongo", "tiger-global", "tiger.demo@",
      account("tiger.demo", email=email("tigre.demo")))
fault("the address has a capital", "wrong value", "Mongo", "index", "index.demo@",
      account("index.demo", email="Index.demo@aislemarts.luxury"))
fault("another role", "wrong value", "Mongo", "general-catalyst", "role", account("gc.demo", role="admin"))
fault("no demo account any more", "wrong value", "Mongo", "lightspeed", "demo",
      account("lightspeed.creator", demo=False))
fault("it must go through onboarding", "wrong value", "Mongo", "lvmh", "onboarded",
      account("lvmh.brand", onboarded=False))
fault("it prefers dollars", "currency mixed up", "Mongo", "lvmh", "preferences.currency",
      account("lvmh.demo", preferences__currency="USD"))
fault("its preferences are null", "null", "Mongo", "sequoia", "preferences",
      account("sequoia.creator", preferences=None))
fault("it moved to another bundle", "swapped", "Mongo", "sequoia", "bundle",
      account("sequoia.creator", bundle=of("a16z")))
fault("a stray account", "extra", "Mongo", "a16z", "a16z.intern@",
      another("a16z.demo", email=email("a16z.intern")))
fault("the index of addresses is missing", "index missing", "Mongo", EVERYONE, "email_1",
      reindexed("users", "email_1"))
fault("the index of addresses is not unique", "index missing", "Mongo", EVERYONE, "email_1",
      reindexed("users", "email_1", ([("email", 1)], {})))
fault("two accounts have one address", "doubled", "Mongo", EVERYONE, "email_1",
      reindexed("users", "email_1"), another("index.demo", password=hash_of("another")),
      healed_by=("index",))
fault("the endpoint is gone", "404", "HTTP", EVERYONE, "404", not_found("POST", LOGIN),
      checks=NOBODY_IN)
fault("the endpoint fails", "500", "HTTP", EVERYONE, "500", failing("POST", LOGIN),
      checks=NOBODY_IN)
fault("the endpoint is out of service", "500", "HTTP", EVERYONE, "503", failing("POST", LOGIN, 503),
      checks=NOBODY_IN)
fault("the endpoint is slow", "slow", "HTTP", EVERYONE, "within 5 s", slow("POST", LOGIN),
      checks=NOBODY_IN)
fault("the endpoint answers HTML", "HTML", "HTTP", EVERYONE, "text/html", html("POST", LOGIN),
      checks=NOBODY_IN)
fault("the endpoint answers half its JSON", "truncated", "HTTP", EVERYONE, "broken JSON", truncated("POST", LOGIN),
      checks=NOBODY_IN)
fault("the endpoint breaks off", "truncated", "HTTP", EVERYONE, "broke off", breaking_off("POST", LOGIN),
      checks=NOBODY_IN)
fault("the endpoint hangs up", "no answer", "HTTP", EVERYONE, "no answer", hanging_up("POST", LOGIN),
      checks=NOBODY_IN)
fault("the endpoint sends elsewhere", "redirect", "HTTP", EVERYONE, "302", redirecting("POST", LOGIN),
      checks=NOBODY_IN)
fault("nobody gets in", "wrong value", "HTTP", EVERYONE, "401",
      answers("POST", LOGIN, json_reply({"detail": "wrong e-mail or password"}, 401)),
      checks=NOBODY_IN)
fault("everybody gets in", "false success", "HTTP", EVERYONE, "wrong password",
      answers("POST", LOGIN, json_reply({"user_id": "u", "token": "t", "message": "Login successful"})),
      also=dict.fromkeys(EVERYONE, ("leads",)))


def as_somebody_else(body: Any, _: Request) -> Any:
    return {**body, "user_id": "f8b47279-0000-0000-0000-000000000000"} if "user_id" in body else body


def at_lvmh(body: Any, request: Request) -> Any:
    return {**body, "token": ""} if request.json()["email"].startswith("lvmh.") else body


fault("one is logged in as somebody else", "swapped", "HTTP", EVERYONE, "user_id",
      lambda lab: lab.proxy.override("POST", LOGIN, lambda request, forward: (
          reply if (reply := forward()).status != 200
          else reply.saying(as_somebody_else(reply.json(), request)))))
fault("a login without a token", "false success", "HTTP", "lvmh", "token",
      lambda lab: lab.proxy.override("POST", LOGIN, lambda request, forward: (
          reply if (reply := forward()).status != 200
          else reply.saying(at_lvmh(reply.json(), request)))),
      checks=NOBODY_IN)
fault("no own page opens", "seen otherwise", "HTTP", FIRST_OF_REGIONS, "answered 401",
      failing("GET", OWN_PAGE, 401))
fault("the own page is somebody else's", "swapped", "HTTP", FIRST_OF_REGIONS, "the own page of account",
      distorts("GET", OWN_PAGE, lambda body, _: {**body, "email": "somebody.else@aislemarts.luxury"}))
