"""Operators of expressions as closures; what they compute, and what it costs, is in `operators`."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.bpmn.expressions import operators, refusals
from engine.bpmn.expressions.closures import CONSTANT_NAMES, Closure, constant
from engine.bpmn.expressions.evaluation import Evaluation

if TYPE_CHECKING:
    from engine.bpmn.expressions.compiler import ExpressionCompiler

Test = Callable[[Evaluation, Any, Any], bool]

_COMPARISONS: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
}


def boolop(compiler: ExpressionCompiler, node: ast.BoolOp) -> Closure:
    *first, last = [compiler.expression(value) for value in node.values]
    stop_at = isinstance(node.op, ast.Or)

    def decide(run: Evaluation) -> Any:
        for value in first:
            result = value(run)
            if operators.truth(result) is stop_at:
                return result
        return last(run)

    return decide


def binop(compiler: ExpressionCompiler, node: ast.BinOp) -> Closure:
    calculate = operators.BINARY.get(type(node.op).__name__)
    if calculate is None:
        raise refusals.refused(compiler.source, node.op, node)
    apply, left, right = calculate, compiler.expression(node.left), compiler.expression(node.right)
    return lambda run: apply(run, left(run), right(run))


def unaryop(compiler: ExpressionCompiler, node: ast.UnaryOp) -> Closure:
    operand = compiler.expression(node.operand)
    if isinstance(node.op, ast.Not):
        return lambda run: not operators.truth(operand(run))
    if isinstance(node.op, ast.USub):
        return lambda run: operators.negate(operand(run))
    if isinstance(node.op, ast.UAdd):
        return lambda run: operators.positive(operand(run))
    raise refusals.refused(compiler.source, node.op, node)


def compare(compiler: ExpressionCompiler, node: ast.Compare) -> Closure:
    left = compiler.expression(node.left)
    links = [_link(compiler, op, right, node) for op, right in zip(node.ops, node.comparators, strict=True)]
    if len(links) == 1:
        test, right = links[0]
        return lambda run: test(run, left(run), right(run))

    def chain(run: Evaluation) -> bool:
        value = left(run)
        for test, right in links:
            following = right(run)
            if not test(run, value, following):
                return False
            value = following
        return True

    return chain


def _link(compiler: ExpressionCompiler, op: ast.cmpop, right: ast.expr, node: ast.AST) -> tuple[Test, Closure]:
    if isinstance(op, (ast.Is, ast.IsNot)):
        return _identity(compiler, op, right, node), compiler.expression(right)
    if isinstance(op, (ast.In, ast.NotIn)):
        wanted = isinstance(op, ast.In)
        return (lambda run, item, where: operators.contains(run, item, where) is wanted), _listing(compiler, right)
    symbol, native = _COMPARISONS[type(op)]

    def test(run: Evaluation, one: Any, other: Any) -> bool:
        # Short texts and plain values of one type: by far the most common, and nothing to charge for.
        kind = type(one)
        if kind is type(other) and (kind is int or (kind is str and len(one) < operators.SHORT)):
            return bool(native(one, other))
        return operators.compare(run, symbol, native, one, other)

    return test, compiler.expression(right)


def _identity(compiler: ExpressionCompiler, op: ast.cmpop, right: ast.expr, node: ast.AST) -> Test:
    named = isinstance(right, ast.Name) and right.id in CONSTANT_NAMES
    if not named and not (isinstance(right, ast.Constant) and type(right.value) in (bool, type(None))):
        raise compiler.source.refusal(node, "is 只能用于 None、True、False", "比较是否相等请用 == 或 !=")
    if isinstance(op, ast.Is):
        return lambda run, one, other: one is other
    return lambda run, one, other: one is not other


def _listing(compiler: ExpressionCompiler, node: ast.expr) -> Closure:
    """The right side of `in`: a list of constants is made once, not at every evaluation."""
    closure = compiler.expression(node)
    if isinstance(node, (ast.List, ast.Tuple)) and all(isinstance(item, ast.Constant) for item in node.elts):
        return constant(tuple(item.value for item in node.elts if isinstance(item, ast.Constant)))
    return closure


def ifexp(compiler: ExpressionCompiler, node: ast.IfExp) -> Closure:
    test, yes, no = compiler.expression(node.test), compiler.expression(node.body), compiler.expression(node.orelse)
    return lambda run: yes(run) if operators.truth(test(run)) else no(run)
