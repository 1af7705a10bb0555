"""Played by the program of the release before, in a process of its own, on tables that are newer than it.

Usage: previous_story.py DATABASE PACKS VERSION
"""

import dataclasses
import pathlib
import sys

from engine import bootstrap, config, jobs, testing
from engine.actions import deployments, instances, user_tasks
from engine.model import commands
from engine.store import schema

database, packs, version = sys.argv[1:]
if schema.HEAD < "0024":
    # Releases from then on go on with newer tables that allow it; this one asks for its own, which is not the point here.
    schema.HEAD = version
ADMIN = commands.Actor("admin", frozenset({"clerk", "chief"}), admin=True)
settings = config.Settings(database=database, packs=(pathlib.Path(packs),))
if "queue" in {field.name for field in dataclasses.fields(config.Settings)}:
    settings = dataclasses.replace(settings, queue="rows")
clock = testing.FixedClock()
with bootstrap.open_engine(settings, clock, shipped_packs=False) as engine:
    deployments.deploy(engine, "demo", ADMIN)
    for _ in range(2):
        case = instances.start(engine, "main", ADMIN, variables={"title": "旧版本开始的事项"})
        jobs.run_until_idle(engine)
    with engine.store.read() as uow:
        (task,) = [each for each in uow.user_tasks.of_instance(case.id) if each.status == "open"]
    user_tasks.complete(engine, task.id, ADMIN)
    clock.advance(days=6)
    jobs.run_until_idle(engine)
    with engine.store.read() as uow:
        assert uow.audit.verify() == []
        assert uow.instances.get(case.id).status == "completed"
        print([str(uow.instances.get(number).status) for number in (1, 2)])
