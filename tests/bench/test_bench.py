"""The bench runs, says what it promises to say, and counts what must not grow. How long things take is not tested."""

from __future__ import annotations

import contextlib
import json
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from bench import diagrams, embedded, measure, on_postgresql, product, stock
from engine.bpmn import reader
from engine.store import wire

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Run `python -m bench --quick` as a user does; return what it printed and its figures."""
    directory = tmp_path_factory.mktemp("bench")
    figures = directory / "figures.json"
    options = ["--quick", "--json", str(figures), "--directory", str(directory)]
    command = [sys.executable, "-m", "bench", "embedded", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in directory.iterdir()] == ["figures.json"], "databases are left behind"
    found = json.loads(figures.read_text(encoding="utf-8"))
    return done.stdout, {**found["embedded"], "targets": found["targets"]}


@pytest.mark.parametrize("group", ["chains", "loops", "multi_instances"])
def test_a_completion_takes_at_most_ten_statements_and_one_commit(run, group: str) -> None:
    for line in run[1][group]:
        assert 0 < line["sql"] <= 10, line
        assert line["commits"] == [1], line


def test_on_postgresql_a_completion_takes_as_many_statements_and_what_the_server_does_is_told(tmp_path) -> None:
    # Where temporary files are: the server runs as somebody else, who may not enter the directories of these tests.
    figures = tmp_path / "figures.json"
    command = [sys.executable, "-m", "bench", "postgresql", "--quick", "--json", str(figures)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(figures.read_text(encoding="utf-8"))
    assert found["targets"][0]["target"] == f"≤ {on_postgresql.TO_RAW:g}"
    for line in (*found["postgresql"]["chains"], *found["postgresql"]["loops"]):
        assert line["name"] in done.stdout
        assert 0 < line["sql"] <= 10, line
        assert line["commits"] == [1], line
        assert line["product"]["served_us"] > 0
        assert line["product"]["bytes"] > 1_000
        assert line["raw"]["bytes"] > 1_000


def test_statements_do_not_grow_with_what_has_been_done_or_is_open(run) -> None:
    for group in ("loops", "multi_instances"):
        assert len({line["sql"] for line in run[1][group]}) == 1


def test_every_completion_stands_beside_the_raw_limit_and_stock_spiffworkflow(run) -> None:
    for line in (*run[1]["chains"], *run[1]["loops"], *run[1]["multi_instances"]):
        for who in ("product", "raw", "stock"):
            figures = line[who]
            assert figures["n"] == 6
            assert 0 < figures["best_us"] <= figures["wall_us"] <= figures["p95_us"]
            assert figures["cpu_us"] > 0
            assert figures["bytes"] is None or figures["bytes"] >= 0
        for ratio in ("to_raw", "to_raw_best", "to_raw_cpu", "stock_to_product"):
            assert line[ratio] > 0


def test_the_raw_limit_writes_what_the_product_writes(run) -> None:
    for line in (*run[1]["chains"], *run[1]["loops"], *run[1]["multi_instances"]):
        assert line["raw"]["bytes"] == line["product"]["bytes"], line["name"]


def test_executor_and_calendar_are_measured_alone(run) -> None:
    assert [line["name"] for line in run[1]["kernel"][:3]] == ["chain of 5", "chain of 20", "chain of 100"]
    assert all(line["product"]["n"] > 0 and line["stock"]["n"] > 0 for line in run[1]["kernel"])
    assert len(run[1]["deadlines"]) == 7
    assert all(line["us"] > 0 for line in run[1]["deadlines"])


def test_targets_stand_beside_what_was_measured(run) -> None:
    text, found = run
    bounds = [goal["target"] for goal in found["targets"]]
    assert bounds == [f"≤ {bound:g}" for bound in (embedded.TO_RAW, embedded.FLAT, *[embedded.DEADLINE] * 7)]
    for goal in found["targets"]:
        assert goal["met"] == (goal["measured"] <= float(goal["target"].removeprefix("≤ ")))
        assert goal["name"] in text
    for line in (*found["chains"], *found["loops"], *found["multi_instances"], *found["kernel"], *found["deadlines"]):
        assert line["name"] in text


def test_stock_spiffworkflow_that_stops_in_the_middle_leaves_a_dash() -> None:
    rival = stock.InMemory(diagrams.chain(2), "chain")
    workflow = rival.begin({})
    rival.step(workflow, {})
    rival.step(workflow, {})
    with pytest.raises(stock.Stuck):
        rival.step(workflow, {})
    nothing = measure.Series().figures()
    assert nothing["wall_us"] is None
    assert measure.ratio(nothing, {"n": 1, "wall_us": 5.0}, "wall_us") is None


@pytest.mark.parametrize(
    "diagram", [diagrams.chain(3), diagrams.loop(), diagrams.parallel(2), diagrams.multi_instance()]
)
def test_both_executors_read_the_same_diagrams(diagram: bytes) -> None:
    (process,) = reader.read(diagram, "bench.bpmn")
    assert stock.InMemory(diagram, process.key).begin({"again": True, "runs": 2}) is not None


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert measure.percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert measure.percentile([7.0], 0.95) == 7.0


def test_a_completion_on_postgresql_is_three_round_trips(tmp_path, postgres, monkeypatch) -> None:
    product.write_pack(tmp_path)
    trips: list[int] = []
    exchange = wire.Wire._exchange
    monkeypatch.setattr(wire.Wire, "_exchange", lambda self, sent: trips.append(len(sent)) or exchange(self, sent))
    with postgres() as url, contextlib.closing(product.Product(tmp_path, url)) as own:
        own.deploy()
        for key in ("chain", "form"):
            (task,) = own.start(key, {"a": 1})
            trips.clear()
            given = {"submission": product.OPINION} if key == "form" else {"variables": {"a": 2}}
            (task,) = own.complete(task, given).opened
            assert len(trips) == 3, trips
