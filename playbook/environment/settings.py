"""Settings, all from the environment: which deployment, and the demo accounts' passwords.

============================  =====================================================
``MONGO_URI``                 the deployment's MongoDB
``MONGO_DB``                  its database (default ``aislemarts``)
``REDIS_URL``                 its Redis
``API_URL``                   its backend's base URL
``PLAYBOOK_ENVIRONMENT``      its name for people (default: MongoDB's address and database)
``PLAYBOOK_DEPLOYMENT``       which app it is: ``playbook`` (default), ``aislemarts`` or a .py file
``PLAYBOOK_BCRYPT_COST``      the cost of its accounts' password hashes
``PLAYBOOK_RATES_SOURCE``     the name of its rate feed, as in the source of its rates
``PLAYBOOK_RATES_REST``       ``weekends`` if that feed writes nothing at weekends
``DEMO_PASSWORD_<BUNDLE>``    the password of a bundle's accounts (``DEMO_PASSWORD_LVMH``)
``DEMO_PASSWORD_<BUNDLE>_…``  that of one account, by its role (``DEMO_PASSWORD_LVMH_BRAND``)
============================  =====================================================

Settings for a gateway in front of the API: :mod:`playbook.environment.api_access`.

``MONGO_URI``, ``REDIS_URL`` and ``API_URL`` go together: all set, or none (embedded).
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from pymongo.common import validate
from pymongo.errors import PyMongoError
from pymongo.uri_parser import parse_uri

from playbook.deployments import SETTING as DEPLOYMENT_SETTING
from playbook.environment import redis_client, tls
from playbook.environment.api_access import ApiAccess, access_from, require_host_names
from playbook.environment.redaction import HIDDEN, OUR_WORDS, URL
from playbook.environment.variables import cleaned
from playbook.errors import WrongUsage
from playbook.pristine.passwords import COST, COST_SETTING, stated_cost
from playbook.pristine.rates import Feed, admits_invention
from playbook.processes.settings import CONNECTIONS, PASSWORD_PREFIX, password_setting

DEFAULT_DATABASE = "aislemarts"
NAME_SETTING = "PLAYBOOK_ENVIRONMENT"
THREE_WAYS = (
    f"set {', '.join(CONNECTIONS)}; or name a file that does, by --env-file FILE; "
    "or use --embedded for a throw-away environment"
)
RATES_SOURCE, RATES_REST = "PLAYBOOK_RATES_SOURCE", "PLAYBOOK_RATES_REST"
WEEKENDS = "weekends"
LONGEST_NAME = 80
LONGEST_DATABASE = 63
"""The longest name of a database that MongoDB accepts, in bytes."""
OF_MONGODB_ITSELF = ("admin", "config", "local")
PATIENCE_SETTING = "PLAYBOOK_OUTAGE_PATIENCE"
OUTAGE_PATIENCE = 60.0
"""In seconds. An election in a replica set takes at most half of it."""
WARM_UP_SETTING = "PLAYBOOK_WARM_UP_PATIENCE"
WARM_UP_PATIENCE = 120.0
"""In seconds. An API that fetches each picture of a catalog again needs a minute or more."""
LEAST_LENGTH = 6
BCRYPT_LIMIT = 72
"""bcrypt uses only so many bytes of a password."""

_SCHEMES = {
    "MONGO_URI": ("mongodb", "mongodb+srv"),
    "REDIS_URL": redis_client.SCHEMES,
    "API_URL": ("http", "https"),
    "APP_URL": ("http", "https"),
}


@dataclass(frozen=True)
class Settings:
    """The settings of a deployment. Its repr and str never show a credential."""

    mongo_uri: str = field(repr=False)
    mongo_db: str
    redis_url: str = field(repr=False)
    api_url: str = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)
    name: str = ""
    """The environment's name in ``PLAYBOOK_ENVIRONMENT``, empty if that is not set."""
    folder: str = ""
    """The temporary folder of a throw-away environment, which exists as long as this process."""
    deployment: str = ""
    """The value of ``PLAYBOOK_DEPLOYMENT``; empty for the playbook's own app."""
    app_url: str = field(default="", repr=False)
    """The front end's address (``APP_URL``); empty if that is the API's."""
    feed: Feed = field(default_factory=Feed)
    """The settings about the deployment's rate feed."""
    access: ApiAccess = field(default_factory=ApiAccess)
    """The settings for a gateway in front of the API."""
    outage_patience: float = OUTAGE_PATIENCE
    """Seconds that a reset waits for MongoDB, Redis or the API if it does not answer."""
    warm_up_patience: float = WARM_UP_PATIENCE
    """Seconds that one warm-up of the API's caches may take."""
    bcrypt_cost: int = COST
    """The cost of the hashes that a reset writes for its accounts."""

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] | None = None) -> Settings | None:
        """The settings of a deployment, or None if no environment is named.

        An empty setting counts as not set. Raises WrongUsage if only some of the connections are
        set, if a database or a password is set without connections, or if a setting is wrong.
        """
        variables = cleaned(os.environ if variables is None else variables)
        stated = _connections(variables)
        if stated is None:
            _require_no_leftovers(variables)
            return None
        passwords = _passwords(variables)
        if app_url := _with_small_scheme(variables.get("APP_URL", "").strip()):
            _require_url("APP_URL", app_url)
        database = variables.get("MONGO_DB", "").strip()
        if not database:
            _require_no_other_database(stated["MONGO_URI"])
            database = DEFAULT_DATABASE
        _require_database(database)
        return cls(
            mongo_uri=stated["MONGO_URI"],
            mongo_db=database,
            redis_url=stated["REDIS_URL"],
            api_url=stated["API_URL"].rstrip("/"),
            passwords=passwords,
            name=environment_name(variables),
            outage_patience=_seconds(variables, PATIENCE_SETTING, OUTAGE_PATIENCE),
            warm_up_patience=_seconds(variables, WARM_UP_SETTING, WARM_UP_PATIENCE, least=1),
            bcrypt_cost=stated_cost(variables),
            deployment=variables.get(DEPLOYMENT_SETTING, "").strip(),
            app_url=app_url.rstrip("/"),
            feed=_feed(variables),
            access=access_from(variables),
        )

    def password(self, bundle_short: str) -> str:
        """The password of a bundle's demo accounts. Raises WrongUsage if none is set."""
        return self._stated_password(password_setting(bundle_short))

    def _stated_password(self, name: str) -> str:
        if name not in self.passwords:
            raise WrongUsage(f"{name} is not set: set it to the password of that bundle's accounts")
        return self.passwords[name]

    def account_password(self, bundle_short: str, email: str) -> str:
        """The password of one demo account: its own if one is set, else its bundle's.

        Raises WrongUsage if neither is set.
        """
        return self._stated_password(self.account_password_setting(bundle_short, email))

    def account_password_setting(self, bundle_short: str, email: str) -> str:
        """The name of the setting that decides about one account's password."""
        role = email.partition("@")[0].rpartition(".")[2]
        own = f"{password_setting(bundle_short)}_{role.upper()}"
        return own if own in self.passwords else password_setting(bundle_short)

    def as_variables(self) -> dict[str, str]:
        """The settings as environment variables, credentials included."""
        return {
            "MONGO_URI": self.mongo_uri,
            "MONGO_DB": self.mongo_db,
            "REDIS_URL": self.redis_url,
            "API_URL": self.api_url,
            **({NAME_SETTING: self.name} if self.name else {}),
            **({DEPLOYMENT_SETTING: self.deployment} if self.deployment else {}),
            **({"APP_URL": self.app_url} if self.app_url else {}),
            **({RATES_SOURCE: self.feed.source} if self.feed.source else {}),
            **({RATES_REST: WEEKENDS} if self.feed.rests_at_weekends else {}),
            **self._stated_patience,
            **({COST_SETTING: str(self.bcrypt_cost)} if self.bcrypt_cost != COST else {}),
            **self.access.as_variables(),
            **self.passwords,
        }

    @property
    def throw_away(self) -> bool:
        """Whether this is an embedded environment that ends with this process."""
        return bool(self.folder)

    @property
    def _stated_patience(self) -> dict[str, str]:
        stated = {
            PATIENCE_SETTING: (self.outage_patience, OUTAGE_PATIENCE),
            WARM_UP_SETTING: (self.warm_up_patience, WARM_UP_PATIENCE),
        }
        return {name: f"{now:g}" for name, (now, usual) in stated.items() if now != usual}

    @property
    def place(self) -> str:
        """MongoDB's hosts and the database: ``mongo.example.com:27017/aislemarts``."""
        hosts = without_credentials(self.mongo_uri).partition("://")[2].partition("/")[0]
        return f"{hosts.lower()}/{self.mongo_db}"

    @property
    def default_name(self) -> str:
        """The environment's name if its marker has none."""
        return self.name or self.place

    @property
    def addresses(self) -> dict[str, str]:
        """Each part and its address, without credentials."""
        return {
            "MongoDB": without_credentials(self.mongo_uri),
            "Redis": without_credentials(self.redis_url),
            "API": without_credentials(self.api_url),
        }


