"""Steps of Sequoia's network effects (playbook, "Bundle-Specific Checks")."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.pristine.showcases import exact
from steps.bundles.numbers import computed, latest_months, percent


@then(parsers.parse("each member has {number} connections on average"))
def network_density(demo: Demo, number: str) -> None:
    computed(demo, "network_density", exact(Decimal(number)))


@then(parsers.parse("the viral coefficient of the invitations is {number}"))
def viral_coefficient(demo: Demo, number: str) -> None:
    computed(demo, "viral_coefficient", exact(Decimal(number)))


@then(parsers.parse("the number of vendors grew by {share} % in the last complete month"))
def vendor_growth(demo: Demo, share: str) -> None:
    rows = demo.showcase.records.vendors
    latest_months(demo, "vendors", [row.month for row in rows], len(rows))
    computed(demo, "b2b_vendor_growth_mom", percent(share))


@then(parsers.parse("each new user brought {amount:d} USD of sales on average"))
def network_sales(demo: Demo, amount: int) -> None:
    computed(demo, "network_gmv_effect_usd", Fraction(amount))
