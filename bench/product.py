"""The product under measurement: a pack of our own, deployed into a SQLite file, and its cases."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from bench import diagrams
from engine import bootstrap, config, testing
from engine.actions import deployments, instances, user_tasks
from engine.model import commands
from engine.store import statements

ADMIN = commands.Actor("admin", admin=True)
CLERK = commands.Actor("clerk", frozenset({diagrams.ROLE}), admin=True)  # an administrator may write variables
SLUG = "bench"
FORM = f"{SLUG}/opinion"
#: What a clerk fills in.
OPINION = {
    "verdict": "同意",
    "opinion": "材料齐全，内容属实，同意按程序办理。",
    "date": "2026-03-09",
    "copies": 3,
    "urgent": False,
}


def write_pack(root: pathlib.Path) -> None:
    """Write the pack with every measured process that is deployed."""
    home, forms = root / "processes" / SLUG, root / "forms" / SLUG
    for directory in (home, forms, root / "handlers"):
        directory.mkdir(parents=True, exist_ok=True)
    (home / "pack.yaml").write_text(
        f"title: 测量\nsource: {{file: bench.txt, date: 2026-03-09, issuer: 测量}}\n"
        f"roles:\n  - {{id: {diagrams.ROLE}, name: {diagrams.ROLE_NAME}}}\n"
        f"clauses:\n  - {{id: {diagrams.CLAUSE}, articles: 第九条, summary: 审核, kind: procedure}}\n",
        encoding="utf-8",
    )
    for name, content in {
        "chain": diagrams.chain(3),
        "form": diagrams.chain(3, key="form", form=FORM),
        "loop": diagrams.loop(),
        "multi": diagrams.multi_instance(),
    }.items():
        (home / f"{name}.bpmn").write_bytes(content)
    (forms / "opinion.json").write_text(json.dumps(_form(), ensure_ascii=False), encoding="utf-8")


def _form() -> dict[str, Any]:
    properties = {
        "verdict": {"type": "string", "title": "结论", "enum": ["同意", "退回"]},
        "opinion": {"type": "string", "title": "意见", "minLength": 2, "maxLength": 500},
        "date": {"type": "string", "title": "日期", "format": "date"},
        "copies": {"type": "integer", "title": "份数", "minimum": 1, "maximum": 99},
        "urgent": {"type": "boolean", "title": "是否加急"},
    }
    schema = {"type": "object", "required": list(properties), "properties": properties}
    return {"id": FORM, "title": "审核意见", "schema": schema}


class Product:
    """The engine on one database, as it ships; with a clock that stands still.

    Args:
        root: Where its pack is.
        database: The URL of a database; a SQLite file that is not there is made.
        link: What speaks on its connections, where that is not the product's own.
    """

    def __init__(self, root: pathlib.Path, database: str, link: type[statements.Link] = statements.Link) -> None:
        self.engine = bootstrap.open_engine(
            config.Settings(database=database, packs=(root,)),
            testing.FixedClock(),
            shipped_packs=False,
        )
        self.engine.store.link = link

    def rest(self) -> None:
        """Let go of all connections; the next act takes new ones."""
        self.engine.store.dispose()

    def deploy(self) -> None:
        """Deploy the pack."""
        deployments.deploy(self.engine, SLUG, ADMIN)

    def start(self, key: str, variables: dict[str, Any]) -> list[int]:
        """Start a case; return its open user tasks."""
        return self.open_tasks(instances.start(self.engine, key, CLERK, variables=variables).id)

    def open_tasks(self, case: int) -> list[int]:
        """Return the open user tasks of a case."""
        with self.engine.store.read() as uow:
            return [task.id for task in uow.user_tasks.of_instance(case) if task.status == "open"]

    def complete(self, task: int, given: dict[str, Any]) -> user_tasks.Completion:
        """Complete a task by its form, or with variables where it has none; under a key, as a browser does."""
        return user_tasks.complete(self.engine, task, CLERK, idempotency_key=f"task-{task}", **given)

    def close(self) -> None:
        """Close the database."""
        self.engine.close()
