"""Lists of tasks and cases: every row once in both directions, and a page costs the same however much there is."""

from __future__ import annotations

import dataclasses
import datetime
import time
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest
import sqlalchemy as sa

from engine import errors, store
from engine.model import cooperation, people, views_lists
from engine.model import instances as model
from engine.store import (
    counting,
    involvement,
    labels,
    queries_cases,
    queries_worklists,
    search_index,
    statements,
    tables,
    types,
)
from engine.store.queries_worklists import Selection
from engine.store.tables_cooperation import countersignatures

DAY = datetime.timedelta(days=1)
LI = Selection(people=("li",), groups=("clerk", "head"))


def fill(desk: Any, rows: list[dict[str, Any]]) -> list[int]:
    """Write cases with one open task each; `holder`, `groups`, `users`, `due`, `name`, `asked` say what it is."""
    first = desk.start() + 1
    cases, tasks, claims, asked = [], [], [], []
    for number, row in enumerate(rows, start=first):
        due = row.get("due")
        sort_due = due or types.NEVER
        key = {"instance_id": number, "token": 1, "sort_due": sort_due}
        cases.append(
            {
                "id": number,
                "definition_id": row.get("definition_id", desk.definition_id),
                "business_key": f"K{number}",
                "title": row.get("title"),
                "status": model.InstanceStatus.ACTIVE,
                "started_at": desk.now,
                "started_by": row.get("starter", "zhang"),
                "audit_seq": 0,
                "audit_hash": tables.NO_HASH,
                "variables": "{}",
                "tokens": "{}",
            }
        )
        tasks.append(
            {
                **key,
                "id": number,
                "element_id": "T",
                "name": row.get("name", "审核"),
                "status": model.UserTaskStatus.OPEN,
                "created_at": desk.now,
                "assignee": row.get("holder"),
                "candidate_users": tuple(row.get("users", ())),
                "candidate_groups": tuple(row.get("groups", ())),
                "due": due,
                "priority": 50,
            }
        )
        if row.get("holder") is None:
            names = [("group", each) for each in row.get("groups", ())] + [("user", e) for e in row.get("users", ())]
            claims += [{**key, "kind": k, "name": n, "definition_id": cases[-1]["definition_id"]} for k, n in names]
        for person in row.get("asked", ()):
            asked.append(
                {
                    **key,
                    "user_task_id": number,
                    "kind": cooperation.CountersignKind.BEFORE,
                    "status": cooperation.CountersignStatus.OPEN,
                    "person": person,
                    "asked_by": "zhang",
                    "asked_at": desk.now,
                    "question": "可否？",
                    "due": due,
                }
            )
    with desk.database.write() as uow:
        for table, values in (
            (tables.instances, cases),
            (tables.user_tasks, tasks),
            (tables.candidates, claims),
            (countersignatures, asked),
        ):
            if values:
                without = [column.name for column in table.c if column.name not in values[0]]
                uow.link.run_many(statements.insert(table, without=without), values)
        desk.catch_up(uow, "instances", "user_tasks")
        names = dict(map(tuple, uow.link.select(sa.select(tables.definitions.c.id, tables.definitions.c.name))))
        for case, task in zip(cases, tasks, strict=True):
            said = [case["title"] or "", case["business_key"], names[case["definition_id"]], task["name"]]
            uow.search_index.put(case["id"], case["id"], 0, "", involvement.Involved(frozenset(), frozenset()), said)
    return list(range(first, first + len(rows)))


