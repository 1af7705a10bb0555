"""Many clients at once: what is measured, and what one completion sends to the database. Not how long it takes."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from bench import clients

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Run `python -m bench clients --quick` as a user does; return what it printed and its figures."""
    figures = tmp_path_factory.mktemp("bench") / "figures.json"
    command = [sys.executable, "-m", "bench", "clients", "--quick", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text(encoding="utf-8"))
    return done.stdout, {**found["clients"], "targets": found["targets"]}


def test_both_databases_are_measured_in_process_and_over_http_by_one_and_more_clients(run) -> None:
    measured = {(row["database"], row["way"], row["clients"]) for row in run[1]["rows"]}
    assert measured == {
        (database, way, number)
        for database in ("SQLite", "PostgreSQL")
        for way in ("in-process", "HTTP")
        for number in (1, 2)
    }


def test_every_row_says_how_fast_how_dear_and_how_much_is_written(run) -> None:
    for row in run[1]["rows"]:
        assert row["n"] >= 12
        assert 0 < row["p50_ms"] <= row["p95_ms"] <= row["p99_ms"]
        assert 0 < row["cases_per_second"] < row["completions_per_second"]
        assert row["cpu_ms"] > 0
        assert row["written"] > 0
        on_server = row["database"] == "PostgreSQL"
        assert (row["server_cpu_ms"] is not None) == (row["commits"] is not None) == on_server


def test_a_completion_over_http_looks_up_who_acts_and_commits_once(run) -> None:
    counts = {(row["database"], row["way"]): row["completion"] for row in run[1]["counts"]}
    for database in ("SQLite", "PostgreSQL"):
        direct, remote = counts[database, "in-process"], counts[database, "HTTP"]
        assert direct["sql"] <= 10
        assert remote["sql"] == direct["sql"] + clients.SIGNING_IN
        assert remote["commits"] == direct["commits"] == 1


def test_the_target_stands_beside_what_was_measured(run) -> None:
    text, found = run
    assert [goal["target"] for goal in found["targets"]] == [f"≤ {clients.REST_MS:g}"] * 2
    for goal in found["targets"]:
        assert goal["met"] == (goal["measured"] <= clients.REST_MS)
        assert goal["name"] in text
