@bundle-bessemer @check-showcase @severity-high
Feature: Bessemer: SaaS marketplace examples loaded
  Vendors who pay for the platform, and a share of what they sell.

  Background:
    Given the investor's demo

  Scenario: Vendors subscribe
    Then there are at least 20 vendors with a plan, seats and monthly revenue

  Scenario: The annual run rate is twelve months of it
    Then the annual recurring revenue is 12 times the vendors' monthly revenue

  Scenario: The marketplace takes its share
    Then the take rate is what the fees are of the volume

  Scenario: Churned vendors pay nothing
    Then no churned vendor still pays

  Scenario: The headline proves itself
    Then every headline number follows from the rows behind it

  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  Scenario: The investor sees these very numbers
    Then the API shows every headline number, in the investor's currency
    And no cached copy disagrees with the showcase
