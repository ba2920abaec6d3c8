@check-livesale @severity-high
Feature: LiveSale events: Scheduled T+48h per bundle
  Two days after the investor gets access, at a good hour where they live.

  Background:
    Given the investor's demo

  @stored
  Scenario: One LiveSale is scheduled
    Then exactly 1 LiveSale is scheduled

  @stored
  Scenario: The LiveSale is the one that was planned
    Then the LiveSale is as planned

  @stored
  Scenario: It starts two days after access, at its hour where the investor lives
    Then the LiveSale starts at its planned local time

  @stored
  Scenario: It has not started yet
    Then the LiveSale has not started yet

  @stored
  Scenario: Its host can host it
    Then the LiveSale's creator is active and of the investor's region

  @stored
  Scenario: What it features can be bought
    Then every featured product is in the catalog and in stock

  @stored
  Scenario: Every copy of the LiveSale is the scheduled one
    Then no outdated copy of the LiveSale is kept

  @seen
  Scenario: The app shows the LiveSale
    Then the app lists the LiveSale at its time, with its products and prices
    And every LiveSale that the app lists belongs to an investor
    And the LiveSale's page shows the same
    And the link to the LiveSale names it
