"""Leads kanban: 5 sample leads with awareness tags."""

from __future__ import annotations

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.findings import expect, expect_none


@then(parsers.parse("exactly {count:d} leads are on the board"))
def cards_on_the_board(demo: Demo, count: int) -> None:
    found = len(demo.leads.cards)
    expect(found == count, f"leads of {demo.bundle.firm}", count, found)


@then("no lead is missing, changed, doubled or left over")
def leads_are_as_seeded(demo: Demo) -> None:
    expect_none(demo.leads.differences_from_seeds)


@then("every lead is in one of the board's five columns")
def leads_are_in_columns(demo: Demo) -> None:
    expect_none(demo.leads.wrong_columns)


@then("every lead carries its locale, currency, time zone, device and source")
def leads_are_tagged(demo: Demo) -> None:
    expect_none(demo.leads.missing_tags)


@then("every lead's value agrees with its amount and currency")
def leads_are_valued(demo: Demo) -> None:
    expect_none(demo.leads.wrong_values)


@then("no outdated copy of a lead is kept")
def cached_leads_agree(demo: Demo) -> None:
    expect_none(demo.leads.stale_copies)


@then("the board's cards can be looked up by column")
def leads_indexes(demo: Demo) -> None:
    expect_none(demo.leads.missing_indexes)


@then("the signed-in account sees every lead on its board, in its column, with its tags")
def board_shows_the_leads(demo: Demo) -> None:
    expect_none(demo.seen.cards_on_the_board)


@then("no other lead is on its board")
def board_shows_no_others(demo: Demo) -> None:
    expect_none(demo.seen.other_cards_on_the_board)