def fill_many(desk: Any, number: int, other: int) -> None:
    """Write many cases with an open task each, by the database itself: half of them held, the others offered.

    One in a thousand is of the definition `other`, one in seven is never due.
    """
    due = f"CASE n % 7 WHEN 0 THEN NULL ELSE '2026-03-' || substr('0' || (1 + n % 28), -2) || '{_TIME}' END"
    if desk.database.dialect == "postgresql":
        due = due.replace("substr('0' || (1 + n % 28), -2)", "right('0' || (1 + n % 28), 2)")
    series = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {number})"
    with desk.database.write() as uow:
        ((base,),) = uow.link.select(sa.select(sa.func.coalesce(sa.func.max(tables.instances.c.id), 0)))
        for sql in (
            f"INSERT INTO instances (id, definition_id, status, started_at, started_by, audit_seq, audit_hash, variables,"
            f" tokens) {series} SELECT {base} + n, CASE n % 1000 WHEN 0 THEN {other} ELSE {desk.definition_id} END,"
            f" 'active', '2026-03-01{_TIME}', 's' || (n % 100), 0, '{tables.NO_HASH}', '{{}}', '{{}}' FROM s",
            f"INSERT INTO user_tasks (id, instance_id, token, element_id, name, status, created_at, assignee,"
            f" candidate_users, candidate_groups, priority, due, sort_due) {series} SELECT {base} + n, {base} + n, 1, 'T',"
            f" '审核', 'open', '2026-03-01{_TIME}', CASE n % 2 WHEN 1 THEN 'p' || (n % 50) END, '[]',"
            f" '[\"role' || (n % 5) || '\"]', 50, {due}, coalesce({due}, '9999-12-31T23:59:59.999999Z') FROM s",
            f"INSERT INTO candidates (instance_id, token, kind, name, sort_due, definition_id) {series}"
            f" SELECT {base} + n, 1, 'group', 'role' || (n % 5), coalesce({due}, '9999-12-31T23:59:59.999999Z'),"
            f" CASE n % 1000 WHEN 0 THEN {other} ELSE {desk.definition_id} END FROM s WHERE n % 2 = 0",
            f"INSERT INTO search_documents (instance_id, root_id, seq, text, labels) {series}"
            f" SELECT {base} + n, {base} + n, 0, '', '审核' FROM s",
            f"INSERT INTO label_grams (gram, instance_id) {series} SELECT '审核', {base} + n FROM s",
        ):
            uow.link.driver(sql)
        desk.catch_up(uow, "instances", "user_tasks")


_TIME = "T08:00:00.000000Z"


def ids(listing: views_lists.Listing[queries_worklists.TaskRow]) -> list[tuple[int, int]]:
    return [(row.task.id, row.countersignature.id if row.countersignature else 0) for row in listing]


def walk(database: store.Store, list_: Any, *args: Any, limit: int) -> list[views_lists.Listing[Any]]:
    """Every page of a list, forwards; each is checked to be reached again from behind."""
    pages = []
    with database.read() as uow:
        page = list_(uow, *args, limit=limit)
        pages.append(page)
        assert page.before is None
        while page.after is not None:
            page = list_(uow, *args, limit=limit, after=page.after)
            assert page.before is not None
            pages.append(page)
        for earlier, later in zip(pages, pages[1:], strict=False):
            back = list_(uow, *args, limit=limit, before=later.before)
            assert back.items == earlier.items
            assert (back.before is None) == (earlier is pages[0])
            assert list_(uow, *args, limit=limit, after=back.after).items == later.items
    return pages


task_rows = st.fixed_dictionaries(
    {
        "holder": st.sampled_from([None, "li", "wang"]),
        "groups": st.lists(st.sampled_from(["clerk", "head", "other"]), unique=True, max_size=3),
        "users": st.lists(st.sampled_from(["li", "wang"]), unique=True, max_size=2),
        "asked": st.lists(st.sampled_from(["li", "wang"]), max_size=2),
        "late": st.integers(0, 3),
    }
)


