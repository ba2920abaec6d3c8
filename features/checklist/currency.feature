@check-currency @severity-high
Feature: Currency rates: Real-time updated
  The price is today's, in every currency that the investor asks for.

  Background:
    Given the investor's demo

  @seen
  Scenario: There is a rate for every currency shown
    Then all 16 currencies have a usable rate

  @seen
  Scenario: The rates are of today
    Then the rates were updated within the last 24 hours

  @seen
  Scenario: The rates come from a live source
    Then the rates name a live source

  @seen
  Scenario: The rates agree with each other
    Then converting one way or another gives the same within 1 %

  @seen
  Scenario: The rates are believable
    Then no rate is absurdly far from its reference
