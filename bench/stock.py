"""Stock SpiffWorkflow with its own serializer, used as its documentation shows."""

from __future__ import annotations

import pathlib
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from bench import raw


class Stuck(Exception):
    """Nothing is left to complete though the process has not come to its end."""


class InMemory:
    """Cases of one process in memory."""

    def __init__(self, diagram: bytes, key: str) -> None:
        parser = BpmnParser()
        parser.add_bpmn_str(diagram)
        self._spec = parser.get_spec(key)
        self._subprocesses = parser.get_subprocess_specs(key)

    def begin(self, variables: dict[str, Any]) -> BpmnWorkflow:
        """Start a case."""
        workflow = BpmnWorkflow(self._spec, self._subprocesses)
        workflow.get_next_task(spec_name="start").data.update(variables)
        workflow.do_engine_steps()
        return workflow

    def step(self, workflow: BpmnWorkflow, variables: dict[str, Any]) -> None:
        """Complete the first open task.

        Raises:
            Stuck: There is none.
        """
        task = workflow.get_next_task(state=TaskState.READY, manual=True)
        if task is None:
            raise Stuck
        task.data.update(variables)
        task.run()
        workflow.do_engine_steps()


class Stock(InMemory):
    """Cases of one process in a SQLite file of their own, each one JSON text in one row; settings as the product's."""

    def __init__(self, diagram: bytes, key: str, database: pathlib.Path) -> None:
        super().__init__(diagram, key)
        self._serializer = BpmnWorkflowSerializer()
        self._connection = raw.connect(database)
        self._connection.execute("CREATE TABLE cases (id INTEGER PRIMARY KEY, state TEXT NOT NULL)")

    def start(self, variables: dict[str, Any], *, finished: int = 0) -> int:
        """Start a case, complete so many of its tasks in memory, store it; return its id."""
        workflow = self.begin(variables)
        for _ in range(finished):
            self.step(workflow, {})
        text = self._serializer.serialize_json(workflow)
        return int(self._connection.execute("INSERT INTO cases (state) VALUES (?)", (text,)).lastrowid or 0)

    def complete(self, case: int, variables: dict[str, Any]) -> None:
        """Complete the first open task of a case: load it, run it, store it."""
        (text,) = self._connection.execute("SELECT state FROM cases WHERE id = ?", (case,)).fetchone()
        workflow = self._serializer.deserialize_json(text)
        self.step(workflow, variables)
        text = self._serializer.serialize_json(workflow)
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("UPDATE cases SET state = ? WHERE id = ?", (text, case))
        self._connection.commit()

    def close(self) -> None:
        """Close the database."""
        self._connection.close()
