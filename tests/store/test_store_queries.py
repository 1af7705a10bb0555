"""Lists: complete, in order, page by page, and as cheap for a hundred thousand rows as for ten."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from engine import errors
from engine.model import definitions as model_definitions
from engine.model import instances as model
from engine.model import steps
from engine.store import counting, paging, queries, statements, tables, types

HOUR = datetime.timedelta(hours=1)


def all_pages(desk, list_: Callable[..., paging.Page[Any]], *args: Any, limit: int = 2, **filters: Any) -> list[Any]:
    """Every item of a list, read page by page."""
    found: list[Any] = []
    after = None
    with desk.database.read() as uow:
        while True:
            page = list_(uow, *args, limit=limit, after=after, **filters)
            assert len(page.items) <= limit
            found += page.items
            after = page.after
            if after is None:
                return found


def names(rows: list[queries.UserTaskRow]) -> list[str]:
    return [row.task.name for row in rows]


def test_tasks_come_by_due_time_and_those_without_last(desk) -> None:
    for name, due in (("无", None), ("三", 3), ("一", 1), ("又无", None), ("二", 2), ("也是一", 1)):
        desk.task(name=name, candidate_groups=("clerk",), due=None if due is None else desk.now + due * HOUR)
    expected = ["一", "也是一", "二", "三", "无", "又无"]

    assert names(all_pages(desk, queries.open_user_tasks)) == expected
    assert names(all_pages(desk, queries.claimable_user_tasks, groups=["clerk"])) == expected
    assert names(all_pages(desk, queries.open_user_tasks, due_before=desk.now + 2 * HOUR)) == ["一", "也是一"]


def test_the_claimable_list_merges_roles_and_persons_without_repeating_a_task(desk) -> None:
    for n in range(6):
        desk.task(
            name=str(n),
            due=desk.now + n * HOUR,
            candidate_groups=("clerk", "head") if n % 2 else ("clerk",),
            candidate_users=("li",) if n < 3 else (),
        )
    desk.task(name="别人的", candidate_groups=("archivist",))

    for limit in (1, 2, 3, 6, 7):
        rows = all_pages(desk, queries.claimable_user_tasks, limit=limit, user="li", groups=["head", "clerk"])
        assert names(rows) == ["0", "1", "2", "3", "4", "5"]
    assert names(all_pages(desk, queries.claimable_user_tasks, groups=["head"])) == ["1", "3", "5"]
    assert names(all_pages(desk, queries.claimable_user_tasks, user="li")) == ["0", "1", "2"]


def test_lists_of_tasks_say_which_case_they_belong_to(desk) -> None:
    instance_id = desk.start(business_key="受1", user_tasks=(steps.UserTaskOpened(1, "T", "审核", assignee="li"),))
    with desk.database.write() as uow:
        locked = uow.instances.lock(instance_id)
        uow.instances.set_status(locked, model.InstanceStatus.SUSPENDED, at=desk.now)
    (row,) = all_pages(desk, queries.assigned_user_tasks, "li")
    assert (row.business_key, row.instance_status, row.definition_key, row.definition_name) == (
        "受1",
        model.InstanceStatus.SUSPENDED,
        "yushen",
        "流程yushen",
    )


def test_lists_of_tasks_can_be_narrowed(desk) -> None:
    task = desk.task(name="预审", candidate_groups=("clerk",), element_id="Task_a")
    desk.definition_id = desk.define("gongshi").id
    for n in range(3):
        desk.task(name=f"公示{n}", candidate_groups=("clerk",), element_id="Task_b")
    mine = desk.task(name="我的", assignee="li", element_id="Task_b")

    def found(list_: Callable[..., paging.Page[Any]], *args: Any, **filters: Any) -> list[str]:
        return names(all_pages(desk, list_, *args, limit=1, **filters))

    assert found(queries.claimable_user_tasks, groups=["clerk"], definition_key="yushen") == ["预审"]
    assert found(queries.open_user_tasks, definition_key="yushen") == ["预审"]
    assert found(queries.open_user_tasks, element_id="Task_a") == ["预审"]
    assert found(queries.open_user_tasks, instance_id=task.instance_id) == ["预审"]
    assert found(queries.assigned_user_tasks, "li", definition_key="gongshi") == ["我的"]
    assert found(queries.assigned_user_tasks, "li", definition_key="yushen") == []
    desk.go_on(mine.instance_id, by="li", closed=(steps.Closed("user_task", 1, "completed"),))
    assert found(queries.assigned_user_tasks, "li") == []


def test_a_task_opened_meanwhile_does_not_disturb_the_pages(desk) -> None:
    for n in range(4):
        desk.task(name=str(n), due=desk.now + n * HOUR)
    with desk.database.read() as uow:
        first = queries.open_user_tasks(uow, limit=2)
    desk.task(name="更早", due=desk.now - HOUR)
    with desk.database.read() as uow:
        second = queries.open_user_tasks(uow, limit=2, after=first.after)
    assert names([*first.items, *second.items]) == ["0", "1", "2", "3"]


def test_instances_are_found_by_what_people_know_of_them(desk) -> None:
    first = desk.start(business_key="受1")
    second = desk.start(business_key="受2")
    other = desk.define("gongshi").id
    with desk.database.write() as uow:
        child = uow.instances.create(
            other, business_key="受1", started_at=desk.now, started_by="system", parent_id=first, root_id=first
        ).id
        uow.instances.set_status(uow.instances.lock(second), model.InstanceStatus.CANCELLED, at=desk.now, reason="撤回")

    def ids(**filters: Any) -> list[int]:
        return [row.instance.id for row in all_pages(desk, queries.instances, **filters)]

    assert ids() == [child, second, first]
    assert ids(open_only=True) == [child, first]
    assert ids(business_key="受1") == [child, first]
    assert ids(definition_key="yushen") == [second, first]
    assert ids(definition_id=other) == [child]
    assert ids(status=model.InstanceStatus.CANCELLED) == [second]
    assert ids(started_by="zhang", business_key="受2") == [second]
    assert ids(parent_id=first) == ids(root_id=first) == [child]
    (row,) = all_pages(desk, queries.instances, definition_id=other)
    assert (row.definition_key, row.definition_version, row.definition_name) == ("gongshi", 1, "流程gongshi")


def test_definitions_and_deployments_are_listed(desk) -> None:
    for key in ("b", "a", "b"):
        desk.define(key)
    with desk.database.write() as uow:
        uow.definitions.set_status(desk.definition_id, model_definitions.DefinitionStatus.SUSPENDED)

    def found(**filters: Any) -> list[tuple[str, int]]:
        return [(each.key, each.version) for each in all_pages(desk, queries.definitions, **filters)]

    assert found() == [("a", 1), ("b", 1), ("b", 2), ("yushen", 1)]
    assert found(latest_only=True) == [("a", 1), ("b", 2), ("yushen", 1)]
    assert found(key="b") == [("b", 1), ("b", 2)]
    assert found(pack="a") == [("a", 1)]
    assert found(status=model_definitions.DefinitionStatus.SUSPENDED) == [("yushen", 1)]
    assert [each.pack for each in all_pages(desk, queries.deployments)] == ["b", "a", "b", "yushen"]
    assert len(all_pages(desk, queries.deployments, pack="b")) == 2


def test_operators_find_jobs_timers_waits_incidents_and_history(desk) -> None:
    instance_id = desk.start(
        jobs=tuple(steps.JobOpened(n, "J", f"topic{n % 2}", {}, "R3/PT5M") for n in range(1, 4)),
        timers=tuple(steps.TimerOpened(n, "C", desk.now + n * HOUR) for n in (3, 1, 2)),
        subscriptions=(
            steps.SubscriptionOpened(11, "M", model.SubscriptionKind.MESSAGE, "补正", "受1"),
            steps.SubscriptionOpened(12, "S", model.SubscriptionKind.SIGNAL, "停止"),
        ),
        incidents=tuple(steps.IncidentOpened(n, "G", model.IncidentKind.EXPRESSION, str(n)) for n in (21, 22)),
        visits=tuple(steps.Visit(n, f"E{n % 2}", "task", "x", desk.now, None, None, False) for n in (1, 2, 3)),
    )
    desk.go_on(instance_id, closed=(steps.Closed("incident", 21, "completed"), steps.Closed("job", 1, "cancelled")))
    with desk.database.write() as uow:
        for n in range(3):
            uow.messages.add(f"通知{n % 2}", None, {}, received_at=desk.now, expires_at=desk.now + HOUR)

    def tokens(list_: Callable[..., paging.Page[Any]], *args: Any, **filters: Any) -> list[int]:
        return [each.token for each in all_pages(desk, list_, *args, **filters)]

    assert tokens(queries.jobs) == [3, 2, 1]
    assert tokens(queries.jobs, topic="topic1") == [3, 1]
    assert tokens(queries.jobs, status=model.JobStatus.READY, instance_id=instance_id) == [3, 2]
    assert tokens(queries.timers) == [1, 2, 3]
    assert tokens(queries.timers, instance_id=instance_id, due_before=desk.now + 2 * HOUR) == [1]
    assert tokens(queries.subscriptions) == [11, 12]
    assert tokens(queries.subscriptions, kind=model.SubscriptionKind.SIGNAL, instance_id=instance_id) == [12]
    assert tokens(queries.subscriptions, name="补正") == [11]
    assert tokens(queries.incidents) == [22]
    assert tokens(queries.incidents, open_only=False, instance_id=instance_id) == [22, 21]
    assert tokens(queries.incidents, kind=model.IncidentKind.JOB) == []
    assert tokens(queries.element_history, instance_id) == [1, 2, 3]
    assert tokens(queries.element_history, instance_id, element_id="E1") == [1, 3]
    assert len(all_pages(desk, queries.waiting_messages)) == 3
    assert len(all_pages(desk, queries.waiting_messages, name="通知0")) == 2


def test_the_audit_trail_is_searched_by_case_person_act_and_time(desk) -> None:
    first, second = desk.start(), desk.start()
    with desk.database.write() as uow:
        locked = uow.instances.lock(first)
        uow.audit.append(locked, "li", "claim", "user_task/1", {"n": 1}, desk.now + HOUR)

    def found(**filters: Any) -> list[tuple[int, int]]:
        return [(each.chain, each.seq) for each in all_pages(desk, queries.audit, **filters)]

    assert found(chain=first) == [(first, 2), (first, 1)]
    assert found(actor="li") == [(first, 2)]
    assert found(action="start") == [(second, 1), (first, 1)]
    assert found(subject="user_task/1") == [(first, 2)]
    assert found(since=desk.now + HOUR) == [(first, 2)]
    assert found(until=desk.now + HOUR, chain=first) == [(first, 1)]
    assert len(found()) == 5


@pytest.mark.parametrize(
    "after",
    ["", "!", "abc", "WzFd", "bnVsbA", "eyJhIjoxfQ", "WzEsMl0", "WyJ4IiwxXQ", "WyIyMDI2LTAzLTAyIiwxXQ", "WzEsMiwzXQ"],
)
def test_a_page_mark_that_is_none_is_refused(desk, after: str) -> None:
    with desk.database.read() as uow, pytest.raises(errors.InvalidInput):
        queries.open_user_tasks(uow, after=after)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_a_sensible_size(desk, limit: int) -> None:
    with desk.database.read() as uow:
        with pytest.raises(errors.InvalidInput, match="1 至 1000"):
            queries.open_user_tasks(uow, limit=limit)
        with pytest.raises(errors.InvalidInput, match="1 至 1000"):
            queries.claimable_user_tasks(uow, groups=["clerk"], limit=limit)


def test_a_page_of_a_hundred_thousand_tasks_is_one_statement_that_reads_a_page(desk) -> None:
    # given a hundred thousand open tasks for five roles, half of them claimed, among finished ones
    instance_id = desk.start()
    row = {
        "instance_id": instance_id,
        "element_id": "T",
        "name": "审核",
        "created_at": desk.now,
        "lane": None,
        "form_key": None,
        "owner": None,
        "delegation": None,
        "candidate_users": (),
        "follow_up": None,
        "priority": 50,
        "clause": None,
        "draft": None,
        "completed_at": None,
        "completed_by": None,
    }
    tasks, claims = [], []
    for n in range(120_000):
        due = desk.now + datetime.timedelta(seconds=n % 1000)
        is_open, assignee = n % 6 > 0, f"p{n % 50}" if n % 2 == 0 else None
        group = f"role{n % 5}"
        status = model.UserTaskStatus.OPEN if is_open else model.UserTaskStatus.COMPLETED
        task = {"token": n, "status": status, "assignee": assignee, "candidate_groups": (group,)}
        tasks.append(row | task | {"due": due, "sort_due": due})
        if is_open and assignee is None:
            claim = {"instance_id": instance_id, "token": n, "kind": "group", "name": group, "sort_due": due}
            claims.append(claim)
    with desk.database.write() as uow:
        for table, rows in ((tables.user_tasks, tasks), (tables.candidates, claims)):
            without = [column.name for column in table.c if column.name not in rows[0]]
            uow.link.run_many(statements.insert(table, without=without), rows)

    # when pages are read, the first and one far behind
    lists: list[tuple[Callable[..., paging.Page[Any]], dict[str, Any]]] = [
        (queries.open_user_tasks, {}),
        (queries.claimable_user_tasks, {"user": "li", "groups": ["role0", "role1", "role2"]}),
        (queries.assigned_user_tasks, {"assignee": "p4"}),
    ]
    for list_, filters in lists:
        with counting.counted(desk.database) as count, desk.database.read() as uow:
            page = list_(uow, limit=50, **filters)
            for _ in range(10):
                page = list_(uow, limit=50, after=page.after, **filters)
        assert len(page.items) == 50
        assert count.statements == 11

        # then no table is read from end to end, and nothing is sorted but what the ranges of a few roles gave
        if desk.database.dialect == "sqlite":
            with desk.database.read() as uow:
                plan = explain(uow, lambda uow=uow, list_=list_, filters=filters: list_(uow, limit=50, **filters))
            assert not [line for line in plan if line in ("SCAN user_tasks", "SCAN candidates", "SCAN instances")], plan
            assert list_ is queries.claimable_user_tasks or not any("TEMP B-TREE" in line for line in plan), plan


def explain(uow: Any, run: Callable[[], object]) -> list[str]:
    """The query plan of the one statement that `run` sends."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, sql: str, params: Any, _context: Any, _many: bool) -> None:
        sent.append((sql, params))

    engine = uow.link.connection.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    run()
    sa.event.remove(engine, "before_cursor_execute", note)
    ((sql, params),) = sent
    return [row[3] for row in uow.link._cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()]


def test_tasks_that_are_never_due_are_stored_as_such(desk) -> None:
    task = desk.task()
    with desk.database.read() as uow:
        assert uow.user_tasks.get(task.id).due is None
    assert types.NEVER.year == 9999
