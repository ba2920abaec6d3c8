"""Lightspeed: social engagement data ready."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from playbook.pristine.showcases.base import Count, Day, Row, Showcase, Text, ratio


class Post(Row):
    id: Text
    creator: Text
    caption: Text
    posted_on: Day
    impressions: Annotated[int, Field(gt=0)]
    likes: Count
    shares: Count
    comments: Count


class MobileDay(Row):
    date: Day
    sessions: Count
    orders: Count


class Invitations(Row):
    """What the members of one week brought in by inviting others."""

    week_of: Day
    members: Count
    joined: Count


class SocialEngagement(Showcase):
    bundle: ClassVar[str] = "LIGHTSPEED_JEREMY_LIEW"

    posts: list[Post]
    mobile: list[MobileDay]
    invitations: list[Invitations]

    def kpis(self) -> dict[str, Fraction]:
        return {
            "engagement_rate": ratio(
                (p.likes + p.shares + p.comments for p in self.posts),
                (p.impressions for p in self.posts),
            ),
            "mobile_conversion": ratio(
                (d.orders for d in self.mobile), (d.sessions for d in self.mobile)
            ),
            "viral_coefficient": ratio(
                (w.joined for w in self.invitations), (w.members for w in self.invitations)
            ),
        }
