"""Gather the content of a sheet from what the deployment serves right now.

Values that the investor sees live are never taken from the seeds. A missing value is named in its
place, so a sheet never shows an old or wished number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pymongo.errors import PyMongoError
from requests import RequestException

from playbook import clock
from playbook.deployments.description import Kind
from playbook.environment import Environment
from playbook.environment.kept_documents import next_event, read_kept
from playbook.errors import PlaybookError
from playbook.pristine.bundles import Bundle
from playbook.pristine.money import price_field
from playbook.pristine.seeds import Document, Seeds, load
from playbook.report.sheet.number_format import kpi, money
from playbook.verdict.checks import CHECKS, WALK, checks_by_evidence
from playbook.verdict.model import BundleVerdict
from playbook.walk import pictures

MOST_PRODUCTS = 4
PAGES = {
    "home": "Home",
    "catalog": "Catalog",
    "ai_mood_cart": "Mood to cart",
    "livesale": "LiveSale",
    "chat": "Chat",
    "leads": "Leads",
    "analytics": "Analytics",
}
"""The sheet's names for the pages that an app links to."""
CONTEXT = {
    "locale": "Locale",
    "currency": "Currency",
    "timezone": "Time zone",
    "device": "Device",
}
"""The parts of the investor's context on the sheet, with their names there."""


@dataclass(frozen=True)
class Standing:
    """A bundle's verdict at the time of making the sheet."""

    verdict: str
    """GO, NO-GO or UNKNOWN."""
    at: datetime | None
    """When it was checked (UTC); None if it was not."""
    reasons: tuple[str, ...] = ()
    evidence: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The checks that looked at what is "stored", and those that have "seen" it in the app."""


@dataclass(frozen=True)
class Offer:
    """A featured product: its name and its price as the investor reads it."""

    name: str
    price: str
    catalog_price: str | None
    """The catalog's own price, if the investor has another currency."""


@dataclass(frozen=True)
class Sheet:
    """One bundle's page."""

    bundle: Bundle
    investor: str
    """The investor; empty if the bundle's id has no name."""
    environment: str
    """The environment's name."""
    meeting: datetime | None
    """The meeting that the demo is prepared for (UTC)."""
    account: str
    """The e-mail address to sign in with."""
    sign_in: str
    """Where to sign in; empty if the app's description does not say."""
    standing: Standing
    printed_at: datetime
    context: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    livesale: Document | None
    offers: tuple[Offer, ...]
    kpis: tuple[tuple[str, str], ...]
    currency: str
    gaps: tuple[str, ...]
    """What is not available, one line each."""
    walked: pictures.Kept | None = None
    """The last walk through the demo whose pictures are kept."""


def standing(verdict: BundleVerdict, at: datetime) -> Standing:
    """A bundle's present verdict, with a line for each reason why it is not GO."""
    reasons = [f"{result.line}: {result.reason}" for result in verdict.not_passed]
    looked_at = {result.check for result in verdict.results}
    reasons += [f"{check}: did not run" for check in CHECKS if check not in looked_at]
    evidence = checks_by_evidence({check: verdict.stands_on(check) for check in (*CHECKS, WALK)})
    return Standing(verdict.verdict, at, tuple(reasons), evidence)


def gather(
    environment: Environment,
    bundle: Bundle,
    standing: Standing,
    seeds: Seeds | None = None,
    walked: pictures.Kept | None = None,
    meeting: datetime | None = None,
) -> Sheet:
    """Read the content of a sheet. A missing value becomes a gap; no error is raised."""
    now, seeds, gaps = clock.now(), seeds or load(), _Gaps(environment)
    no_answer: dict[str, Any] = {}
    served = gaps.read("Context", lambda: _context(environment, bundle), no_answer)
    context: Mapping[str, Any] = served.get("context") or {}
    locale, currency = str(context.get("locale") or ""), str(context.get("currency") or "")
    nothing: tuple[Any, ...] = ()
    no_documents: dict[Kind, list[Document]] = {"livesales": [], "products": []}
    documents = gaps.read(
        "LiveSale", lambda: _documents(environment, bundle, seeds, now), no_documents
    )
    sale = _next_livesale(gaps, documents["livesales"], bundle, now)
    links = gaps.read("Demo links", lambda: _links(environment, served), nothing)
    offers = gaps.read(
        "Featured products",
        lambda: _offers(environment, documents["products"], sale, locale, currency),
        nothing,
    )
    kpis = gaps.read("KPIs", lambda: _kpis(environment, bundle, locale), nothing)
    return Sheet(
        bundle=bundle,
        investor=investor_of(bundle),
        environment=environment.name,
        meeting=meeting,
        account=_account(seeds, bundle),
        sign_in=_sign_in_page(environment),
        standing=standing,
        printed_at=now,
        context=tuple(
            (label, str(context[name])) for name, label in CONTEXT.items() if name in context
        ),
        links=links,
        livesale=sale,
        offers=offers,
        kpis=kpis,
        currency=currency,
        gaps=tuple(gaps.lines),
        walked=walked,
    )


