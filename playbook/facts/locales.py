"""The seven languages, stored and served, and the investor's own context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from playbook.deployments.answers import object_of
from playbook.environment.settings import host_of
from playbook.facts.cached_copies import Originals, cached_copies
from playbook.facts.comparison import compared, differences
from playbook.facts.findings import (
    NOTHING,
    Description,
    Finding,
    Unobservable,
    is_any,
    with_remedy,
)
from playbook.facts.reading import VARIANTS, Reading
from playbook.facts.remedies import Remedy
from playbook.pristine import languages
from playbook.pristine.seeds import Document


class Locales:
    """``demo.locales.messages("fr")``, and the problems of a language."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._context = reading.seeds.contexts[reading.bundle.key].document
        self._pristine = {key: line.document for key, line in reading.seeds.locales.items()}

    def loaded(self, language: str) -> list[Document]:
        """The documents of a language; there should be one."""
        stored = self._reading.stored.documents("locales")
        return [d for d in stored if d.get("_id") == language]

    def served(self, language: str) -> dict[str, Any]:
        """A language as the API serves it. Raises Unobservable if it does not serve it."""
        self._reading.stored.require("locales")
        for entry in self._served_languages:
            if entry.get("language") == language:
                return entry
        request = self._reading.localization.request
        raise Unobservable(f"{request} serves nothing for language {language}")

    @property
    def _served_languages(self) -> list[dict[str, Any]]:
        """Every language and variant that the API serves. Raises Unobservable."""
        answer = self._reading.localization
        answer.field("languages", list)
        return answer.read_by(lambda body: [object_of(one) for one in body["languages"]])

    def differences_from_seeds(self, language: str) -> Iterator[Finding]:
        """The differences of the stored language from its locale file."""
        ours = ("direction", "messages")
        return compared("locale", [self._pristine[language]], self.loaded(language), only=ours)

    def wrong_messages_served(self, language: str) -> Iterator[Finding]:
        """The differences of the served language from its locale file."""
        return with_remedy(
            self._wrong_messages_served(language),
            lambda: is_any(self.differences_from_seeds(language)),
        )

    def _wrong_messages_served(self, language: str) -> Iterator[Finding]:
        tags = [entry.get("language") for entry in self._served_languages]
        # A front end that keeps them by their tag shows the last one, or the one that it finds.
        alike = [tag for tag in tags if isinstance(tag, str) and tag.casefold() == language]
        for tag in alike[1:]:
            where = f"locale {language} as served"
            yield Finding(where, Description("it once"), Description(f"“{tag}” again"))
        wanted = {**self._pristine[language], "language": language}
        yield from differences(
            wanted,
            self.served(language),
            f"locale {language} as served",
            only=("language", "direction", "messages"),
        )

    def untranslated_messages(self, language: str) -> Iterator[Finding]:
        """Messages that are empty, or the same as in English although they are not cognates."""
        for document in self.loaded(language):
            messages = document.get("messages")
            for problem in languages.untranslated(language, messages, self._reading.seeds, NOTHING):
                where = f"locale {language}: {problem.what}"
                yield Finding(where, Description(problem.expected), problem.found)

    def untranslated_variants(self, language: str) -> Iterator[Finding]:
        """Messages of stored regional variants (``fr-FR``) that are not in the language.

        Variants belong to the app: a reset does not change them.
        """
        kept = self._reading.deployment.kept_as("locales")
        for document in self._reading.documents.get(VARIANTS, []) if kept else []:
            tag = document.get(kept.key) if kept else None
            if languages.is_variant(tag, language):
                yield from self._variant_findings(language, f"locale {tag}", document)

    def untranslated_variants_served(self, language: str) -> Iterator[Finding]:
        """The same for the variants that the API serves."""
        for entry in self._served_languages:
            if languages.is_variant(entry.get("language"), language):
                where = f"locale {entry['language']} as served"
                yield from self._variant_findings(language, where, entry)

    def _variant_findings(
        self, language: str, where: str, document: Mapping[str, Any]
    ) -> Iterator[Finding]:
        found = languages.variant_problems(
            language, document.get("messages", NOTHING), self._reading.seeds
        )
        for problem in found:
            expected = Description(f"{problem.expected}, as it hides language {language}")
            yield Finding(f"{where}: {problem.what}", expected, problem.found, Remedy.DATA)

    def direction(self, language: str) -> object:
        """The direction of the stored language: "ltr" or "rtl"."""
        return next((d.get("direction", NOTHING) for d in self.loaded(language)), NOTHING)

    @property
    def context_differences(self) -> Iterator[Finding]:
        """The differences of the stored context from the investor's."""
        if not self._reading.stored.keeps("awareness_contexts"):
            return iter(())  # only the served context is judged (see wrong_context_served)
        return self._reading.stored.differences("awareness_contexts", "context")

    @property
    def wrong_context_served(self) -> Iterator[Finding]:
        """The differences of the served context from the investor's."""
        return with_remedy(self._wrong_context_served, self._is_stored_context_wrong)

    @property
    def _wrong_context_served(self) -> Iterator[Finding]:
        answer = self._reading.context
        served = answer.field("context", dict)
        yield from differences(
            self._context,
            served,
            f"context as served by {answer.request}",
            only=("locale", "currency", "timezone", "device"),
        )

    @property
    def wrong_links(self) -> Iterator[Finding]:
        """Links into the demo that are missing, are not links, or open another demo.

        A link contains the bundle's id, its locale, currency, zone and device, and names no other
        bundle. It is a full address of the app, or a path there.
        """
        return with_remedy(self._wrong_links, self._is_stored_context_wrong)

    @property
    def _wrong_links(self) -> Iterator[Finding]:
        answer, bundle = self._reading.context, self._reading.bundle
        where = f"demo links as served by {answer.request}"
        body = answer.read_by(object_of)
        if body.get("bundle") != bundle.key:
            yield Finding(f"{where}: bundle", bundle.key, body.get("bundle", NOTHING))
        urls = body.get("demo_urls")
        if not isinstance(urls, dict) or not urls:
            yield Finding(where, Description("at least one"), body.get("demo_urls", NOTHING))
            return
        described = self._reading.deployment.links
        for name in dict.fromkeys((*urls, *described.names.values())):
            url = urls.get(name, NOTHING)
            link = link_of(url)
            if link is None:
                yield Finding(f"{where}: {name}", Description("a link"), url)
                continue
            carried = parse_qs(link.query, keep_blank_values=True)
            wanted = {described.bundle_parameter: bundle.key}
            for field, parameter in described.parameters.items():
                wanted[parameter] = str(getattr(bundle, field))
            for parameter, value in wanted.items():
                if carried.get(parameter) != [value]:
                    found = ", ".join(carried.get(parameter, [])) or NOTHING
                    yield Finding(f"{where}: {name}: {parameter}", value, found)
            others = [key for key in self._reading.seeds.bundles if key in unquote(url)]
            if carried.get(described.bundle_parameter) == [bundle.key] and others != [bundle.key]:
                yield Finding(f"{where}: {name}", Description("a link to this demo alone"), url)
            if name in described.names.values() and link.hostname and self._leads_away(link, urls):
                own = " or ".join(sorted(self._reading.own_hosts))
                wanted_host = Description(f"a link to the app at {own}, or to its APP_URL")
                yield Finding(f"{where}: {name}", wanted_host, url)

    def _leads_away(self, link: SplitResult, urls: Mapping[str, Any]) -> bool:
        """Whether a link leads to a host that is neither that of the app's API nor of its pages.

        Nobody has to say where the pages are (``APP_URL``). Then they may be at an address that
        is not the API's, unless the links should be paths, or another one leads to the API's.
        """
        reading = self._reading
        if host_of(link.geturl()) in reading.own_hosts:
            return False
        described = reading.deployment.links
        if described.relative_to_app or reading.states_its_pages:
            return True
        others = [urls.get(name) for name in described.names.values()]
        return any(
            not one.hostname or host_of(one.geturl()) in reading.own_hosts
            for one in map(link_of, others)
            if one is not None
        )

    def _is_stored_context_wrong(self) -> bool:
        """Whether the stored context, or a cached copy of it, is not the investor's."""
        return is_any((*self.context_differences, *self.stale_copies))

    @property
    def stale_copies(self) -> Iterator[Finding]:
        """Cached contexts and languages that differ from the investor's."""
        known = Originals({"context": self._context})
        yield from cached_copies(self._reading, known, whole=("context",))
        yield from cached_copies(self._reading, Originals(self._pristine), places=("locale",))


def link_of(url: object) -> SplitResult | None:
    """The parts of a link: a full address or a path of the app; None for everything else."""
    if not isinstance(url, str) or not url.isprintable() or any(c in " {}<>\\" for c in url):
        return None
    try:
        link = urlsplit(url)
    except ValueError:
        return None
    address = link.scheme in ("http", "https") and bool(link.hostname)
    path = not link.scheme and not link.netloc and link.path.startswith("/")
    return link if address or path else None
