"""Analytics: Clean slate, tracking enabled."""

from __future__ import annotations

from pytest_bdd import then

from playbook.facts import Demo
from playbook.facts.findings import expect_none


@then("no session, conversation, event or cart of a former demo is left")
def slate_is_clean(demo: Demo) -> None:
    expect_none(demo.analytics.leftovers)


@then("nothing of a former visitor is kept in the cache")
def cache_is_clean(demo: Demo) -> None:
    expect_none(demo.analytics.cached_leftovers)


@then("analytics tracking is switched on")
def tracking_is_on(demo: Demo) -> None:
    expect_none(demo.analytics.wrong_settings)


@then("an event tracked through the API arrives in analytics")
def tracked_events_arrive(demo: Demo) -> None:
    expect_none(demo.analytics.lost_events)


@then("sessions and conversations can be looked up by demo user")
def analytics_indexes(demo: Demo) -> None:
    expect_none(demo.analytics.missing_indexes)
