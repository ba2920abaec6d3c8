@bundle-lvmh @check-showcase @severity-high
Feature: LVMH: French luxury brands featured
  The houses in their own language, and what Europe buys of them.

  Background:
    Given the investor's demo

  @stored
  Scenario: Only French houses are featured
    Then every featured product is of a French house and in the catalog
    And every featured product has a story in French and its price in euros

  @stored
  Scenario: The houses are there
    Then 23 luxury houses are partners, and all of them are in the catalog

  @stored
  Scenario: The baskets are luxurious
    Then the average luxury order is 3240 EUR

  @stored
  Scenario: Visitors buy
    Then 5.2 % of the luxury visits end in an order

  @stored
  Scenario: Europe buys
    Then the European orders of the last 3 complete months add up to 1800000 EUR

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