class _Gaps:
    """The values that could not be read for a sheet, one line each."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.lines: list[str] = []

    def read[T](self, what: str, look: Callable[[], T], otherwise: T) -> T:
        """Return the result of ``look``. If it fails, note why and return ``otherwise``."""
        try:
            with self._environment.translate_connection_errors():
                return look()
        except (PlaybookError, PyMongoError, RequestException) as error:
            self.lines.append(self._environment.redact(f"{what}: {error}"))
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            problem = f"the served value can't be read ({type(error).__name__})"
            self.lines.append(f"{what}: {problem}")
        return otherwise


def _next_livesale(
    gaps: _Gaps, livesales: list[Document], bundle: Bundle, now: datetime
) -> Document | None:
    sale = gaps.read("LiveSale", lambda: next_event(livesales, bundle, now), None)
    if sale is None and not any(line.startswith("LiveSale") for line in gaps.lines):
        gaps.lines.append("LiveSale: no event is coming")
    return sale


def investor_of(bundle: Bundle) -> str:
    """The investor of a bundle, from its id without the alias before it: "Julie Bercovy"."""
    firm = bundle.short.replace("-", "_").upper() + "_"
    names = (name.upper() for name in (*bundle.aliases, bundle.key))
    named = next((name for name in names if name.startswith(firm)), firm)
    return " ".join(word.capitalize() for word in named.removeprefix(firm).split("_") if word)


def _account(seeds: Seeds, bundle: Bundle) -> str:
    """The first of the bundle's accounts that shows the demo; empty if there is none."""
    accounts = [line.model for line in seeds.accounts.values() if line.model.bundle == bundle.key]
    demo_first = sorted(accounts, key=lambda account: account.role != "demo")
    return demo_first[0].email if demo_first else ""


def _sign_in_page(environment: Environment) -> str:
    front_end = environment.deployment.front_end
    page = "" if "sign_in" in front_end.not_known else front_end.pages.get("sign_in", "")
    if not page.startswith("/"):  # the name of a link that the API gives
        return ""
    return _printable_address(environment, page)


def _printable_address(environment: Environment, link: str) -> str:
    """The address of a page as it may be printed: without the login of a gateway."""
    # A sheet is printed and sent to others; a reader who opens the page is asked for that login.
    parts = urlsplit(environment.page_address(link))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _json(environment: Environment, path: str) -> dict[str, Any]:
    answer = environment.call("GET", path)
    if answer.status_code != 200:
        raise PlaybookError(f"GET {path} answered {answer.status_code}")
    body = environment.deployment.routes.content(answer.json(parse_float=Decimal))
    if not isinstance(body, dict):
        raise ValueError("no object")
    return body


def _context(environment: Environment, bundle: Bundle) -> dict[str, Any]:
    return _json(environment, environment.deployment.routes.context_of(bundle.key))


def _links(environment: Environment, served: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    urls = served["demo_urls"] if served else {}
    # People click on these links, so only addresses of web pages and paths of the front end.
    return tuple(
        (PAGES.get(name, name), _printable_address(environment, url))
        for name, url in urls.items()
        if isinstance(url, str) and re.match(r"https?://|/(?!/)", url)
    )


def _documents(
    environment: Environment, bundle: Bundle, seeds: Seeds, now: datetime
) -> dict[Kind, list[Document]]:
    kinds: tuple[Kind, ...] = ("livesales", "products")
    return read_kept(environment.db, environment.deployment, bundle, seeds, kinds, now)


def _offers(
    environment: Environment,
    products: list[Document],
    sale: Document | None,
    locale: str,
    currency: str,
) -> tuple[Offer, ...]:
    if sale is None:
        return ()
    skus = list(sale["featured_products"])[:MOST_PRODUCTS]
    featured = {p["_id"]: p for p in products if p.get("_id") in skus}
    return tuple(_offer(environment, sku, featured.get(sku), locale, currency) for sku in skus)


def _offer(
    environment: Environment, sku: str, product: Document | None, locale: str, currency: str
) -> Offer:
    if product is None:
        return Offer(str(sku), "not in the catalog", None)
    own = str(product["currency"])
    price = Decimal(str(product[price_field(own)]))
    catalog_price = money(price, own, locale)
    if currency in ("", own):
        return Offer(str(product["name"]), catalog_price, None)
    rates = environment.deployment.routes.rates
    path = f"{rates}?base_currency={own}&target_currencies={currency}"
    rate = _json(environment, path)["rates"][currency]
    converted = (price * Decimal(str(rate))).quantize(Decimal("0.01"))
    return Offer(str(product["name"]), money(converted, currency, locale), catalog_price)


def _kpis(environment: Environment, bundle: Bundle, locale: str) -> tuple[tuple[str, str], ...]:
    path = environment.deployment.routes.kpis_of(bundle.key)
    metrics = _json(environment, path)["investor_focus_metrics"]
    return tuple(kpi(name, value, locale) for name, value in metrics.items())
