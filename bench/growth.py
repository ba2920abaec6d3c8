"""Larger catalogs and more investors than in the seeds, to measure a reset with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from string import ascii_uppercase
from typing import Any

from pymongo.database import Database

from playbook import PROJECT
from playbook.pristine.seeds import Seeds

CHUNK = 100
"""The size of one insert; larger ones make the embedded MongoDB slow."""


def seeds_with(products_a_region: int, target: Path) -> Path:
    """The project's seeds, with each region's catalog repeated with other ids."""
    shutil.copytree(PROJECT / "seeds", target)
    path = target / "luxury_products.json"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    grown = list(lines)
    for region in ("US", "EU", "APAC"):
        own = [line for line in lines if line["region"] == region]
        for number in range(len(own), products_a_region):
            series = f"{region}{ascii_uppercase[number // 999]}"
            key = f"{series}-{number % 999 + 1:03d}"
            copied = {**own[number % len(own)], "_id": key, "id": key}
            grown.append({**copied, "name": f"{copied['name']}, no. {number}"})
    path.write_text(
        "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in grown), encoding="utf-8"
    )
    return target


def add_bundles(db: Database[dict[str, Any]], seeds: Seeds, count: int) -> None:
    """Add documents of more investors to the database."""
    present = db.awareness_contexts.count_documents({})
    wanted: dict[str, list[dict[str, Any]]] = {}
    for number in range(present, count):
        bundle = f"INVESTOR_{number:04d}"
        for name, model in (
            ("awareness_contexts", seeds.contexts),
            ("showcases", seeds.showcases),
        ):
            source = next(iter(model.values())).document
            wanted.setdefault(name, []).append({**source, "_id": bundle})
        wanted.setdefault("demo_settings", []).append({"_id": bundle, "analytics_tracking": True})
        email = f"investor{number}.demo@aislemarts.luxury"
        for name in ("users", "user_sessions", "analytics", "carts"):
            wanted.setdefault(name, []).append({"_id": email, "email": email, "bundle": bundle})
        for lead in list(seeds.leads.values())[:5]:
            document = {**lead.document, "_id": f"{bundle}/{lead.model.id}", "bundle": bundle}
            wanted.setdefault("leads", []).append(document)
        sale = next(iter(seeds.livesales.values())).document
        wanted.setdefault("livesales", []).append({**sale, "_id": f"LS-{bundle}", "bundle": bundle})
    for name, documents in wanted.items():
        fill(db, name, documents)


def fill(db: Database[dict[str, Any]], name: str, documents: list[dict[str, Any]]) -> None:
    """Insert many documents, in portions that the embedded MongoDB accepts easily."""
    for start in range(0, len(documents), CHUNK):
        portion = documents[start : start + CHUNK]
        db[name].insert_many(portion, ordered=False)
