"""Script task: assignments in the safe subset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.bpmn import expressions
from engine.bpmn.elements import activity

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class ScriptTask(activity.Activity):
    """A task that assigns variables."""

    def __init__(self, *args: Any, script: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.result_variable = self.extensions.attributes.get("resultVariable")
        self.expression = expressions.compile_expression(script) if self.result_variable else None
        self.script = None if self.result_variable else expressions.compile_script(script)

    def begin(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Run the script; nothing of it shows when it fails."""
        variables = workflow.variables(token)
        if self.expression is not None:
            values = {str(self.result_variable): workflow.evaluate(variables, self.expression)}
        else:
            assert self.script is not None
            values = self.script.run(variables, workflow.context.functions)
        self.keep(workflow, token, values)
        return False
