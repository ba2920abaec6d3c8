"""The rules between seed documents; each contradiction is one line for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from playbook import PROJECT
from playbook.pristine.countries import country_name
from playbook.pristine.currency_codes import Currency
from playbook.pristine.seeds.collection import Seeds
from playbook.pristine.seeds.livesale_rules import livesale_problems
from playbook.pristine.seeds.locale_rules import locale_problems
from playbook.pristine.seeds.models import Language, Region
from playbook.pristine.seeds.named_brands import names_brand
from playbook.pristine.seeds.showcase_rules import showcase_problems
from playbook.pristine.typography import writing_problems

PRODUCTS_A_REGION = 50
CREATORS_A_REGION = 3
LEADS_A_BUNDLE = 5
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
    yield from livesale_problems(seeds)
    yield from _leads(seeds)
    yield from _names_in_two_roles(seeds)
    yield from _one_a_bundle(seeds)
    yield from _accounts(seeds)
    yield from _features(seeds)
    yield from locale_problems(seeds)
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
        named = [brand for brand in brands if names_brand(product.name, brand)]
        if named and product.brand not in named:
            yield (
                f"{line.where}: brand: {product.brand}; "
                f"expected the brand in the name {product.name!r}, {named[0]}"
            )
        for language, name in (product.names or {}).items():
            for problem in writing_problems(language, name):
                yield f"{line.where}: names.{language}: {name!r} has {problem}"


def _creators(seeds: Seeds) -> Iterator[str]:
    for line in seeds.creators.values():
        creator = line.model
        if creator.avg_session_viewers > creator.followers:
            yield (
                f"{line.where}: avg_session_viewers: {creator.avg_session_viewers}; "
                f"expected at most the creator's followers, {creator.followers}"
            )


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


def _accounts(seeds: Seeds) -> Iterator[str]:
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
