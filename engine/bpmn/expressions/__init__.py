"""The expression and script language of diagrams: a safe, bounded subset of Python, compiled at deployment.

See docs/reference/expressions.md. Standard library only; knows nothing of SpiffWorkflow.
"""

from __future__ import annotations

from engine.bpmn.expressions.compiled import (
    Expression,
    Script,
    Template,
    compile_expression,
    compile_script,
    compile_template,
    function_calls,
    written_results,
)
from engine.bpmn.expressions.functions import DEFAULT_FUNCTIONS
from engine.bpmn.expressions.json_values import to_json_value

__all__ = [
    "DEFAULT_FUNCTIONS",
    "Expression",
    "Script",
    "Template",
    "compile_expression",
    "compile_script",
    "compile_template",
    "function_calls",
    "to_json_value",
    "written_results",
]
