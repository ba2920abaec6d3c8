"""a16z: AI infrastructure examples loaded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, ClassVar

from babel.localedata import exists as is_language
from pydantic import Field

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
    ratio,
)

LEAST_EXAMPLES = 5


class Example(Row):
    """One example of the AI infrastructure: what runs, how fast, with what effect."""

    id: Text
    name: Text
    model: Text
    pipeline: Annotated[list[Text], Field(min_length=2)]
    latency_ms: Annotated[int, Field(gt=0)]
    outcome: Text


class Sessions(Row):
    date: Day
    sessions: Count
    ai_engaged: Count


class Revenue(Row):
    date: Day
    revenue_usd: Money
    ai_influenced_usd: Money


class VoiceQueries(Row):
    language: Text
    queries: Count
    understood: Count


class Cohort(Row):
    month: Month
    consumers: Count
    retained: Count


class AiInfrastructure(Showcase):
    bundle: ClassVar[str] = "A16Z_CHRIS_DIXON"
    promises: ClassVar[dict[str, str]] = {
        "ai_engagement_rate": "0.67",
        "ai_revenue_impact": "0.47",
        "voice_ai_accuracy": "0.94",
        "consumer_retention": "0.82",
    }

    examples: list[Example]
    sessions: list[Sessions]
    revenue: list[Revenue]
    voice: list[VoiceQueries]
    cohorts: list[Cohort]

    def runs(self) -> list[Run]:
        return [
            Run("session", "d", [row.date for row in self.sessions], 14),
            Run("revenue", "d", [row.date for row in self.revenue], 14),
        ]

    def figures(self) -> list[Figure]:
        return [
            *(Figure("sessions", row.date, row.sessions) for row in self.sessions),
            *(Figure("GMV in USD", row.date, row.revenue_usd) for row in self.revenue),
            *(Figure("new buyers", row.month, row.consumers) for row in self.cohorts),
        ]

    @property
    def example_names(self) -> set[str]:
        """The names of the worked examples; two with one name count once."""
        return {example.name for example in self.examples}

    def discrepancies(self) -> Iterator[Discrepancy]:
        found = len(self.example_names)
        if found < LEAST_EXAMPLES:
            yield Discrepancy("worked examples", "all names", LEAST_EXAMPLES, found)
        parts: list[tuple[str, str, int, int]] = [
            *(("AI sessions", r.date, r.sessions, r.ai_engaged) for r in self.sessions),
            *(("AI revenue", r.date, r.revenue_usd, r.ai_influenced_usd) for r in self.revenue),
            *(("voice queries", r.language, r.queries, r.understood) for r in self.voice),
            *(("consumers", r.month, r.consumers, r.retained) for r in self.cohorts),
        ]
        for rule, row, whole, part in parts:
            if part > whole:
                yield Discrepancy(rule, row, whole, part)

    def detail_discrepancies(self) -> Iterator[Discrepancy]:
        yield from doubled("worked example", (example.id for example in self.examples))
        yield from doubled("voice queries", (row.language for row in self.voice))
        for row in self.voice:
            if not is_language(row.language):
                wanted = "a language like 'fr'"
                yield Discrepancy("language of voice queries", row.language, wanted, row.language)
        months = [row.month for row in self.cohorts]
        if months != sorted(set(months)):
            yield Discrepancy("consumers", "all months", "each once, in their order", months)

    def kpis(self) -> dict[str, Fraction]:
        return {
            "ai_engagement_rate": ratio(
                (r.ai_engaged for r in self.sessions), (r.sessions for r in self.sessions)
            ),
            "ai_revenue_impact": ratio(
                (r.ai_influenced_usd for r in self.revenue), (r.revenue_usd for r in self.revenue)
            ),
            "voice_ai_accuracy": ratio(
                (r.understood for r in self.voice), (r.queries for r in self.voice)
            ),
            "consumer_retention": ratio(
                (r.retained for r in self.cohorts), (r.consumers for r in self.cohorts)
            ),
        }
