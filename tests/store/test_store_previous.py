"""Tables are upgraded while the release before still runs: its programs start, complete, fire and run on the new ones."""

from __future__ import annotations

import io
import os
import pathlib
import subprocess
import sys
import tarfile

import packbuilder as p
import pytest
import snippets as s

from engine import bootstrap, config, jobs, testing
from engine.actions import user_tasks
from engine.model import commands
from engine.store import schema

ROOT = pathlib.Path(__file__).parents[2]
#: The commit of the release before; a release sets it to the one before it.
PREVIOUS = (ROOT / "tests/store/PREVIOUS").read_text().strip()
ADMIN = commands.Actor("admin", frozenset({"clerk", "chief"}), admin=True)
WORK = "@registry.handler('work')\ndef work(job):\n    return {'done': job.attempt}\n"


@pytest.fixture(scope="module")
def previous(tmp_path_factory):
    """The program of the release before, out of the history of the repository."""
    place = tmp_path_factory.mktemp("previous")
    packed = subprocess.run(
        ["git", "-C", ROOT, "archive", "--format=tar", PREVIOUS, "engine", "cli.py"], capture_output=True, check=False
    )
    if packed.returncode:
        told = packed.stderr.decode(errors="replace").strip()
        if os.environ.get("CI") or (ROOT / ".git").exists():
            pytest.fail(f"the release before, {PREVIOUS}, is not in the history: git fetch --unshallow ({told})")
        pytest.skip("this is no clone of the repository, and has no release before it")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(place, filter="data")
    return place


def test_the_release_before_works_on_the_tables_of_this_one_and_this_one_goes_on_with_its_cases(
    url, previous, tmp_path
):
    # given the tables of this release
    packs = tmp_path / "packs"
    wait = s.element("intermediateCatchEvent", "wait", s.timer("P5D"), name="期满")
    main = p.diagram(
        s.start(),
        s.service("b", camunda_topic="work"),
        s.user("c"),
        wait,
        s.end(),
        s.path("start", "b", "c", "wait", "end"),
    )
    p.write(packs, {"main": main}, handlers=WORK)

    # when programs of the release before work on them
    story = [sys.executable, str(pathlib.Path(__file__).with_name("previous_story.py")), url, str(packs), schema.HEAD]
    done = subprocess.run(
        story, env={**os.environ, "PYTHONPATH": str(previous)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "['active', 'completed']\n"

    # then this one goes on
    settings = config.Settings(database=url, packs=(packs,), queue="rows", files=str(tmp_path / "files"))
    clock = testing.FixedClock(testing.MONDAY)
    clock.advance(days=7)
    with bootstrap.open_engine(settings, clock, shipped_packs=False) as engine:
        with engine.store.read() as uow:
            (task,) = uow.user_tasks.of_instance(1)
        user_tasks.complete(engine, task.id, ADMIN)
        clock.advance(days=6)
        jobs.run_until_idle(engine)
        with engine.store.read() as uow:
            assert uow.instances.get(1).status == "completed"
            assert uow.audit.verify() == []
