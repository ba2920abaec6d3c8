@bundle-index @check-showcase @severity-high
Feature: Index: European compliance features active
  Doing business in Europe, by the book and in the investor's own currency.

  Background:
    Given the investor's demo

  @stored
  Scenario Outline: <promise>
    Then the promise “<promise>” is kept, with evidence for it

    Examples:
      | promise                                     |
      | Customers consent to each use of their data |
      | Customers can take their data along         |
      | Customers can have their data erased        |
      | Visitors choose their cookies               |
      | Prices include VAT                          |
      | Data stay in the EU                         |
      | Every access is on record                   |

  @stored
  Scenario: Prices include the tax
    Then every tax example adds up to the price in the catalog

  @stored
  Scenario: The revenue is recent
    Then the revenue is that of the last 3 complete months

  @seen
  Scenario: Prices are shown in pounds
    Then every European price converts to pounds and back within 1 %
    And the API speaks en-GB and pounds

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
