"""Batches: everything that is meant is done once, in pages, by whoever works; what cannot be done says why."""

from __future__ import annotations

import contextlib
import datetime
import threading

import packbuilder as p
import patience
import pytest
import snippets as s
import sqlalchemy as sa

from engine import errors, jobs, testing
from engine.actions import batch_work, batches, incidents, instances, oversight, people, users
from engine.model import batches as model
from engine.model import commands
from engine.model import instances as model_instances
from engine.store import counting, queries, queries_monitoring

ADMIN = commands.Actor("admin", admin=True)
STRANGER = commands.Actor("zhaoliu")
CANCELLED = model_instances.InstanceStatus.CANCELLED
ALL = model.Selection(definition="main")
BECAUSE = {"reason": "政策调整，统一取消"}


@pytest.fixture
def office(url, tmp_path):
    """A driver on each kind of database, with a process of one task and one whose handler fails."""
    root = p.write(
        tmp_path / "packs",
        {
            "main": p.line(s.user("a", name="办理"), ids=("a",)),
            "sending": p.diagram(
                s.start(), s.service("b", camunda_topic="work"), s.end(), s.path("start", "b", "end"), id="sending"
            ),
        },
        handlers='@registry.handler("work", inputs={})\ndef work(job):\n    raise OSError("磁盘已满")\n',
    )
    with testing.EngineDriver(root, directory=tmp_path, database=url) as driver:
        yield driver


def start(driver, count, key="main"):
    return [instances.start(driver.engine, key, ADMIN).id for _ in range(count)]


def status(driver, case):
    with driver.engine.store.read() as uow:
        return uow.instances.get(case).status


def results(driver, batch, **chosen):
    return {
        each.item.target: (each.item.state.value, each.item.sentence)
        for each in batches.items(driver.engine, batch, ADMIN, limit=1000, **chosen).items
    }


def acts(driver, action):
    with driver.engine.store.read() as uow:
        return queries.audit(uow, action=action, limit=1000).items


@contextlib.contextmanager
def broken(url, case):
    """Have the database refuse every change of a case."""
    engine = sa.create_engine(url)
    on_sqlite = url.startswith("sqlite")
    if on_sqlite:
        make = [
            f"CREATE TRIGGER broken BEFORE UPDATE ON instances WHEN OLD.id = {case} "
            "BEGIN SELECT RAISE(ABORT, 'no'); END"
        ]
    else:
        make = [
            "CREATE FUNCTION broken() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ LANGUAGE plpgsql",
            f"CREATE TRIGGER broken BEFORE UPDATE ON instances FOR EACH ROW WHEN (OLD.id = {case}) "
            "EXECUTE FUNCTION broken()",
        ]
    with engine.begin() as connection:
        for each in make:
            connection.execute(sa.text(each))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("DROP TRIGGER broken" + ("" if on_sqlite else " ON instances")))
        engine.dispose()


def test_everything_that_a_filter_means_is_done_and_each_says_so(office):
    cases, other = start(office, 45), start(office, 1, "sending")
    ordered = batches.order(office.engine, "cancel", ALL, ADMIN, parameters=BECAUSE, expected=45)
    assert (ordered.batch.state, ordered.counts.waiting) == (model.BatchState.RUNNING, 45)

    office.run()

    found = batches.show(office.engine, ordered.batch.id, ADMIN)
    assert (found.batch.state, found.counts) == (model.BatchState.FINISHED, model.Counts(done=45))
    assert found.percent == 100
    assert {status(office, case) for case in cases} == {CANCELLED}
    assert not status(office, other[0]).ended
    assert results(office, ordered.batch.id) == dict.fromkeys(cases, ("done", "已取消。"))
    with office.engine.store.read() as uow:
        assert {uow.instances.get(case).end_reason for case in cases} == {"政策调整，统一取消"}


def test_what_came_later_is_not_meant(office):
    cases = start(office, 3)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    late = start(office, 1)
    office.run()
    assert set(results(office, batch)) == set(cases)
    assert status(office, late[0]) is model_instances.InstanceStatus.ACTIVE


