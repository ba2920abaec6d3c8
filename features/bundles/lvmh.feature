@bundle-lvmh @check-showcase @severity-high
Feature: LVMH: French luxury brands featured
  The houses, told in their own language, and what Europe buys of them.

  Background:
    Given the investor's demo

  Scenario: French houses come first
    Then every featured product is of a French house and in the catalog
    And every featured product is told in French and priced in euros

  Scenario: The houses are there
    Then 23 luxury houses are partners, and all of them are in the catalog

  Scenario: The baskets are luxurious
    Then the average luxury order is 3240 EUR

  Scenario: Visitors buy
    Then 5.2 % of the luxury visits end in an order

  Scenario: Europe buys
    Then the European orders add up to 1800000 EUR

  Scenario: The headline proves itself
    Then every headline number follows from the rows behind it

  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  Scenario: The investor sees these very numbers
    Then the API shows every headline number, in the investor's currency
    And no cached copy disagrees with the showcase
