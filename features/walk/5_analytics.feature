@walk @check-walk @severity-high
Feature: Walk, step 5: Analytics
  The investor view shows the key figures that the investor knows.

  Background:
    Given the investor's demo in a browser

  Scenario: The key figures are the investor's own
    Then the analytics page shows every pristine headline number
    And every number on the analytics page is in the investor's format

  Scenario: The analytics page opens for this investor
    Then the analytics page opens
    And every link on the analytics page stays in this investor's demo
    And the analytics page names no other investor

  Scenario: The analytics page speaks the investor's language
    Then the analytics page is in the investor's language and in no other
    And the analytics page reads in the direction of the language

  Scenario: The analytics page shows the investor's money
    Then every amount on the analytics page is in the investor's currency and format

  Scenario: The analytics page fits the investor's device
    Then the analytics page is laid out for the investor's device
    And people with a disability can use the analytics page

  Scenario: The analytics page works without errors
    Then the analytics page loads in under 3 seconds
    And the browser reports no error on the analytics page
    And the analytics page shows no error and no placeholder
