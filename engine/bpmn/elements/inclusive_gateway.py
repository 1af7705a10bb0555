"""Inclusive gateway: every flow whose condition holds; joins the tokens that can still arrive (BPMN 13.4.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bpmn.elements import joining_gateway

if TYPE_CHECKING:
    from engine.bpmn.token import Token
    from engine.bpmn.workflow import ProcessWorkflow


class InclusiveGateway(joining_gateway.JoiningGateway):
    """A fork of one or more branches, and the join that waits for no more than those.

    The join goes on when each token that could still reach an empty incoming flow without passing the gateway could
    also reach one that already holds a token.
    """

    #: For each incoming flow the elements from which it can be reached without passing this gateway.
    reaches: dict[str, frozenset[str]]

    def prepare(self) -> None:
        """Find once for all instances what can reach each incoming flow."""
        self.reaches = {flow.id: self.sources(flow) for flow in self.incoming}

    def may_pass(self, token: Token) -> bool:
        """Tell whether the waiting token need wait no longer."""
        arrivals = token.internal_data["in"]
        for other in token.parent.inside():
            place = other.task_spec.name
            open_ways = [flow for flow, sources in self.reaches.items() if place in sources]
            if any(flow not in arrivals for flow in open_ways) and not any(flow in arrivals for flow in open_ways):
                return False
        return True

    def complete_at_once(self, arrivals: dict[str, int]) -> bool:
        """Decide only when everything that is ready has run."""
        return False

    def pass_if_may(self, workflow: ProcessWorkflow, token: Token) -> bool:
        """Go on when the rule allows it."""
        if not self.may_pass(token):
            return False
        self.pass_on(workflow, token)
        return True
