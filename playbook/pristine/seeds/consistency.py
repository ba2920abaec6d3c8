"""The rules between seed documents; each contradiction is one line for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import combinations
from typing import get_args
from zoneinfo import ZoneInfo

import babel

from playbook import PROJECT
from playbook.pristine.countries import country_name
from playbook.pristine.currency_codes import Currency
from playbook.pristine.language_of_text import could_be, direction
from playbook.pristine.livesale_time import SCHEDULED_TIME
from playbook.pristine.seeds.collection import Seeds
from playbook.pristine.seeds.models import Language, LiveSale, Region
from playbook.pristine.seeds.placeholders import listed, other_shapes, wrong_placeholders
from playbook.pristine.seeds.plurals import expected_names, names_one_number
from playbook.pristine.seeds.showcase_rules import showcase_problems
from playbook.pristine.typography import writing_problems

PRODUCTS_A_REGION = 50
CREATORS_A_REGION = 3
LEADS_A_BUNDLE = 5
DAY = 24 * 60
HOURS_BETWEEN_LIVESALES = 4
"""The least time of day between two LiveSales of one creator, on any days."""
RESULT = re.compile(r"(Signed|Renewed|Moved|Extended|Expanded|Doubled|Launched|Rolled out)\b")
"""How the notes of a card begin that was won. A firm that exists could deny it."""
VIEW = ("locale", "currency", "timezone", "device")
"""How an investor sees the shop: the same for the bundle, its context and its accounts."""
FEATURES = PROJECT / "features" / "bundles"
"""The feature files of single bundles; a tag names the bundle, ``@bundle-lvmh``."""


def disagreements(seeds: Seeds) -> Iterator[str]:
    """Every contradiction between the documents, with file and line."""
    yield from _bundles(seeds)
    yield from _regions(seeds)
    yield from _products(seeds)
    yield from _creators(seeds)
    yield from _livesales(seeds)
    yield from _hosts(seeds)
    yield from _leads(seeds)
    yield from _names_in_two_roles(seeds)
    yield from _one_a_bundle(seeds)
    yield from _features(seeds)
    yield from _locales(seeds)
    yield from showcase_problems(seeds)
    for missing in sorted(set(get_args(Currency)) - set(seeds.reference_rates)):
        yield f"currency_reference_rates.json: {missing}: no reference rate; expected one"


def _bundles(seeds: Seeds) -> Iterator[str]:
    names: dict[str, str] = {}
    for line in seeds.bundles.values():
        for name in (line.model.key, line.model.short, *line.model.aliases):
            if name.casefold() == "all":
                yield f"{line.where}: name {name!r} means every bundle; expected another"
            other = names.setdefault(name.casefold(), line.where)
            if other != line.where:
                yield f"{line.where}: name {name!r} is also a name of the bundle at {other}"
        language = line.model.locale.partition("-")[0]
        if language not in get_args(Language):
            yield (
                f"{line.where}: locale: {line.model.locale}: the demo does not speak {language!r}; "
                f"expected one of {', '.join(get_args(Language))}"
            )


def _regions(seeds: Seeds) -> Iterator[str]:
    for region in get_args(Region):
        count = sum(line.model.region == region for line in seeds.products.values())
        if count < PRODUCTS_A_REGION:
            yield (
                f"luxury_products.json: region {region} has {count} products; "
                f"expected {PRODUCTS_A_REGION} or more"
            )
        count = sum(line.model.region == region for line in seeds.creators.values())
        if count != CREATORS_A_REGION:
            yield (
                f"creator_profiles.json: region {region} has {count} creators; "
                f"expected {CREATORS_A_REGION}"
            )


def _products(seeds: Seeds) -> Iterator[str]:
    countries: dict[str, tuple[str, str]] = {}
    brands = sorted({line.model.brand for line in seeds.products.values()})
    for line in seeds.products.values():
        product = line.model
        if not country_name(product.brand_country):
            yield (
                f"{line.where}: brand_country: there is no country {product.brand_country}; "
                "expected an ISO code like 'FR'"
            )
        country, where = countries.setdefault(
            product.brand.casefold(), (product.brand_country, line.where)
        )
        if country != product.brand_country:
            yield (
                f"{line.where}: brand_country: {product.brand} is of {product.brand_country} here "
                f"and of {country} at {where}; expected one country"
            )
        named = [brand for brand in brands if _names(product.name, brand)]
        if named and product.brand not in named:
            yield (
                f"{line.where}: brand: {product.brand}; "
                f"expected the brand in the name {product.name!r}, {named[0]}"
            )
        for language, name in (product.names or {}).items():
            for problem in writing_problems(language, name):
                yield f"{line.where}: names.{language}: {name!r} has {problem}"


def _names(text: str, brand: str) -> bool:
    """Whether a text names a brand, in whole words; "Tiffany" does for "Tiffany & Co."."""
    word = brand.removesuffix(" & Co.")
    return word in text and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


def _creators(seeds: Seeds) -> Iterator[str]:
    for line in seeds.creators.values():
        creator = line.model
        if creator.avg_session_viewers > creator.followers:
            yield (
                f"{line.where}: avg_session_viewers: {creator.avg_session_viewers}; "
                f"expected at most the creator's followers, {creator.followers}"
            )


def _livesales(seeds: Seeds) -> Iterator[str]:
    for line in seeds.livesales.values():
        sale = line.model
        owner = seeds.bundles.get(sale.bundle)
        if owner is None:
            yield (
                f"{line.where}: bundle: unknown bundle {sale.bundle!r}; "
                "expected an _id of bundles.json"
            )
            continue
        bundle = owner.model
        if sale.timezone != bundle.timezone:
            yield (
                f"{line.where}: timezone: {sale.timezone}; expected the bundle's, {bundle.timezone}"
            )
        profiles = [c.model for c in seeds.creators.values() if c.model.region == bundle.region]
        hosts = {profile.name: profile.followers for profile in profiles}
        if sale.expected_viewers > hosts.get(sale.creator, sale.expected_viewers):
            yield (
                f"{line.where}: expected_viewers: {sale.expected_viewers}; expected at most "
                f"the followers of {sale.creator}, {hosts[sale.creator]}"
            )
        if sale.creator not in hosts:
            yield (
                f"{line.where}: creator: {sale.creator!r} is not a creator of region "
                f"{bundle.region}; expected one of {', '.join(sorted(hosts))}"
            )
        for sku in sale.featured_products:
            product = seeds.products.get(sku)
            if product is None or product.model.region != bundle.region:
                yield (
                    f"{line.where}: featured_products: {sku} is not in the catalog; "
                    f"expected an id of region {bundle.region}"
                )
        catalog = [p.model for p in seeds.products.values() if p.model.region == bundle.region]
        featured = {product.brand for product in catalog if product.id in sale.featured_products}
        for brand in sorted({product.brand for product in catalog} - featured):
            if _names(sale.title, brand):
                yield (
                    f"{line.where}: title: {sale.title!r} names {brand}; "
                    "expected a product of it among the featured ones, or another title"
                )


def _hosts(seeds: Seeds) -> Iterator[str]:
    """Creators who would host two LiveSales at once, for some T of the two bundles.

    Each bundle has its own T, so the days may be any days. The hours of the day must be far enough
    apart, in winter and in summer.
    """
    for one, other in combinations(seeds.livesales.values(), 2):
        if one.model.creator != other.model.creator:
            continue
        apart = min(
            min((first - second) % DAY, (second - first) % DAY)
            for first in _minutes_of_day(one.model)
            for second in _minutes_of_day(other.model)
        )
        if apart < HOURS_BETWEEN_LIVESALES * 60:
            yield (
                f"{other.where}: creator: {other.model.creator} hosts {one.model.key} within "
                f"{apart / 60:g} h of this LiveSale; expected {HOURS_BETWEEN_LIVESALES} h or more"
            )


def _minutes_of_day(sale: LiveSale) -> Iterator[int]:
    """The start of a LiveSale, in minutes of the UTC day, in winter and in summer."""
    matched = SCHEDULED_TIME.fullmatch(sale.scheduled_time)
    assert matched is not None  # the model has already checked it
    wall = int(matched["hour"]) * 60 + int(matched["minute"])
    for month in (1, 7):
        offset = datetime(2026, month, 15, tzinfo=ZoneInfo(sale.timezone)).utcoffset()
        yield (wall - int((offset or timedelta()).total_seconds()) // 60) % DAY


def _names_in_two_roles(seeds: Seeds) -> Iterator[str]:
    """People and companies with two roles: investors would notice them."""
    known: dict[str, str] = {}
    for where, name in _people_and_companies(seeds):
        other = known.setdefault(name.casefold(), where)
        if other != where:
            yield f"{where}: {name!r} is already at {other}; expected each name once"


def _people_and_companies(seeds: Seeds) -> Iterator[tuple[str, str]]:
    for creator in seeds.creators.values():
        yield f"{creator.where}: name", creator.model.name
    for lead in seeds.leads.values():
        yield f"{lead.where}: company", lead.model.company
        yield f"{lead.where}: contact", lead.model.contact
    for line in seeds.showcases.values():
        for group in ("members", "vendors", "enterprises"):
            rows = line.model.records.get(group)
            for number, row in enumerate(rows if isinstance(rows, list) else []):
                name = row.get("name", row.get("company")) if isinstance(row, dict) else None
                if isinstance(name, str):
                    yield f"{line.where}: records.{group}.{number}", name


def _leads(seeds: Seeds) -> Iterator[str]:
    ids: dict[str, str] = {}
    for line in seeds.leads.values():
        if line.model.stage != "closed" and (result := RESULT.match(line.model.notes)):
            yield (
                f"{line.where}: notes: {result[0]!r} is a result, and the card is in "
                f"{line.model.stage!r}; expected an interest, or the column closed"
            )
        if line.model.bundle not in seeds.bundles:
            yield f"{line.where}: bundle: unknown bundle {line.model.bundle!r}"
        if (other := ids.setdefault(line.model.id, line.where)) != line.where:
            yield f"{line.where}: id: {line.model.id} is already at {other}; expected each id once"
    for bundle in seeds.bundles:
        count = sum(line.model.bundle == bundle for line in seeds.leads.values())
        if count != LEADS_A_BUNDLE:
            yield f"business_leads.json: {bundle} has {count} leads; expected {LEADS_A_BUNDLE}"


def _one_a_bundle(seeds: Seeds) -> Iterator[str]:
    for bundle, line in seeds.bundles.items():
        sales = [sale for sale in seeds.livesales.values() if sale.model.bundle == bundle]
        if len(sales) != 1:
            yield f"livesale_schedule.json: {bundle} has {len(sales)} LiveSales; expected one"
        if not any(account.model.bundle == bundle for account in seeds.accounts.values()):
            yield f"demo_accounts.json: {bundle} has no account; expected at least one"
        if bundle not in seeds.showcases:
            yield f"investor_showcases.json: {bundle} has no showcase; expected one"
        context = seeds.contexts.get(bundle)
        if context is None:
            yield f"awareness_contexts.json: {bundle} has no context; expected one"
            continue
        for field in (*VIEW, "emphasis"):
            stated, wanted = getattr(context.model, field), getattr(line.model, field)
            if stated != wanted:
                yield f"{context.where}: {field}: {stated!r}; expected the bundle's, {wanted!r}"
    emails: dict[str, str] = {}
    owners: dict[str, str] = {}
    for account in seeds.accounts.values():
        if account.model.bundle not in seeds.bundles:
            yield f"{account.where}: bundle: unknown bundle {account.model.bundle!r}"
        if (other := emails.setdefault(account.model.email, account.where)) != account.where:
            yield f"{account.where}: email: {account.model.email} is already at {other}"
        owner = seeds.bundles.get(account.model.bundle)
        for field, stated in account.model.preferences.items():
            wanted = getattr(owner.model, field, stated) if owner and field in VIEW else stated
            if stated != wanted:
                yield (
                    f"{account.where}: preferences.{field}: {stated!r}; "
                    f"expected the bundle's, {wanted!r}"
                )
        prefix = account.model.email.partition(".")[0]
        if (first := owners.setdefault(prefix, account.model.bundle)) != account.model.bundle:
            # A reset deletes the traces of all addresses with its bundle's prefixes.
            yield (
                f"{account.where}: email: {account.model.email} begins like an address of "
                f"{first}; expected a prefix that no other bundle has"
            )


def _features(seeds: Seeds) -> Iterator[str]:
    """Bundles without their own feature: their showcase would never be checked."""
    tagged: set[str] = set()
    for path in FEATURES.glob("*.feature"):
        tags = path.read_text(encoding="utf-8-sig").partition("Feature:")[0].split()
        if "@check-showcase" in tags:
            tagged.update(tag.removeprefix("@bundle-") for tag in tags)
    for line in seeds.bundles.values():
        if line.model.short not in tagged:
            yield (
                f"{line.where}: short: {line.model.short} has no feature; expected one in "
                f"features/bundles, tagged @bundle-{line.model.short} @check-showcase"
            )


def _locales(seeds: Seeds) -> Iterator[str]:
    for language in get_args(Language):
        if language not in seeds.locales:
            yield f"locales/{language}.json: no such locale; expected one document"
    english = seeds.locales.get("en")
    if english is None:
        return
    source = english.model.messages
    for language, line in seeds.locales.items():
        messages = line.model.messages
        known = seeds.cognates.get(language)
        cognates = known.model.messages if known else []
        reads = direction(language)
        if line.model.direction != reads:
            yield (
                f"{line.where}: direction: {line.model.direction}; expected {reads}, "
                f"as {language} reads"
            )
        expected = expected_names(language, source)
        for key in sorted(expected.keys() - messages.keys()):
            yield (
                f"{line.where}: messages.{key}: missing; "
                f"expected a translation of {source[expected[key]]!r}"
            )
        for key in sorted(messages.keys() - expected.keys()):
            yield (
                f"{line.where}: messages.{key}: not a message of locales/en.json, "
                f"nor a plural form of {language}; expected no such message"
            )
        for key in sorted(expected.keys() & messages.keys()):
            original = source[key] if language == "en" else source[expected[key]]
            for shape in other_shapes(messages[key]):
                yield (
                    f"{line.where}: messages.{key}: {shape!r} is not a placeholder that the app "
                    "fills in; expected one like {product}"
                )
            wanted, found = wrong_placeholders(original, messages[key])
            if found == [] and wanted == ["{count}"]:
                form = key.rpartition("_")[2] if key != expected[key] else ""
                if form and names_one_number(language, form):
                    wanted = []  # "two pieces" contains its number
            if found != wanted:
                yield (
                    f"{line.where}: messages.{key}: expected the placeholders "
                    f"{listed(wanted)}; found {listed(found)}"
                )
            if language != "en" and messages[key] == original and key not in cognates:
                yield (
                    f"{line.where}: messages.{key}: still English ({original!r}); "
                    "expected a translation, or the key in locale_cognates.json"
                )
            elif key not in cognates and not could_be(language, messages[key]):
                yield (
                    f"{line.where}: messages.{key}: {messages[key]!r} is in another language; "
                    f"expected it in {babel.Locale.parse(language).english_name}"
                )
            plural = messages.get(key.removesuffix("_one"))
            if key.endswith("_one") and messages[key] == plural and key not in cognates:
                yield (
                    f"{line.where}: messages.{key}: {plural!r} is also the text for many; expected "
                    "the singular, or the key in locale_cognates.json where both read the same"
                )
            for problem in writing_problems(language, messages[key]):
                yield f"{line.where}: messages.{key}: {messages[key]!r} has {problem}"
