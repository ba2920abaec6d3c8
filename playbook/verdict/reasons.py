"""Why a demo is NO-GO, in plain words: one cause is one reason, with its count and its remedy.

Several scenarios often see the same fault: a deleted product is missing in the shop, in the
LiveSale and in the showcase. Findings that name the same thing are one reason. The reason contains
every finding for the engineer, and a sentence that a salesperson understands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from playbook.facts.findings import FailureKind
from playbook.facts.remedies import Remedy
from playbook.pristine.seeds import Seeds
from playbook.verdict.checks import CHECKS, EVIDENCE, SEVERITIES, SUBJECTS, WALK
from playbook.verdict.model import BundleVerdict, Reason, Result, Verdict

ADVICE: Mapping[Remedy, str] = {
    Remedy.RESET: "playbook reset {bundle}",
    Remedy.SETTINGS: "correct the setting that is named, then: playbook check {bundle}",
    Remedy.PASSWORD: "correct the setting that is named, then: playbook check {bundle}; "
    "if it is right already: playbook reset {bundle}",
    Remedy.SERVICE: "do what the reason says, then: playbook check {bundle}",
    Remedy.FEED: "ask for the app's rate feed to be repaired, then: playbook check {bundle}",
    Remedy.BACKEND: "ask for the app's backend to be repaired, then: playbook check {bundle}",
    Remedy.DATA: "correct or delete the documents that are named, then: playbook check {bundle}",
    # A walk sees only the pages; the check knows whether what is stored is right.
    Remedy.PAGES: "playbook check {bundle}; if that is GO, ask for the app's pages to be repaired",
    Remedy.ENVIRONMENT: "start again what does not answer, then: playbook check {bundle}",
    Remedy.WAIT: "wait a while, then: playbook check {bundle}",
    Remedy.CHECK: "report this to the people who maintain the playbook",
}
_FIRST = (
    Remedy.ENVIRONMENT,
    Remedy.SERVICE,
    Remedy.WAIT,
    Remedy.SETTINGS,
    Remedy.PASSWORD,
    Remedy.BACKEND,
    Remedy.FEED,
    Remedy.RESET,
    Remedy.DATA,
    Remedy.PAGES,
    Remedy.CHECK,
)
"""The order of remedies if there are several."""

_FIELDS: Mapping[str, str] = {
    "price": "price",
    "inventory": "stock",
    "reserved": "stock",
    "stock": "stock",
    "starts_at": "start time",
    "ends_at": "end time",
    "stage": "column",
    "expires_at": "last day",
    "locked": "lock",
    "title": "title",
    "name": "name",
    "status": "status",
}


ENOUGH_TO_JOIN = 3
_THING = re.compile(
    r"The (?P<kind>product|creator|LiveSale|lead|account) .+? "
    r"(?P<trouble>(?:is|has|does) [^“”]*?)(?: \(\d+ findings\))?"
)
_REQUEST = re.compile(
    r"(?P<request>[A-Z]+ /\S*) (?P<problem>(?:answered|did not answer|got no answer)\b.*?)"
    r"(?: \(\d+ findings\))?"
)
"""A reason that is the bad answer to one request."""
_PLURAL = {"is": "are", "has": "have", "does": "do"}


@dataclass(frozen=True)
class _Problem:
    """One finding, or one error, of one scenario."""

    result: Result
    finding: Mapping[str, str] | None

    @property
    def text(self) -> str:
        if self.finding is None:
            return self.result.reason or f"“{self.result.scenario}” was not run"
        finding = self.finding
        return f"{finding['where']}: expected {finding['expected']}, found {finding['found']}"

    def found_wrong_in(self, evidence: str) -> bool:
        """Whether something was wrong in what is "stored", or in what is "seen".

        A scenario that crashed, was skipped or got no answer could not look, and neither could one
        that looked while the demo was written.
        """
        could_not_look = self.result.status == "skipped" or self.result.kind in (
            FailureKind.CHECK,
            FailureKind.ENVIRONMENT,
            FailureKind.TIMING,
        )
        return self.result.evidence == evidence and (self.finding is not None or not could_not_look)

    @property
    def cause(self) -> str:
        return self.finding.get("cause", "") if self.finding else self.result.cause

    @property
    def remedy(self) -> Remedy:
        stated = self.finding.get("remedy") if self.finding else None
        return Remedy(stated or self.result.remedy)


def reasons_of(verdict: BundleVerdict, seeds: Seeds) -> list[Reason]:
    """The reasons of a NO-GO, the most serious first; waived failures have none."""
    names = _names(seeds)
    everything = list(_everything(verdict))
    # The thing in most findings is the likely cause of the others that also name it.
    mentions = Counter(name for problem in everything for name in set(_mentioned(problem, names)))
    checks_by_error: dict[str, set[str]] = {}
    for problem in everything:
        if problem.result.status == "error":
            checks_by_error.setdefault(problem.text, set()).add(problem.result.check)
    groups: dict[tuple[str, str], list[_Problem]] = {}
    for problem in everything:
        # An error that stopped several checks is one cause.
        if len(checks_by_error.get(problem.text, ())) > 1:
            cause = "error", problem.text
        else:
            cause = _cause(problem, names, mentions)
        groups.setdefault(cause, []).append(problem)
    _join_counts(groups)
    reasons = _join_alike(
        [_reason(_sentence(cause, problems), problems) for cause, problems in groups.items()]
    )
    reasons = _join_requests(reasons, verdict)
    if missing := [check for check in verdict.failed_checks if not verdict.of(check)]:
        reasons.append(
            Reason(
                f"Not checked: {', '.join(SUBJECTS[check] for check in missing)}",
                "critical",
                tuple(missing),
                len(missing),
                Remedy.CHECK,
                tuple(f"{check}: did not run" for check in missing),
            )
        )
    return sorted(reasons, key=lambda r: (-SEVERITIES.index(r.severity), -r.count))


def explained(verdict: Verdict, seeds: Seeds) -> Verdict:
    """A verdict with the reasons of each of its bundles."""
    bundles = (replace(b, reasons=tuple(reasons_of(b, seeds))) for b in verdict.bundles)
    return replace(verdict, bundles=tuple(bundles))


def advice(remedies: Iterable[Remedy], short: str) -> str:
    """What to do, by what can help; a reset only if a reset can help."""
    return ADVICE[first_remedy(remedies)].format(bundle=short)


def remedies_of(verdict: BundleVerdict) -> list[Remedy]:
    """What can help, from a verdict's reasons, or from its results if it has no reasons."""
    if verdict.reasons:
        return [reason.remedy for reason in verdict.reasons]
    return [Remedy(result.remedy) for result in verdict.not_passed if not result.waived]


