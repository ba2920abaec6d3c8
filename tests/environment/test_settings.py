"""Settings are complete or refused, and never show a credential."""

from __future__ import annotations

import base64
import io
import json
import re
import unicodedata
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from urllib.parse import quote

import pytest

from playbook import writable_folder
from playbook.environment import Environment
from playbook.environment.redaction import HIDDEN, Redactor, secrets_in, secrets_in_environment
from playbook.environment.settings import Settings, host_of, in_one_form, without_credentials
from playbook.errors import WrongUsage
from playbook.pristine.rates import Feed
from playbook.processes.settings import password_setting

CANARY = "canary-7h3-s3cr3t"
DEPLOYMENT = {
    "MONGO_URI": f"mongodb://demo:{CANARY}-mongo@mongo.example.com:27017,two.example.com/admin",
    "REDIS_URL": f"rediss://:{CANARY}-redis@redis.example.com:6380/2",
    "API_URL": f"https://demo:{CANARY}-api@api.example.com/v1/",
    "DEMO_PASSWORD_SEQUOIA": f"{CANARY}-sequoia",
    "DEMO_PASSWORD_GENERAL_CATALYST": f"{CANARY}-gc",
}


def settings(**other: str) -> Settings:
    """The deployment's settings, some of them changed."""
    found = Settings.from_environment({**DEPLOYMENT, **other})
    assert found is not None
    return found


# All or none


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"PATH": "/bin"},
        {"MONGO_URI": "", "REDIS_URL": " ", "API_URL": "\t"},
        {"MONGO_DB": "", "DEMO_PASSWORD_LVMH": " "},
        {"PLAYBOOK_ENVIRONMENT": "staging"},
    ],
)
def test_without_a_connection_no_environment_is_named(variables: dict[str, str]) -> None:
    assert Settings.from_environment(variables) is None


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"MONGO_DB": "aislemarts"}, "MONGO_DB set"),
        ({"DEMO_PASSWORD_LVMH": CANARY}, "DEMO_PASSWORD_LVMH set"),
        ({"DEMO_PASSWORD_LVMH": CANARY, "MONGO_DB": "x"}, "DEMO_PASSWORD_LVMH and 1 more set"),
    ],
)
def test_a_database_or_password_without_addresses_is_a_mistake(
    variables: dict[str, str], named: str
) -> None:
    with pytest.raises(WrongUsage) as refused:
        Settings.from_environment(variables)
    text = str(refused.value)
    assert text.startswith(f"{named}, but none of MONGO_URI, REDIS_URL, API_URL:")
    assert CANARY not in text


@pytest.mark.parametrize(
    ("stated", "name"),
    [("", ""), ("  ", ""), (" staging ", "staging"), ("Pre\u0301-prod", "Pr\u00e9-prod")],
)
def test_the_name_is_trimmed_and_composed(stated: str, name: str) -> None:
    assert settings(PLAYBOOK_ENVIRONMENT=stated).name == name


@pytest.mark.parametrize("stated", ["two\nlines", "x" * 81, "bell\a"])
def test_a_name_that_is_not_one_short_line_is_refused(stated: str) -> None:
    with pytest.raises(WrongUsage, match="PLAYBOOK_ENVIRONMENT"):
        settings(PLAYBOOK_ENVIRONMENT=stated)


def test_without_a_name_it_is_called_by_its_place() -> None:
    assert settings().default_name == "mongo.example.com:27017,two.example.com/aislemarts"
    assert settings(PLAYBOOK_ENVIRONMENT="staging").default_name == "staging"


