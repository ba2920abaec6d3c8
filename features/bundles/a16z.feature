@bundle-a16z @check-showcase @severity-high
Feature: a16z: AI infrastructure examples loaded
  The AI assistant sells: how it works, and what it earns.

  Background:
    Given the investor's demo

  @stored
  Scenario: The infrastructure can be shown by examples
    Then there are at least 5 worked examples, each with model, pipeline, latency and outcome

  @stored
  Scenario: The figures are recent
    Then sessions and revenue are those of the last days, 14 or more

  @stored
  Scenario: Consumers use the AI
    Then the AI engages 67 % of the sessions

  @stored
  Scenario: It earns
    Then the AI influences 47 % of the revenue

  @stored
  Scenario: It understands speech
    Then voice queries are understood 94 % of the time

  @stored
  Scenario: Consumers stay
    Then 82 % of the consumers are retained

  @stored
  Scenario: The headline proves itself
    Then no row contradicts itself or another row
    And every headline number follows from the rows behind it

  @stored
  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  @seen
  Scenario: The investor sees the same numbers
    Then the API shows every headline number, in the investor's currency
    And no outdated copy of the numbers is kept
