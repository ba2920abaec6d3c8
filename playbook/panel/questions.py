"""The questions to a person before a reset or a rollback writes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from playbook import clock
from playbook.panel.card import Card
from playbook.panel.desk import Desk
from playbook.panel.forms import Doubt
from playbook.pristine.bundles import Bundle
from playbook.reset.access import InThePast, access_of
from playbook.reset.backup import Backup

type Question = tuple[Doubt, str]


@dataclass(frozen=True)
class WantedReset:
    """A requested reset, and the questions about it."""

    access: datetime | None
    """T; None for now."""
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class WantedRollback:
    """A requested rollback, and the questions about it."""

    backup: Backup
    questions: tuple[Question, ...]


def wanted_reset(desk: Desk, bundle: Bundle, typed: str) -> WantedReset:
    """A reset with the meeting's time as it was typed. Raises WrongUsage if it is not a time."""
    access, past = access_typed(bundle, typed)
    return WantedReset(access, (*past, *_questions_of_now(desk.card(bundle))))


def access_typed(bundle: Bundle, typed: str) -> tuple[datetime | None, list[Question]]:
    """T as it was typed, None if nothing was typed; and a question if it is in the past.

    Raises WrongUsage if it is not a time, or too far away.
    """
    now = clock.now()
    if not typed.strip():
        return None, []
    try:
        return access_of(typed, bundle, now), []
    except InThePast as error:
        question: Question = ("past", f"Look at the time again: {error}.")
        return access_of(typed, bundle, now, in_the_past=True), [question]


def wanted_rollback(desk: Desk, bundle: Bundle, to: str) -> WantedRollback:
    """A rollback to a backup. Raises WrongUsage or Refused if there is no such backup."""
    saved = desk.work.backup_for_rollback(bundle, to)
    when = clock.local_text(saved.taken_at, bundle.timezone)
    question: Question = (
        "rollback",
        f"It gets the state of {when} ({saved.state}). The present state is saved first, "
        "so you can come back to it.",
    )
    return WantedRollback(saved, (question, *_questions_of_now(desk.card(bundle))))


def unanswered(questions: Sequence[Question], although: Sequence[Doubt]) -> bool:
    """Whether there is a question that the person has not answered with yes."""
    return any(doubt not in although for doubt, _ in questions)


def _questions_of_now(card: Card) -> list[Question]:
    zone = card.bundle.timezone
    found: list[Question] = []
    if seen := (*card.present, *card.neighbours):
        who = "; ".join(one.described_in(zone) for one in seen)
        found.append(("session", f"An investor is in session: {who}."))
    if card.meeting is not None and card.meeting_is_near:
        found.append(("meeting", f"A meeting is near: {clock.local_text(card.meeting, zone)}."))
    return found
