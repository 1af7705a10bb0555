"""The script engine SpiffWorkflow is given: the safe subset, never `eval` with builtins."""

from __future__ import annotations

from typing import Any

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.bpmn.script_engine.python_environment import BasePythonScriptEngineEnvironment

from engine.bpmn import expressions


class SafeEnvironment(BasePythonScriptEngineEnvironment):
    """Evaluates and executes nothing but compiled safe expressions and scripts."""

    def evaluate(self, expression: str, context: Any, external_context: Any = None) -> Any:
        """Evaluate a safe expression."""
        return expressions.compile_expression(expression).evaluate({**context, **(external_context or {})})

    def execute(self, script: str, context: Any, external_context: Any = None) -> bool:
        """Run a safe script and keep what it assigns."""
        context.update(expressions.compile_script(script).run({**context, **(external_context or {})}))
        return True


class SafeScriptEngine(PythonScriptEngine):
    """A script engine that cannot reach Python."""

    def __init__(self) -> None:
        super().__init__(environment=SafeEnvironment())

    def validate(self, expression: str) -> None:
        """Compile the expression."""
        expressions.compile_expression(expression)