def test_filters_narrow_by_version_time_status_and_incident(office):
    first = start(office, 2)
    office.advance(days=3)
    second = start(office, 2)
    instances.suspend(office.engine, second[0], ADMIN)
    failing = start(office, 2, "sending")
    office.advance(hours=1)
    since = testing.moment("2026-03-11")

    def meant(kind, **chosen):
        found = batches.preview(office.engine, kind, model.Selection(**chosen), ADMIN)
        assert found.total == len(found.first)
        return [number for number, _ in found.first]

    assert meant("cancel", definition="main") == [*first, *second]
    assert meant("cancel", definition="main", version=2) == []
    assert meant("cancel", definition="main", started_before=since) == first
    assert meant("cancel", definition="main", started_after=since) == second
    assert meant("cancel", status=model_instances.InstanceStatus.SUSPENDED) == second[:1]
    assert meant("suspend", definition="main") == [*first, second[1]]
    assert meant("activate", definition="main") == second[:1]
    assert meant("cancel", element="b") == failing
    assert meant("suspend", incident=model_instances.IncidentKind.JOB) == failing
    assert meant("suspend", incident=model_instances.IncidentKind.STUCK) == []
    incidents = oversight.incidents(office.engine, ADMIN).items
    assert meant("retry", definition="sending") == sorted(each.id for each in incidents)


def test_incidents_are_retried_and_what_is_settled_already_is_refused_with_the_sentence_of_the_act(office):
    start(office, 3, "sending")
    office.advance(hours=1)
    found = sorted(each.id for each in oversight.incidents(office.engine, ADMIN).items)
    batch = batches.order(office.engine, "retry", model.Selection(ids=(*found, 999)), ADMIN).batch.id
    incidents.resolve(office.engine, found[1], "已手工发布", ADMIN)
    batch_work.go_on(office.engine)

    assert results(office, batch) == {
        found[0]: ("done", "已重试。"),
        found[1]: ("refused", f"异常 {found[1]} 已由 admin 处理。"),
        found[2]: ("done", "已重试。"),
        999: ("refused", "没有编号为 999 的异常。"),
    }
    shown = batches.items(office.engine, batch, ADMIN, state=model.ItemState.REFUSED).items
    assert [each.case and each.case.procedure for each in shown] == ["公开申请审核", None]


def test_cases_are_migrated_and_those_that_cannot_say_why(office):
    moved, stuck = start(office, 2), start(office, 1)[0]
    root = office.engine.packs.roots[0]
    p.write(root, {"main": p.line(s.user("b", name="复核"), s.user("c", name="审核"), ids=("b", "c"))})
    office.deploy("demo")
    late = start(office, 1)[0]
    old = model.Selection(definition="main", version=1)
    with office.refused("没有部署过第 3 版", errors.InvalidInput):
        batches.order(office.engine, "migrate", old, ADMIN, parameters={"to_version": 3})
    with office.refused("迁移到第几版", errors.InvalidInput):
        batches.order(office.engine, "migrate", old, ADMIN)
    with office.refused("应说明哪个流程", errors.InvalidInput):
        batches.order(office.engine, "migrate", model.Selection(element="a"), ADMIN, parameters={"to_version": 2})

    given = {"to_version": 2, "mapping": {"a": "c"}}
    batch = batches.order(office.engine, "migrate", old, ADMIN, parameters=given, expected=3).batch.id
    instances.cancel(office.engine, stuck, "误报", ADMIN)
    office.run()

    found = results(office, batch)
    assert late not in found
    assert [found[case] for case in moved] == [("done", "已迁移。")] * 2
    assert found[stuck] == ("refused", f"事项 {stuck} 已取消，不能再操作。")
    assert {task.name for case in moved for task in office.tasks(case)} == {"审核"}

    nowhere = model.Selection(ids=(late,))
    batch = batches.order(office.engine, "migrate", nowhere, ADMIN, parameters={"to_version": 1}).batch.id
    office.run()
    state, sentence = results(office, batch)[late]
    assert state == "refused"
    assert "不能迁移到“公开申请审核”第 1 版" in sentence


