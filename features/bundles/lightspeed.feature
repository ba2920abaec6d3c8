@bundle-lightspeed @check-showcase @severity-high
Feature: Lightspeed: Social engagement data ready
  Posts that people like, share and talk about, and buy from on their phones.

  Background:
    Given the investor's demo

  @stored
  Scenario: There is something to scroll through
    Then there are at least 20 posts with likes, shares and comments, by creators of the region

  @stored
  Scenario: Phones buy
    Then phones have had sessions and orders on each of the last 14 days
    And phones convert 2.3 times as well as desktops
    And 67 % of the traffic is mobile

  @stored
  Scenario: Sharing brings members
    Then sharing brings 45 % of the new members

  @stored
  Scenario: No post has more reactions than people who saw it
    Then no post has more reactions than impressions

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
