"""Steps of Lightspeed's social engagement (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, expect


@then(
    parsers.parse(
        "there are at least {count:d} posts with likes, shares and comments, "
        "by creators of the region"
    )
)
def posts_are_there(demo: Demo, count: int) -> None:
    posts = demo.showcase.records.posts
    engaging = [p for p in posts if p.likes and p.shares and p.comments]
    wanted = Description(f"at least {count} with likes, shares and comments")
    expect(len(engaging) >= count, "posts", wanted, len(engaging))
    creators = [creator.get("name") for creator in demo.creators.active]
    for post in posts:
        expect(
            post.creator in creators,
            f"post {post.id}",
            Description("an active creator"),
            post.creator,
        )


@then(parsers.parse("there are at least {count:d} days of mobile sessions, with orders on each"))
def mobile_days(demo: Demo, count: int) -> None:
    days = {day.date for day in demo.showcase.records.mobile if day.orders}
    expect(len(days) >= count, "mobile days", Description(f"at least {count}"), len(days))


@then("no post has more reactions than impressions")
def reactions_are_plausible(demo: Demo) -> None:
    for post in demo.showcase.records.posts:
        reactions = post.likes + post.shares + post.comments
        wanted = Description(f"at most {post.impressions}")
        expect(reactions <= post.impressions, f"reactions to {post.id}", wanted, reactions)