def environment_name(variables: Mapping[str, str]) -> str:
    """The value of ``PLAYBOOK_ENVIRONMENT``, empty if it is not set. Raises WrongUsage."""
    name = unicodedata.normalize("NFC", variables.get(NAME_SETTING, "").strip())
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise WrongUsage(
            f"{NAME_SETTING} must be one line of at most {LONGEST_NAME} characters; "
            "set a shorter name"
        )
    return name


def name_in_settings(variables: Mapping[str, str] | None = None) -> str:
    """A name for the environment of the settings, even if the settings are wrong."""
    try:
        settings = Settings.from_environment(variables)
    except WrongUsage:
        return "not known: its settings are wrong"
    return settings.default_name if settings else "none is named"


def _connections(variables: Mapping[str, str]) -> dict[str, str] | None:
    """The three addresses of an environment, or None if none is set."""
    stated = {name: _with_small_scheme(variables.get(name, "")) for name in CONNECTIONS}
    missing = [name for name, value in stated.items() if not value]
    if len(missing) == len(CONNECTIONS):
        return None
    if missing:
        given = [name for name in CONNECTIONS if name not in missing]
        raise WrongUsage(
            f"{' and '.join(given)} set, but not {' and '.join(missing)}: set all of "
            f"{', '.join(CONNECTIONS)}, or none of them; a part of an environment is not enough"
        )
    for name, value in stated.items():
        _require_url(name, value)
    return stated


