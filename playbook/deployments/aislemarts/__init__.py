"""AisleMarts' backend as published: FastAPI and Motor, with models that refuse wrong documents.

The app cannot keep everything: a creator is only the host of a LiveSale, languages are part of the
front end, and the columns "proposal" and "negotiation" are both shown as "qualified".
"""

from __future__ import annotations

from playbook.deployments.aislemarts.accounts import USERS
from playbook.deployments.aislemarts.catalog import CATEGORIES, PRODUCTS
from playbook.deployments.aislemarts.leads import LEADS
from playbook.deployments.aislemarts.livesales import LIVESALES
from playbook.deployments.aislemarts.shown import FRONT_END, LINKS, SHOWN, SIGN_IN, kpi
from playbook.deployments.aislemarts.traces import TRACES
from playbook.deployments.description import Deployment, Password, Request
from playbook.deployments.in_both_apps import key_patterns

NOT_KEPT = {
    "creators": "the app keeps no creators; a LiveSale's host is its vendor_id",
    "locales": "the app keeps no languages; they are part of its front end",
    "awareness_contexts": "the app keeps no contexts; it serves its own",
    "showcases": "the app keeps no showcases; it serves its own numbers",
    "demo_settings": "the app keeps no switch for tracking",
}

DEPLOYMENT = Deployment(
    name="aislemarts",
    kept=(CATEGORIES, PRODUCTS, USERS, LIVESALES, LEADS),
    not_kept=NOT_KEPT,
    password=Password("password_hash"),
    traces=TRACES,
    # The app makes its own indexes.
    indexes={},
    key_patterns=key_patterns,
    sign_in=SIGN_IN,
    shown=SHOWN,
    links=LINKS,
    front_end=FRONT_END,
    kpi=kpi,
    register=lambda email, password, name: Request(
        "POST", "/api/auth/register", body={"email": email, "password": password, "name": name}
    ),
)
