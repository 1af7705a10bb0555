"""From the syntax tree of a script to closures: assignments, if and for, and methods that change a value."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable
from typing import Any

from engine.bpmn.expressions import aliases, json_values, methods, operators, refusals
from engine.bpmn.expressions.closures import Closure, Store, known, unpacked, weight_of
from engine.bpmn.expressions.compiler import ExpressionCompiler
from engine.bpmn.expressions.evaluation import CONTAINERS, Evaluation, Refused, check_key, iterate, type_name
from engine.bpmn.expressions.syntax import Source


class _Jump(enum.Enum):
    BREAK = enum.auto()
    CONTINUE = enum.auto()


Step = Callable[[Evaluation], "_Jump | None"]
_NO_EFFECT = "给变量赋值请写“名称 = 值”；单独成行的只能是改变数据的方法，例如 items.append(x)"


class ScriptCompiler(ExpressionCompiler):
    """Compiles one script.

    Attributes:
        assigned: variables that the script gives a value; changed: those it may change in place.
    """

    def __init__(self, source: Source, allowed: frozenset[str], module: ast.Module) -> None:
        super().__init__(source, allowed)
        self.assigned: set[str] = set()
        self.changed = aliases.changed_in_place(module)
        self._own = {
            node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        } | self.changed
        self._certain: set[str] = set()  # names that certainly have a value of the script's own at this point
        self._loops = 0
        self.body = self._block(module.body)

    # Names

    def note_read(self, name: str, optional: bool = False) -> None:
        if name not in self._certain:
            super().note_read(name, optional)

    def variable(self, name: str) -> Closure:
        if name not in self._own:
            return super().variable(name)
        from_process, may_change = super().variable(name), name in self.changed

        def read(run: Evaluation) -> Any:
            if name in run.scope:
                return run.scope[name]
            if not may_change:
                return from_process(run)
            if name not in run.copies:
                run.copies[name] = run.copy(from_process(run))
            return run.copies[name]

        return read

    def supplied(self, name: str, positional: list[Closure], named: dict[str, Closure]) -> Closure:
        # What a function returned may be the engine's own list: the script gets a copy that it can change.
        call = super().supplied(name, positional, named)
        return lambda run: run.copy(call(run))

    # Statements

    def _block(self, nodes: list[ast.stmt]) -> Step:
        steps = [(node.lineno, self._statement(node)) for node in nodes]

        def run_all(run: Evaluation) -> _Jump | None:
            for line, step in steps:
                run.line = line
                jump = step(run)
                if jump is not None:
                    return jump
            return None

        return run_all

    def _statement(self, node: ast.stmt) -> Step:
        if isinstance(node, ast.Assign):
            return self._assign(node)
        if isinstance(node, ast.AugAssign):
            return self._augmented(node)
        if isinstance(node, ast.If):
            return self._if(node)
        if isinstance(node, ast.For):
            return self._for(node)
        if isinstance(node, ast.Expr):
            return self._call_alone(node)
        if isinstance(node, ast.Pass):
            return lambda run: None
        if isinstance(node, (ast.Break, ast.Continue)):
            jump = _Jump.BREAK if isinstance(node, ast.Break) else _Jump.CONTINUE
            if not self._loops:
                raise self.source.refusal(node, "break 和 continue 只能用在 for 里面")
            return lambda run: jump
        raise refusals.refused(self.source, node)

    def _effective(self, node: ast.expr) -> Closure:
        """An expression at the one place of a line where a method may change its value."""
        self.mutators_allowed = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        try:
            return self.expression(node)
        finally:
            self.mutators_allowed = False

    def _assign(self, node: ast.Assign) -> Step:
        value = self._effective(node.value)
        stores = [self._place(target) for target in node.targets]

        def assign(run: Evaluation) -> None:
            result = value(run)
            for store in stores:
                store(run, result)

        return assign

    def _place(self, target: ast.expr, loop: bool = False) -> Store:
        """What fills a name, an element of a list, or a key of a dictionary."""
        if isinstance(target, (ast.Tuple, ast.List)):
            return unpacked([self._place(item, loop) for item in target.elts])
        if isinstance(target, ast.Name):
            return self._name_place(target, loop)
        if loop or not isinstance(target, (ast.Subscript, ast.Attribute)):
            raise refusals.target(self.source, target)
        container, index = self._element(target)
        return lambda run, value: _set_element(run, container(run), index(run), value)

    def _name_place(self, target: ast.Name, loop: bool) -> Store:
        name = target.id
        self.check_name(name, target)
        self._certain.add(name)
        if not loop:
            self.assigned.add(name)

        def store(run: Evaluation, value: Any) -> None:
            run.scope[name] = value

        return store

    def _element(self, target: ast.Subscript | ast.Attribute) -> tuple[Closure, Closure]:
        container = self.expression(target.value)
        if isinstance(target, ast.Attribute):
            name = self.check_attribute(target)
            return container, lambda run: name
        if isinstance(target.slice, ast.Slice):
            raise self.source.refusal(target, "不能给一段列表赋值", "请逐项赋值，或者重新组成列表")
        return container, self.expression(target.slice)

    def _augmented(self, node: ast.AugAssign) -> Step:
        calculate = operators.BINARY.get(type(node.op).__name__)
        if calculate is None:
            raise refusals.refused(self.source, node.op, node)
        apply, adds = calculate, isinstance(node.op, ast.Add)

        def combined(run: Evaluation, old: Any, new: Any) -> Any:
            if adds and type(old) is list and type(new) in (list, tuple):
                run.grow(len(new))
                old.extend(new)
                return old
            return apply(run, old, new)

        if isinstance(node.target, ast.Name):
            read = self.expression(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
            value = self.expression(node.value)
            store = self._place(node.target)
            return lambda run: store(run, combined(run, read(run), value(run)))
        container, index = self._element(node.target)
        value = self.expression(node.value)

        def change(run: Evaluation) -> None:
            owner, key = container(run), index(run)
            _set_element(run, owner, key, combined(run, operators.subscript(run, owner, key), value(run)))

        return change

    def _if(self, node: ast.If) -> Step:
        test = self.expression(node.test)
        before = set(self._certain)
        yes = self._block(node.body)
        after_yes, self._certain = self._certain, before
        no = self._block(node.orelse)
        self._certain &= after_yes
        return lambda run: yes(run) if operators.truth(test(run)) else no(run)

    def _for(self, node: ast.For) -> Step:
        if node.orelse:
            raise self.source.refusal(node.orelse[0], "for 后面不能有 else", "请把这些语句写在循环之后")
        rows = self.expression(node.iter)
        before = set(self._certain)
        store = self._place(node.target, loop=True)
        self._loops += 1
        body = self._block(node.body)
        self._loops -= 1
        self._certain = before
        weight = weight_of([node.target, *node.body])

        def loop(run: Evaluation) -> None:
            for item in iterate(run, rows(run)):
                run.spend(weight)
                store(run, item)
                if body(run) is _Jump.BREAK:
                    break

        return loop

    def _call_alone(self, node: ast.Expr) -> Step:
        call = node.value
        if isinstance(call, (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Lambda)):
            raise refusals.refused(self.source, call)
        evaluate = self._effective(call)
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            raise self.source.refusal(node, "这一行不会产生任何结果", _NO_EFFECT)
        if call.func.attr not in methods.MUTATORS:
            raise self.source.refusal(node, "这一行不会产生任何结果", _NO_EFFECT)

        def perform(run: Evaluation) -> None:
            evaluate(run)

        return perform


def _set_element(run: Evaluation, container: Any, index: Any, value: Any) -> None:
    if type(container) is dict:
        check_key(index)
        run.grow(1)
        container[index] = value
        return
    if type(container) is not list:
        raise Refused(f"不能给{type_name(container)}的一项赋值；应为列表或字典")
    if type(index) is not int or not -len(container) <= index < len(container):
        raise Refused(f"列表的下标 {type_name(index)} {str(index)[:30]} 超出范围：共有 {len(container)} 项，从 0 数起")
    container[index] = value


def outcome(run: Evaluation, assigned: frozenset[str]) -> dict[str, Any]:
    """The variables that a finished script assigned, or changed in place, as JSON values."""
    meter = json_values.Meter()
    written = {name: value for name, value in run.scope.items() if isinstance(name, str) and name in assigned}
    for name, copy in run.copies.items():
        if name not in written and name not in run.scope and not _same(run.variables[name], copy):
            written[name] = copy
    result = {}
    for name, value in written.items():
        try:
            result[name] = json_values.convert(known(name, value), meter)
        except json_values.NotJson as reason:
            reason.path.append(name)
            raise
    return result


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same data; unlike ==, 1, 1.0 and True are three."""
    if one is other:
        return True
    if type(one) is not type(other) or type(one) not in CONTAINERS:
        return type(one) is type(other) and bool(one == other)
    if len(one) != len(other):
        return False
    if type(one) is dict:
        return all(key in other and _same(value, other[key]) for key, value in one.items())
    if type(one) is set:
        return bool(one == other)
    return all(_same(left, right) for left, right in zip(one, other, strict=True))
