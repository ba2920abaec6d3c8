"""Requests to the API do not disturb it: over real sockets, with servers that behave oddly."""

from __future__ import annotations

import gzip
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import certifi
import pytest
import requests

from playbook.environment import Environment, Settings
from playbook.environment.api_access import ApiAccess, access_from
from playbook.environment.http import Api, TooLarge
from playbook.errors import Outage, Unreachable, WrongUsage
from playbook.facts.reading import read_answer
from playbook.facts.reading.visitors import Visitors
from playbook.facts.remedies import Remedy

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
type Exchange = Callable[[socket.socket, bytes, int], bool]
"""Answers a request (its bytes, its number from 1); False closes the connection."""


class Server:
    """A server that answers as a test says, and records the requests."""

    def __init__(self, exchange: Exchange, listener: socket.socket | None = None) -> None:
        self._exchange, self.asked, self.connections = exchange, list[bytes](), 0
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @contextmanager
    def serving(self) -> Iterator[Server]:
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := _request(connection):
                self.asked.append(request)
                if not self._exchange(connection, request, len(self.asked)):
                    return


def _request(connection: socket.socket) -> bytes:
    text = b""
    while b"\r\n\r\n" not in text:
        if not (piece := connection.recv(65_536)):
            return b""
        text += piece
    head, _, body = text.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.split(b":")[1])
            for line in head.lower().splitlines()
            if b"content-length" in line
        ),
        0,
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def answering(*answers: bytes) -> Exchange:
    """One answer after the other; the last one is repeated. An empty one closes the connection."""

    def exchange(connection: socket.socket, _: bytes, number: int) -> bool:
        answer = answers[min(number, len(answers)) - 1]
        connection.sendall(answer)
        return bool(answer)

    return exchange


def api(server: Server, access: ApiAccess | None = None) -> Api:
    return Api(server.url, access or ApiAccess(), 3.0)


def test_a_connection_closed_by_the_server_is_reopened() -> None:
    with Server(answering(OK, b"", OK)).serving() as server:
        visitor = api(server).visitor()
        assert visitor.ask("GET", "/", seconds=30).status_code == 200
        assert visitor.ask("POST", "/", seconds=30, json={"a": 1}).status_code == 200
        assert server.connections == 2
        assert server.asked[1] == server.asked[2]  # the same request, body included


def test_a_new_connection_that_is_closed_is_not_tried_again() -> None:
    """The server may have read it: a wrong password must not be sent twice."""
    with Server(answering(b"", OK)).serving() as server:
        with pytest.raises(requests.ConnectionError):
            api(server).visitor().ask("POST", "/", seconds=30, json={"password": "wrong"})
        assert len(server.asked) == 1


def test_an_answer_that_breaks_off_is_not_asked_for_again() -> None:
    def exchange(connection: socket.socket, _: bytes, number: int) -> bool:
        connection.sendall(OK if number == 1 else b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        return number == 1

    with Server(exchange).serving() as server:
        visitor = api(server).visitor()
        visitor.ask("GET", "/", seconds=30)
        with pytest.raises(requests.RequestException):
            visitor.ask("GET", "/", seconds=30)
        assert len(server.asked) == 2


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"", id="of the status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-Long: ", id="of the headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", id="of the body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", id="of a body without end"),
    ],
)
def test_a_dripping_answer_ends_at_the_deadline(beginning: bytes) -> None:
    ended = threading.Event()

    def exchange(connection: socket.socket, _: bytes, number: int) -> bool:
        connection.sendall(beginning)
        while not ended.wait(0.05):
            connection.sendall(b"H")
        return False

    with Server(exchange).serving() as server:
        started = time.monotonic()
        with pytest.raises(requests.Timeout):
            api(server).visitor().ask("GET", "/", seconds=0.5)
        ended.set()
        assert 0.4 < time.monotonic() - started < 60


def limited(retry_after: bytes) -> bytes:
    return (
        b"HTTP/1.1 429 Too Many\r\nRetry-After: " + retry_after + b"\r\nContent-Length: 0\r\n\r\n"
    )


