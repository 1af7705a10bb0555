"""What is said about elements of Python that the language leaves out, and what to write instead."""

from __future__ import annotations

import ast
import difflib

from engine import errors
from engine.bpmn.expressions.syntax import Source

_COMPREHENSION = "请改用推导式，例如 [x.name for x in rows if x.score > 60]"
_HANDLER = "较复杂的处理请写成 handlers/ 中的处理程序，由服务任务调用"
_REFUSALS: dict[str, tuple[str, str]] = {
    "Pow": ("不能使用乘方“**”", "请用乘法"),
    "LShift": ("不能使用移位“<<”", "请用乘法"),
    "RShift": ("不能使用移位“>>”", "请用整除“//”"),
    "BitAnd": ("不能使用“&”", "请改用 and"),
    "BitOr": ("不能使用“|”", "请改用 or；合并字典请写 {**a, **b}"),
    "BitXor": ("不能使用“^”", "请用比较和 and、or 写出条件"),
    "MatMult": ("不能使用“@”", "请用乘法"),
    "Invert": ("不能使用“~”", "请改用 not"),
    "Lambda": ("不能使用 lambda", _COMPREHENSION),
    "NamedExpr": ("不能使用“:=”", "比较请用“==”，赋值请写在脚本里"),
    "Starred": ("不能用 * 展开列表", "拼接列表请用“+”"),
    "Await": ("不能使用 await", _HANDLER),
    "Yield": ("不能使用 yield", _COMPREHENSION),
    "YieldFrom": ("不能使用 yield", _COMPREHENSION),
    "Slice": ("一段只能写在方括号里", "例如 items[0:3]"),
    "While": ("不能使用 while", "请用 for 遍历列表或 range(次数)"),
    "FunctionDef": ("不能定义函数", _HANDLER),
    "AsyncFunctionDef": ("不能定义函数", _HANDLER),
    "ClassDef": ("不能定义类", _HANDLER),
    "Import": ("不能使用 import", _HANDLER),
    "ImportFrom": ("不能使用 import", _HANDLER),
    "With": ("不能使用 with", _HANDLER),
    "AsyncWith": ("不能使用 with", _HANDLER),
    "AsyncFor": ("不能使用 async", _HANDLER),
    "Try": ("不能使用 try", "可能没有的变量请用 get('名称', 默认值) 读取"),
    "TryStar": ("不能使用 try", "可能没有的变量请用 get('名称', 默认值) 读取"),
    "Raise": ("不能使用 raise", "请用错误结束事件"),
    "Assert": ("不能使用 assert", "请用网关判断"),
    "Delete": ("不能使用 del", "去掉字典的键请写 字典.pop('键')"),
    "Global": ("不能使用 global", "直接给变量赋值即可"),
    "Nonlocal": ("不能使用 nonlocal", "直接给变量赋值即可"),
    "Return": ("不能使用 return", "把结果赋给一个变量"),
    "AnnAssign": ("不能给变量标注类型", "请写作 名称 = 值"),
    "Match": ("不能使用 match", "请用 if、elif、else"),
}


def refused(source: Source, node: ast.AST, at: ast.AST | None = None) -> errors.InvalidExpression:
    """The refusal of an element of the tree; `at` is where to point when the element itself has no position."""
    name = type(node).__name__
    problem, instead = _REFUSALS.get(name, (f"不允许使用这种写法（{name}）", "可用的写法见表达式参考"))
    return source.refusal(at or node, problem, instead)


def target(source: Source, node: ast.AST) -> errors.InvalidExpression:
    """The refusal of what stands where a name to fill is expected."""
    if isinstance(node, ast.Starred):
        return source.refusal(node, "不能用 * 接收多个值", "请逐个写出名称")
    return source.refusal(node, "不能给它赋值", '左边应为变量名；在脚本中也可以是 变量["键"] 或 变量.键')


def function(source: Source, node: ast.AST, name: str, allowed: frozenset[str]) -> errors.InvalidExpression:
    """The refusal of an unknown function, naming those that look like it."""
    similar = difflib.get_close_matches(name[:64], sorted(allowed), n=3, cutoff=0.6)
    hint = f"是否想写 {'、'.join(similar)}" if similar else f"可用的函数：{'、'.join(sorted(allowed))}"
    return source.refusal(node, f"没有函数 {name}()", hint)
