Feature: Immediate Reset (< 5 minutes)
  Whatever has happened, one command brings a demo back.

  Scenario: A wrecked environment is ready again
    Given the whole environment is a wreck
    When the emergency script is run for sequoia
    Then it says GO and how many seconds it took
    And the demo of sequoia is ready
