@check-accounts @severity-critical
Feature: Authentication: Demo accounts functional
  Without a login there is no demo.

  Background:
    Given the investor's demo

  @stored
  Scenario: The accounts are the agreed ones
    Then no account is missing, changed, doubled or left over

  @seen
  Scenario: Every account logs in
    Then every account logs in with its password and is told its own user

  @seen
  Scenario: Nobody else does
    Then an account does not open with a wrong password

  @stored
  Scenario: Nothing is locked or expired
    Then no account is locked
    And no account has expired

  @stored
  Scenario: An address means one account
    Then no two accounts can have the same address

  @seen
  Scenario: The token that an account gets is worth something
    Then an account's own page opens with the token that it got
