@check-accounts @severity-critical
Feature: Authentication: Demo accounts functional
  Without a login there is no demo.

  Background:
    Given the investor's demo

  Scenario: The accounts are the agreed ones
    Then no account is missing, changed, doubled or left over

  Scenario: Every account logs in
    Then every account logs in with its password and is told its own user

  Scenario: Nobody else does
    Then no account opens with a wrong password

  Scenario: Nothing is locked or expired
    Then no account is locked
    And no account has expired

  Scenario: An address means one account
    Then no two accounts can have the same address
