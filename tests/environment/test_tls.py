"""TLS that fails: one line says what is wrong and what to change, without waiting."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread

import pytest

from playbook.environment import Environment, Settings
from playbook.errors import Outage, Unreachable, WrongUsage
from tests.sandbox import Sandbox

PARTS = ("MongoDB", "Redis", "API")
CONFIGURATION = """
[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = optional
"""


@dataclass(frozen=True)
class Authority:
    """Signs certificates for the tests."""

    folder: Path

    @property
    def certificate(self) -> str:
        return str(self.folder / "ca.pem")

    def openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def key_for(self, name: str, *arguments: str) -> None:
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        self.openssl("req", *curve, "-keyout", f"{name}.key", *arguments)

    def sign(self, name: str, whose: str, since: str, until: str) -> None:
        subject = ("-subj", "/CN=test", "-addext", f"subjectAltName={whose}")
        self.key_for(name, "-out", f"{name}.csr", *subject)
        (self.folder / "index.txt").write_text("")
        (self.folder / "serial").write_text("01")
        (self.folder / "ca.cnf").write_text(CONFIGURATION)
        signed = ("-cert", "ca.pem", "-keyfile", "ca.key", "-in", f"{name}.csr")
        when = ("-startdate", since, "-enddate", until)
        out = ("-out", f"{name}.pem", "-notext")
        self.openssl("ca", "-batch", "-config", "ca.cnf", *signed, *when, *out)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    made = Authority(tmp_path_factory.mktemp("certificates"))
    usage = ("-addext", "keyUsage=critical,keyCertSign")
    its_own = ("-x509", "-days", "30", "-subj")
    made.key_for("ca", *its_own, "/CN=Test authority", *usage, "-out", "ca.pem")
    made.key_for("its own", *its_own, "/CN=127.0.0.1", "-out", "its own.pem")
    long_ago, far_away = "20200101000000Z", "20490101000000Z"
    made.sign("good", "IP:127.0.0.1", long_ago, far_away)
    made.sign("other host", "DNS:other.example.com", long_ago, far_away)
    made.sign("expired", "IP:127.0.0.1", long_ago, "20210101000000Z")
    made.sign("early", "IP:127.0.0.1", "20400101000000Z", far_away)
    return made


@contextmanager
def server(authority: Authority, name: str, *, asks_for_ours: bool = False) -> Iterator[int]:
    """The port of a server that ends the connection after the TLS handshake, as if not ready."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / f"{name}.pem", authority.folder / f"{name}.key")
    if asks_for_ours:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(authority.certificate)

    def answer(plain: socket.socket) -> None:
        with plain:
            try:
                with context.wrap_socket(plain, server_side=True) as encrypted:
                    encrypted.recv(100)
            except OSError:
                pass

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Thread(target=answer, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def why_not(sandbox: Sandbox, part: str, url: str, trusted: str = "") -> Unreachable:
    """Why a part at an address cannot be reached, while the other parts answer."""
    settings = sandbox.environment.settings
    access = replace(settings.access, authorities=trusted)
    settings = replace(
        settings,
        outage_patience=0.0,
        access=access,
        mongo_uri=url if part == "MongoDB" else settings.mongo_uri,
        redis_url=url if part == "Redis" else settings.redis_url,
        api_url=url if part == "API" else settings.api_url,
    )
    with Environment(settings) as environment, pytest.raises(Unreachable) as failure:
        environment.require_reachable()
    text = str(failure.value)
    assert failure.value.exit_code == 3
    assert text.startswith(f"{part} at ") and "\n" not in text
    assert not any(dump in text for dump in ("Error(", "_ssl.c", "[SSL", "Max retries")), text
    return failure.value


def address(part: str, port: int, *, tls: bool, trusted: str = "") -> str:
    host = f"127.0.0.1:{port}"
    if part == "MongoDB":
        return f"mongodb://{host}/?tls={str(tls).lower()}" + (
            f"&tlsCAFile={trusted}" if trusted else ""
        )
    if part == "Redis":
        scheme = "rediss" if tls else "redis"
        return f"{scheme}://{host}/0" + (f"?ssl_ca_certs={trusted}" if trusted else "")
    return f"{'https' if tls else 'http'}://{host}"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("expired", "certificate has expired); have it renewed"),
        ("early", "certificate is not yet valid); is the clock of this machine right?"),
        ("other host", "not valid for '127.0.0.1'.); is the host name right?"),
        ("its own", "(self-signed certificate); name the file of its authority: tlsCAFile in"),
        ("", "name the file of its authority: tlsCAFile in MONGO_URI"),
    ],
)
@pytest.mark.slow
def test_a_certificate_that_is_not_accepted_is_explained(
    sandbox: Sandbox, authority: Authority, part: str, name: str, words: str
) -> None:
    trusted = authority.certificate if name else ""
    with server(authority, name or "good") as port:
        url = address(part, port, tls=True, trusted=trusted)
        failure = why_not(sandbox, part, url, trusted)
    assert words in str(failure)
    assert not isinstance(failure, Outage), "waiting does not help"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("MongoDB", "it expects TLS; add tls=true to MONGO_URI"),
        ("Redis", "it expects TLS; write REDIS_URL with rediss://"),
        ("API", "it expects TLS; write API_URL with https://"),
    ],
)
def test_a_server_that_expects_tls_is_named(
    sandbox: Sandbox, authority: Authority, part: str, words: str
) -> None:
    with server(authority, "good") as port:
        failure = why_not(sandbox, part, address(part, port, tls=False))
    assert words in str(failure)
    assert not isinstance(failure, Outage), "waiting does not help"


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.slow
def test_a_server_without_tls_is_named(sandbox: Sandbox, part: str) -> None:
    settings = sandbox.environment.settings
    url = {
        "MongoDB": f"{settings.mongo_uri.partition('?')[0].rstrip('/')}/?tls=true",
        "Redis": settings.redis_url.replace("redis:", "rediss:"),
        "API": settings.api_url.replace("http:", "https:"),
    }[part]
    failure = why_not(sandbox, part, url)
    assert "it does not use TLS" in str(failure)
    assert not isinstance(failure, Outage), "waiting does not help"