def test_a_limit_of_requests_is_waited_out() -> None:
    with Server(answering(limited(b"1"), OK)).serving() as server:
        asking = api(server)
        started = time.monotonic()
        assert asking.visitor().ask("GET", "/", seconds=30).status_code == 200
        assert 0.9 < time.monotonic() - started < 60
        assert 0.9 < asking.waited < 2


def test_a_wait_is_reported_once() -> None:
    with Server(answering(limited(b"2"), OK)).serving() as server:
        asking, waits = api(server), list[float]()
        asking.on_wait = waits.append
        assert asking.visitor().ask("GET", "/", seconds=30).status_code == 200
        assert waits == [2]


def sending_to(location: bytes) -> bytes:
    return (
        b"HTTP/1.1 307 Temporary Redirect\r\nLocation: "
        + location
        + b"\r\nContent-Length: 0\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("path", "location", "asked"),
    [
        ("/api/products", b"/demo/api/products/", "/demo/api/products/?limit=5"),
        # Behind a proxy an app knows neither its scheme nor its host.
        (
            "/api/products/",
            b"http://app:8000/demo/api/products?limit=5",
            "/demo/api/products?limit=5",
        ),
    ],
)
def test_a_redirect_to_a_final_slash_is_followed(path: str, location: bytes, asked: str) -> None:
    with Server(answering(sending_to(location), OK)).serving() as server:
        visitor = Api(f"{server.url}/demo", ApiAccess(), 3.0).visitor()
        answer = visitor.ask(
            "POST", path, seconds=30, params={"limit": "5"}, json={"a": 1},
            headers={"Authorization": "Bearer t"},
        )  # fmt: skip
        assert answer.status_code == 200
        assert len(server.asked) == 2
        assert server.asked[1].startswith(f"POST {asked} HTTP/1.1".encode())
        assert b"Bearer t" in server.asked[1] and server.asked[1].endswith(b'{"a": 1}')


def test_a_route_with_a_final_slash_is_redirected_once() -> None:
    with Server(answering(sending_to(b"/api/x/"), OK, OK)).serving() as server:
        visitor = api(server).visitor()
        assert [visitor.ask("GET", "/api/x", seconds=30).status_code for _ in range(2)] == [
            200,
            200,
        ]
        lines = [asked.partition(b" HTTP")[0] for asked in server.asked]
        assert lines == [b"GET /api/x", b"GET /api/x/", b"GET /api/x/"]


@pytest.mark.parametrize(
    "location",
    [b"/maintenance", b"/login/", b"", b"http://x/demo/api", b"http://[::1", b"/\xe9\xff", b"\x01"],
)
def test_another_redirect_is_the_answer(location: bytes) -> None:
    with Server(answering(sending_to(location), OK)).serving() as server:
        assert api(server).visitor().ask("GET", "/api/products", seconds=30).status_code == 307
        assert len(server.asked) == 1


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1), timedelta(days=-1)])
def test_a_date_to_wait_for_is_by_the_servers_clock(ahead: timedelta) -> None:
    now = datetime.now(UTC) + ahead
    dates = [format_datetime(at, usegmt=True) for at in (now, now + timedelta(seconds=1))]
    refused = limited(f"{dates[1]}\r\nDate: {dates[0]}".encode())
    with Server(answering(refused, OK)).serving() as server:
        visitor = api(server, ApiAccess(patience=30.0)).visitor()
        assert visitor.ask("GET", "/", seconds=30).status_code == 200
        assert len(server.asked) == 2


@pytest.mark.parametrize("stated", [b"soon", b"-5", b"Mon, 9999999999999999 Jan 2026 00:00:00 GMT"])
def test_a_wait_that_cannot_be_read_is_short(stated: bytes) -> None:
    with Server(answering(limited(stated), OK)).serving() as server:
        assert api(server).visitor().ask("GET", "/", seconds=30).status_code == 200


