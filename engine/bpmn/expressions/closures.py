"""What expressions are compiled to: functions that take the evaluation and give a value."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from typing import Any

from engine.bpmn.expressions.evaluation import CONTAINERS, PLAIN, Evaluation, Refused, check_key, iterate, type_name

Closure = Callable[[Evaluation], Any]
Store = Callable[[Evaluation, Any], None]

CONSTANT_NAMES: dict[str, Any] = {"true": True, "false": False, "null": None}


def constant(value: Any) -> Closure:
    """The closure that gives one unchangeable value."""
    return lambda run: value


def slot_reader(slot: int) -> Closure:
    """The closure that reads a comprehension target."""
    return lambda run: run.scope[slot]


def known(name: str, value: Any) -> Any:
    """Pass on a value from outside, if it is data and nothing else."""
    kind = type(value)
    if kind is str or kind in PLAIN or kind in CONTAINERS:
        return value
    raise Refused(f"“{name}”的类型是 {kind.__name__}，不能在表达式中使用")


def checked(key: Any) -> Any:
    """Pass on a dictionary key or set element, if it can be one."""
    check_key(key)
    return key


def unpacked(stores: list[Store]) -> Store:
    """Gives each element of a list to its own target."""

    def store(run: Evaluation, value: Any) -> None:
        if type(value) not in CONTAINERS or len(value) != len(stores):
            found = f"{len(value)} 项" if type(value) in CONTAINERS else type_name(value)
            raise Refused(f"左边有 {len(stores)} 个名称，右边应为同样多的值，实际是{found}")
        for one, item in zip(stores, list(iterate(run, value)), strict=True):
            one(run, item)

    return store


def weight_of(nodes: Iterable[ast.AST]) -> int:
    """What one round of a loop costs: the expressions and statements in it."""
    return sum(isinstance(part, (ast.expr, ast.stmt)) for node in nodes for part in ast.walk(node))
