@check-catalog @severity-critical
Feature: Product catalog: 50 items per region
  The investor browses the shelves of their own region: every product is there, priced and in stock,
  and nothing is left over from the demo before.

  Background:
    Given the investor's demo

  @stored
  Scenario: The shelves are full
    Then the catalog contains at least 50 products

  @stored
  Scenario: Every product is the one that was curated
    Then no product is missing, changed, doubled or left over
    And no two products have the same name

  @stored
  Scenario: Prices are in the region's currency
    Then every product has exactly one positive price, in the region's currency

  @stored
  Scenario: Everything can be bought
    Then every product has 100 in stock and none reserved

  @stored
  Scenario: Every copy of a product is the one on the shelf
    Then no outdated copy of a product is kept

  @stored
  Scenario: The catalog is prepared for searches
    Then the catalog can be searched by region and category

  @seen
  Scenario: The shop shows the shelves
    Then the shop lists every product of the region at its price, in stock
    And the shop shows every shelf of the region
    And every product that the shop lists belongs to a region
    And a product's page opens by its id