def _with_small_scheme(url: str) -> str:
    """The address with its scheme in small letters: not every driver knows ``REDIS://``."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.lower()}{separator}{rest}" if separator else url


def _passwords(variables: Mapping[str, str]) -> dict[str, str]:
    """The passwords of the demo accounts, by the names of their settings."""
    passwords = {
        name: value
        for name, value in variables.items()
        if name.startswith(PASSWORD_PREFIX) and value
    }
    for name, value in passwords.items():
        if not value.strip():
            raise WrongUsage(f"{name} has only blanks; set it, or leave it out")
        try:
            length = len(value.encode())
        except UnicodeEncodeError:
            raise WrongUsage(f"{name} is not UTF-8 text; set another password") from None
        if length > BCRYPT_LIMIT:
            raise WrongUsage(f"{name} is longer than {BCRYPT_LIMIT} bytes; shorten it")
        _require_strength(name, value)
    return passwords


def _seconds(variables: Mapping[str, str], name: str, default: float, least: float = 0.0) -> float:
    text = variables.get(name, "").strip()
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,3})?|", text):
        raise WrongUsage(f"{name} is {text!r}; expected a number of seconds, like {default:g}")
    seconds = float(text) if text else default
    if seconds < least:
        raise WrongUsage(f"{name} is {text!r}; expected at least {least:g} (seconds)")
    return seconds


def _feed(variables: Mapping[str, str]) -> Feed:
    source = variables.get(RATES_SOURCE, "").strip() or None
    if source is not None and admits_invention(source):
        raise WrongUsage(
            f"{RATES_SOURCE} is a name for rates that are not live: {source!r}; "
            "set it to the name of the deployment's rate feed"
        )
    rest = variables.get(RATES_REST, "").strip().casefold()
    if rest not in ("", WEEKENDS):
        raise WrongUsage(f"{RATES_REST} is {rest!r}; set it to {WEEKENDS} or leave it out")
    return Feed(source, rests_at_weekends=rest == WEEKENDS)


def _require_database(name: str) -> None:
    length = len(name.encode(errors="replace"))
    if re.search(r'[/\\. "$*<>:|?\x00-\x1f\ud800-\udfff]', name) or length > LONGEST_DATABASE:
        raise WrongUsage(
            f"MONGO_DB is not a database name: {name!r}; set one like {DEFAULT_DATABASE}"
        )
    if name.lower() in OF_MONGODB_ITSELF:
        raise WrongUsage(f"MONGO_DB is {name!r}, MongoDB's own database; name the app's")


def _require_no_other_database(uri: str) -> None:
    """Refuse a MONGO_URI that names another database than the default, which would be used.

    If it has a user and no authSource, it names the database of that user, which may be another.
    """
    parts = urlsplit(uri)
    options = {name.lower() for name, _ in parse_qsl(parts.query)}
    names_that_of_its_user = "@" in parts.netloc and "authsource" not in options
    named = unquote(parts.path).strip("/")
    if named not in ("", DEFAULT_DATABASE, *OF_MONGODB_ITSELF) and not names_that_of_its_user:
        raise WrongUsage(
            f"MONGO_URI names the database {named!r}, but MONGO_DB is not set, so "
            f"{DEFAULT_DATABASE!r} would be used: set MONGO_DB to the one that you mean"
        )


def _require_strength(name: str, password: str) -> None:
    """Refuse a password that is one of our own words: it would be hidden in all our texts."""
    word = "".join(filter(str.isalnum, password)).casefold()
    bundle = "".join(filter(str.isalnum, name.removeprefix(PASSWORD_PREFIX))).casefold()
    if word in OUR_WORDS or (word and bundle.startswith(word)):
        raise WrongUsage(f"{name} is a word that is easy to guess; set another password")
    if len(password) < LEAST_LENGTH:
        raise WrongUsage(f"{name} is shorter than {LEAST_LENGTH} characters; set a longer one")


def _require_mongo_options(uri: str) -> None:
    """Raises WrongUsage if an option is unknown, or if no write would be acknowledged."""
    for name, value in parse_qsl(urlsplit(uri).query, keep_blank_values=True):
        try:
            _, given = validate(name, value)
        except (PyMongoError, ValueError, TypeError, KeyError):
            raise WrongUsage(
                f"MONGO_URI has the option {name!r}, which is unknown or has a wrong value; "
                "expected one like mongodb://host:port without it"
            ) from None
        if name.lower() == "w" and re.fullmatch(r"\s*[+-]?0+\s*", value):
            raise WrongUsage("MONGO_URI says w=0: a failed write would not be noticed; remove it")
        if name.lower() == "serverselectiontimeoutms" and given == 0:
            raise WrongUsage(
                f"MONGO_URI says {name}=0: then no server is ever found in time; remove it"
            )


def _require_options_that_go_together(uri: str) -> None:
    """Raises WrongUsage if single options of a MONGO_URI exclude each other or its hosts.

    Raises ValueError or PyMongoError if the rest of it cannot be read.
    """
    try:
        parse_uri(uri)
    except PyMongoError:
        parse_uri(uri.partition("?")[0])
        # The parser's own text is not shown: it may quote the URI, and so a password.
        raise WrongUsage(
            "MONGO_URI has options that do not go together, or not with its hosts (like "
            "directConnection=true with several hosts); remove one of them"
        ) from None


def without_credentials(url: str) -> str:
    """A URL's scheme, hosts and path; never its user, password, query or fragment."""
    parts = URL.fullmatch(url)
    return f"{parts['scheme']}://{parts['address']}" if parts else HIDDEN


