"""Whether the stored exchange rates are fit to be shown (playbook, "Validate currency rates")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, get_args

from playbook.backend.json_values import aware, fields, instant, number
from playbook.pristine.seeds.models import Currency

CURRENCIES: tuple[str, ...] = get_args(Currency)
OLDEST = timedelta(hours=24)
DISAGREEMENT = Decimal("0.01")
"""How far two bases may be apart, relative, before they tell two different stories."""
NOT_LIVE = ("mock", "static", "sample", "default")
"""A source that calls itself one of these is no live feed."""


def rate_problems(documents: Mapping[str, Mapping[str, Any]], now: datetime) -> list[str]:
    """Everything that is wrong with the rates, one line each; none where they are fit.

    ``documents`` are those of ``currency_rates`` by base, ``now`` is an aware instant.
    """
    problems: list[str] = []
    with localcontext(prec=40):
        for base in CURRENCIES:
            if base not in documents:
                problems.append(f"{base}: no rates with this base")
                continue
            problems += _of_rates(base, documents[base].get("rates"))
            problems += _of_age(base, documents[base].get("updated_at"), now)
            problems += _of_source(base, documents[base].get("source"))
        problems += _disagreements(documents)
    return problems


def source_of(documents: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Who the rates come from; every name where the bases name several, None where none does."""
    named = {document.get("source") for document in documents.values()}
    return ", ".join(sorted(name for name in named if isinstance(name, str) and name)) or None


def oldest_update(documents: Mapping[str, Mapping[str, Any]]) -> str | None:
    """When the oldest of the rates were written, ISO in UTC; None where no date is readable."""
    stated = (document.get("updated_at") for document in documents.values())
    moments = [aware(moment) for moment in stated if isinstance(moment, datetime)]
    return instant(min(moments)) if moments else None


def _of_rates(base: str, rates: object) -> Iterator[str]:
    if not isinstance(rates, Mapping):
        yield f"{base}: rates are no document of numbers; found {_format_value(rates)}"
        return
    for target in CURRENCIES:
        if target not in rates:
            if target != base:
                yield f"{base}: no rate for {target}"
            continue
        rate = number(rates[target])
        if rate is None:
            found = _format_value(rates[target])
            yield f"{base}: the rate for {target} is no number; found {found}"
        elif rate <= 0:
            yield f"{base}: the rate for {target} is {rate}; expected more than 0"


def _of_age(base: str, updated_at: object, now: datetime) -> Iterator[str]:
    if not isinstance(updated_at, datetime):
        yield f"{base}: updated_at is no date; found {_format_value(updated_at)}"
    elif now - aware(updated_at) > OLDEST:
        yield f"{base}: last updated {instant(updated_at)}; expected within 24 hours"
    elif aware(updated_at) - now > OLDEST:
        yield f"{base}: last updated {instant(updated_at)}, which is still to come"


def _of_source(base: str, source: object) -> Iterator[str]:
    if not isinstance(source, str) or not source.strip():
        yield f"{base}: the source is unnamed; expected the name of a live feed"
    elif any(word in source.casefold() for word in NOT_LIVE):
        yield f"{base}: the source calls itself {source!r}; expected a live feed"


def _disagreements(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """One line for each base that says otherwise than the dollar, with its worst currency."""
    dollar = _positive_rates(documents, "USD")
    for base in CURRENCIES:
        own = _positive_rates(documents, base)
        if base not in dollar:
            continue
        apart = {
            target: (rate, crossed)
            for target, rate in own.items()
            if target in dollar
            and abs(rate / (crossed := dollar[target] / dollar[base]) - 1) > DISAGREEMENT
        }
        if apart:
            worst = max(apart, key=lambda target: abs(apart[target][0] / apart[target][1] - 1))
            rate, crossed = apart[worst]
            yield (
                f"{base}: bases disagree: 1 {base} is {rate:.6g} {worst} by its own rates, "
                f"{crossed:.6g} by those of USD; expected within 1 %"
            )


def _positive_rates(documents: Mapping[str, Mapping[str, Any]], base: str) -> dict[str, Decimal]:
    stated = fields(documents.get(base, {}).get("rates"))
    read = {target: number(stated.get(target)) for target in CURRENCIES}
    # A base buys one of itself, stated or not; where something else is stated, it shows above.
    read[base] = number(stated[base]) if base in stated else Decimal(1)
    return {target: rate for target, rate in read.items() if rate is not None and rate > 0}


def _format_value(found: object) -> str:
    text = repr(found)
    return text if len(text) <= 60 else text[:57] + "..."
