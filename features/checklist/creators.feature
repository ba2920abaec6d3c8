@check-creators @severity-high
Feature: Creator profiles: 3 active creators
  The people who host LiveSales for this investor.

  Background:
    Given the investor's demo

  @stored
  Scenario: Three creators are active
    Then at least 3 creators of the region are active

  @stored
  Scenario: Every creator is the one that was cast
    Then no creator is missing, changed, doubled or left over

  @stored
  Scenario: Every copy of a profile is the creator's own
    Then no outdated copy of a creator is kept

  @seen
  Scenario: The app shows the creators
    Then the app shows every active creator of the region
    And every creator whom the app shows belongs to a region