@pytest.mark.parametrize("retry_after", [b"3600", b"Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_limit_beyond_the_patience_is_the_answer(retry_after: bytes) -> None:
    with Server(answering(limited(retry_after), OK)).serving() as server:
        started = time.monotonic()
        visitor = api(server, ApiAccess(patience=2.0)).visitor()
        assert visitor.ask("GET", "/", seconds=30).status_code == 429
        assert time.monotonic() - started < 60


def test_an_api_that_refuses_everything_is_waited_for_once_in_all() -> None:
    """The patience is not that of each request: a check sends some after each other."""
    with Server(answering(limited(b"soon"))).serving() as server:
        visitor = api(server, ApiAccess(patience=4.0)).visitor()
        started = time.monotonic()
        for _ in range(4):
            assert visitor.ask("GET", "/", seconds=30).status_code == 429
        took = time.monotonic() - started
    assert took < 4.0, "each request waited again"


def test_while_one_waits_for_the_limit_nobody_else_asks() -> None:
    with Server(answering(limited(b"1"), OK)).serving() as server:
        asking = api(server)
        first = threading.Thread(
            target=asking.visitor().ask, args=("GET", "/a"), kwargs={"seconds": 3}
        )
        first.start()
        while not asking.waited:
            time.sleep(0.01)
        started = time.monotonic()
        asking.visitor().ask("GET", "/b", seconds=30)
        assert time.monotonic() - started > 0.5
        first.join()


def test_a_limit_that_lasts_is_not_hammered() -> None:
    """Many requests at once, all refused for some time: only few attempts are made."""
    began = time.monotonic()

    def exchange(connection: socket.socket, _: bytes, number: int) -> bool:
        connection.sendall(OK if time.monotonic() - began > 4 else limited(b"1"))
        return True

    with Server(exchange).serving() as server:
        asking = api(server)
        visitors = [
            threading.Thread(target=asking.visitor().ask, args=("GET", "/"), kwargs={"seconds": 3})
            for _ in range(20)
        ]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        # All at first, then one at a time until the limit has passed, then each once.
        assert len(server.asked) <= 20 + 5 + 20


def test_requests_that_are_refused_together_wait_no_longer_than_one() -> None:
    together = 20
    all_are_here = threading.Barrier(together)

    def exchange(connection: socket.socket, _: bytes, number: int) -> bool:
        if number <= together:
            all_are_here.wait(60)
        connection.sendall(limited(b"1") if number <= together else OK)
        return True

    with Server(exchange).serving() as server:
        asking = api(server)
        visitors = [
            threading.Thread(target=asking.visitor().ask, args=("GET", "/"), kwargs={"seconds": 60})
            for _ in range(together)
        ]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        assert len(server.asked) == 2 * together
        # Each of them was refused at another instant; the longest pause would be 31 s.
        assert 1 <= asking.waited < 15


def test_each_visitor_has_cookies_of_its_own() -> None:
    cookie = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=first; Path=/\r\n\r\n", 1)
    with Server(answering(cookie, OK)).serving() as server:
        asking = api(server)
        first, second = asking.visitor(), asking.visitor()
        for visitor in (first, first, second):
            visitor.ask("GET", "/", seconds=30)
        assert [b"session=first" in request for request in server.asked] == [False, True, False]


def settings(url: str, **variables: str) -> Settings:
    found = Settings.from_environment(
        {"MONGO_URI": "mongodb://h", "REDIS_URL": "redis://h", "API_URL": url, **variables}
    )
    assert found is not None
    return found


def test_the_headers_and_login_of_a_gateway_are_sent() -> None:
    with Server(answering(OK)).serving() as server:
        url = server.url.replace("//", "//sales:p%40ss@") + "/staging/"
        stated = settings(url, PLAYBOOK_API_HEADERS="X-Key: k 1\n\nX-Other: 2")
        asking = Api(stated.api_url, stated.access, 3.0)
        asking.visitor().ask("GET", "/api/x", seconds=30)
        asking.visitor().ask("GET", "/api/x", seconds=30, headers={"Authorization": "Bearer t"})
    plain, signed_in = (request.decode() for request in server.asked)
    assert plain.startswith("GET /staging/api/x HTTP/1.1\r\n")
    assert "X-Key: k 1\r\n" in plain and "X-Other: 2\r\n" in plain
    assert "Authorization: Basic c2FsZXM6cEBzcw==\r\n" in plain
    assert "Authorization: Bearer t\r\n" in signed_in and "Basic" not in signed_in


def test_a_proxy_is_used_only_if_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(answering(OK)).serving() as proxy, Server(answering(OK)).serving() as server:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        api(server).visitor().ask("GET", "/", seconds=30)
        assert (len(proxy.asked), len(server.asked)) == (0, 1)
        api(server, ApiAccess(proxy=proxy.url)).visitor().ask("GET", "/", seconds=30)
        assert (len(proxy.asked), len(server.asked)) == (1, 1)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"REQUESTS_CA_BUNDLE": "/no/such/file"}, "REQUESTS_CA_BUNDLE: there is no file"),
        ({"SSL_CERT_FILE": "/no/such/file"}, "SSL_CERT_FILE: there is no file"),
        ({"PLAYBOOK_API_HEADERS": "X-Key: k\nnonsense"}, "PLAYBOOK_API_HEADERS: line 2"),
        ({"PLAYBOOK_API_HEADERS": "X Key: k"}, "line 1"),
        ({"PLAYBOOK_API_PROXY": "proxy:3128"}, "PLAYBOOK_API_PROXY"),
        ({"PLAYBOOK_API_PROXY": "http://"}, "PLAYBOOK_API_PROXY"),
        ({"PLAYBOOK_API_PATIENCE": "-1"}, "PLAYBOOK_API_PATIENCE"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(variables: Mapping[str, str], says: str) -> None:
    with pytest.raises(WrongUsage, match=says):
        access_from(variables)


def test_the_settings_can_be_passed_on_as_variables() -> None:
    given = settings("http://h", PLAYBOOK_API_HEADERS="X-Key: k", PLAYBOOK_API_PROXY="http://p:1",
                     REQUESTS_CA_BUNDLE=certifi.where(), PLAYBOOK_API_PATIENCE="9")  # fmt: skip
    assert Settings.from_environment(given.as_variables()) == given
    assert "X-Key" not in repr(given) and "http://p:1" not in repr(given)


class SecureServer(Server):
    """The same over TLS."""

    def __init__(self, exchange: Exchange, certificate: Path, key: Path) -> None:
        super().__init__(exchange)
        self.url = self.url.replace("http:", "https:")
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)

    def _serve(self, connection: socket.socket) -> None:
        context = self._context
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            super()._serve(secure)


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a private authority of the simplest kind and a certificate that it signed."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("tls")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    # No key usage is stated, as in most private authorities that were made by hand.
    (folder / "ca.conf").write_text(
        "[req]\ndistinguished_name=name\nx509_extensions=ca\nprompt=no\n"
        "[name]\nCN=private\n[ca]\nbasicConstraints=CA:TRUE\n"
    )
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -days 2 -config ca.conf -keyout ca.key -out ca.pem",
        "req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout key.pem -out asked.csr",
        "x509 -req -in asked.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 "
        "-extfile names -out cert.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize("setting", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_a_private_authority_is_trusted_if_named(private: Path, setting: str) -> None:
    server = SecureServer(answering(OK), private / "cert.pem", private / "key.pem")
    with server.serving():
        access = access_from({setting: str(private / "ca.pem")})
        assert api(server, access).visitor().ask("GET", "/", seconds=30).status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            api(server).visitor().ask("GET", "/", seconds=30)
        # The certificate must be for the host that is asked, too.
        by_another_name = Api(server.url.replace("127.0.0.1", "127.0.0.2"), access, 3.0)
        with pytest.raises(requests.RequestException):
            by_another_name.visitor().ask("GET", "/", seconds=30)


