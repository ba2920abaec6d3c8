"""Sequoia: network effects demo data ready."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from playbook.pristine.showcases.base import (
    Count,
    Day,
    Discrepancy,
    Figure,
    Money,
    Month,
    Row,
    Run,
    Showcase,
    Text,
    doubled,
    growth,
)


class Member(Row):
    id: Text
    name: Text
    joined: Day


class Connection(Row):
    """A friendship between two members; it counts once."""

    a: Text
    b: Text


class Invites(Row):
    """The result of one member's invitations."""

    member: Text
    sent: Count
    joined: Count


class VendorCount(Row):
    month: Month
    vendors: Count


class NewUser(Row):
    """A user who joined through the network, and their purchases since."""

    id: Text
    products: list[Text]
    gmv_usd: Money


class NetworkEffects(Showcase):
    bundle: ClassVar[str] = "SEQUOIA_ROELOF_BOTHA"
    promises: ClassVar[dict[str, str]] = {
        "viral_coefficient": "0.45",
        "network_density": "3.2",
        "b2b_vendor_growth_mom": "0.23",
        "network_gmv_effect_usd": "340",
    }

    members: Annotated[list[Member], Field(min_length=2)]
    connections: list[Connection]
    invites: list[Invites]
    vendors: Annotated[list[VendorCount], Field(min_length=2)]
    new_users: Annotated[list[NewUser], Field(min_length=1)]

    @model_validator(mode="after")
    def _edges_join_known_members_once(self) -> Self:
        known = {member.id for member in self.members}
        if len(known) != len(self.members):
            raise ValueError("two members share an id")
        pairs: set[frozenset[str]] = set()
        for edge in self.connections:
            pair = frozenset((edge.a, edge.b))
            if len(pair) != 2 or not pair <= known:
                raise ValueError(f"connection {edge.a}-{edge.b} does not join two known members")
            if pair in pairs:
                raise ValueError(f"connection {edge.a}-{edge.b} is there twice")
            pairs.add(pair)
        for row in self.invites:
            if row.member not in known or row.joined > row.sent:
                raise ValueError(
                    f"invites of {row.member}: unknown member, or more joined than sent"
                )
        return self

    def baskets(self) -> list[tuple[str, list[str], Fraction, str]]:
        return [(u.id, u.products, Fraction(u.gmv_usd), "USD") for u in self.new_users]

    def runs(self) -> list[Run]:
        return [Run("vendors", "mo", [row.month for row in self.vendors], 2)]

    def figures(self) -> list[Figure]:
        return [Figure("vendors", row.month, row.vendors) for row in self.vendors]

    def discrepancies(self) -> Iterator[Discrepancy]:
        joined = sum(row.joined for row in self.invites)
        # All members except the first one were invited by another member.
        if joined >= len(self.members):
            yield Discrepancy("invitations", "joined by them", len(self.members) - 1, joined)
        if joined != len(self.new_users):
            yield Discrepancy("invitations", "new users", joined, len(self.new_users))

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        yield from doubled("invitations", (row.member for row in self.invites))
        people = [*(member.id for member in self.members), *(user.id for user in self.new_users)]
        yield from doubled("members and new users", people)

    def kpis(self) -> dict[str, Fraction]:
        months = sorted(self.vendors, key=lambda row: row.month)
        return {
            "viral_coefficient": Fraction(sum(r.joined for r in self.invites), len(self.members)),
            # A connection joins two members: each of them has it.
            "network_density": Fraction(2 * len(self.connections), len(self.members)),
            "b2b_vendor_growth_mom": growth(months[-1].vendors, months[-2].vendors),
            "network_gmv_effect_usd": Fraction(
                sum(user.gmv_usd for user in self.new_users), len(self.new_users)
            ),
        }