def first_remedy(remedies: Iterable[Remedy]) -> Remedy:
    """What to do first, if there are several remedies."""
    known = set(remedies)
    return next((remedy for remedy in _FIRST if remedy in known), Remedy.CHECK)


def _join_alike(reasons: Iterable[Reason]) -> list[Reason]:
    """Three things or more with the same trouble are one reason: "50 products …"."""
    alike: dict[tuple[object, ...], list[Reason]] = {}
    for reason in reasons:
        named = _THING.fullmatch(reason.sentence)
        key: tuple[object, ...] = (reason.sentence,)
        if named:
            key = (named["kind"], named["trouble"], reason.severity, reason.checks, reason.remedy)
        alike.setdefault(key, []).append(reason)
    joined: list[Reason] = []
    for same in alike.values():
        if len(same) < ENOUGH_TO_JOIN:
            joined += same
            continue
        named = _THING.fullmatch(same[0].sentence)
        assert named is not None  # only named things can be joined
        trouble = re.sub(r"^(is|has|does)\b", lambda verb: _PLURAL[verb[0]], named["trouble"])
        joined.append(
            replace(
                same[0],
                sentence=f"{len(same)} {named['kind']}s {trouble}",
                count=sum(reason.count for reason in same),
                details=tuple(detail for reason in same for detail in reason.details),
            )
        )
    return joined


def _join_requests(reasons: list[Reason], verdict: BundleVerdict) -> list[Reason]:
    """Three requests or more with the same bad answer are one reason.

    If the app shows nothing at all, its address or its gateway is the likely cause.
    """
    alike: dict[tuple[str, Remedy], list[Reason]] = {}
    for reason in reasons:
        if (asked := _REQUEST.fullmatch(reason.sentence)) is not None:
            alike.setdefault((asked["problem"], reason.remedy), []).append(reason)
    shows_something = any(
        result.status == "passed" and result.evidence == "seen" and result.check != "accounts"
        for result in verdict.results
    )
    for (problem, remedy), same in alike.items():
        if len(same) < ENOUGH_TO_JOIN:
            continue
        gravest = max(same, key=lambda reason: SEVERITIES.index(reason.severity))
        asked = _REQUEST.fullmatch(gravest.sentence)
        assert asked is not None
        sentence = f"{asked['request']} and {len(same) - 1} other requests {problem}"
        if remedy is Remedy.BACKEND and not shows_something and (hint := _of_the_whole(problem)):
            sentence, remedy = f"{sentence}; {hint}", Remedy.SETTINGS
        checks = {check for reason in same for check in reason.checks}
        kinds = {kind for reason in same for kind in reason.evidence}
        joined = replace(
            gravest,
            sentence=sentence,
            checks=tuple(check for check in (*CHECKS, WALK) if check in checks),
            count=sum(reason.count for reason in same),
            remedy=remedy,
            details=tuple(dict.fromkeys(text for reason in same for text in reason.details)),
            evidence=tuple(kind for kind in EVIDENCE if kind in kinds),
        )
        others = [one for one in reasons if one is gravest or one not in same]
        reasons = [joined if one is gravest else one for one in others]
    return reasons


def _of_the_whole(problem: str) -> str | None:
    """Which setting to look at if every request has the same bad answer; None if that is none."""
    if re.match(r"answered (401|403|407)\b", problem):
        return "set what its gateway asks for, in PLAYBOOK_API_HEADERS or API_URL"
    if re.match(r"answered (3\d\d|404|405|410)\b", problem) or "instead of JSON" in problem:
        return "is API_URL the address of the app's API?"
    return None


