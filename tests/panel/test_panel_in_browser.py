"""The panel in a real browser: a person signs in, looks, checks, resets, rolls back.

With ``PLAYBOOK_SCREENSHOTS=1`` the pictures of the documentation are made again.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from playbook import PROJECT, clock
from playbook.errors import Unreachable
from playbook.panel import sessions, tasks, templating
from playbook.panel.accounts import Accounts
from playbook.panel.board import Board
from playbook.panel.jobs import JobProgress, State
from playbook.reset import backup
from playbook.reset.lease import held
from playbook.reset.operations import Step
from playbook.reset.outcome import Progress
from playbook.verdict.checks import CHECKS, EVIDENCE
from tests.panel_client import PASSWORD, Panel
from tests.sandbox import Sandbox, until

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
expect = playwright_api.expect

CHROMIUM = Path(os.environ.get("PLAYBOOK_CHROMIUM") or "/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000
"""A whole reset and check, on a machine that does other things, too."""
expect.set_options(timeout=PATIENCE_MS)
DESKTOP, PHONE = {"width": 1360, "height": 900}, {"width": 390, "height": 844}
IMAGES = PROJECT / "docs" / "images"
type Page = Any

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(
        not CHROMIUM.is_file(), reason=f"no browser at {CHROMIUM} (PLAYBOOK_CHROMIUM names another)"
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()


@pytest.fixture(autouse=True)
def _nobody_in_session(sandbox: Sandbox) -> None:
    sandbox.db.user_sessions.delete_many({})


@pytest.fixture
def open_page(browser: Any, running: Panel, sandbox: Sandbox) -> Iterator[Callable[..., Page]]:
    """Opens new browser pages, signed in as a role. No page may log an error in the console."""
    contexts, errors = [], []

    def open_as(role: str | None, **options: Any) -> Page:
        options = {"viewport": DESKTOP, "timezone_id": "Europe/Berlin", **options}
        context = browser.new_context(base_url=running.url, locale="en-GB", **options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if wrong(message) else None)
        if role:
            page.goto("/")
            page.get_by_label("Name").fill(person(sandbox, role))
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(running.url + "/")
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert errors == []


def wrong(message: Any) -> bool:
    """Whether a line of the browser's console is an error; the status of a refusal is not one."""
    refused = re.search(r"status of (400|401|403|404|409) \(", message.text)
    return message.type == "error" and not refused


def person(sandbox: Sandbox, role: str) -> str:
    """Olga is an operator, Viktor a viewer."""
    name = {"operator": "olga", "viewer": "viktor"}[role]
    known = Accounts(sandbox.db)
    if known.find(name) is None:
        known.add(name, role, PASSWORD, clock.now())
    return name


def picture(page: Page, name: str, **options: Any) -> None:
    if os.environ.get("PLAYBOOK_SCREENSHOTS"):
        IMAGES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=IMAGES / f"{name}.png", **options)


def faults(page: Page) -> list[str]:
    """All problems that axe finds on a page, even minor ones."""
    found = axe.Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


def cut_off(page: Page) -> list[str]:
    """The elements that scroll sideways or are cut off, except lines that end in an ellipsis."""
    found: list[str] = page.evaluate("""() => {
        const cut = [...document.querySelectorAll("body, main, main *")].filter((one) => {
            const style = getComputedStyle(one);
            return one.clientWidth > 1 && one.scrollWidth > one.clientWidth + 1
                && style.overflowX !== "visible" && style.textOverflow !== "ellipsis"
                && !one.matches("input, select");
        }).map((one) => one.outerHTML.slice(0, 120));
        const wide = document.documentElement.scrollWidth - innerWidth;
        return wide > 0 ? [`the page is ${wide} px too wide`, ...cut] : cut;
    }""")
    return found


def verdict(page: Page, word: str) -> None:
    """Wait until a bundle's page shows a verdict."""
    expect(page.locator("#verdict .state")).to_contain_text(re.compile(rf"^\W*{word}\s*$"))


