Feature: Rollback to Previous State
  What a reset has replaced can be had back, exactly.

  Scenario: The state before the reset comes back
    Given all eight demos have been used
    When the demo of lvmh is reset
    And the demo of lvmh is rolled back
    Then the demo of lvmh is exactly as it was left
    And the rollback can be verified

  Scenario: A rollback that somebody has changed since is not verified
    Given all eight demos have been used
    When the demo of lvmh is reset
    And the demo of lvmh is rolled back
    And somebody changes a product of the demo of lvmh
    Then the rollback cannot be verified