def _everything(verdict: BundleVerdict) -> Iterator[_Problem]:
    for result in verdict.not_passed:
        if result.waived:
            continue
        if result.findings:
            for finding in result.findings:
                yield _Problem(result, finding)
        else:
            yield _Problem(result, None)


def _cause(
    problem: _Problem, names: Mapping[str, str], mentions: Mapping[str, int]
) -> tuple[str, str]:
    """The key that joins findings: the thing that they name, or the words that they share."""
    if problem.cause:
        return "cause", problem.cause
    if problem.result.check == WALK and problem.finding:
        return "page", "{where}: expected {expected}, found {found}".format_map(problem.finding)
    if problem.result.check == "analytics" and problem.finding:
        return "check analytics", problem.result.scenario
    if mentioned := _mentioned(problem, names):
        return "thing", max(mentioned, key=lambda name: mentions[name])
    if problem.finding is None:
        return "error", re.sub(r"\d+", "#", problem.result.reason or problem.result.scenario)
    if _is_count(problem.finding):
        return "count", problem.result.check
    return f"check {problem.result.check}", problem.result.scenario


def _join_counts(groups: dict[tuple[str, str], list[_Problem]]) -> None:
    """Leave out a wrong count if missing things explain it: then it is not a separate reason."""
    for cause in [c for c in groups if c[0] == "count"]:
        for other, problems in groups.items():
            if other[0] == "thing" and any(s.result.check == cause[1] for s in problems):
                problems += groups.pop(cause)
                break


def _reason(sentence: str, problems: Sequence[_Problem]) -> Reason:
    checks = {one.result.check for one in problems}
    gravest_problem = max(problems, key=lambda one: SEVERITIES.index(one.result.severity))
    gravest = gravest_problem.result
    return Reason(
        sentence,
        gravest.severity,
        tuple(check for check in (*CHECKS, WALK) if check in checks),
        len(problems),
        gravest_problem.remedy,
        tuple(dict.fromkeys(one.text for one in problems)),
        tuple(kind for kind in EVIDENCE if any(one.found_wrong_in(kind) for one in problems)),
    )


def _sentence(cause: tuple[str, str], problems: Sequence[_Problem]) -> str:
    kind, key = cause
    first = problems[0]
    count = f" ({len(problems)} findings)" if len(problems) > 1 else ""
    if kind == "error":
        return _capital(first.text)
    if kind == "page":  # already reported as the visitor sees it
        return _capital(key)
    if kind == "cause":
        return f"{_capital(key)}{count}"
    if kind == "thing":
        return f"{key} {_trouble(problems)}{count}"
    subject = _capital(SUBJECTS.get(first.result.check, first.result.check))
    if kind == "count" and first.finding:
        return f"{subject}: expected {first.finding['expected']}, found {first.finding['found']}"
    return f"{subject}: “{first.result.scenario}” failed{count}"


def _trouble(problems: Sequence[_Problem]) -> str:
    """What is wrong with a thing, in a few words."""
    findings = [one.finding for one in problems if one.finding]
    if any(f["found"] == "nothing" and not _field(f) for f in findings):
        return "is missing"
    if any(f["expected"] == "no such document" for f in findings):
        return "does not belong there"
    fields = dict.fromkeys(_field(finding).split(".")[0].split("[")[0] for finding in findings)
    if "locked" in fields:
        return "is locked"
    words = [
        "price" if field.startswith("price") else _FIELDS[field]
        for field in fields
        if field.startswith("price") or field in _FIELDS
    ]
    if words:
        return f"has a wrong {' and '.join(dict.fromkeys(words))}"
    if findings and all("cached" in finding["where"] for finding in findings):
        return "is shown by an old copy"
    return "is not as it should be"


def _mentioned(problem: _Problem, names: Mapping[str, str]) -> list[str]:
    """The names of the things that a finding or an error mentions, each once."""
    words = re.findall(r"[\w.@/-]+\w", problem.text)
    return list(dict.fromkeys(names[word] for word in words if word in names))


def _field(finding: Mapping[str, str]) -> str:
    return finding["where"].rpartition(": ")[2] if ": " in finding["where"] else ""


def _is_count(finding: Mapping[str, str]) -> bool:
    return bool(re.search(r"\d", finding["expected"])) and finding["found"].isdecimal()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _names(seeds: Seeds) -> dict[str, str]:
    """The name for people of each thing that a finding may name, by its id."""
    accounts = [line.model for line in seeds.accounts.values()]
    return {
        **{p.model.key: f"The product “{p.model.name}”" for p in seeds.products.values()},
        **{c.model.key: f"The creator {c.model.name}" for c in seeds.creators.values()},
        **{s.model.key: f"The LiveSale “{s.model.title}”" for s in seeds.livesales.values()},
        **{lead.model.key: f"The lead {lead.model.company}" for lead in seeds.leads.values()},
        **{account.email: f"The account {account.email}" for account in accounts},
        **{account.key: f"The account {account.email}" for account in accounts},
    }
