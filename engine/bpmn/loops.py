"""Loops around an activity: multi-instance, parallel and sequential, and the standard loop.

The token of the looping activity is the body: it carries the counters and the boundary events. Every run is a child
token of it. Runs of a multi-instance go on beside each other, so each is a scope: the variables that it creates are its
own. Runs of a standard loop follow each other and work on the variables around them.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from engine import errors
from engine.bpmn import expressions

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow

#: More runs than this are a mistake in the data, not work for an office.
MAX_RUNS = 100_000


@dataclasses.dataclass(frozen=True)
class MultiInstance:
    """As many runs as a collection has items, or as a number says."""

    sequential: bool
    collection: expressions.Expression | None
    element_variable: str | None
    cardinality: expressions.Expression | None
    completion_condition: expressions.Expression | None
    output_collection: str | None
    output_element: expressions.Expression | None
    isolates = True

    def start(self, workflow: ProcessWorkflow, body: Token) -> bool:
        """Begin the runs.

        Returns:
            True when there is nothing to run.
        """
        items = self._items(workflow, body)
        body.internal_data["loop"] = self._counters(len(items), 0)
        if self.output_collection is not None:
            body.internal_data["results"] = [None] * len(items)
        if not items:
            self._store_results(workflow, body)
            return True
        if self.sequential:
            if self.collection is not None:
                body.internal_data["items"] = items[:0:-1]  # what is left, the next one last
            self._run(workflow, body, 0, items[0])
        else:
            for index, item in enumerate(items):
                self._run(workflow, body, index, item)
        return False

    def _counters(self, total: int, completed: int) -> dict[str, int]:
        """Return the counters as expressions see them; no variable of that name replaces them."""
        active = min(1, total - completed) if self.sequential else total - completed
        return {"nrOfInstances": total, "nrOfCompletedInstances": completed, "nrOfActiveInstances": active}

    def _items(self, workflow: ProcessWorkflow, body: Token) -> list[Any]:
        variables = workflow.variables(body)
        title = body.task_spec.title
        if self.collection is not None:
            items = workflow.evaluate(variables, self.collection)
            if isinstance(items, dict | str) or not isinstance(items, list | tuple):
                raise errors.EvaluationFailed(f"“{title}”多实例的集合应为列表，现为 {type(items).__name__}")
            return [expressions.to_json_value(item) for item in _bounded(title, len(items), items)]
        assert self.cardinality is not None
        number = workflow.evaluate(variables, self.cardinality)
        if isinstance(number, str) and number.isascii() and number.isdigit():
            number = int(number)
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise errors.EvaluationFailed(f"“{title}”多实例的次数应为不小于零的整数，现为 {number!r}")
        return [None] * _bounded(title, number, number)

    def _run(self, workflow: ProcessWorkflow, body: Token, index: int, item: Any) -> None:
        variables = {"loopCounter": index}
        if self.collection is not None and self.element_variable:
            variables[self.element_variable] = item
        workflow.launch(body.task_spec, body, {"i": index, "loop": variables})

    def run_ended(self, workflow: ProcessWorkflow, run: Token) -> None:
        """Count a finished run; go on with the next one or end the loop."""
        body = run.parent
        before = body.internal_data["loop"]
        total, completed = before["nrOfInstances"], before["nrOfCompletedInstances"] + 1
        counters = self._counters(total, completed)
        # All that may fail comes first: after an incident of the run it is done again.
        variables = workflow.variables(run).new_child(counters)
        result = None if self.output_element is None else workflow.evaluate(variables, self.output_element)
        enough = self.completion_condition is not None and bool(workflow.evaluate(variables, self.completion_condition))
        index = run.internal_data["i"]
        if self.output_collection is not None:
            body.internal_data["results"][index] = [expressions.to_json_value(result)]
        body.internal_data["loop"] = counters
        workflow.changed = True
        workflow.remove(run, "completed")
        if enough or completed == total:
            for rest in [child for child in body.children if "i" in child.internal_data]:
                workflow.remove(rest, "cancelled")
            self._store_results(workflow, body)
            workflow.finish_body(body)
        elif self.sequential:
            left = body.internal_data.get("items")
            self._run(workflow, body, index + 1, left.pop() if left else None)

    def _store_results(self, workflow: ProcessWorkflow, body: Token) -> None:
        if self.output_collection is not None:
            results = [cell[0] for cell in body.internal_data["results"] if cell is not None]
            workflow.set_variables(body.parent, {self.output_collection: results})


@dataclasses.dataclass(frozen=True)
class StandardLoop:
    """Runs again while a condition holds, at most so many times."""

    condition: expressions.Expression | None
    maximum: int | None
    test_before: bool
    isolates = False

    def start(self, workflow: ProcessWorkflow, body: Token) -> bool:
        """Begin the first run.

        Returns:
            True when the condition forbids even that.
        """
        body.internal_data["loop"] = {"loopCounter": 0}
        if self.test_before and not self._again(workflow, body, 0):
            return True
        self._run(workflow, body, 0)
        return False

    def _again(self, workflow: ProcessWorkflow, token: Token, done: int) -> bool:
        if self.maximum is not None and done >= self.maximum:
            return False
        return self.condition is None or workflow.test(token, self.condition)

    def _run(self, workflow: ProcessWorkflow, body: Token, index: int) -> None:
        body.internal_data["loop"] = {"loopCounter": index}
        workflow.launch(body.task_spec, body, {"i": index})

    def run_ended(self, workflow: ProcessWorkflow, run: Token) -> None:
        """Run again or end the loop."""
        body = run.parent
        done = run.internal_data["i"] + 1
        again = self._again(workflow, run, done)
        workflow.remove(run, "completed")
        if again:
            self._run(workflow, body, done)
        else:
            workflow.finish_body(body)


def _bounded(title: str, number: int, value: Any) -> Any:
    if number > MAX_RUNS:
        raise errors.EvaluationFailed(f"“{title}”多实例应不超过{MAX_RUNS}次，现为{number}次")
    return value
