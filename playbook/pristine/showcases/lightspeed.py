"""Lightspeed: social engagement data ready."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar

from pydantic import Field

from playbook.pristine.showcases.base import (
    Count,
    Day,
    Discrepancy,
    Figure,
    Row,
    Run,
    Showcase,
    Text,
    doubled,
    ratio,
)

LEAST_POSTS = 20


class Post(Row):
    id: Text
    creator: Text
    caption: Text
    posted_on: Day
    impressions: Annotated[int, Field(gt=0)]
    likes: Count
    shares: Count
    comments: Count


class DayByDevice(Row):
    """One day's sessions and orders on one kind of device."""

    date: Day
    sessions: Count
    orders: Count


class Invitations(Row):
    """The result of one week's invitations by members."""

    week_of: Day
    inviting_members: Count
    joined: Count
    new_members: Count
    """All members who joined in that week, invited or not."""


class SocialEngagement(Showcase):
    bundle: ClassVar[str] = "LIGHTSPEED_JEREMY_LIEW"
    promises: ClassVar[dict[str, str]] = {
        "viral_coefficient": "0.45",
        "mobile_to_desktop_conversion": "2.3",
        "mobile_traffic": "0.67",
        "social_share_of_new_members": "0.45",
    }

    posts: list[Post]
    mobile: list[DayByDevice]
    desktop: list[DayByDevice]
    invitations: list[Invitations]

    def runs(self) -> list[Run]:
        days = [day.date for day in self.mobile if day.sessions and day.orders]
        weeks = [week.week_of for week in self.invitations]
        return [Run("mobile", "d", days, 14), Run("invitations", "w", weeks, 4)]

    def hosts(self) -> list[str]:
        return [post.creator for post in self.posts]

    def figures(self) -> Iterator[Figure]:
        desktop = {row.date: row for row in self.desktop}
        for row in self.mobile:
            other = desktop.get(row.date)
            yield Figure("mobile sessions", row.date, row.sessions)
            yield Figure("sessions", row.date, row.sessions + (other.sessions if other else 0))
            yield Figure("orders", row.date, row.orders + (other.orders if other else 0))
        for week in self.invitations:
            yield Figure("new members", week.week_of, week.new_members)

    @property
    def engaging_posts(self) -> set[str]:
        """The captions of the posts that have likes, shares and comments."""
        return {post.caption for post in self.posts if post.likes and post.shares and post.comments}

    def discrepancies(self) -> Iterator[Discrepancy]:
        found = len(self.engaging_posts)
        if found < LEAST_POSTS:
            yield Discrepancy("posts with reactions", "all captions", LEAST_POSTS, found)
        for post in self.posts:
            reactions = post.likes + post.shares + post.comments
            if reactions > post.impressions:
                yield Discrepancy("reactions", post.id, post.impressions, reactions)
        for day in [*self.mobile, *self.desktop]:
            if day.orders > day.sessions:
                yield Discrepancy("orders", day.date, day.sessions, day.orders)
        for week in self.invitations:
            if week.joined > week.new_members:
                yield Discrepancy("new members", week.week_of, week.new_members, week.joined)

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        yield from doubled("posts", (post.id for post in self.posts))
        days = [post.posted_on for post in self.posts]
        if days != sorted(days):
            yield Discrepancy("days of posts", "all", "the days in their order", days)
        phones = [row.date for row in self.mobile]
        if [row.date for row in self.desktop] != phones:
            yield Discrepancy("days of desktops", "all", "the days of phones", len(self.desktop))

    def kpis(self) -> dict[str, Fraction]:
        mobile = ratio((d.orders for d in self.mobile), (d.sessions for d in self.mobile))
        desktop = ratio((d.orders for d in self.desktop), (d.sessions for d in self.desktop))
        return {
            "engagement_rate": ratio(
                (p.likes + p.shares + p.comments for p in self.posts),
                (p.impressions for p in self.posts),
            ),
            "mobile_conversion": mobile,
            "mobile_to_desktop_conversion": mobile / desktop,
            "viral_coefficient": ratio(
                (w.joined for w in self.invitations),
                (w.inviting_members for w in self.invitations),
            ),
        }

    def further_numbers(self) -> dict[str, Fraction]:
        everything = [*self.mobile, *self.desktop]
        return {
            "mobile_traffic": ratio(
                (d.sessions for d in self.mobile), (d.sessions for d in everything)
            ),
            "social_share_of_new_members": ratio(
                (w.joined for w in self.invitations), (w.new_members for w in self.invitations)
            ),
        }
