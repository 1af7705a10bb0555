"""To whom a user task is offered when it opens: its candidates, or the role of its lane.

A role may have members in many units: the head of any would then decide for all. The property `unitOf` of a user task
is a template that gives a person, or a unit, such as ``${applicant}``; its roles are then meant within the unit of that
person. What is stored as candidate group is the role with the unit (`people.within`), and whoever acts is in the groups
of the own unit (`people.groups`): lists, policy and notices compare groups as they do without units.

Where nobody in the unit has the role, or only those who must not do the task, it goes to the nearest unit above where
somebody may; where there is no such unit, it stays with the unit, and the health of the platform tells of it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.actions import definition_cache, duties
from engine.model import people, steps
from engine.store import instances as stored
from engine.store import unit_of_work

if TYPE_CHECKING:
    from engine.actions.transaction import Transaction


def offered(
    tx: Transaction, locked: stored.LockedInstance, step: steps.Step, doing: Collection[str | None]
) -> tuple[steps.UserTaskOpened, ...]:
    """Return the tasks that a step opens as they are offered; people are looked up only where `unitOf` is written.

    Args:
        tx: The transaction.
        locked: The case.
        step: The step.
        doing: Who acts in the step, and for whom.
    """
    definition = tx.of(locked)
    found = []
    for task in step.user_tasks:
        task = _by_lane(definition, task)
        if task.unit is not None and task.candidate_groups:
            office = tx.office(definition)
            path = office.above(task.unit)
            away = {*task.recused, *_doers(tx, locked, task.element_id, step, doing)}
            groups = tuple(people.within(role, office.nearest(role, path, away)) for role in task.candidate_groups)
            task = dataclasses.replace(task, candidate_groups=groups)
        found.append(task)
    return tuple(found)


def _by_lane(definition: definition_cache.Definition, task: steps.UserTaskOpened) -> steps.UserTaskOpened:
    """Offer a task that names nobody to the role of its lane."""
    if task.assignee or task.candidate_users or task.candidate_groups or task.lane is None:
        return task
    role = definition.lanes.get(task.lane)
    return task if role is None else dataclasses.replace(task, candidate_groups=(role,))


def _doers(
    tx: Transaction, locked: stored.LockedInstance, element_id: str, step: steps.Step, doing: Collection[str | None]
) -> set[str]:
    """Return who did, or does just now, one of the tasks that others must do this one after."""
    others = tx.of(locked).separated.get(element_id)
    if not others:
        return set()
    found: set[str | None] = {person for person, _ in duties.doers(tx.uow, locked.id, others)}
    ending = {closed.token for closed in step.closed if closed.kind == "user_task" and closed.outcome == "completed"}
    if any(each.token in ending and each.element_id in others for each in tx.uow.user_tasks.of_instance(locked.id)):
        found.update(doing)
    return {each for each in found if each is not None}


class Office:
    """People and units as a transaction sees them: not those of a memory that may be half a minute old.

    Args:
        uow: The unit of work.
        definition: What is offered; its people count while there are no accounts.
    """

    def __init__(self, uow: unit_of_work.UnitOfWork, definition: definition_cache.Definition) -> None:
        users = uow.users.all()
        self._units = {str(unit.id): unit for unit in uow.units.all()}
        #: While there are no accounts: the unit above all others, that of the office itself.
        self._top = None if users else definition.pack.source.issuer
        self._names = {user.id: user.name for user in users}
        self._unit: Mapping[str, str | None] = {user.id: user.unit for user in users}
        self._groups: Mapping[str, frozenset[str]] = {user.id: user.groups for user in users if user.active}
        if self._top is not None:
            members = definition.pack.users
            self._unit = {user.id: user.unit or self._top for user in members}
            self._groups = {user.id: people.groups(user.roles, user.unit or self._top) for user in members}

    def groups_of(self, person: str) -> frozenset[str]:
        """Return the candidate groups that somebody is in; nobody else than active people is in any."""
        return self._groups.get(person, frozenset())

    def unit_of(self, whose: Any, title: str) -> str:
        """Return what candidate groups call a unit.

        Args:
            whose: Id of a person of the unit, number of the unit, or its name, alone or with those above it.
            title: The task that is offered within it.

        Raises:
            errors.EvaluationFailed: There is no such person or unit, or the person belongs to none.
        """
        text = str(whose).strip() if isinstance(whose, str | int) and not isinstance(whose, bool) else ""
        if text in self._unit:
            unit = self._unit[text]
            if unit is None:
                name = self._names[text]
                raise errors.EvaluationFailed(
                    f"“{title}”应由{name}（{text}）所在单位的人员办理，{name}不属于任何单位，请在“用户”页写明其单位后重试"
                )
            return unit
        named = [
            number for number in self._units if text in (number, self._units[number].name, self._path_name(number))
        ]
        if self._top is not None:
            named += {self._top, *filter(None, self._unit.values())} & {text}
        if len(named) != 1:
            found = f"“{text}”" if text else repr(whose)
            raise errors.EvaluationFailed(
                f"“{title}”应由某一单位的人员办理，unitOf 应为用户标识、单位编号或单位名称，"
                f"现为{found}，{'有几个单位叫这个名称' if named else '没有这样的人员或单位'}"
            )
        return named[0]

    def above(self, unit: str) -> list[str]:
        """Return a unit and those above it, the nearest first."""
        if self._top is not None:
            return list(dict.fromkeys((unit, self._top)))
        path: list[str] = []
        at: str | None = unit
        while at in self._units and at not in path:
            path.append(at)
            parent = self._units[at].parent_id
            at = None if parent is None else str(parent)
        return path or [unit]

    def nearest(self, role: str, path: list[str], away: Collection[str]) -> str:
        """Return the first unit of a path in which somebody has a role who is not kept away; else the first."""
        held = frozenset().union(*(groups for person, groups in self._groups.items() if person not in away))
        return next((unit for unit in path if people.within(role, unit) in held), path[0])

    def _path_name(self, number: str) -> str:
        return people.UNIT_SEPARATOR.join(self._units[each].name for each in reversed(self.above(number)))
