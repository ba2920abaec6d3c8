@bundle-sequoia @check-showcase @severity-high
Feature: Sequoia: Network effects demo data ready
  Members bring members, and the shop grows with them.

  Background:
    Given the investor's demo

  @stored
  Scenario: Members are connected
    Then each member has 3.2 connections on average

  @stored
  Scenario: Members bring members
    Then the viral coefficient of the invitations is 0.45

  @stored
  Scenario: Vendors follow
    Then the number of vendors grew by 23 % in the last complete month

  @stored
  Scenario: The network buys
    Then each new user brought 340 USD of sales on average

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
