"""Reads the decisions of a DMN file into the model; what is wrong goes into the report."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeVar

from lxml import etree

from engine import errors
from engine.dmn import columns, grammar, structure, syntax, unary, values
from engine.dmn.model import Aggregation, Condition, Decision, Entry, HitPolicy, Input, Output, Rule
from engine.dmn.report import Report
from engine.dmn.structure import child, children, line, spot, text

#: Most rules and columns that a table may have.
MAX_RULES = 2000
MAX_COLUMNS = 100

_Read = TypeVar("_Read")


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """A decision as it stands in the file, before the decisions that it requires have been found."""

    decision: Decision
    required_ids: tuple[str, ...]


def read(element: etree._Element, report: Report) -> Draft:
    """Read one `decision` element."""
    reader = _DecisionReader(element, report)
    return Draft(reader.decision(), reader.required_ids())


def check_language(element: etree._Element, place: str, report: Report) -> None:
    """Record an expression language other than FEEL."""
    for attribute in ("expressionLanguage", "typeLanguage"):
        language = element.get(attribute)
        if language is not None and language.lower() != "feel" and "/feel" not in language.lower():
            report.error(spot(element), place, "dmn-language", "FEEL（feel）", f"{attribute}=“{language}”")


class _DecisionReader:
    def __init__(self, element: etree._Element, report: Report) -> None:
        self._element = element
        self._report = report
        self._id = element.get("id", "")
        self._name = element.get("name") or self._id

    def decision(self) -> Decision:
        if not self._id:
            self._error(self._element, "", "dmn-id", "有 id 的决策", "没有 id")
        empty = Decision(
            id=self._id,
            name=self._name,
            file=self._report.file,
            line=line(self._element),
            hit_policy=HitPolicy.UNIQUE,
            aggregation=None,
            inputs=(),
            outputs=(),
            rules=(),
            variable=self._variable(),
            version_tag=self._element.get(f"{{{structure.CAMUNDA}}}versionTag"),
            history_ttl=self._element.get(f"{{{structure.CAMUNDA}}}historyTimeToLive"),
        )
        tables, literals = children(self._element, "decisionTable"), children(self._element, "literalExpression")
        if len(tables) + len(literals) != 1:
            found = f"{len(tables) + len(literals)} 个"
            self._error(self._element, "", "dmn-logic", "一个决策表或一个文字表达式", found)
            return empty
        return self._table(tables[0], empty) if tables else self._literal(literals[0], empty)

    def required_ids(self) -> tuple[str, ...]:
        found: list[str] = []
        for requirement in children(self._element, "informationRequirement"):
            for kind in ("requiredDecision", "requiredInput"):
                for reference in children(requirement, kind):
                    href = reference.get("href", "")
                    if not href.startswith("#"):
                        self._error(requirement, "", "dmn-requirement", "同一文件中的引用，如 #id", f"“{href}”")
                    elif kind == "requiredDecision":
                        found.append(href[1:])
        return tuple(dict.fromkeys(found))

    # Parts of every decision

    def _variable(self) -> str | None:
        variable = child(self._element, "variable")
        name = None if variable is None else variable.get("name")
        if variable is None or name is None:
            return None
        self._check_name(variable, "结果变量", name)
        return name

    def _literal(self, element: etree._Element, decision: Decision) -> Decision:
        # A literal expression is the table with one rule, no conditions and one output.
        variable = child(self._element, "variable")
        declares = element if variable is None or variable.get("typeRef") is None else variable
        entry = self._entry(element, "文字表达式")
        if not entry.text:
            self._error(element, "文字表达式", "dmn-cell", "FEEL 表达式", "空")
        name = decision.variable or decision.id
        output = Output(entry.id, name, name, entry.line, type=self._type(declares, "文字表达式"))
        rule = Rule(entry.id, 1, entry.line, (), (entry,))
        return dataclasses.replace(decision, outputs=(output,), rules=(rule,))

    # The table

    def _table(self, table: etree._Element, decision: Decision) -> Decision:
        input_elements, output_elements = children(table, "input"), children(table, "output")
        rule_elements = children(table, "rule")
        columns_count = len(input_elements) + len(output_elements)
        if columns_count > MAX_COLUMNS or len(rule_elements) > MAX_RULES:
            expected = f"不超过 {MAX_COLUMNS} 列、{MAX_RULES} 条规则的表"
            self._error(table, "", "dmn-size", expected, f"{columns_count} 列、{len(rule_elements)} 条规则")
            return decision
        if not output_elements or not rule_elements:
            found = f"{len(output_elements)} 个输出、{len(rule_elements)} 条规则"
            self._error(table, "", "dmn-table", "至少一个输出和一条规则", found)
        drafts = [self._input(element) for element in input_elements]
        aliases = [_aliases(element) for element in input_elements]
        policy = self._hit_policy(table)
        outputs = tuple(
            self._output(element, decision, len(output_elements), ranked=policy.ordered_by_output)
            for element in output_elements
        )
        rules = tuple(
            self._rule(element, number, drafts, aliases, outputs)
            for number, element in enumerate(rule_elements, start=1)
        )
        inputs = tuple(
            columns.typed(draft, [rule.conditions[at].test for rule in rules if at < len(rule.conditions)])
            for at, draft in enumerate(drafts)
        )
        aggregation = self._aggregation(table, policy)
        return dataclasses.replace(
            decision, hit_policy=policy, aggregation=aggregation, inputs=inputs, outputs=outputs, rules=rules
        )

    def _hit_policy(self, table: etree._Element) -> HitPolicy:
        written = table.get("hitPolicy", "UNIQUE")
        try:
            return HitPolicy(written)
        except ValueError:
            self._error(table, "", "dmn-hit-policy", "、".join(HitPolicy), f"“{written}”")
            return HitPolicy.UNIQUE

    def _aggregation(self, table: etree._Element, policy: HitPolicy) -> Aggregation | None:
        written = table.get("aggregation")
        if written is None:
            return None
        if policy is not HitPolicy.COLLECT:
            self._error(table, "", "dmn-aggregation", "只与 COLLECT 一起使用的汇总", f"{policy} 与“{written}”")
            return None
        try:
            return Aggregation(written)
        except ValueError:
            self._error(table, "", "dmn-aggregation", "、".join(Aggregation), f"“{written}”")
            return None

    def _input(self, element: etree._Element) -> Input:
        holder = child(element, "inputExpression")
        written = text(holder)
        label = element.get("label") or written or spot(element).id
        place = f"输入“{label}”"
        node: syntax.Node = syntax.Literal(None)
        if holder is None or not written:
            self._error(element, place, "dmn-input", "输入表达式，如变量名", "空")
        else:
            check_language(holder, self._place(place), self._report)
            node = self._parsed(lambda: grammar.expression(written), holder, place, written) or node
        if syntax.INPUT in syntax.names(node):
            self._error(element, place, "dmn-input", "只引用变量的输入表达式", f"“{written}”中的“?”")
        kind = self._type(holder, place) if holder is not None else None
        allowed, allowed_text = self._allowed(child(element, "inputValues"), place)
        identity = element.get("id", "")
        return Input(identity, label, line(element), written, node, kind, allowed, allowed_text)

    def _output(self, element: etree._Element, decision: Decision, count: int, *, ranked: bool) -> Output:
        name = element.get("name") or ((decision.variable or decision.id) if count == 1 else "")
        label = element.get("label") or name or spot(element).id
        place = f"输出“{label}”"
        if not name:
            self._error(element, place, "dmn-output", "有名称（name）的输出", "没有名称")
        elif element.get("name"):
            self._check_name(element, place, name)
        default = child(element, "defaultOutputEntry")
        allowed, allowed_text = self._allowed(child(element, "outputValues"), place)
        return Output(
            element.get("id", ""),
            name,
            label,
            line(element),
            self._output_type(element, place, count),
            allowed,
            allowed_text,
            columns.listed(allowed) if ranked else (),
            None if default is None else self._entry(default, f"{place}的默认值"),
        )

    def _output_type(self, element: etree._Element, place: str, count: int) -> values.Type | None:
        variable = child(self._element, "variable")
        if element.get("typeRef") is None and count == 1 and variable is not None:
            return self._type(variable, place)
        return self._type(element, place)

    def _allowed(self, element: etree._Element | None, place: str) -> tuple[syntax.Test | None, str]:
        if element is None:
            return None, ""
        written, place = text(element), f"{place}的允许值"
        check_language(element, self._place(place), self._report)
        if not written or written == "-":
            return None, ""
        test = self._parsed(lambda: grammar.unary_tests(written), element, place, written)
        if test is None:
            return None, written
        try:
            columns.settle(test)
        except errors.EvaluationFailed as error:
            self._error(element, place, "dmn-values", "不引用变量的值或区间", f"“{written}”（{error.message}）")
            return None, written
        return test, written

    def _rule(
        self,
        element: etree._Element,
        number: int,
        inputs: list[Input],
        aliases: list[frozenset[str]],
        outputs: tuple[Output, ...],
    ) -> Rule:
        place = f"第 {number} 条规则"
        cells, results = children(element, "inputEntry"), children(element, "outputEntry")
        if (len(cells), len(results)) != (len(inputs), len(outputs)):
            expected = f"{len(inputs)} 个输入单元格、{len(outputs)} 个输出单元格"
            self._error(element, place, "dmn-rule", expected, f"{len(cells)} 个、{len(results)} 个")
        conditions = tuple(
            self._condition(cell, f"{place} 输入“{column.label}”", alias)
            for cell, column, alias in zip(cells, inputs, aliases, strict=False)
        )
        entries = tuple(
            self._entry(cell, f"{place} 输出“{column.label}”") for cell, column in zip(results, outputs, strict=False)
        )
        identity = element.get("id") or f"rule-{number}"
        return Rule(identity, number, line(element), conditions, entries, _annotations(element))

    def _condition(self, element: etree._Element, place: str, aliases: frozenset[str]) -> Condition:
        check_language(element, self._place(place), self._report)
        written = text(element)
        test = self._parsed(lambda: grammar.unary_tests(written, aliases), element, place, written)
        return Condition(element.get("id", ""), line(element), written, test or unary.Anything())

    def _entry(self, element: etree._Element, place: str) -> Entry:
        # An empty output cell is null, as Camunda has it.
        check_language(element, self._place(place), self._report)
        written = text(element)
        node: syntax.Node | None = syntax.Literal(None)
        if written:
            node = self._parsed(lambda: grammar.expression(written), element, place, written)
        if node is not None and syntax.INPUT in syntax.names(node):
            self._error(element, place, "dmn-cell", "不含“?”的表达式（“?”只用于输入单元格）", f"“{written}”")
        return Entry(element.get("id", ""), line(element), written, node or syntax.Literal(None))

    # Reading one text, and what goes wrong with it

    def _parsed(
        self, read_text: Callable[[], _Read], element: etree._Element, place: str, written: str
    ) -> _Read | None:
        try:
            return read_text()
        except errors.InvalidExpression as error:
            shown = written if len(written) <= 80 else written[:79] + "…"
            found = f"{error.details['found']}（单元格“{shown}”第 {error.details['position']} 个字符）"
            self._error(element, place, "dmn-cell", str(error.details["expected"]), found)
            return None

    def _type(self, element: etree._Element, place: str) -> values.Type | None:
        written = element.get("typeRef")
        name = "Any" if written is None else written.removeprefix("feel:")
        if name not in values.TYPE_REFS:
            self._error(element, place, "dmn-type", "、".join(values.TYPE_REFS), f"typeRef=“{written}”")
            return None
        return values.TYPE_REFS[name]

    def _check_name(self, element: etree._Element, place: str, name: str) -> None:
        if not grammar.is_name(name):
            self._error(element, place, "dmn-name", "由文字、数字、下划线组成的名称，不含空格", f"“{name}”")

    def _place(self, place: str) -> str:
        return f"{self._name} · {place}" if place else self._name

    def _error(self, element: etree._Element, place: str, rule: str, expected: str, found: str) -> None:
        self._report.error(spot(element), self._place(place), rule, expected, found)


def _aliases(element: etree._Element) -> frozenset[str]:
    # Camunda gives a cell the value of its column under this name; `cellInput` where none is written.
    return frozenset({element.get(f"{{{structure.CAMUNDA}}}inputVariable") or "cellInput"})


def _annotations(rule: etree._Element) -> tuple[str, ...]:
    description = child(rule, "description")
    found = ["" if description is None else str(description.xpath("string()")).strip()]
    found.extend(text(annotation) for annotation in children(rule, "annotationEntry"))
    return tuple(annotation for annotation in found if annotation)