@pytest.mark.parametrize(
    "given",
    [
        ["MONGO_URI"],
        ["REDIS_URL"],
        ["API_URL"],
        ["MONGO_URI", "REDIS_URL"],
        ["MONGO_URI", "API_URL"],
        ["REDIS_URL", "API_URL"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_only_some_names_the_missing_and_quotes_nothing(
    given: list[str], blank: str | None
) -> None:
    connections = ["MONGO_URI", "REDIS_URL", "API_URL"]
    missing = [name for name in connections if name not in given]
    variables = {name: DEPLOYMENT[name] for name in given}
    if blank is not None:
        variables.update(dict.fromkeys(missing, blank))

    with pytest.raises(WrongUsage) as refused:
        Settings.from_environment(variables)

    text = str(refused.value)
    assert refused.value.exit_code == 2
    assert text.startswith(f"{' and '.join(given)} set, but not {' and '.join(missing)}:")
    assert CANARY not in text
    assert len(text.splitlines()) == 1


def test_all_set_is_a_deployment() -> None:
    found = settings(MONGO_DB=" demo ", UNRELATED="x")
    assert found.mongo_uri == DEPLOYMENT["MONGO_URI"]
    assert found.mongo_db == "demo"
    assert found.redis_url == DEPLOYMENT["REDIS_URL"]
    assert found.api_url == f"https://demo:{CANARY}-api@api.example.com/v1"
    assert set(found.passwords) == {"DEMO_PASSWORD_SEQUOIA", "DEMO_PASSWORD_GENERAL_CATALYST"}


@pytest.mark.parametrize("stated", [{}, {"MONGO_DB": ""}, {"MONGO_DB": "  "}])
def test_the_database_is_aislemarts_unless_named(stated: dict[str, str]) -> None:
    assert settings(**stated).mongo_db == "aislemarts"


def test_settings_are_read_from_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MONGO_URI", "MONGO_DB", "REDIS_URL", "API_URL"):
        monkeypatch.delenv(name, raising=False)
    assert Settings.from_environment() is None
    for name, value in DEPLOYMENT.items():
        monkeypatch.setenv(name, value)
    found = Settings.from_environment()
    assert found is not None
    assert found.mongo_uri == DEPLOYMENT["MONGO_URI"]
    assert found.password("sequoia") == f"{CANARY}-sequoia"


def test_settings_pass_on_as_variables() -> None:
    first = settings()
    variables = first.as_variables()
    assert variables["MONGO_DB"] == "aislemarts"
    assert set(variables) == {*DEPLOYMENT, "MONGO_DB"}
    assert Settings.from_environment(variables) == first


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("MONGO_URI", "mongodb://localhost"),
        ("MONGO_URI", "mongodb://u:p%40ss@a:1,b:2,c:3/db?replicaSet=rs0"),
        ("MONGO_URI", "mongodb+srv://u:p@cluster.example.com/?retryWrites=true"),
        ("MONGO_URI", "mongodb://[::1]:27017"),
        ("MONGO_URI", "  mongodb://localhost:27017  "),
        ("REDIS_URL", "redis://localhost"),
        ("REDIS_URL", "rediss://user:p%2Fss@[::1]:6380/1"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
        ("API_URL", "http://localhost:8000"),
        ("API_URL", "https://api.example.com"),
    ],
)
def test_good_urls_are_taken(name: str, url: str) -> None:
    assert settings(**{name: url}).as_variables()[name] == url.strip()


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("MONGO_URI", f"{CANARY}"),
        ("MONGO_URI", f"demo:{CANARY}@mongo.example.com"),
        ("MONGO_URI", f"http://demo:{CANARY}@mongo.example.com"),
        ("MONGO_URI", f"mongodb:demo:{CANARY}@mongo.example.com"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}@@mongo.example.com"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}/x@mongo.example.com"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}%zz@mongo.example.com"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}@"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}@mongo.example.com:port"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}@mongo.example.com:99999"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}@mongo.example.com/?authMechanism={CANARY}"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}@[::1"),
        ("MONGO_URI", f"mongodb://demo:{CANARY}@mongo..example.com"),
        ("REDIS_URL", f"redis:{CANARY}"),
        ("REDIS_URL", f"https://:{CANARY}@redis.example.com"),
        ("REDIS_URL", f"redis://:{CANARY}@redis.example.com:port"),
        ("REDIS_URL", f"redis://:{CANARY}/x@redis.example.com"),
        ("REDIS_URL", f"redis://:{CANARY}@redis.example.com:99999"),
        ("REDIS_URL", f"redis:///{CANARY}"),
        ("REDIS_URL", f"redis://:{CANARY}@redis..example.com"),
        ("REDIS_URL", f"redis+sentinel://:{CANARY}@one,redis..example.com/service"),
        ("REDIS_URL", f"redis://:{CANARY}@redis.example.com/staging"),
        ("REDIS_URL", f"redis://:{CANARY}@redis.example.com/0/1"),
        ("REDIS_URL", f"redis://:{CANARY}@redis.example.com/-1"),
        ("REDIS_URL", f"redis://:{CANARY}@redis.example.com/０"),
        ("REDIS_URL", f"redis://:{CANARY}@redis.example.com/0#1"),
        ("REDIS_URL", f"redis+sentinel://:{CANARY}@redis.example.com/service/x"),
        ("API_URL", f"api.example.com/{CANARY}"),
        ("API_URL", f"//demo:{CANARY}@api.example.com"),
        ("API_URL", f"ftp://demo:{CANARY}@api.example.com"),
        ("API_URL", f"https://demo:{CANARY}@api.example.com:0"),
        ("API_URL", f"https://demo:{CANARY}@[api.example.com"),
        ("API_URL", f"https://demo:{CANARY}@api.example.com:http"),
        ("API_URL", f"https://demo:{CANARY}@api..example.com"),
        ("API_URL", f"https://demo:{CANARY}@{'a' * 64}.example.com:8000"),
    ],
)
def test_a_malformed_url_is_named_and_never_quoted(name: str, url: str) -> None:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(WrongUsage) as refused:
            settings(**{name: url})

    text = str(refused.value)
    assert refused.value.exit_code == 2
    assert text.startswith(f"{name} ")
    assert "expected one like" in text
    assert len(text.splitlines()) == 1
    shown = f"{text}{out.getvalue()}{err.getvalue()}{[str(one.message) for one in warned]}"
    assert CANARY not in shown
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or refused.value.__suppress_context__


