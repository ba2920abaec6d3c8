"""A description of one's own that would compare nothing, or remove too much, is refused at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from playbook.deployments import load, own_descriptions
from playbook.deployments.description import Deployment, UnreadableAnswer
from playbook.deployments.own_descriptions import OF_THE_PLAYBOOK, mistakes, require_usable
from playbook.environment import identity
from playbook.errors import WrongUsage
from playbook.nights.meetings import remembered
from playbook.panel import accounts, audit, jobs, sessions
from playbook.pristine.seeds import Seeds
from playbook.reset import journal, lease
from tests.forked_commands import run_command
from tests.sandbox import Sandbox

BEGINNING = """
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import uuid4
from playbook.deployments.demo_routes import DemoRoutes
from playbook.deployments.description import *
from playbook.deployments.front_end import Left
from playbook.deployments.playbook import DEPLOYMENT as P

LEADS, USERS = P.kept_as("leads"), P.kept_as("users")


def with_leads(**changes):
    changed = replace(LEADS, **changes)
    return replace(P, kept=tuple(changed if one is LEADS else one for one in P.kept))


def with_users(**changes):
    changed = replace(USERS, **changes)
    return replace(P, kept=tuple(changed if one is USERS else one for one in P.kept))


def with_pages(**changes):
    return replace(P, front_end=replace(P.front_end, **changes))


def with_shown(**changes):
    return replace(P, shown=replace(P.shown, **changes))


