"""Locale files: All 7 languages loaded; also the awareness context."""

from __future__ import annotations

from typing import Any

from tests.faults.fault import EVERYONE, Inject, Lab, Listed
from tests.faults.proxy import Request, json_reply
from tests.faults.verbs import (
    answers,
    breaking_off,
    cached,
    cached_copy,
    cached_raw,
    changed,
    computed,
    distorts,
    failing,
    html,
    in_wrong_encoding,
    not_found,
    of,
    of_the_apps_own,
    removed,
    seed_file,
    slow,
    swapped,
    truncated,
    without,
)

fault = Listed("locales")
SERVED, CONTEXT = "/api/awareness/test-localization", "/api/demo/context/"
POUNDS = {"index": ("showcase",)}
"""Index's showcase promises the context's locale too."""


def message(language: str, name: str, text: object) -> Inject:
    return changed("locales", language, **{f"messages__{name}": text})


def served_language(change: dict[str, Any], language: str) -> Inject:
    """Let the API serve one language otherwise than it is stored."""
    return distorts("GET", SERVED, lambda body, _: {**body, "languages": [
        {**one, **change} if one["language"] == language else one for one in body["languages"]]})


def served_context(bundle: str, **change: object) -> Inject:
    return distorts("GET", CONTEXT + of(bundle), lambda body, _: {
        **body, "context": {**body["context"], **change}})


def frozen_answer(lab: Lab) -> None:
    """Let the API serve the answers from before the fault, and call them valid."""
    before = json_reply(lab.direct.call("GET", SERVED).json())
    lab.proxy.override("GET", SERVED, lambda *_: before)


fault("a language is missing", "missing", "Mongo", EVERYONE, "fr", removed("locales", _id="fr"))
fault("English is missing", "missing", "Mongo", EVERYONE, "en", removed("locales", _id="en"))
fault("a message is missing", "missing", "Mongo", EVERYONE, "cart_title",
      without("locales", "de", "messages.cart_title"))
fault("a message too many", "extra", "Mongo", EVERYONE, "debug", message("es", "debug", "prueba"))
fault("a message is empty", "empty", "Mongo", EVERYONE, "nav_home", message("ja", "nav_home", ""))
fault("a message is blank", "empty", "Mongo", EVERYONE, "nav_home", message("zh", "nav_home", "  "))
fault("a message is null", "null", "Mongo", EVERYONE, "nav_home", message("fr", "nav_home", None))
fault("a message is a number", "wrong type", "Mongo", EVERYONE, "nav_home", message("fr", "nav_home", 1))
fault("no messages", "empty", "Mongo", EVERYONE, "es", changed("locales", "es", messages={}))
fault("the messages are a list", "wrong type", "Mongo", EVERYONE, "es", changed("locales", "es", messages=[]))
fault("the messages are null", "null", "Mongo", EVERYONE, "zh", changed("locales", "zh", messages=None))
fault("a message is left in English", "untranslated", "Mongo", EVERYONE, "nav_shop",
      message("de", "nav_shop", "Shop the collections"))
fault("a language is English throughout", "untranslated", "Mongo", EVERYONE, "locale fr",
      computed("locales", "fr", lambda lab, _: {"messages": lab.seeds.locales["en"].document["messages"]}))
fault("a variant hides French with English", "untranslated", "Mongo", EVERYONE, "locale fr-FR",
      lambda lab: of_the_apps_own("locales", _id="fr-FR", messages=lab.seeds.locales[
          "en"].document["messages"])(lab), by_hand=True)
fault("the API serves a variant in English", "seen otherwise", "HTTP", EVERYONE, "locale fr-FR as served",
      distorts("GET", SERVED, lambda body, _: {**body, "languages": [*body["languages"], {
          "language": "fr-FR", "messages": {"nav_home": "Home"}}]}))
fault("a message is half translated", "half-translated", "Mongo", EVERYONE, "cart_empty",
      message("fr", "cart_empty", "Votre panier est vide. Discover this season’s pieces."))
fault("a message in mojibake", "mojibake", "Mongo", EVERYONE, "nav_livesales",
      computed("locales", "fr", lambda _, d: {
          "messages.nav_livesales": in_wrong_encoding(d["messages"]["nav_livesales"])}))
