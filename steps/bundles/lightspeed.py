"""Steps of Lightspeed's social engagement (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from decimal import Decimal

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, expect, expect_none
from playbook.pristine.showcases import exact
from steps.bundles.numbers import computed, latest_days, percent


@then(
    parsers.parse(
        "there are at least {count:d} posts with likes, shares and comments, "
        "by creators of the region"
    )
)
def posts_are_there(demo: Demo, count: int) -> None:
    records = demo.showcase.records
    found = len(records.engaging_posts)
    wanted = Description(f"at least {count} with likes, shares and comments")
    expect(found >= count, "posts", wanted, found)
    creators = [creator.get("name") for creator in demo.creators.active]
    for post in records.posts:
        expect(
            post.creator in creators,
            f"post {post.id}",
            Description("an active creator"),
            post.creator,
        )


@then(parsers.parse("phones have had sessions and orders on each of the last {count:d} days"))
def mobile_days(demo: Demo, count: int) -> None:
    days = [day.date for day in demo.showcase.records.mobile if day.sessions and day.orders]
    latest_days(demo, "mobile", days, count)


@then(parsers.parse("phones convert {times} times as well as desktops"))
def phones_convert(demo: Demo, times: str) -> None:
    computed(demo, "mobile_to_desktop_conversion", exact(Decimal(times)))


@then(parsers.parse("{share} % of the traffic is mobile"))
def mobile_traffic(demo: Demo, share: str) -> None:
    computed(demo, "mobile_traffic", percent(share))


@then(parsers.parse("sharing brings {share} % of the new members"))
def sharing_brings_members(demo: Demo, share: str) -> None:
    computed(demo, "social_share_of_new_members", percent(share))


@then("no post has more reactions than impressions")
def reactions_are_plausible(demo: Demo) -> None:
    expect_none(demo.showcase.discrepancies("reactions"))
