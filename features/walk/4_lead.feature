@walk @check-walk @severity-high
Feature: Walk, step 4: From a conversation to a lead
  What the investor writes becomes a card on the board, with its awareness tags.

  Background:
    Given the investor's demo in a browser

  Scenario: The chat speaks the investor's language
    Then the chat opens
    And the chat is in the investor's language and in no other
    And the browser reports no error on the chat
    And the chat shows no error and no placeholder

  Scenario: A conversation becomes a lead
    Then the chat can be used
    And the conversation has become a lead
    And the lead carries the investor's locale, currency, time zone and device, and its source

  Scenario: The lead is on the board
    Then the leads board shows the lead
    And the leads board shows the five sample leads

  Scenario: The leads board opens for this investor
    Then the leads board opens
    And every link on the leads board stays in this investor's demo
    And the leads board names no other investor

  Scenario: The leads board speaks the investor's language
    Then the leads board is in the investor's language and in no other
    And the leads board reads in the direction of the language

  Scenario: The leads board shows the investor's money
    Then every amount on the leads board is in the investor's currency and format

  Scenario: The leads board fits the investor's device
    Then the leads board is laid out for the investor's device
    And people with a disability can use the leads board

  Scenario: The leads board works without errors
    Then the leads board loads in under 3 seconds
    And the browser reports no error on the leads board
    And the leads board shows no error and no placeholder
