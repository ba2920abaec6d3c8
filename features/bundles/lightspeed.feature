@bundle-lightspeed @check-showcase @severity-high
Feature: Lightspeed: Social engagement data ready
  Posts that people like, share and talk about, and buy from on their phones.

  Background:
    Given the investor's demo

  Scenario: There is something to scroll through
    Then there are at least 20 posts with likes, shares and comments, by creators of the region

  Scenario: Phones buy
    Then there are at least 14 days of mobile sessions, with orders on each

  Scenario: No post has more reactions than people who saw it
    Then no post has more reactions than impressions

  Scenario: The headline proves itself
    Then every headline number follows from the rows behind it

  Scenario: The showcase is the one that was written
    Then nothing of the showcase is missing or changed

  Scenario: The investor sees these very numbers
    Then the API shows every headline number, in the investor's currency
    And no cached copy disagrees with the showcase
