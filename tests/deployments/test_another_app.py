"""The recipe "Describe another app" of CONTRIBUTING: a file, named by a setting, is enough."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from playbook import PROJECT, clock
from playbook.deployments import load
from playbook.embedded.start import start
from playbook.environment import Environment, Settings
from playbook.errors import WrongUsage
from playbook.facts import Demo
from playbook.pristine.seeds import Seeds
from tests.forked_commands import run_command
from tests.sandbox import Sandbox

DESCRIPTION = '''
"""A shop that keeps its products as goods, and everything else as the playbook does."""

from dataclasses import replace

from playbook.deployments.playbook import DEPLOYMENT as PLAYBOOK


def belongs(owner):
    return {"sku": {"$in": [key for key, line in owner.seeds.products.items()
                            if line.model.region == owner.bundle.region]}}


def to_app(product, refs):
    price = product[f"price_{product['currency'].lower()}"]
    return {"sku": product["_id"], "label": product["name"], "cents": price * 100,
            "money": product["currency"], "left": 100}


def from_app(good, refs):
    money = str(good.get("money"))
    return {"_id": good.get("sku"), "name": good.get("label"), "currency": money,
            f"price_{money.lower()}": good.get("cents", 0) // 100, "inventory": good.get("left"),
            "reserved": 0}


products = next(kept for kept in PLAYBOOK.kept if kept.kind == "products")
goods = replace(products, collection="goods", belongs=belongs, key="sku",
                new_id=lambda product: f"good {product['_id']}", to_app=to_app, from_app=from_app,
                ours=("sku", "label", "cents", "money", "left"))
DEPLOYMENT = replace(
    PLAYBOOK,
    name="goods",
    kept=tuple(goods if kept.kind == "products" else kept for kept in PLAYBOOK.kept),
    indexes={name: found for name, found in PLAYBOOK.indexes.items() if name != "products"},
)
'''


@pytest.fixture
def described(sandbox: Sandbox, tmp_path: Path) -> Iterator[Sandbox]:
    file = tmp_path / "goods.py"
    file.write_text(DESCRIPTION, encoding="utf-8")
    variables = {
        **sandbox.environment.settings.as_variables(),
        "MONGO_DB": "goods",
        "PLAYBOOK_DEPLOYMENT": str(file),
    }
    settings = Settings.from_environment(variables)
    assert settings is not None
    with Environment(settings) as environment:
        yield replace(sandbox, environment=environment)


def test_an_app_described_by_a_file_is_reset_and_checked(described: Sandbox) -> None:
    described.start_over()
    described.db.goods.insert_one({"_id": "own", "sku": "SCARF", "label": "A scarf"})
    described.reset("lvmh")
    assert described.db.goods.count_documents({}) == 51
    assert "products" not in described.db.list_collection_names()
    demo = Demo(described.environment, described.bundle("lvmh"), described.seeds, clock.now())
    try:
        assert not list(demo.catalog.differences_from_seeds)
        assert not list(demo.catalog.wrong_prices)
        assert not list(demo.livesale.missing_featured_products)
        assert len(demo.catalog.products) == 50
    finally:
        demo.close()
    described.db.goods.update_one({"sku": "EUR-001"}, {"$set": {"cents": 1, "own": "kept"}})
    described.reset("lvmh")
    good = described.db.goods.find_one({"sku": "EUR-001"})
    assert good is not None and (good["own"], good["cents"]) == ("kept", 495_000)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("shopify", None, "expected playbook, aislemarts, or the path of a .py file"),
        ("missing.py", None, "there is no file"),
        ("broken.py", "1 / 0", "cannot be loaded: ZeroDivisionError"),
        ("empty.py", "", "has no DEPLOYMENT"),
        ("other.py", "DEPLOYMENT = 5", "has no DEPLOYMENT"),
    ],
)
def test_a_missing_description_is_reported_in_one_line(
    tmp_path: Path, name: str, text: str | None, says: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(WrongUsage, match="PLAYBOOK_DEPLOYMENT") as refusal:
        load(str(tmp_path / name) if name.endswith(".py") else name)
    assert says in str(refusal.value) and refusal.value.exit_code == 2


def test_both_included_descriptions_can_be_loaded() -> None:
    assert load().name == load("playbook").name == "playbook"
    assert load("aislemarts").name == "aislemarts"


@pytest.mark.slow
def test_the_recipe_in_contributing_works(seeds: Seeds, tmp_path: Path) -> None:
    """Reset, GO, roll back: by the commands, with the description that CONTRIBUTING prints."""
    page = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [recipe] = re.findall(r"```python\n(from dataclasses.*?)```", page, re.DOTALL)
    file = tmp_path / "origin.py"
    file.write_text(recipe, encoding="utf-8")

    with start(seeds=seeds, deployment=str(file)) as settings, Environment(settings) as opened:
        variables = {**os.environ, **settings.as_variables(), "PLAYBOOK_BACKUPS": str(tmp_path)}

        def playbook(*arguments: str) -> str:
            done = run_command(*arguments, variables=variables)
            assert done.returncode == 0, done.stdout + done.stderr
            return done.stdout

        assert "products: 0 to delete, 0 to change, 50 to create" in playbook(
            "reset", "lvmh", "--dry-run"
        )
        playbook("reset", "lvmh")
        product = opened.db.products.find_one({"_id": "EUR-001"})
        assert product is not None and product["origin"] == "FR"
        assert "brand_country" not in product
        assert "GO" in playbook("check", "lvmh")
        opened.db.products.update_one({"_id": "EUR-001"}, {"$set": {"origin": "XX"}})
        spoiled = list(opened.db.products.find())
        playbook("reset", "lvmh")
        playbook("rollback", "lvmh")
        assert list(opened.db.products.find()) == spoiled
