"""Services for alerts that answer badly, and what reaches them."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from playbook.nights.alerts import Alert, Channels, Outbox
from playbook.nights.alerts.refusals import NotAccepted
from playbook.nights.alerts.sending import (
    LONGEST_TRY,
    about_incident,
    apprise_without_output,
    fitted,
    readable,
    through_apprise,
)
from playbook.nights.alerts.wording import alert_of_night
from playbook.nights.night import Attempt, Night
from playbook.pristine import bundles
from playbook.pristine.seeds import load
from playbook.verdict.checks import CHECKS
from playbook.verdict.model import BundleVerdict, Result
from tests.alert_receivers import Mailbox, Webhooks

type Connection = socket.socket
PAGER = "pagerduty://integration-key@api-key?action=map"


@contextmanager
def answering(answer: Callable[[Connection], object]) -> Iterator[int]:
    """A server that gives each connection to a function; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    try:
                        answer(connection)
                    except OSError:
                        continue

        thread = Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def outbox(longest_try: float = LONGEST_TRY, **settings: str) -> Outbox:
    channels = Channels.from_environment(settings)
    return Outbox(channels, pause=lambda seconds: None, longest_try=longest_try)


@pytest.mark.parametrize("kind", ["json://", "mailto://"])
def test_a_service_that_answers_byte_by_byte_does_not_hold_up_the_night(kind: str) -> None:
    apprise_without_output()  # loading it takes a second
    done = Event()

    def drip(connection: Connection) -> None:
        while not done.wait(0.05):
            connection.sendall(b"2")

    with answering(drip) as port:
        slow = f"{kind}127.0.0.1:{port}/?from=a@b.example&to=c@d.example"
        out = outbox(0.3, DEMO_ALERT_HIGH=slow, DEMO_ALERT_CRITICAL=f"{slow}&cto=5")
        sent = out.send(Alert("high", "t", "b"))
        done.set()
    # It may still arrive, so it is not sent there again; the next channel is tried.
    assert [(one.through, one.taken, one.tries, one.too_long) for one in sent] == [
        ("high", False, 1, True),
        ("critical", False, 1, True),
    ]
    assert "NOT sent after 1 try; no end of it within 30 s, so it may still arrive" in str(sent[0])


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other"])
def test_a_webhook_that_leads_to_a_page_for_signing_in_has_not_accepted_the_alert(
    status: str,
) -> None:
    asked: list[bytes] = []

    def redirect(connection: Connection) -> None:
        asked.append(connection.recv(65536).split(b" ")[0])
        if asked[-1] == b"POST":
            head = f"HTTP/1.1 {status}\r\nLocation: /login\r\n"
        else:
            head = "HTTP/1.1 200 OK\r\n"
        connection.sendall(f"{head}Connection: close\r\nContent-Length: 0\r\n\r\n".encode())

    with answering(redirect) as port:
        with pytest.raises(NotAccepted, match=rf"^it answers {status[:3]} "):
            through_apprise(f"json://127.0.0.1:{port}/", "t", "b", "high")
        assert asked == [b"POST"]


def good_night() -> Night:
    bundle = bundles.find(load(), "lvmh")
    passed = (Result(bundle.key, check, "s", "passed", "high", "a line") for check in CHECKS)
    attempt = Attempt("reset", BundleVerdict(bundle.key, tuple(passed)))
    return Night(bundle, datetime(2026, 11, 24, 2, tzinfo=UTC), attempts=[attempt])


def recorded(severity: object, *alerts: dict[str, Any]) -> dict[str, Any]:
    started = datetime(2026, 11, 23, 2, tzinfo=UTC)
    return {"started_at": started, "pristine": False, "severity": severity, "alerts": [*alerts]}


def test_good_news_goes_also_to_the_channels_that_got_the_bad_news_instead_of_another() -> None:
    mail = {"channel": "DEMO_ALERT_HIGH no. 1", "through": "high", "taken": False}
    pager = {"channel": "DEMO_ALERT_CRITICAL no. 1", "through": "critical", "taken": True}
    former = [recorded("high", mail, pager)]
    alert, also = alert_of_night(good_night(), former, "")
    assert alert.title == "all clear: LVMH is GO again"
    assert also == ["high", "critical"]


def test_tonights_good_news_goes_to_the_channel_that_got_the_message_about_the_retry(
    hooks: Webhooks,
) -> None:
    night = good_night()
    hooks.dead = {"medium"}
    night.deliveries = Outbox(
        Channels.from_environment(hooks.channels()), pause=lambda seconds: None
    ).send(Alert("medium", "retry under way", "b"))
    assert alert_of_night(night, [], "")[1] == ["medium", "high"]


@pytest.mark.parametrize("severity", ["unheard of", 5, ["high"], {"a": 1}, None])
def test_a_former_night_of_another_version_sends_good_news_nowhere_else(severity: object) -> None:
    former = [recorded(severity, {"channel": "x", "through": ["high"], "taken": True})]
    assert alert_of_night(good_night(), former, "")[1] == []


