"""Decision tables: read from DMN files, checked at deployment, evaluated on the variables of a case.

    decisions = dmn.parse(data, "secrecy.dmn")
    result = dmn.evaluate(decisions[0], {"days": 3})
    result.rows, result.matched, result.explain()

The part of DMN and FEEL that is executed is listed in docs/reference/decisions.md; everything else is refused.
"""

from __future__ import annotations

from engine.dmn.evaluation import evaluate
from engine.dmn.model import Aggregation, Decision, HitPolicy
from engine.dmn.parsing import parse
from engine.dmn.result import MAPPINGS, DecisionResult, Match

__all__ = ["MAPPINGS", "Aggregation", "Decision", "DecisionResult", "HitPolicy", "Match", "evaluate", "parse"]
