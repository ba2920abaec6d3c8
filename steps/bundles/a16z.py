"""Steps of a16z's AI examples (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import Description, expect
from steps.bundles.numbers import computed, latest_days, percent


@then(
    parsers.parse(
        "there are at least {count:d} worked examples, "
        "each with model, pipeline, latency and outcome"
    )
)
def worked_examples(demo: Demo, count: int) -> None:
    found = len(demo.showcase.records.example_names)
    expect(found >= count, "worked examples", Description(f"at least {count}"), found)


@then(parsers.parse("sessions and revenue are those of the last days, {count:d} or more"))
def latest_sessions(demo: Demo, count: int) -> None:
    records = demo.showcase.records
    latest_days(demo, "session", [row.date for row in records.sessions], count)
    latest_days(demo, "revenue", [row.date for row in records.revenue], count)


@then(parsers.parse("the AI engages {share} % of the sessions"))
def ai_engagement(demo: Demo, share: str) -> None:
    computed(demo, "ai_engagement_rate", percent(share))


@then(parsers.parse("the AI influences {share} % of the revenue"))
def ai_revenue(demo: Demo, share: str) -> None:
    computed(demo, "ai_revenue_impact", percent(share))


@then(parsers.parse("voice queries are understood {share} % of the time"))
def voice_accuracy(demo: Demo, share: str) -> None:
    computed(demo, "voice_ai_accuracy", percent(share))


@then(parsers.parse("{share} % of the consumers are retained"))
def consumer_retention(demo: Demo, share: str) -> None:
    computed(demo, "consumer_retention", percent(share))
