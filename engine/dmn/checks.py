"""What can be told about a table before any case meets it: types, allowed values, hit policies, names."""

from __future__ import annotations

from collections.abc import Iterator

from engine import errors
from engine.dmn import columns, syntax, unary, values
from engine.dmn.model import Aggregation, Condition, Decision, Entry, Input, Output, Rule
from engine.dmn.report import Report, Spot
from engine.dmn.syntax import Node, Scope
from engine.dmn.values import Type


def check(decision: Decision, report: Report) -> None:
    """Record what is wrong within one decision."""
    checker = _Checker(decision, report)
    checker.columns()
    checker.policy()
    for rule in decision.rules:
        checker.rule(rule)


class _Checker:
    def __init__(self, decision: Decision, report: Report) -> None:
        self._decision = decision
        self._report = report

    def columns(self) -> None:
        for at, column in enumerate(self._decision.inputs):
            kind = column.expression.type()
            if not values.fits(kind, column.type):
                found = f"{kind}表达式“{column.text}”"
                self._error(column, f"输入“{column.label}”", "dmn-type", f"{column.type}表达式", found)
            self._constant(column.expression, column, f"输入“{column.label}”", column.text)
            self._allowed(column, f"输入“{column.label}”的允许值")
            self._one_type(column, [rule.conditions[at] for rule in self._decision.rules if at < len(rule.conditions)])
        names = [output.name for output in self._decision.outputs]
        for at, output in enumerate(self._decision.outputs):
            if output.name in names[:at]:
                self._error(output, f"输出“{output.label}”", "dmn-output", "不重复的输出名称", f"“{output.name}”")
            self._allowed(output, f"输出“{output.label}”的允许值")
            if output.default is not None:
                self._result(output.default, output, f"输出“{output.label}”的默认值")

    def _one_type(self, column: Input, cells: list[Condition]) -> None:
        if column.type is not None:
            return
        kinds = {node.type() for cell in cells for node in columns.operands(cell.test)} - {None}
        if len(kinds) > 1:
            found = "、".join(sorted(f"{kind}" for kind in kinds))
            self._error(column, f"输入“{column.label}”", "dmn-type", "整列类型相同的条件", found)

    def policy(self) -> None:
        decision = self._decision
        if decision.hit_policy.ordered_by_output and not any(output.priorities for output in decision.outputs):
            expected = "至少一个输出逐项列出允许值（outputValues），从最优先到最不优先"
            self._error(decision, "", "dmn-priority", expected, f"{decision.hit_policy} 而没有 outputValues")
        if decision.aggregation is None:
            return
        if len(decision.outputs) > 1:
            found = f"{len(decision.outputs)} 个输出"
            self._error(decision, "", "dmn-aggregation", f"{decision.aggregation} 汇总的唯一输出", found)
        for output in decision.outputs:
            if decision.aggregation is Aggregation.SUM and not values.fits(output.type, Type.NUMBER):
                place = f"输出“{output.label}”"
                self._error(output, place, "dmn-aggregation", "可以求和的数字", f"{output.type}")
            if decision.aggregation is Aggregation.COUNT and output.default is not None:
                place = f"输出“{output.label}”"
                self._error(output, place, "dmn-aggregation", "没有默认值的 COUNT（无规则满足时为 0）", "有默认值")

    def rule(self, rule: Rule) -> None:
        for condition, column in zip(rule.conditions, self._decision.inputs, strict=False):
            self._condition(condition, column, f"第 {rule.number} 条规则 输入“{column.label}”")
        for entry, output in zip(rule.results, self._decision.outputs, strict=False):
            self._result(entry, output, f"第 {rule.number} 条规则 输出“{output.label}”")

    # Cells

    def _condition(self, cell: Condition, column: Input, place: str) -> None:
        nodes = list(columns.operands(cell.test))
        for node in nodes:
            if not values.fits(node.type(), column.type):
                found = f"{node.type()}（单元格“{cell.text}”）{_date_hint(column.type)}"
                self._error(cell, place, "dmn-type", f"{column.type}", found)
                return
        for part in syntax.walk(cell.test):
            if isinstance(part, unary.Condition) and not values.fits(part.node.type(), Type.BOOLEAN):
                self._error(cell, place, "dmn-type", "含“?”的条件，其结果为布尔值", f"“{cell.text}”")
                return
            if isinstance(part, unary.Compare) and part.operator not in ("=", "!=") and _without_order(part.node):
                self._error(cell, place, "dmn-type", "可以比较大小的值", f"“{cell.text}”")
                return
        if all(self._constant(node, cell, place, cell.text) for node in nodes):
            self._possible(cell, column, place)
        self._unquoted(cell, column, place)

    def _possible(self, cell: Condition, column: Input, place: str) -> None:
        # A cell that asks for a value outside the list of the column is a typing error: no case ever gets there.
        if column.allowed is None:
            return
        for value in _plain_values(cell.test):
            if value is not None and column.allowed.matches(value, Scope({})) is not True:
                expected = f"允许值 {column.allowed_text} 之一"
                self._error(cell, place, "dmn-values", expected, values.describe(value))

    def _unquoted(self, cell: Condition, column: Input, place: str) -> None:
        if column.type is not Type.STRING:
            return
        for node in columns.operands(cell.test):
            if isinstance(node, syntax.Path) and len(node.names) == 1 and node.names[0] != syntax.INPUT:
                name = node.names[0]
                found = f"变量 {name}（如果“{name}”是文字，请加英文双引号）"
                self._report.warning(cell, self._place(place), "dmn-unquoted", f'文字，如 "{name}"', found)

    def _result(self, entry: Entry, output: Output, place: str) -> None:
        if not values.fits(entry.node.type(), output.type):
            found = f"{entry.node.type()}（单元格“{entry.text}”）{_date_hint(output.type)}"
            self._error(entry, place, "dmn-type", f"{output.type}", found)
            return
        if not columns.constant(entry.node) or not self._constant(entry.node, entry, place, entry.text):
            return
        value = entry.node.evaluate(Scope({}))
        try:
            checked_output(value, output)
        except errors.EvaluationFailed as error:
            self._error(entry, place, "dmn-values", _expected_output(output), f"“{entry.text}”（{error.message}）")

    def _allowed(self, column: Input | Output, place: str) -> None:
        for node in columns.operands(column.allowed) if column.allowed is not None else ():
            if not values.fits(node.type(), column.type):
                found = f"{node.type()}（“{column.allowed_text}”）{_date_hint(column.type)}"
                self._error(column, place, "dmn-type", f"{column.type}", found)
                return

    def _constant(self, node: Node, spot: Spot, place: str, text: str) -> bool:
        """Tell whether an expression has a value, if that is certain; record it if it never has."""
        if not columns.constant(node):
            return True
        try:
            node.evaluate(Scope({}))
        except errors.EvaluationFailed as error:
            self._error(spot, place, "dmn-cell", "有结果的表达式", f"“{text}”（{error.message}）")
            return False
        return True

    def _error(self, spot: Spot, place: str, rule: str, expected: str, found: str) -> None:
        self._report.error(spot, self._place(place), rule, expected, found)

    def _place(self, place: str) -> str:
        return f"{self._decision.name} · {place}" if place else self._decision.name