@pytest.mark.parametrize("part", PARTS)
def test_a_server_that_asks_for_our_certificate_is_named(
    sandbox: Sandbox, authority: Authority, part: str
) -> None:
    trusted = authority.certificate
    with server(authority, "good", asks_for_ours=True) as port:
        url = address(part, port, tls=True, trusted=trusted)
        failure = why_not(sandbox, part, url, trusted)
    assert "it asks for a certificate of ours" in str(failure)


@pytest.mark.parametrize("part", PARTS)
def test_a_server_that_only_closes_is_waited_for(
    sandbox: Sandbox, authority: Authority, part: str
) -> None:
    """Its TLS works, so no other address would help."""
    trusted = authority.certificate
    with server(authority, "good") as port:
        url = address(part, port, tls=True, trusted=trusted)
        failure = why_not(sandbox, part, url, trusted)
    assert isinstance(failure, Outage)
    assert "TLS" not in str(failure) and "certificate" not in str(failure)


BROKEN = "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "content", [None, "no certificate", BROKEN], ids=["missing", "other", "broken"]
)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MONGO_URI", "mongodb://mongo.example.com/?tls=true&tlsCAFile={}"),
        ("REDIS_URL", "rediss://redis.example.com/0?ssl_ca_certs={}"),
        ("REQUESTS_CA_BUNDLE", "{}"),
    ],
)
def test_a_file_of_authorities_that_cannot_be_used_is_refused(
    tmp_path: Path, sandbox: Sandbox, name: str, value: str, content: str | None
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    usual = sandbox.environment.settings.as_variables()
    variables = {**usual, name: value.format(path)}
    if content == BROKEN:  # the API's certificates are loaded only if they are used
        variables["API_URL"] = "https://shop.example.com"
    with pytest.raises(WrongUsage) as refusal:
        Settings.from_environment(variables)
    text = str(refusal.value)
    assert name in text and str(path) in text and "\n" not in text


def test_a_missing_key_file_is_refused(tmp_path: Path, sandbox: Sandbox) -> None:
    url = f"mongodb://mongo.example.com/?tls=true&tlsCertificateKeyFile={tmp_path}/key.pem"
    variables = {**sandbox.environment.settings.as_variables(), "MONGO_URI": url}
    with pytest.raises(WrongUsage, match="tlsCertificateKeyFile in MONGO_URI: .* can't be read"):
        Settings.from_environment(variables)
