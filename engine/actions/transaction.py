"""One transaction of one actor: what every action opens, and what it does to instances within it.

At the end of the block everything that the recorded steps set off in other instances is carried through
(`engine.actions.propagate`), then all of it is committed at once, then the workers of this process are told.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import functools
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Concatenate, ParamSpec, TypeVar

from engine import errors, tracing
from engine.actions import context, definition_cache, directory, naming, offering, propagate
from engine.bpmn import execution
from engine.calendars import calendar
from engine.model import commands, instances, steps
from engine.store import carrying, unit_of_work
from engine.store import instances as stored

P = ParamSpec("P")
R = TypeVar("R")

_LOG = logging.getLogger(__name__)
#: How often an act is tried that meets others which wait for it while it waits for them.
_TRIES = 5


class Transaction:
    """What an action may do: look things up, note them in the audit trail, record steps."""

    def __init__(self, engine: context.Engine, uow: unit_of_work.UnitOfWork, actor: commands.Actor) -> None:
        self.engine = engine
        self.uow = uow
        self.actor = actor
        self.now = engine.clock.now()
        #: Steps whose effects on other instances have not been carried through yet.
        self.agenda: collections.deque[tuple[stored.LockedInstance, steps.Step]] = collections.deque()
        self.made_work = False
        #: By pack the calendars that this transaction changes: what all others count on is not these yet.
        self.own_days: dict[str, calendar.Calendar] = {}
        #: By id the definitions that this transaction has deployed, as far as they were looked at.
        self.deployed: dict[int, definition_cache.Definition] = {}
        self._offices: dict[int, offering.Office] = {}

    def definition(self, definition_id: int) -> definition_cache.Definition:
        """Return a definition, parsed; one that this transaction has deployed is its own until it commits."""
        if definition_id not in self.uow.definitions.added:
            return self.engine.definitions.get(self.uow, definition_id)
        if definition_id not in self.deployed:
            self.deployed[definition_id] = self.engine.definitions.read(self.uow, definition_id)
        return self.deployed[definition_id]

    def of(self, locked: stored.LockedInstance) -> definition_cache.Definition:
        """Return the definition that an instance runs on."""
        return self.definition(locked.definition_id)

    def names(self, locked: stored.LockedInstance) -> Mapping[str, str]:
        """Return the names of people and roles by id, for sentences about an instance."""
        return directory.Names(self.engine.directory, self.uow, self.of(locked).people)

    def context(self, locked: stored.LockedInstance, *, actor: str | None = None) -> execution.Context:
        """Return what an instance may look at while it runs; `actor` is who signs, if somebody else than acts now."""
        instance, definition = locked.instance, self.of(locked)
        return definition.context(
            self.now,
            self.days(definition),
            business_key=instance.business_key,
            instance_id=instance.id,
            initiator=instance.started_by,
            actor=actor or self.actor.id,
            unit_of=lambda whose, title: self.office(definition).unit_of(whose, title),
        )

    def days(self, definition: definition_cache.Definition) -> calendar.Calendar:
        """Return the calendar that the cases of a definition count on."""
        pack = definition.row.pack
        return self.own_days[pack] if pack in self.own_days else self.engine.calendars.get(self.uow, pack)

    def office(self, definition: definition_cache.Definition) -> offering.Office:
        """Return to whom the tasks of a definition may be offered, read when it is first asked for."""
        if definition.id not in self._offices:
            self._offices[definition.id] = offering.Office(self.uow, definition)
        return self._offices[definition.id]

    def note(self, locked: stored.LockedInstance | None, action: str, subject: str, **details: Any) -> None:
        """Note an act in the audit trail of an instance, or (None) of the system. Before `record`, so it costs less."""
        self.uow.audit.append(locked, self.actor.id, action, subject, details, self.now)
        if tracing.on:
            tracing.annotate(action, subject=subject, instance=None if locked is None else locked.id)

    def record(
        self,
        locked: stored.LockedInstance,
        step: steps.Step,
        *,
        status: instances.InstanceStatus | None = None,
        end_reason: str | None = None,
        submission: Mapping[str, Any] | None = None,
        on_behalf: str | None = None,
        by: str | None = None,
    ) -> Mapping[int, int]:
        """Store a step; what it sets off elsewhere happens at the end of the transaction.

        Args:
            locked: The instance.
            step: What the executor did.
            status: Instead of the status of the step.
            end_reason: Why the instance ended, if it did.
            submission: What the form of the user task that the step completes was filled in with.
            on_behalf: Whom the actor stands in for in completing that task, where they do.
            by: Who completed that task, if somebody else than acts now.

        Returns:
            The ids of the user tasks that it opened, by token.
        """
        doing = (by or self.actor.id, on_behalf)
        step = dataclasses.replace(step, user_tasks=offering.offered(self, locked, step, doing))
        naming.retitle(self, locked, step)
        recorded = self.uow.record(
            locked,
            step,
            self.now,
            by=by or self.actor.id,
            status=status,
            end_reason=end_reason,
            submission=submission,
            on_behalf=on_behalf,
        )
        self.made_work = self.made_work or recorded.jobs or bool(step.timers)
        self.agenda.append((locked, step))
        return recorded.user_tasks

    def refuse_resting(self, locked: stored.LockedInstance) -> None:
        """Raise errors.Conflict when the instance is suspended or has ended."""
        instance = locked.instance
        if instance.status is instances.InstanceStatus.SUSPENDED:
            raise errors.Conflict(f"事项 {instance.id} 已暂停办理，请在恢复后再操作。", instance=instance.id)
        self.refuse_ended(locked)

    def refuse_ended(self, locked: stored.LockedInstance) -> None:
        """Raise errors.Conflict when the instance has ended."""
        instance = locked.instance
        if instance.status.ended:
            ways = {instances.InstanceStatus.COMPLETED: "办结", instances.InstanceStatus.CANCELLED: "取消"}
            way = ways.get(instance.status, "因错误终止")
            raise errors.Conflict(f"事项 {instance.id} 已{way}，不能再操作。", instance=instance.id)


@contextlib.contextmanager
def begin(engine: context.Engine, actor: commands.Actor) -> Iterator[Transaction]:
    """Open a transaction; it commits at the end of the block, and leaves nothing behind when an exception ends it.

    Raises:
        errors.Forbidden: The actor has no id, or that of the platform.
    """
    refuse_nobody(actor)
    with tracing.span("action"), engine.store.write() as uow:
        opened = Transaction(engine, uow, actor)
        if engine.queue is not None:
            uow.terms = carrying.Terms(engine.handlers.topics, opened.now + engine.queue.patience)
        yield opened
        propagate.settle(opened)
        if engine.queue is not None and uow.carried:
            engine.queue.put(uow, uow.carried)
    for made in opened.deployed.values():
        engine.definitions.hold(made)
    if opened.made_work:
        engine.announce_work()


def refuse_nobody(actor: commands.Actor) -> None:
    """Raise errors.Forbidden when an actor has no id, or that of the platform."""
    if not actor.id.strip():
        raise errors.Forbidden("没有说明操作人，操作未执行。")
    if actor.id == commands.SYSTEM.id and not actor.system:
        raise errors.Forbidden(f"“{actor.id}”是平台自身的标识，不能以此名义操作，请换一个用户标识。")


def again(act: Callable[Concatenate[context.Engine, P], R]) -> Callable[Concatenate[context.Engine, P], R]:
    """Have an act that reaches several instances done again when it and another one waited for each other.

    PostgreSQL ends one of two transactions of which each has locked what the other one wants next: a called case that
    ends and the cancellation of its caller, two cases that send each other a message. Nothing of it has happened, so
    it is done once more, on what the other one has left behind.
    """

    @functools.wraps(act)
    def acting(engine: context.Engine, /, *given: P.args, **named: P.kwargs) -> R:
        for _ in range(_TRIES - 1):
            try:
                return act(engine, *given, **named)
            except errors.Deadlock:
                _LOG.info(
                    "%s.%s was done again: it and another act waited for each other", act.__module__, act.__name__
                )
        return act(engine, *given, **named)

    return acting


def once(opened: Transaction, action: str, key: str | None) -> Mapping[str, Any] | None:
    """Return the answer that the actor's first request with this idempotency key got; None if this is the first."""
    return None if key is None else opened.uow.idempotency.find(key, opened.actor.id, action)


def keep(opened: Transaction, action: str, key: str | None, answer: dict[str, Any]) -> None:
    """Keep the answer of a request for its repetitions."""
    if key is not None:
        opened.uow.idempotency.keep(key, opened.actor.id, action, answer, opened.now)
