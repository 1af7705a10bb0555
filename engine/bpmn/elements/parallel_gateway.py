"""Parallel gateway: waits for one token of every incoming flow, then leaves on every outgoing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.bpmn.elements import base, joining_gateway

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class ParallelGateway(joining_gateway.JoiningGateway):
    """A fork and join of concurrent branches."""

    def select_flows(self, workflow: ProcessWorkflow, token: Token) -> Sequence[base.Flow]:
        """Leave on all flows."""
        return self.outgoing
