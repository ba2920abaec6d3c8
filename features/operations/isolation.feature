Feature: Resetting one demo disturbs no other
  Investors are in meetings around the clock: it is night for one and noon for another.

  Scenario: Another investor's demo stays as it was
    Given all eight demos have been used
    When the demo of tiger-global is reset
    Then the demo of tiger-global is ready
    And the demo of lvmh is exactly as it was left

  Scenario: Real customers are left alone
    Given a real customer is shopping
    And all eight demos have been used
    When the demo of sequoia is reset
    Then everything of the real customer is exactly as it was left