def saying(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


JSON, TEXT = "Content-Type: application/json", '{"a": "é"}'


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(saying(TEXT.encode(), JSON), id="plain"),
        pytest.param(saying(TEXT.encode("utf-8-sig"), JSON), id="a byte order mark"),
        pytest.param(saying(TEXT.encode(), "Content-Type: text/plain"), id="called a text"),
        pytest.param(
            saying(gzip.compress(TEXT.encode()), JSON, "Content-Encoding: gzip"), id="compressed"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b'4\r\n{"a"\r\n7\r\n: "\xc3\xa9"}\r\n0\r\n\r\n',
            id="in chunks",
        ),
    ],
)
def test_an_answer_is_read_in_every_encoding(answer: bytes) -> None:
    with Server(answering(answer)).serving() as server:
        visitor = api(server).visitor()
        for _ in range(2):
            read = read_answer("GET /", visitor.ask("GET", "/", seconds=30))
            assert (read.problem, read.body) == (None, {"a": "é"})


@pytest.mark.parametrize("half", [b"\\ud800", b"\\uDC01", b"\xed\xa0\x80"])
def test_half_a_character_is_read_as_a_browser_reads_it(half: bytes) -> None:
    with Server(
        answering(saying(b'{"\\ud83d\\ude00": ["a' + half + b'"]}', JSON))
    ).serving() as server:
        read = read_answer("GET /", api(server).visitor().ask("GET", "/", seconds=30))
        assert read.body == {"😀": ["a\N{REPLACEMENT CHARACTER}"]}


