"""Authentication: Demo accounts functional."""

from __future__ import annotations

from pytest_bdd import then

from playbook.facts import Demo
from playbook.facts.findings import expect_none


@then("no account is missing, changed, doubled or left over")
def accounts_are_as_seeded(demo: Demo) -> None:
    expect_none(demo.accounts.differences_from_seeds)


@then("every account signs in with its password, as its own user")
def accounts_log_in(demo: Demo) -> None:
    expect_none(demo.accounts.failed_logins)


@then("an account does not open with a wrong password")
def wrong_password_is_refused(demo: Demo) -> None:
    expect_none(demo.accounts.wrong_passwords_accepted)


@then("no account is locked")
def accounts_are_unlocked(demo: Demo) -> None:
    expect_none(demo.accounts.locked)


@then("no account has expired")
def accounts_are_unexpired(demo: Demo) -> None:
    expect_none(demo.accounts.expired)


@then("no two accounts can have the same address")
def accounts_indexes(demo: Demo) -> None:
    expect_none(demo.accounts.missing_indexes)


@then("an account's own page opens with the token that it got")
def own_page_opens(demo: Demo) -> None:
    expect_none(demo.seen.own_page)