"""
LINE = len(BEGINNING.splitlines()) + 1
"""The line of a description that comes after its beginning."""
FIRST, SECOND = "SEQUOIA_ROELOF_BOTHA/LEAD-001", "SEQUOIA_ROELOF_BOTHA/LEAD-003"
"""The leads that a description is tried with first."""
NOTHING_COMPARED: Mapping[str, str] = {
    "with_leads(ours=tuple('firm' if p == 'company' else p for p in LEADS.ours))": "'company'",
    "with_leads(ours=('company'))": "kept[leads].ours must be a tuple, but it is 'company'",
    "with_leads(ours=())": "kept[leads].ours lacks",
    "with_leads(ours=(*LEADS.ours, 'awareness.tag'))": "ours names 'awareness.tag' and a path aro",
    "with_leads(ours=(*LEADS.ours, 'mark..it'))": "'mark..it', which MongoDB cannot change",
    "with_leads(ours=(*LEADS.ours, '$mark'))": "ours names '$mark', which MongoDB cannot change",
    "with_leads(ours=(), from_app=lambda card, refs: {})": "ours is empty, so nothing would be",
    "with_leads(to_app=lambda card, refs: {**card, 'priority': 'high'}, "
    "ours=(*LEADS.ours, 'prority'))": "names 'prority', which to_app never writes; 'priority'",
    "with_leads(key='code')": "kept[leads].key 'code' does not contain",
    "with_leads(natural_key=lambda card: None)": "kept[leads].key '_id' does not contain",
    "with_leads(collection='livesales')": "collection livesales is described 2 times",
    "with_leads(collection='')": "kept[leads].collection must be a name",
    "replace(P, not_kept={'leads': 'the app keeps none'})": "leads is both in kept and in not_kept",
    "replace(P, kept=(*P.kept, LEADS))": "kept has 2 entries for leads",
    "replace(P, traces=(*P.traces, Trace('carts', 'Again', ('mail',))))": "carts is described 2",
    "replace(P, traces=(*P.traces, Trace('leads', 'Again', ('mail',))))": "leads is described 2",
    "replace(P, traces=(Trace('carts', 'Clear', 'email'),))": "traces[carts].emails must be a tu",
    "replace(P, traces=(Trace('carts', 'Clear'),))": "says by nothing whose traces these are",
    "with_leads(to_app=lambda card, refs: {**card, 'notes': uuid4().hex})": "another 'notes' each",
    "with_leads(new_id=lambda card: uuid4().hex)": "new_id gives another one each time",
    "with_pages(pages={'livesael': 'livesale'})": "front_end names the step 'livesael'",
    "with_pages(left=(Left('leads', 'owner', by='acount'),))": "left[leads].by is 'acount'",
    "replace(P, links=replace(P.links, parameters={'zone': 'tz'}))": "parameters names 'zone'",
    "replace(P, password=Password('word'))": "kept[users].ours lacks 'word'",
    "with_users(ours=(*USERS.ours, 'emials'), "
    "to_app=lambda user, refs: {**user, 'emails': [user['email']]})": "names 'emials', which",
    "replace(P, traces=(Trace('carts', 'Clear', parent=('visits', 'visit')),))": (
        "traces[carts].parent names visits, which is no trace's"
    ),
}
REMOVES_TOO_MUCH: Mapping[str, str] = {
    "with_leads(belongs=lambda owner: None)": "kept[leads].belongs returns must be a dict",
    "with_leads(belongs=lambda owner: {})": "would remove every document of leads",
    "with_leads(collection='demo_resets')": "collection demo_resets is not the app's",
    "with_leads(collection='shop/leads')": "'shop/leads' can't be the name of a file",
    "replace(P, key_patterns=lambda bundle: 'shop:*')": "key_patterns returns must be a tuple",
    "replace(P, key_patterns=lambda bundle: ('*',))": "every key, so a reset would delete them",
    "with_leads(new_id=lambda card: None)": f"new_id gives None for {FIRST}; correct",
    "with_leads(new_id=lambda card: 'one')": f"gives 'one' for {SECOND}, as for {FIRST}; correct",
}
BREAKS: Mapping[str, str] = {
    "with_leads(belongs=lambda owner: {'bundle': owner.bundel.key})": "AttributeError: 'Owner'",
    "with_leads(to_app=lambda card, refs: {'x': card['firm']})": f"KeyError: 'firm' (line {LINE})",
    "with_leads(to_app=lambda card, refs: None)": "to_app returns must be a dict, but it is None",
    "with_leads(to_app=lambda card, refs: {**card, 'notes': Decimal(3)})": "MongoDB can't keep",
    "with_leads(to_app=lambda card, refs: {**card, 'notes': uuid4()})": "MongoDB can't keep",
    "with_leads(new_id=lambda card: Decimal(3))": f"kept[leads].new_id gives for {FIRST}: cannot",
    "with_leads(from_app=lambda card, refs: None)": "from_app returns must be a dict",
    "with_leads(from_app=lambda card: card)": "kept[leads].from_app raises TypeError",
    "with_leads(derived=lambda pristine: pristine['leeds'])": "kept[leads].derived raises",
    "with_leads(kind='leeds')": "kept[leeds].kind must be one of products",
    "with_leads(model=dict)": "kept[leads].model must be a class of BaseModel",
    "with_shown(leads=Listing(lambda bundle, skip: None, dict))": "must be of type Request",
    "with_shown(leads=Listing(lambda bundle, skip: Request('GET', 'x'), dict))": "begin with /",
    "with_shown(product=replace(P.shown.product, ask=lambda key: Request('GET', 'x')))": "with /",
    "replace(P, routes=DemoRoutes(rates='api/rates'))": "is 'api/rates'; it must begin with /",
    "replace(P, routes=DemoRoutes(kpis='/kpis'))": "is '/kpis', which lacks {bundle}, so all",
    "replace(P, routes=DemoRoutes(context='/c'))": "is '/c', which lacks {bundle}, so all",
    "replace(P, routes='/api/v2')": "routes must be of type DemoRoutes, but it is '/api/v2'",
    "with_shown(column_of={}.__getitem__)": "shown.column_of raises KeyError: 'proposal'",
    "replace(P, kpi=lambda bundle, name: name)": "kpi returns must be of type ShownKpi",
    "replace(P, links=None)": "links must be of type Links, but it is None",
    "replace(P, indexes={'products': ((('region', 1),),)})": "indexes['products'][0] must be of",
    "replace(P, sign_in=replace(P.sign_in, ask=lambda email, word: None))": "sign_in.ask returns",
}


def write(folder: Path, text: str) -> str:
    file = folder / "mine.py"
    file.write_text(text, encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("description", "says"), [*NOTHING_COMPARED.items(), *REMOVES_TOO_MUCH.items(), *BREAKS.items()]
)
def test_a_wrong_description_is_refused_before_it_is_used(
    seeds: Seeds, tmp_path: Path, description: str, says: str
) -> None:
    file = write(tmp_path, f"{BEGINNING}DEPLOYMENT = {description}\n")
    with pytest.raises(WrongUsage, match="^PLAYBOOK_DEPLOYMENT: .*correct the description") as it:
        require_usable(load(file), seeds)
    assert says in str(it.value)
    assert "mine.py" in str(it.value) and "\n" not in str(it.value)


@pytest.mark.parametrize("name", ["playbook", "aislemarts"])
def test_the_descriptions_of_this_project_have_no_mistakes(seeds: Seeds, name: str) -> None:
    assert list(mistakes(load(name), seeds)) == []


def test_a_description_may_have_dataclasses_and_lists(seeds: Seeds, tmp_path: Path) -> None:
    text = f"""from __future__ import annotations
{BEGINNING}
@dataclass
class Shop:
    name: str = "a shop"

