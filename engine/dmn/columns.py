"""What the cells of a column tell about it: its type, the values it lists."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from engine import errors
from engine.dmn import syntax, unary
from engine.dmn.model import Input
from engine.dmn.syntax import Node, Scope, Test


def operands(test: Test) -> Iterator[Node]:
    """Yield what the tests of a cell compare the column with; the items of a list one by one."""
    if isinstance(test, unary.AnyOf):
        for one in test.tests:
            yield from operands(one)
    elif isinstance(test, unary.Is):
        yield from test.node.items if isinstance(test.node, syntax.ListOf) else (test.node,)
    elif isinstance(test, unary.Compare):
        yield test.node
    elif isinstance(test, unary.Range):
        yield from (test.low, test.high)


def settle(test: Test) -> None:
    """Check that a test depends on nothing but the value it is given.

    Raises:
        errors.EvaluationFailed: It refers to a variable, is a condition over `?`, or has no value.
    """
    for part in syntax.walk(test):
        if isinstance(part, unary.Condition):
            raise errors.EvaluationFailed("条件不能列出允许值")
        if isinstance(part, syntax.Node):
            part.evaluate(Scope({}))


def constant(part: syntax.Part) -> bool:
    """Tell whether a part gives the same for all variables and inputs."""
    return not syntax.names(part)


def typed(column: Input, tests: Sequence[Test]) -> Input:
    """Return the column with the type that its cells agree on, where it declares none.

    A date in a cell makes a date column: JSON has no dates, and the variable would else stay a string that no date
    equals.
    """
    if column.type is not None:
        return column
    kinds = {node.type() for test in tests for node in operands(test)}
    kinds |= {column.expression.type()}
    if column.allowed is not None:
        kinds |= {node.type() for node in operands(column.allowed)}
    kinds.discard(None)
    return dataclasses.replace(column, type=kinds.pop()) if len(kinds) == 1 else column


def listed(allowed: Test | None) -> tuple[object, ...]:
    """Return the values that `outputValues` names one by one, in their order; none if it has ranges or conditions."""
    tests = allowed.tests if isinstance(allowed, unary.AnyOf) and not allowed.negated else (allowed,)
    found: list[object] = []
    for test in tests:
        if not isinstance(test, unary.Is) or not constant(test):
            return ()
        value = test.node.evaluate(Scope({}))
        found.extend(value if isinstance(value, tuple) else (value,))
    return tuple(found)
