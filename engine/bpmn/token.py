"""A token: SpiffWorkflow's task, standing for one open element instance."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.task import Task

if TYPE_CHECKING:
    from engine.bpmn.elements.base import ElementSpec
    from engine.bpmn.workflow import ProcessWorkflow


class Token(Task):
    """An open element instance. Its parent is the scope, loop, host or gateway it belongs to.

    `data` holds the variables local to it (those of the process at the root). `internal_data` holds, all JSON:

    - where it stands: `role` listener, boundary or arm, when it only listens beside what goes on; `i` its index when it
      is a run of a loop; `local` new variables stay here; `interrupting` nothing else goes on in its scope
    - how far it is: `done` the work is finished; `waits` the kinds of rows it has; `armed` boundary events listen
    - an incident: `error`; `leaving` when it happened on the way out
    - an event: `due` and `cycle` of a timer; `signal`; `condition` its last value; `payload` what starts a subprocess
    - `way`, the user tasks that lie behind it (`engine.bpmn.ways`)
    - a join: `in`, how many tokens have come by each flow; `ways` how they came
    - a loop: `loop` what expressions see of it, counters at the body, element and counter at a run; `items` what is
      left to go over; `results` what is collected
    - a call: `child` what the child left behind, `lacking` that it is not all that was asked
    """

    def __init__(
        self,
        workflow: ProcessWorkflow,
        spec: ElementSpec,
        parent: Token | None,
        id: int,
        state: int,
        data: MutableMapping[str, Any],
        internal_data: dict[str, Any],
    ) -> None:
        # Not `Task.__init__`, which asks the clock and looks its parent up: half of the time that it takes to read an
        # instance with many open tokens.
        self.id = id
        self.workflow = workflow
        self.task_spec = spec
        self.data = data
        self.internal_data = internal_data
        self.triggered = False
        self.thread_id = self.thread_id_pool
        self.last_state_change = 0.0
        self._state = state
        self._children: dict[int, None] = {}  # a set in order: one of many goes at no cost
        self._parent = None
        workflow.tasks[id] = self
        if parent is not None:
            self._parent = parent.id
            parent._children[id] = None
            if "in" in internal_data:
                workflow.joins[parent.id, spec.name] = self

    @property
    def parent(self) -> Any:
        """The token it belongs to; None for the root."""
        return self.workflow.tasks.get(self._parent)

    def inside(self) -> Iterator[Token]:
        """Yield what is open in a scope, without what only listens beside it."""
        tasks = self.workflow.tasks
        for number in self._children:
            if "role" not in tasks[number].internal_data:
                yield tasks[number]

    def lineage(self) -> Iterator[Token]:
        """Yield the token and all it belongs to, up to the root."""
        token: Token | None = self
        while token is not None:
            yield token
            token = token.parent

    @property
    def keeps_variables(self) -> bool:
        """Whether variables that are created inside stay here: a local scope, or one run of a multi-instance."""
        internal = self.internal_data
        return "local" in internal or ("i" in internal and self.task_spec.loop.isolates)

    def has_variable(self, name: str) -> bool:
        """Whether a variable of this name is written here: it exists here, or is the element of this run of a loop."""
        return name in self.data or ("i" in self.internal_data and name in self.internal_data.get("loop", ()))

    def _set_state(self, value: int) -> None:
        """Set the state without the log record stock SpiffWorkflow builds even when nobody listens."""
        self._state = value
