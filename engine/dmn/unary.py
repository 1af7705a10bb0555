"""The conditions that stand in the input cells of a decision table."""

from __future__ import annotations

import dataclasses

from engine import errors
from engine.dmn import syntax, values
from engine.dmn.syntax import Node, Part, Scope, Test


@dataclasses.dataclass(frozen=True, slots=True)
class Anything(Test):
    """``-`` or an empty cell: every value, null too."""

    def matches(self, value: object, scope: Scope) -> bool | None:
        return True

    def parts(self) -> tuple[Part, ...]:
        return ()


@dataclasses.dataclass(frozen=True, slots=True)
class Is(Test):
    """A value or a list: the column has that value, or one of the list."""

    node: Node

    def matches(self, value: object, scope: Scope) -> bool | None:
        wanted = self.node.evaluate(scope)
        if isinstance(wanted, tuple):
            member = any(values.same(value, syntax.as_date(item, value)) for item in wanted)
            return member or values.same(value, wanted)
        if isinstance(value, tuple) and wanted is not None:
            raise errors.EvaluationFailed("输入为列表，应使用 list contains(?, …) 或列表作为条件")
        return syntax.compare("=", value, wanted)

    def parts(self) -> tuple[Part, ...]:
        return (self.node,)


@dataclasses.dataclass(frozen=True, slots=True)
class Compare(Test):
    """An operator and what the column is compared with: ``>= 18``."""

    operator: str
    node: Node

    def matches(self, value: object, scope: Scope) -> bool | None:
        return syntax.compare(self.operator, value, self.node.evaluate(scope))

    def parts(self) -> tuple[Part, ...]:
        return (self.node,)


@dataclasses.dataclass(frozen=True, slots=True)
class Range(Test):
    """From a lowest to a highest value, the ends belonging to it or not: ``[1..5)``."""

    low: Node
    high: Node
    with_low: bool
    with_high: bool

    def matches(self, value: object, scope: Scope) -> bool | None:
        above = syntax.compare(">=" if self.with_low else ">", value, self.low.evaluate(scope))
        below = syntax.compare("<=" if self.with_high else "<", value, self.high.evaluate(scope))
        if above is False or below is False:
            return False
        return None if above is None or below is None else True

    def parts(self) -> tuple[Part, ...]:
        return (self.low, self.high)


@dataclasses.dataclass(frozen=True, slots=True)
class Condition(Test):
    """A condition over ``?``, the value of the column: ``list contains(?, "a")``."""

    node: Node

    def matches(self, value: object, scope: Scope) -> bool | None:
        inner = Scope(scope.variables, {**scope.locals, syntax.INPUT: value})
        return syntax.truth(self.node.evaluate(inner))

    def parts(self) -> tuple[Part, ...]:
        return (self.node,)


@dataclasses.dataclass(frozen=True, slots=True)
class AnyOf(Test):
    """Several tests, one of which is enough; `negated`, none of which may hold: ``not("a", "b")``."""

    tests: tuple[Test, ...]
    negated: bool = False

    def matches(self, value: object, scope: Scope) -> bool | None:
        found: bool | None = False
        for test in self.tests:
            one = test.matches(value, scope)
            if one:
                found = True
                break
            found = None if one is None else found
        return syntax.contrary(found) if self.negated else found

    def parts(self) -> tuple[Part, ...]:
        return self.tests
