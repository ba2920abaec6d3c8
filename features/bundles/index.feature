@bundle-index @check-showcase @severity-high
Feature: Index: European compliance features active
  Doing business in Europe, by the book and in the investor's own currency.

  Background:
    Given the investor's demo

  Scenario Outline: <feature> is active
    Then the compliance feature <feature> is switched on, with evidence behind it

    Examples:
      | feature              |
      | consent              |
      | data_export          |
      | erasure              |
      | cookie_banner        |
      | vat_inclusive_prices |
      | eu_residency         |
      | audit_log            |

  Scenario: Prices include the tax
    Then every tax example adds up to the price in the catalog

  Scenario: Prices are shown in pounds
    Then every European price converts to pounds at today's rate
    And the API speaks en-GB and pounds

  Scenario: The headline proves itself
    Then every headline number follows from the rows behind it

  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  Scenario: The investor sees these very numbers
    Then the API shows every headline number, in the investor's currency
    And no cached copy disagrees with the showcase
