@check-locales @severity-high
Feature: Locale files: All 7 languages loaded
  The demo speaks the investor's language, and opens the way they live and work.

  Background:
    Given the investor's demo

  @stored
  Scenario: Every language is there
    Then the demo speaks exactly 7 languages

  @stored
  Scenario Outline: <name> is loaded, complete and translated
    Then language <language> is loaded with no message missing or changed
    And no message of language <language> is empty or in another language
    And no regional variant of language <language> is in another language
    And language <language> reads <direction>

    Examples:
      | language | name     | direction |
      | en       | English  | ltr       |
      | es       | Spanish  | ltr       |
      | fr       | French   | ltr       |
      | de       | German   | ltr       |
      | zh       | Chinese  | ltr       |
      | ja       | Japanese | ltr       |
      | ar       | Arabic   | rtl       |

  @seen
  Scenario Outline: <name> is served as it is loaded
    Then the API serves language <language> with no message missing or changed
    And the API serves no regional variant of <language> in another language

    Examples:
      | language | name     | direction |
      | en       | English  | ltr       |
      | es       | Spanish  | ltr       |
      | fr       | French   | ltr       |
      | de       | German   | ltr       |
      | zh       | Chinese  | ltr       |
      | ja       | Japanese | ltr       |
      | ar       | Arabic   | rtl       |

  @stored
  Scenario: The demo opens the way the investor lives
    Then the investor's locale, currency, time zone and device are as agreed
    And no outdated copy of these is kept

  @seen
  Scenario: The app opens it the way the investor lives
    Then the API serves the investor's locale, currency, time zone and device
    And every link that the API serves opens this demo, as the investor sees it
