"""TLS that fails: one line says what is wrong and what to change, without waiting."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from playbook.environment import Environment, Settings
from playbook.errors import Outage, Unreachable, WrongUsage
from tests.certificates import Authority, authority_in, server
from tests.sandbox import Sandbox

PARTS = ("MongoDB", "Redis", "API")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make certificates with")
    return authority_in(tmp_path_factory.mktemp("certificates"))


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