DEPLOYMENT = replace(P, name=Shop().name, kept=list(P.kept), traces=list(P.traces))
"""
    described = load(write(tmp_path, text))
    require_usable(described, seeds)
    assert described.name == "a shop" and described.file.endswith("mine.py")


def test_a_description_may_name_a_field_that_must_not_be_there(
    seeds: Seeds, tmp_path: Path
) -> None:
    described = f"{BEGINNING}DEPLOYMENT = with_leads(ours=(*LEADS.ours, 'discount'))\n"
    require_usable(load(write(tmp_path, described)), seeds)


@pytest.mark.parametrize(
    "mark", ["('email',)", "user_ids=('user_id',)", "parent=('carts', 'cart')", "names_bundle=True"]
)
def test_one_mark_is_enough_to_say_whose_traces_these_are(
    seeds: Seeds, tmp_path: Path, mark: str
) -> None:
    described = f"replace(P, traces=(*P.traces, Trace('visits', 'Clear', {mark})))"
    require_usable(load(write(tmp_path, f"{BEGINNING}DEPLOYMENT = {described}\n")), seeds)


def test_a_field_that_is_named_like_the_password_is_no_misspelled_one(
    seeds: Seeds, tmp_path: Path
) -> None:
    described = "with_users(to_app=lambda user, refs: {**user, 'passwords': 1})"
    require_usable(load(write(tmp_path, f"{BEGINNING}DEPLOYMENT = {described}\n")), seeds)


def test_an_app_may_have_no_page_of_one_product(seeds: Seeds, tmp_path: Path) -> None:
    described = f"{BEGINNING}DEPLOYMENT = with_shown(product=None)\n"
    require_usable(load(write(tmp_path, described)), seeds)


def test_a_function_that_breaks_while_it_reads_an_answer_makes_the_answer_unreadable(
    tmp_path: Path,
) -> None:
    text = f"""{BEGINNING}def token_of(answer):
    return answer['access']