@pytest.mark.parametrize("name", ["a/b", "a.b", "a b", "a$b", "a*b", 'a"b', "a\\b", "<a>", "a?b"])
def test_a_malformed_database_name_is_refused(name: str) -> None:
    with pytest.raises(WrongUsage, match="MONGO_DB"):
        settings(MONGO_DB=name)


ELSEWHERE = "mongodb://mongo.example.com"


@pytest.mark.parametrize(
    "uri",
    [
        f"{ELSEWHERE}/staging",
        f"{ELSEWHERE}/staging?directConnection=true",
        "mongodb://a:1,b:2/staging?replicaSet=rs0",
        "mongodb+srv://cluster.example.com/staging",
        "mongodb://u:p@mongo.example.com/staging?authSource=admin",
    ],
)
def test_another_database_in_the_uri_is_never_ignored(uri: str) -> None:
    with pytest.raises(WrongUsage, match="MONGO_URI names the database 'staging'") as refused:
        settings(MONGO_URI=uri)
    assert refused.value.exit_code == 2 and "set MONGO_DB" in str(refused.value)
    assert settings(MONGO_URI=uri, MONGO_DB="staging").mongo_db == "staging"
    assert settings(MONGO_URI=uri, MONGO_DB="shop").mongo_db == "shop"


@pytest.mark.parametrize(
    "uri",
    [
        f"{ELSEWHERE}/",
        f"{ELSEWHERE}/aislemarts",
        f"{ELSEWHERE}/admin",
        "mongodb://u:p@mongo.example.com/of_the_user",
    ],
)
def test_the_uri_does_not_have_to_name_the_database(uri: str) -> None:
    assert settings(MONGO_URI=uri).mongo_db == "aislemarts"


# Passwords


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("sequoia", "DEMO_PASSWORD_SEQUOIA"),
        ("a16z", "DEMO_PASSWORD_A16Z"),
        ("lvmh", "DEMO_PASSWORD_LVMH"),
        ("general-catalyst", "DEMO_PASSWORD_GENERAL_CATALYST"),
        ("tiger-global", "DEMO_PASSWORD_TIGER_GLOBAL"),
    ],
)
def test_a_bundles_password_has_its_setting(short: str, name: str) -> None:
    assert password_setting(short) == name
    # A line break at the end, as of `echo | base64`, is not part of what a person types.
    assert settings(**{name: "open sesame \n"}).password(short) == "open sesame"


def test_passwords_are_looked_up_by_bundle() -> None:
    found = settings()
    assert found.password("sequoia") == f"{CANARY}-sequoia"
    assert found.password("general-catalyst") == f"{CANARY}-gc"


@pytest.mark.parametrize("stated", [{}, {"DEMO_PASSWORD_LVMH": ""}])
def test_a_missing_password_names_its_setting_and_no_other_secret(stated: dict[str, str]) -> None:
    with pytest.raises(WrongUsage) as refused:
        settings(**stated).password("lvmh")

    assert "DEMO_PASSWORD_LVMH" in str(refused.value)
    assert CANARY not in str(refused.value)


@pytest.mark.parametrize("password", ["x" * 72, "é" * 36, "密" * 24])
def test_72_bytes_are_a_password(password: str) -> None:
    assert settings(DEMO_PASSWORD_LVMH=password).password("lvmh") == password


@pytest.mark.parametrize("password", ["x" * 73, "é" * 36 + "x", "密" * 24 + "é", "x" * 500])
def test_more_than_72_bytes_are_refused_and_never_quoted(password: str) -> None:
    with pytest.raises(WrongUsage) as refused:
        settings(DEMO_PASSWORD_LVMH=password)

    text = str(refused.value)
    assert "DEMO_PASSWORD_LVMH" in text
    assert "72 bytes" in text
    assert password[:8] not in text


def test_settings_show_no_secret() -> None:
    found = settings()
    for text in (repr(found), str(found), f"{found}", f"{found!r}", repr([found])):
        assert CANARY not in text
        assert "example.com" not in text


def test_addresses_are_without_credentials() -> None:
    assert settings().addresses == {
        "MongoDB": "mongodb://mongo.example.com:27017,two.example.com/admin",
        "Redis": "rediss://redis.example.com:6380/2",
        "API": "https://api.example.com/v1",
    }


