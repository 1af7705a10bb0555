"""The section of the background runs as a user runs it: every job once, and few transactions for each."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

from bench import confined

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run `python -m bench jobs --quick`; return what it printed and its figures."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    command = [sys.executable, "-m", "bench", "jobs", "--quick", "--json", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(file.read_text(encoding="utf-8"))


def test_a_backlog_is_worked_off_by_one_worker_and_by_two(run):
    (found,) = run[1]["jobs"]["backlogs"]
    assert found["name"] == "queue on PostgreSQL"
    for workers in ("one", "two"):
        assert all(found[workers][figure] > 0 for figure in ("per_second", "worker_ms", "server_ms", "log_bytes"))
    assert found["ratio"] == round(found["two"]["per_second"] / found["one"]["per_second"], 2)
    assert found["statements"] > 5
    inside = run[1]["jobs"]["inside"]
    assert inside["per_second"] > 0
    assert 1 < inside["commits"] < 4  # the lease and the end, and what is told of the case


def test_latency_and_lateness_are_spread_and_bursts_end(run):
    found = run[1]["jobs"]
    for each in (*found["immediate"], *found["timers"], *(burst["immediate"] for burst in found["bursts"])):
        assert 0 <= each["p50"] <= each["p95"] <= each["p99"] <= each["max"]
    assert [each["n"] for each in found["immediate"]] == [3, 3]
    (burst,) = found["bursts"]
    assert burst["timers"] == 30
    assert burst["seconds"] > 0
    assert burst["memory_mb"] > 10


def test_every_target_stands_beside_what_was_measured(run):
    text, found = run
    assert {goal["target"] for goal in found["targets"]} == {"≥ 1.8", "≤ 100", "≤ 1000"}
    for goal in found["targets"]:
        assert goal["name"] in text


def test_workers_are_also_measured_with_a_part_of_a_processor_each_or_it_is_told_why_not(run):
    text, found = run
    held = found["jobs"]["confined"]
    if "refused" in held:
        assert held["refused"] in text
        assert held["backlogs"] == []
        return
    (backlog,) = held["backlogs"]
    assert backlog["one"]["per_second"] > 0
    assert f"2 workers by 1, at {held['part']:.0%} of a processor each" in text


def test_a_process_is_held_to_its_part_of_a_processor_and_let_go(request):
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    request.addfinalizer(lambda: (busy.kill(), busy.wait()))
    groups = pathlib.Path(f"/proc/{busy.pid}/cgroup")
    outside = groups.read_text()
    try:
        with confined.share(busy.pid, 0.2):
            assert "gongkai-bench" in groups.read_text()
    except confined.Refused as refusal:
        pytest.skip(str(refusal))
    assert groups.read_text() == outside
