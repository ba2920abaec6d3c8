@walk @check-walk @severity-high
Feature: Walk, step 5: Analytics
  The investor view shows the key figures that the investor was told.

  Background:
    Given the investor's demo in a browser

  Scenario: The key figures are the investor's own
    Then the analytics page shows every headline number as pristine has it
    And every number on the analytics page is written the investor's way

  Scenario: The analytics page opens for this investor
    Then the analytics page opens
    And the analytics page leads nowhere but into this investor's demo

  Scenario: The analytics page speaks the investor's language
    Then the analytics page is in the investor's language and in no other
    And the analytics page reads from the side that the language does

  Scenario: The analytics page shows the investor's money
    Then every amount on the analytics page is in the investor's currency and written their way

  Scenario: The analytics page is made for the investor's device
    Then the analytics page is laid out for the investor's device
    And nobody is kept out of the analytics page

  Scenario: The analytics page works without a hitch
    Then the analytics page loads in under 3 seconds
    And the browser reports no error on the analytics page
