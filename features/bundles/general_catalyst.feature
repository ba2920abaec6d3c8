@bundle-general-catalyst @check-showcase @severity-high
Feature: General Catalyst: Marketplace metrics seeded
  A marketplace in balance, month by month, with unit economics that add up.

  Background:
    Given the investor's demo

  @stored
  Scenario: The last year of the marketplace is there
    Then the metrics are those of the last 12 complete months, in order

  @stored
  Scenario: The metrics agree with each other
    Then every month's average order is its GMV by its orders, to the dollar
    And every month's acquisition spend is its new buyers times their cost
    And every month's buyers are those of the month before and the new ones

  @stored
  Scenario: Both sides grow, month after month
    Then there are more buyers and sellers in every month than in the month before

  @stored
  Scenario: Visitors buy, and bring money
    Then 4.5 % of the visits end in an order
    And each user brings 340 USD of net revenue

  @stored
  Scenario: Vendors succeed
    Then 67 % of the vendors earn more with the network's tools

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
