"""The section of very many cases: copies are what the engine would have written, and every act of theirs is measured."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa

from bench import large, large_copies, large_pack
from engine.store import all_tables

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Run the section as a user does; return what it printed and its figures."""
    directory = tmp_path_factory.mktemp("bench")
    figures = directory / "figures.json"
    command = [sys.executable, "-m", "bench", "large", "--quick", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(figures.read_text(encoding="utf-8"))


def test_both_databases_are_measured_with_few_cases_and_many(run) -> None:
    beds = [(bed["database"], bed["cases"]) for bed in run[1]["large"]["beds"]]
    assert beds == [("postgresql", 48), ("postgresql", 240), ("sqlite", 48)]


def test_statements_do_not_grow_with_the_cases(run) -> None:
    few, many, _ = run[1]["large"]["beds"]
    for first, last in zip(few["acts"], many["acts"], strict=True):
        if first["point"] and not first["heavy"] and "a word of" not in first["name"]:
            assert (first["sql"], first["commits"]) == (last["sql"], last["commits"]), first["name"]


def test_every_act_is_measured_and_told(run) -> None:
    text, found = run
    for bed in found["large"]["beds"]:
        names = [each["name"] for each in bed["acts"]]
        assert {"task list, first page with counts", "claim", "completion", "case page"} <= set(names)
        for each in bed["acts"]:
            assert 0 < each["best_ms"] <= each["p50_ms"] <= each["p95_ms"] <= each["p99_ms"], each
            assert each["sql"] > 0
            assert each["name"] in text
        acts = {each["name"]: each["commits"] for each in bed["acts"]}
        assert acts["claim"] == acts["completion"] == acts["start of a case"] == acts["deploying a new version"] == 1
        assert acts["timers, nothing due"] == 0
        assert sum(each["bytes"] for each in bed["storage"]) > 1000


def test_targets_stand_beside_what_was_measured(run) -> None:
    assert [goal["target"] for goal in run[1]["targets"]] == [f"≤ {large.LIST_MS:g}", f"≤ {large.GROWTH:g}"]


def test_copies_are_rows_that_the_engine_would_have_written(tmp_path: pathlib.Path) -> None:
    kinds = 6
    large_pack.write(tmp_path)
    copied, played = (f"sqlite:///{tmp_path / name}.db" for name in ("copied", "played"))
    for url, cases in ((copied, kinds), (played, 2 * kinds)):
        office = large_pack.Office(tmp_path, url)
        office.furnish(1)
        office.play(cases, kinds)
        office.close()
    large_copies.copy(copied, 1, lambda _: None)
    assert _rows(copied) == _rows(played)


def test_cases_that_were_copied_go_on_as_others_do(tmp_path: pathlib.Path) -> None:
    kinds = 6
    large_pack.write(tmp_path)
    url = f"sqlite:///{tmp_path / 'copied.db'}"
    office = large_pack.Office(tmp_path, url)
    office.furnish(1)
    office.play(kinds)
    office.close()
    large_copies.copy(url, 3, lambda _: None)
    office = large_pack.Office.existing(tmp_path, url)
    kind = large_pack.Kind.of(5)
    case = office.case(3 * kinds + 5)
    (task,) = office.open_tasks(case)
    assert task.assignee == kind.person(office, kind.done + 1).id
    office.complete(task.id, kind.person(office, kind.done + 1))
    assert office.open_tasks(case) == []
    with office.engine.store.read() as uow:
        assert {each.element_id for each in uow.timers.of_instance(case)} == {"timer"}
        assert [each.correlation_key for each in uow.subscriptions.of_instance(case)] == ["卷2026-0000023"]
    office.close()


def _rows(url: str) -> dict[str, Any]:
    """Return how many rows every table has, and which pairs of characters and words each number of a case has."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found: dict[str, Any] = {
            table.name: connection.execute(sa.select(sa.func.count()).select_from(table)).scalar()
            for table in all_tables.metadata.sorted_tables
        }
        for name in (
            "label_grams",
            "search_grams",
            "search_documents",
            "subscriptions",
            "candidates",
            "search_readers",
        ):
            table = all_tables.metadata.tables[name]
            columns = [each for each in table.c if each.name not in ("id", "sort_due", "seq")]
            rows = connection.execute(sa.select(*columns)).all()
            found[f"{name}: rows"] = sorted(map(str, rows))
        instances = all_tables.metadata.tables["instances"]
        named = (
            instances.c.id,
            instances.c.business_key,
            instances.c.title,
            instances.c.variables,
            instances.c.audit_seq,
        )
        found["cases"] = sorted(map(str, connection.execute(sa.select(*named)).all()))
    engine.dispose()
    return found
