"""What must hold between seed documents; each disagreement is one line for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import get_args

from playbook.pristine.seeds.collection import Seeds
from playbook.pristine.seeds.models import Currency, Language, Region
from playbook.pristine.seeds.showcase_rules import showcase_problems

PRODUCTS_A_REGION = 50
CREATORS_A_REGION = 3
LEADS_A_BUNDLE = 5
PLACEHOLDER = re.compile(r"\{[a-z_]+\}")


def disagreements(seeds: Seeds) -> Iterator[str]:
    """Every way in which the documents do not fit each other, with file and line."""
    yield from _bundles(seeds)
    yield from _regions(seeds)
    yield from _livesales(seeds)
    yield from _leads(seeds)
    yield from _one_a_bundle(seeds)
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
        hosts = {c.model.name for c in seeds.creators.values() if c.model.region == bundle.region}
        if sale.creator not in hosts:
            yield (
                f"{line.where}: creator: {sale.creator!r} is no creator of region "
                f"{bundle.region}; expected one of {', '.join(sorted(hosts))}"
            )
        for sku in sale.featured_products:
            product = seeds.products.get(sku)
            if product is None or product.model.region != bundle.region:
                yield (
                    f"{line.where}: featured_products: {sku} is not in the catalog; "
                    f"expected an id of region {bundle.region}"
                )


def _leads(seeds: Seeds) -> Iterator[str]:
    ids: dict[str, str] = {}
    for line in seeds.leads.values():
        if line.model.bundle not in seeds.bundles:
            yield f"{line.where}: bundle: unknown bundle {line.model.bundle!r}"
        if (other := ids.setdefault(line.model.id, line.where)) != line.where:
            yield f"{line.where}: id: {line.model.id} stands already at {other}"
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
        for field in ("locale", "currency", "timezone", "device", "emphasis"):
            stated, wanted = getattr(context.model, field), getattr(line.model, field)
            if stated != wanted:
                yield f"{context.where}: {field}: {stated!r}; expected the bundle's, {wanted!r}"
    emails: dict[str, str] = {}
    owners: dict[str, str] = {}
    for account in seeds.accounts.values():
        if account.model.bundle not in seeds.bundles:
            yield f"{account.where}: bundle: unknown bundle {account.model.bundle!r}"
        if (other := emails.setdefault(account.model.email, account.where)) != account.where:
            yield f"{account.where}: email: {account.model.email} stands already at {other}"
        prefix = account.model.email.partition(".")[0]
        if (owner := owners.setdefault(prefix, account.model.bundle)) != account.model.bundle:
            # A reset cleans the traces of all addresses with its bundle's prefixes.
            yield (
                f"{account.where}: email: {account.model.email} begins like an address of "
                f"{owner}; expected a prefix that no other bundle has"
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
        listed = seeds.cognates.get(language)
        cognates = listed.model.messages if listed else []
        if (line.model.direction == "rtl") != (language == "ar"):
            yield f"{line.where}: direction: {line.model.direction}; expected rtl for ar alone"
        for key in sorted(source.keys() - messages.keys()):
            yield (
                f"{line.where}: messages.{key}: missing; expected a translation of {source[key]!r}"
            )
        for key in sorted(messages.keys() - source.keys()):
            yield f"{line.where}: messages.{key}: not a message of locales/en.json"
        for key in sorted(source.keys() & messages.keys()):
            wanted = sorted(PLACEHOLDER.findall(source[key]))
            found = sorted(PLACEHOLDER.findall(messages[key]))
            if found != wanted:
                yield (
                    f"{line.where}: messages.{key}: expected the placeholders "
                    f"{', '.join(wanted) or 'none'}; found {', '.join(found) or 'none'}"
                )
            if language != "en" and messages[key] == source[key] and key not in cognates:
                yield (
                    f"{line.where}: messages.{key}: still English ({source[key]!r}); "
                    "expected a translation, or the key in locale_cognates.json"
                )