# URLs without credentials


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://api.example.com:8000/v1", "http://api.example.com:8000/v1"),
        ("redis://:pw@redis:6379/0", "redis://redis:6379/0"),
        ("redis://user@redis:6379/0", "redis://redis:6379/0"),
        ("mongodb://u:p@ss@mongo/db", "mongodb://mongo/db"),
        ("mongodb://u:p/ss@mongo/db", "mongodb://mongo/db"),
        ("mongodb://u:p?ss@mongo/db", "mongodb://mongo/db"),
        ("mongodb://u:p#ss@mongo/db", "mongodb://mongo/db"),
        ("mongodb://u:p@s/s?s#s:s@mongo:27017/db", "mongodb://mongo:27017/db"),
        ("mongodb://u:p://x@mongo/db", "mongodb://mongo/db"),
        ("mongodb://u:p%40ss@a:1,b:2/db?replicaSet=rs0", "mongodb://a:1,b:2/db"),
        ("mongodb+srv://u:p@cluster.example.com", "mongodb+srv://cluster.example.com"),
        ("redis://u:p@[::1]:6379/0", "redis://[::1]:6379/0"),
        ("https://api.example.com/?token=abc", "https://api.example.com/"),
        ("unix:///run/redis.sock?password=abc", "unix:///run/redis.sock"),
        ("https://api.example.com/v1#token=abc", "https://api.example.com/v1"),
        ("https://abc@api.example.com", "https://api.example.com"),
        ("redis://:123/secret@redis", "redis://redis"),
        ("mongodb://u:p?a=b@mongo/db", HIDDEN),
    ],
)
def test_an_address_keeps_scheme_hosts_and_path(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


# Redaction


@pytest.mark.parametrize(
    ("url", "form"),
    [
        ("https://Demo.Example.COM", "https://demo.example.com"),
        ("https://demo.example.com:443/", "https://demo.example.com"),
        ("http://demo.example.com:80/Shop/", "http://demo.example.com/Shop"),
        ("https://demo.example.com:80", "https://demo.example.com:80"),
        ("http://demo.example.com:8080", "http://demo.example.com:8080"),
        ("http://user:word@demo.example.com:8000", "http://demo.example.com:8000"),
        ("http://[::1]:80/v1", "http://[::1]/v1"),
        ("http://[FE80::80]", "http://[fe80::80]"),
    ],
)
def test_an_app_has_one_address_however_it_is_written(url: str, form: str) -> None:
    assert in_one_form(url) == form


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://Shop.Example.:8080/a", "shop.example"),
        ("https://u:p@shop.example", "shop.example"),
        ("https://shop.example@other.example/", "other.example"),
        ("http://127.0.0.1:1", "localhost"),
        ("http://127.0.0.53", "localhost"),
        ("http://[::1]:2/", "localhost"),
        ("http://127.0.0.1.example", "127.0.0.1.example"),
        ("/path", ""),
    ],
)
def test_the_host_of_an_address_has_one_name(url: str, host: str) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("secret", "text", "redacted"),
    [
        ("hunter22", "login with hunter22 failed", f"login with {HIDDEN} failed"),
        ("hunter22", "hunter22hunter22", HIDDEN * 2),
        ("p%40ss%2Fword", "as it stands: p%40ss%2Fword", f"as it stands: {HIDDEN}"),
        ("p%40ss%2Fword", "as it reads: p@ss/word.", f"as it reads: {HIDDEN}."),
        ("se.cr*et", "se.cr*et but not sexcrret", f"{HIDDEN} but not sexcrret"),
        ("a\nb\nc", "x a\nb\nc y", f"x {HIDDEN} y"),
        ("schlüssel", "der schlüssel!", f"der {HIDDEN}!"),
        ("hunter22", "nothing of the kind", "nothing of the kind"),
    ],
)
def test_a_known_secret_is_hidden(secret: str, text: str, redacted: str) -> None:
    assert Redactor([secret])(text) == redacted


def test_the_longest_secret_goes_first() -> None:
    for secrets in (["hunter", "hunter22"], ["hunter22", "hunter"]):
        assert Redactor(secrets)("hunter22 and hunter") == f"{HIDDEN} and {HIDDEN}"


def test_short_secrets_do_not_blank_out_words() -> None:
    assert Redactor(["", "a", "is", "the"])("this is the demo") == "this is the demo"
    assert Redactor(["demo"])("this is the demo") == f"this is the {HIDDEN}"


def test_without_known_secrets_nothing_is_hidden() -> None:
    assert Redactor([])("plain") == "plain"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("http://api.example.com", []),
        ("redis://:hunter22@redis", ["hunter22"]),
        ("redis://user@redis", []),
        ("mongodb://u:p%40ss@a,b/db", ["p%40ss"]),
        ("mongodb://u:p:w@a/db", ["p:w"]),
        ("unix:///run/redis.sock?password=hunter22", ["hunter22"]),
        ("https://api.example.com/?token=abcd&x=1", ["abcd"]),
        ("mongodb://u:pw12@a/?tlsCertificateKeyFilePassword=k3y5&w=1", ["pw12", "k3y5"]),
        ("https://api.example.com/?page=2", []),
        ("https://t0k3n@api.example.com", ["t0k3n"]),
        ("https://user:@api.example.com", []),
        ("redis://:123/secret@redis", ["123/secret"]),
        ("redis://:se?c#r@et@redis", ["se?c#r@et"]),
        ("redis://redis/0?password=a@b", ["a@b"]),
        ("mongodb://id@a/?authMechanismProperties=SERVICE_NAME:m,AWS_SESSION_TOKEN:t:0", ["t:0"]),
        ("mongodb://id@a/?authMechanismProperties=AWS_SESSION_TOKEN%3At0", ["t0"]),
    ],
)
def test_the_secrets_in_a_url(url: str, secrets: list[str]) -> None:
    assert secrets_in(url) == secrets


