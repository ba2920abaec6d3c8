@walk @check-walk @severity-high
Feature: Walk, step 1: Home
  Sales open the home link as the investor will, signed in with the demo account.

  Background:
    Given the investor's demo in a browser

  Scenario: The demo account signs in on the page
    Then the demo account is signed in

  Scenario: The home page greets the investor
    Then the greeting is right for the time of day where the investor is
    And the home page shows at least 2 products

  Scenario: The home page opens for this investor
    Then the home page opens
    And every link on the home page stays in this investor's demo
    And the home page names no other investor

  Scenario: The home page speaks the investor's language
    Then the home page is in the investor's language and in no other
    And the home page calls products by their names in the investor's language
    And the home page reads in the direction of the language

  Scenario: The home page shows the investor's money
    Then every amount on the home page is in the investor's currency and format
    And every product on the home page costs what it should

  Scenario: The home page fits the investor's device
    Then the home page is laid out for the investor's device
    And people with a disability can use the home page

  Scenario: The home page works without errors
    Then the home page loads in under 3 seconds
    And the browser reports no error on the home page
    And the home page shows no error and no placeholder