def in_one_form(url: str) -> str:
    """An address of HTTP without credentials, in one form for all the ways to write it.

    Its host is in lower case, and the usual port of its scheme is left out.
    """
    scheme, _, address = without_credentials(url).partition("://")
    host, slash, path = address.partition("/")
    usual = {"http": ":80", "https": ":443"}.get(scheme, ":")
    return f"{scheme}://{host.lower().removesuffix(usual)}{slash}{path}".rstrip("/")


def host_of(url: str) -> str:
    """The name of an address's host, in small letters; one name for all of this machine's own."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    return "localhost" if host == "::1" or re.fullmatch(r"127(\.\d+){3}", host) else host


def _require_no_leftovers(variables: Mapping[str, str]) -> None:
    """Refuse a database or a password without addresses, which were forgotten or misspelled."""
    left = [
        name
        for name, value in variables.items()
        if (name == "MONGO_DB" or name.startswith(PASSWORD_PREFIX)) and value.strip()
    ]
    if left:
        several = f" and {len(left) - 1} more" if len(left) > 1 else ""
        raise WrongUsage(
            f"{min(left)}{several} set, but none of {', '.join(CONNECTIONS)}: "
            "set all three for a deployment, or unset the rest"
        )


def _require_url(name: str, value: str) -> None:
    schemes = _SCHEMES[name]
    # The parsers' own texts are not shown: they may quote the URL, and so a password.
    wrong = WrongUsage(
        f"{name} is not a URL of its kind; expected one like {schemes[0]}://host:port"
    )
    try:
        parts = urlsplit(value)
        host = parts.hostname or (parts.scheme == "unix" and parts.path)
        if parts.scheme not in schemes or not host or not URL.fullmatch(value):
            raise wrong
        if parts.netloc and "@" in parts.path + parts.fragment:
            raise wrong  # part of a password with a raw / or # in it
        require_host_names(parts.netloc)
        if name in ("MONGO_URI", "REDIS_URL"):
            tls.require_files(name, value)
        if parts.scheme.startswith("mongodb"):
            _require_mongo_options(value)
        if name == "REDIS_URL":
            redis_client.require_usable(value)
        if schemes == _SCHEMES["API_URL"] and re.search(r"\s", parts.path):
            raise wrong
        if schemes == _SCHEMES["API_URL"] and (parts.query or parts.fragment):
            raise WrongUsage(f"{name} has a query (?…) or fragment (#…); remove it")
        if parts.scheme == "mongodb":
            _require_options_that_go_together(value)
        elif "," not in parts.netloc and parts.scheme != "mongodb+srv" and parts.port == 0:
            raise wrong
    except (ValueError, PyMongoError):
        raise wrong from None