@contextmanager
def pausing_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a reset from the panel wait before one of its steps, so that it can be watched."""
    report_steps, go_on = tasks.reporting_steps, Event()

    def reporting_steps(job: JobProgress) -> Progress:
        progress = report_steps(job)

        def pausing(step_number: int, total: int, step: Step) -> None:
            progress(step_number, total, step)
            if step_number == number:
                go_on.wait(PATIENCE_MS / 1000)

        return pausing

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "reporting_steps", reporting_steps)
        try:
            yield
        finally:
            go_on.set()


@contextmanager
def pausing_at_the_first_picture(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a walk from the panel wait after its first picture, so that it can be watched."""
    say, go_on = JobProgress.say, Event()

    def pausing(job: JobProgress, text: str, state: State, picture: str = "") -> None:
        say(job, text, state, picture)
        if picture:
            go_on.wait(PATIENCE_MS / 1000)

    with monkeypatch.context() as patched:
        patched.setattr(JobProgress, "say", pausing)
        try:
            yield
        finally:
            go_on.set()


def expect_loaded(image: Any) -> None:
    """Scroll to an image, which may load only then, and wait until the browser has it."""
    image.scroll_into_view_if_needed()
    # Not the browser's own wait_for_function: the pages forbid what it does at its second look.
    loaded = "image => image.complete && image.naturalWidth > 100"
    until(lambda: image.evaluate(loaded), "the browser has the image")


def colourful(sandbox: Sandbox) -> None:
    """Write a journal from which the board shows every state."""
    if sandbox.db.livesales.count_documents({"starts_at": {"$gt": clock.now()}}) < 8:
        sandbox.reset_all(access=None)
    sandbox.db.demo_resets.delete_many({})
    now = clock.now()
    reason = {
        "sentence": "The languages: “Arabic is loaded, complete and translated” failed",
        "severity": "high",
        "severity_in_words": "the story breaks",
        "checks": ["locales"],
        "count": 1,
        "remedy": "reset",
        "details": ["messages.cart_title of ar: expected “حقيبتك”, found “Your shopping bag”"],
    }
    for number, bundle in enumerate(sandbox.bundles):
        at = now - timedelta(minutes=17 * number + 4)
        run = {
            "_id": f"{at:%Y%m%dT%H%M%S.%fZ}-n",
            "bundle": bundle.key,
            "trigger": "nightly",
            "status": "done",
            "started_at": at,
            "access": at,
            "ended_at": at,
            "verdict": "GO",
            "failed_checks": [],
            "evidence": {check: list(EVIDENCE) for check in CHECKS},
            "steps": [],
        }
        if bundle.short == "bessemer":
            run |= {"verdict": "NO-GO", "failed_checks": ["locales", "leads"], "reasons": [reason]}
        if bundle.short == "lightspeed":
            before = now - timedelta(hours=31)
            run |= {"started_at": before, "access": before, "ended_at": before}
        sandbox.db.demo_resets.insert_one(run)
    sandbox.db.user_sessions.insert_one(
        {"_id": "seen", "email": "tiger.demo@aislemarts.luxury", "last_seen": now}
    )