def test_a_url_that_cannot_be_read_is_all_secret() -> None:
    assert secrets_in(f"http://[{CANARY}") == [f"http://[{CANARY}"]


@pytest.mark.parametrize("name", ["MONGO_URI", "REDIS_URL", "API_URL"])
def test_what_a_deployments_url_holds_is_redacted(name: str) -> None:
    url = DEPLOYMENT[name]
    redact = Redactor(secrets_in(url))
    assert CANARY not in redact(f"could not connect to {url}")


# Ways for a secret to be seen or for a setting to end in a traceback


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"redis://redis:6379/0?password=x@{CANARY}", "redis://redis:6379/0"),
        (f"redis://:pw@redis:6379/0?password=x@{CANARY}", "redis://redis:6379/0"),
        ("mongodb://u:p@mongo/db?appName=a@b", "mongodb://mongo/db"),
    ],
)
def test_an_at_sign_in_the_query(url: str, shown: str) -> None:
    assert without_credentials(url) == shown


@pytest.mark.parametrize("url", [f"unix:/run/redis.sock?password={CANARY}", f"demo:{CANARY}@redis"])
def test_a_url_with_no_slashes_shows_no_credential(url: str) -> None:
    assert CANARY not in without_credentials(url)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("REDIS_URL", f"unix:/run/redis.sock?password={CANARY}"),
        ("API_URL", "http://:8000"),
        ("API_URL", f"http://demo:{CANARY}@"),
        ("REDIS_URL", f"redis://:{CANARY}@:6379"),
        ("MONGO_URI", f"mongodb+srv://demo:{CANARY}@"),
        ("REDIS_URL", f"redis://:123/{CANARY}@redis"),
        ("REDIS_URL", f"redis://u:123/{CANARY}@redis"),
        ("REDIS_URL", f"redis://u:123#{CANARY}@redis"),
        ("REDIS_URL", "unix://"),
    ],
)
def test_a_url_with_no_host_is_refused(name: str, url: str) -> None:
    with pytest.raises(WrongUsage, match=name):
        settings(**{name: url})


@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("p@ss/word", "p%40ss%2Fword"),
        ("p@ss/word", "p%40ss%2fword"),
        ("p%40ss%2fword", "p%40ss%2Fword"),
        ("open sesame", "open+sesame"),
        ('pa"ss\\word', r"pa\"ss\\word"),
        ("open/sesame", r"open\/sesame"),
        ("schlüssel", "schl%C3%BCssel"),
        ("schlüssel", r"schl\u00fcssel"),
        ("p@ss wörd", "p%40ss+w%c3%b6rd"),
        ("100%sure", "100%25sure"),
        ("caf\udce9", "caf\udce9"),
        # As Python shows texts and bytes, and as a text within a text.
        ("pa'ss\"word", repr("pa'ss\"word")[1:-1]),
        ("schlüssel", ascii("schlüssel")[1:-1]),
        ("schlüssel", repr("schlüssel".encode())[2:-1]),
        ("be\x07ll\x1b22", repr("be\x07ll\x1b22")[1:-1]),
        ("be\x07ll\x1b22", json.dumps("be\x07ll\x1b22")[1:-1]),
        ("a\nb\tc d", repr("a\nb\tc d")[1:-1]),
        ('pa"ss\\word', json.dumps(json.dumps('pa"ss\\word'))[3:-3]),
        ("schlüssel", json.dumps(json.dumps("schlüssel"))[3:-3]),
        ("\\\\two\\", json.dumps(json.dumps("\\\\two\\"))[3:-3]),
        ("p@ss/wörd", quote(quote("p@ss/wörd", safe=""), safe="")),
        ("cafés22", unicodedata.normalize("NFD", "cafés22")),
        (unicodedata.normalize("NFD", "cafés22"), "cafés22"),
        ("(a+)+[$^]*?.{2}", "(a+)+[$^]*?.{2}"),
    ],
)
def test_a_secret_is_hidden_in_every_spelling(secret: str, text: str) -> None:
    assert Redactor([secret])(f"<{text}>") == f"<{HIDDEN}>"


