"""Calls as closures: of built-in functions, of functions the engine supplies, and of methods; of nothing else."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from engine.bpmn.expressions import comprehensions, functions, methods, refusals
from engine.bpmn.expressions.closures import Closure, constant
from engine.bpmn.expressions.evaluation import Evaluation

if TYPE_CHECKING:
    from engine.bpmn.expressions.compiler import ExpressionCompiler


def call(compiler: ExpressionCompiler, node: ast.Call) -> Closure:
    unpacked_arguments = [argument for argument in node.args if isinstance(argument, ast.Starred)]
    if unpacked_arguments or any(keyword.arg is None for keyword in node.keywords):
        raise compiler.source.refusal(node, "调用时不能用 * 或 ** 展开参数", "请逐个写出参数")
    names = ["start" if keyword.arg == "from" else keyword.arg for keyword in node.keywords]
    if len(set(names)) < len(names):
        raise compiler.source.refusal(node, "同一个参数给了两次")
    if isinstance(node.func, ast.Attribute):
        return _method(compiler, node, node.func)
    if isinstance(node.func, ast.Name):
        return _function(compiler, node, node.func.id)
    raise compiler.source.refusal(
        node, "只能调用函数名或“值.方法名”", f"可用的函数：{'、'.join(sorted(compiler.allowed))}"
    )


def _arguments(compiler: ExpressionCompiler, node: ast.Call) -> tuple[list[Closure], dict[str, Closure]]:
    if len(node.args) == 1 and not node.keywords and isinstance(node.args[0], ast.GeneratorExp):
        rows = node.args[0]
        return [comprehensions.listcomp(compiler, ast.copy_location(ast.ListComp(rows.elt, rows.generators), rows))], {}
    keywords = {str(keyword.arg): compiler.expression(keyword.value) for keyword in node.keywords}
    return [compiler.expression(argument) for argument in node.args], keywords


def _method(compiler: ExpressionCompiler, node: ast.Call, target: ast.Attribute) -> Closure:
    name = compiler.check_attribute(target)
    if name in methods.MUTATORS:
        if not compiler.mutators_allowed:
            where = "这里不能" if compiler.source.kind == "脚本" else "表达式里不能"
            hint = "在脚本中把它单独写成一行，或者写成“变量 = 值.方法()”"
            raise compiler.source.refusal(node, f"{where}调用会改变数据的方法 {name}()", hint)
    elif name not in methods.METHODS:
        known = "、".join(sorted({*methods.METHODS, *(methods.MUTATORS if compiler.source.kind == "脚本" else ())}))
        raise compiler.source.refusal(node, f"没有方法 {name}()", f"可用的方法：{known}")
    compiler.mutators_allowed = False
    value = compiler.expression(target.value)
    positional, named = _arguments(compiler, node)

    def call(run: Evaluation) -> Any:
        owner = value(run)
        arguments = [argument(run) for argument in positional]
        return methods.call(run, name, owner, arguments, {key: argument(run) for key, argument in named.items()})

    return call


def _function(compiler: ExpressionCompiler, node: ast.Call, name: str) -> Closure:
    if name not in compiler.allowed:
        raise refusals.function(compiler.source, node, name, compiler.allowed)
    if name in functions.VARIABLE_FUNCTIONS:
        return _variable_function(compiler, node, name)
    if name in ("any", "all") and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return _lazy(compiler, name, node.args[0])
    positional, named = _arguments(compiler, node)
    if name not in functions.BUILTINS:
        if "from" in named:  # a keyword of Python's: the functions themselves call it start
            named["start"] = named.pop("from")
        return compiler.supplied(name, positional, named)
    if not functions.accepts(name, len(positional), list(named)):
        raise compiler.source.refusal(node, f"函数 {name}() 的参数不对", "请对照表达式参考检查参数的个数和名称")
    builtin = functions.BUILTINS[name]
    if len(positional) == 1 and not named:
        only = positional[0]
        return lambda run: builtin(run, only(run))
    return lambda run: builtin(
        run, *[argument(run) for argument in positional], **{key: argument(run) for key, argument in named.items()}
    )


def _lazy(compiler: ExpressionCompiler, name: str, node: ast.GeneratorExp) -> Closure:
    rows, element = comprehensions.comprehension(compiler, node.generators, node.elt)
    decide = functions.any_of if name == "any" else functions.all_of
    return lambda run: decide(run, (element(run) for _ in rows(run)))


def _variable_function(compiler: ExpressionCompiler, node: ast.Call, name: str) -> Closure:
    first = node.args[0] if node.args else None
    if (
        not isinstance(first, ast.Constant)
        or not isinstance(first.value, str)
        or len(node.args) > (2 if name == "get" else 1)
        or node.keywords
    ):
        example = "get('变量名', 默认值)" if name == "get" else "defined('变量名')"
        raise compiler.source.refusal(node, f"{name} 的参数应为写在引号里的变量名", f"请写作 {example}")
    root, *path = first.value.split(".")
    compiler.note_read(root, optional=True)
    read = compiler.variable(root)
    default = compiler.expression(node.args[1]) if len(node.args) == 2 else constant(None)

    def look_up(run: Evaluation) -> tuple[bool, Any]:
        if root not in run.scope and root not in run.variables:
            return False, None
        value = read(run)
        for key in path:
            if type(value) is not dict or key not in value:
                return False, None
            value = value[key]
        return True, value

    def get(run: Evaluation) -> Any:
        found, value = look_up(run)
        return value if found else default(run)

    return get if name == "get" else lambda run: look_up(run)[0]
