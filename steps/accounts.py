"""Authentication: Demo accounts functional."""

from __future__ import annotations

from pytest_bdd import then

from playbook.facts import Demo
from playbook.facts.findings import expect_none


@then("no account is missing, changed, doubled or left over")
def accounts_are_as_seeded(demo: Demo) -> None:
    expect_none(demo.accounts.not_as_seeded)


@then("every account logs in with its password, as itself")
def accounts_log_in(demo: Demo) -> None:
    expect_none(demo.accounts.shut_out)


@then("no account opens with a wrong password")
def wrong_passwords_are_refused(demo: Demo) -> None:
    expect_none(demo.accounts.open_to_anyone)


@then("no account is locked")
def accounts_are_unlocked(demo: Demo) -> None:
    expect_none(demo.accounts.locked)


@then("no account has expired")
def accounts_are_unexpired(demo: Demo) -> None:
    expect_none(demo.accounts.expired)


@then("the accounts' indexes are as declared")
def accounts_indexes(demo: Demo) -> None:
    expect_none(demo.accounts.missing_indexes)
