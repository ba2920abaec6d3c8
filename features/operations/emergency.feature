Feature: Immediate Reset (< 5 minutes)
  After any damage, one command makes a demo ready again.

  Scenario: A damaged environment is ready again
    Given the whole environment is damaged
    When the emergency script is run for sequoia
    Then it says GO and how many seconds it took
    And the demo of sequoia is ready
