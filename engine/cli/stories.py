"""Stories of packs: cases that play themselves, aloud (`gongkai demo`) or in silence (`gongkai serve --demo`).

A pack's `demo.yaml`:

    - title: what the case is about
      name: what other stories call the case
      process: key of the process
      start: {as: user, form: {...}, variables: {...}, follows: name of a story}   # started from the case of that one
      steps:
        - {after: PT2H, as: user, task: element id, form: {...}}   # time passes, then a person completes a task
        - {after: PT2H, message: name, form: {...}}                # the public sends what the case waits for
        - {after: PT2H, as: user, related: [name]}                 # a person links the case with those of other stories
        - {after: P1D}                                             # time passes: timers fire, handlers run
        - {at: +9d 09:30, as: user, task: element id}              # nine days after it began, Beijing time
      open: true                                                   # left under way, at the present
      ago: P6D                                                     # an open one that began so long ago
      season: 01-05                                                # a finished one that belongs to a time of the year
      years_before: 1                                              # a year earlier than others with `season`
      office: true                                                 # for the pages alone, not told in the terminal

Further files beside it, `demo-*.yaml`, are read after it. A finished case with `ago` begins on the Monday morning
before that; one with `season` on the first Monday from that day on, of the last year that is two months old. A task may
be one of a case that the case called; of several, it is the one of the person who does it. What a form may say besides
plain values is told in `story_forms`.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import heapq
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import click
import yaml

from engine import catalog, errors, forms, jobs, packfile
from engine.actions import context, definition_cache, linking, messages, people, taking_part, user_tasks
from engine.actions import instances as actions
from engine.bpmn import execution, timers
from engine.cli import output, story_forms
from engine.model import commands, instances
from engine.store import UnitOfWork, queries


class Clock:
    """A clock that stands still until it is told to go on: a case of days is played in a moment."""

    def __init__(self, at: datetime.datetime) -> None:
        self.at = at

    def now(self) -> datetime.datetime:
        """Return the time of the story."""
        return self.at


@dataclasses.dataclass(frozen=True, slots=True)
class Story:
    """One case of a `demo.yaml`."""

    pack: packfile.PackInfo
    content: Mapping[str, Any]

    @property
    def told(self) -> bool:
        """Whether the terminal tells it, too."""
        return not self.content.get("office")


def find(packs: catalog.Catalog) -> list[Story]:
    """Return the stories of all packs."""
    found = []
    for pack in packs.packs():
        place = None if pack.root is None else pack.root / "processes" / pack.slug
        for path in () if place is None else (*place.glob("demo.yaml"), *sorted(place.glob("demo-*.yaml"))):
            found += [Story(pack.info, content) for content in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return found


def play_together(engine: context.Engine, clock: Clock, stories: Iterable[Story]) -> Iterator[Story]:
    """Play stories in silence as they would have happened, side by side; yield each when it has come to its end."""
    real = clock.at
    playing = []
    named: dict[str, int] = {}
    for number, story in enumerate(stories):
        moments = Telling(engine, clock, story, quiet=True, named=named).moments()
        playing.append((next(moments), number, story, moments))
    heapq.heapify(playing)
    if playing:
        clock.at = playing[0][0]
    while playing:
        at, number, story, moments = heapq.heappop(playing)
        pass_time(engine, clock, at, lambda: jobs.run_until_idle(engine))
        later = next(moments, None)
        if later is None:
            yield story
        else:
            heapq.heappush(playing, (later, number, story, moments))
    clock.at = real


def pass_time(engine: context.Engine, clock: Clock, until: datetime.datetime, work: Callable[[], object]) -> None:
    """Let time pass: what is due on the way happens when it is due."""
    while (due := jobs.next_due(engine)) is not None and clock.at < due < until:
        clock.at = due
        work()
    clock.at = until
    work()


def _aloud(text: str, **style: Any) -> None:
    click.secho(text, **style)


def _silent(text: str, **style: Any) -> None:
    """Say nothing."""


class Telling:
    """Plays one story, and says what happens unless it is to be quiet."""

    def __init__(
        self,
        engine: context.Engine,
        clock: Clock,
        story: Story,
        *,
        quiet: bool = False,
        named: dict[str, int] | None = None,
    ) -> None:
        self._echo: Callable[..., None] = _silent if quiet else _aloud
        self.engine = engine
        self.clock = clock
        self.content = story.content
        self.users = {user.id: user for user in story.pack.users}
        self.roles = {role.id: role.name for role in story.pack.roles}
        self.issuer = story.pack.source.issuer
        self.clauses = {clause.id: clause for clause in story.pack.clauses}
        self.told: set[tuple[int, int]] = set()
        self.told_timers: set[int] = set()
        self.quoted: set[str] = set()
        self.real = clock.at
        self.begin = clock.at.date()
        self.instance_id = 0
        #: The cases of stories that have begun, by the names of these.
        self.named = {} if named is None else named

    def play(self) -> None:
        """Tell the story; at its end it is as late as it was before."""
        for first, at in enumerate(self.moments()):
            if first:
                self._wait(at)
            else:
                self.clock.at = at
        self.clock.at = self.real

    def moments(self) -> Iterator[datetime.datetime]:
        """Yield when something happens next; it happens when the clock stands there and one asks for what is next."""
        steps = self.content.get("steps", [])
        yield self._beginning(self.real, steps)
        self.begin = self.clock.at.astimezone(timers.BEIJING).date()
        self._echo(f"\n━━ {self.content['title']} ━━", bold=True)
        self._start()
        for step in steps:
            if "after" in step or "at" in step:
                yield self._when(step)
                self._background()
            self._step(step)
        if "ago" in self.content or "season" in self.content:
            yield self.real
        self._end()

    def _beginning(self, real: datetime.datetime, steps: Iterable[Mapping[str, Any]]) -> datetime.datetime:
        """Return when the case begins, so that it ends in the past, or stands open at the present."""
        if "season" in self.content:
            return _in_season(real, self.content["season"], self.content.get("years_before", 0))
        if "ago" in self.content:
            begin = real - (timers.after(real, self.content["ago"]) - real)
            return begin if self.content.get("open") else _morning(begin)
        if self.content.get("open"):
            return real
        length = sum((timers.after(real, step["after"]) - real for step in steps if "after" in step), _DAY)
        return _morning(real - length)

    def _when(self, step: Mapping[str, Any]) -> datetime.datetime:
        """Return when a step happens; never before the one that it follows."""
        if "after" in step:
            return timers.after(self.clock.at, step["after"]).astimezone(datetime.UTC)
        day, _, hour = step["at"].removeprefix("+").partition("d ")
        time = datetime.time.fromisoformat(hour)
        at = datetime.datetime.combine(self.begin, time, timers.BEIJING) + datetime.timedelta(days=int(day))
        return max(at.astimezone(datetime.UTC), self.clock.at)

    def _start(self) -> None:
        opening = self.content["start"]
        actor = self._actor(opening["as"])
        form = story_forms.fill(opening.get("form"), self.begin, dict)
        variables = opening.get("variables")
        starter = dataclasses.replace(actor, admin=True) if variables else actor
        follows = self._case_of(opening["follows"]) if "follows" in opening else None
        key = self.content["process"]
        case = actions.start(self.engine, key, starter, form=form, variables=variables, follows=follows)
        self.instance_id = case.id
        if "name" in self.content:
            self.named[self.content["name"]] = case.id
        self._say(f"{self._who(actor.id)}发起事项“{case.business_key or case.id}”")
        self._background()

    def _step(self, step: Mapping[str, Any]) -> None:
        if "task" in step:
            self._complete(step)
        elif "message" in step:
            self._send(step)
        elif "related" in step:
            for name in step["related"]:
                linking.link(self.engine, self.instance_id, self._case_of(name), self._actor(step["as"]))
            self._say(f"{self._who(step['as'])}关联其他事项")

    def _case_of(self, name: str) -> int:
        """Return the case of another story."""
        if name not in self.named:
            raise errors.Conflict(f"演示到关联事项“{name}”时它还没有开始，请检查 demo.yaml。")
        return self.named[name]

    def _wait(self, until: datetime.datetime) -> None:
        pass_time(self.engine, self.clock, until, self._background)

    def _complete(self, step: Mapping[str, Any]) -> None:
        actor = self._actor(step["as"])
        with self.engine.store.read() as uow:
            cases = self._cases(uow)
            rows = [
                row
                for case in cases
                for row in queries.open_user_tasks(uow, instance_id=case.id, element_id=step["task"]).items
            ]
            if not rows:
                raise errors.Conflict(f"演示到“{step['task']}”时没有这项待办，请检查 demo.yaml。")
            row = next((row for row in rows if row.task.assignee == actor.id), rows[0])
            task = row.task
            definition = self._definition(uow, task.instance_id)
            state = uow.instances.state(task.instance_id)
        known = functools.partial(execution.variables_at, definition.process, state, task.token)
        submission = story_forms.fill(step.get("form"), self.begin, known)
        if task.assignee is None:
            user_tasks.claim(self.engine, task.id, actor)
        user_tasks.complete(self.engine, task.id, actor, submission)
        called = "" if task.instance_id == self.instance_id else f"（{row.business_key}）"
        self._say(f"{self._who(actor.id)}办结“{task.name}”{called}")
        self._quote(task.clause)
        self._echo(f"        期限 {'未规定' if task.due is None else output.text(task.due)}")
        self._describe(definition, task.form_key, submission)
        self._background()

    def _send(self, step: Mapping[str, Any]) -> None:
        name = step["message"]
        with self.engine.store.read() as uow:
            waiting = queries.subscriptions(uow, name=name, instance_id=self.instance_id).items
            definition = self._definition(uow, self.instance_id)
        if not waiting:
            raise errors.Conflict(f"演示到消息“{name}”时事项没有等待它，请检查 demo.yaml。")
        payload = story_forms.fill(step.get("form"), self.begin, dict)
        if not self._submit(waiting[0].element_id, payload):
            messages.correlate(self.engine, name, commands.SYSTEM, key=waiting[0].correlation_key, payload=payload)
        element = definition.process.elements[waiting[0].element_id]
        self._say(f"公众提交“{name}”")
        self._quote(element.clause)
        self._describe(definition, element.form_key, payload)
        self._background()

    def _submit(self, element_id: str, payload: Mapping[str, Any]) -> bool:
        """Send something in as a citizen does, by the page of what the case published; tell whether there is one."""
        with self.engine.store.read() as uow:
            published = [each.id for each in uow.records.publications_of(self.instance_id)]
        for number in reversed(published):
            if any(way.element_id == element_id for way in taking_part.ways(self.engine, number)):
                taking_part.submit(self.engine, number, element_id, payload, key=secrets.token_hex(16))
                return True
        return False

    def _cases(self, uow: UnitOfWork) -> list[instances.ProcessInstance]:
        """Return the case and those that it called, oldest first."""
        called = queries.instances(uow, root_id=self.instance_id, limit=100).items
        return [uow.instances.get(self.instance_id), *(row.instance for row in reversed(called))]

    def _definition(self, uow: UnitOfWork, instance_id: int) -> definition_cache.Definition:
        return self.engine.definitions.get(uow, uow.instances.get(instance_id).definition_id)

    def _describe(
        self, definition: definition_cache.Definition, form_key: str | None, submission: Mapping[str, Any] | None
    ) -> None:
        if form_key and submission:
            for label, text in forms.describe(definition.form(form_key), submission):
                self._echo(f"        {label}：{text}")

    def _quote(self, clauses: str | None) -> None:
        for reference in filter(None, (part.strip() for part in (clauses or "").split(";"))):
            clause = self.clauses.get(reference.split()[0])
            new = clause is not None and clause.id not in self.quoted
            self.quoted.add(reference.split()[0])
            self._echo(f"        依据 {reference}{f'：{clause.summary}' if clause and new else ''}", fg="cyan")

    def _background(self) -> None:
        """Let handlers run and timers fire, and say what they did and what is waited for now."""
        jobs.run_until_idle(self.engine)
        with self.engine.store.read() as uow:
            cases = {case.id: case for case in self._cases(uow)}
            visits = [each for case in cases for each in queries.element_history(uow, case, limit=500).items]
            done = [each for case in cases for each in queries.jobs(uow, instance_id=case, limit=100).items]
            pending = queries.timers(uow, instance_id=self.instance_id).items
        topics = {(job.instance_id, job.token): job.topic for job in done}
        new = [v for v in visits if v.left_at is not None and (v.instance_id, v.token) not in self.told]
        # A case that was called ends before the one that called it goes on.
        for visit in sorted(new, key=lambda visit: (visit.entered_at, -visit.instance_id)):
            place = (visit.instance_id, visit.token)
            self.told.add(place)
            if place in topics:
                self._say(f"系统执行“{visit.name}”（处理程序 {topics[place]}）")
            elif visit.element_type in ("intermediateCatchEvent", "boundaryEvent", "endEvent"):
                last = visit.element_type == "endEvent" and cases[visit.instance_id].ended_at is not None
                self._say(f"{'结束：' if last else ''}{visit.name}")
        for timer in pending:
            if timer.id not in self.told_timers:
                self.told_timers.add(timer.id)
                self._echo(f"        定时：{output.text(timer.due)} 到期", fg="yellow")

    def _end(self) -> None:
        with self.engine.store.read() as uow:
            case = uow.instances.get(self.instance_id)
            audit = queries.audit(uow, chain=self.instance_id, limit=1000).items
            waiting = queries.open_user_tasks(uow, instance_id=self.instance_id).items
        self._echo(f"  事项 {case.id} {output.text(case.status)}，审计记录 {len(audit)} 条。", bold=True)
        known = people.directory(self.engine)
        for row in waiting:
            groups = "、".join(known.role_name(group) for group in row.task.candidate_groups)
            self._echo(f"  待办：任务 {row.task.id}“{row.task.name}”（{row.task.assignee or groups}）")

    def _say(self, sentence: str) -> None:
        self._echo(f"  {output.text(self.clock.at)}  {sentence}")

    def _actor(self, user_id: str) -> commands.Actor:
        known = people.directory(self.engine).users.get(user_id)
        unit = self.users[user_id].unit or self.issuer if known is None else known.unit
        return commands.Actor(user_id, frozenset(self.users[user_id].roles), unit=unit)

    def _who(self, user_id: str) -> str:
        user = self.users[user_id]
        return f"{user.name}（{'、'.join(self.roles[role] for role in user.roles)}）"


_DAY = datetime.timedelta(days=1)


def _in_season(real: datetime.datetime, day: str, years_before: int) -> datetime.datetime:
    """Return the first Monday morning from a day of the year (MM-DD) on; the year is that of two months ago."""
    year = (real.astimezone(timers.BEIJING) - 60 * _DAY).year - years_before
    noon = datetime.datetime.fromisoformat(f"{year}-{day}T12:00").replace(tzinfo=timers.BEIJING)
    return _morning(noon + 6 * _DAY)


def _morning(at: datetime.datetime) -> datetime.datetime:
    """Return the last Monday, nine o'clock in Beijing, before a moment."""
    nine = at.astimezone(timers.BEIJING).replace(hour=9, minute=0, second=0, microsecond=0)
    monday = nine - nine.weekday() * _DAY
    return (monday if monday <= at else monday - 7 * _DAY).astimezone(datetime.UTC)