@pytest.mark.slow
def test_a_demo_is_seen_broken_checked_reset_and_rolled_back(
    open_page: Callable[..., Page], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("operator")
    sandbox.reset("lvmh", access=None)
    page.goto("/bundles/lvmh")
    verdict(page, "UNKNOWN")
    page.get_by_role("button", name="Check now").click()
    verdict(page, "GO")

    sandbox.db.products.delete_one({"_id": "EUR-001"})
    page.get_by_role("button", name="Check now").click()
    verdict(page, "NO-GO")
    sentence = page.locator(".hero .sentence")
    expect(sentence).to_contain_text("The product “Louis Vuitton Capucines MM” is missing")
    expect(page.locator(".hero .badges")).to_contain_text("Can't start")
    expect(page.get_by_role("button", name="Reset it now")).to_be_enabled()
    # The catalog, the LiveSale and the showcase miss the same product: one reason.
    expect(page.locator(".why > li")).to_have_count(1)
    details = page.locator(".why details").first
    expect(details.locator("summary")).to_contain_text("catalog, livesale, showcase")
    expect(details.locator("li").first).to_be_hidden()
    details.locator("summary").click()
    expect(details.locator("li").first).to_contain_text("EUR-001")
    picture(page, "bundle-no-go", full_page=True)
    assert faults(page) == []

    with pausing_at(12, monkeypatch):
        page.get_by_role("button", name="Reset now").click()
        progress = page.get_by_label("Progress", exact=True)
        expect(progress).to_contain_text(re.compile(r"step 12 of \d+"))
        expect(progress).to_contain_text("Clear demo user sessions")
        verdict(page, "RESETTING")
        expect(page.get_by_role("button", name="Reset now")).to_be_disabled()
        picture(page, "bundle-resetting")
        assert faults(page) == []
    verdict(page, "GO")
    expect(page.get_by_role("status").filter(has_text="Checked: GO")).to_be_visible()
    assert sandbox.db.products.find_one({"_id": "EUR-001"}) is not None
    picture(page, "bundle-go", full_page=True)
    assert faults(page) == []

    broken = sandbox.runs("lvmh")[-2]["backup"]
    page.get_by_label("Roll back to").select_option(broken)
    page.get_by_role("button", name="Roll back").click()
    expect(page.locator(".doubts")).to_contain_text("The present state is saved first")
    page.get_by_role("button", name="Yes, roll back").click()
    expect(page.locator("#outcome")).to_contain_text(f"Rolled back to {broken}")
    verdict(page, "NO-GO")
    assert sandbox.db.products.find_one({"_id": "EUR-001"}) is None

    # A rollback is undone as it was done.
    page.get_by_role("button", name="Roll back").click()
    page.get_by_role("button", name="Yes, roll back").click()
    verdict(page, "GO")
    assert sandbox.db.products.find_one({"_id": "EUR-001"}) is not None
    expect(page.get_by_label("Runs").get_by_role("row").nth(1)).to_contain_text("by olga")

    page.get_by_role("link", name="Audit log").click()
    expect(page.get_by_role("row").filter(has_text="rollback").last).to_contain_text(broken)
    assert faults(page) == []


@pytest.mark.slow
def test_a_demo_is_walked_through_and_its_pictures_are_shown(
    open_page: Callable[..., Page], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page("viewer")
    sandbox.reset("lvmh", access=None)
    page.goto("/bundles/lvmh")
    with pausing_at_the_first_picture(monkeypatch):
        page.get_by_role("button", name="Walk through").click()
        progress = page.get_by_label("Progress", exact=True)
        expect(progress).to_contain_text("Walking through")
        # The pictures come while the walk goes on.
        expect_loaded(progress.locator("img").first)
    expect(page.locator("#outcome")).to_contain_text("Walked through: GO.")
    shown = page.locator("#walked img")
    expect(shown).to_have_count(5)
    for one in shown.all():
        expect_loaded(one)
    assert faults(page) == []
    page.goto("/bundles/lvmh/sheet")
    expect(page.locator(".walked img")).to_have_count(5)
    for one in page.locator(".walked img").all():
        expect_loaded(one)
    [run] = [one for one in sandbox.runs("lvmh") if one["trigger"] == "walk"]
    assert (run["by"], run["verdict"], run["walked"]) == ("viktor", "GO", True)
    page.goto(f"/bundles/lvmh/runs/{run['_id']}")
    expect(page.locator(".pictures img")).to_have_count(5)
    expect(page.locator("[data-check=walk]")).to_have_count(5)
    expect(page.locator("[data-check=catalog]")).to_have_count(0)
    assert faults(page) == []
    assert page.request.get("/bundles/lvmh/walk/20200101T000000Z/home.jpg").status == 404


@pytest.mark.slow
def test_the_page_follows_what_another_person_started(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    sandbox.reset("sequoia")
    board, other = open_page("viewer"), open_page("viewer")
    other.goto("/bundles/sequoia")
    other.get_by_role("button", name="Check now").click()
    card = board.locator("#card-sequoia")
    expect(card).to_have_attribute("data-state", "GO")
    expect(board.locator("#announced")).to_contain_text("Sequoia Capital: GO")
    sandbox.db.creators.update_many({"region": "US"}, {"$set": {"active": False}})
    verdict(other, "GO")
    other.get_by_role("button", name="Check now").click()
    expect(card).to_have_attribute("data-state", "NO-GO")


@pytest.mark.slow
def test_the_page_asks_for_confirmation_when_an_investor_is_in_session(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    page = open_page("operator")
    seen = {"_id": "now", "email": "index.demo@aislemarts.luxury", "last_seen": clock.now()}
    sandbox.db.user_sessions.insert_one(seen)
    page.goto("/bundles/index")
    # Beside the verdict, never instead of it.
    verdict(page, "UNKNOWN")
    expect(page.locator(".hero")).to_contain_text("in session: index.demo@aislemarts.luxury")
    page.get_by_role("button", name="Reset now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reset Index Ventures anyway?")
    assert faults(page) == []
    page.get_by_role("link", name="No, leave it").click()
    assert not sandbox.runs("index")
    page.get_by_role("button", name="Reset now").click()
    page.get_by_role("button", name="Yes, reset").click()
    verdict(page, "GO")


@pytest.mark.slow
def test_back_and_reload_never_send_a_form_again(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    """Every form leads to a page that was requested by GET."""
    sandbox.db.demo_resets.delete_many({})
    page = open_page("operator")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method != "GET" else None)
    heading, meeting = page.get_by_role("heading", level=1), page.get_by_label("Meeting")

    def once_sent(count: int) -> None:
        """However often the page is shown, no more forms were sent."""
        address, title = page.url, heading.inner_text()
        page.reload()
        expect(heading).to_have_text(title)
        page.go_back()
        expect(page.locator("main")).to_be_visible()
        page.go_forward()
        expect(page).to_have_url(address)
        expect(heading).to_have_text(title)
        assert len(sent) == count, sent

    # A time that cannot be meant.
    page.goto("/bundles/index")
    meeting.fill("2099-01-01T10:00")
    page.get_by_role("button", name="Reset now").click()
    expect(page.get_by_role("alert").filter(has_text="check the year")).to_be_visible()
    expect(meeting).to_have_value("2099-01-01T10:00")
    once_sent(1)
    page.goto("/bundles/index")
    expect(meeting).to_have_value("2099-01-01T10:00")

    # A question.
    seen = {"_id": "now", "email": "index.demo@aislemarts.luxury", "last_seen": clock.now()}
    sandbox.db.user_sessions.insert_one(seen)
    tomorrow = f"{clock.now() + timedelta(days=1):%Y-%m-%d}T10:00"
    meeting.fill(tomorrow)
    page.get_by_role("button", name="Reset now").click()
    expect(heading).to_have_text("Reset Index Ventures anyway?")
    once_sent(2)
    page.go_back()
    expect(meeting).to_have_value(tomorrow)
    page.go_forward()

    # A session that has ended meanwhile.
    sandbox.db[sessions.COLLECTION].delete_many({})
    page.get_by_role("button", name="Yes, reset").click()
    expect(page.get_by_role("alert")).to_contain_text("Your session is over")
    once_sent(3)

    # A password that is wrong.
    page.get_by_label("Name").fill("olga")
    page.get_by_label("Password").fill("not the right one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("is wrong, or the account is locked")
    expect(page.get_by_label("Name")).to_have_value("olga")
    once_sent(4)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    # Back at the question, with what was typed; and nothing was written without a yes.
    expect(heading).to_have_text("Reset Index Ventures anyway?")
    expect(page.locator("input[name=access]")).to_have_value(tomorrow)
    assert not sandbox.runs("index")
    once_sent(5)
    page.get_by_role("button", name="Yes, reset").click()
    expect(page.locator("#outcome")).to_contain_text("Reset in")
    once_sent(6)
    assert [one["trigger"] for one in sandbox.runs("index")] == ["panel", "check"]


def test_a_viewer_cannot_reset(open_page: Callable[..., Page], sandbox: Sandbox) -> None:
    page = open_page("viewer")
    page.goto("/bundles/a16z")
    expect(page.get_by_role("button", name="Check now")).to_be_enabled()
    expect(page.get_by_role("button", name="Reset now")).to_have_count(0)
    expect(page.get_by_text("Resets and rollbacks are for operators")).to_be_visible()
    answer = page.request.post("/bundles/a16z/reset", form={"access": ""})
    assert answer.status == 403
    assert not sandbox.runs("a16z")


def every_page(sandbox: Sandbox) -> list[str]:
    """Every page of the panel, in the states that it has."""
    colourful(sandbox)
    sandbox.db.demo_audit.insert_one(
        {"at": clock.now(), "who": "a-rather-long-name@aislemarts.example", "action": "refused",
         "bundle": None, "detail": "x" * 250}
    )  # fmt: skip
    lvmh = sandbox.bundle("lvmh")
    broken = sandbox.runs("lvmh")[0] | {
        "_id": "20200101T000000Z-broken", "status": "failed", "verdict": None,
        "trigger": "panel", "error": "a step failed: " + "x" * 200, "notes": ["n" * 200],
        "steps": [{"step": "Put the products back", "did": "50 products", "seconds": 0.3}],
        "backup": "demo_state_20200101T000000Z",
    }  # fmt: skip
    sandbox.db.demo_resets.replace_one({"_id": broken["_id"]}, broken, upsert=True)
    saved = backup.listed(sandbox.backups, sandbox.identity, lvmh)[-1].path.name
    return [
        "/",
        "/audit",
        "/nothing-is-here",
        *(f"/bundles/{name}" for name in ("lvmh", "bessemer", "lightspeed", "tiger-global")),
        "/bundles/lvmh?access=2099-01-01T10:00",
        "/bundles/lvmh?to=nothing",
        "/bundles/lvmh?busy=true",
        "/bundles/lvmh?interrupted=true",
        "/bundles/tiger-global/reset?access=",
        "/bundles/lvmh/reset?access=",
        f"/bundles/lvmh/rollback?to={saved}",
        f"/bundles/lvmh/runs/{broken['_id']}",
        f"/bundles/bessemer/runs/{sandbox.runs('bessemer')[-1]['_id']}",
        "/bundles/lvmh/sheet",
    ]


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "dark"), (390, "light"), (768, "dark"), (1280, "light")]
)
@pytest.mark.slow
def test_every_page_fits_and_is_accessible(
    open_page: Callable[..., Page], sandbox: Sandbox, width: int, scheme: str
) -> None:
    size = {"width": width, "height": 844}
    pages = every_page(sandbox)
    page = open_page("operator", viewport=size, color_scheme=scheme)
    stranger = open_page(None, viewport=size, color_scheme=scheme)
    problems: list[str] = []
    for tab, path in (
        *((page, path) for path in pages),
        (stranger, "/sign-in"),
        (stranger, "/sign-in?ended=true"),
    ):
        tab.goto(path)
        problems += [f"{path}: {problem}" for problem in (*cut_off(tab), *faults(tab))]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.slow
def test_the_board_shows_every_state_by_its_word(
    open_page: Callable[..., Page], sandbox: Sandbox, size: dict[str, int], scheme: str
) -> None:
    colourful(sandbox)
    page = open_page("operator", viewport=size, color_scheme=scheme)
    name = "phone" if size is PHONE else "desktop"
    with held(sandbox.db, [sandbox.bundle("index")], "a-run"):
        page.goto("/")
        states = {"GO", "NO-GO", "UNKNOWN", "RESETTING"}
        shown = page.locator("[data-state]").evaluate_all("all => all.map(e => e.dataset.state)")
        assert set(shown) == states
        for state in states:  # the word stands there, the colour only helps
            expect(page.locator(f'[data-state="{state}"] .verdict').first).to_contain_text(state)
        if (size is PHONE) == (scheme == "dark"):
            picture(page, f"board-{name}-{scheme}", full_page=size is DESKTOP)
        assert faults(page) == []
    if size is PHONE and scheme == "light":
        page.goto("/bundles/bessemer")
        picture(page, "bundle-phone")


@pytest.mark.slow
def test_times_are_shown_in_the_investors_zone_and_mine(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    sandbox.reset("tiger", access=None)
    page = open_page("viewer", timezone_id="America/New_York")
    card = page.locator("#card-tiger-global")
    expect(card).to_contain_text("SGT")
    expect(card.locator("time.mine").first).to_have_text(re.compile(r"(EST|EDT|GMT-[45])$"))
    expect(card.locator("[data-countdown]")).to_have_text(re.compile(r"^in (2 days|\d+ hours)$"))
    without = open_page("viewer", java_script_enabled=False, timezone_id="America/New_York")
    expect(without.locator("#card-tiger-global time.mine").first).to_have_text(re.compile("UTC$"))


@pytest.mark.slow
def test_the_panel_works_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("viewer")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    first = page.locator(".card a").first
    firm = first.inner_text()
    expect(first).to_be_focused()
    # The board is written anew meanwhile; whoever stands on a card stays there.
    rendered = page.locator("[data-rendered]").get_attribute("data-rendered")
    expect(page.locator("[data-rendered]")).not_to_have_attribute("data-rendered", rendered)
    expect(page.get_by_role("link", name=firm)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(firm)


@pytest.mark.parametrize("path", ["/", "/bundles/lvmh"], ids=["board", "bundle"])
def test_a_page_without_news_says_so(browser: Any, running: Panel, path: str) -> None:
    """A GO on a page that could not be renewed for a while must not look new."""
    context = browser.new_context(base_url=running.url, viewport=DESKTOP)
    try:
        page = context.new_page()
        visitor = running.visitor("viewer")
        for cookie in visitor.web.cookies:
            context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": running.url}])
        page.clock.install()
        page.goto(path)
        expect(page.locator("#stale")).to_be_hidden()
        context.set_offline(True)
        page.clock.run_for(40_000)
        expect(page.locator("#stale")).to_be_visible()
        expect(page.locator("#stale")).to_contain_text("No news since")
        context.set_offline(False)

        def heard_again() -> bool:
            page.clock.run_for(5_000)
            return bool(page.locator("#stale").is_hidden())

        until(heard_again, "the board to have news")
    finally:
        context.close()


def test_a_go_without_news_is_one_of_then(open_page: Callable[..., Page], sandbox: Sandbox) -> None:
    """A phone that was without a network for hours shows no GO that looks like one of now."""
    colourful(sandbox)
    page = open_page("viewer", viewport=PHONE)
    page.clock.install()
    page.goto("/")
    go = page.locator(".card.go .state").first
    before = "one => getComputedStyle(one, '::before').content"
    assert go.evaluate(before) == "none"
    page.route("**/cards", lambda route: None)  # a network so slow that no answer comes
    page.clock.run_for(40_000)
    expect(page.locator("#stale")).to_be_visible()
    assert go.evaluate(before) == '"was"'
    expect(page.locator(".summary")).to_be_hidden()


@pytest.mark.parametrize("path", ["/", "/bundles/bessemer", "/sign-in"])
def test_a_page_with_text_of_double_size_fits_a_narrow_phone(
    open_page: Callable[..., Page], sandbox: Sandbox, path: str
) -> None:
    colourful(sandbox)
    page = open_page(
        None if path == "/sign-in" else "viewer", viewport={"width": 320, "height": 700}
    )
    larger = {"fontSizes": {"standard": 32, "fixed": 26}}
    page.context.new_cdp_session(page).send("Page.setFontSizes", larger)
    page.goto(path)
    size = "() => parseFloat(getComputedStyle(document.body).fontSize)"
    assert page.evaluate(size) == 32
    assert cut_off(page) == []


@pytest.mark.slow
def test_the_panel_works_without_scripts(open_page: Callable[..., Page], sandbox: Sandbox) -> None:
    sandbox.reset("general-catalyst")
    page = open_page("operator", java_script_enabled=False)
    page.goto("/bundles/gc")
    page.get_by_role("button", name="Check now").click()
    # The page asks again by itself while it works.
    verdict(page, "(GO|NO-GO)")


def test_the_board_fits_one_phone_screen(open_page: Callable[..., Page], sandbox: Sandbox) -> None:
    colourful(sandbox)
    page = open_page("viewer", viewport=PHONE)
    page.goto("/")
    expect(page.locator(".summary")).to_have_text(re.compile(r"^\d of \d+ can be shown$"))
    cards = page.locator(".card")
    bottom = cards.last.bounding_box()
    assert bottom["y"] + bottom["height"] <= PHONE["height"], "all demos, without scrolling"
    states = cards.evaluate_all("all => all.map(e => e.dataset.state)")
    order = ["NO-GO", "UNKNOWN", "RESETTING", "GO"]
    assert states == sorted(states, key=order.index), "what needs attention comes first"
    expect(cards.first).to_contain_text("The story breaks.")
    expect(page.locator("[data-in-session]")).to_contain_text("in session")
    expect(page.locator(".environment")).not_to_be_empty()
    cards.first.get_by_role("link").click()
    page.wait_for_url("**/bundles/bessemer")
    page.mouse.wheel(0, 2000)
    until(lambda: page.evaluate("scrollY > 500"), "the page is scrolled down")
    for place in ("#verdict .state", "#verdict .age", ".recommended button"):
        expect(page.locator(place).first).to_be_in_viewport()


@pytest.mark.slow
def test_the_bundles_page_renews_itself(open_page: Callable[..., Page], sandbox: Sandbox) -> None:
    sandbox.reset("a16z")
    page, other = open_page("viewer"), open_page("viewer")
    for one in (page, other):
        one.goto("/bundles/a16z")
    other.get_by_role("button", name="Check now").dblclick()
    verdict(other, "GO")
    verdict(page, "GO")
    assert [run["trigger"] for run in sandbox.runs("a16z")].count("check") == 1
    sandbox.reset("a16z")
    verdict(page, "UNKNOWN")


# A GO is a statement about an app, an environment and an instant.


def test_an_open_page_drops_a_go_that_is_over(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    """After another person's action an open page changes its button, checklist and history."""
    colourful(sandbox)
    page = open_page("viewer", viewport=PHONE)
    page.goto("/bundles/lvmh")
    age = page.locator("#list-age")
    expect(age).to_contain_text("As checked")
    expect(page.get_by_role("link", name="Open the sheet")).to_be_visible()
    sandbox.reset("lvmh", access=None)
    verdict(page, "UNKNOWN")
    expect(age).to_contain_text("Not how it is now")
    expect(page.get_by_role("button", name="Check it now")).to_be_visible()
    expect(page.get_by_role("link", name="Open the sheet")).to_have_count(0)
    expect(page.get_by_label("Runs").get_by_role("row")).to_have_count(3)
    # The run that was GO says when that was, and that it is over.
    [went] = [one for one in sandbox.runs("lvmh") if one["trigger"] == "nightly"]
    page.goto(f"/bundles/lvmh/runs/{went['_id']}")
    expect(page.locator("p.verdict")).to_contain_text(re.compile(r"GO\s+then, 3[89] minutes ago"))
    expect(page.locator("#then")).to_contain_text(sandbox.identity.name)


@pytest.mark.slow
def test_a_page_is_not_reloaded_while_a_person_fills_in_a_form(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    colourful(sandbox)
    page = open_page("operator")
    page.goto("/bundles/lvmh")
    chosen = page.get_by_label("Roll back to")
    chosen.select_option(index=1)
    chosen.focus()
    value = chosen.input_value()
    sandbox.reset("lvmh", access=None)
    verdict(page, "UNKNOWN")
    assert chosen.input_value() == value
    expect(page.locator("#list-age")).to_contain_text("As checked")
    chosen.blur()
    expect(page.locator("#list-age")).to_contain_text("Not how it is now")


def test_ages_are_counted_by_the_servers_clock(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    colourful(sandbox)
    page = open_page("viewer")
    page.clock.install(time=clock.now() - timedelta(hours=3))
    for path, age in (("/", "#card-lvmh .age"), ("/bundles/lvmh", "#verdict .age")):
        page.goto(path)
        page.clock.run_for(2_000)
        expect(page.locator(age)).to_contain_text(re.compile("3[89] minutes ago"))


@pytest.mark.slow
def test_a_sheet_says_that_it_does_not_renew_itself(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    colourful(sandbox)
    page = open_page("viewer", viewport=PHONE)
    page.clock.install()
    page.goto("/bundles/lvmh/sheet")
    expect(page.locator(".standing")).to_contain_text("GO")
    warning = page.locator("#made-long-ago")
    expect(warning).to_be_hidden()
    page.clock.run_for(11 * 60_000)
    expect(warning).to_contain_text("Load it again")
    expect(page.locator("body")).to_have_class("old")
    assert faults(page) == []
    assert cut_off(page) == []


def test_no_sheet_says_go_during_a_reset(open_page: Callable[..., Page], sandbox: Sandbox) -> None:
    colourful(sandbox)
    page = open_page("viewer")
    with held(sandbox.db, [sandbox.bundle("lvmh")], "a-run"):
        page.goto("/bundles/lvmh/sheet")
        expect(page.locator(".standing strong")).to_have_text("UNKNOWN")
        expect(page.locator(".wrong").first).to_contain_text("Being reset since")


@pytest.mark.slow
def test_an_open_page_follows_the_panel_to_another_environment(
    open_page: Callable[..., Page], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart for another environment, its cards are never shown below the former name."""
    page = open_page("viewer")
    expect(page.locator(".environment")).to_have_text(sandbox.identity.name)
    monkeypatch.setattr(templating, "environment_name", lambda _: "the other one")
    expect(page.locator(".environment")).to_have_text("the other one")
    expect(page).to_have_title(re.compile("the other one"))


def test_without_scripts_a_page_reloads_itself(
    open_page: Callable[..., Page], sandbox: Sandbox
) -> None:
    colourful(sandbox)
    page = open_page("viewer", java_script_enabled=False)
    for path, seconds in (("/", "30"), ("/bundles/lvmh", "60")):
        page.goto(path)
        expect(page.locator("meta[http-equiv=refresh]")).to_have_attribute("content", seconds)
        expect(page.get_by_text(re.compile("as of .* UTC", re.IGNORECASE))).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/bundles/lvmh"], ids=["board", "bundle"])
def test_a_page_whose_script_did_not_load_says_as_of_when_it_is(
    open_page: Callable[..., Page], sandbox: Sandbox, path: str
) -> None:
    """While a panel is restarted, a proxy may answer with something else than a script."""
    colourful(sandbox)
    page = open_page("viewer")
    page.goto(path)
    as_of = page.get_by_text(re.compile("as of .* UTC", re.IGNORECASE))
    expect(as_of).to_be_hidden()
    page.route("**/*.js", lambda route: route.fulfill(status=404, body="not now"))
    page.goto(path)
    expect(as_of).to_be_visible()


def test_a_clock_that_is_set_back_makes_no_old_page_new(browser: Any, running: Panel) -> None:
    context = browser.new_context(base_url=running.url, viewport=DESKTOP)
    try:
        page = context.new_page()
        for cookie in running.visitor("viewer").web.cookies:
            context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": running.url}])
        page.clock.install()
        page.goto("/")
        expect(page.locator("#stale")).to_be_hidden()
        context.set_offline(True)
        page.clock.set_system_time(clock.now() - timedelta(hours=2))
        page.clock.run_for(40_000)
        expect(page.locator("#stale")).to_be_visible()
        expect(page.locator("#stale")).to_contain_text("No news since")
    finally:
        context.close()


@pytest.mark.slow
def test_a_page_follows_a_job_again_after_an_answer_of_another_kind(
    open_page: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A browser asks for events only once more if MongoDB or the panel is away for a moment."""
    page = open_page("operator")
    away: list[str] = []

    def answer(route: Any) -> None:
        away.append(route.request.url)
        if len(away) < 3:
            route.fulfill(status=404, body="<h1>not now</h1>", content_type="text/html")
        else:
            route.continue_()

    page.route("**/progress", answer)
    page.goto("/bundles/a16z")
    with pausing_at(3, monkeypatch):
        page.get_by_role("button", name="Reset now").click()
        expect(page.locator("#progress")).to_contain_text("step 3 of")
    verdict(page, "GO")
    expect(page.get_by_role("button", name="Reset now")).to_be_enabled()


@pytest.mark.parametrize("path", ["/", "/bundles/lvmh"], ids=["board", "bundle"])
@pytest.mark.slow
def test_an_unreachable_environment_is_shown_as_go_nowhere(
    browser: Any, running: Panel, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """If the environment no longer answers, an open page says so, and nothing on it says GO."""
    colourful(sandbox)

    def away(*_: object) -> None:
        raise Unreachable("MongoDB cannot be reached: it does not answer")

    context = browser.new_context(base_url=running.url, viewport=PHONE)
    try:
        page = context.new_page()
        for cookie in running.visitor("viewer").web.cookies:
            context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": running.url}])
        page.goto(path)
        expect(page.locator(".state.go").first).to_be_visible()
        with monkeypatch.context() as patched:
            patched.setattr(Board, "cards", away)
            expect(page.locator("[data-live]")).to_contain_text("MongoDB cannot be reached")
            expect(page.locator("body")).to_have_class("old")
            expect(page.locator("#stale")).to_be_visible()
            expect(page.locator(".recommended:visible")).to_have_count(0)
            green = page.evaluate("""() => [...document.querySelectorAll("[data-live] *, .tick")]
                .filter((one) => one.checkVisibility())
                .filter((one) => getComputedStyle(one).color === "rgb(10, 107, 61)").length""")
            assert green == 0
            assert faults(page) == []
        expect(page.locator("body")).not_to_have_class("old")
        expect(page.locator("[data-live] .state.go").first).to_be_visible()
    finally:
        context.close()


@pytest.mark.slow
def test_two_taps_and_two_tabs_start_one_reset(
    open_page: Callable[..., Page], sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.reset("index", access=None)
    sandbox.db.demo_resets.delete_many({})
    page = open_page("operator", viewport=PHONE, has_touch=True)
    page.goto("/bundles/index")
    other = page.context.new_page()
    other.goto("/bundles/index")
    with pausing_at(3, monkeypatch):
        page.bring_to_front()
        page.evaluate("""() => {
            const button = [...document.querySelectorAll("button")]
                .find((one) => one.textContent.trim() === "Reset now");
            button.click(); button.click();
        }""")
        expect(page.get_by_label("Progress", exact=True)).to_contain_text("Resetting")
        # The other tab follows by itself, and has no button left that would begin it again.
        expect(other.get_by_label("Progress", exact=True)).to_contain_text("Resetting")
        expect(other.get_by_role("button", name="Reset now")).to_be_disabled()
        expect(other.locator(".recommended")).to_have_count(0)
    for tab in (page, other):
        verdict(tab, "GO")
    assert [one["trigger"] for one in sandbox.runs("index")] == ["panel", "check"]
    # What the back button shows is how it is now.
    page.goto("/")
    sandbox.reset("index", access=None)
    page.go_back()
    verdict(page, "UNKNOWN")
    expect(page.locator("#list-age")).to_contain_text("Not how it is now")
