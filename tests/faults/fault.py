"""The definition of a fault: what it breaks, and which checks must notice.

A fault names exactly the bundles and checks that must be NO-GO, and a word that the reason must
contain, so its reader knows where to look.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

import redis
from pymongo.database import Database

from playbook.environment import Environment
from playbook.environment.settings import Settings
from playbook.pristine.seeds import Seeds
from tests.faults.proxy import Proxy

type Document = dict[str, Any]
type Part = Literal["Mongo", "Redis", "HTTP", "files", "service"]
type Inject = Callable[[Lab], None]

US = ("sequoia", "a16z", "general-catalyst", "lightspeed", "bessemer")
EU = ("lvmh", "index")
APAC = ("tiger-global",)
EVERYONE = (*US[:2], "lvmh", *US[2:4], "index", US[4], *APAC)

KEYS = {
    "sequoia": "SEQUOIA_ROELOF_BOTHA",
    "a16z": "A16Z_CHRIS_DIXON",
    "lvmh": "LVMH_JULIE_BERCOVY",
    "general-catalyst": "GENERAL_CATALYST_HEMANT_TANEJA",
    "lightspeed": "LIGHTSPEED_JEREMY_LIEW",
    "index": "INDEX_SOFOA_DOLFE",
    "bessemer": "BESSEMER_JEREMY_LEVINE",
    "tiger-global": "TIGER_GLOBAL_CHASE_COLEMAN",
}


@dataclass
class Lab:
    """The parts that a fault can break, and the environment that is checked then."""

    direct: Environment
    """The embedded environment without anything in between."""
    proxy: Proxy
    seeds: Seeds
    now: datetime
    tested: Settings
    """The settings with which the suite reaches the environment; a fault may change them."""
    until_healed: ExitStack = field(default_factory=ExitStack)

    @property
    def db(self) -> Database[Document]:
        return self.direct.db

    @property
    def redis(self) -> redis.Redis:
        client = self.direct.redis
        assert isinstance(client, redis.Redis), "the embedded environment has one server"
        return client

    def lead_elsewhere(self, **settings: str) -> None:
        """Check under other settings, as where a service has gone."""
        self.tested = replace(self.tested, **settings)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Fault:
    """One fault."""

    name: str
    kind: str
    breaks: Part
    at: tuple[str, ...]
    """The bundles, by short name, in which ``checks`` must fail."""
    checks: tuple[str, ...]
    says: str
    """What a reason of each of these checks must hold: the thing to look at."""
    inject: Inject = field(compare=False, repr=False)
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)
    """Checks that see it too, by bundle: a product that is missing is missing in a LiveSale."""
    page: str = ""
    """Of a fault on a page: what every reason begins with; empty if several pages show it."""
    healed_by: tuple[str, ...] = field(default=(), compare=False)
    """The bundles to reset, where the cause is theirs alone though others notice it."""
    app: str = "playbook"
    """The shape of app in which it breaks something (``PLAYBOOK_DEPLOYMENT``)."""
    by_hand: bool = field(default=False, compare=False)
    """Whether only people can repair it: a document of the app's own, which no reset changes."""

    @property
    def blames(self) -> Mapping[str, frozenset[str]]:
        """The checks that must fail, by bundle; all others must pass."""
        bundles = dict.fromkeys((*self.at, *self.also))
        return {
            bundle: frozenset(
                (*(self.checks if bundle in self.at else ()), *self.also.get(bundle, ()))
            )
            for bundle in bundles
        }

    @property
    def area(self) -> str:
        """The check that it is listed under."""
        return self.name.partition(":")[0].rpartition(" ")[2]


class CannotInject(Exception):
    """Raised if a fault changed nothing."""


@dataclass
class Listed:
    """Collects the faults of one module of the catalogue."""

    area: str
    faults: list[Fault] = field(default_factory=list)
    app: str = "playbook"

    def __call__(
        self,
        name: str,
        kind: str,
        breaks: Part,
        at: tuple[str, ...] | str,
        says: str,
        *inject: Inject,
        checks: tuple[str, ...] = (),
        also: Mapping[str, tuple[str, ...]] | None = None,
        healed_by: tuple[str, ...] = (),
        page: str = "",
        by_hand: bool = False,
    ) -> None:
        def all_of(lab: Lab) -> None:
            for one in inject:
                one(lab)

        bundles = (at,) if isinstance(at, str) else at
        place = self.area if self.app == "playbook" else f"{self.app} {self.area}"
        named = f"{place}: {name}"
        areas = checks or (self.area,)
        self.faults.append(
            Fault(
                named,
                kind,
                breaks,
                bundles,
                areas,
                says,
                all_of,
                also or {},
                page=page,
                healed_by=healed_by,
                app=self.app,
                by_hand=by_hand,
            )
        )