DEPLOYMENT = replace(P, sign_in=replace(P.sign_in, token=lambda answer: token_of(answer)))
"""
    described = load(write(tmp_path, text))
    with pytest.raises(UnreadableAnswer) as it:
        described.sign_in.token({})
    # The line is that of the mistake, not that of the function that was called first.
    assert f"sign_in.token raises KeyError: 'access' (line {LINE + 1}), in mine.py" in str(it.value)


def test_a_description_is_tried_once(
    seeds: Seeds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = load(write(tmp_path, f"{BEGINNING}DEPLOYMENT = replace(P, name='mine')\n"))
    tried: list[Deployment] = []

    def count(deployment: Deployment, _: Seeds) -> Iterator[str]:
        tried.append(deployment)
        return iter(())

    monkeypatch.setattr(own_descriptions, "mistakes", count)
    for _ in range(2):
        require_usable(described, seeds)
        require_usable(load("playbook"), seeds)  # which a test tries
    assert tried == [described]


def test_the_playbooks_own_collections_are_known() -> None:
    modules = (identity, journal, lease, remembered, accounts, sessions, jobs, audit)
    assert set(OF_THE_PLAYBOOK) == {module.COLLECTION for module in modules}


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("import sys; sys.exit(0)", 2, "cannot be loaded: SystemExit: 0"),
        ("DEPLOYMENT = replace(P, sign_in=replace(P.sign_in, token=lambda answer: answer['x']))",
         1, f"sign_in.token raises KeyError: 'x' (line {LINE}), in mine.py"),
        ("DEPLOYMENT = with_shown(leads=replace(P.shown.leads, entry=lambda card: None))",
         1, "shown.leads.entry returns must be of type ShownLead, but it is None"),
    ],
)  # fmt: skip
def test_a_check_with_a_wrong_description_is_never_go(
    sandbox: Sandbox, tmp_path: Path, line: str, code: int, says: str
) -> None:
    file = write(tmp_path, f"{BEGINNING}{line}\n")
    variables = {**sandbox.environment.settings.as_variables(), "PLAYBOOK_DEPLOYMENT": file}
    sandbox.reset("lvmh")
    done = run_command("check", "lvmh", "--json", "-", variables=variables)
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_what_a_description_prints_is_not_in_a_commands_document(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    file = write(tmp_path, f"{BEGINNING}print('hello')\nDEPLOYMENT = P\n")
    variables = {**sandbox.environment.settings.as_variables(), "PLAYBOOK_DEPLOYMENT": file}
    done = run_command("check", "lvmh", "--json", "-", variables=variables)
    assert done.stdout.startswith("{") and "hello" in done.stderr


def test_collections_that_may_be_misspelled_are_listed(sandbox: Sandbox, tmp_path: Path) -> None:
    traces = "(*P.traces, Trace('convresations', 'Clear', ('email',)))"
    file = write(tmp_path, f"{BEGINNING}DEPLOYMENT = replace(P, traces={traces})\n")
    variables = {**sandbox.environment.settings.as_variables(), "PLAYBOOK_DEPLOYMENT": file}
    done = run_command("env", variables=variables)
    [line] = [one for one in done.stdout.splitlines() if one.startswith("description ")]
    there = set(sandbox.db.list_collection_names())
    absent = line.partition("mine.py; the database does not have ")[2].split(", ")
    assert done.returncode == 0 and "convresations" in absent and not there & set(absent)


def test_a_stored_document_that_a_description_cannot_read_is_for_a_reset(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    read = "lambda card, refs: {**card, 'company': card['company'].strip()}"
    file = write(tmp_path, f"{BEGINNING}DEPLOYMENT = with_leads(from_app={read})\n")
    variables = {**sandbox.environment.settings.as_variables(), "PLAYBOOK_DEPLOYMENT": file}
    sandbox.reset("lvmh")
    sandbox.db.leads.update_one({"bundle": sandbox.bundle("lvmh").key}, {"$set": {"company": None}})
    done = run_command("check", "lvmh", variables=variables)
    assert done.returncode == 1 and "✓ leads" not in done.stdout, done.stdout + done.stderr
    assert "can't be read: kept[leads].from_app raises AttributeError" in " ".join(
        done.stdout.split()
    )
    assert "next: playbook reset lvmh" in done.stdout
    assert run_command("reset", "lvmh", variables=variables).returncode == 0
    done = run_command("check", "lvmh", variables=variables)
    assert done.returncode == 0, done.stdout + done.stderr
