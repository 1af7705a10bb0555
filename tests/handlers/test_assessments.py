"""What a plan of assessment has to cover, what a score sheet adds up to."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors, registry
from handlers import assessments

NOW = datetime.datetime(2026, 3, 9, 9, tzinfo=datetime.UTC)


def run(function, **inputs):
    (handler,) = registry.of(function)
    job = registry.Job(
        topic=handler.topic,
        inputs=inputs,
        business_key=None,
        instance_id=7,
        element_id="Task",
        attempt=1,
        idempotency_key="7-1",
        now=NOW,
    )
    return handler.run(job)


def indicator(number, content, criterion, points, applies="full"):
    return {
        "number": number,
        "content": content,
        "criterion": criterion,
        "item": f"指标{number}",
        "points": points,
        "applies": applies,
    }


INDICATORS = [
    indicator(1, "proactive", "accurate", 30, "both"),
    indicator(2, "proactive", "diverse", 10),
    indicator(3, "on_request", "timely", 20.5),
    indicator(4, "commitments", "supervised", 19.5),
    indicator(5, "complaints", "satisfied", 20),
]
PLAN = {
    "units": [{"name": "行政审批处", "mode": "full"}, {"name": "信息中心", "mode": "focus"}],
    "indicators": INDICATORS,
    "excellent_from": 90,
    "pass_from": 75,
    "basic_from": 60,
    "onsite_begin": "2025-12-01",
    "onsite_end": "2026-03-31",
    "season_begin": "2025-12-01",
    "season_end": "2026-03-31",
}


def refusal(function, **inputs):
    with pytest.raises(errors.BpmnError) as caught:
        run(function, **inputs)
    return caught.value


def test_a_plan_that_covers_everything_in_season_passes_without_a_word():
    assert run(assessments.check_plan, **PLAN) == {"plan_warning": None}


@pytest.mark.parametrize("change", [{"onsite_begin": "2025-11-30"}, {"onsite_end": "2026-04-01"}])
def test_a_plan_out_of_season_passes_with_a_warning(change):
    warning = run(assessments.check_plan, **{**PLAN, **change})["plan_warning"]
    assert warning.startswith("考核于年底或下年初进行（2025年12月1日至2026年3月31日）")


@pytest.mark.parametrize(
    ("number", "lacking"), [(3, "依申请公开情况"), (4, "服务承诺兑现情况"), (5, "对群众投诉的处理情况")]
)
def test_a_plan_without_one_of_the_four_contents_or_five_criteria_is_refused(number, lacking):
    rest = [each for each in INDICATORS if each["number"] != number]
    error = refusal(assessments.check_plan, **{**PLAN, "indicators": rest})
    assert error.error_code == assessments.PLAN_INCOMPLETE
    criterion = assessments.CRITERIA[INDICATORS[number - 1]["criterion"]]
    assert lacking in error.message
    assert criterion in error.message


def test_points_have_to_add_up_to_a_hundred_exactly():
    tenths = [indicator(n, "proactive", "accurate", 0.1, "both") for n in range(6, 9)]  # floats would not add up
    cut = [{**INDICATORS[0], "points": 29.7}, *INDICATORS[1:], *tenths]
    assert run(assessments.check_plan, **{**PLAN, "indicators": cut}) == {"plan_warning": None}
    more = [{**INDICATORS[0], "points": 30.5}, *INDICATORS[1:]]
    assert "应为100分，实际为100.5分" in refusal(assessments.check_plan, **{**PLAN, "indicators": more}).message


@pytest.mark.parametrize(
    "change", [{"pass_from": 90}, {"basic_from": 76}, {"excellent_from": 100.5}, {"basic_from": 0}]
)
def test_grades_have_to_go_down(change):
    assert "由高到低" in refusal(assessments.check_plan, **{**PLAN, **change}).message


def test_a_unit_is_assessed_once():
    units = [*PLAN["units"], {"name": "行政审批处 ", "mode": "full"}]
    assert "不应重复：行政审批处" in refusal(assessments.check_plan, **{**PLAN, "units": units}).message


def test_a_focus_needs_indicators_of_its_own():
    full = [{**each, "applies": "full"} for each in INDICATORS]
    assert "重点考核适用的指标" in refusal(assessments.check_plan, **{**PLAN, "indicators": full}).message
    assert run(assessments.check_plan, **{**PLAN, "indicators": full, "units": PLAN["units"][:1]})


def test_everything_wrong_is_told_at_once():
    error = refusal(assessments.check_plan, **{**PLAN, "indicators": INDICATORS[:2], "pass_from": 95})
    assert error.message.count("；") == 3


def sheet(*points):
    return [{"number": number, "score": score} for number, score in enumerate(points, 1)]


def test_a_full_sheet_adds_up_by_content():
    found = run(assessments.score, indicators=INDICATORS, scores=sheet(30, 5, 20.5, 19.5, 0))
    assert found["score"] == 75
    assert found["content_scores"][0] == {"content": "proactive", "points": 40, "score": 35}
    assert [row["points"] for row in found["score_sheet"]] == [30, 10, 20.5, 19.5, 20]


def test_a_focus_is_converted_to_a_hundred():
    assert run(assessments.score, indicators=INDICATORS[:1], scores=sheet(20))["score"] == 66.7


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (sheet(30, 10), "第3项应有一个评分"),
        ([*sheet(30, 10, 20, 19, 20), {"number": 1, "score": 1}], "第1项应有一个评分"),
        (sheet(30.5, 10, 20, 19, 20), "第1项的评分应在0分至30分之间，实际为30.5分"),
        (sheet(30, -1, 20, 19, 20), "第2项的评分应在0分至10分之间"),
    ],
)
def test_a_sheet_with_gaps_or_too_many_points_is_refused(scores, told):
    error = refusal(assessments.score, indicators=INDICATORS, scores=scores)
    assert error.error_code == assessments.SCORES_INCOMPLETE
    assert told in error.message


def test_what_an_indicator_is_worth_is_not_for_the_sheet_to_say():
    rows = [{**row, "points": 1000, "content": "proactive"} for row in sheet(30, 10, 20.5, 19.5, 20)]
    found = run(assessments.score, indicators=INDICATORS, scores=rows)
    assert found["score"] == 100
    assert [row["content"] for row in found["score_sheet"]] == [each["content"] for each in INDICATORS]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 200), min_size=5, max_size=5))
def test_a_score_is_between_nothing_and_a_hundred_and_contents_add_up(halves):
    points = [min(half / 2, each["points"]) for half, each in zip(halves, INDICATORS, strict=True)]
    found = run(assessments.score, indicators=INDICATORS, scores=sheet(*points))
    assert 0 <= found["score"] <= 100
    assert sum(part["score"] for part in found["content_scores"]) == pytest.approx(sum(points))


UNITS = [{"name": "行政审批处", "people": ["wangfang"]}, {"name": "信息中心", "people": ["huangwei"]}]


def votes(**verdicts):
    return [{"person": person, "verdict": verdict} for person, verdict in verdicts.items()]


def counted(rule="majority", **verdicts):
    return run(assessments.tally, units=UNITS, votes=votes(**verdicts), review_rule=rule)


def test_nobody_counts_for_the_own_unit():
    found = counted(zhouming="agree", wuxiuying="disagree", huangwei="agree")
    first, second = found["tally"]
    assert (first["passed"], first["voters"], first["abstained"]) == (True, ["zhouming", "wuxiuying", "huangwei"], [])
    assert (second["passed"], second["voters"], second["abstained"]) == (False, ["zhouming", "wuxiuying"], ["huangwei"])
    assert found["passed"] is False
    assert found["tally_problem"] == "信息中心：2人中1人同意，没有达到过半数同意"


@pytest.mark.parametrize(("rule", "passed"), [("majority", True), ("unanimous", False)])
def test_the_rule_of_the_plan_decides(rule, passed):
    found = counted(rule, zhouming="agree", wuxiuying="agree", fengyan="disagree")
    assert found["passed"] is passed
    assert (found["tally_problem"] is None) is passed


def test_a_collective_is_two_people_at_least_whoever_signs_twice():
    twice = [{"person": "zhouming", "verdict": "agree"}] * 2
    found = run(assessments.tally, units=UNITS, votes=twice, review_rule="majority")
    assert found["passed"] is False
    assert "应至少2人，实际1人" in found["tally_problem"]


def test_who_belongs_to_the_unit_does_not_assess_it():
    with pytest.raises(errors.BpmnError, match="应当回避"):
        run(
            assessments.score,
            indicators=INDICATORS[:1],
            scores=[{"number": 1, "score": 30}],
            assessors=["zhouming", "huangwei"],
            recused=["huangwei"],
        )
