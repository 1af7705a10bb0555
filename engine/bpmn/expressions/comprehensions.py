"""Comprehensions as closures: the only loops of expressions, each round of which is paid for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from engine.bpmn.expressions import operators, refusals
from engine.bpmn.expressions.closures import Closure, Store, checked, unpacked, weight_of
from engine.bpmn.expressions.evaluation import Evaluation, iterate

if TYPE_CHECKING:
    from engine.bpmn.expressions.compiler import ExpressionCompiler

_MAX_CLAUSES = 5


def listcomp(compiler: ExpressionCompiler, node: ast.ListComp) -> Closure:
    rows, element = comprehension(compiler, node.generators, node.elt)
    return lambda run: [element(run) for _ in rows(run)]


def setcomp(compiler: ExpressionCompiler, node: ast.SetComp) -> Closure:
    rows, element = comprehension(compiler, node.generators, node.elt)
    return lambda run: {checked(element(run)) for _ in rows(run)}


def dictcomp(compiler: ExpressionCompiler, node: ast.DictComp) -> Closure:
    rows, entry = comprehension(compiler, node.generators, ast.Tuple([node.key, node.value], ast.Load()))

    def build(run: Evaluation) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        for _ in rows(run):
            key, value = entry(run)
            result[checked(key)] = value
        return result

    return build


def generatorexp(compiler: ExpressionCompiler, node: ast.GeneratorExp) -> Closure:
    raise compiler.source.refusal(node, "圆括号推导式只能作函数的唯一参数", "请改用方括号 [… for … in …]")


def comprehension(
    compiler: ExpressionCompiler, clauses: list[ast.comprehension], element: ast.expr
) -> tuple[Callable[[Evaluation], Iterator[None]], Closure]:
    """What goes through the rows, filling the targets, and what computes the element for a row."""
    if len(clauses) > _MAX_CLAUSES:
        raise compiler.source.refusal(element, f"推导式最多 {_MAX_CLAUSES} 个 for")
    weight = weight_of([element, *(part for clause in clauses for part in (clause.target, *clause.ifs))])
    weight += weight_of([clause.iter for clause in clauses[1:]])
    depth = len(compiler.scopes)
    levels: list[tuple[Closure, Store, list[Closure]]] = []
    for clause in clauses:
        if clause.is_async:
            raise compiler.source.refusal(clause.target, "不能使用 async")
        rows = compiler.expression(clause.iter)  # before its own targets exist
        compiler.scopes.append({})
        store = _target(compiler, clause.target)
        levels.append((rows, store, [compiler.expression(test) for test in clause.ifs]))
    compiled = compiler.expression(element)
    del compiler.scopes[depth:]
    return (lambda run: _rows(run, levels, 0, weight)), compiled


def _target(compiler: ExpressionCompiler, node: ast.expr) -> Store:
    if isinstance(node, (ast.Tuple, ast.List)):
        return unpacked([_target(compiler, item) for item in node.elts])
    if not isinstance(node, ast.Name):
        raise refusals.target(compiler.source, node)
    compiler.check_name(node.id, node)
    slot = compiler.new_slot(node.id)

    def store(run: Evaluation, value: Any) -> None:
        run.scope[slot] = value

    return store


def _rows(
    run: Evaluation, levels: list[tuple[Closure, Store, list[Closure]]], level: int, weight: int
) -> Iterator[None]:
    rows, store, tests = levels[level]
    for item in iterate(run, rows(run)):
        run.spend(weight)
        store(run, item)
        if all(operators.truth(test(run)) for test in tests):
            if level + 1 < len(levels):
                yield from _rows(run, levels, level + 1, weight)
            else:
                yield None