def test_two_workers_share_a_batch_and_do_each_item_once(office, url, tmp_path):
    cases = start(office, 200)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    with jobs.Worker(office.engine, "w1", poll=0.01), jobs.Worker(office.engine, "w2", poll=0.01):
        patience.until(lambda: batches.show(office.engine, batch, ADMIN).batch.state.ended)

    assert batches.show(office.engine, batch, ADMIN).counts == model.Counts(done=200)
    suspended = [entry.subject for entry in acts(office, "suspend-instance")]
    assert sorted(suspended) == sorted(f"instance/{case}" for case in cases)
    assert len(acts(office, "finish-batch")) == 1
    with office.engine.store.read() as uow:
        assert uow.audit.verify() == []


def test_a_pause_comes_after_the_item_under_way_and_none_begins_then(office):
    cases = start(office, 30)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    done, paused = [], threading.Event()

    def going():
        done.append(1)
        if len(done) == 8:  # seven items are over, and the eighth of the page is next
            thread = threading.Thread(target=lambda: (batches.pause(office.engine, batch, ADMIN), paused.set()))
            thread.start()
            assert paused.wait(patience.SECONDS)
            thread.join()
        return True

    batch_work.go_on(office.engine, going=going)
    counts = batches.show(office.engine, batch, ADMIN).counts
    assert (counts.done, counts.waiting) == (len(done) - 2, 32 - len(done))  # one was asked for by the batch itself
    assert not office.run().batched

    batches.resume(office.engine, batch, ADMIN)
    office.run()
    assert batches.show(office.engine, batch, ADMIN).counts == model.Counts(done=30)
    assert len(acts(office, "suspend-instance")) == len(cases)
    assert [entry.action for entry in reversed(acts(office, None)) if entry.subject == f"batch/{batch}"] == [
        "order-batch",
        "pause-batch",
        "resume-batch",
        "finish-batch",
    ]


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(office):
    start(office, 30)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    answers = iter([True, True, True, False])
    batch_work.go_on(office.engine, going=lambda: next(answers))
    assert batches.show(office.engine, batch, ADMIN).counts.done == 2
    office.run()
    assert batches.show(office.engine, batch, ADMIN).counts.done == 30


def test_what_is_left_of_a_cancelled_batch_is_not_done(office):
    start(office, 30)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    batch_work.go_on(office.engine)
    found = batches.cancel(office.engine, batch, ADMIN)
    assert (found.batch.state, found.counts) == (model.BatchState.CANCELLED, model.Counts(waiting=10, done=20))
    office.run()
    assert len(acts(office, "suspend-instance")) == 20
    with office.refused("已取消，不能取消", errors.Conflict):
        batches.cancel(office.engine, batch, ADMIN)
    with office.refused("已取消，不能暂停", errors.Conflict):
        batches.pause(office.engine, batch, ADMIN)
    with office.refused("已取消，不能重试", errors.Conflict):
        batches.retry(office.engine, batch, ADMIN)


def test_an_item_that_fails_is_tried_again_and_then_given_up_until_somebody_has_it_tried_again(office, url):
    cases = start(office, 3)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    with broken(url, cases[1]):
        office.run()
        item = batches.items(office.engine, batch, ADMIN, state=model.ItemState.WAITING).items[0].item
        assert (item.target, item.attempts) == (cases[1], 1)
        assert item.poll_at == office.now + datetime.timedelta(seconds=5)
        office.advance(hours=1)
    found = batches.show(office.engine, batch, ADMIN)
    assert (found.batch.state, found.counts) == (model.BatchState.FINISHED, model.Counts(done=2, failed=1))
    item = batches.items(office.engine, batch, ADMIN, state=model.ItemState.FAILED).items[0].item
    assert item.attempts == batch_work.MOST_ATTEMPTS
    assert item.sentence
    assert status(office, cases[1]) is model_instances.InstanceStatus.ACTIVE

    batches.retry(office.engine, batch, ADMIN)
    office.run()
    assert batches.show(office.engine, batch, ADMIN).counts == model.Counts(done=3)
    assert status(office, cases[1]) is model_instances.InstanceStatus.SUSPENDED
    with office.refused("没有失败的项目", errors.Conflict):
        batches.retry(office.engine, batch, ADMIN)