def test_interim_answers_are_left_out() -> None:
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </shop.css>; rel=preload\r\n\r\n"
    bodies = [saying(f'{{"answer": {number}}}'.encode(), JSON) for number in (1, 2)]
    answers = [hint + b"HTTP/1.1 102 Processing\r\n\r\n" + bodies[0], hint + bodies[1]]
    with Server(answering(*answers)).serving() as server:
        visitor = api(server).visitor()
        for number in (1, 2):
            read = read_answer("GET /", visitor.ask("GET", "/", seconds=30))
            assert (read.status, read.body) == (200, {"answer": number})


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_of_any_size_takes_little_memory(
    monkeypatch: pytest.MonkeyPatch, packed: bool, more: int
) -> None:
    monkeypatch.setattr("playbook.environment.http.LARGEST", 1_000_000)
    content = b"[" + b" " * (999_998 + more) + b"]"
    sent, header = (
        (gzip.compress(content), b"Content-Encoding: gzip\r\n") if packed else (content, b"")
    )
    length = f"Content-Length: {len(sent)}\r\n".encode()
    answer = b"HTTP/1.1 200 OK\r\n" + header + length + b"\r\n" + sent
    with Server(lambda connection, *_: connection.sendall(answer) is None).serving() as server:
        api = Api(server.url, ApiAccess(), 5)
        if not more:
            assert api.visitor().ask("GET", "/", seconds=5).content == content
            return
        with pytest.raises(TooLarge, match="answered more than 1 MB") as error:
            api.visitor().ask("GET", "/", seconds=5)
        assert error.value.status == 200