def checked_output(value: object, output: Output) -> object:
    """Return a result as the type of its column has it; null is no value, and allowed unless it has to be ranked.

    Raises:
        errors.EvaluationFailed: It is of another type, or not one of the allowed values.
    """
    if value is None:
        if output.priorities:
            raise errors.EvaluationFailed("按优先级排列的输出不能为空")
        return None
    value = values.coerce(value, output.type)
    if output.allowed is not None and output.allowed.matches(value, Scope({})) is not True:
        raise errors.EvaluationFailed(f"应为 {output.allowed_text} 之一，现为{values.describe(value)}")
    return value


def _without_order(node: Node) -> bool:
    null = isinstance(node, syntax.Literal) and node.value is None
    return null or node.type() is Type.BOOLEAN or isinstance(node, syntax.ListOf)


def _expected_output(output: Output) -> str:
    if output.allowed is not None:
        return f"允许值 {output.allowed_text} 之一"
    return f"{output.type}" if output.type is not None else "一个值"


def _date_hint(wanted: Type | None) -> str:
    if wanted is Type.DATE:
        return '，日期应写作 date("2026-01-01")'
    if wanted is Type.DATE_TIME:
        return '，日期时间应写作 date and time("2026-01-01T08:00:00")'
    return ""


def _plain_values(test: syntax.Test) -> Iterator[object]:
    for one in test.tests if isinstance(test, unary.AnyOf) else (test,):
        if isinstance(one, unary.Is) and columns.constant(one):
            value = one.node.evaluate(Scope({}))
            yield from value if isinstance(value, tuple) else (value,)
