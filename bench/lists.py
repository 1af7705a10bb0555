"""The list of what somebody has to do (待办), very long, with and without words that it is filtered by."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from typing import Any

from bench import measure, product
from engine.actions import worklists
from engine.model import commands, views_lists
from engine.store import tables

READER = commands.Actor("reader")
_WORDS = {
    "the page": None,
    "a word that is nowhere": "不存在的词",
    "a word of one case": "收费标准",
    "a word of every case": "审核",
    "one character": "审",
}
_AT = "2026-03-01T08:00:00.000000Z"
_NEVER = "9999-12-31T23:59:59.999999Z"


def figures(directory: pathlib.Path, *, tasks: int, rounds: int) -> list[dict[str, Any]]:
    """Measure a page of the list of somebody who has so many open tasks, with its counts, in microseconds."""
    product.write_pack(directory / "lists")
    opened = product.Product(directory / "lists", f"sqlite:///{directory / 'lists.db'}")
    try:
        opened.deploy()
        _fill(opened, tasks)
        return [
            {"name": f"{name}, {tasks:,} open tasks", "us": measure.per_call(_page(opened, text), 1, rounds)}
            for name, text in _WORDS.items()
        ]
    finally:
        opened.close()


def _page(opened: product.Product, text: str | None) -> Callable[[], None]:
    def show() -> None:
        worklists.to_do(opened.engine, READER, views_lists.TaskFilter(text=text))
        worklists.counts(opened.engine, READER, views_lists.TaskFilter(text=text))

    return show


def _fill(opened: product.Product, tasks: int) -> None:
    """Write cases with a task each by the database itself, indexed as the worker does; the last one has a title."""
    with opened.engine.store.read() as uow:
        definition = uow.definitions.latest("chain")
    assert definition is not None
    numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {tasks})"
    title = f"CASE n WHEN {tasks} THEN '停车收费标准' END"
    statements = [
        "INSERT INTO instances (id, definition_id, title, status, started_at, started_by, audit_seq, audit_hash,"
        f" variables, tokens) {numbers} SELECT n, {definition.id}, {title}, 'active', '{_AT}', 'clerk', 0,"
        f" '{tables.NO_HASH}', '{{}}', '{{}}' FROM s",
        "INSERT INTO user_tasks (id, instance_id, token, element_id, name, status, created_at, assignee,"
        f" candidate_users, candidate_groups, priority, sort_due, announced_at) {numbers} SELECT n, n, 1, 'T', '审核',"
        f" 'open', '{_AT}', '{READER.id}', '[]', '[]', 50, '{_NEVER}', '{_AT}' FROM s",
        f"INSERT INTO search_documents (instance_id, root_id, seq, text) {numbers} SELECT n, n, 0, '' FROM s",
        f"INSERT INTO label_grams (gram, instance_id) {numbers} SELECT '审核', n FROM s",
        *(
            f"INSERT INTO label_grams (gram, instance_id) VALUES ('{gram}', {tasks})"
            for gram in ("停车", "车收", "收费", "费标", "标准")
        ),
    ]
    with opened.engine.store.write() as uow:
        for statement in statements:
            uow.link.driver(statement)
