@bundle-bessemer @check-showcase @severity-high
Feature: Bessemer: SaaS marketplace examples loaded
  Vendors who pay for the platform, and a share of what they sell.

  Background:
    Given the investor's demo

  @stored
  Scenario: Vendors subscribe
    Then there are at least 20 vendors with a plan, seats and monthly revenue

  @stored
  Scenario: The annual run rate is twelve months of it
    Then the annual recurring revenue is 12 times the vendors' monthly revenue

  @stored
  Scenario: Subscriptions carry a good part of the revenue
    Then 35 % of the recurring revenue is from subscriptions

  @stored
  Scenario: The marketplace takes its share
    Then the take rate is the fees by the volume of the last 12 complete months

  @stored
  Scenario: Vendors, users and creators grow together
    Then every side grew by 23 % or more in the last complete month

  @stored
  Scenario: Few vendors leave, and those who left pay nothing
    Then 4 % of last year's vendors have left, and none of these still pays

  @stored
  Scenario: The headline proves itself
    Then no row contradicts itself or another row
    And every headline number follows from the rows behind it

  @stored
  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  @seen
  Scenario: The investor sees the same numbers
    Then the API shows every headline number, in the investor's currency
    And no outdated copy of the numbers is kept
