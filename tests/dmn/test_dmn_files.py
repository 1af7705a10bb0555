"""Files as Camunda Modeler writes them, and what in a file is refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from lxml import etree

from engine import dmn, errors, xmlio
from engine.model.definitions import Finding

MODELER = Path(__file__).with_name("secrecy_review.dmn")
Findings = list[Mapping[str, object]]
Refused = Callable[..., Findings]

NAMESPACES = [
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
]


@pytest.fixture
def disposition() -> dmn.Decision:
    return dmn.parse(MODELER.read_bytes(), "secrecy_review.dmn")[0]


def test_a_modeler_file_is_read_with_everything_in_it(disposition: dmn.Decision) -> None:
    assert (disposition.id, disposition.name) == ("disposition", "公开去向")
    assert disposition.hit_policy is dmn.HitPolicy.UNIQUE
    assert (disposition.version_tag, disposition.history_ttl) == ("2026-1", "P5Y")
    assert [column.label for column in disposition.inputs] == ["审查级别", "申请人"]
    assert [column.name for column in disposition.outputs] == ["way", "days"]
    assert [rule.id for rule in disposition.rules][0] == "DecisionRule_open"
    assert disposition.rules[0].annotations == ("公开信息一律主动公开", "第九条")
    assert 'id="DecisionRule_open"' in MODELER.read_text("utf-8").splitlines()[disposition.rules[0].line - 1]
    assert [one.id for one in disposition.requires] == ["secrecy_level"]
    assert disposition.warnings == ()


def test_a_modeler_file_decides(disposition: dmn.Decision) -> None:
    case = {"topics": ["工作秘密"], "secret_until": None, "applicant": {"kind": "公民个人"}, "urgent": True}

    result = dmn.evaluate(disposition, case)

    assert result.single() == {"way": "依申请公开", "days": 10}
    assert result.matched[0].id == "DecisionRule_internal"


@pytest.mark.parametrize(
    ("topics", "until", "expected"),
    [
        ([], None, {"way": "主动公开", "days": 5}),
        (["国家秘密", "工作秘密"], "2026-01-01", {"way": "不予公开", "days": None}),
        (["国家秘密", "工作秘密"], "2025-12-31", {"way": "依申请公开", "days": 20}),
    ],
)
def test_the_required_decision_feeds_the_table(
    disposition: dmn.Decision, topics: list[str], until: str | None, expected: dict[str, object]
) -> None:
    case = {"topics": topics, "secret_until": until, "applicant": {"kind": "公民"}, "urgent": False}

    assert dmn.evaluate(disposition, case).single() == expected


def test_the_explanation_of_a_result_is_json_with_rules_and_reasons(disposition: dmn.Decision) -> None:
    case = {"topics": [], "secret_until": None, "applicant": {"kind": "公民"}, "urgent": False}

    explained = dmn.evaluate(disposition, case).explain()

    assert json.loads(json.dumps(explained)) == {
        "decision": "disposition",
        "name": "公开去向",
        "hit_policy": "UNIQUE",
        "aggregation": None,
        "inputs": [
            {"label": "审查级别", "expression": "secrecy_level", "value": "公开"},
            {"label": "申请人", "expression": "applicant.kind", "value": "公民"},
        ],
        "matched": [
            {
                "rule": 1,
                "id": "DecisionRule_open",
                "annotations": ["公开信息一律主动公开", "第九条"],
                "outputs": {"way": "主动公开", "days": 5},
            }
        ],
        "by_default": False,
        "rows": [{"way": "主动公开", "days": 5}],
        "required": [
            {
                "decision": "secrecy_level",
                "name": "定级",
                "hit_policy": "PRIORITY",
                "aggregation": None,
                "inputs": [
                    {"label": "涉及事项", "expression": "topics", "value": []},
                    {"label": "保密期限届满日", "expression": "secret_until", "value": None},
                ],
                "matched": [{"rule": 1, "id": "DecisionRule_l1", "annotations": [], "outputs": {"level": "公开"}}],
                "by_default": False,
                "rows": [{"level": "公开"}],
            }
        ],
    }


def test_reading_a_modeler_file_loses_nothing_of_it() -> None:
    source = MODELER.read_bytes()

    written = etree.tostring(xmlio.parse(source, "a.dmn"), encoding="UTF-8", xml_declaration=True)

    assert etree.canonicalize(written.decode()) == etree.canonicalize(source.decode())
    again = dmn.parse(written, "secrecy_review.dmn")
    assert again == dmn.parse(source, "secrecy_review.dmn")


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_version_of_dmn_is_read(file: Callable[..., bytes], element: Callable[..., str], namespace: str) -> None:
    data = file(element(["x"], rules=[["1", '"a"']]), namespace=namespace)

    assert dmn.evaluate(dmn.parse(data, "a.dmn")[0], {"x": 1}).single() == {"result": "a"}


def test_a_prefixed_file_is_the_same_file(file: Callable[..., bytes], element: Callable[..., str]) -> None:
    data = file(element(["x"], rules=[["1", '"a"']])).decode()
    data = data.replace("xmlns=", "xmlns:dmn=").replace("</", "</dmn:")
    for name in ("definitions", "decision ", "decisionTable", "input ", "inputE", "output", "rule", "text"):
        data = data.replace(f"<{name}", f"<dmn:{name}")

    assert dmn.evaluate(dmn.parse(data.encode(), "a.dmn")[0], {"x": 1}).single() == {"result": "a"}


def test_comments_inside_a_cell_are_not_part_of_it(file: Callable[..., bytes], element: Callable[..., str]) -> None:
    data = file(element(["x"], rules=[["1", '"a"']])).replace(b"<text>1</text>", b"<text>1<!-- , 2 --></text>")

    decision = dmn.parse(data, "a.dmn")[0]

    assert decision.rules[0].conditions[0].text == "1"


def test_files_that_are_no_dmn_are_refused(refused: Refused) -> None:
    bpmn = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>'

    assert refused(bpmn)[0]["rule"] == "dmn-root"
    assert refused(b"<a/>")[0]["expected"] == "DMN 1.1 至 1.5 的 <definitions>"
    with pytest.raises(errors.InvalidXml):
        dmn.parse(b"<!DOCTYPE a><a/>", "a.dmn")
    with pytest.raises(errors.InvalidXml):
        dmn.parse(b"", "a.dmn")


def test_a_file_without_decisions_is_refused(refused: Refused, file: Callable[..., bytes]) -> None:
    assert refused(file())[0]["found"] == "0 个"


@pytest.mark.parametrize(
    ("markup", "rule", "found"),
    [
        ('<businessKnowledgeModel id="b" name="模型"/>', "dmn-unsupported", "业务知识模型（businessKnowledgeModel）"),
        ('<decisionService id="s"/>', "dmn-unsupported", "决策服务（decisionService）"),
        ('<itemDefinition id="t" name="tAge"/>', "dmn-unsupported", "自定义数据类型（itemDefinition）"),
        ('<import id="i" namespace="x" importType="y"/>', "dmn-unsupported", "引用其他文件（import）"),
        ('<decison id="typo"/>', "dmn-element", "<definitions> 之下的 <decison>"),
        ('<decision id="d2"><context/></decision>', "dmn-unsupported", "上下文（context）"),
        ('<decision id="d2"><relation/></decision>', "dmn-unsupported", "关系表（relation）"),
        ('<decision id="d2"><invocation/></decision>', "dmn-unsupported", "函数调用（invocation）"),
        ('<decision id="d2"><functionDefinition/></decision>', "dmn-unsupported", "函数定义（functionDefinition）"),
        ('<decision id="d2"><list/></decision>', "dmn-unsupported", "列表表达式（list）"),
        ('<decision id="d2"><conditional/></decision>', "dmn-unsupported", "条件表达式（conditional）"),
        ('<decision id="d2"><filter/></decision>', "dmn-unsupported", "筛选表达式（filter）"),
        ('<decision id="d2"><for/></decision>', "dmn-unsupported", "循环表达式（for）"),
        ('<decision id="d2"><knowledgeRequirement/></decision>', "dmn-unsupported", "业务知识模型"),
        ('<decision id="d2" name="空"/>', "dmn-logic", "0 个"),
        ('<decision id="d2" hitPolicy="FIRST"/>', "dmn-attribute", "<decision> 的属性 hitPolicy"),
        ('<decision id="d2" camunda:magic="1"/>', "dmn-attribute", "camunda:magic，不受支持"),
        ("<decision><literalExpression><text>1</text></literalExpression></decision>", "dmn-id", "没有 id"),
        ('<decision id="check"><literalExpression><text>1</text></literalExpression></decision>', "dmn-id", "“check”"),
        (
            '<decision id="d2"><extensionElements><camunda:connector/></extensionElements></decision>',
            "dmn-element",
            "<camunda:connector>",
        ),
        (
            '<decision id="d2"><x:y xmlns:x="urn:x"/><literalExpression><text>1</text></literalExpression></decision>',
            "dmn-element",
            "<x:y>",
        ),
        (
            '<decision id="d2"><literalExpression><text>1</text></literalExpression>'
            "<literalExpression><text>1</text></literalExpression></decision>",
            "dmn-element",
            "又一个 <literalExpression>",
        ),
        (
            '<decision id="d2"><literalExpression><importedValues/><text>1</text></literalExpression></decision>',
            "dmn-unsupported",
            "引用其他文件中的值",
        ),
        (
            '<decision id="d2"><literalExpression expressionLanguage="juel"><text>1</text></literalExpression></decision>',
            "dmn-language",
            "expressionLanguage=“juel”",
        ),
        ('<decision id="d2"><literalExpression/></decision>', "dmn-cell", "空"),
        ('<decision id="d2"><literalExpression>1</literalExpression></decision>', "dmn-element", "文字“1”"),
        (
            '<decision id="d2"><literalExpression><text>1</text><text>2</text></literalExpression></decision>',
            "dmn-element",
            "又一个 <text>",
        ),
        (
            '<decision id="d2"><variable name="a"/><variable name="b"/>'
            "<literalExpression><text>1</text></literalExpression></decision>",
            "dmn-element",
            "又一个 <variable>",
        ),
        (
            '<decision id="d2"><variable name="审查 结果"/><literalExpression><text>1</text></literalExpression></decision>',
            "dmn-name",
            "“审查 结果”",
        ),
        (
            '<decision id="d2"><literalExpression typeRef="number"><text>"a"</text></literalExpression></decision>',
            "dmn-type",
            '文字（单元格“"a"”）',
        ),
    ],
)
def test_what_is_not_executed_is_refused_by_name(
    refused: Refused, file: Callable[..., bytes], element: Callable[..., str], markup: str, rule: str, found: str
) -> None:
    findings = refused(file(element(["x"], rules=[["1", '"a"']]), markup))

    matching = [finding for finding in findings if finding["rule"] == rule]
    assert found in str(matching[0]["found"])
    assert matching[0]["line"]
    assert matching[0]["severity"] == "error"


@pytest.mark.parametrize(
    ("options", "rule", "expected", "found"),
    [
        ({"hit": "LAST"}, "dmn-hit-policy", "UNIQUE、FIRST、ANY", "“LAST”"),
        ({"hit": "unique"}, "dmn-hit-policy", "UNIQUE", "“unique”"),
        ({"hit": "FIRST", "aggregation": "SUM"}, "dmn-aggregation", "只与 COLLECT", "FIRST 与“SUM”"),
        ({"hit": "COLLECT", "aggregation": "AVG"}, "dmn-aggregation", "SUM、MIN、MAX、COUNT", "“AVG”"),
        ({"hit": "PRIORITY"}, "dmn-priority", "outputValues", "PRIORITY 而没有 outputValues"),
        ({"hit": "OUTPUT ORDER"}, "dmn-priority", "outputValues", "OUTPUT ORDER"),
        ({"hit": "PRIORITY", "outputs": [{"text": "r", "allowed": "[1..5]"}]}, "dmn-priority", "逐项列出", "PRIORITY"),
        (
            {"hit": "PRIORITY", "outputs": [{"text": "r", "allowed": "1,2"}], "rules": [["-", ""]]},
            "dmn-values",
            "允许值 1,2 之一",
            "按优先级排列的输出不能为空",
        ),
        (
            {"hit": "COLLECT", "aggregation": "SUM", "outputs": ["a", "b"], "rules": [["-", "1", "2"]]},
            "dmn-aggregation",
            "唯一输出",
            "2 个输出",
        ),
        (
            {"hit": "COLLECT", "aggregation": "SUM", "outputs": [("a", "string")], "rules": [["-", '"x"']]},
            "dmn-aggregation",
            "可以求和的数字",
            "文字",
        ),
        (
            {"hit": "COLLECT", "aggregation": "COUNT", "outputs": [{"text": "a", "default": "1"}]},
            "dmn-aggregation",
            "没有默认值的 COUNT",
            "有默认值",
        ),
        ({"outputs": []}, "dmn-table", "至少一个输出", "0 个输出"),
        ({"rules": []}, "dmn-table", "一条规则", "0 条规则"),
        ({"rules": [["-"]]}, "dmn-rule", "1 个输入单元格、1 个输出单元格", "1 个、0 个"),
        ({"rules": [["-", "1", "2"]]}, "dmn-rule", "1 个输入单元格、1 个输出单元格", "1 个、2 个"),
        ({"inputs": [""]}, "dmn-input", "输入表达式，如变量名", "空"),
        ({"inputs": ["? + 1"]}, "dmn-input", "只引用变量", "“?”"),
        ({"inputs": ["${x}"]}, "dmn-cell", "不带“${ }”的变量名", "第 1 个字符"),
        ({"inputs": ["Applicant Age"]}, "dmn-cell", "变量名不能含空格", "“Age”"),
        ({"inputs": [("x", "time")]}, "dmn-type", "string、number", "typeRef=“time”"),
        ({"inputs": [("x", "tAge")]}, "dmn-type", "string、number", "typeRef=“tAge”"),
        ({"inputs": [("a + 1", "string")]}, "dmn-type", "文字表达式", "数字表达式“a + 1”"),
        ({"inputs": ["1 / 0"]}, "dmn-cell", "有结果的表达式", "除数为零"),
        ({"outputs": [("r", "duration")]}, "dmn-type", "string、number", "typeRef=“duration”"),
        ({"outputs": ["审查 结果"]}, "dmn-name", "不含空格", "“审查 结果”"),
        ({"outputs": ["not"]}, "dmn-name", "不含空格", "“not”"),
        ({"outputs": ["", "b"], "rules": [["-", "1", "2"]]}, "dmn-output", "有名称（name）的输出", "没有名称"),
        ({"outputs": ["a", "a"], "rules": [["-", "1", "2"]]}, "dmn-output", "不重复的输出名称", "“a”"),
        ({"rules": [["[5..1]", "1"]]}, "dmn-cell", "下限小于上限", "单元格“[5..1]”第 1 个字符"),
        ({"rules": [["“a”", "1"]]}, "dmn-cell", "英文双引号", "““”"),
        ({"rules": [["-", "-"]]}, "dmn-cell", "一个值", "内容结束"),
        ({"rules": [["-", "?"]]}, "dmn-cell", "“?”只用于输入单元格", "“?”"),
        ({"rules": [["-", "1 / 0"]]}, "dmn-cell", "有结果的表达式", "除数为零"),
        ({"rules": [["-", '"a" * 2']]}, "dmn-cell", "有结果的表达式", "两边应为数字"),
        ({"rules": [["< 1 / 0", "1"]]}, "dmn-cell", "有结果的表达式", "除数为零"),
        ({"rules": [["> true", "1"]]}, "dmn-type", "可以比较大小的值", "“> true”"),
        ({"rules": [["> null", "1"]]}, "dmn-type", "可以比较大小的值", "“> null”"),
        ({"rules": [["> [1,2]", "1"]]}, "dmn-type", "可以比较大小的值", "“> [1,2]”"),
        ({"rules": [["? + 1", "1"]]}, "dmn-type", "其结果为布尔值", "“? + 1”"),
        ({"inputs": [("x", "number")], "rules": [['"5"', "1"]]}, "dmn-type", "数字", '文字（单元格“"5"”）'),
        ({"inputs": [("x", "number")], "rules": [["> 3, true", "1"]]}, "dmn-type", "数字", "布尔值"),
        ({"inputs": [("x", "string")], "rules": [["[1..5]", "1"]]}, "dmn-type", "文字", "数字"),
        ({"inputs": [("x", "date")], "rules": [['"2026-01-01"', "1"]]}, "dmn-type", "日期", 'date("2026-01-01")'),
        ({"inputs": [("x", "date")], "rules": [['@"2026-01-01T00:00:00"', "1"]]}, "dmn-type", "日期", "日期时间"),
        (
            {"inputs": [("x", "dateTime")], "rules": [['> @"2026-01-01"', "1"]]},
            "dmn-type",
            "日期时间",
            "date and time(",
        ),
        ({"inputs": ["x"], "rules": [["1", "1"], ['"a"', "2"]]}, "dmn-type", "整列类型相同", "数字、文字"),
        ({"inputs": ["x"], "rules": [['1, "a"', "1"]]}, "dmn-type", "整列类型相同", "数字、文字"),
        ({"outputs": [("r", "number")], "rules": [["-", '"a"']]}, "dmn-type", "数字", "文字"),
        ({"outputs": [("r", "integer")], "rules": [["-", "1.5"]]}, "dmn-values", "整数", "现为数字1.5"),
        ({"outputs": [("r", "date")], "rules": [["-", '"2026-01-01"']]}, "dmn-type", "日期", 'date("2026-01-01")'),
        ({"outputs": [("r", "string")], "rules": [["-", "[1]"]]}, "dmn-values", "文字", "现为列表"),
        (
            {"inputs": [{"text": "x", "allowed": '"公开","内部"'}], "rules": [['"公幵"', "1"]]},
            "dmn-values",
            '允许值 "公开","内部" 之一',
            "文字“公幵”",
        ),
        ({"inputs": [{"text": "x", "allowed": '"a"'}], "rules": [['not("b")', "1"]]}, "dmn-values", '"a"', "文字“b”"),
        ({"inputs": [{"text": "x", "allowed": "[1..5]"}], "rules": [["6", "1"]]}, "dmn-values", "[1..5]", "数字6"),
        ({"outputs": [{"text": "r", "allowed": "1,2"}], "rules": [["-", "3"]]}, "dmn-values", "1,2", "现为数字3"),
        ({"outputs": [{"text": "r", "allowed": "1,2", "default": "3"}]}, "dmn-values", "1,2", "现为数字3"),
        ({"inputs": [{"text": "x", "allowed": "limit"}]}, "dmn-values", "不引用变量的值", "“limit”"),
        ({"inputs": [{"text": "x", "allowed": "? > 3"}]}, "dmn-values", "不引用变量的值", "条件不能列出允许值"),
        ({"inputs": [{"text": "x", "allowed": "1 / 0"}]}, "dmn-values", "不引用变量的值", "除数为零"),
        ({"inputs": [{"text": "x", "allowed": '"a'}]}, "dmn-cell", "以英文双引号结束", "允许值"),
        ({"inputs": [{"text": "x", "type": "number", "allowed": '"a"'}]}, "dmn-type", "数字", "文字"),
        ({"outputs": [{"text": "r", "type": "number", "allowed": '"a"'}]}, "dmn-type", "数字", "文字"),
        ({"rule_extra": "<inputEntry><wrong/></inputEntry>"}, "dmn-element", "DMN 规定的元素", "<wrong>"),
        ({"inputs": ["x"] * 101}, "dmn-size", "不超过 100 列", "102 列"),
        ({"rules": [["-", "1"]] * 2001}, "dmn-size", "2000 条规则", "2001 条规则"),
    ],
)
def test_tables_that_would_decide_wrong_are_refused(
    refused: Refused, options: dict[str, object], rule: str, expected: str, found: str
) -> None:
    arguments = {"inputs": ["x"], "outputs": ["result"], "rules": [["-", "1"]], **options}

    findings = refused(**arguments)

    matching = [finding for finding in findings if finding["rule"] == rule]
    assert matching, findings
    assert expected in str(matching[0]["expected"])
    assert found in f"{matching[0]['element_name']} {matching[0]['found']}"


def test_all_findings_come_at_once_and_say_where(refused: Refused) -> None:
    findings = refused(
        [{"text": "age", "type": "number", "label": "年龄"}],
        [("level", "string")],
        [["> 18", "1"], ["18..60", '"a"'], ["== 3", '"b"']],
        hit="LAST",
    )

    assert [finding["rule"] for finding in findings] == ["dmn-hit-policy", "dmn-type", "dmn-cell", "dmn-cell"]
    cell = next(finding for finding in findings if finding["element_id"] == "check_r2_c1")
    assert cell["element_name"] == "审查 · 第 2 条规则 输入“年龄”"
    assert cell["file"] == "审查.dmn"
    assert cell["line"] == 11
    assert (
        Finding(**cell).sentence().startswith("审查.dmn:11 审查 · 第 2 条规则 输入“年龄”[check_r2_c1] dmn-cell：应为")
    )  # type: ignore[arg-type]


def test_the_message_counts_what_else_is_wrong(file: Callable[..., bytes], element: Callable[..., str]) -> None:
    with pytest.raises(errors.InvalidDecision, match="（另有 1 处错误）"):
        dmn.parse(file(element(["x"], rules=[["1 2", "3 4"]])), "审查.dmn")


def test_a_forgotten_quote_is_a_warning(table: Callable[..., dmn.Decision]) -> None:
    decision = table([("x", "string")], rules=[["公开", "1"]])

    assert [warning.rule for warning in decision.warnings] == ["dmn-unquoted"]
    assert '如 "公开"' in decision.warnings[0].expected
    assert decision.warnings[0].severity == "warning"
    with pytest.raises(errors.DecisionFailed, match="缺少变量“公开”（如果“公开”是文字，请加英文双引号）"):
        dmn.evaluate(decision, {"x": "公开"})


@pytest.mark.parametrize("language", ["juel", "javascript", "http://www.w3.org/1999/XPath"])
def test_other_expression_languages_are_refused(
    refused: Refused, file: Callable[..., bytes], element: Callable[..., str], language: str
) -> None:
    cell = element(["x"], rules=[["1", "2"]]).replace(
        '<inputEntry id="check_r1_c1">', f'<inputEntry id="check_r1_c1" expressionLanguage="{language}">'
    )

    assert refused(file(cell))[0]["rule"] == "dmn-language"
    whole = file(element(["x"], rules=[["1", "2"]]), attributes=f'expressionLanguage="{language}"')
    assert refused(whole)[0]["found"] == f"expressionLanguage=“{language}”"


@pytest.mark.parametrize("language", ["feel", "FEEL", "https://www.omg.org/spec/DMN/20191111/FEEL/"])
def test_feel_is_accepted_under_its_names(
    file: Callable[..., bytes], element: Callable[..., str], language: str
) -> None:
    data = file(element(["x"], rules=[["1", "2"]]), attributes=f'expressionLanguage="{language}"')

    assert dmn.evaluate(dmn.parse(data, "a.dmn")[0], {"x": 1}).single() == {"result": 2}


def test_a_deeply_nested_file_is_refused() -> None:
    depth = 200
    inner = "<decision><description>" + "<a>" * depth + "</a>" * depth + "</description></decision>"
    data = f'<definitions xmlns="{NAMESPACES[3]}">{inner}</definitions>'.encode()

    with pytest.raises(errors.InvalidInput):
        dmn.parse(data, "a.dmn")


@pytest.mark.parametrize("inner", ["<text/>" * 100_000, "<rule/>" * 50_000, "<wrong/>" * 100_000, "<input/>" * 50_000])
def test_a_file_full_of_mistakes_is_refused_at_once(refused: Refused, inner: str) -> None:
    table = (
        f'<decisionTable id="t"><output name="a"/><rule><inputEntry>{inner}</inputEntry></rule>{inner}</decisionTable>'
    )
    data = f'<definitions xmlns="{NAMESPACES[3]}"><decision id="d">{table}</decision></definitions>'.encode()

    assert 0 < len(refused(data)) <= 1000
