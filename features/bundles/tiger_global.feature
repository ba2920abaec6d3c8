@bundle-tiger-global @check-showcase @severity-high
Feature: Tiger Global: Multi-currency operations ready
  One shop, every currency, and markets that are only beginning.

  Background:
    Given the investor's demo

  @seen
  Scenario: Every price converts to every currency and back
    Then every price of the catalog converts to each of the 16 currencies shown, and back within 1 %

  @stored
  Scenario: Customers pay as they like
    Then 65 % of the transactions are in a second currency

  @stored
  Scenario: Emerging markets are open
    Then 12 emerging markets are open

  @stored
  Scenario: The world buys
    Then the markets' sales of the last complete month add up to 2800000 USD

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