@hypothesis.given(rows=st.lists(task_rows, max_size=12), limit=st.integers(1, 5))
@hypothesis.settings(max_examples=15, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_every_row_is_shown_once_in_order_forwards_and_backwards(desk, rows: list[dict[str, Any]], limit: int) -> None:
    first_owner = f"li{time.monotonic_ns()}"  # what earlier examples left behind is not this one's
    for row in rows:
        for name in ("users", "asked"):
            row[name] = [first_owner if each == "li" else each for each in row[name]]
        row["holder"] = first_owner if row["holder"] == "li" else row["holder"]
        row["groups"] = [f"{each}-{first_owner}" for each in row["groups"]]
        row["due"] = None if row["late"] == 3 else desk.now + row["late"] * DAY
    made = fill(desk, rows)
    chosen = Selection(people=(first_owner,), groups=(f"clerk-{first_owner}", f"head-{first_owner}"))

    pages = walk(desk.database, queries_worklists.to_do, chosen, limit=limit)

    expected = []
    for id_, row in zip(made, rows, strict=True):
        offered = set(row["users"]) & {first_owner} or {each[:4] for each in row["groups"]} & {"cler", "head"}
        if row["holder"] == first_owner or (row["holder"] is None and offered):
            expected.append((row["due"] or types.NEVER, id_, 0))
        expected += [(row["due"] or types.NEVER, id_, 1)] * row["asked"].count(first_owner)
    shown = [
        (each.task.due or types.NEVER, *pair) for page in pages for each, pair in zip(page, ids(page), strict=True)
    ]
    assert [(due, id_, min(asked, 1)) for due, id_, asked in shown] == sorted(expected)
    assert [len(page) for page in pages[:-1]] == [limit] * (len(pages) - 1)
    with desk.database.read() as uow:
        tabs = [Selection(tab, chosen.people, chosen.groups) for tab in views_lists.Tab]
        every, mine, claimable = (each.number for each in queries_worklists.count(uow, tabs))
    assert (every, mine + claimable) == (len(expected), len(expected))


def test_filters_leave_what_they_name(desk) -> None:
    other = desk.define("gongshi", name="公示").id
    now = desk.now
    made = fill(
        desk,
        [
            {"holder": "li", "due": now - DAY, "groups": ["clerk"], "title": "关于收费标准"},
            {"groups": ["head"], "due": now + DAY, "name": "批准公示", "definition_id": other},
            {"groups": ["clerk"], "users": ["li"]},
            {"holder": "wang", "groups": ["clerk"], "due": now},
            {"holder": "wang", "asked": ["li"], "groups": ["head"], "due": now + 2 * DAY},
        ],
    )

    def found(**chosen: Any) -> list[int]:
        with desk.database.read() as uow:
            given = {"people": ("li",), "groups": ("clerk", "head"), **chosen}
            selection = Selection(**given)
            (number,) = queries_worklists.count(uow, [selection])
            page = queries_worklists.to_do(uow, selection)
            assert number.number == len(page)
            return [made.index(row.task.id) for row in page]

    assert found() == [0, 1, 4, 2]
    assert found(tab=views_lists.Tab.MINE) == [0, 4]
    assert found(tab=views_lists.Tab.CLAIMABLE) == [1, 2]
    assert found(procedure="gongshi") == [1]
    assert found(procedure="yushen") == [0, 4, 2]
    assert found(procedure="none") == []
    assert found(role="head") == [1, 4]
    assert found(role="clerk") == [0, 2]
    assert found(role="nobody") == []
    assert found(until=now) == [0]
    assert found(since=now, until=now + DAY * 1.5) == [1]
    assert found(never=True) == [2]
    assert found(text="收费") == [0]
    assert found(text="公示 批准") == [1]
    assert found(text=f"k{made[4]}") == [4]
    assert found(text="100%") == []
    assert found(text="审_") == []
    with desk.database.read() as uow:
        assert [made.index(row.task.id) for row in queries_worklists.all_open(uow, Selection())] == [0, 3, 1, 4, 2]
        assert [
            made.index(row.task.id) for row in queries_worklists.all_open(uow, Selection(role="head", text="公示"))
        ] == [1]


def test_both_ways_at_once_and_places_of_other_lists_are_refused(desk) -> None:
    fill(desk, [{"holder": "li"}] * 3)
    with desk.database.read() as uow:
        page = queries_worklists.to_do(uow, LI, limit=1)
        with pytest.raises(errors.InvalidInput, match="只能给出一个"):
            queries_worklists.to_do(uow, LI, after=page.after, before=page.after)
        with pytest.raises(errors.InvalidInput, match="翻页位置"):
            queries_worklists.done(uow, "li", LI, after=page.after)


def test_cases_of_somebody_are_those_they_started_or_took_part_in(desk) -> None:
    made = fill(
        desk,
        [
            {"starter": "li"},
            {"holder": "li"},
            {"groups": ["clerk"]},
            {"holder": "wang", "asked": ["li"]},
            {"starter": "li", "holder": "li", "title": "两次"},
        ],
    )
    with desk.database.write() as uow:
        uow.involvement.add(made[2], "zhao", people.Participation.MENTIONED, desk.now)

    pages = walk(desk.database, queries_cases.mine, "li", queries_cases.Selection(), limit=2)
    assert [made.index(row.case.id) for page in pages for row in page] == [4, 1, 0]
    with desk.database.read() as uow:
        assert [row.case.id for row in queries_cases.mine(uow, "zhao", queries_cases.Selection())] == [made[2]]
        chosen = queries_cases.Selection(text="两次")
        assert [row.case.id for row in queries_cases.mine(uow, "li", chosen)] == [made[4]]
        chosen = queries_cases.Selection(starter="li", state=views_lists.State.OPEN, procedure="yushen", never=True)
        assert [row.case.id for row in queries_cases.everything(uow, chosen)] == [made[4], made[0]]
        assert [row.case.id for row in queries_cases.everything(uow, queries_cases.Selection(procedure="x"))] == []
        assert len(queries_cases.open_tasks(uow, made)) == 5


def measure(desk: Any, run: Any) -> tuple[int, int]:
    """What something costs, on whatever machine: the hundreds of steps that the database takes, and the statements."""
    with counting.counted(desk.database) as count, desk.database.read() as uow:
        run(uow)
    return desk.steps_of(run), count.statements


def test_a_page_costs_the_same_with_a_hundred_and_a_hundred_thousand_open_tasks(desk) -> None:
    other = desk.define("gongshi", name="公示").id
    me = Selection(people=("p1", "p3"), groups=("role0", "role1", "role2"))
    pages: dict[str, Any] = {
        "all": lambda uow: queries_worklists.to_do(uow, me),
        "mine": lambda uow: queries_worklists.to_do(uow, Selection(views_lists.Tab.MINE, me.people, me.groups)),
        "overdue": lambda uow: queries_worklists.to_do(
            uow, Selection(people=me.people, groups=me.groups, until=desk.now)
        ),
        "never": lambda uow: queries_worklists.to_do(uow, Selection(people=me.people, groups=me.groups, never=True)),
        "behind": lambda uow: queries_worklists.to_do(
            uow, me, before=queries_worklists.to_do(uow, me, after=queries_worklists.to_do(uow, me).after).before
        ),
        "everybody": lambda uow: queries_worklists.all_open(uow, Selection()),
        "my cases": lambda uow: queries_cases.mine(uow, "s7", queries_cases.Selection()),
        "all cases": lambda uow: queries_cases.everything(uow, queries_cases.Selection()),
        "tasks of a page": lambda uow: queries_cases.open_tasks(
            uow, [row.case.id for row in queries_cases.everything(uow, queries_cases.Selection())]
        ),
    }
    fill_many(desk, 100, other)
    small = {name: measure(desk, run) for name, run in pages.items()}
    fill_many(desk, 100_000, other)
    large = {name: measure(desk, run) for name, run in pages.items()}

    for name in pages:
        assert large[name][1] == small[name][1], name
        # The ranges of several names are merged, and a page is full now: room for that, not for reading all.
        assert large[name][0] < 3 * small[name][0] + 200, (name, small[name], large[name])

    # What is counted is counted no further than a thousand; what is one procedure's is found within one index.
    def counts(uow: Any) -> list[views_lists.Count]:
        return queries_worklists.count(uow, [me, Selection(procedure="gongshi", groups=("role0",))])

    with desk.database.read() as uow:
        assert [count.text for count in counts(uow)] == ["999+", "100"]
    assert measure(desk, counts)[0] < 4000
    assert measure(desk, counts)[1] == 1


# --- filtered by a text -----------------------------------------------------------------------------------------------


@hypothesis.given(
    text=st.text(alphabet="公开申请收费標準 AbC12é〔〕ß，.％ｱ", max_size=30),
    start=st.integers(0, 30),
    length=st.integers(2, 8),
)
@hypothesis.settings(max_examples=150)
def test_what_stands_anywhere_in_a_label_has_only_grams_of_the_label(text: str, start: int, length: int) -> None:
    for word in text[start : start + length].split():
        for written in (word, word.upper(), word.lower()):
            if written.casefold() in text.casefold():
                assert set(search_index.inner_grams(written)) <= set(search_index.inner_grams(text))


def test_words_are_found_among_very_many_open_tasks_at_the_cost_of_few(desk, monkeypatch) -> None:
    monkeypatch.setattr(labels, "LOOKED_AT", 200)
    other = desk.define("gongshi", name="公示").id
    me = Selection(people=("p1",), groups=("role1",))

    def to_do(text: str) -> Any:
        return lambda uow: queries_worklists.to_do(uow, dataclasses.replace(me, text=text))

    def counts(text: str) -> Any:
        return lambda uow: queries_worklists.count(
            uow, [dataclasses.replace(me, text=text, tab=t) for t in views_lists.Tab]
        )

    words = ("不存在的词", "收费", "026", "审核", "核批", "审")
    looks: dict[str, Any] = {f"{text} to do": to_do(text) for text in words}
    looks |= {f"{text} counted": counts(text) for text in words}
    for text in ("不存在的词", "收费"):
        chosen, of_cases = Selection(text=text), queries_cases.Selection(text=text)
        looks |= {
            f"{text} everybody": lambda uow, chosen=chosen: queries_worklists.all_open(uow, chosen),
            f"{text} done": lambda uow, chosen=chosen: queries_worklists.done(uow, "p1", chosen),
            f"{text} my cases": lambda uow, chosen=of_cases: queries_cases.mine(uow, "p1", chosen),
            f"{text} all cases": lambda uow, chosen=of_cases: queries_cases.everything(uow, chosen),
        }
    fill_many(desk, 12_000, other)
    wanted = fill(
        desk,
        [
            {"holder": "p1", "title": "关于停车收费标准"},
            {"groups": ["role1"], "name": "核批"},
            {"groups": ["role1"], "title": "公申2026-7号"},
        ],
    )
    few = {name: desk.steps_of(run) for name, run in looks.items()}
    statements_of_few = {name: measure(desk, run)[1] for name, run in looks.items()}
    fill_many(desk, 60_000, other)

    with desk.database.read() as uow:
        found = {text: [row.task.id for row in to_do(text)(uow)] for text in words}
        assert [found[text] for text in words[:3]] == [[], wanted[:1], wanted[2:]]
        assert found["核批"] == wanted[1:2]
        assert len(found["审核"]) == len(found["审"]) == 25
        assert [count.number for count in counts("收费")(uow)] == [1, 1, 0]
        assert len(queries_worklists.all_open(uow, Selection(text="收费"))) == 1
        assert len(queries_cases.mine(uow, "p1", queries_cases.Selection(text="收费"))) == 1
        assert len(queries_cases.everything(uow, queries_cases.Selection(text="收费"))) == 1
    assert {name: measure(desk, run)[1] for name, run in looks.items()} == statements_of_few
    for name, steps in few.items():
        assert desk.steps_of(looks[name]) < 1.5 * steps + 20, (name, steps)


def test_a_list_that_looks_at_a_part_of_its_rows_goes_on_from_there(desk, monkeypatch) -> None:
    monkeypatch.setattr(labels, "LOOKED_AT", 4)
    made = fill(
        desk,
        [
            {"holder": "li", "due": desk.now + n * DAY, "title": "甲" if n in (1, 9, 10) else "乙", "starter": "li"}
            for n in range(12)
        ],
    )
    for list_, given, expected in (
        (queries_worklists.to_do, (dataclasses.replace(LI, text="甲"),), [1, 9, 10]),
        (queries_worklists.all_open, (Selection(text="甲"),), [1, 9, 10]),
        (queries_cases.mine, ("li", queries_cases.Selection(text="甲")), [10, 9, 1]),
        (queries_cases.everything, (queries_cases.Selection(text="甲", procedure="yushen"),), [10, 9, 1]),
        (queries_cases.everything, (queries_cases.Selection(text="甲"),), [10, 9, 1]),
    ):
        with desk.database.read() as uow:
            shown, place, pages = [], None, 0
            while pages == 0 or place is not None:
                page = list_(uow, *given, limit=2, after=place)
                shown += [row.task.id if hasattr(row, "task") else row.case.id for row in page]
                place, pages = page.after, pages + 1
            assert [made.index(each) for each in shown] == expected
            assert pages >= 3
            # And the way back, from the end.
            back, place = [], page.before
            while place is not None:
                page = list_(uow, *given, limit=2, before=place)
                back[:0] = [row.task.id if hasattr(row, "task") else row.case.id for row in page]
                place = page.before
            assert back == shown[: len(back)]


def test_what_the_index_does_not_know_yet_is_found_too(desk) -> None:
    case = desk.start(business_key="公申2026-88号")
    chosen = queries_cases.Selection(text="公申 88号")
    with desk.database.read() as uow:
        assert [row.case.id for row in queries_cases.everything(uow, chosen)] == [case]
