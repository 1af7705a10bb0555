"""Two actors at once, in every order of their statements: one wins, or both do one after the other; who loses is told.

Each actor has an engine of its own on the same database, as two processes have; see `faultoffice` and `interleaving`.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import json
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import faultoffice
import faultruns
import interleaving
import packbuilder as p
import patience
import pytest
import snippets as s
import sqlalchemy as sa

from engine import bootstrap, catalog, config, errors, testing
from engine.actions import deployments, instances, messages, migrating, timers, user_tasks
from engine.actions import jobs as job_actions
from engine.jobs import runner
from engine.model import commands
from engine.model import instances as model
from engine.store import queries


def complete(actor: commands.Actor, **given: Any) -> Callable[[bootstrap.Engine, model.UserTask], Any]:
    return lambda engine, task: user_tasks.complete(engine, task.id, actor, **given)


def test_of_two_completions_one_wins_and_the_other_is_told_who_did_it(office):
    for task, played in office.every_order(
        lambda: office.task(office.start("two")), complete(faultoffice.ZHANG), complete(faultoffice.LI)
    ):
        (winner,) = played.winners()
        (loser,) = {played.first, played.second} - {winner}
        assert isinstance(loser.refusal, errors.Conflict), played.order
        assert f"该任务已由{winner.answer.completed_by}" in loser.refusal.message.replace("张三", "zhangsan").replace(
            "李四", "lisi"
        )
        assert office.tasks(task.instance_id) == ["c"]
        assert office.did(task.instance_id) == ["complete-user-task"]


def test_of_two_requests_with_one_key_both_get_the_same_answer(office):
    def twice(engine: bootstrap.Engine, task: model.UserTask) -> user_tasks.Completion:
        return user_tasks.complete(engine, task.id, faultoffice.ZHANG, idempotency_key=f"once-{task.id}")

    for task, played in office.every_order(lambda: office.task(office.start("two")), twice, twice):
        assert played.winners() == [played.first, played.second], played.order
        assert played.first.answer == played.second.answer
        assert office.did(task.instance_id) == ["complete-user-task"]


def test_a_completion_and_a_deadline_take_one_way_and_not_both(office):
    def prepare() -> tuple[model.UserTask, model.Timer]:
        case = office.start("two")
        return office.task(case), office.timer(case)

    seen = set()
    for (task, _), played in office.every_order(
        prepare,
        lambda engine, given: user_tasks.complete(engine, given[0].id, faultoffice.ZHANG),
        lambda engine, given: timers.fire(engine, given[1]),
    ):
        completed, fired = played.first.refusal is None, played.second.answer
        assert completed is not fired, played.order
        assert played.second.refusal is None
        seen.add(fired)
        if fired:
            assert isinstance(played.first.refusal, errors.Conflict)
            assert "流程已转到其他环节" in played.first.refusal.message
            assert (office.tasks(task.instance_id), office.did(task.instance_id)) == (["b"], ["fire-timer"])
        else:
            assert (office.tasks(task.instance_id), office.did(task.instance_id)) == (["c"], ["complete-user-task"])
    assert seen == {True, False}


def test_a_completion_and_a_cancellation_both_happen_or_the_later_one_is_refused(office):
    seen = set()
    for task, played in office.every_order(
        lambda: office.task(office.start("two")),
        complete(faultoffice.ZHANG),
        lambda engine, task: instances.cancel(engine, task.instance_id, "误报", faultoffice.ADMIN),
    ):
        assert played.second.refusal is None
        assert office.status(task.instance_id) == "cancelled"
        did = office.did(task.instance_id)
        seen.add(tuple(did))
        if played.first.refusal is None:
            assert did == ["complete-user-task", "instance-cancelled"]
        else:
            assert "取消" in played.first.refusal.message
            assert did == ["instance-cancelled"]
    assert len(seen) == 2


def test_a_late_worker_and_the_one_who_took_over_finish_a_job_once(office):
    def prepare() -> model.Job:
        office.start("work")
        (leased,) = job_actions.lease(office.engine, "late")
        return leased

    def take_over(engine: bootstrap.Engine, _: model.Job) -> list[runner.Outcome]:
        return [runner.run(engine, job) for job in job_actions.lease(engine, "other", limit=5)]

    seen = set()
    for job, played in office.every_order(prepare, runner_run, take_over):
        assert not played.first.refusal
        assert not played.second.refusal
        outcomes = [played.first.answer, *played.second.answer]
        assert outcomes.count(runner.Outcome.COMPLETED) == 1, (outcomes, played.order)
        assert set(outcomes) <= {runner.Outcome.COMPLETED, runner.Outcome.LOST}
        seen.add(played.first.answer)
        assert (office.tasks(job.instance_id), office.did(job.instance_id)) == (["c"], ["complete-job"])
        with office.engine.store.read() as uow:
            by = json.loads(uow.instances.state(job.instance_id).variables)["by"]
        assert by == (1 if played.first.answer is runner.Outcome.COMPLETED else 2)
    assert seen == {runner.Outcome.COMPLETED, runner.Outcome.LOST}


def runner_run(engine: bootstrap.Engine, job: model.Job) -> runner.Outcome:
    return runner.run(engine, job)


def test_a_message_and_the_deadline_of_who_waits_for_it_take_one_way_and_no_message_is_lost(office):
    in_time = office.first.clock = testing.FixedClock(testing.MONDAY + datetime.timedelta(minutes=59))
    assert in_time.now() < office.second.clock.now()

    def prepare() -> tuple[int, str, model.Timer]:
        case = office.start("wait")
        return case, f"K{office.starts}", office.timer(case)

    seen = set()
    for (case, _, _), played in office.every_order(
        prepare,
        lambda engine, given: messages.correlate(engine, "补正材料", faultoffice.ADMIN, key=given[1]),
        lambda engine, given: timers.fire(engine, given[2]),
    ):
        assert not played.first.refusal
        assert not played.second.refusal
        delivered, fired = played.first.answer.outcome == "delivered", played.second.answer
        assert delivered is not fired, played.order
        assert played.first.answer.outcome == ("buffered" if fired else "delivered")
        assert office.tasks(case) == (["b"] if fired else ["c"])
        seen.add(fired)
    assert seen == {True, False}


def test_the_end_of_a_called_case_and_the_cancellation_of_its_caller_never_hold_each_other_up(office):
    def prepare() -> tuple[int, model.UserTask]:
        case = office.start("caller")
        with office.engine.store.read() as uow:
            (child,) = uow.instances.children(case)
        return case, office.task(child.id)

    for (case, task), played in office.every_order(
        prepare,
        lambda engine, given: user_tasks.complete(engine, given[1].id, faultoffice.ZHANG),
        lambda engine, given: instances.cancel(engine, given[0], "误报", faultoffice.ADMIN),
    ):
        assert played.second.refusal is None, played.second.refusal.message
        assert office.status(case) == "cancelled"
        if played.first.refusal is None:
            assert office.status(task.instance_id) == "completed"
        else:
            assert "取消" in played.first.refusal.message, played.first.refusal.message
            assert office.status(task.instance_id) == "cancelled"


def test_the_end_of_a_called_case_and_the_deadline_of_the_call_take_one_way(office):
    def prepare() -> tuple[int, model.UserTask, model.Timer]:
        case = office.start("caller")
        with office.engine.store.read() as uow:
            (child,) = uow.instances.children(case)
        return case, office.task(child.id), office.timer(case)

    for (case, task, _), played in office.every_order(
        prepare,
        lambda engine, given: user_tasks.complete(engine, given[1].id, faultoffice.ZHANG),
        lambda engine, given: timers.fire(engine, given[2]),
    ):
        assert played.second.refusal is None, played.second.refusal.message
        fired = played.second.answer
        assert (played.first.refusal is None) is not fired, played.order
        assert office.tasks(case) == (["b"] if fired else ["c"])
        assert office.status(task.instance_id) == ("cancelled" if fired else "completed")
        if fired:
            assert "取消" in played.first.refusal.message, played.first.refusal.message


# --- migrations ------------------------------------------------------------------------------------------------------

TWO_LONGER = p.diagram(
    s.start(), s.user("a", name="起草"), s.user("n", name="复核"), s.user("c", name="核对"), s.end(),
    s.path("start", "a", "n", "c", "end"),
    s.boundary("late", "a", s.timer("PT1H")), s.user("b", name="催办"), s.end("over"), s.path("late", "b", "over"),
    id="two",
)  # fmt: skip
WORK_LONGER = p.line(
    s.service("b", camunda_topic="work"),
    s.user("n", name="复核"),
    s.user("c", name="核对"),
    ids=("b", "n", "c"),
    id="work",
)


@pytest.fixture
def longer(office: faultoffice.Office, tmp_path: pathlib.Path) -> faultoffice.Office:
    """An office in which two processes have a second version, with one task more."""
    p.write(tmp_path / "packs", {"two": TWO_LONGER, "work": WORK_LONGER})
    deployments.deploy(office.engine, "demo", faultoffice.ADMIN)
    return office


def first_version(office: faultoffice.Office, key: str) -> int:
    return instances.start(office.engine, key, faultoffice.ADMIN, version=1).id


def migrate(engine: bootstrap.Engine, case: int) -> int:
    return migrating.migrate(engine, case, faultoffice.ADMIN, version=2).to_version


def test_a_migration_and_a_completion_both_happen_and_the_later_one_sees_what_the_other_did(longer):
    seen = set()
    for task, played in longer.every_order(
        lambda: longer.task(first_version(longer, "two")),
        complete(faultoffice.ZHANG),
        lambda engine, task: migrate(engine, task.instance_id),
    ):
        assert played.winners() == [played.first, played.second], played.order
        did = longer.did(task.instance_id)
        seen.add(tuple(did))
        after = ["c"] if did == ["complete-user-task", "migrate-instance"] else ["n"]
        assert (sorted(did), longer.tasks(task.instance_id)) == (["complete-user-task", "migrate-instance"], after)
    assert len(seen) == 2


def test_a_migration_and_a_deadline_leave_one_way_and_the_newer_version(longer):
    seen = set()
    for (task, _), played in longer.every_order(
        lambda: (longer.task(case := first_version(longer, "two")), longer.timer(case)),
        lambda engine, given: migrate(engine, given[0].instance_id),
        lambda engine, given: timers.fire(engine, given[1]),
        every=2,
    ):
        assert played.winners() == [played.first, played.second], played.order
        did = longer.did(task.instance_id)
        seen.add(tuple(did))
        assert (sorted(did), longer.tasks(task.instance_id)) == (["fire-timer", "migrate-instance"], ["b"])
    assert len(seen) == 2


def test_a_job_that_is_finished_while_its_case_is_migrated_is_finished_once(longer):
    def prepare() -> model.Job:
        case = first_version(longer, "work")
        with longer.engine.store.read() as uow:
            (waiting,) = queries.jobs(uow, instance_id=case).items
        job = faultoffice.take(longer.engine, waiting.id, "w")
        assert job is not None
        return job

    seen = set()
    for job, played in longer.every_order(
        prepare,
        lambda engine, job: job_actions.complete(engine, job, {"by": 1}),
        lambda engine, job: migrate(engine, job.instance_id),
        every=2,
    ):
        assert played.winners() == [played.first, played.second], played.order
        seen.add(tuple(longer.tasks(job.instance_id)))
    assert seen == {("c",), ("n",)}


# --- deployments -----------------------------------------------------------------------------------------------------


def timed(name: str) -> bytes:
    """A process that an hour starts, and a message; under this name."""
    asked = s.start("asked", s.event("message", messageRef="M2"), name="收到申请")
    hourly = s.start("hourly", s.timer("R/PT1H", "timeCycle"), name="每小时")
    body = (hourly, asked, s.user("a", name=name), s.end(), s.path("hourly", "a", "end"), s.path("asked", "a"))
    return p.diagram(*body, id="timed")


def deploying(root: pathlib.Path) -> Callable[[bootstrap.Engine, Any], Any]:
    """Return what deploys the pack of a root, as it lies there when the race begins."""

    def act(engine: bootstrap.Engine, _: Any) -> deployments.Report:
        return deployments.deploy_pack(engine, catalog.Catalog([root]).pack("demo"), faultoffice.ADMIN)

    return act


def listening(office: faultoffice.Office) -> list[tuple[str, int]]:
    """Return who starts cases of the process: each element with the version that it belongs to."""
    sql = "SELECT x.element_id, d.version FROM {} x JOIN definitions d ON d.id = x.definition_id WHERE d.key = 'timed'"
    with faultruns.connected(office.url) as connection:
        return sorted(
            tuple(row)
            for table in ("timers", "subscriptions")
            for row in connection.execute(sa.text(sql.format(table)))
        )


@pytest.mark.parametrize("alike", [False, True], ids=["different", "alike"])
def test_of_two_deployments_each_is_a_version_of_its_own_or_refused_as_a_whole(office, tmp_path, alike):
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    turns = itertools.count(1)

    def prepare() -> int:
        turn = next(turns)
        p.write(mine, {"timed": timed(f"甲{turn}")}, handlers=faultoffice.HANDLERS)
        p.write(theirs, {"timed": timed(f"甲{turn}" if alike else f"乙{turn}")}, handlers=faultoffice.HANDLERS)
        return versions(office)

    for before, played in office.every_order(prepare, deploying(mine), deploying(theirs), every=7):
        made = [each for each in played.winners() if not each.answer.unchanged]
        assert made, played.order
        if alike:
            assert len(made) == 1
        for each in (played.first, played.second):
            assert each.refusal is None or "正在由另一操作部署，请稍后再试" in each.refusal.message, (
                each.refusal.message
            )
        newest = before + len(made)
        assert versions(office) == newest
        assert listening(office) == [("asked", newest), ("hourly", newest)]
        assert sorted(each.answer.changes[-1].version for each in made) == list(range(before + 1, newest + 1))


def test_of_the_two_first_deployments_of_all_one_is_refused_or_the_next_version(url, kind, tmp_path):
    roots = [tmp_path / "mine", tmp_path / "theirs"]
    with contextlib.ExitStack() as closing:
        actors = []
        for root, name in zip(roots, ("first", "second"), strict=True):
            p.write(root, {"timed": timed(name)})
            engine = closing.enter_context(
                faultoffice.open_engine(url, kind, name, tmp_path, root, testing.FixedClock())
            )
            actors.append(interleaving.Actor(name, engine, lambda engine, root=root: deploying(root)(engine, None)))
        first, second = actors

        def order() -> Iterator[interleaving.Actor]:
            while not (first.held_at or "").startswith("INSERT INTO deployments"):
                yield first
            yield from itertools.repeat(second, 10_000)

        watch = closing.enter_context(faultoffice.watching(url, kind))
        played = interleaving.play(first, second, order(), watch=watch)

    made = sorted(each.answer.changes[0].version for each in played.winners())
    if kind == "sqlite":
        assert made == [1, 2]
        return
    assert made == [1]
    assert "正在由另一操作部署，请稍后再试" in first.refusal.message


def versions(office: faultoffice.Office) -> int:
    with office.engine.store.read() as uow:
        found = uow.definitions.latest("timed")
    return 0 if found is None else found.version


def test_what_a_deployment_that_is_given_up_has_read_is_never_taken_for_another_one(url, tmp_path):
    # given a deployment that is refused at its very end: another pack starts a case with the same message
    root = tmp_path / "packs"
    p.write(root, {"taken": timed("已有").replace(b'"timed"', b'"taken"')}, slug="taken", handlers=faultoffice.HANDLERS)
    p.write(root, {"timed": timed("误")}, slug="wrong")
    right = p.line(s.user("sign", name="正确"), ids=("sign",), id="right")
    p.write(root, {"right": right}, slug="right")
    settings = config.Settings(database=url, packs=(root,), files=str(tmp_path / "files"))
    with bootstrap.open_engine(settings, testing.FixedClock(), shipped_packs=False) as engine:
        deployments.deploy(engine, "taken", faultoffice.ADMIN)
        reached, go_on, refused = threading.Event(), threading.Event(), []
        end = engine.store.end

        def held(link: Any, *, writable: bool) -> None:
            end(link, writable=writable)
            if threading.current_thread() is thread and writable:
                reached.set()
                assert go_on.wait(patience.SECONDS)

        def give_up() -> None:
            try:
                deployments.deploy(engine, "wrong", faultoffice.ADMIN)
            except errors.Conflict as refusal:
                refused.append(refusal)

        engine.store.end = held
        thread = threading.Thread(target=give_up, daemon=True)

        # when its transaction has been rolled back, and before it can say so another one gets its number
        thread.start()
        assert reached.wait(patience.SECONDS)
        report = deployments.deploy(engine, "right", faultoffice.ADMIN)
        case = instances.start(engine, "right", faultoffice.ADMIN)
        go_on.set()
        thread.join(patience.SECONDS)

        # then that is what cases run on
        assert refused
        with engine.store.read() as uow:
            assert engine.definitions.get(uow, report.changes[0].definition_id).row.key == "right"
            assert [task.element_id for task in uow.user_tasks.of_instance(case.id)] == ["sign"]
