"""Telling people: who of them is told, where they want to see it, and once only."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Mapping

from engine.actions import context, directory, policy
from engine.calendars import moments
from engine.model import commands, events, instances, people
from engine.store import event_queries, notices, unit_of_work

#: How long notices wait for others before they go by mail: what one act sets off goes in one mail.
SETTLING = datetime.timedelta(minutes=1)
#: How long somebody who got a mail gets no further one: what happens meanwhile goes together.
BETWEEN_MAILS = datetime.timedelta(minutes=10)


class Telling:
    """What is told within one unit of work: collected first, written by `write`.

    Args:
        engine: The engine.
        uow: The unit of work.
        names: Names of people and roles; it may be a moment old.
        now: The time.
    """

    def __init__(
        self, engine: context.Engine, uow: unit_of_work.UnitOfWork, names: directory.Directory, now: datetime.datetime
    ) -> None:
        self.engine = engine
        self.uow = uow
        self.names = names
        self.now = now
        self.today = directory.today(now)
        # Who belongs to a role is asked now: somebody who joined it a moment ago in another process is told, too.
        self._users = {user.id: user for user in uow.users.all() if user.active}
        self._substitutes: Mapping[str, tuple[str, ...]] | None = None
        self._looks: dict[str, datetime.datetime | None] = {}
        self._new: dict[tuple[str, events.NoticeKind, str], notices.NewNotice] = {}

    def in_roles(self, roles: Collection[str]) -> list[str]:
        """Return the active people who have one of these roles, where it says so within a unit; by id."""
        wanted = frozenset(roles)
        return [user.id for user in self._users.values() if not wanted.isdisjoint(user.groups)]

    def admins(self) -> list[str]:
        """Return the active people who administer the platform."""
        return [user.id for user in self._users.values() if people.Right.ADMIN in user.rights]

    def substitutes(self, person: str) -> tuple[str, ...]:
        """Return who stands in for somebody today."""
        if self._substitutes is None:
            found: dict[str, list[str]] = {}
            for each in self.uow.substitutions.all():
                if each.runs(self.today):
                    found.setdefault(each.principal, []).append(each.substitute)
            self._substitutes = {principal: tuple(dict.fromkeys(those)) for principal, those in found.items()}
        return self._substitutes.get(person, ())

    def principals(self, person: str) -> tuple[str, ...]:
        """Return whom somebody stands in for today."""
        self.substitutes(person)
        return tuple(principal for principal, those in (self._substitutes or {}).items() if person in those)

    def with_substitutes(self, people: Iterable[str]) -> list[str]:
        """Return people, each with who stands in for them today."""
        return list(dict.fromkeys(person for each in people for person in (each, *self.substitutes(each))))

    def doers(self, task: instances.UserTask) -> list[str]:
        """Return who may do an open task: who has it, else its candidates; each with who stands in for them."""
        if task.assignee is not None:
            named = [task.assignee]
        else:
            named = [*task.candidate_users, *self.in_roles(task.candidate_groups)]
        return self.with_substitutes(named)

    def tell(
        self,
        those: Iterable[str],
        kind: events.NoticeKind,
        event: str,
        title: str,
        *,
        text: str = "",
        link: str = "/notices",
        case: event_queries.Case | None = None,
        task: instances.UserTask | None = None,
        actor: str | None = None,
    ) -> None:
        """Tell people of something, unless they did it themselves.

        Args:
            those: Ids of people; who has no active account is not told.
            kind: Why they are told.
            event: What happened: nobody is told the same event twice under one kind.
            title: One line.
            text: What else there is to say.
            link: The page about it, as a path.
            case: The case it belongs to.
            task: The task that it asks to be done.
            actor: Who did it.
        """
        for person in those:
            if person not in self._users or (person == actor and kind not in events.ALWAYS):
                continue
            # Work shows who may do it; of everything else only those learn who may see the case.
            if case is not None and kind not in events.WORK and not self._sees(person, case):
                continue
            self._new[person, kind, event] = notices.NewNotice(
                person=person,
                kind=kind,
                event=event,
                title=one_line(title),
                text=text.strip(),
                link=link,
                created_at=self.now,
                instance_id=None if case is None else case.instance.id,
                user_task_id=None if task is None else task.id,
                actor=actor,
            )

    def look(self, subject: str, at: datetime.datetime | None) -> None:
        """Have something looked at again for reminders, at a time or (None) never."""
        self._looks[subject] = at

    def write(self) -> int:
        """Write what was collected, to where each person wants it; return how many notices there were."""
        self.uow.reminders.set(self._looks)
        self._looks.clear()
        settings = self.uow.notice_settings.of({new.person for new in self._new.values()})
        written = []
        for new in self._new.values():
            choice = settings[new.person].choice(new.kind)
            mail = self._mail(new.person, choice.mail, settings[new.person])
            if choice.inbox or mail is not None:
                written.append(dataclasses.replace(new, inbox=choice.inbox, mail=mail))
        self.uow.notices.add(written)
        urgent = {new.person for new in written if new.kind in events.ALWAYS}
        self._post({new.person for new in written if new.mail is events.MailChoice.NOW}, urgent)
        self._new.clear()
        return len(written)

    def _sees(self, person: str, case: event_queries.Case) -> bool:
        user = self._users[person]
        actor = commands.Actor(
            person,
            frozenset(user.roles),
            admin=people.Right.ADMIN in user.rights,
            monitor=people.Right.MONITOR in user.rights,
            unit=user.unit,
        )
        return policy.sees(self.uow, actor, case.instance.id)

    def _mail(
        self, person: str, chosen: events.MailChoice, settings: events.NoticeSettings
    ) -> events.MailChoice | None:
        if chosen is events.MailChoice.NEVER or not self.engine.settings.smtp_host or not self._users[person].email:
            return None
        if chosen is events.MailChoice.DIGEST and settings.digest is events.DigestRhythm.OFF:
            return None
        return chosen

    def _post(self, those: Collection[str], urgent: Collection[str]) -> None:
        last = self.uow.notices.last_mailed(those)
        times = []
        for person in sorted(those):
            at = self.now + SETTLING
            if person in last:
                at = max(at, last[person] + BETWEEN_MAILS)
            times.append((person, self.now if person in urgent else at))
        self.uow.notices.mail_by(times)


def one_line(text: str) -> str:
    """Return text without line breaks and other control characters: a title is one line, also in a mail."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def day(at: datetime.datetime) -> str:
    """Return the day of a time in official Chinese time: 3月10日."""
    there = at.astimezone(moments.SHANGHAI)
    return f"{there.month}月{there.day}日"


def moment(at: datetime.datetime) -> str:
    """Return a time in official Chinese time: 2026年3月10日 09:30."""
    there = at.astimezone(moments.SHANGHAI)
    return f"{there.year}年{there.month}月{there.day}日 {there:%H:%M}"


def about(case: event_queries.Case, task: instances.UserTask | None = None) -> str:
    """Return the line that says which case a notice is about, and when the task is due."""
    line = case.label if case.name in case.label else f"{case.name}：{case.label}"
    if task is not None and task.due is not None:
        line += f"（应于{day(task.due)}前办结）"
    return line


def task_link(task: instances.UserTask) -> str:
    """Return the path of the page of a task."""
    return f"/tasks/{task.id}"


def case_link(case: event_queries.Case) -> str:
    """Return the path of the page of a case."""
    return f"/cases/{case.instance.id}"
