"""Assessment (考核): what a plan has to cover, and what an on-site score adds up to.

The regulation names four contents (000 §23) and five quantified criteria (000 §24) and gives no points: points and
thresholds are those of the office's own plan, and here they are only held against each other.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Mapping, Sequence
from typing import Any

from engine import errors, registry

#: BPMN error of a plan that cannot be carried out as it is; the message names everything that is wrong with it.
PLAN_INCOMPLETE = "plan-incomplete"
#: BPMN error of a score sheet that leaves an indicator out or gives it more than it is worth.
SCORES_INCOMPLETE = "scores-incomplete"
#: The four contents of 000 §23.
CONTENTS = {
    "proactive": "主动公开情况",
    "on_request": "依申请公开情况",
    "commitments": "服务承诺兑现情况",
    "complaints": "对群众投诉的处理情况",
}
#: The five criteria of 000 §24.
CRITERIA = {
    "accurate": "信息公开内容符合规定，要求具体",
    "timely": "信息公开及时准确，符合时限要求",
    "diverse": "信息公开形式多样，效果明显",
    "supervised": "监督机制健全，责任追究落实",
    "satisfied": "投诉处理得当，群众评价满意",
}
#: A collective decision is one of several: of two at least.
FEWEST = 2
#: Full marks of a score.
FULL = decimal.Decimal(100)


@registry.handler(
    "assessments.check_plan",
    inputs={
        "units": list[dict[str, Any]],
        "indicators": list[dict[str, Any]],
        "excellent_from": float,
        "pass_from": float,
        "basic_from": float,
        "onsite_begin": str,
        "onsite_end": str,
        "season_begin": str,
        "season_end": str,
    },
)
def check_plan(job: registry.Job) -> dict[str, object]:
    """Let a plan pass that covers what has to be assessed; what is only unusual is the variable `plan_warning`.

    Inputs:
        units: who is assessed: `name`, `mode` (full or focus), each unit once.
        indicators: `content` of 000 §23, `criterion` of 000 §24, `points`, `applies` (both: to a 重点考核, too).
        excellent_from, pass_from, basic_from: the lowest scores of the three upper grades.
        onsite_begin, onsite_end: between which days the on-site assessments are planned.
        season_begin, season_end: 年底或下年初 of 000 §26 as the office reads it; a plan outside is warned of.

    Raises:
        errors.BpmnError: `plan-incomplete`.
    """
    given = job.inputs
    wrong = [*_units_wrong(given["units"], given["indicators"]), *_indicators_wrong(given["indicators"])]
    if not FULL >= given["excellent_from"] > given["pass_from"] > given["basic_from"] > 0:
        wrong.append("各等次的最低分数应由高到低，依次为优秀、合格、基本合格")
    if wrong:
        raise errors.BpmnError(PLAN_INCOMPLETE, "；".join(wrong))
    begin, end, first, last = (
        datetime.date.fromisoformat(given[name])
        for name in ("onsite_begin", "onsite_end", "season_begin", "season_end")
    )
    if first <= begin and end <= last:
        return {"plan_warning": None}
    return {
        "plan_warning": f"考核于年底或下年初进行（{_day(first)}至{_day(last)}），"
        f"方案拟定的现场考核时间为{_day(begin)}至{_day(end)}。"
    }


@registry.handler(
    "assessments.score",
    inputs={
        "indicators": list[dict[str, Any]],
        "scores": list[dict[str, Any]],
        "assessors": list[str] | None,
        "recused": list[str] | None,
    },
)
def score(job: registry.Job) -> dict[str, object]:
    """Add up an on-site assessment: `score` of a hundred, `content_scores`, and `score_sheet` with every indicator.

    What an indicator is and what it is worth comes from the plan, whatever the sheet says of it.

    Inputs:
        indicators: those of the plan that apply: `number`, `content`, `criterion`, `item`, `points`.
        scores: by `number` of the indicator, `score` and, if need be, `note`.
        assessors, recused: ids of who assesses, and of who is too near to the unit to do so (客观公正, 000 §21).

    Raises:
        errors.BpmnError: `scores-incomplete`.
    """
    indicators, scores = job.inputs["indicators"], job.inputs["scores"]
    sheet, wrong = [], []
    if set(job.inputs.get("assessors") or ()) & set(job.inputs.get("recused") or ()):
        wrong.append("考核人员中有被考核单位的人，应当回避，请另行选定")
    for each in indicators:
        found = [row for row in scores if row.get("number") == each["number"]]
        given = found[0].get("score") if len(found) == 1 else None
        if given is None:
            wrong.append(f"第{each['number']}项应有一个评分")
        elif not 0 <= given <= each["points"]:
            wrong.append(
                f"第{each['number']}项的评分应在0分至{_number(each['points'])}分之间，实际为{_number(given)}分"
            )
        else:
            sheet.append({**each, "score": given, "note": found[0].get("note") or ""})
    if wrong or not sheet:
        raise errors.BpmnError(SCORES_INCOMPLETE, "；".join(wrong) or "评分表没有指标")
    parts = [_content_score(content, sheet) for content in CONTENTS if content in {row["content"] for row in sheet}]
    return {"score": _of_hundred(sheet), "content_scores": parts, "score_sheet": sheet}


@registry.handler(
    "assessments.tally",
    inputs={"units": list[dict[str, Any]], "votes": list[dict[str, Any]], "review_rule": str},
)
def tally(job: registry.Job) -> dict[str, object]:
    """Count a collective decision (集体审定), unit by unit: nobody counts for the own unit.

    `tally` has a row for each unit (`name`, `voters`, `agreed`, `abstained`: ids, `passed`), `passed` says whether all
    of them passed, and `tally_problem` why not.

    Inputs:
        units: what is decided on: `name`, and `people` who belong to it.
        votes: `person`, `verdict` (agree or disagree); of several of one person the last one counts.
        review_rule: majority (过半数同意) or unanimous (全体同意) of those who count.
    """
    verdicts = {vote["person"]: vote["verdict"] for vote in job.inputs["votes"]}
    unanimous = job.inputs["review_rule"] == "unanimous"
    rows = [_counted(unit, verdicts, unanimous=unanimous) for unit in job.inputs["units"]]
    wrong = [f"{row['name']}：{problem}" for row, problem in rows if problem]
    return {"tally": [row for row, _ in rows], "passed": not wrong, "tally_problem": "；".join(wrong) or None}


def _counted(unit: Mapping[str, Any], verdicts: Mapping[str, str], *, unanimous: bool) -> tuple[dict[str, Any], str]:
    """Return the row of a unit, and why it did not pass, if it did not."""
    voters = [person for person in verdicts if person not in unit["people"]]
    agreed = [person for person in voters if verdicts[person] == "agree"]
    problem = ""
    if len(voters) < FEWEST:
        problem = f"除应当回避的以外，参加集体审定的应至少{FEWEST}人，实际{len(voters)}人"
    elif not (len(agreed) == len(voters) if unanimous else len(agreed) * 2 > len(voters)):
        problem = f"{len(voters)}人中{len(agreed)}人同意，没有达到{'全体' if unanimous else '过半数'}同意"
    abstained = [person for person in verdicts if person in unit["people"]]
    row = {"name": unit["name"], "voters": voters, "agreed": agreed, "abstained": abstained, "passed": not problem}
    return row, problem


def _units_wrong(units: Sequence[Mapping[str, Any]], indicators: Sequence[Mapping[str, Any]]) -> list[str]:
    wrong = []
    names = [str(unit["name"]).strip() for unit in units]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        wrong.append(f"被考核单位不应重复：{'、'.join(twice)}")
    if any(unit["mode"] == "focus" for unit in units) and all(each["applies"] != "both" for each in indicators):
        wrong.append("有单位实行重点考核，应有重点考核适用的指标")
    return wrong


def _indicators_wrong(indicators: Sequence[Mapping[str, Any]]) -> list[str]:
    wrong = []
    for key, wanted, article in (("content", CONTENTS, "第二十三条"), ("criterion", CRITERIA, "第二十四条")):
        if lacking := [name for id_, name in wanted.items() if id_ not in {each[key] for each in indicators}]:
            wrong.append(f"考核指标应包括{article}的各项，缺少：{'、'.join(f'“{name}”' for name in lacking)}")
    if (total := _sum(indicators, "points")) != FULL:
        wrong.append(f"各项指标的分值合计应为{FULL}分，实际为{_number(total)}分")
    return wrong


def _content_score(content: str, sheet: Sequence[Mapping[str, Any]]) -> dict[str, object]:
    rows = [row for row in sheet if row["content"] == content]
    return {
        "content": content,
        "points": _plain(_sum(rows, "points")),
        "score": _plain(_sum(rows, "score")),
    }


def _of_hundred(sheet: Sequence[Mapping[str, Any]]) -> int | float:
    """Return the score as a share of the points that could be had: a 重点考核 has fewer than a hundred."""
    return _plain(_rounded(_sum(sheet, "score") / _sum(sheet, "points") * FULL))


def _sum(rows: Sequence[Mapping[str, Any]], key: str) -> decimal.Decimal:
    return sum((_exact(row[key]) for row in rows), decimal.Decimal())


def _exact(value: float) -> decimal.Decimal:
    return decimal.Decimal(str(value))


def _rounded(value: decimal.Decimal) -> decimal.Decimal:
    return value.quantize(decimal.Decimal("0.1"), decimal.ROUND_HALF_UP)


def _plain(value: decimal.Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _number(value: float | decimal.Decimal) -> str:
    return str(_plain(_exact(float(value))))


def _day(day: datetime.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
