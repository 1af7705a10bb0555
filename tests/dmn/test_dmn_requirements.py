"""Decisions that read the results of others in the same file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from engine import dmn, errors

File = Callable[..., bytes]
Element = Callable[..., str]


def requires(*identities: str) -> str:
    return "".join(
        f'<informationRequirement><requiredDecision href="#{identity}"/></informationRequirement>'
        for identity in identities
    )


def literal(identity: str, text: str, head: str = "") -> str:
    return (
        f'<decision id="{identity}" name="{identity}">{head}'
        f"<literalExpression><text>{text}</text></literalExpression></decision>"
    )


def decide(data: bytes, identity: str, **variables: object) -> object:
    decision = next(one for one in dmn.parse(data, "a.dmn") if one.id == identity)
    return dmn.evaluate(decision, variables).mapped("singleEntry")


@pytest.mark.parametrize("name", ["level", "risk", "grade"])
def test_one_output_is_known_by_id_variable_and_output_name(file: File, element: Element, name: str) -> None:
    lower = element(
        [("x", "number")],
        [("grade", "string")],
        [["> 5", '"高"'], ["<= 5", '"低"']],
        identity="level",
        head='<variable id="v" name="risk" typeRef="string"/>',
    )
    upper = element([(name, "string")], rules=[['"高"', "1"], ['"低"', "2"]], head=requires("level"))

    assert decide(file(upper, lower), "check", x=6) == 1
    assert decide(file(lower, upper), "check", x=5) == 2


def test_a_result_hides_a_process_variable_of_its_name(file: File) -> None:
    data = file(literal("a", "1"), literal("b", "a + x", requires("a")))

    assert decide(data, "b", a=100, x=1) == 2


def test_several_outputs_are_an_object_and_their_names(file: File, element: Element) -> None:
    lower = element(["x"], ["days", "way"], [["1", "5", '"公开"']], identity="rule")
    upper = literal("out", "rule.days + days", requires("rule"))
    missing = literal("none", "rule.days", requires("rule"))

    assert decide(file(lower, upper), "out", x=1) == 10
    assert decide(file(lower, missing), "none", x=2) is None


def test_collected_results_are_lists(file: File, element: Element) -> None:
    options = {"rules": [["> 0", "1"], ["> 5", "2"]], "hit": "COLLECT", "identity": "all"}
    lower = element([("x", "number")], ["days"], **options)

    assert decide(file(lower, literal("n", "count(all)", requires("all"))), "n", x=6) == 2
    assert decide(file(lower, literal("n", "list contains(days, 2)", requires("all"))), "n", x=6) is True
    wide = element([("x", "number")], ["a", "b"], [["> 0", "1", "2"]], hit="RULE ORDER", identity="all")
    data = file(wide, literal("n", "[count(all), a, b]", requires("all")))
    assert decide(data, "n", x=1) == [1, [1], [2]]
    summed = element([("x", "number")], ["days"], **options, aggregation="SUM")
    assert decide(file(summed, literal("n", "all * 10", requires("all"))), "n", x=6) == 30


def test_dates_pass_from_one_table_to_the_next(file: File, element: Element) -> None:
    lower = element(["x"], [("until", "date")], [["-", 'date("2026-05-01")']], identity="limit")
    upper = element([("until", "date")], rules=[['<= date("2026-05-01")', '"按期"']], head=requires("limit"))

    assert decide(file(lower, upper), "check", x=1) == "按期"


def test_a_shared_requirement_is_decided_once_and_explained_once(file: File) -> None:
    chain = [literal("d0", "x")]
    chain += [literal(f"d{n}", f"d{n - 1} + d{n - 1}", requires(f"d{n - 1}")) for n in range(1, 40)]
    chain += [literal("top", "d39 + d38", requires("d39", "d38"))]
    decision = dmn.parse(file(*chain), "a.dmn")[-1]

    result = dmn.evaluate(decision, {"x": 1})

    assert result.mapped("singleEntry") == 2**39 + 2**38
    required = result.explain()["required"]
    assert isinstance(required, list)
    assert [one["decision"] for one in required] == [f"d{n}" for n in range(40)]


def test_a_failing_requirement_names_itself(file: File) -> None:
    with pytest.raises(errors.DecisionFailed, match="决策“a”（a）求值失败.*缺少变量“x”"):
        decide(file(literal("a", "x"), literal("b", "a", requires("a"))), "b")


def test_the_longest_chain_that_a_file_can_hold_is_evaluated(file: File) -> None:
    chain = [literal("d0", "x"), *(literal(f"d{n}", f"d{n - 1}", requires(f"d{n - 1}")) for n in range(1, 100))]

    assert decide(file(*reversed(chain)), "d99", x=1) == 1


@pytest.mark.parametrize(
    ("decisions", "expected", "found"),
    [
        ([literal("a", "a", requires("a"))], "互不循环依赖", "a → a"),
        (
            [literal("a", "b", requires("b")), literal("b", "c", requires("c")), literal("c", "a", requires("a"))],
            "互不循环依赖",
            "a → b → c → a",
        ),
        ([literal("a", "b", requires("b"))], "同一文件中的决策", "#b（文件中没有）"),
        (
            [literal("a", "b", requires("b")), '<inputData id="b" name="b"/>'],
            "同一文件中的决策",
            "#b（是输入数据）",
        ),
        (
            [literal("a", "1", '<informationRequirement><requiredDecision href="b.dmn#b"/></informationRequirement>')],
            "同一文件中的引用",
            "“b.dmn#b”",
        ),
        (
            [
                literal("a", "1", '<variable name="same"/>'),
                literal("b", "2", '<variable name="same"/>'),
                literal("c", "same", requires("a", "b")),
            ],
            "名称互不相同",
            "“same”同时出自“a”和“b”",
        ),
        ([literal(f"d{n}", "1") for n in range(101)], "1 至 100 个决策", "101 个"),
    ],
)
def test_requirements_that_cannot_be_met_are_refused(
    refused: Callable[..., list[Mapping[str, object]]], file: File, decisions: list[str], expected: str, found: str
) -> None:
    finding = refused(file(*decisions))[0]

    assert expected in str(finding["expected"])
    assert found in str(finding["found"])


def test_an_output_named_as_its_decision_is_ambiguous_if_there_are_others(
    refused: Callable[..., list[Mapping[str, object]]], file: File, element: Element
) -> None:
    lower = element(["x"], ["level", "days"], [["-", "1", "2"]], identity="level")

    finding = refused(file(lower, literal("c", "level", requires("level"))))[0]

    assert "“level”同时出自“审查”和“审查”" in str(finding["found"])


def test_required_input_data_is_documentation(file: File) -> None:
    head = '<informationRequirement id="r"><requiredInput href="#i"/></informationRequirement>'

    assert decide(file(literal("a", "x", head), '<inputData id="i" name="x"/>'), "a", x=7) == 7
