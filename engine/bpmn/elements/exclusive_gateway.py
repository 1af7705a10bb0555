"""Exclusive gateway: the first flow whose condition holds, else the default; tokens pass through one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine import errors
from engine.bpmn.elements import base

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class ExclusiveGateway(base.ElementSpec):
    """A decision that exactly one flow leaves."""

    def select_flows(self, workflow: ProcessWorkflow, token: Token) -> Sequence[base.Flow]:
        """Choose one flow, in the order of the diagram."""
        if not self.outgoing or (len(self.outgoing) == 1 and self.outgoing[0].condition is None):
            return self.outgoing
        default = None
        for flow in self.outgoing:
            if flow.id == self.default:
                default = flow
            elif flow.condition is not None and workflow.test(token, flow.condition):
                return [flow]
        if default is None:
            raise errors.EvaluationFailed(f"网关“{self.title}”没有可走的流向：各条件均不成立，且未设默认流向")
        return [default]
