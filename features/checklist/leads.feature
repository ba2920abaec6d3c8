@check-leads @severity-medium
Feature: Leads kanban: 5 sample leads with awareness tags
  The board shows the business that creators and sales have brought.

  Background:
    Given the investor's demo

  @stored
  Scenario: Five cards are on the board
    Then exactly 5 leads are on the board

  @stored
  Scenario: Every card is the one that was written
    Then no lead is missing, changed, doubled or left over

  @stored
  Scenario: Every card is in a column
    Then every lead is in one of the board's five columns

  @stored
  Scenario: Every card carries its awareness tags
    Then every lead carries its locale, currency, time zone, device and source

  @stored
  Scenario: Every card's value is in its own currency
    Then every lead's value agrees with its amount and currency

  @stored
  Scenario: Every copy of a card is the one on the board
    Then no outdated copy of a lead is kept

  @stored
  Scenario: The board is prepared for looking cards up
    Then the board's cards can be looked up by column

  @seen
  Scenario: The board shows the cards to the signed-in account
    Then the signed-in account sees every lead on its board, in its column, with its tags
    And no other lead is on its board
