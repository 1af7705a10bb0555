"""Which process variables a script may change in place, so that these are copied beforehand and no others.

A conservative analysis without regard to the order of lines. For each name it collects of which other names' values the
name's value may be a part (`parts`), and which it may have inside (`inside`). Changing a value means changing
everything it may be a part of. So a document of 1 MB that a script only looks at, or puts into a list, is never copied.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from engine.bpmn.expressions import functions, methods

#: A name, and whether what lies inside its value is meant as well.
_Ref = tuple[str, bool]
_Refs = frozenset[_Ref]
_Bound = dict[str, _Refs]
_NONE: _Refs = frozenset()
#: What gives a new list or dictionary with the old elements.
_FRESH_FUNCTIONS = frozenset({"list", "sorted", "dict", "zip", "enumerate"})
_FRESH_METHODS = frozenset({"copy", "keys", "values", "items"})
#: Connections followed before everything is taken to be connected with everything; sensible scripts need some hundred.
_MAX_WORK = 50_000


class _Tangled(Exception):
    """There are too many connections to follow."""


def changed_in_place(module: ast.Module) -> frozenset[str]:
    """The names whose values, or parts of them, may be changed by assignment to an element or by a method."""
    flow = _Flow()
    for node in ast.walk(module):
        flow.statement(node)
    try:
        flow.settle()
        return frozenset(flow.reached(flow.changes))
    except _Tangled:
        return frozenset(_names(module))


class _Flow:
    def __init__(self) -> None:
        self.parts: defaultdict[str, set[_Ref]] = defaultdict(set)
        self.inside: defaultdict[str, set[_Ref]] = defaultdict(set)
        self.stores: list[tuple[_Refs, _Refs]] = []
        self.changes: set[_Ref] = set()
        self._work = 0

    def reached(self, refs: Iterable[_Ref]) -> set[str]:
        """The names whose values a value may be a part of."""
        seen: set[_Ref] = set()
        waiting = list(refs)
        while waiting:
            ref = waiting.pop()
            if ref not in seen:
                seen.add(ref)
                name, deep = ref
                self._work += 1 + len(self.parts[name]) + len(self.inside[name])
                if self._work > _MAX_WORK:
                    raise _Tangled
                waiting.extend((other, inner or deep) for other, inner in self.parts[name])
                if deep:
                    waiting.extend((other, True) for other, _ in self.inside[name])
        return {name for name, _ in seen}

    def settle(self) -> None:
        """Spread what was put into a value to all names it may be reached by."""
        grown = True
        while grown:
            grown = False
            for owners, held in self.stores:
                for name in self.reached(owners):
                    if not held <= self.inside[name]:
                        self.inside[name] |= held
                        grown = True

    def statement(self, node: ast.AST) -> None:
        if isinstance(node, ast.Assign):
            itself, inside = _value(node.value, {})
            together = [name for target in node.targets for name in _targets(target)]
            if len(node.targets) > 1 or len(together) > 1:  # several names for what may be one new value
                itself |= {(name, True) for name in together}
            for target in node.targets:
                self._bind(target, itself, inside)
        elif isinstance(node, ast.AugAssign):
            owners = _value(node.target, {})[0]
            self._change(owners, _deep(*_value(node.value, {})))
        elif isinstance(node, ast.For):
            names = _targets(node.target)
            together_refs = {(name, True) for name in names} if len(names) > 1 else set()
            self._bind(node.target, _deep(*_value(node.iter, {})) | together_refs, _NONE)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in methods.MUTATORS:
            self._change(_value(node.func.value, {})[0], _arguments(node, {}))

    def _bind(self, target: ast.expr, itself: _Refs, inside: _Refs) -> None:
        if isinstance(target, ast.Name):
            self.parts[target.id] |= itself
            self.inside[target.id] |= inside
        elif isinstance(target, (ast.Tuple, ast.List)):
            for item in target.elts:
                self._bind(item, _deep(itself, inside), _NONE)
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            self._change(_value(target.value, {})[0], _deep(itself, inside))

    def _change(self, owners: _Refs, held: _Refs) -> None:
        self.changes |= owners
        if held:
            self.stores.append((owners, held))


def _deep(*groups: _Refs) -> _Refs:
    return frozenset((name, True) for refs in groups for name, _ in refs)


def _value(node: ast.AST, bound: _Bound) -> tuple[_Refs, _Refs]:
    """Of which names' values an expression's value may be a part, and which it may have inside."""
    if isinstance(node, ast.Name):
        return bound.get(node.id, frozenset({(node.id, False)})), _NONE
    if isinstance(node, (ast.Constant, ast.Compare, ast.JoinedStr, ast.UnaryOp)):
        return _NONE, _NONE
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        return _deep(*_value(node.value, bound)), _NONE
    if isinstance(node, (ast.IfExp, ast.BoolOp)):
        choices = [node.body, node.orelse] if isinstance(node, ast.IfExp) else node.values
        values = [_value(choice, bound) for choice in choices]
        return _NONE.union(*(value[0] for value in values)), _NONE.union(*(value[1] for value in values))
    if isinstance(node, ast.Call):
        return _call(node, bound)
    if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
        return _NONE, _comprehension(node, bound)
    within = _NONE.union(*(_deep(*_value(child, bound)) for child in ast.iter_child_nodes(node)))
    if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.BinOp)):
        return _NONE, within
    return within, within


def _call(node: ast.Call, bound: _Bound) -> tuple[_Refs, _Refs]:
    held = _arguments(node, bound)
    if isinstance(node.func, ast.Attribute):
        held |= _deep(*_value(node.func.value, bound))
        return (_NONE if node.func.attr in _FRESH_METHODS else held), held
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name in functions.SCALAR_FUNCTIONS:
        return _NONE, _NONE
    if name == "get" and node.args and isinstance(node.args[0], ast.Constant):
        held |= {(str(node.args[0].value).split(".")[0], True)}
    return (_NONE if name in _FRESH_FUNCTIONS else held), held


def _arguments(node: ast.Call, bound: _Bound) -> _Refs:
    values = (*node.args, *(keyword.value for keyword in node.keywords))
    return _NONE.union(*(_deep(*_value(value, bound)) for value in values))


def _comprehension(node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, bound: _Bound) -> _Refs:
    inner = dict(bound)
    for clause in node.generators:
        rows = _deep(*_value(clause.iter, inner))
        inner.update(dict.fromkeys(_names(clause.target), rows))
    return _deep(*_value(node.value if isinstance(node, ast.DictComp) else node.elt, inner))


def _targets(target: ast.AST) -> list[str]:
    """The names an assignment fills, not those whose elements it fills."""
    return [node.id for node in ast.walk(target) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
