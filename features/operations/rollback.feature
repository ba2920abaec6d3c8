Feature: Rollback to Previous State
  A rollback restores exactly what a reset has replaced.

  Scenario: The state before the reset comes back
    Given all eight demos have been used
    When the demo of lvmh is reset
    And the demo of lvmh is rolled back
    Then the demo of lvmh is exactly as it was left
    And the rollback can be verified

  Scenario: A rollback with later changes is not verified
    Given all eight demos have been used
    When the demo of lvmh is reset
    And the demo of lvmh is rolled back
    And somebody changes a product of the demo of lvmh
    Then the rollback cannot be verified
