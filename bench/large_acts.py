"""What is measured in an office with very many open cases: pages of its people, their acts, rounds of workers."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

from bench import large_pack, product
from engine.actions import (
    case_view,
    deployments,
    health,
    messages,
    notices,
    previews,
    prospects,
    published,
    record_reading,
    search,
    statistics,
    task_view,
    timers,
    user_tasks,
    worklists,
)
from engine.model import commands, views_lists
from engine.store import paging, queries, queries_cases, queries_monitoring

Call = Callable[[], Any]
_MONITOR = commands.Actor("monitor", monitor=True)
#: Pages that somebody has turned before the later page that is measured.
_TURNED = 10
_DUE = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Act:
    """Something to measure.

    Args:
        name: What it is.
        prepare: Makes what is measured, with everything that is not to be measured done before.
        point: Whether it is about one case, or one page: such a thing is to cost the same however many cases there are.
        heavy: Whether few rounds have to do.
    """

    name: str
    prepare: Callable[[], Call]
    point: bool = True
    heavy: bool = False


class Acts:
    """The acts of an office with so many cases; cases and people are drawn by lot, the same ones in every run."""

    def __init__(self, office: large_pack.Office, cases: int, kinds: int) -> None:
        self._office = office
        self._engine = office.engine
        self._cases = cases
        self._kinds = kinds
        self._lot = random.Random(2026)
        # Every case is acted on once: claimed, completed or told something.
        self._drawn: set[int] = set()
        self._fresh = {wanted: self._draw(wanted) for wanted in ("offered", "assigned", "any")}
        self._numbers = itertools.count(cases + 1)
        self._versions = itertools.count(1)

    def all(self) -> list[Act]:
        """Return everything that is measured, in order."""
        return [*self._lists(), *self._pages(), *self._doing(), *self._overview(), *self._working()]

    # --- what people look at -----------------------------------------------------------------------------------------

    def _lists(self) -> list[Act]:
        def listed(**filters: Any) -> Callable[[], Call]:
            def prepare() -> Call:
                clerk, chosen = self._clerk(), views_lists.TaskFilter(**filters)
                return lambda: self._list(clerk, chosen)

            return prepare

        return [
            Act("task list, first page with counts", listed()),
            Act("task list, mine", listed(tab=views_lists.Tab.MINE)),
            Act("task list, to claim", listed(tab=views_lists.Tab.CLAIMABLE)),
            Act("task list, of one role", listed(role=large_pack.ROLE)),
            Act("task list, of one procedure", listed(procedure=large_pack.KEY)),
            Act("task list, due this week", listed(due=views_lists.Due.WEEK)),
            Act(f"task list, page {_TURNED + 1}", self._later_page),
            Act("task list, a word of one case", self._word_of_one),
            Act("task list, a word of every case", listed(text="申请")),
            Act("cases of one's own", lambda: self._by_clerk(lambda clerk: worklists.cases(self._engine, clerk))),
            Act("tasks that one did", lambda: self._by_clerk(lambda clerk: worklists.done(self._engine, clerk))),
            Act("all tasks, for a monitor", lambda: lambda: worklists.all_tasks(self._engine, _MONITOR)),
            Act(
                "all cases, for a monitor",
                lambda: lambda: worklists.cases(self._engine, _MONITOR, worklists.Scope.ALL),
            ),
            Act("gongkai instance list", lambda: self._instance_list),
        ]

    def _list(
        self, clerk: commands.Actor, chosen: views_lists.TaskFilter, after: str | None = None
    ) -> views_lists.Listing[Any]:
        page = worklists.to_do(self._engine, clerk, chosen, after=after)
        worklists.counts(self._engine, clerk, chosen)
        worklists.choices(self._engine, clerk)
        return page

    def _later_page(self) -> Call:
        clerk, chosen, after = self._clerk(), views_lists.TaskFilter(), None
        for _ in range(_TURNED):
            page = worklists.to_do(self._engine, clerk, chosen, limit=worklists.PAGE, after=after)
            after = page.after or after
        return lambda: self._list(clerk, chosen, after)

    def _word_of_one(self) -> Call:
        number, kind = self._number()
        clerk = kind.person(self._office, 0)
        chosen = views_lists.TaskFilter(text=f"{large_pack.NUMBER}{number:0{large_pack.DIGITS}}")
        return lambda: self._list(clerk, chosen)

    def _instance_list(self) -> paging.Page[queries.InstanceRow]:
        with self._engine.store.read() as uow:
            return queries.instances(uow, open_only=True, limit=50)

    def _pages(self) -> list[Act]:
        return [
            Act("case page", self._case_page),
            Act("task page", self._task_page),
            Act("search, a word of one case", lambda: self._search(one=True)),
            Act("search, a word of every case", lambda: self._search(one=False)),
            Act("search by a monitor, one case", lambda: self._search(one=True, who=_MONITOR)),
            Act("search by a monitor, every case", lambda: self._search(one=False, who=_MONITOR)),
            Act("case by its number", self._numbered),
        ]

    def _case_page(self) -> Call:
        number, kind = self._number()
        case, reader = self._office.case(number), kind.person(self._office, 0)

        def show() -> None:
            view = case_view.view(self._engine, case, reader)
            published.svg(self._engine, view.header.definition_id)
            record_reading.of_case(self._engine, case, reader)
            prospects.withdrawable(self._engine, case, reader)
            prospects.of_case(self._engine, view, reader)
            prospects.cancellable(self._engine, case, reader)
            prospects.urgeable(self._engine, case, reader)
            prospects.urged(self._engine, case)

        return show

    def _task_page(self) -> Call:
        """The page of a task that somebody has, whose notices they have read."""
        number, kind = self._number()
        while not kind.claimed:
            number = (number + 1) % self._cases
            kind = large_pack.Kind.of(number % self._kinds)
        (task,) = self._office.open_tasks(self._office.case(number))
        reader = kind.person(self._office, kind.done + 1)
        notices.seen(self._engine, reader, f"/tasks/{task.id}")

        def show() -> None:
            view = task_view.view(self._engine, task.id, reader)
            prospects.of_task(self._engine, view, reader)
            notices.seen(self._engine, reader, f"/tasks/{task.id}")
            published.svg(self._engine, view.header.definition_id)
            previews.offered(self._engine, task.id, reader)

        return show

    def _search(self, *, one: bool, who: commands.Actor | None = None) -> Call:
        number, kind = self._number()
        reader = kind.person(self._office, 0) if who is None else who
        text = f"{number:0{large_pack.DIGITS}}" if one else "申请"
        return lambda: search.find(self._engine, reader, text)

    def _numbered(self) -> Call:
        number, _ = self._number()

        def find() -> list[queries_cases.CaseRow]:
            with self._engine.store.read() as uow:
                return queries_cases.numbered(uow, f"{large_pack.NUMBER}{number:0{large_pack.DIGITS}}")

        return find

    # --- what people do ----------------------------------------------------------------------------------------------

    def _doing(self) -> list[Act]:
        return [
            Act("claim", self._claim),
            Act("completion", self._complete),
            Act("start of a case", self._start),
            Act("message to one of all that wait", self._correlate),
            Act("deploying a new version", self._deploy, heavy=True),
        ]

    def _claim(self) -> Call:
        case, clerk = next(self._fresh["offered"])
        (task,) = self._office.open_tasks(case)
        return lambda: user_tasks.claim(self._engine, task.id, clerk)

    def _complete(self) -> Call:
        case, clerk = next(self._fresh["assigned"])
        (task,) = self._office.open_tasks(case)
        return lambda: self._office.complete(task.id, clerk)

    def _start(self) -> Call:
        number = next(self._numbers)
        starter = large_pack.Kind.of(number % self._kinds).person(self._office, 0)
        return lambda: self._office.start(starter, number, number % self._kinds)

    def _correlate(self) -> Call:
        case, _ = next(self._fresh["any"])
        with self._engine.store.read() as uow:
            key = uow.instances.get(case).business_key
        return lambda: messages.correlate(
            self._engine, large_pack.MESSAGE, product.ADMIN, key=key, payload={"pages": 3}
        )

    def _deploy(self) -> Call:
        self._office.redraw(next(self._versions))
        return lambda: deployments.deploy(self._engine, product.SLUG, product.ADMIN)

    # --- what is looked after ----------------------------------------------------------------------------------------

    def _overview(self) -> list[Act]:
        year = statistics.Filter(datetime.date(2026, 1, 1), datetime.date(2026, 12, 31))
        return [
            Act("page of the state of the platform", lambda: lambda: health.report(self._engine, product.ADMIN), False),
            Act("queues, for monitoring", lambda: self._backlog),
            Act(
                "statistics of a year",
                lambda: lambda: statistics.overview(self._engine, _MONITOR, year),
                point=False,
                heavy=True,
            ),
        ]

    def _backlog(self) -> None:
        with self._engine.store.read() as uow:
            queries_monitoring.backlog(uow, self._engine.clock.now())

    def _working(self) -> list[Act]:
        """The clock goes on here, by a year: the last thing."""
        found = [Act("timers, nothing due", lambda: lambda: timers.fire_due(self._engine))]
        if self._engine.store.dialect != "sqlite":
            found.append(Act("timers, nothing due, for a queue", lambda: self._carry))
        return [*found, Act(f"timers, {_DUE} due, all of them", self._due, heavy=True)]

    def _carry(self) -> None:
        now = self._engine.clock.now()
        with self._engine.store.write() as uow:
            uow.timers.carry(now, now + datetime.timedelta(seconds=60), _DUE)

    def _due(self) -> Call:
        with self._engine.store.read() as uow:
            first = queries.timers(uow, limit=_DUE).items
        self._office.clock.set(first[-1].due)
        return lambda: timers.fire_due(self._engine, limit=_DUE)

    # --- lots --------------------------------------------------------------------------------------------------------

    def _clerk(self) -> commands.Actor:
        """Return somebody of those whose units have cases."""
        return self._number()[1].person(self._office, self._lot.randrange(large_pack.PEOPLE))

    def _by_clerk(self, show: Callable[[commands.Actor], Any]) -> Call:
        clerk = self._clerk()
        return lambda: show(clerk)

    def _number(self) -> tuple[int, large_pack.Kind]:
        number = self._lot.randrange(self._cases)
        return number, large_pack.Kind.of(number % self._kinds)

    def _draw(self, wanted: str) -> Iterator[tuple[int, commands.Actor]]:
        """Yield cases whose task is offered, or that somebody has, each once, with who may do it."""
        while True:
            number, kind = self._number()
            if number in self._drawn or wanted == ("offered" if kind.claimed else "assigned"):
                continue
            self._drawn.add(number)
            yield self._office.case(number), kind.person(self._office, kind.done + 1)