def test_an_old_server_that_closes_after_each_answer_is_read() -> None:
    def exchange(connection: socket.socket, _: bytes, number: int) -> bool:
        connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + TEXT.encode())
        return False

    with Server(exchange).serving() as server:
        visitor = api(server).visitor()
        for _ in range(3):
            assert read_answer("GET /", visitor.ask("GET", "/", seconds=30)).body == {"a": "é"}


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (saying(b"", status="204 No Content"), "answered 204 with nothing"),
        (saying(b" \n", JSON), "answered 200 with nothing"),
        (
            saying(b"<html>", "Content-Type: text/html; charset=utf-8", status="502 Bad Gateway"),
            "answered 502 with text/html instead of JSON",
        ),
        (
            saying(TEXT.encode("latin-1"), "Content-Type: application/json; charset=iso-8859-1"),
            "answered 200 with text that is not UTF-8, which a browser can't read as JSON",
        ),
        (saying(b'{"price": 1', JSON), "answered 200 with broken JSON"),
        (
            saying(b'[{"a": 1}, {"price": NaN}]', JSON),
            "answered 200 with NaN as “1.price”: a browser can't read that as JSON",
        ),
        (
            saying(b'{"price": NaN, "price": 1}', JSON),
            "answered 200 with NaN: a browser can't read that as JSON",
        ),
        (
            saying(b'{"rates": {"EUR": 1e999999999}}', JSON),
            "answered 200 with 1e999999999 as “rates.EUR”: a browser can't read that as JSON",
        ),
        (
            saying('{"a": 1}'.encode("utf-16"), JSON),
            "answered 200 with text that is not UTF-8, which a browser can't read as JSON",
        ),
        (
            saying(b"[" * 300 + b"]" * 300, JSON),
            "answered 200 with JSON that is nested too deep",
        ),
        (
            saying(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, JSON),
            "answered 200 with JSON that is nested too deep",
        ),
        (
            saying(b"-Infinity", JSON),
            "answered 200 with -Infinity: a browser can't read that as JSON",
        ),
        (
            saying(b"", "Location: https://me:word@shop.example/x?token=1", status="301 Moved"),
            "answered 301: it sends to https://shop.example/x",
        ),
        (
            saying(b"<html>", "Location: /login?next=x", status="302 Found"),
            "answered 302: it sends to /login",
        ),
        (
            saying(b"", "Location: //me:word@shop.example/x", status="302 Found"),
            "answered 302: it sends to http://shop.example/x",
        ),
    ],
)
def test_a_bad_answer_is_named(answer: bytes, problem: str) -> None:
    with Server(answering(answer)).serving() as server:
        read = read_answer("GET /", api(server).visitor().ask("GET", "/", seconds=30))
        assert (read.problem, read.body) == (problem, None)


HEADERS = f"HTTP/1.1 200 OK\r\n{JSON}\r\n".encode()


@pytest.mark.parametrize(
    ("answer", "broken", "may_pass"),
    [
        (HEADERS + b'Content-Length: 99\r\n\r\n{"a": 1}', "broke off before its end", True),
        (
            HEADERS + b'Transfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n',
            "broke off before its end",
            True,
        ),
        (
            saying(b'{"a": 1}', JSON, "Content-Encoding: gzip"),
            "not in the encoding that its Content-Encoding states",
            False,
        ),
        (
            HEADERS + b'Content-Length: 8\r\nContent-Length: 7\r\n\r\n{"a": 1}',
            "states more than one length (Content-Length)",
            False,
        ),
    ],
)
def test_an_answer_that_cannot_be_read_is_for_the_backend(
    answer: bytes, broken: str, may_pass: bool
) -> None:
    def exchange(connection: socket.socket, _: bytes, __: int) -> bool:
        connection.sendall(answer)
        return False

    with Server(exchange).serving() as server, Environment(settings(server.url)) as environment:
        read = Visitors(environment, []).get("/api/products")
        assert read.problem is not None and read.problem.endswith(broken)
        assert (read.remedy, read.good) == (Remedy.BACKEND, False)
        with pytest.raises(Unreachable, match=re.escape(broken)) as failure:
            environment.call("GET", "/api/products")
        # A server that is stopped while it answers may soon be back.
        assert isinstance(failure.value, Outage) is may_pass


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/2 200 OK\r\n\r\n{}", "does not speak HTTP/1"),
        (
            b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 101 + b"\r\n{}",
            "the headers of its answer can't be read",
        ),
    ],
)
def test_headers_that_cannot_be_read_are_named(answer: bytes, words: str) -> None:
    with (
        Server(answering(answer)).serving() as server,
        Environment(settings(server.url)) as environment,
        pytest.raises(Unreachable, match=words) as failure,
    ):
        environment.call("GET", "/")
    assert "(" not in str(failure.value).replace("(got more than 100 headers)", "")


def test_an_answer_that_a_proxy_has_changed_on_its_way_is_a_good_one() -> None:
    answer = saying(b'{"a": 1}', JSON, status="203 Non-Authoritative Information")
    with Server(answering(answer)).serving() as server:
        read = read_answer("GET /", api(server).visitor().ask("GET", "/", seconds=30))
        assert (read.good, read.body) == (True, {"a": 1})


