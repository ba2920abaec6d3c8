@check-accounts @severity-critical
Feature: Authentication: Demo accounts functional
  Without a sign-in there is no demo.

  Background:
    Given the investor's demo

  @stored
  Scenario: The accounts are the agreed ones
    Then no account is missing, changed, doubled or left over

  @seen
  Scenario: Every account logs in
    Then every account signs in with its password, as its own user

  @seen
  Scenario: A wrong password opens no account
    Then an account does not open with a wrong password

  @stored
  Scenario: Nothing is locked or expired
    Then no account is locked
    And no account has expired

  @stored
  Scenario: An address means one account
    Then no two accounts can have the same address

  @seen
  Scenario: The token of an account works
    Then an account's own page opens with the token that it got