def test_an_item_whose_worker_never_answers_is_given_up_at_last(office):
    start(office, 1)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    for _ in range(batch_work.MOST_ATTEMPTS + 1):
        with office.engine.store.write() as uow:
            (item,) = uow.batches.lease(batch, office.now, 20, 20)
        if item.fence > item.attempts + 1:  # as a worker does before it begins, and is killed then
            with office.engine.store.write() as uow:
                assert uow.batches.begin(item, item.attempts + 1)
        office.clock.advance(seconds=21)
    office.run()
    assert results(office, batch)[1] == (
        "failed",
        "已有 5 次办理没有结果（工作进程中断或超时），不再自动办理。",
    )


def test_a_worker_that_was_only_asleep_changes_nothing(office):
    (case,) = start(office, 1)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch
    with office.engine.store.write() as uow:
        (stale,) = uow.batches.lease(batch.id, office.now, 20, 20)
    office.clock.advance(seconds=21)
    assert batch_work.go_on(office.engine) == 1
    instances.activate(office.engine, case, ADMIN)

    assert batch_work._do(office.engine, batch, stale, ADMIN) is batch_work._Outcome.LOST
    assert batches.show(office.engine, batch.id, ADMIN).counts == model.Counts(done=1)
    office.run()
    assert batch_work._do(office.engine, batch, stale, ADMIN) is batch_work._Outcome.RESTS
    assert status(office, case) is model_instances.InstanceStatus.ACTIVE


def test_ten_thousand_items_are_written_down_in_pages_none_of_which_holds_the_database_for_long(office, url):
    (case,) = start(office, 1)
    copied = "definition_id, status, started_at, started_by, audit_seq, audit_hash, variables, tokens"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999) "  # noqa: S608
                f"INSERT INTO instances ({copied}) SELECT {copied} FROM instances, n WHERE id = {case}"
            )
        )
    engine.dispose()
    assert batches.preview(office.engine, "suspend", ALL, ADMIN).total == 10_000

    with counting.counted(office.engine.store) as count:
        ordered = batches.order(office.engine, "suspend", ALL, ADMIN)

    assert ordered.counts == model.Counts(waiting=10_000)
    assert count.commits == 1 + 10 + 1  # the order, ten pages, and the look that finds no eleventh
    transactions = "\n\n".join(count.sql).split("COMMIT")
    assert max(len(each.split("\n\n")) for each in transactions) <= 15
    assert all(each.count("INSERT INTO batch_items") <= 1 for each in transactions)


def test_an_order_that_was_killed_half_way_is_written_down_by_the_next_worker(office, monkeypatch):
    cases = start(office, 5)
    monkeypatch.setattr(batch_work, "COLLECTED", 2)
    with office.engine.store.write() as uow:  # what the order does before its first page
        batch = uow.batches.add("suspend", {}, ALL, by="admin", by_account=False, upto=cases[-1], at=office.now).id
    assert batch_work.collect(office.engine, batch)
    assert batches.show(office.engine, batch, ADMIN).batch.state is model.BatchState.COLLECTING
    office.run()
    assert batches.show(office.engine, batch, ADMIN).counts == model.Counts(done=5)


def test_who_is_no_operator_any_more_has_nothing_done_in_their_name(office):
    people.seed_demo(office.engine)
    start(office, 3)
    users.create_user(office.engine, ADMIN, "chief-admin", "管理员甲", rights=["admin"], password="gongkai-demo-1")
    theirs = commands.Actor("chief-admin", admin=True)
    batch = batches.order(office.engine, "suspend", ALL, theirs).batch.id
    users.deactivate(office.engine, ADMIN, "chief-admin", "离职")
    office.run()
    found = batches.show(office.engine, batch, ADMIN)
    assert (found.batch.state, found.counts.waiting) == (model.BatchState.PAUSED, 3)
    assert "已停用" in found.batch.note

    batches.resume(office.engine, batch, ADMIN)
    office.run()
    assert batches.show(office.engine, batch, ADMIN).counts == model.Counts(done=3)
    assert {entry.actor for entry in acts(office, "suspend-instance")} == {"admin"}