def test_a_password_that_is_not_text_is_refused() -> None:
    with pytest.raises(WrongUsage, match="DEMO_PASSWORD_LVMH"):
        settings(DEMO_PASSWORD_LVMH=b"caf\xe9".decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    "variables, feed",
    [
        ({}, Feed()),
        ({"PLAYBOOK_RATES_SOURCE": " ECB "}, Feed("ECB")),
        ({"PLAYBOOK_RATES_SOURCE": "", "PLAYBOOK_RATES_REST": " "}, Feed()),
        (
            {"PLAYBOOK_RATES_SOURCE": "ECB", "PLAYBOOK_RATES_REST": "Weekends"},
            Feed("ECB", rests_at_weekends=True),
        ),
    ],
)
def test_a_deployment_names_its_rate_feed(variables: dict[str, str], feed: Feed) -> None:
    settings = Settings.from_environment({**DEPLOYMENT, **variables})
    assert settings is not None and settings.feed == feed
    again = Settings.from_environment(settings.as_variables())
    assert again is not None and again.feed == feed


@pytest.mark.parametrize(
    "name, value",
    [("PLAYBOOK_RATES_SOURCE", "Mock Rates"), ("PLAYBOOK_RATES_REST", "sometimes")],
)
def test_a_feed_that_cannot_be_is_refused(name: str, value: str) -> None:
    with pytest.raises(WrongUsage, match=name):
        Settings.from_environment({**DEPLOYMENT, name: value})


@pytest.mark.parametrize("stated, cost", [("", 10), (" 4 ", 4), ("16", 16)])
def test_a_deployment_states_the_cost_of_its_hashes(stated: str, cost: int) -> None:
    settings = Settings.from_environment({**DEPLOYMENT, "PLAYBOOK_BCRYPT_COST": stated})
    assert settings is not None and settings.bcrypt_cost == cost
    assert Settings.from_environment(settings.as_variables()) == settings


@pytest.mark.parametrize("stated", ["3", "17", "010", "-4", "ten", "1e1", "²"])
def test_a_cost_that_bcrypt_does_not_take_is_refused(stated: str) -> None:
    with pytest.raises(WrongUsage, match="PLAYBOOK_BCRYPT_COST is .* from 4 to 16"):
        Settings.from_environment({**DEPLOYMENT, "PLAYBOOK_BCRYPT_COST": stated})


# As people really set them


