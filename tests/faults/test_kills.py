"""Processes that are killed at any point of a story: whoever follows goes on, and nothing is lost or done twice.

How many runs there are of each kind of database, and which seeds they have, the environment says (`make test-faults`):
FAULTS_RUNS and FAULTS_SEED. A seed is run again by itself with ``FAULTS_SEED=… FAULTS_RUNS=1``.
"""

from __future__ import annotations

import itertools
import json
import os

import faultruns
import faultstory
import pytest

from engine import bootstrap, config, testing
from engine.actions import proving

SEED = int(os.environ.get("FAULTS_SEED", "1"))
RUNS = int(os.environ.get("FAULTS_RUNS", "25"))
#: Of the points of a story that are told in turn, every how many-th is one of the short form of this suite.
STRIDE = 1 if RUNS > 100 else 8
#: The ways in which workers get their work: the kind of the database, and what tells them.
ROWS, TAKEN, QUEUED = ("sqlite", "rows"), ("postgresql", "rows"), ("postgresql", "procrastinate")
#: Each seed on each kind of database; on PostgreSQL with and without the queue in turn.
EVERY_SEED = [(*way, seed) for seed in range(SEED, SEED + RUNS) for way in (ROWS, QUEUED if seed % 2 else TAKEN)]


def proven(url, packs, directory):
    """Have the platform prove its own records, as an operator would."""
    settings = config.Settings(database=url, packs=(packs,), files=str(directory / "files"))
    with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as engine:
        proof = proving.prove(engine, lambda _: None)
    assert not proof.problems, proof.problems
    assert not proof.flaws, proof.flaws
    assert proof.entries > 0
    assert proof.records > 0


@pytest.mark.parametrize(("kind", "queue", "seed"), EVERY_SEED)
def test_a_story_whose_processes_are_killed_at_random_goes_on_and_loses_nothing(
    stage, packs, tmp_path, players, queue, seed, request, kind
):
    server = request.getfixturevalue("stoppable") if kind == "postgresql" else None
    run = faultruns.Run(stage, str(packs), tmp_path / "record", seed, queue=queue, server=server)

    died = run.go(players)

    assert died
    proven(stage, packs, tmp_path)


@pytest.mark.parametrize(
    ("kind", "queue", "point"),
    [(*way, point) for way in (ROWS, TAKEN) for point in ("commit", "committed", "handler", "acknowledged")]
    + [(*QUEUED, point) for point in ("commit", "committed", "entry")],
)
def test_a_process_may_die_at_each_commit_of_a_story_and_at_everything_it_tells_the_world(
    stages, packs, tmp_path, players, queue, point
):
    # given a story of one case with a sender that fails, and a job that stops until somebody mends its cause
    wanted = {"fails": 1, "refuse": False, "ok": False}
    seed = next(seed for seed in itertools.count(1) if faultstory.plan(seed) == [wanted])
    with stages() as url:
        assert faultruns.Run(url, str(packs), tmp_path / "whole", seed, deaths=(), queue=queue).go(players) == []
    reached = json.loads((tmp_path / "whole" / "reached").read_text())[point]
    assert reached > 5

    # when a process is killed at the first of these points, another at the second, and so on to the last
    for number in range(1, reached + 1, STRIDE):
        with stages() as url:
            record = tmp_path / f"record-{number}"
            run = faultruns.Run(url, str(packs), record, seed, deaths=((point, number),), queue=queue)

            # then whoever follows brings each of them to its end
            assert run.go(players) == [(point, number)]


@pytest.mark.parametrize(
    ("kind", "queue", "away"),
    [
        (*TAKEN, ("statement", 100)),
        (*TAKEN, ("committed", 5)),
        (*QUEUED, ("commit", 5)),
        (*QUEUED, ("handler", 3)),
    ],
    ids=["rows-statement", "rows-committed", "queue-commit", "queue-handler"],
)
def test_a_story_whose_database_is_stopped_in_its_midst_goes_on_and_loses_nothing(
    stage, packs, tmp_path, players, stoppable, queue, away
):
    run = faultruns.Run(stage, str(packs), tmp_path / "record", 1, deaths=(), queue=queue, server=stoppable, away=away)

    assert run.go(players) == []

    assert (tmp_path / "record" / "stopped").exists()
    proven(stage, packs, tmp_path)
