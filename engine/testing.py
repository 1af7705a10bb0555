"""For authors of procedures: drive a pack through its cases without a browser, a worker or a waiting minute.

A test names what it does as the procedure does::

    from engine import testing

    def test_p000_02_needs_three_signatures(tmp_path):
        with testing.EngineDriver("shizhengwuban", directory=tmp_path) as driver:
            driver.start("yushen", as_="zhangsan", form={"title": "办事指南"})
            driver.complete("综合处预审", as_="lisi", form={"verdict": "同意"})
            driver.advance(days=5)
            with driver.refused("不能由同一人"):
                driver.complete("领导小组审定", as_="lisi", form={"verdict": "同意"})
            assert driver.path()[-1] == "Task_approve"

The driver uses a real SQLite file and the same actions as everybody else.  Its clock stands still until `advance`.
After each act it runs due timers and jobs until nothing is left to do, as a worker would.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import io
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from engine import bootstrap, config, errors, jobs
from engine.actions import correlation, deployments, files, incidents, instances, messages, signals, user_tasks
from engine.bpmn import execution
from engine.calendars import moments
from engine.model import commands
from engine.model import instances as model
from engine.store import queries

#: Official Chinese time.
SHANGHAI = moments.SHANGHAI
#: When tests begin unless they say otherwise: a Monday in a week without holidays.
MONDAY = datetime.datetime(2026, 3, 9, 9, tzinfo=SHANGHAI)


@contextlib.contextmanager
def sqlite_file(directory: pathlib.Path, _pack: str | None, _at: datetime.datetime) -> Iterator[str]:
    """Yield the URL of a SQLite file in a directory."""
    yield f"sqlite:///{directory / 'driver.db'}"


#: Where a driver gets its database, as a URL, when none is given; a suite may run on another kind by setting its own.
#: It is called with a directory, the slug of the shipped pack that the driver is for (None: packs of its own) and the
#: time at which the test begins. What it gives may have the pack already, deployed at that time: a copy is quicker.
fresh_database: Callable[[pathlib.Path, str | None, datetime.datetime], contextlib.AbstractContextManager[str]]
fresh_database = sqlite_file

Case = model.ProcessInstance | int
Task = model.UserTask | str
Who = commands.Actor | str


def moment(at: datetime.datetime | str) -> datetime.datetime:
    """Return a time with its zone; text is ISO 8601 (`2026-03-09 09:00`), and without a zone it is official time."""
    value = datetime.datetime.fromisoformat(at) if isinstance(at, str) else at
    return value if value.tzinfo is not None else value.replace(tzinfo=SHANGHAI)


class FixedClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, at: datetime.datetime | str = MONDAY) -> None:
        self._now = moment(at)

    def now(self) -> datetime.datetime:
        """Return the time, with its zone."""
        return self._now

    def advance(self, **units: float) -> datetime.datetime:
        """Move forward by days, hours, minutes … as `datetime.timedelta` takes them; return the new time."""
        return self.set(self._now + datetime.timedelta(**units))

    def set(self, at: datetime.datetime | str) -> datetime.datetime:
        """Move to a later time and return it."""
        later = moment(at).astimezone(SHANGHAI)
        if later < self._now:
            raise errors.InvalidInput(f"时钟不能倒拨：现在是 {self._now}，要求拨到 {later}。")
        self._now = later
        return later


class EngineDriver:
    """Deploys a pack into a fresh database and acts on its cases under the names that the diagram uses.

    Args:
        pack: Slug of a pack that gongkai ships, or the path of a root (`<root>/processes/<slug>/pack.yaml`), of which
            every pack is deployed.
        at: When the test begins.
        directory: Where the database file and uploaded files go; a temporary directory by default.
        database: URL of a database with its tables, or of a new SQLite file; by default `fresh_database` gives one.
        settings: Further settings; the database and the packs are the driver's own.

    Users are the demo users of `pack.yaml`, by id or name, and `admin`, who operates the platform; `add_user` makes
    more. A task is named by its element id or its name. A case left out is the one that was started last.
    """

    def __init__(
        self,
        pack: str | pathlib.Path,
        *,
        at: datetime.datetime | str = MONDAY,
        directory: pathlib.Path | None = None,
        database: str | None = None,
        settings: config.Settings | None = None,
    ) -> None:
        with contextlib.ExitStack() as opened:
            place = directory or pathlib.Path(opened.enter_context(tempfile.TemporaryDirectory()))
            given = settings or config.Settings()
            own_root = () if isinstance(pack, str) else (pack,)
            self.clock = FixedClock(at)
            shipped = pack if isinstance(pack, str) else None
            url = database or opened.enter_context(fresh_database(place, shipped, self.now))
            if not url.startswith("sqlite"):
                given = dataclasses.replace(given, files=given.files or str(place / "files"))
            self.engine = opened.enter_context(
                bootstrap.open_engine(
                    dataclasses.replace(given, database=url, packs=own_root, queue="rows"),
                    self.clock,
                    shipped_packs=not own_root,
                )
            )
            self._users: dict[str, commands.Actor] = {}
            self._case: int | None = None
            self.add_user("admin", "系统管理员", admin=True)
            self._begin(shipped, given=database is not None)
            # A pack that is refused leaves no connection open: whoever asked has nothing to close then.
            self._cleanup = opened.pop_all()

    # --- set up ------------------------------------------------------------------------------------------------------

    def deploy(self, slug: str, *, as_: Who = "admin") -> deployments.Report:
        """Deploy a pack as it is on disk now, and know its demo users."""
        report = deployments.deploy(self.engine, slug, self.user(as_))
        self._know(slug)
        self.run()
        return report

    def _begin(self, shipped: str | None, *, given: bool) -> None:
        """Deploy what the driver is for, unless its fresh database has it already (not when one was given)."""
        if shipped is not None and not given and self._deployed(shipped):
            self._know(shipped)
            return
        for slug in self.engine.packs.slugs if shipped is None else (shipped,):
            self.deploy(slug)

    def _deployed(self, slug: str) -> bool:
        with self.engine.store.read() as uow:
            return uow.deployments.latest(slug) is not None

    def _know(self, slug: str) -> None:
        """Make the demo users of a pack."""
        info = self.engine.packs.pack(slug).info
        for user in info.users:
            self.add_user(user.id, user.name, roles=user.roles, unit=user.unit or info.source.issuer)

    def add_user(
        self,
        id_: str,
        name: str | None = None,
        *,
        roles: tuple[str, ...] | list[str] = (),
        admin: bool = False,
        unit: str | None = None,
    ) -> commands.Actor:
        """Make a user with these role ids, of a unit by its name; known by id and by name."""
        actor = commands.Actor(id_, frozenset(roles), admin=admin, unit=unit)
        self._users[id_] = actor
        if name is not None:
            self._users[name] = actor
        return actor

    def user(self, who: Who) -> commands.Actor:
        """Return a user by id or name; who has an account belongs to the unit that the account says."""
        if isinstance(who, commands.Actor):
            return who
        if who not in self._users:
            raise AssertionError(f"no user {who!r}; there are: {', '.join(self._users)}")
        found = self._users[who]
        account = self.engine.directory.get(self.engine.store).users.get(found.id)
        return found if account is None else dataclasses.replace(found, unit=account.unit)

    def close(self) -> None:
        """Close the database and remove the temporary directory."""
        self._cleanup.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- time --------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime.datetime:
        """The time of the engine."""
        return self.clock.now()

    def advance(self, *, to: datetime.datetime | str | None = None, **units: float) -> datetime.datetime:
        """Let time pass by days, hours, minutes …, or up to a moment, and everything happen when it is due on the way.

        Returns:
            The new time.
        """
        end = moment(to) if to is not None else self.now + datetime.timedelta(**units)
        while (due := jobs.next_due(self.engine)) is not None and due <= end:
            self.clock.set(max(due, self.now))
            done = self.run()
            if not done and not done.told:
                break  # what is due cannot be done now
        self.clock.set(end)
        self.run()
        return end

    def sleep(self, *, to: datetime.datetime | str | None = None, **units: float) -> datetime.datetime:
        """Let time pass while nothing runs, as in downtime; `run` then catches up."""
        return self.clock.set(to) if to is not None else self.clock.advance(**units)

    def run(self) -> jobs.Done:
        """Fire due timers and run due jobs until nothing is left to do."""
        return jobs.run_until_idle(self.engine)

    # --- cases -------------------------------------------------------------------------------------------------------

    def start(
        self,
        key: str,
        *,
        as_: Who,
        form: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        business_key: str | None = None,
        version: int | None = None,
        follows: int | None = None,
    ) -> model.ProcessInstance:
        """Start a case, filling in the form of its start event; `variables` are for operators."""
        case = instances.start(
            self.engine,
            key,
            self.user(as_),
            form=form,
            variables=variables,
            business_key=business_key,
            version=version,
            follows=follows,
        )
        return self._started(case.id)

    def start_by_message(
        self, name: str, *, as_: Who, form: Mapping[str, Any] | None = None, business_key: str | None = None
    ) -> model.ProcessInstance:
        """Start a case at the message start event of this name, filling in its form."""
        case = instances.start_by_message(self.engine, name, self.user(as_), form=form, business_key=business_key)
        return self._started(case.id)

    def message(
        self,
        name: str,
        payload: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        as_: Who = "admin",
        message_id: str | None = None,
        ttl: datetime.timedelta | None = None,
    ) -> correlation.Correlation:
        """Send a message from outside; a case that it starts becomes the last one."""
        outcome = messages.correlate(
            self.engine, name, self.user(as_), key=key, payload=payload, message_id=message_id, ttl=ttl
        )
        if outcome.outcome == correlation.STARTED:
            self._case = outcome.instance_id
        self.run()
        return outcome

    def signal(
        self, name: str, payload: Mapping[str, Any] | None = None, *, as_: Who = "admin"
    ) -> correlation.Broadcast:
        """Broadcast a signal from outside; a case that it starts becomes the last one."""
        reached = signals.send(self.engine, name, self.user(as_), payload=payload)
        if reached.started:
            self._case = reached.started[-1]
        self.run()
        return reached

    def cancel(self, reason: str, *, as_: Who = "admin", case: Case | None = None) -> None:
        """Cancel a case."""
        instances.cancel(self.engine, self._id(case), reason, self.user(as_))
        self.run()

    def suspend(self, *, as_: Who = "admin", case: Case | None = None) -> None:
        """Suspend a case."""
        instances.suspend(self.engine, self._id(case), self.user(as_))

    def activate(self, *, as_: Who = "admin", case: Case | None = None) -> None:
        """Let a suspended case go on."""
        instances.activate(self.engine, self._id(case), self.user(as_))
        self.run()

    def set_variables(self, variables: Mapping[str, Any], *, as_: Who = "admin", case: Case | None = None) -> None:
        """Change variables of a case."""
        instances.set_variables(self.engine, self._id(case), variables, self.user(as_))
        self.run()

    def retry(self, incident: model.Incident | None = None, *, as_: Who = "admin", case: Case | None = None) -> None:
        """Retry an incident, by default the only open one of the case."""
        if incident is None:
            (incident,) = self.incidents(case)
        incidents.retry(self.engine, incident.id, self.user(as_))
        self.run()

    # --- user tasks --------------------------------------------------------------------------------------------------

    def tasks(self, case: Case | None = None) -> list[model.UserTask]:
        """Return the open user tasks of a case, in order of creation."""
        with self.engine.store.read() as uow:
            found = uow.user_tasks.of_instance(self._id(case))
        return [task for task in found if task.status is model.UserTaskStatus.OPEN]

    def task(self, name: Task, case: Case | None = None) -> model.UserTask:
        """Return the one open task with this element id or name."""
        if isinstance(name, model.UserTask):
            with self.engine.store.read() as uow:
                return uow.user_tasks.get(name.id)
        tasks = self.tasks(case)
        found = [task for task in tasks if name in (task.element_id, task.name)]
        if len(found) != 1:
            names = ", ".join(f"{task.name} [{task.element_id}]" for task in tasks) or "none"
            raise AssertionError(f"{len(found)} open tasks {name!r}, expected one; open are: {names}")
        return found[0]

    def claim(self, task: Task, *, as_: Who, case: Case | None = None) -> model.UserTask:
        """Claim a task."""
        return user_tasks.claim(self.engine, self.task(task, case).id, self.user(as_))

    def unclaim(self, task: Task, *, as_: Who, case: Case | None = None) -> model.UserTask:
        """Give a task back to its candidates."""
        return user_tasks.unclaim(self.engine, self.task(task, case).id, self.user(as_))

    def complete(
        self,
        task: Task,
        *,
        as_: Who,
        form: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        case: Case | None = None,
    ) -> user_tasks.Completion:
        """Complete a task, filling in its form; `variables` are for operators."""
        answer = user_tasks.complete(self.engine, self.task(task, case).id, self.user(as_), form, variables=variables)
        self.run()
        return answer

    def upload(self, name: str, content: bytes, *, as_: Who) -> dict[str, Any]:
        """Store a file; return the value of a form field that holds it."""
        actor = self.user(as_)
        return files.store(self.engine, actor, io.BytesIO(content), name, purpose="test").as_value()

    def save_draft(self, task: Task, *, as_: Who, form: Mapping[str, Any], case: Case | None = None) -> model.UserTask:
        """Keep an unfinished form."""
        return user_tasks.save_draft(self.engine, self.task(task, case).id, self.user(as_), form)

    def delegate(self, task: Task, *, to: Who, as_: Who, case: Case | None = None) -> model.UserTask:
        """Let somebody else prepare a task."""
        return user_tasks.delegate(self.engine, self.task(task, case).id, self.user(to).id, self.user(as_))

    def resolve(self, task: Task, *, as_: Who, case: Case | None = None) -> model.UserTask:
        """Give a delegated task back to its owner."""
        return user_tasks.resolve(self.engine, self.task(task, case).id, self.user(as_))

    def transfer(self, task: Task, *, to: Who, as_: Who, case: Case | None = None) -> model.UserTask:
        """Hand a task over to somebody else."""
        return user_tasks.transfer(self.engine, self.task(task, case).id, self.user(to).id, self.user(as_))

    def comment(self, text: str, *, as_: Who, task: Task | None = None, case: Case | None = None) -> model.Comment:
        """Write a comment on a case, or on one of its open tasks."""
        on = None if task is None else self.task(task, case).id
        return user_tasks.add_comment(self.engine, self._id(case), text, self.user(as_), user_task_id=on)

    # --- looking -----------------------------------------------------------------------------------------------------

    def case(self, case: Case | None = None) -> model.ProcessInstance:
        """Return a case as it is now."""
        with self.engine.store.read() as uow:
            return uow.instances.get(self._id(case))

    def status(self, case: Case | None = None) -> str:
        """Return `active`, `suspended`, `completed`, `cancelled` or `error`."""
        return self.case(case).status.value

    def variables(self, case: Case | None = None) -> dict[str, Any]:
        """Return the process variables of a case."""
        with self.engine.store.read() as uow:
            instance = uow.instances.get(self._id(case))
            state = uow.instances.state(instance.id)
            definition = self.engine.definitions.get(uow, instance.definition_id)
        return execution.variables_at(definition.process, state)

    def path(self, case: Case | None = None) -> list[str]:
        """Return the ids of the elements that a case has been to, in the order of entering."""
        return [entry.element_id for entry in self.history(case)]

    def visits(self, element_id: str, case: Case | None = None) -> int:
        """Return how often a case has been to an element."""
        return self.path(case).count(element_id)

    def history(self, case: Case | None = None) -> list[model.HistoryEntry]:
        """Return every visit of a case to an element, in the order of entering."""
        with self.engine.store.read() as uow:
            return uow.history.of_instance(self._id(case))

    def timers(self, case: Case | None = None) -> list[model.Timer]:
        """Return what a case waits for in time, soonest first."""
        with self.engine.store.read() as uow:
            return uow.timers.of_instance(self._id(case))

    def incidents(self, case: Case | None = None) -> list[model.Incident]:
        """Return the open incidents of a case."""
        with self.engine.store.read() as uow:
            found = uow.incidents.of_instance(self._id(case))
        return [incident for incident in found if incident.resolved_at is None]

    def children(self, case: Case | None = None) -> list[model.ProcessInstance]:
        """Return the cases that a case has called, oldest first."""
        with self.engine.store.read() as uow:
            return uow.instances.children(self._id(case))

    def audit(self, case: Case | None = None) -> list[model.AuditEntry]:
        """Return the audit trail of a case, oldest first."""
        with self.engine.store.read() as uow:
            return list(reversed(queries.audit(uow, chain=self._id(case), limit=1000).items))

    @contextlib.contextmanager
    def refused(self, fragment: str = "", kind: type[errors.GongkaiError] = errors.GongkaiError) -> Iterator[None]:
        """Expect that what happens in the block is refused, with a message that contains `fragment`."""
        try:
            yield
        except kind as refusal:
            if fragment not in refusal.message:
                raise AssertionError(f"refused for another reason: {refusal.message}") from refusal
        else:
            raise AssertionError(f"not refused; expected {kind.__name__} with {fragment!r}")

    def _started(self, case: int) -> model.ProcessInstance:
        self._case = case
        self.run()
        return self.case(case)

    def _id(self, case: Case | None) -> int:
        if case is None:
            if self._case is None:
                raise AssertionError("no case has been started yet")
            return self._case
        return case if isinstance(case, int) else case.id