def test_what_is_no_order_is_refused_and_nothing_is_begun(office):
    start(office, 2)
    engine = office.engine
    refused = [
        ("说明办理哪些事项", "cancel", model.Selection(), BECAUSE),
        ("没有“delete”这种批量办理", "delete", ALL, {}),
        ("应说明理由", "cancel", ALL, {}),
        ("没有参数“force”", "suspend", ALL, {"force": True}),
        ("同时给出流程", "suspend", model.Selection(version=1), {}),
        ("不能两者都给出", "suspend", model.Selection(ids=(1,), definition="main"), {}),
        ("编号应为正整数", "suspend", model.Selection(ids=(0,)), {}),
        ("应不超过 10000 个", "suspend", model.Selection(ids=tuple(range(1, 10_002))), {}),
        ("可以选择的状态为已暂停", "activate", model.Selection(status=model_instances.InstanceStatus.ACTIVE), {}),
        (
            "必须带有时区",
            "suspend",
            model.Selection(started_after=datetime.datetime(2026, 1, 1)),  # noqa: DTZ001
            {},
        ),
    ]
    for sentence, kind, selection, given in refused:
        with office.refused(sentence, errors.InvalidInput):
            batches.order(engine, kind, selection, ADMIN, parameters=given)
    with office.refused("由 3 个变为 2 个", errors.Conflict):
        batches.order(engine, "suspend", ALL, ADMIN, expected=3)
    with office.refused("没有符合条件的事项", errors.Conflict):
        batches.order(engine, "activate", ALL, ADMIN)
    assert batches.listed(engine, ADMIN).items == ()


def test_repeating_an_order_with_its_key_gives_the_same_batch(office):
    start(office, 2)
    first = batches.order(office.engine, "suspend", ALL, ADMIN, idempotency_key="k")
    office.run()
    again = batches.order(office.engine, "suspend", ALL, ADMIN, idempotency_key="k")
    assert again.batch.id == first.batch.id
    assert len(batches.listed(office.engine, ADMIN).items) == 1


def test_batches_are_for_operators_alone(office):
    start(office, 1)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    monitor = commands.Actor("monitor", monitor=True)
    for actor in (STRANGER, monitor):
        for act in (
            lambda a: batches.preview(office.engine, "suspend", ALL, a),
            lambda a: batches.order(office.engine, "suspend", ALL, a),
            lambda a: batches.show(office.engine, batch, a),
            lambda a: batches.listed(office.engine, a),
            lambda a: batches.items(office.engine, batch, a),
            lambda a: batches.pause(office.engine, batch, a),
            lambda a: batches.resume(office.engine, batch, a),
            lambda a: batches.cancel(office.engine, batch, a),
            lambda a: batches.retry(office.engine, batch, a),
        ):
            with office.refused("此操作由系统管理员执行", errors.Forbidden):
                act(actor)


def test_monitoring_counts_what_waits_and_not_what_rests(office):
    def waiting():
        with office.engine.store.read() as uow:
            return queries_monitoring.backlog(uow, office.now).batched

    start(office, 25)
    batch = batches.order(office.engine, "suspend", ALL, ADMIN).batch.id
    assert waiting() == 25
    batch_work.go_on(office.engine)
    assert waiting() == 5
    batches.pause(office.engine, batch, ADMIN)
    assert waiting() == 0


def test_an_idle_look_for_batches_is_one_statement(office):
    with counting.counted(office.engine.store) as count:
        assert batch_work.go_on(office.engine) == 0
    assert count.statements == 1


def test_a_batch_of_a_kind_that_a_newer_version_knows_is_shown_paused_and_left_to_that(office):
    case = start(office, 1)[0]
    batch = batches.order(office.engine, "suspend", model.Selection(ids=(case,)), ADMIN).batch.id
    with office.engine.store.write() as uow:
        uow.link.driver("UPDATE batches SET kind = 'rename'")
    assert [each.kind.title for each in batches.listed(office.engine, ADMIN).items] == ["rename"]
    assert batch_work.go_on(office.engine) == 0
    assert [each.item.target for each in batches.items(office.engine, batch, ADMIN).items] == [case]
    assert batches.pause(office.engine, batch, ADMIN).batch.state is model.BatchState.PAUSED
    with pytest.raises(errors.InvalidInput, match="没有“rename”这种批量办理"):
        batches.order(office.engine, "rename", ALL, ADMIN)