fault("Japanese in question marks", "mojibake", "Mongo", EVERYONE, "nav_home",
      message("ja", "nav_home", "???"))
fault("a placeholder is lost", "wrong value", "Mongo", EVERYONE, "cart_subtotal",
      computed("locales", "ar", lambda _, d: {
          "messages.cart_subtotal": d["messages"]["cart_subtotal"].replace("{amount}", "")}))
fault("Arabic reads from the left", "right-to-left lost", "Mongo", EVERYONE, "locale ar",
      changed("locales", "ar", direction="ltr"))
fault("Arabic has no direction", "right-to-left lost", "Mongo", EVERYONE, "locale ar",
      without("locales", "ar", "direction"))
fault("German reads from the right", "wrong value", "Mongo", EVERYONE, "locale de",
      changed("locales", "de", direction="rtl"))
fault("German and Spanish swapped", "swapped", "Mongo", EVERYONE, "locale", swapped("locales", "de", "es"))
fault("the file has a new text", "stale", "files", EVERYONE, "nav_home",
      seed_file("locales/fr.json", "", '"nav_home": "Accueil"', '"nav_home": "Page d’accueil"'))

fault("the endpoint is gone", "404", "HTTP", EVERYONE, "404", not_found("GET", SERVED))
fault("the endpoint fails", "500", "HTTP", EVERYONE, "500", failing("GET", SERVED))
fault("the endpoint is slow", "slow", "HTTP", EVERYONE, "within 5 s", slow("GET", SERVED))
fault("the endpoint answers HTML", "HTML", "HTTP", EVERYONE, "text/html", html("GET", SERVED))
fault("the endpoint answers half its JSON", "truncated", "HTTP", EVERYONE, "broken JSON",
      truncated("GET", SERVED))
fault("the endpoint breaks off", "truncated", "HTTP", EVERYONE, "broke off", breaking_off("GET", SERVED))
fault("all valid, says the API, and shows nothing", "false success", "HTTP", EVERYONE, "serves nothing",
      answers("GET", SERVED, json_reply({"valid": True, "languages": []})))
fault("six languages are served", "missing", "HTTP", EVERYONE, "ja",
      distorts("GET", SERVED, lambda body, _: {**body, "languages": [
          one for one in body["languages"] if one["language"] != "ja"]}))
fault("a language is served in English", "untranslated", "HTTP", EVERYONE, "locale fr as served",
      distorts("GET", SERVED, lambda body, _: {**body, "languages": [
          {**one, "messages": body["languages"][0]["messages"]} if one["language"] == "fr" else one
          for one in body["languages"]]}))
fault("Arabic is served from the left", "right-to-left lost", "HTTP", EVERYONE, "locale ar as served",
      served_language({"direction": "ltr"}, "ar"))
fault("Arabic is served with no messages, and valid", "false success", "HTTP", EVERYONE, "locale ar",
      served_language({"messages": {}, "valid": True, "problems": []}, "ar"))
fault("the API goes on to serve what the data has lost", "false success", "Mongo", EVERYONE, "locale es",
      frozen_answer, removed("locales", _id="es"))

# The investor's context

fault("the context is missing", "missing", "Mongo", "lvmh", "context",
      removed("awareness_contexts", _id=of("lvmh")))
fault("a French investor is greeted in English", "wrong value", "Mongo", "lvmh", "locale",
      changed("awareness_contexts", of("lvmh"), locale="en-US"))
fault("a context in another currency", "currency mixed up", "Mongo", "tiger-global", "currency",
      changed("awareness_contexts", of("tiger-global"), currency="USD"))
fault("a context in the wrong zone", "wrong value", "Mongo", "sequoia", "timezone",
      changed("awareness_contexts", of("sequoia"), timezone="America/New_York"))
fault("a context with a fixed offset", "clock change", "Mongo", "a16z", "timezone",
      changed("awareness_contexts", of("a16z"), timezone="Etc/GMT+5"))
fault("a phone for a desktop", "wrong value", "Mongo", "bessemer", "device",
      changed("awareness_contexts", of("bessemer"), device="mobile"))
fault("the locale is null", "null", "Mongo", "general-catalyst", "locale",
      changed("awareness_contexts", of("general-catalyst"), locale=None))
