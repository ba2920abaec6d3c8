"""Faults of a whole service: it does not answer, hangs, or is the wrong one."""

from __future__ import annotations

from playbook.verdict.checks import CHECKS
from tests.faults.fault import EVERYONE, Inject, Lab, Listed
from tests.faults.proxy import closed_port, mute

fault = Listed("services")
BY_API = CHECKS
BY_REDIS = ("catalog", "creators", "livesale", "leads", "locales", "analytics", "showcase")


def api_at(port: int | None = None) -> Inject:
    return lambda lab: lab.lead_elsewhere(api_url=f"http://127.0.0.1:{port or closed_port()}")


def api_answering(words: bytes | None) -> Inject:
    return lambda lab: api_at(lab.until_healed.enter_context(mute(words)))(lab)


def redis_at(lab: Lab, port: int) -> None:
    lab.lead_elsewhere(redis_url=f"redis://127.0.0.1:{port}/0")


def mongo_at(lab: Lab, port: int) -> None:
    lab.lead_elsewhere(mongo_uri=f"mongodb://127.0.0.1:{port}/")


fault("the API is down", "service down", "service", EVERYONE, "no answer", api_at(), checks=BY_API)
fault("the API hangs up", "service down", "service", EVERYONE, "no answer", api_answering(b""), checks=BY_API)
fault("the API hangs", "slow", "service", EVERYONE, "within 5 s", api_answering(None), checks=BY_API)
fault("something else speaks at the API's port", "service down", "service", EVERYONE, "/api/",
      api_answering(b"220 mail.aislemarts.luxury ESMTP\r\n"), checks=BY_API)
fault("Redis is down", "service down", "service", EVERYONE, "Redis",
      lambda lab: redis_at(lab, closed_port()), checks=BY_REDIS)
fault("Redis wants a password", "service down", "service", EVERYONE, "Redis",
      lambda lab: redis_at(lab, lab.until_healed.enter_context(
          mute(b"-NOAUTH Authentication required.\r\n" * 9))), checks=BY_REDIS)
fault("MongoDB is down", "service down", "service", EVERYONE, "MongoDB",
      lambda lab: mongo_at(lab, closed_port()), checks=CHECKS)
fault("MongoDB hangs up", "service down", "service", EVERYONE, "MongoDB",
      lambda lab: mongo_at(lab, lab.until_healed.enter_context(mute(b""))), checks=CHECKS)
fault("another database", "stale", "service", EVERYONE, "",
      lambda lab: lab.lead_elsewhere(mongo_db="aislemarts_staging"),
      checks=("catalog", "creators", "livesale", "leads", "currency", "locales", "analytics", "accounts", "showcase"))
