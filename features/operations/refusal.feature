Feature: A reset refuses to do harm
  An engineer can run it safely at any hour.

  Scenario: An investor is in session
    Given all eight demos are ready
    And an investor has been seen in the demo of a16z a minute ago
    When the demo of sequoia is reset
    Then the reset is refused, naming a16z
    And nothing was changed

  Scenario: The session is the engineer's own
    Given all eight demos have been used
    And an investor has been seen in the demo of a16z a minute ago
    When the demo of sequoia is reset by force
    Then the demo of sequoia is ready

  Scenario: Nobody has said that this is a demo environment
    Given all eight demos have been used
    And nobody has marked the environment as a demo's
    When the demo of lvmh is reset
    Then the reset is refused, naming adopt
    And nothing was changed
