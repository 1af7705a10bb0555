"""What is compiled once, at deployment, and evaluated often: expressions, templates and scripts."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import errors
from engine.bpmn.expressions import statements, syntax, text
from engine.bpmn.expressions.closures import Closure, known
from engine.bpmn.expressions.compiler import ExpressionCompiler
from engine.bpmn.expressions.evaluation import (
    CONTAINERS,
    MAX_EXPRESSION_LENGTH,
    MAX_EXPRESSION_NODES,
    MAX_SCRIPT_LENGTH,
    MAX_SCRIPT_NODES,
    Evaluation,
    Refused,
)
from engine.bpmn.expressions.functions import DEFAULT_FUNCTIONS
from engine.bpmn.expressions.json_values import NotJson

Functions = Mapping[str, Callable[..., object]]
_NO_FUNCTIONS: Functions = {}
_CACHED = 4096


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression.

    Attributes:
        source: as written. names: process variables it reads. optional: those among them it reads only by `get` and
            `defined`, so that they may be absent. functions: names of functions it was allowed to call.
    """

    source: str
    functions: frozenset[str] = field(repr=False)
    names: frozenset[str] = field(compare=False)
    optional: frozenset[str] = field(compare=False)
    _compute: Closure = field(repr=False, compare=False)

    def evaluate(self, variables: Mapping[str, object], functions: Functions | None = None) -> Any:
        """The value for these variables, which are not changed.

        Raises:
            EvaluationFailed: a variable is missing, types do not fit, or a limit is exceeded.
        """
        run = Evaluation(variables, functions or _NO_FUNCTIONS)
        try:
            return self._compute(run)
        except Exception as exc:
            raise _failure("表达式", self.source, exc) from exc

    def __reduce__(self) -> tuple[Any, ...]:
        return compile_expression, (self.source, self.functions)


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled text with `${…}` parts; attributes as those of an expression."""

    source: str
    functions: frozenset[str] = field(repr=False)
    names: frozenset[str] = field(compare=False)
    optional: frozenset[str] = field(compare=False)
    _compute: Closure = field(repr=False, compare=False)

    def evaluate(self, variables: Mapping[str, object], functions: Functions | None = None) -> Any:
        """The text with its parts filled in; the value itself when the whole text is one `${…}`.

        Raises:
            EvaluationFailed: as for an expression.
        """
        run = Evaluation(variables, functions or _NO_FUNCTIONS)
        try:
            return self._compute(run)
        except Exception as exc:
            raise _failure("表达式", self.source, exc) from exc

    def __reduce__(self) -> tuple[Any, ...]:
        return compile_template, (self.source, self.functions)


@dataclass(frozen=True, slots=True)
class Script:
    """A compiled script.

    Attributes:
        source: as written. names: process variables it may read before it has assigned them itself. optional: as for an
            expression. assigned: variables it gives a value. changed: variables it may change in place.
    """

    source: str
    functions: frozenset[str] = field(repr=False)
    names: frozenset[str] = field(compare=False)
    optional: frozenset[str] = field(compare=False)
    assigned: frozenset[str] = field(compare=False)
    changed: frozenset[str] = field(compare=False)
    _lines: tuple[str, ...] = field(repr=False, compare=False)
    _compute: Callable[[Evaluation], object] = field(repr=False, compare=False)

    def run(self, variables: Mapping[str, object], functions: Functions | None = None) -> dict[str, Any]:
        """The variables that were assigned, or changed in place, as JSON values; the given ones are not changed.

        Raises:
            EvaluationFailed: as for an expression, with the line; or a result is no JSON value.
        """
        run = Evaluation(variables, functions or _NO_FUNCTIONS)
        try:
            self._compute(run)
        except Exception as exc:
            raise _failure("脚本", self._lines[run.line - 1] if run.line else self.source, exc, run.line) from exc
        try:
            return statements.outcome(run, self.assigned)
        except Exception as exc:
            raise _failure("脚本", self.source, exc) from exc

    def __reduce__(self) -> tuple[Any, ...]:
        return compile_script, (self.source, self.functions)


def compile_expression(source: str, functions: frozenset[str] = DEFAULT_FUNCTIONS) -> Expression:
    """Compile an expression, written bare or as `${…}`, of one or several lines.

    Parameters:
        functions: names of all functions it may call; those that are not built in are supplied when evaluating.

    Raises:
        InvalidExpression: with position, what is wrong, and what to write instead.
    """
    return _expression(syntax.text(source, "表达式"), frozenset(functions))


def compile_template(source: str, functions: frozenset[str] = DEFAULT_FUNCTIONS) -> Template:
    """Compile a text with `${…}` parts; `\\${` stands for the two characters themselves. Otherwise as above."""
    return _template(syntax.text(source, "文本"), frozenset(functions))


def compile_script(source: str, functions: frozenset[str] = DEFAULT_FUNCTIONS) -> Script:
    """Compile a script of assignments, if and for. Otherwise as above."""
    return _script(syntax.text(source, "脚本"), frozenset(functions))


@functools.lru_cache(_CACHED)
def function_calls(source: str, *, is_text: bool = False) -> tuple[ast.Call, ...]:
    """Return the calls of functions in an expression, or in a text with `${…}` parts; those within others among them.

    Raises:
        InvalidExpression: as `compile_template`.
    """
    content = syntax.prepare(syntax.text(source, "文本"), "文本", MAX_SCRIPT_LENGTH)
    bare = not is_text and not content.strip().startswith("${")
    parts = [content.strip()] if bare else [part for part, computed in _split(content) if computed]
    trees = (syntax.parse(syntax.expression_source(part), "eval", MAX_EXPRESSION_NODES) for part in parts)
    every = (node for tree in trees for node in ast.walk(tree))
    return tuple(node for node in every if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))


@functools.lru_cache(_CACHED)
def written_results(source: str) -> frozenset[str]:
    """Return the texts that a template may come to and that stand in it as they are, such as both of a condition.

    Raises:
        InvalidExpression: as `compile_template`.
    """
    pieces = _split(syntax.prepare(syntax.text(source, "文本"), "文本", MAX_SCRIPT_LENGTH))
    if len(pieces) > 1:
        return frozenset()  # put together when it is evaluated
    content, computed = pieces[0]
    if not computed:
        return frozenset({content})
    return frozenset(_literals(syntax.parse(syntax.expression_source(content), "eval", MAX_EXPRESSION_NODES)))


def _literals(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for value in node.values:
            yield from _literals(value)


@functools.lru_cache(_CACHED)
def _expression(source: str, functions: frozenset[str]) -> Expression:
    content = syntax.prepare(source, "表达式", MAX_EXPRESSION_LENGTH).strip()
    if content.startswith("${"):
        end = syntax.closing_brace(content, 2)
        if content[end + 1 :].strip():
            whole = syntax.Source("表达式", content, content)
            raise whole.refusal(end + 1, "“}”之后不能再有内容", "整个表达式写在一个 ${…} 里")
        content = content[2:end]
    compiler, compute = _compiled(content, functions)
    return Expression(source, functions, frozenset(compiler.names), frozenset(compiler.optional), compute)


def _compiled(content: str, functions: frozenset[str]) -> tuple[ExpressionCompiler, Closure]:
    source = syntax.expression_source(content)
    tree = syntax.parse(source, "eval", MAX_EXPRESSION_NODES)
    compiler = ExpressionCompiler(source, functions)
    compute = compiler.expression(tree)
    if isinstance(tree, ast.Name):
        return compiler, compute  # a variable as it is

    def weighed(run: Evaluation) -> Any:
        value = compute(run)
        if type(value) in CONTAINERS:
            run.weigh(value)
        return known("结果", value)

    return compiler, weighed


@functools.lru_cache(_CACHED)
def _template(source: str, functions: frozenset[str]) -> Template:
    pieces = [
        _compiled(syntax.prepare(content, "表达式", MAX_EXPRESSION_LENGTH), functions) if computed else content
        for content, computed in _split(syntax.prepare(source, "文本", MAX_SCRIPT_LENGTH))
    ]
    compilers = [piece[0] for piece in pieces if isinstance(piece, tuple)]
    names = frozenset[str]().union(*(compiler.names for compiler in compilers))
    required = frozenset[str]().union(*(compiler.names - compiler.optional for compiler in compilers))
    return Template(source, functions, names, names - required, _filled([_closure(piece) for piece in pieces]))


def _split(source: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is an expression."""
    content = source.strip()
    if content.startswith("${"):
        end = syntax.closing_brace(content, 2)
        if end == len(content) - 1:
            return [(content[2:end], True)]
    pieces: list[tuple[str, bool]] = []
    position, literal = 0, ""
    while (start := source.find("${", position)) >= 0:
        if start and source[start - 1] == "\\":
            literal += source[position : start - 1] + "${"
            position = start + 2
            continue
        end = syntax.closing_brace(source, start + 2)
        pieces += [(literal + source[position:start], False), (source[start + 2 : end], True)]
        position, literal = end + 1, ""
    return [*pieces, (literal + source[position:], False)]


