@check-analytics @severity-medium
Feature: Analytics: Clean slate, tracking enabled
  In analytics the investor sees only what they did themselves, a moment ago.

  Background:
    Given the investor's demo

  @stored
  Scenario: Nothing is left of former demos
    Then no session, conversation, event or cart of a former demo is left
    And nothing of a former visitor is kept in the cache

  @stored
  Scenario: Tracking is switched on
    Then analytics tracking is switched on

  @seen
  Scenario: What is tracked arrives
    Then an event tracked through the API arrives in analytics

  @stored
  Scenario: People can be looked up
    Then sessions and conversations can be looked up by demo user
