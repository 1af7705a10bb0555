"""Whether the conditions on the ways out of a node are provably complete, judged by how they are written."""

from __future__ import annotations

import ast
from collections.abc import Sequence

_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def complete(conditions: Sequence[str]) -> bool:
    """Tell whether always one of the conditions holds: one is constantly true, or two are each other's opposite."""
    trees = [tree for text in conditions if (tree := _parse(text)) is not None]
    if any(isinstance(tree, ast.Constant) and tree.value is True for tree in trees):
        return True
    written = {ast.dump(tree) for tree in trees}
    return any(ast.dump(_opposite(tree)) in written for tree in trees)


def opposite(one: str, other: str) -> bool:
    """Tell whether exactly one of two conditions holds."""
    first, second = _parse(one), _parse(other)
    if first is None or second is None:
        return False
    return ast.dump(_opposite(first)) == ast.dump(second) or ast.dump(_opposite(second)) == ast.dump(first)


def inner(text: str) -> str:
    """Return the expression inside ``${…}``, or the text itself when it is written bare."""
    stripped = text.strip()
    return stripped[2:-1].strip() if stripped.startswith("${") and stripped.endswith("}") else stripped


def _parse(text: str) -> ast.expr | None:
    try:
        return ast.parse(inner(text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # that it does not compile is told by the rule expression


def _opposite(tree: ast.expr) -> ast.expr:
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return tree.operand
    if isinstance(tree, ast.Compare) and len(tree.ops) == 1 and type(tree.ops[0]) in _OPPOSITES:
        return ast.Compare(tree.left, [_OPPOSITES[type(tree.ops[0])]()], tree.comparators)
    return ast.UnaryOp(ast.Not(), tree)