@pytest.mark.parametrize("path", ["/", "/api/products?limit=100", "/api/auth/login"])
def test_an_app_that_has_moved_sends_every_request_to_the_same_address(path: str) -> None:
    moved = saying(b"", f"Location: https://new.example/demo{path}", status="308 Moved")
    with Server(answering(moved)).serving() as server:
        read = read_answer(f"GET {path}", api(server).visitor().ask("GET", path, seconds=30))
    assert read.problem == "answered 308: it sends to https://new.example/demo"


@pytest.mark.parametrize("text", ["1e-999999999999999999999", "0e999999999999999999999", "1e-400"])
def test_a_number_that_is_too_small_for_a_browser_is_zero(text: str) -> None:
    with Server(answering(saying(f'{{"rate": {text}}}'.encode(), JSON))).serving() as server:
        read = read_answer("GET /", api(server).visitor().ask("GET", "/", seconds=30))
        assert (read.problem, read.body) == (None, {"rate": 0})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_never_goes_to_another_host(method: str) -> None:
    with Server(answering(OK)).serving() as other:
        moved = saying(b"", f"Location: {other.url}/api/x", status="307 Temporary Redirect")
        with Server(answering(moved)).serving() as server:
            headers = {"Authorization": "Bearer t"}
            api(server).visitor().ask(method, "/api/x", seconds=30, headers=headers)
        assert not other.asked


@pytest.mark.parametrize(("method", "asked"), [("GET", 2), ("POST", 1)])
def test_a_redirect_to_a_slash_is_followed_for_reads(method: str, asked: int) -> None:
    moved = saying(b"", "Location: /api/x/", status="301 Moved")
    with Server(answering(moved, OK)).serving() as server:
        api(server).visitor().ask(method, "/api/x", seconds=30)
        assert len(server.asked) == asked


def test_an_address_of_ip_version_6_is_asked() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = Server(answering(OK), listener)
    stated = settings(f"http://u:p@[::1]:{listener.getsockname()[1]}/staging/")
    with server.serving():
        Api(stated.api_url, stated.access, 3.0).visitor().ask("GET", "/api/x", seconds=30)
    assert server.asked[0].startswith(b"GET /staging/api/x HTTP/1.1")


@pytest.mark.parametrize("name", ["API_URL", "APP_URL"])
@pytest.mark.parametrize(
    "value", ["shop.example", "ftp://shop.example", "http://", "http://h?a=1", "http://h/a b"]
)
def test_a_malformed_address_is_named(name: str, value: str) -> None:
    variables = {"MONGO_URI": "mongodb://h", "REDIS_URL": "redis://h", "API_URL": "http://h"}
    with pytest.raises(WrongUsage, match=name):
        Settings.from_environment({**variables, name: value})


@pytest.mark.parametrize(
    ("home", "link", "page"),
    [
        ("https://shop.example", "/?a=1", "https://shop.example/?a=1"),
        ("https://shop.example/", "/live/7?a=1#x", "https://shop.example/live/7?a=1#x"),
        ("https://shop.example/demo/", "/live/7?a=1", "https://shop.example/demo/live/7?a=1"),
        ("https://shop.example/demo", "/demo/live/7", "https://shop.example/demo/live/7"),
        ("https://shop.example/demo", "live/7", "https://shop.example/demo/live/7"),
        ("http://me:word@[::1]:8080", "/live", "http://me:word@[::1]:8080/live"),
        ("https://shop.example", "https://other.example/x?b=2", "https://other.example/x?b=2"),
    ],
)
def test_a_link_is_one_of_the_front_end(home: str, link: str, page: str) -> None:
    stated = settings("http://h", APP_URL=home)
    assert "me:word" not in repr(stated)
    with Environment(stated) as environment:
        hosts = {"h", "localhost" if "::1" in home else "shop.example"}
        assert environment.own_hosts == hosts and environment.states_its_pages
        assert environment.page_address(link) == page
        assert "me:word" not in environment.redact(page)