class Pager:
    """What would be sent to PagerDuty, at the boundary to HTTP."""

    status_code, content = 202, b"{}"

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[dict[str, Any]] = []
        self.followed: list[bool] = []
        monkeypatch.setattr(requests, "post", self.post)

    def post(self, url: str, data: str, allow_redirects: bool, **_: object) -> Pager:
        assert url == "https://events.pagerduty.com/v2/enqueue"
        self.events.append(json.loads(data))
        self.followed.append(allow_redirects)
        return self


def test_good_news_closes_the_page_of_its_own_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    pager = Pager(monkeypatch)
    out = outbox(DEMO_ALERT_CRITICAL=PAGER)
    out.send(Alert("critical", "[critical] LVMH is NO-GO: accounts", "b", "staging/lvmh"))
    out.send(Alert("critical", "[critical] LVMH is NO-GO: catalog", "b", "staging/lvmh"))
    out.send(Alert("critical", "[critical] Index is NO-GO: accounts", "b", "staging/index"))
    out.send(Alert("success", "all clear: LVMH is GO again", "b", "staging/lvmh"), ["critical"])
    assert [(event["event_action"], event["dedup_key"]) for event in pager.events] == [
        ("trigger", "staging/lvmh"),
        ("trigger", "staging/lvmh"),
        ("trigger", "staging/index"),
        ("resolve", "staging/lvmh"),
    ]
    assert not any(pager.followed)


def test_the_key_of_an_incident_is_stated_only_where_there_is_none() -> None:
    own = f"{PAGER}&dedup=ours"
    assert about_incident(own, "staging/lvmh") == own
    assert about_incident(PAGER, "") == PAGER
    assert about_incident("slack://a/b/c/#d", "staging/lvmh") == "slack://a/b/c/#d"
    stated = about_incident("pagerduty://a@b", "Ünder & Co, 100%/lvmh")
    assert parse_qs(urlsplit(stated).query) == {"dedup": ["Ünder & Co, 100%/lvmh"]}
    long = about_incident(PAGER, "x" * 400 + "/lvmh")
    (key,) = parse_qs(urlsplit(long).query)["dedup"]
    assert len(key) == 255 and key.endswith("/lvmh")


def test_a_message_is_as_short_as_its_service_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pager = Pager(monkeypatch)
    reasons = [f"    the product {number} is missing, and so on and on" for number in range(60)]
    lines = ["LVMH (lvmh): NO-GO", "Environment: staging", "What failed:", *reasons]
    last = ["What to do: playbook reset lvmh", "Run: 20261124", "See it: x", "Report: y"]
    assert through_apprise(PAGER, "[high] t", "\n".join([*lines, *last]), "high")
    summary = pager.events[0]["payload"]["summary"]
    assert 900 < len(summary) <= 1024, "PagerDuty's limit"
    assert summary.splitlines()[:4] == ["[high] t", *lines[:3]]
    assert summary.splitlines()[-5:] == ["…", *last]


@pytest.mark.parametrize("longest", range(0, 120, 7))
def test_a_short_message_is_never_too_long(longest: int) -> None:
    title, body = "t", "first\n" + "x" * 90 + "\nWhat to do: nothing\nReport: y"
    short = fitted(title, body, longest)
    assert not short or len(f"{title}\r\n{short}") <= longest
    assert fitted(title, body, 1000) == body


def test_texts_of_the_app_and_of_calendars_control_no_service(mail: Mailbox) -> None:
    title = "which demo is 'x\r\nBcc: evil@x.example\r\n\u202egnp\ud800' about? " + "w" * 3000
    out = outbox(DEMO_ALERT_HIGH=f"mailto://127.0.0.1:{mail.port}?from=a@b.example&to=c@d.example")
    out.send(Alert("high", title, f"é\x00\x1b[31m\u202eabc\n{'y' * 5000}\n\ud800"))
    (recipients, message) = mail.received[0]
    assert recipients == ["c@d.example"] and message["Bcc"] is None
    subject = str(message["Subject"])
    assert subject.startswith(
        "which demo is 'x Bcc: evil@x.example <U+202E>gnp<U+D800>' about? www"
    )
    assert len(subject) == 200
    first, second, third, *_ = message.get_content().splitlines()
    assert (first, third) == ("é<U+0000><U+001B>[31m<U+202E>abc", "<U+D800>")
    assert len(second) == 1000 and second.endswith("y…")


def test_a_mention_in_a_text_calls_nobody_in_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    class Accepted:
        status_code, content = 200, b"ok"

    def request(_: str, url: str, data: str, **__: object) -> type[Accepted]:
        assert url.startswith("https://hooks.slack.com/")
        sent.append(json.loads(data))
        return Accepted

    monkeypatch.setattr(requests, "request", request)
    url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#investor-demos"
    assert through_apprise(url, "<!channel>", "<@U12345> <https://x.example|click> `&`", "high")
    (attachment,) = sent[0]["attachments"]
    assert attachment["title"] == "&lt;!channel&gt;"
    assert attachment["text"] == "&lt;@U12345&gt; &lt;https://x.example|click&gt; `&amp;`"


def test_only_control_characters_and_length_are_changed() -> None:
    body = "Environment: Übung — 日本\n\tindented <b> & `code`"
    assert readable("LVMH is NO-GO: leads", body) == ("LVMH is NO-GO: leads", body)
