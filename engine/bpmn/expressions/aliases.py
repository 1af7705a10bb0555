"""Which variables a script may change in place, so that these are copied beforehand and no others.

A conservative analysis without regard to the order of lines: a name *holds* another when its value may contain, or be,
part of the other's value. Whatever is held by something that is changed is copied when it is first read. So a document
of 1 MB that a script only looks at is never copied.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from engine.bpmn.expressions import functions, methods

_Bound = dict[str, frozenset[str]]
_NOTHING: frozenset[str] = frozenset()


def changed_in_place(module: ast.Module) -> frozenset[str]:
    """The names whose values, or parts of them, may be changed by assignment to an element or by a method."""
    flow = _Flow()
    for node in ast.walk(module):
        flow.statement(node)
    return frozenset(flow.reachable())


class _Flow:
    def __init__(self) -> None:
        self.holds: dict[str, set[str]] = {}
        self.changed: set[str] = set()

    def reachable(self) -> set[str]:
        found: set[str] = set()
        waiting = list(self.changed)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.holds.get(name, ()))
        return found

    def statement(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            held = _roots(node.value, {})
            for target in node.targets:
                self._bind(target, held)
        elif isinstance(node, ast.AugAssign):
            self._bind(node.target, _roots(node.value, {}))
            self._change(_roots(node.target, {}), _NOTHING)
        elif isinstance(node, ast.For):
            self._bind(node.target, _roots(node.iter, {}))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods.MUTATORS:
            self._change(_roots(node.func.value, {}), _of_arguments(node, {}))

    def _bind(self, target: ast.expr, held: frozenset[str]) -> None:
        if isinstance(target, ast.Name):
            self.holds.setdefault(target.id, set()).update(held)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                self._bind(item, held)
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            self._change(_roots(target.value, {}), held)

    def _change(self, owners: frozenset[str], held: frozenset[str]) -> None:
        self.changed.update(owners)
        for owner in owners:
            self.holds.setdefault(owner, set()).update(held)


def _roots(node: ast.AST, bound: _Bound) -> frozenset[str]:
    """The names whose values an expression's value may contain or be part of."""
    if isinstance(node, ast.Name):
        return bound.get(node.id, frozenset({node.id}))
    if isinstance(node, (ast.Constant, ast.Compare, ast.JoinedStr, ast.UnaryOp)):
        return _NOTHING
    if isinstance(node, ast.IfExp):
        return _roots(node.body, bound) | _roots(node.orelse, bound)
    if isinstance(node, ast.Subscript):
        return _roots(node.value, bound)
    if isinstance(node, ast.Call):
        return _of_call(node, bound)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        return _of_comprehension(node, bound)
    return _NOTHING.union(*(_roots(child, bound) for child in ast.iter_child_nodes(node)))


def _of_call(node: ast.Call, bound: _Bound) -> frozenset[str]:
    if not isinstance(node.func, ast.Name):
        return _roots(node.func, bound) | _of_arguments(node, bound)
    if node.func.id in functions.SCALAR_FUNCTIONS:
        return _NOTHING
    held = _of_arguments(node, bound)
    first = node.args[0] if node.args else None
    if node.func.id == "get" and isinstance(first, ast.Constant) and isinstance(first.value, str):
        return held | {first.value.split(".")[0]}
    return held


def _of_arguments(node: ast.Call, bound: _Bound) -> frozenset[str]:
    values = (*node.args, *(keyword.value for keyword in node.keywords))
    return _NOTHING.union(*(_roots(value, bound) for value in values))


def _of_comprehension(
    node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, bound: _Bound
) -> frozenset[str]:
    inner = dict(bound)
    for clause in node.generators:
        held = _roots(clause.iter, inner)
        inner.update(dict.fromkeys(_names(clause.target), held))
    return _roots(node.value if isinstance(node, ast.DictComp) else node.elt, inner)


def _names(target: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
