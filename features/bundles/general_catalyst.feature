@bundle-general-catalyst @check-showcase @severity-high
Feature: General Catalyst: Marketplace metrics seeded
  A marketplace in balance, month by month, with unit economics that add up.

  Background:
    Given the investor's demo

  Scenario: A year of the marketplace is there
    Then there are 12 consecutive months of marketplace metrics

  Scenario: The metrics agree with each other
    Then every month's GMV is its orders times its average order
    And every month's acquisition spend is its new buyers times their cost

  Scenario: Both sides grow
    Then there are more buyers and sellers in the latest month than in the first

  Scenario: The headline proves itself
    Then every headline number follows from the rows behind it

  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  Scenario: The investor sees these very numbers
    Then the API shows every headline number, in the investor's currency
    And no cached copy disagrees with the showcase