fault("another emphasis", "wrong value", "Mongo", "lightspeed", "emphasis",
      changed("awareness_contexts", of("lightspeed"), emphasis="Network effects"))
fault("two investors swapped contexts", "swapped", "Mongo", ("sequoia", "lvmh"), "context",
      swapped("awareness_contexts", of("sequoia"), of("lvmh")))
fault("Index without pounds", "currency mixed up", "Mongo", "index", "locale",
      changed("awareness_contexts", of("index"), locale="en-US", currency="USD"), also=POUNDS)
fault("a cached context is another's", "cached copy differs", "Redis", "a16z", "context",
      cached_copy(f"bundle:{of('a16z')}:context", "awareness_contexts", of("lvmh")))
fault("a cached context has an old zone", "cached copy differs", "Redis", "sequoia", "timezone",
      cached_copy(f"bundle:{of('sequoia')}:context", "awareness_contexts", of("sequoia"),
                  timezone="Etc/GMT+8"))
fault("a cached context is truncated", "cached copy differs", "Redis", "lvmh", "context",
      cached_raw(f"bundle:{of('lvmh')}:context", b'{"locale": "fr'))
fault("a cached context is empty", "cached copy differs", "Redis", "index", "context",
      cached(f"bundle:{of('index')}:context", {}), also=POUNDS)
fault("a cached language lacks a message", "cached copy differs", "Redis", "lvmh", "nav_home",
      cached_copy(f"bundle:{of('lvmh')}:locale:fr", "locales", "fr", messages={"nav_shop": "Boutique"}))
fault("the context's endpoint is gone", "404", "HTTP", EVERYONE, "404", not_found("GET", CONTEXT), also=POUNDS)
fault("one context's endpoint fails", "500", "HTTP", "bessemer", "500",
      failing("GET", CONTEXT + of("bessemer")))
fault("one context's endpoint answers HTML", "HTML", "HTTP", "tiger-global", "text/html",
      html("GET", CONTEXT + of("tiger-global")))
fault("the context's endpoint is slow", "slow", "HTTP", EVERYONE, "within 5 s", slow("GET", CONTEXT), also=POUNDS)
fault("the context's endpoint answers half its JSON", "truncated", "HTTP", "sequoia", "broken JSON",
      truncated("GET", CONTEXT + of("sequoia")))
fault("a context is served in the wrong currency", "currency mixed up", "HTTP", "lvmh", "currency",
      served_context("lvmh", currency="USD"))
fault("a context is served without links into the demo", "empty", "HTTP", "sequoia", "demo links",
      distorts("GET", CONTEXT + of("sequoia"), lambda body, _: {**body, "demo_urls": {}}))
fault("a context is served without its device", "null", "HTTP", "lightspeed", "device",
      served_context("lightspeed", device=None))


def as_lvmh(body: Any, _: Request) -> Any:
    return {**body, "context": {"locale": "fr-FR", "currency": "EUR", "timezone": "Europe/Paris",
                                "device": "mobile", "emphasis": "Luxury"}}


fault("everybody is served LVMH's context", "swapped", "HTTP",
      tuple(bundle for bundle in EVERYONE if bundle != "lvmh"), "context",
      distorts("GET", CONTEXT, as_lvmh), also=POUNDS)


def links(bundle: str, old: str, new: str) -> Inject:
    """Let every link of a bundle carry something else."""
    return distorts("GET", CONTEXT + of(bundle), lambda body, _: {**body, "demo_urls": {
        name: url.replace(old, new) for name, url in body["demo_urls"].items()}})


fault("the links open another's demo", "swapped", "HTTP", "lvmh", of("index"),
      links("lvmh", f"={of('lvmh')}", f"={of('index')}"))
fault("the links carry a placeholder", "seen otherwise", "HTTP", "a16z", "{bundle_id}",
      links("a16z", f"={of('a16z')}", "={bundle_id}"))
fault("the links open the demo in English", "seen otherwise", "HTTP", "lvmh", "locale",
      links("lvmh", "locale=fr-FR", "locale=en-US"))
fault("the links open the demo in dollars", "currency mixed up", "HTTP", "tiger-global", "currency",
      links("tiger-global", "currency=SGD", "currency=USD"))
