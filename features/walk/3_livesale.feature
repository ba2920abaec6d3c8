@walk @check-walk @severity-high
Feature: Walk, step 3: LiveSale
  The LiveSale opens by its link, and counts down to its start where the investor lives.

  Background:
    Given the investor's demo in a browser

  Scenario: The LiveSale is the one that was planned
    Then the LiveSale page has the LiveSale's title
    And the LiveSale page shows what the LiveSale features

  Scenario: The LiveSale starts at its hour where the investor lives
    Then the LiveSale page says when the LiveSale starts, in the investor's time
    And the countdown ends when the LiveSale starts

  Scenario: The LiveSale can be joined
    Then the investor can join the LiveSale

  Scenario: The LiveSale page opens for this investor
    Then the LiveSale page opens
    And every link on the LiveSale page stays in this investor's demo
    And the LiveSale page names no other investor

  Scenario: The LiveSale page speaks the investor's language
    Then the LiveSale page is in the investor's language and in no other
    And the LiveSale page calls products by their names in the investor's language
    And the LiveSale page reads in the direction of the language

  Scenario: The LiveSale page shows the investor's money
    Then every amount on the LiveSale page is in the investor's currency and format
    And every product on the LiveSale page costs what it should

  Scenario: The LiveSale page fits the investor's device
    Then the LiveSale page is laid out for the investor's device
    And people with a disability can use the LiveSale page

  Scenario: The LiveSale page works without errors
    Then the LiveSale page loads in under 3 seconds
    And the browser reports no error on the LiveSale page
    And the LiveSale page shows no error and no placeholder
