"""What each investor is promised, in the playbook's bundle-specific checklist."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from pytest_bdd import parsers, then

from playbook.facts import Demo
from playbook.facts.currency import TOLERANCE
from playbook.facts.showcase import stated_exactly
from playbook.findings import NOTHING, Words, expect
from playbook.showcases import exact


def computed(demo: Demo, name: str, wanted: Fraction) -> None:
    """Assert that the rows give a number exactly."""
    found = demo.showcase.computed.get(name, NOTHING)
    expect(found == wanted, f"{name}, computed from the rows", wanted, found)


def percent(text: str) -> Fraction:
    """ "5.2" is 52/1000."""
    return exact(Decimal(text)) / 100


# Sequoia


@then(parsers.parse("each member has {number} connections on average"))
def network_density(demo: Demo, number: str) -> None:
    computed(demo, "network_density", exact(Decimal(number)))


@then(parsers.parse("the viral coefficient of the invitations is {number}"))
def viral_coefficient(demo: Demo, number: str) -> None:
    computed(demo, "viral_coefficient", exact(Decimal(number)))


@then(parsers.parse("the number of vendors grew by {share} % in the latest month"))
def vendor_growth(demo: Demo, share: str) -> None:
    computed(demo, "b2b_vendor_growth_mom", percent(share))


@then(parsers.parse("each new user brought {amount:d} USD of sales on average"))
def network_sales(demo: Demo, amount: int) -> None:
    computed(demo, "network_gmv_effect_usd", Fraction(amount))


# a16z


@then(
    parsers.parse(
        "there are at least {count:d} worked examples, "
        "each with model, pipeline, latency and outcome"
    )
)
def worked_examples(demo: Demo, count: int) -> None:
    found = len({example.name for example in demo.showcase.records.examples})
    expect(found >= count, "worked examples", Words(f"at least {count}"), found)


@then(parsers.parse("the AI engages {share} % of the sessions"))
def ai_engagement(demo: Demo, share: str) -> None:
    computed(demo, "ai_engagement_rate", percent(share))


@then(parsers.parse("the AI influences {share} % of the revenue"))
def ai_revenue(demo: Demo, share: str) -> None:
    computed(demo, "ai_revenue_impact", percent(share))


@then(parsers.parse("voice queries are understood {share} % of the time"))
def voice_accuracy(demo: Demo, share: str) -> None:
    computed(demo, "voice_ai_accuracy", percent(share))


@then(parsers.parse("{share} % of the consumers are retained"))
def consumer_retention(demo: Demo, share: str) -> None:
    computed(demo, "consumer_retention", percent(share))


# LVMH


@then("every featured product is of a French house and in the catalog")
def featured_houses_are_french(demo: Demo) -> None:
    featured = demo.showcase.records.featured
    expect(bool(featured), "featured products", Words("some"), len(featured))
    for row in featured:
        product = demo.catalog.product(row.product) or {}
        where = f"featured product {row.product}"
        expect(bool(product), where, Words("it in the catalog"), NOTHING)
        expect(
            product.get("brand") == row.house, f"{where}: house", row.house, product.get("brand")
        )
        country = product.get("brand_country", NOTHING)
        expect(country == "FR", f"{where}: country of {row.house}", "FR", country)


@then("every featured product is told in French and priced in euros")
def featured_stories_are_french(demo: Demo) -> None:
    for row in demo.showcase.records.featured:
        where = f"featured product {row.product}"
        told = row.story.fr != row.story.en
        expect(told, f"{where}: French story", Words("a translation"), row.story.fr)
        price = (demo.catalog.product(row.product) or {}).get("price_eur", NOTHING)
        expect(price == row.price_eur, f"{where}: price_eur", price, row.price_eur)


@then(parsers.parse("{count:d} luxury houses are partners, and all of them are in the catalog"))
def houses_are_partners(demo: Demo, count: int) -> None:
    partners = {row.house for row in demo.showcase.records.partnerships}
    expect(len(partners) == count, "partner houses", count, len(partners))
    brands = [product.get("brand") for product in demo.catalog.products]
    absent = sorted(partner for partner in partners if partner not in brands)
    expect(not absent, "partner houses without a product in the catalog", [], absent)


@then(parsers.parse("the average luxury order is {amount:d} EUR"))
def luxury_orders(demo: Demo, amount: int) -> None:
    computed(demo, "luxury_aov_eur", Fraction(amount))


@then(parsers.parse("{share} % of the luxury visits end in an order"))
def luxury_conversion(demo: Demo, share: str) -> None:
    computed(demo, "luxury_conversion", percent(share))


@then(parsers.parse("the European orders add up to {amount:d} EUR"))
def european_sales(demo: Demo, amount: int) -> None:
    computed(demo, "european_gmv_eur", Fraction(amount))


# General Catalyst


@then(parsers.parse("there are {count:d} consecutive months of marketplace metrics"))
def consecutive_months(demo: Demo, count: int) -> None:
    months = [row.month for row in demo.showcase.records.months]
    expect(len(months) == count, "months of metrics", count, len(months))
    numbers = [int(month[:4]) * 12 + int(month[5:]) for month in months]
    gap = any(later - earlier != 1 for earlier, later in pairwise(numbers))
    expect(not gap, "months of metrics", Words("one after the other"), months)


@then("every month's GMV is its orders times its average order")
def gmv_adds_up(demo: Demo) -> None:
    for row in demo.showcase.records.months:
        wanted = row.orders * row.aov_usd
        expect(row.gmv_usd == wanted, f"GMV of {row.month}", wanted, row.gmv_usd)


@then("every month's acquisition spend is its new buyers times their cost")
def acquisition_adds_up(demo: Demo) -> None:
    for row in demo.showcase.records.months:
        wanted, found = row.new_buyers * row.cac_usd, row.acquisition_spend_usd
        expect(found == wanted, f"acquisition spend of {row.month}", wanted, found)


@then("there are more buyers and sellers in the latest month than in the first")
def both_sides_grow(demo: Demo) -> None:
    months = sorted(demo.showcase.records.months, key=lambda row: row.month)
    for side in ("buyers", "sellers"):
        first, latest = getattr(months[0], side), getattr(months[-1], side)
        expect(latest > first, f"{side} in {months[-1].month}", Words(f"over {first}"), latest)


# Lightspeed


@then(
    parsers.parse(
        "there are at least {count:d} posts with likes, shares and comments, "
        "by creators of the region"
    )
)
def posts_are_there(demo: Demo, count: int) -> None:
    posts = demo.showcase.records.posts
    engaging = [p for p in posts if p.likes and p.shares and p.comments]
    wanted = Words(f"at least {count} with likes, shares and comments")
    expect(len(engaging) >= count, "posts", wanted, len(engaging))
    creators = [creator.get("name") for creator in demo.creators.active]
    for post in posts:
        expect(
            post.creator in creators, f"post {post.id}", Words("an active creator"), post.creator
        )


@then(parsers.parse("there are at least {count:d} days of mobile sessions, with orders on each"))
def mobile_days(demo: Demo, count: int) -> None:
    days = {day.date for day in demo.showcase.records.mobile if day.orders}
    expect(len(days) >= count, "mobile days", Words(f"at least {count}"), len(days))


@then("no post has more reactions than impressions")
def reactions_are_plausible(demo: Demo) -> None:
    for post in demo.showcase.records.posts:
        reactions = post.likes + post.shares + post.comments
        wanted = Words(f"at most {post.impressions}")
        expect(reactions <= post.impressions, f"reactions to {post.id}", wanted, reactions)


# Index


@then(parsers.parse("the compliance feature {feature:w} is switched on, with evidence behind it"))
def compliance_is_active(demo: Demo, feature: str) -> None:
    rows = [row for row in demo.showcase.records.compliance if row.feature == feature]
    where = f"compliance feature {feature}"
    expect(len(rows) == 1, where, Words("it once"), len(rows))
    row = rows.pop()
    expect(row.enabled, f"{where}: enabled", True, row.enabled)
    expect(any(row.evidence), f"{where}: evidence", Words("at least one row"), row.evidence)


@then("every tax example adds up to the price in the catalog")
def prices_include_tax(demo: Demo) -> None:
    rows = demo.showcase.records.vat_prices
    expect(bool(rows), "tax examples", Words("some"), len(rows))
    for row in rows:
        where = f"tax example {row.product}"
        gross = Fraction(row.net_eur_cents * (100 + row.vat_percent), 100)
        expect(gross == row.gross_eur_cents, f"{where}: cents", gross, row.gross_eur_cents)
        price = demo.catalog.price_of(demo.catalog.product(row.product) or {})
        wanted = None if price is None else price * 100
        expect(wanted == row.gross_eur_cents, f"{where}: price", wanted, row.gross_eur_cents)


@then("every European price converts to pounds at today's rate")
def prices_in_pounds(demo: Demo) -> None:
    for product in demo.catalog.products:
        price = demo.catalog.price_of(product)
        where = f"price of {product.get('_id')}"
        expect(price is not None, where, Words("a price in euros"), price)
        pounds = demo.currency.convert(Decimal(price or 0), "EUR", "GBP")
        expect(pounds > 0, f"{where} in pounds", Words("a positive amount"), pounds)


@then("the API speaks en-GB and pounds")
def api_speaks_pounds(demo: Demo) -> None:
    served = demo.reading.context.field("context", dict)
    expect(served.get("locale") == "en-GB", "served locale", "en-GB", served.get("locale"))
    shown = demo.reading.kpis.field("currency", str)
    expect(shown == "GBP", "currency of the served KPIs", "GBP", shown)


# Bessemer


@then(parsers.parse("there are at least {count:d} vendors with a plan, seats and monthly revenue"))
def vendors_subscribe(demo: Demo, count: int) -> None:
    paying = [v for v in demo.showcase.records.vendors if v.seats and v.mrr_usd]
    expect(len(paying) >= count, "paying vendors", Words(f"at least {count}"), len(paying))


@then(
    parsers.parse("the annual recurring revenue is {months:d} times the vendors' monthly revenue")
)
def annual_revenue(demo: Demo, months: int) -> None:
    wanted = months * sum(vendor.mrr_usd for vendor in demo.showcase.records.vendors)
    found = demo.showcase.headline.get("saas_arr_usd", NOTHING)
    expect(found == wanted, "headline saas_arr_usd", wanted, found)


@then("the take rate is what the fees are of the volume")
def take_rate(demo: Demo) -> None:
    volumes = demo.showcase.records.volumes
    fees, volume = sum(row.fees_usd for row in volumes), sum(row.volume_usd for row in volumes)
    expect(bool(volume), "volume", Words("some"), volume)
    found = demo.showcase.headline.get("marketplace_take_rate", NOTHING)
    wanted = Fraction(fees, volume)
    expect(stated_exactly(found, wanted), "headline marketplace_take_rate", wanted, found)


@then("no churned vendor still pays")
def churned_vendors_are_gone(demo: Demo) -> None:
    for vendor in demo.showcase.records.vendors:
        pays = vendor.churned and vendor.mrr_usd
        expect(not pays, f"churned vendor {vendor.id}: mrr_usd", 0, vendor.mrr_usd)


# Tiger Global


@then(parsers.parse("every price of the catalog converts to {currency:w} and back within 1 %"))
def prices_convert(demo: Demo, currency: str) -> None:
    source = demo.catalog.currency
    for product in demo.catalog.products:
        price = demo.catalog.price_of(product)
        where = f"price of {product.get('_id')} in {currency}"
        expect(price is not None, where, Words(f"a price in {source}"), price)
        amount = Decimal(price or 0)
        there = demo.currency.converted_by_its_own_table(amount, source, currency)
        back = demo.currency.convert(there, currency, source)
        close = abs(back - amount) <= TOLERANCE * amount
        expect(close, f"{where} and back", Words(f"{amount} {source} within 1 %"), back)


@then(parsers.parse("{share} % of the transactions are in a second currency"))
def second_currency(demo: Demo, share: str) -> None:
    computed(demo, "multi_currency_transactions", percent(share))


@then(parsers.parse("{count:d} emerging markets are open"))
def emerging_markets(demo: Demo, count: int) -> None:
    computed(demo, "emerging_markets", Fraction(count))


@then(parsers.parse("the markets' sales add up to {amount:d} USD"))
def global_sales(demo: Demo, amount: int) -> None:
    computed(demo, "global_gmv_usd", Fraction(amount))
