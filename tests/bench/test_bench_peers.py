"""Engines in Java are measured where they can be built; what is read of them and of the server is what they did."""

from __future__ import annotations

import io
import json
import os
import pathlib
import subprocess
import sys
import time
from typing import Any

import pytest

from bench import peers
from bench.peers import own, players

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLAYED = '{"seconds":%s,"start_ms":[1.0,2.0,3.0],"complete_ms":[2.5,%s,9.0]}'


def run(directory: pathlib.Path, path: str) -> tuple[str, dict[str, Any]]:
    """Run the section as a user does, with programs from there alone."""
    figures = directory / "figures.json"
    command = [sys.executable, "-m", "bench", "peers", "--quick", "--json", str(figures)]
    environment = {**os.environ, "PATH": path}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads(figures.read_text(encoding="utf-8"))


def test_without_java_one_sentence_says_so(tmp_path: pathlib.Path) -> None:
    text, found = run(tmp_path, str(tmp_path / "nothing"))
    assert found["peers"] == {"skipped": "java is not installed: the engines in Java were not measured."}
    assert found["targets"] == []
    assert found["peers"]["skipped"] in text


def test_without_maven_one_sentence_says_so(tmp_path: pathlib.Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "java").write_text("#!/bin/sh\n")
    (programs / "java").chmod(0o755)
    assert run(tmp_path, str(programs))[1]["peers"]["skipped"].startswith("mvn is not installed")


def test_answers_are_found_among_what_engines_log() -> None:
    lines = io.StringIO("WARNING: something\nANSWER ready\n\nSLF4J: ANSWER no\nANSWER 12\n")
    assert [players.answer(lines) for _ in range(3)] == ["ready", "12", None]


def test_of_processes_that_play_together_the_slowest_counts() -> None:
    found = players.played([PLAYED % (4, 5.5), PLAYED % (2, 7)])
    assert found == {"seconds": 4, "start_ms": [1.0, 2.0, 3.0], "complete_ms": [2.5, 7, 9.0]}
    with pytest.raises(ValueError, match="no answer"):
        players.played(['{"seconds": 1}'])


def test_a_player_that_ends_tells_its_log(tmp_path: pathlib.Path) -> None:
    command = [sys.executable, "-c", "import sys; print('ANSWER ready'); sys.exit('no room on the disk')"]
    with players.Player(command, tmp_path / "log") as player:
        assert player.answer() == "ready"
        with pytest.raises(players.Failed, match="no room on the disk"):
            player.answer()


def test_processor_time_is_that_of_all_threads_of_a_process() -> None:
    before, begun = players.used(os.getpid()), time.process_time()
    while time.process_time() < begun + 0.2:
        sum(range(1000))
    assert players.used(os.getpid()) - before >= 0.15
    assert players.used_by_server(os.getpid()) >= players.used(os.getpid())


def test_the_product_plays_as_it_is_told(tmp_path: pathlib.Path) -> None:
    url = f"sqlite:///{tmp_path / 'office.db'}"
    own.prepare(url, tmp_path)
    with players.Player(players.python(url, tmp_path), tmp_path / "log") as player:
        assert player.answer() == "ready"
        for line in ("play 2 5", "play 1 2"):
            player.tell(line)
            found = players.played([player.answer()])
            assert 0 < found["start_ms"][0] <= found["start_ms"][2]
            assert 0 < found["complete_ms"][0] <= found["complete_ms"][2]
        assert player.cpu() > 0
        player.tell("end")
        assert player.answer() == "7"


def line(engine: str, workers: int, per_cpu_second: float) -> dict[str, Any]:
    """Return what was measured of an engine."""
    plain = ("seconds", "cases_per_second", "transactions", "wal_bytes", "cpu_ms", "server_cpu_ms")
    figures = dict.fromkeys((*plain, "per_cpu_second_of_both"), 1.0)
    latencies = {"start_ms": [1.0, 2.0, 3.0], "complete_ms": [1.0, 2.0, 3.0]}
    return {"engine": engine, "workers": workers, **figures, **latencies, "per_cpu_second": per_cpu_second}


def test_the_product_is_held_against_the_best_of_every_engine() -> None:
    lines = [line(name, threads, 100.0 * threads) for name in players.JAVA for threads in (1, 2, 4)]
    found = {"cases": 60, "repetitions": 1, "lines": [*lines, line(peers.OWN, 1, 300.0), line(peers.OWN, 2, 900.0)]}
    goals = peers.targets(found)
    assert [goal["measured"] for goal in goals] == [0.75] * len(players.JAVA)
    assert not any(goal["met"] for goal in goals)
    text = peers.text(found)
    assert "operaton, 4 threads" in text
    assert "gongkai, 1 process " in text


def test_every_engine_has_one_adapter_and_a_version_of_its_own() -> None:
    pom = (players.HERE / "pom.xml").read_text(encoding="utf-8")
    for name in players.JAVA:
        assert f"<module>{name}</module>" in pom
        assert f"<{name}>" in pom
        of_the_family = "<family>" in (players.HERE / name / "pom.xml").read_text(encoding="utf-8")
        assert len(list((players.HERE / name / "src").rglob("*.java"))) + of_the_family == 1
