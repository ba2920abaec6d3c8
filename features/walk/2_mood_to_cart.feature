@walk @check-walk @severity-high
Feature: Walk, step 2: Mood to cart
  A mood fills the bag with two or three products, and the total is right.

  Background:
    Given the investor's demo in a browser

  Scenario: A mood becomes a bag
    Then the mood-to-cart page can be used
    And the mood-to-cart page shows at least 2 products
    And the total is the sum of the products

  Scenario: The mood-to-cart page opens for this investor
    Then the mood-to-cart page opens
    And every link on the mood-to-cart page stays in this investor's demo
    And the mood-to-cart page names no other investor

  Scenario: The mood-to-cart page speaks the investor's language
    Then the mood-to-cart page is in the investor's language and in no other
    And the mood-to-cart page calls products by their names in the investor's language
    And the mood-to-cart page reads in the direction of the language

  Scenario: The mood-to-cart page shows the investor's money
    Then every amount on the mood-to-cart page is in the investor's currency and format
    And every product on the mood-to-cart page costs what it should

  Scenario: The mood-to-cart page fits the investor's device
    Then the mood-to-cart page is laid out for the investor's device
    And people with a disability can use the mood-to-cart page

  Scenario: The mood-to-cart page works without errors
    Then the mood-to-cart page loads in under 3 seconds
    And the browser reports no error on the mood-to-cart page
    And the mood-to-cart page shows no error and no placeholder
