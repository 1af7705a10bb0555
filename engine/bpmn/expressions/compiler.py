"""From the syntax tree of an expression to nested Python closures.

Nothing is ever handed to eval or exec: a closure is made for each element that is known here, and every other element
is refused. So there are no built-ins to reach, no frames to walk, and no hidden names to shadow. Functions and
variables live apart: only a name that is called is looked up among the functions, and never among the variables.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

from engine.bpmn.expressions import calls, comprehensions, operations, operators, refusals, text
from engine.bpmn.expressions.closures import CONSTANT_NAMES, Closure, checked, constant, known, slot_reader
from engine.bpmn.expressions.evaluation import MAX_INTEGER, Evaluation, Refused
from engine.bpmn.expressions.syntax import Source


class ExpressionCompiler:
    """Compiles expressions of one source.

    Parameters:
        source: where refusals point to.
        allowed: names of functions that may be called.

    Attributes:
        names: variables read; optional: those among them read only by `get` and `defined`.
    """

    #: Scripts look for a variable among their own first, and copy what they will change.
    mutators_allowed = False

    def __init__(self, source: Source, allowed: frozenset[str]) -> None:
        self.source = source
        self.allowed = allowed
        self.names: set[str] = set()
        self.optional: set[str] = set()
        self.scopes: list[dict[str, int]] = []
        self._slots = 0

    def expression(self, node: ast.AST) -> Closure:
        """The closure that computes an element of the tree; refuses what is not allowed."""
        compile_node = _COMPILERS.get(type(node))
        if compile_node is None:
            raise refusals.refused(self.source, node)
        return compile_node(self, node)

    # Names and constants

    def check_name(self, name: str, node: ast.AST) -> None:
        """Refuse names that Python gives a meaning of its own."""
        if name in CONSTANT_NAMES:
            raise self.source.refusal(node, f"“{name}”是固定的值，不能作变量名", "请换一个名称")
        if name.startswith("__"):
            raise self.source.refusal(node, f"名称“{name}”不能以两个下划线开头", "请换一个名称")

    def note_read(self, name: str, optional: bool = False) -> None:
        """Remember that a variable is read, and whether it may be absent."""
        if not optional:
            self.optional.discard(name)
        elif name not in self.names:
            self.optional.add(name)
        self.names.add(name)

    def new_slot(self, name: str) -> int:
        """A number for a comprehension target of the innermost scope, which hides what had the name before."""
        self._slots += 1
        self.scopes[-1][name] = self._slots
        return self._slots

    def variable(self, name: str) -> Closure:
        """The closure that reads a process variable."""

        def read(run: Evaluation) -> Any:
            try:
                value = run.variables[name]
            except KeyError:
                raise run.missing(name) from None
            return known(name, value)

        return read

    def _name(self, node: ast.Name) -> Closure:
        if node.id in CONSTANT_NAMES:
            return constant(CONSTANT_NAMES[node.id])
        self.check_name(node.id, node)
        for scope in reversed(self.scopes):
            if node.id in scope:
                return slot_reader(scope[node.id])
        self.note_read(node.id)
        return self.variable(node.id)

    def _constant(self, node: ast.Constant) -> Closure:
        value: Any = node.value
        kind = type(value)
        if kind is str:
            if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
                raise self.source.refusal(node, "文本中有单个代理字符", "请删去")
        elif kind is int and abs(value) > MAX_INTEGER:
            raise self.source.refusal(node, "整数过大", "绝对值不能超过 10 的 30 次方")
        elif kind is float and not math.isfinite(value):
            raise self.source.refusal(node, "小数过大")
        elif kind not in (int, float, bool, type(None)):
            raise self.source.refusal(node, f"不能使用 {kind.__name__} 类型的常量", "可以用文本、数、True、False、None")
        return constant(value)

    def _joinedstr(self, node: ast.JoinedStr) -> Closure:
        parts = [self.expression(part) for part in node.values]

        def join(run: Evaluation) -> str:
            written = [part(run) for part in parts]
            run.grow(sum(map(len, written)))
            return "".join(written)

        return join

    def _formattedvalue(self, node: ast.FormattedValue) -> Closure:
        value = self.expression(node.value)
        if node.conversion not in (-1, ord("s")):
            raise self.source.refusal(node, "f 文本中不能使用 !r 和 !a", "请直接写 {名称}")
        if node.format_spec is None:
            return lambda run: text.to_text(run, value(run))
        pieces = node.format_spec.values if isinstance(node.format_spec, ast.JoinedStr) else []
        specification = "".join(str(piece.value) for piece in pieces if isinstance(piece, ast.Constant))
        if not all(isinstance(piece, ast.Constant) for piece in pieces) or not text.is_format(specification):
            raise self.source.refusal(node, "f 文本中的格式不被允许", "可以用 .2f、,.2f、.1%、04d 这样的数字格式")
        return lambda run: text.formatted(value(run), specification)

    # Containers

    def _list(self, node: ast.List) -> Closure:
        items = [self.expression(item) for item in node.elts]
        return lambda run: [item(run) for item in items]

    def _tuple(self, node: ast.Tuple) -> Closure:
        items = [self.expression(item) for item in node.elts]
        return lambda run: tuple([item(run) for item in items])

    def _set(self, node: ast.Set) -> Closure:
        items = [self.expression(item) for item in node.elts]
        return lambda run: {checked(item(run)) for item in items}

    def _dict(self, node: ast.Dict) -> Closure:
        entries = [
            (None if key is None else self.expression(key), self.expression(value))
            for key, value in zip(node.keys, node.values, strict=True)
        ]

        def build(run: Evaluation) -> dict[Any, Any]:
            result: dict[Any, Any] = {}
            for key, value in entries:
                if key is None:
                    result.update(operators.pairs(run, value(run)))
                else:
                    name = checked(key(run))
                    result[name] = value(run)
            return result

        return build

    def _subscript(self, node: ast.Subscript) -> Closure:
        container = self.expression(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = (node.slice.lower, node.slice.upper, node.slice.step)
            start, stop, step = [constant(None) if bound is None else self.expression(bound) for bound in bounds]
            return lambda run: operators.part(run, container(run), start(run), stop(run), step(run))
        index = self.expression(node.slice)
        return lambda run: operators.subscript(run, container(run), index(run))

    def _attribute(self, node: ast.Attribute) -> Closure:
        name = self.check_attribute(node)
        container = self.expression(node.value)
        return lambda run: operators.attribute(container(run), name)

    def check_attribute(self, node: ast.Attribute) -> str:
        """The name after the dot; refuses those that are Python's own."""
        if node.attr.startswith("_"):
            raise self.source.refusal(node, f"“.{node.attr}”不能以下划线开头", f"字典的这个键请写作 [{node.attr!r}]")
        return node.attr

    def supplied(self, name: str, positional: list[Closure], named: dict[str, Closure]) -> Closure:
        """The closure that calls a function the engine supplies when evaluating."""

        def call(run: Evaluation) -> Any:
            function = run.functions.get(name)
            if function is None:
                raise Refused(f"函数 {name}() 在此处不可用")
            run.spend(1)
            result = function(
                *[argument(run) for argument in positional], **{key: argument(run) for key, argument in named.items()}
            )
            return known(f"{name}()", result)

        return call


_COMPILERS: dict[type[ast.AST], Callable[[ExpressionCompiler, Any], Closure]] = {
    ast.Name: ExpressionCompiler._name,
    ast.Constant: ExpressionCompiler._constant,
    ast.JoinedStr: ExpressionCompiler._joinedstr,
    ast.FormattedValue: ExpressionCompiler._formattedvalue,
    ast.BoolOp: operations.boolop,
    ast.BinOp: operations.binop,
    ast.UnaryOp: operations.unaryop,
    ast.Compare: operations.compare,
    ast.IfExp: operations.ifexp,
    ast.List: ExpressionCompiler._list,
    ast.Tuple: ExpressionCompiler._tuple,
    ast.Set: ExpressionCompiler._set,
    ast.Dict: ExpressionCompiler._dict,
    ast.Subscript: ExpressionCompiler._subscript,
    ast.Attribute: ExpressionCompiler._attribute,
    ast.ListComp: comprehensions.listcomp,
    ast.SetComp: comprehensions.setcomp,
    ast.DictComp: comprehensions.dictcomp,
    ast.GeneratorExp: comprehensions.generatorexp,
    ast.Call: calls.call,
}
