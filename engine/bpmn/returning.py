"""Going back: a user task sends the case to an earlier one, which is opened again (退回).

Only where it is sound: see `engine.bpmn.ways` and docs/decisions/0008-return.md. What has been written into variables
stays: the earlier task shows it, and overwrites it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine import errors
from engine.bpmn import execution, ways
from engine.model import steps

if TYPE_CHECKING:
    from engine.bpmn.process import Process
    from engine.bpmn.token import Token


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """A user task that lies behind another one.

    Args:
        element_id: the task.
        token: what completed it last; of a loop, its body.
        why: why it cannot be opened again; empty when it can.
    """

    element_id: str
    token: int
    why: str

    @property
    def allowed(self) -> bool:
        """Whether the task can be opened again."""
        return not self.why


@dataclasses.dataclass(frozen=True, slots=True)
class _Place:
    """A target, what has to go for it, and the way that led there."""

    target: Target
    level: Token
    way: ways.Way


def targets(process: Process, before: execution.State, token: int) -> tuple[Target, ...]:
    """Return the user tasks that lie behind an open one, the nearest first, each once.

    Raises:
        errors.Conflict: the token waits for no person any more.
    """
    workflow, found = execution.waiting(process, execution.LOOKING, before, token, "user_task")
    result = tuple(place.target for place in _places(found))
    workflow.forget()
    return result


def return_to(
    process: Process, context: execution.Context, before: execution.State, token: int, element_id: str
) -> steps.Step:
    """Leave an open user task with the outcome ``returned`` and open an earlier one again.

    Raises:
        errors.InvalidInput: that task does not lie behind this one.
        errors.Conflict: going back there would leave the case unsound, or the token waits for no person any more.
    """
    workflow, found = execution.waiting(process, context, before, token, "user_task")
    place = next((each for each in _places(found) if each.target.element_id == element_id), None)
    if place is None:
        raise errors.InvalidInput(f"“{element_id}”不是“{found.task_spec.title}”之前办结过的任务，不能退回。")
    if place.target.why:
        raise errors.Conflict(place.target.why)
    scope = place.level.parent
    if found is not place.level:
        workflow.remove(found, "returned")
    workflow.remove(place.level, "returned")
    workflow.launch(process.spec.task_specs[element_id], scope, ways.given(place.way))
    return execution.run(workflow, before)


def _places(token: Token) -> Iterator[_Place]:
    """Yield what lies behind a token, from the inside out."""
    level, hindrance, seen = token, "", {token.task_spec.name}
    title = token.task_spec.title
    while (scope := level.parent) is not None:
        for place in _behind(level, hindrance, title):
            # What was done inside of what is still open is told there, too: it lies beside the token, not behind it.
            beside = level is not token and place.target.token > level.id
            if not beside and place.target.element_id not in seen:
                seen.add(place.target.element_id)
                yield place
        others = [each for each in scope.inside() if each is not level]
        if "i" in level.internal_data:
            hindrance = f"“{title}”由多人分别办理或循环办理，退回到其外会使其他各次办理失去依据，不能退回。"
        elif others and scope.parent is not None and not hindrance:
            other = others[0].task_spec.title
            hindrance = f"“{title}”所在的子流程内“{other}”尚未办结，不能退回到子流程之外。"
        level = scope


def _behind(level: Token, hindrance: str, title: str) -> Iterator[_Place]:
    """Yield what one way tells, the nearest first."""
    specs = level.task_spec._wf_spec.task_specs
    way, effect = ways.of(level), ""
    for depth in range(len(way) - 1, -1, -1):
        entries = way[depth][3]
        for index in range(len(entries) - 1, -1, -1):
            name = entries[index][0]
            if len(entries[index]) == 1:  # also of an element that the version has not to which the case was migrated
                effect = specs[name].title if name in specs else name
                continue
            if name not in specs:
                continue
            why = hindrance
            if not why and depth < len(way) - 1:
                why = f"“{title}”所在的分支与其他并行分支尚未汇合，退回到分支之前会使其他分支失去依据，不能退回。"
            why = why or _hindrance(level, entries[index], specs[name].title, effect)
            reached = [*way[:depth], [*way[depth][:3], entries[:index]]]
            yield _Place(Target(name, entries[index][1], why), level, reached)


def _hindrance(level: Token, entry: ways.Entry, title: str, effect: str) -> str:
    """Tell why a task in the last frame of a way cannot be opened again; nothing when it can."""
    if len(entry) == 3:
        return {
            ways.PARALLEL: f"“{title}”在已经汇合的并行分支之中，单独重办会使汇合缺少其他分支，不能退回。",
            ways.SCOPE: f"“{title}”在已经结束的子流程之中，不能退回。",
            ways.LOOP: f"“{title}”由多人分别办理或循环办理，不能退回其中一次。",
        }[entry[2]]
    if effect:
        return f"“{title}”之后的“{effect}”已经完成并对外生效，不能收回，因此不能退回到它之前。"
    for other in level.parent.inside():
        if other is not level and any(ways.known_in(way, entry[1]) for way in ways.arriving(other)):
            return f"与本环节同时进行的“{other.task_spec.title}”可能以“{title}”的结果为依据，请待其办结后再退回。"
    return ""