@pytest.mark.parametrize(
    "name", ["DEMO_PASSWORD_LVMH", "MONGO_DB", "API_URL", "PLAYBOOK_ENVIRONMENT"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t"])
def test_blanks_around_every_setting_are_stripped(name: str, end: str) -> None:
    stated = {"API_URL": "https://api.example.com"}.get(name, "Tr0ub4dor")
    variables = {**DEPLOYMENT, name: f" {stated}{end}"}
    found = Settings.from_environment(variables)
    assert found is not None
    assert found.as_variables()[name] == stated


def test_a_password_of_blanks_is_refused() -> None:
    with pytest.raises(WrongUsage, match="DEMO_PASSWORD_LVMH has only blanks"):
        settings(DEMO_PASSWORD_LVMH=" \n")


@pytest.mark.parametrize("name", ["DEMO_PASSWORD_LVMH", "MONGO_URI"])
def test_a_secret_may_stand_in_a_file(tmp_path: Path, name: str) -> None:
    value = {"MONGO_URI": "mongodb://mongo.example.com"}.get(name, "Tr0ub4dor")
    secret = tmp_path / "secret"
    secret.write_text(value + "\n", encoding="utf-8")
    variables = {key: text for key, text in DEPLOYMENT.items() if key != name}
    found = Settings.from_environment({**variables, f"{name}_FILE": str(secret)})
    assert found is not None
    assert found.as_variables()[name] == value
    with pytest.raises(WrongUsage, match=f"{name} and {name}_FILE are both set"):
        Settings.from_environment({**DEPLOYMENT, name: value, f"{name}_FILE": str(secret)})
    secret.unlink()
    with pytest.raises(WrongUsage, match=f"{name}_FILE: .* can't be read: No such file"):
        Settings.from_environment({**variables, f"{name}_FILE": str(secret)})


@pytest.mark.parametrize("password", ["lvmh", "LVMH", "sequoia", "Password", "hidden", "abcde"])
def test_a_password_must_be_none_of_our_own_words(password: str) -> None:
    with pytest.raises(WrongUsage, match="DEMO_PASSWORD_LVMH is ") as refused:
        settings(DEMO_PASSWORD_LVMH=password)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    "name, url, words",
    [
        ("MONGO_URI", "mongodb://m/?w=0", "w=0"),
        ("MONGO_URI", "mongodb+srv://m.example.com/?w=0", "w=0"),
        ("MONGO_URI", "mongodb://m/?serverSelectionTimeoutMS=0", "TimeoutMS=0: then no"),
        ("MONGO_URI", "mongodb://m/?w=00", "w=0"),
        ("MONGO_URI", "mongodb://m/?datetime_conversion=ms", "'datetime_conversion'"),
        ("MONGO_URI", "mongodb://m/?readPrefrence=primary", "'readPrefrence'"),
        ("MONGO_URI", "mongodb://m/?tls=maybe", "'tls'"),
        ("MONGO_URI", "mongodb://a:1,b:2/?directConnection=true", "not go together, or not with"),
        ("MONGO_URI", "mongodb://m/?tls=true&ssl=false", "options that do not go together"),
        ("MONGO_URI", "mongodb://m/?srvServiceName=x", "options that do not go together"),
        ("REDIS_URL", "redis://r/0?decode_responses=true", "'decode_responses'"),
        ("REDIS_URL", "redis://r/0?encoding=latin-1", "'encoding'"),
        ("REDIS_URL", "redis://r/0?colour=red", "'colour'"),
        ("REDIS_URL", "redis+sentinel://r:26379", "names no service"),
        ("REDIS_URL", "redis://r/0?db=1", "two databases, 0 and db=1"),
        ("REDIS_URL", "redis://r?db=1&db=2", "'db' twice"),
        ("REDIS_URL", "unix:///run/redis.sock?db=x", "'db'"),
        ("REDIS_URL", "redis://r/0?protocol=9", "'protocol'"),
        ("REDIS_URL", "redis://r/0?client_name=a%20b", "'client_name'"),
        ("REDIS_URL", "redis://r/0?max_connections=-1", "'max_connections'"),
        ("REDIS_URL", "redis://r/0?timeout=3", "'timeout'"),
        ("REDIS_URL", "redis://r/0?ssl_cert_reqs=none", "'ssl_cert_reqs', which only TLS has"),
        ("REDIS_URL", "rediss://r/0?ssl_cert_reqs=maybe", "'ssl_cert_reqs'"),
        ("REDIS_URL", "rediss://r/0?ssl_min_version=9", "'ssl_min_version'"),
        *(
            ("REDIS_URL", f"redis://r/0?{name}={seconds}", f"'{name}'")
            for name in ("socket_timeout", "socket_connect_timeout")
            for seconds in ("0", "0.0", "-1", "nan", "inf", "1e9", "")
        ),
        ("API_URL", "https://api.example.com/?v=1", "query"),
    ],
)
def test_options_that_would_change_what_is_read_are_refused_by_name(
    name: str, url: str, words: str
) -> None:
    with pytest.raises(WrongUsage, match=re.escape(words)) as refused:
        settings(**{name: url})
    assert str(refused.value).startswith(name)


@pytest.mark.parametrize(
    "url",
    [
        "valkey://valkey.example.com:6379/1",
        "valkeys://:secret@valkey.example.com",
        "redis+sentinel://:secret@one.example.com:26379,two.example.com/mymaster/2",
        "rediss+sentinel://one.example.com/mymaster?sentinel_password=secret",
        "rediss://r.example.com/0?ssl_cert_reqs=none&socket_timeout=3",
        "rediss://r.example.com/01?db=1&ssl_min_version=772&protocol=3",
        "redis://r.example.com/%30?socket_connect_timeout=0.5&max_connections=1",
        "unix:///run/redis/a..b.sock?db=15",
        "redis+sentinel://one.example.com/mymaster?db=2",
    ],
)
def test_every_kind_of_redis_has_its_url(url: str) -> None:
    assert settings(REDIS_URL=url).redis_url == url


def test_a_scheme_may_be_in_capitals() -> None:
    stated = settings(
        MONGO_URI="MONGODB://Mongo.example.com",
        REDIS_URL="REDIS://Redis.example.com/1",
        API_URL="HTTPS://Api.example.com/Demo",
        APP_URL="Https://Shop.example.com",
    )
    assert stated.mongo_uri == "mongodb://Mongo.example.com"
    assert stated.redis_url == "redis://Redis.example.com/1"
    assert stated.api_url == "https://Api.example.com/Demo"
    assert stated.app_url == "https://Shop.example.com"


@pytest.mark.parametrize(
    "options, says",
    [
        ("readPreferenceTags=dc:east", "primary cannot be combined with tags"),
        ("maxStalenessSeconds=90", "primary cannot be combined with maxStalenessSeconds"),
        ("authMechanism=GSSAPI", "requires a username"),
    ],
)
def test_options_of_mongodb_that_do_not_fit_together_are_wrong_usage(
    options: str, says: str
) -> None:
    environment = Environment(settings(MONGO_URI=f"mongodb://m/?{options}"))
    with pytest.raises(WrongUsage, match=says) as refused:
        _ = environment.mongo
    assert refused.value.exit_code == 2 and str(refused.value).startswith("MONGO_URI ")


@pytest.mark.parametrize("milliseconds", ["0.5", "1e3", "5000"])
def test_every_time_that_the_driver_takes_is_taken(milliseconds: str) -> None:
    uri = f"mongodb://m/?serverSelectionTimeoutMS={milliseconds}"
    assert settings(MONGO_URI=uri).mongo_uri == uri


def test_a_pool_of_the_app_may_be_larger_than_ours() -> None:
    with Environment(settings(MONGO_URI="mongodb://m/?minPoolSize=60")) as environment:
        assert environment.mongo.options.pool_options.max_pool_size == 48
        assert environment.mongo.options.pool_options.min_pool_size == 0


@pytest.mark.parametrize("before", ["", "a", "ab", "demo:"])
def test_a_secret_is_hidden_in_base64(before: str) -> None:
    secret = "p@ss<wörd>&7"
    coded = base64.b64encode(f"{before}{secret}".encode()).decode()
    shown = Redactor([secret])(f"Authorization: Basic {coded}")
    assert HIDDEN in shown
    assert not any(coded[n : n + 8] in shown for n in range(8, len(coded) - 12))


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_the_shortest_password_is_hidden_in_base64(before: str) -> None:
    coded = base64.b64encode(f"{before}Xy7-qZ".encode()).decode()
    assert HIDDEN in Redactor(["Xy7-qZ"])(f"Authorization: Basic {coded}")


def test_many_backslashes_are_searched_in_no_time() -> None:
    redact = Redactor([chr(92) * 40 + "x"])
    text = chr(92) * 20_000
    assert redact(text) == text
    assert redact(f"{chr(92) * 40}x") == HIDDEN


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("DEMO_PASSWORD_LVMH", " Xy7-qZ22\n", ["Xy7-qZ22"]),
        ("MONGO_URI", "mongodb://u:p%40ss22@h", ["p%40ss22"]),
        ("REDIS_URL", "redis://h/0?password=p@ss22", ["p@ss22"]),
        ("API_URL", "https://u:Xy7-qZ22@h", ["Xy7-qZ22"]),
        ("APP_URL", "https://u:Xy7-qZ22@h", ["Xy7-qZ22"]),
        ("PLAYBOOK_API_TOKEN", "Xy7-qZ22", ["Xy7-qZ22"]),
        ("PLAYBOOK_METRICS_TOKEN", "Xy7-qZ22", ["Xy7-qZ22"]),
        ("PLAYBOOK_API_PROXY", "http://u:Xy7-qZ22@proxy:3128", ["Xy7-qZ22"]),
        ("https_proxy", "http://u:Xy7-qZ22@proxy:3128", ["Xy7-qZ22"]),
        ("PLAYBOOK_API_HEADERS", "X-Key: Xy7-qZ22\nX-Other: Xy7-qZ23", ["Xy7-qZ22", "Xy7-qZ23"]),
        ("DEMO_ALERT_HIGH", "slack://T0KENAAAA/T0KENBBBB/#demos", ["T0KENAAAA", "T0KENBBBB"]),
        ("DEMO_ALERT_HIGH", "mailtos://u:Xy7-qZ22@mail.example.com", ["Xy7-qZ22"]),
        ("PLAYBOOK_CALENDARS", "a.ics, https://c.example.com/private-0a1b2c", ["private-0a1b2c"]),
    ],
)
def test_the_secret_of_each_setting_is_known(name: str, value: str, secrets: list[str]) -> None:
    shown = Redactor(secrets_in_environment({name: value}))(f"it said: {value}")
    for secret in secrets:
        assert secret not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEMO_PASSWORD_LVMH_FILE", "/run/secrets/lvmh"),
        ("PLAYBOOK_API_TOKEN_FILE", "/run/secrets/token"),
        ("DEMO_ALERT_HIGH", "json://localhost:8080/demos"),
        ("DEMO_ALERT_HIGH", "json://hooks.example.com/demos"),
        ("APP_URL", "https://demo.example.com/welcome"),
        ("MONGO_DB", "aislemarts22"),
    ],
)
def test_a_value_that_messages_must_name_is_not_hidden(name: str, value: str) -> None:
    text = f"{name}: {value.partition('://')[2] or value} can't be read"
    assert Redactor(secrets_in_environment({name: value}))(text) == text


