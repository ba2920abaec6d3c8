"""Alerts through real HTTP and SMTP, on the playbook's channels, without secrets."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from playbook import PROJECT
from playbook.errors import WrongUsage
from playbook.facts.remedies import Remedy
from playbook.nights.alerts import Alert, Channels, Outbox
from playbook.nights.alerts.channels import LEVELS, service, setting
from playbook.nights.alerts.outbox import PAUSES, each_recipient, unknown_to_apprise
from playbook.nights.alerts.wording import alert_of_failed_start, alert_of_night, run_lines, samples
from playbook.nights.night import Attempt, Night
from playbook.pristine import bundles
from playbook.pristine.seeds import load
from playbook.verdict.model import BundleVerdict, Result
from tests.alert_receivers import Mailbox, Webhooks
from tests.forked_commands import run_command

CREDENTIALS = ("s3cr3t-passw0rd", "t0ken-9f8e7d6c5b4a")


def outbox(variables: dict[str, str], pauses: list[float] | None = None) -> Outbox:
    slept = [] if pauses is None else pauses
    return Outbox(Channels.from_environment(variables), pause=slept.append)


# Settings


@pytest.mark.parametrize(
    "stated",
    [
        "json://a json://b",
        "json://a,json://b",
        "json://a, json://b",
        "\n json://a\n\n\tjson://b,\n",
        "json://a,,json://b",
        "json://a json://b json://a",
    ],
)
def test_urls_are_separated_by_blanks_lines_and_commas(stated: str) -> None:
    channels = Channels.from_environment({"DEMO_ALERT_HIGH": stated})
    assert channels.urls["high"] == ("json://a", "json://b")


@pytest.mark.parametrize(
    "to",
    [
        "ann@a.example,bo+x@b.example",
        "ann@a.example;bo+x@b.example",
        "ann@a.example; bo+x@b.example",
        "ann@a.example, bo+x@b.example,",
        "ann@a.example bo+x@b.example",
        "ann@a.example\n  bo+x@b.example\n",
        "Ann Lee <ann@a.example>, Bo <bo+x@b.example>",
        '"Lee, Ann" <ann@a.example>; <bo+x@b.example>',
        "Ann Lee <ann@a.example> bo+x@b.example",
        "ann@a.example%2C%20bo%2Bx@b.example",
        "ann@a.example&cc=Bo%20<bo+x@b.example>",
        "ann@a.example,ANN@A.example,bo+x@b.example",
        "ann@a.example&format=text, bo+x@b.example",
    ],
)
@pytest.mark.parametrize("after", ["", " json://a", ",json://a", "\njson://a;"])
def test_every_way_to_write_a_list_of_recipients_is_understood(to: str, after: str) -> None:
    stated = f"mailtos://u:p@smtp.example?from=demos@a.example&to={to}{after}"
    mail, *others = Channels.from_environment({"DEMO_ALERT_HIGH": stated}).urls["high"]
    assert [address for _, address in each_recipient(mail)] == ["ann@a.example", "bo+x@b.example"]
    assert [*others] == (["json://a"] if after else [])
    for url, address in each_recipient(mail):
        assert parse_qs(urlsplit(url).query)["to"] == [address]
        assert parse_qs(urlsplit(url).query)["from"] == ["demos@a.example"]


def test_an_invalid_address_is_tried_and_never_shown() -> None:
    ((_, one), (url, other)) = each_recipient("mailto://h.example?to=ann@a.example,s3cr3t")
    assert (one, other) == ("ann@a.example", "recipient no. 2, which is not an address")
    assert url.endswith("to=s3cr3t")


def test_a_comma_inside_a_url_stays_in_it() -> None:
    mail = "mailto://u:p@smtp.example.org?to=engineering@a.example,sales-lead@a.example"
    slack = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#investor-demos,#sales"
    channels = Channels.from_environment({"DEMO_ALERT_HIGH": f"{mail},{slack}"})
    assert channels.urls["high"] == (mail, slack)


def test_an_unset_channel_is_empty_and_a_bad_url_is_refused() -> None:
    assert Channels.from_environment({}).urls == dict.fromkeys(LEVELS, ())
    with pytest.raises(WrongUsage, match="DEMO_ALERT_CRITICAL: entry 2") as raised:
        Channels.from_environment({"DEMO_ALERT_CRITICAL": "json://a 9f8e7d6c5b4a"})
    assert "9f8e7d6c5b4a" not in str(raised.value)


def test_the_documented_services_are_known_to_apprise() -> None:
    channels = Channels.from_environment(
        {
            "DEMO_ALERT_SUCCESS": (
                "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#investor-demos\n"
                "mailtos://alerts:pw@smtp.example.org?from=playbook@aislemarts.luxury"
                "&to=demos@aislemarts.luxury"
            ),
            "DEMO_ALERT_MEDIUM": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#demos",
            "DEMO_ALERT_HIGH": (
                "mailtos://alerts:pw@smtp.example.org?from=playbook@aislemarts.luxury"
                "&to=engineering@aislemarts.luxury,sales-lead@aislemarts.luxury"
            ),
            "DEMO_ALERT_CRITICAL": "pagerduty://integration-key@api-key?action=map",
        }
    )
    assert unknown_to_apprise(channels) == []
    odd = Channels.from_environment({"DEMO_ALERT_HIGH": "json://a nosuch://s3cr3t"})
    assert unknown_to_apprise(odd) == ["DEMO_ALERT_HIGH no. 2 (nosuch)"]


def test_no_repr_shows_a_url(hooks: Webhooks) -> None:
    channels = Channels.from_environment(hooks.channels())
    assert not any(secret in repr(channels) + str(channels) for secret in CREDENTIALS)
    assert service(hooks.url("high")) == "json"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("json://user:pass.word@host.example/hook", ["pass.word"]),
        ("json://user:p%40ss@host.example", ["p@ss", "p%40ss"]),
        (
            "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
            ["T1JJ3T3L2", "A1BRTD4JD", "TIiajkdnlazkcOXrIdevi7FQ"],
        ),
        ("pagerduty://intKey12345@apiKey98765", ["intKey12345", "apiKey98765"]),
        ("json://host.example/?token=a1b2c3d4e5", ["a1b2c3d4e5"]),
    ],
)
def test_a_urls_own_credentials_are_hidden_in_any_text(url: str, secrets: list[str]) -> None:
    redact = outbox({"DEMO_ALERT_HIGH": url}).redact
    text = redact(f"it said: {' and '.join(secrets)} at {url}")
    assert not any(secret in text for secret in secrets)


def test_ordinary_words_and_addresses_are_not_hidden() -> None:
    url = "mailtos://alerts:hunter22@smtp.example.org?to=demos@aislemarts.luxury&name=Playbook"
    redact = outbox({"DEMO_ALERT_HIGH": url}).redact
    harmless = "alerts to demos@aislemarts.luxury by smtp.example.org, the Playbook"
    assert redact(harmless) == harmless


# Sending


def test_an_alert_goes_to_its_own_level_and_nowhere_else(hooks: Webhooks) -> None:
    box = outbox(hooks.channels())
    for level in LEVELS:
        hooks.clear()
        (delivery,) = box.send(Alert(level, f"a {level} title", "line one\nline two"))
        assert hooks.levels == [level]
        assert hooks.at(level)[0]["title"] == f"a {level} title"
        assert hooks.at(level)[0]["message"] == "line one\nline two"
        assert (
            delivery.taken and delivery.tries == 1 and delivery.channel == f"{setting(level)} no. 1"
        )


def test_a_high_alert_is_mailed_to_two_recipients(mail: Mailbox) -> None:
    url = (
        f"mailto://127.0.0.1:{mail.port}?from=playbook@aislemarts.luxury"
        "&to=engineering@aislemarts.luxury,sales-lead@aislemarts.luxury"
    )
    alert = Alert("high", "[high] LVMH is NO-GO: livesale", "What failed:\n- livesale (high)")
    deliveries = outbox({"DEMO_ALERT_HIGH": url}).send(alert)

    assert [delivery.taken for delivery in deliveries] == [True, True]
    to = {address for recipients, _ in mail.received for address in recipients}
    assert to == {"engineering@aislemarts.luxury", "sales-lead@aislemarts.luxury"}
    message = mail.received[0][1]
    assert message["subject"] == "[high] LVMH is NO-GO: livesale"
    body = message.get_body(("plain",))
    assert body is not None and "- livesale (high)" in body.get_content()


def test_secrets_of_the_settings_never_leave(
    hooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEMO_PASSWORD_LVMH", "hunter2-hunter2")
    monkeypatch.setenv("MONGO_URI", "mongodb://root:m0ngo-secret@db.example/")
    text = f"hunter2-hunter2 m0ngo-secret {' '.join(CREDENTIALS)} {hooks.url('high')}"
    outbox(hooks.channels()).send(Alert("high", text, text))

    (arrived,) = hooks.at("high")
    for secret in ("hunter2-hunter2", "m0ngo-secret", *CREDENTIALS):
        assert secret not in arrived["title"] + arrived["message"]
    assert "[hidden]" in arrived["message"]


def test_after_three_tries_the_next_channel_is_used(hooks: Webhooks) -> None:
    hooks.dead = {"medium", "high"}
    pauses: list[float] = []
    deliveries = outbox(hooks.channels(), pauses).send(Alert("medium", "t", "b"))

    assert hooks.refused == ["medium"] * 3 + ["high"] * 3
    assert hooks.levels == ["critical"]
    assert pauses == [*PAUSES, *PAUSES]
    assert [(delivery.taken, delivery.tries) for delivery in deliveries] == [
        (False, 3),
        (False, 3),
        (True, 1),
    ]


def test_a_channel_that_recovers_meanwhile_is_not_escalated(hooks: Webhooks) -> None:
    hooks.dead = {"high"}

    def pause(seconds: float) -> None:
        hooks.dead.clear()

    box = Outbox(Channels.from_environment(hooks.channels()), pause=pause)
    (delivery,) = box.send(Alert("high", "t", "b"))
    assert (delivery.taken, delivery.tries) == (True, 2)
    assert hooks.levels == ["high"]


def test_an_alert_goes_to_lower_levels_if_the_pager_fails(hooks: Webhooks) -> None:
    hooks.dead = {"critical"}
    outbox(hooks.channels()).send(Alert("critical", "t", "b"))
    assert hooks.levels == ["high"]


def test_a_success_never_goes_to_another_level(hooks: Webhooks) -> None:
    hooks.dead = {"success"}
    outbox(hooks.channels()).send(Alert("success", "t", "b"))
    assert hooks.levels == []


def test_a_level_without_a_channel_goes_up_too(hooks: Webhooks) -> None:
    channels = hooks.channels()
    del channels["DEMO_ALERT_MEDIUM"]
    outbox(channels).send(Alert("medium", "t", "b"))
    assert hooks.levels == ["high"]


def test_one_url_that_accepts_an_alert_is_enough(hooks: Webhooks) -> None:
    hooks.dead = {"dead"}
    channels = {**hooks.channels(), "DEMO_ALERT_HIGH": f"{hooks.url('dead')} {hooks.url('high')}"}
    deliveries = outbox(channels).send(Alert("high", "t", "b"))
    assert [delivery.taken for delivery in deliveries] == [False, True]
    assert hooks.levels == ["high"]


def test_a_url_on_several_channels_gets_an_alert_once(hooks: Webhooks) -> None:
    channels = {**hooks.channels(), "DEMO_ALERT_MEDIUM": hooks.url("success")}
    outbox(channels).send(Alert("success", "all clear", "b"), also=["medium", "high"])
    assert hooks.levels == ["success", "high"]


def test_an_error_of_a_channel_is_not_raised() -> None:
    def broken(*_: str) -> bool:
        raise RuntimeError("json://user:s3cr3t-passw0rd@127.0.0.1")

    channels = Channels.from_environment({"DEMO_ALERT_HIGH": "json://a"})
    deliveries = Outbox(channels, send=broken, pause=lambda seconds: None).send(
        Alert("high", "t", "b")
    )
    assert [delivery.taken for delivery in deliveries] == [False]


def test_without_any_channel_nothing_is_sent() -> None:
    assert outbox({}).send(Alert("critical", "t", "b")) == []


def test_apprise_prints_nothing(hooks: Webhooks, caplog: pytest.LogCaptureFixture) -> None:
    hooks.dead = {"high", "critical", "medium"}
    with caplog.at_level(logging.DEBUG):
        outbox(hooks.channels()).send(Alert("high", "t", "b"))
    apprise = [r.getMessage() for r in caplog.records if r.name.startswith("apprise")]
    assert apprise == []


def test_apprise_is_loaded_only_to_send_an_alert() -> None:
    code = (
        "import sys, playbook.nights.nightly, playbook.cli.nightly; print('apprise' in sys.modules)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT, check=True
    )
    assert shown.stdout.strip() == "False"


def test_an_alert_of_a_night_that_did_not_begin_says_what_to_do() -> None:
    now = datetime.now(UTC)
    alert = alert_of_failed_start(
        "nightly run of lvmh", "REDIS_URL is missing", "high", now, "staging"
    )
    assert "Environment: staging" in alert.body
    assert alert.level == "high" and "REDIS_URL is missing" in alert.body
    assert "What to do: " in alert.body and "What was done: " in alert.body


@pytest.mark.parametrize(
    ("remedy", "says", "reset"),
    [
        (Remedy.RESET, "playbook reset lvmh && playbook check lvmh", True),
        (Remedy.FEED, "ask for the app's rate feed to be repaired", False),
        (Remedy.SETTINGS, "correct the setting that is named", False),
    ],
)
def test_a_failed_night_advises_only_what_helps(remedy: Remedy, says: str, reset: bool) -> None:
    lvmh = bundles.find(load(), "lvmh")
    result = Result(
        lvmh.key, "currency", "The rates are live", "failed", "high", "a line", remedy=remedy
    )
    verdict = BundleVerdict(lvmh.key, (result,))
    now = datetime.now(UTC)
    night = Night(lvmh, now, ended_at=now, attempts=[Attempt("reset", verdict=verdict)])
    alert, _ = alert_of_night(night, [], "the report")
    [line] = [line for line in alert.body.splitlines() if line.startswith("What to do: ")]
    assert line.startswith("What to do: don't show this demo; ")
    assert says in line
    assert ("playbook reset" in line) is reset


# The command


def lists_of_recipients(port: int) -> list[str]:
    server = f"127.0.0.1:{port}"
    one = f"mailto://{server}?from=playbook@aislemarts.luxury&to="
    good, bad, last = "good@a.example", "bad@a.example", "last@a.example"
    return [
        f"{one}{good},{bad},{last}",
        f"{one}{good}%2C{bad}%2C{last}",
        f"{one}{good},{bad} {one}{last}",
        f"{one}{good}\n{one}{bad}\n{one}{last}",
        f"{one}{good}&cc={bad}&bcc={last}",
        f"mailto://{server}/{good}/{bad}/{last}?from=playbook@aislemarts.luxury",
    ]


@pytest.mark.parametrize("form", range(6))
def test_each_recipient_of_a_list_gets_the_alert(mail: Mailbox, form: int) -> None:
    mail.refused = {"bad@a.example"}
    stated = lists_of_recipients(mail.port)[form]
    deliveries = outbox({"DEMO_ALERT_HIGH": stated}).send(Alert("high", "t", "b"))
    assert {d.recipient: d.taken for d in deliveries} == {
        "good@a.example": True,
        "bad@a.example": False,
        "last@a.example": True,
    }
    assert [to for to, _ in mail.received] == [["good@a.example"], ["last@a.example"]]


@pytest.mark.slow
def test_the_command_names_the_recipient_that_is_not_reached(mail: Mailbox) -> None:
    mail.refused = {"bad@a.example"}
    ended = alerts_test(DEMO_ALERT_HIGH=lists_of_recipients(mail.port)[0])
    assert ended.returncode == 3
    assert "(mailto to bad@a.example) NOT sent after 3 tries: it refuses" in ended.stdout
    assert "(mailto to last@a.example) sent" in ended.stdout


def alerts_test(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("DEMO_")}
    return run_command("alerts", "test", *options, variables={**inherited, **variables})


def test_the_command_sends_one_of_each(hooks: Webhooks) -> None:
    ended = alerts_test(**hooks.channels())

    assert ended.returncode == 0, ended.stderr
    assert hooks.levels == list(LEVELS)
    assert [alert.level for alert in samples(datetime.now(UTC), "staging")] == list(LEVELS)
    assert all("test" in body["title"] for _, body in hooks.received)
    assert ended.stdout.count(" sent") == len(LEVELS)
    assert not any(secret in ended.stdout + ended.stderr for secret in CREDENTIALS)


@pytest.mark.slow
def test_the_command_names_a_dead_channel_and_tries_no_other_level(hooks: Webhooks) -> None:
    hooks.dead = {"medium"}
    channels = hooks.channels()
    del channels["DEMO_ALERT_SUCCESS"]
    ended = alerts_test(**channels)

    assert ended.returncode == 3
    assert (
        "medium: DEMO_ALERT_MEDIUM no. 1 (json) NOT sent after 3 tries: "
        "it answers 503 (Service Unavailable): the service itself has a problem" in ended.stdout
    )
    assert "success: DEMO_ALERT_SUCCESS is not set" in ended.stdout
    assert hooks.levels == ["high", "critical"]


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({}, "no channel is set"),
        ({"DEMO_ALERT_HIGH": "s3cr3t-passw0rd"}, "DEMO_ALERT_HIGH: entry 1"),
        ({"DEMO_ALERT_HIGH": "nosuch://s3cr3t-passw0rd"}, "DEMO_ALERT_HIGH no. 1 (nosuch)"),
    ],
)
def test_the_command_names_a_wrong_setting(variables: dict[str, str], named: str) -> None:
    ended = alerts_test(**variables)
    assert ended.returncode == 2
    assert named in ended.stderr and "s3cr3t" not in ended.stderr


@pytest.mark.slow
def test_the_command_tests_the_presenters_recipients_too(mail: Mailbox, hooks: Webhooks) -> None:
    """Each on a line of its own, also where the other channels are not set."""
    mail.refused = {"bad@a.example"}
    server = f"mailto://127.0.0.1:{mail.port}?from=playbook@aislemarts.luxury"
    hook = hooks.channels()["DEMO_ALERT_SUCCESS"]
    stated = f"{server}&to=good@a.example,bad@a.example {hook} {server}"
    ended = alerts_test(DEMO_ALERT_PRESENTER=stated)
    assert ended.returncode == 3, ended.stderr
    lines = [line for line in ended.stdout.splitlines() if line.startswith("presenter:")]
    assert lines[:4] == [
        "presenter: DEMO_ALERT_PRESENTER no. 1 (mailto to good@a.example) sent",
        "presenter: DEMO_ALERT_PRESENTER no. 1 (mailto to bad@a.example) NOT sent after 3 tries: "
        "it refuses the recipient (550 no such mailbox)",
        "presenter: DEMO_ALERT_PRESENTER no. 2 (json) sent",
        "presenter: DEMO_ALERT_PRESENTER no. 3 (mailto) sent",
    ]
    assert "--organizer ADDRESS" in lines[4]
    assert "high: DEMO_ALERT_HIGH is not set" in ended.stdout


def test_the_command_tries_a_meetings_organizer(mail: Mailbox) -> None:
    stated = f"mailto://127.0.0.1:{mail.port}?from=playbook@aislemarts.luxury"
    command = ("--organizer", "ann@a.example")
    ended = alerts_test(
        *command, DEMO_ALERT_PRESENTER=stated, PLAYBOOK_PANEL_URL="https://d.example/"
    )
    assert ended.returncode == 0, ended.stderr
    assert "presenter: DEMO_ALERT_PRESENTER no. 1 (mailto to ann@a.example) sent" in ended.stdout
    assert "organizer" not in ended.stdout
    [(to, letter)] = mail.received
    assert to == ["ann@a.example"]
    assert "See it: https://d.example/" in letter.get_content()


@pytest.mark.parametrize("stated", ["demos.example", "https://", "see the wiki", "//x"])
def test_a_wrong_panel_address_is_named_instead_of_a_link(
    monkeypatch: pytest.MonkeyPatch, hooks: Webhooks, stated: str
) -> None:
    monkeypatch.setenv("PLAYBOOK_PANEL_URL", stated)
    run, seen = run_lines("lvmh", "20261126T020000.000000Z-x")
    assert run == "Run: 20261126T020000.000000Z-x"
    assert seen.startswith("See it: playbook status lvmh (PLAYBOOK_PANEL_URL is not an http or")
    assert stated not in seen
    ended = alerts_test(**hooks.channels(), PLAYBOOK_PANEL_URL=stated)
    assert ended.returncode == 2
    assert "PLAYBOOK_PANEL_URL is not an http or https address" in ended.stderr
    assert hooks.levels == []


@pytest.mark.parametrize("stated", ["", "  "])
def test_without_a_panel_a_message_names_the_command(
    monkeypatch: pytest.MonkeyPatch, stated: str
) -> None:
    monkeypatch.setenv("PLAYBOOK_PANEL_URL", stated)
    assert run_lines("lvmh", "x")[1] == (
        "See it: playbook status lvmh (PLAYBOOK_PANEL_URL is not set, so there is no link)"
    )
    assert run_lines("lvmh", "") == []