def _closure(piece: str | tuple[ExpressionCompiler, Closure]) -> str | Closure:
    return piece if isinstance(piece, str) else piece[1]


def _filled(pieces: list[str | Closure]) -> Closure:
    if len(pieces) == 1:
        only = pieces[0]
        return (lambda run: only) if isinstance(only, str) else only

    def fill(run: Evaluation) -> str:
        written = [piece if isinstance(piece, str) else text.to_text(run, piece(run)) for piece in pieces]
        run.grow(sum(map(len, written)))
        return "".join(written)

    return fill


@functools.lru_cache(_CACHED)
def _script(source: str, functions: frozenset[str]) -> Script:
    prepared = syntax.script_source(syntax.prepare(source, "脚本", MAX_SCRIPT_LENGTH))
    tree = syntax.parse(prepared, "exec", MAX_SCRIPT_NODES)
    assert isinstance(tree, ast.Module)
    compiler = statements.ScriptCompiler(prepared, functions, tree)
    return Script(
        source,
        functions,
        names=frozenset(compiler.names),
        optional=frozenset(compiler.optional),
        assigned=frozenset(compiler.assigned),
        changed=frozenset(compiler.changed & compiler.names),
        _lines=tuple(prepared.text.split("\n")),
        _compute=compiler.body,
    )


def _failure(kind: str, source: str, exc: Exception, line: int = 0) -> errors.EvaluationFailed:
    """The error that users see: the source, the line of a script, and the reason in their language."""
    where = f"第 {line} 行" if line else ""
    reason = _reason(exc)
    message = f"{kind}{where}“{syntax.clipped(source)}”求值失败：{reason}"
    return errors.EvaluationFailed(message, source=source, line=line or None, reason=reason)


def _reason(exc: Exception) -> str:
    if isinstance(exc, (Refused, NotJson)):
        return str(exc)
    if isinstance(exc, errors.GongkaiError):
        return exc.message
    if isinstance(exc, (RecursionError, MemoryError)):
        return "数据嵌套过深或者过大"
    if isinstance(exc, ArithmeticError):
        return "计算结果超出范围"
    return f"计算出错（{type(exc).__name__}：{syntax.clipped(str(exc))}）"