@pytest.mark.parametrize(
    "text",
    ["p@ss&lt;w&amp;rd&#x27;s", "p@ss&#60;w&#38;rd&#39;s", "p&#x40;ss&lt;w&amp;rd&#39;s"],
)
def test_a_secret_is_hidden_in_html(text: str) -> None:
    assert Redactor(["p@ss<w&rd's"])(f"<b>{text}</b>") == f"<b>{HIDDEN}</b>"


def test_a_common_word_as_a_secret() -> None:
    found = settings(MONGO_URI="mongodb://demo:demo@mongo.example.com")
    text = "the demo of lvmh: http://panel/lvmh"
    with Environment(found) as environment:
        assert environment.redact(text) == text


def test_a_user_without_any_home_writes_to_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_such_user(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr("playbook.IS_CHECKOUT", False)
    monkeypatch.setattr("pwd.getpwuid", no_such_user)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for home in (None, "relative"):
        if home is None:
            monkeypatch.delenv("HOME", raising=False)
        else:
            monkeypatch.setenv("HOME", home)
        assert writable_folder("reports").parent.parent == tmp_path, home
    monkeypatch.setenv("HOME", str(tmp_path / "own"))
    (tmp_path / "own").mkdir()
    assert writable_folder("reports").is_relative_to(tmp_path / "own")
