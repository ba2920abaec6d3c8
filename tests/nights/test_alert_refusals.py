"""Services that do not accept an alert: one line says which and why, without a secret."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from playbook.nights.alerts import Alert, Channels, Outbox
from playbook.nights.alerts.outbox import Delivery
from playbook.report.status import _describe_run
from tests.alert_receivers import Mailbox, mailbox
from tests.certificates import authority_in, server
from tests.nights.test_alert_services import answering

PASSWORD = "s3cr3t-passw0rd"
TOKEN = "t0ken-9f8e7d6c5b4a"
MAIL = "from=a@b.example&to=c@d.example"
PORT = "is it the right port, or mode= in the URL?"


def sent(url: str) -> Delivery:
    """What became of an alert to one URL."""
    [delivery] = sent_to_each(url)
    return delivery


def sent_to_each(url: str) -> list[Delivery]:
    """What became of an alert to the recipients of one URL."""
    out = Outbox(Channels.from_environment({"DEMO_ALERT_HIGH": url}), pause=lambda seconds: None)
    deliveries = out.to(Alert("high", "title", "body"), "high")
    assert not any(PASSWORD in str(one) or TOKEN in str(one) for one in deliveries)
    return deliveries


def webhook(answer: bytes) -> str:
    """Why a webhook with this answer did not accept an alert."""

    def respond(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with answering(respond) as port:
        return sent(f"json://user:{PASSWORD}@127.0.0.1:{port}/{TOKEN}").why


def http(status: str, body: bytes = b"") -> bytes:
    head = f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (
            http("404 Not Found", b"no_service"),
            "it answers 404 (Not Found): there is no such webhook; make a new one and correct the "
            'URL; it says "no_service"',
        ),
        (
            http("403 Forbidden", f'{{"sent": "{TOKEN}"}}'.encode()),
            "it answers 403 (Forbidden): the key, the token or the password in its URL is wrong or "
            'no longer valid; it says "{"sent": "[hidden]"}"',
        ),
        (
            http("429 Slow down"),
            "it answers 429 (Too Many Requests): it got too many messages; wait a while",
        ),
        (
            http("502 Bad Gateway", b"<html>a page"),
            "it answers 502 (Bad Gateway): the service itself has a problem; try again later",
        ),
        (http("418 Teapot"), "it answers 418 (I'm a Teapot)"),
        (http("799 Unheard of"), "it answers 799"),
        (b"", "it closed the connection without an answer"),
        (b"220 mail.example\r\n", "the server at this address does not speak HTTP/1"),
    ],
)
def test_a_webhook_that_answers_badly_is_explained(answer: bytes, why: str) -> None:
    assert webhook(answer) == why


def test_a_long_answer_is_cut_only_after_its_secrets_are_hidden() -> None:
    echoed = "x" * 175 + f"{TOKEN}\x1b[31m" + "y" * 500
    why = webhook(http("400 Bad Request", echoed.encode()))
    assert "x[hidden]<U+001B>[31myyy" in why and why.endswith("y…") and len(why) == 300


@pytest.mark.parametrize("kind", ["json", "mailto"])
def test_a_service_that_is_not_there_is_explained(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert sent(f"{kind}://127.0.0.1:{port}/?{MAIL}").why == "Connection refused"
    unknown = sent(f"{kind}://mail.nowhere.invalid/?{MAIL}").why
    assert unknown.startswith("its host name is not known")


@pytest.mark.parametrize("kind", ["json", "mailto"])
def test_a_service_that_never_answers_is_explained(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"{kind}://127.0.0.1:{silent.getsockname()[1]}/?{MAIL}&rto=0.1&cto=0.1"
        assert sent(url).why == "it did not answer in time"


def test_a_mail_server_that_says_no_is_explained(mail: Mailbox) -> None:
    url = f"mailto://127.0.0.1:{mail.port}?{MAIL}"
    mail.refused = {"c@d.example"}
    delivery = sent(url)
    assert str(delivery) == (
        "high: DEMO_ALERT_HIGH no. 1 (mailto to c@d.example) NOT sent after 3 tries: "
        "it refuses the recipient (550 no such mailbox)"
    )
    assert delivery.document()["why"] == "it refuses the recipient (550 no such mailbox)"
    mail.refused_sender = f"553 not yours: {PASSWORD}"
    assert sent(f"{url}&pass={PASSWORD}").why == (
        "it refuses the sender a@b.example (553 not yours: [hidden]); correct from= in the URL"
    )
    mail.refused_sender = "421 too busy"
    assert "(421 too busy)" in sent(url).why


def test_a_mail_server_without_encryption_or_signing_in_is_explained(mail: Mailbox) -> None:
    at = f"127.0.0.1:{mail.port}?{MAIL}"
    assert sent(f"mailtos://user:{PASSWORD}@{at}&mode=starttls").why == (
        f"it lacks what the URL asks for (STARTTLS extension not supported by server); {PORT}"
    )
    assert sent(f"mailtos://{at}&mode=ssl").why == f"it does not begin with TLS; {PORT}"
    assert sent(f"mailto://user:{PASSWORD}@{at}").why == (
        f"it lacks what the URL asks for (SMTP AUTH extension not supported by server); {PORT}"
    )
    assert mail.received == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_mail_server_that_refuses_the_password_is_explained() -> None:
    with mailbox(PASSWORD) as guarded:
        at = f"127.0.0.1:{guarded.port}?{MAIL}"
        assert sent(f"mailto://user:wr0ng-passw0rd@{at}").why == (
            "it refuses the user or the password of the URL "
            "(535 5.7.8 Authentication credentials invalid)"
        )
        assert sent(f"mailto://{at}").why == (
            "it wants a user and a password in the URL (530 5.7.0 Authentication required)"
        )
        assert sent(f"mailto://user:{PASSWORD}@{at}").taken


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_a_wrong_password_is_tried_once_so_that_no_account_is_locked() -> None:
    with mailbox(PASSWORD) as guarded:
        at = f"mailto://user:wr0ng-passw0rd@127.0.0.1:{guarded.port}"
        deliveries = sent_to_each(f"{at}?from=a@b.example&to=c@d.example,e@f.example,g@h.example")
        at_once = len(guarded.wrong_passwords)
        sent(f"{at}?{MAIL}")
        assert len(guarded.wrong_passwords) == 2 * at_once  # once with each way of signing in
    assert [delivery.tries for delivery in deliveries] == [1, 0, 0]
    assert str(deliveries[2]) == (
        "high: DEMO_ALERT_HIGH no. 1 (mailto to g@h.example) NOT sent: "
        "not tried, because the sign-in for the recipient before was refused"
    )


@pytest.mark.parametrize(
    ("status", "tries"), [("401 No", 1), ("403 No", 1), ("404 No", 3), ("429 No", 3), ("503 No", 3)]
)
def test_a_wrong_token_is_tried_once(status: str, tries: int) -> None:
    asked: list[bytes] = []

    def respond(connection: socket.socket) -> None:
        asked.append(connection.recv(65536))
        connection.sendall(http(status))

    with answering(respond) as port:
        delivery = sent(f"json://user:{PASSWORD}@127.0.0.1:{port}/{TOKEN}")
    assert (delivery.tries, len(asked)) == (tries, tries)


def test_a_server_that_never_answers_does_not_hold_up_each_recipient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        at = f"mailto://127.0.0.1:{silent.getsockname()[1]}"
        recipients = "to=c@d.example,e@f.example,g@h.example"
        deliveries = sent_to_each(f"{at}?from=a@b.example&{recipients}&rto=0.1&cto=0.1")
    assert [delivery.tries for delivery in deliveries] == [3, 1, 1]
    assert {delivery.why for delivery in deliveries} == {"it did not answer in time"}


def test_a_refused_recipient_costs_the_others_nothing(mail: Mailbox) -> None:
    mail.refused = {"c@d.example", "e@f.example"}
    at = f"mailto://127.0.0.1:{mail.port}"
    deliveries = sent_to_each(f"{at}?from=a@b.example&to=c@d.example,e@f.example,g@h.example")
    assert [(one.taken, one.tries) for one in deliveries] == [(False, 3), (False, 3), (True, 1)]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", f"it closed the connection; {PORT}"),
        (b"421 too busy\r\n", "it refuses the connection (421 too busy)"),
        (b"HTTP/1.1 400\r\n", f"the server at this address is no mail server; {PORT}"),
    ],
)
def test_a_server_that_takes_no_mail_is_explained(answer: bytes, why: str) -> None:
    with answering(lambda connection: connection.sendall(answer)) as port:
        assert sent(f"mailto://127.0.0.1:{port}?{MAIL}").why == why


@pytest.mark.parametrize("kind", ["jsons", "mailtos"])
def test_a_certificate_that_has_expired_is_explained(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    authority = authority_in(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", authority.certificate)  # for mail
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.certificate)  # for webhooks
    for name, why in (
        ("expired", "its certificate is not accepted (certificate has expired); have it renewed"),
        ("its own", "REQUESTS_CA_BUNDLE for the API and for webhooks, SSL_CERT_FILE for mail"),
    ):
        with server(authority, name) as port:
            assert sent(f"{kind}://127.0.0.1:{port}/?{MAIL}&mode=ssl").why.endswith(why)


def test_a_proxy_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "")
    assert sent("json://hooks.example/x").why == (
        "the proxy of this machine (HTTPS_PROXY) does not lead to it: Connection refused"
    )


def test_the_status_of_a_bundle_says_why_an_alert_was_not_sent() -> None:
    alerts = [
        {"channel": "DEMO_ALERT_HIGH no. 1", "taken": False, "why": "Connection refused"},
        {"channel": "DEMO_ALERT_HIGH no. 2", "taken": False},  # of an older version
    ]
    assert _describe_run({"night": {"alerts": alerts}}, True) == (
        "alert not sent by DEMO_ALERT_HIGH no. 1 (Connection refused); "
        "alert not sent by DEMO_ALERT_HIGH no. 2"
    )
