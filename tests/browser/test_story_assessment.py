"""The yearly assessment (考核) of three units, played by people in browsers: from the plan to what each was graded.

The fifteen days of notice run into the National Day holiday of 2026 (1 to 7 October off, Saturday 10 October worked).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import browsing
import desks
import kaohe_case
import pytest
import website
from playwright import sync_api
from playwright.sync_api import expect

BEGIN = "2026-09-14 10:00"
#: Units with their heads, when they are assessed, points of their indicators, and what these come to.
UNITS: tuple[tuple[str, str, str, tuple[int, ...], str], ...] = (
    ("行政审批处", "wangfang", "2026-10-09", (30, 10, 20, 20, 18), "优秀"),
    ("工程建设服务处", "zhaogang", "2026-10-10", (25, 8, 15, 16, 16), "合格"),
    ("信息中心", "huangwei", "2026-10-12", (10, 15), "不合格"),
)
HEADS = ("王芳", "赵刚", "黄伟")
PLAN: dict[str, Any] = {
    **kaohe_case.PLAN,
    "units": [
        {**unit, "head": head}
        for unit, head in zip((kaohe_case.ONE, kaohe_case.TWO, kaohe_case.THREE), HEADS, strict=True)
    ],
    "onsite_begin": "2026-10-09",
    "onsite_end": "2026-10-16",
}
NOTIFY, CHECK, ASSESS = "拟定考核通知", "开展自查并提交自查报告", "进行现场考核并评分"


@pytest.fixture
def site(tmp_path, chromium: sync_api.Browser) -> Iterator[browsing.Site]:
    """An office of the shipped pack, in September; at the end nothing may be wrong, as in `conftest`."""
    with website.Office(tmp_path) as office, browsing.served(office.app) as address:
        office.driver.advance(to=BEGIN)
        made = browsing.Site(address, chromium, office)
        yield made
        made.close()
        assert made.watch.problems == []


def test_three_units_are_assessed_and_told_what_they_were_graded(site: browsing.Site) -> None:
    office = desks.Desks(site)
    plan(office)
    notify(office)
    check(office)
    assess(office)
    grade(office)


def plan(office: desks.Desks) -> None:
    """Draft, send back, draft anew, approve, deploy; who drafted does not approve."""
    page = office.start("chenjing", "政府信息公开考核")
    office.finish(page, PLAN)
    expect(office.row("chenjing", "审定考核方案")).to_have_count(0)
    office.do("zhouming", "审定考核方案", {"plan_decision": "return", "plan_opinion": "指标应再具体"})
    page = office.open("chenjing", "制定考核方案")
    expect(page.locator("form#form")).to_contain_text("指标应再具体")
    office.finish(page, {"method": "听取汇报、查阅台账、抽查窗口。"})
    office.do("zhouming", "审定考核方案", kaohe_case.AGREE)
    office.wait("2026-09-16 10:00")
    office.do("liuyang", "部署考核工作", kaohe_case.DEPLOY)


def notify(office: desks.Desks) -> None:
    """Fifteen full days lie between notice and assessment; the day of the notice does not count."""
    office.site.watch.expect(422)
    for number, (unit, _, day, _, _) in enumerate(UNITS):
        page = office.open("chenjing", NOTIFY, unit)
        said = {"onsite_place": "三楼会议室", "self_check_due": "2026-09-29", "materials": ["公开目录"]}
        if not number:
            desks.fill(page, {**said, "onsite_on": "2026-10-01"})
            page.get_by_role("button", name="办结").click()
            expect(page.get_by_role("alert")).to_contain_text("不得早于所示的最早日期")
            expect(page.locator("form#form")).to_contain_text("2026年10月2日")
        office.finish(page, {**said, "onsite_on": day})


def check(office: desks.Desks) -> None:
    """Each head is asked about the own unit alone."""
    for unit, head, _, _, _ in UNITS:
        for other, *_ in UNITS:
            expect(office.row(head, CHECK, other)).to_have_count(int(other == unit))
        office.do(head, CHECK, kaohe_case.REPORT, unit)
    stranger = office.site.browser()
    stranger.goto("/public")
    expect(stranger.get_by_role("main")).not_to_contain_text("考核")


def assess(office: desks.Desks) -> None:
    """Each unit on its day, not before; nobody assesses the own unit."""
    office.site.watch.expect(403, 409)
    office.wait("2026-10-08 18:00")
    expect(office.row("zhouming", ASSESS)).to_have_count(0)
    for unit, _, day, points, _ in UNITS:
        office.wait(f"{day} 11:00")
        most = [each["points"] for each in kaohe_case.INDICATORS if len(points) == 5 or each["applies"] == "both"]
        scores = [
            {"score": score, **({} if score == full else {"note": "台账不全"})}
            for score, full in zip(points, most, strict=True)
        ]
        seen = {"held_on": day, "held_at": "三楼会议室", "assessors": ["周明", "吴秀英"], "findings": "查阅台账。"}
        if unit == "信息中心":
            # He sits in the leading group, too.
            expect(office.row("huangwei", ASSESS, unit)).to_contain_text("应由他人办理")
        office.do("zhouming", ASSESS, {**seen, "scores": scores}, unit)


def grade(office: desks.Desks) -> None:
    """Grades follow the scores, two members decide, the register and the papers say the same."""
    page = office.open("wuxiuying", "研究提出初步考核等次")
    for _, _, _, _, grade_ in UNITS:
        expect(page.locator("form#form")).to_contain_text(grade_)
    office.finish(page, {"deciders": ["周明", "吴秀英"]})
    for who in ("zhouming", "wuxiuying"):
        office.do(who, "集体审定考核等次", {"verdict": "agree", "verdict_signed": True})

    page = office.go("chenjing", "/registers/shizhengwuban/kaohe")
    numbers = []
    for unit, _, _, _, grade_ in UNITS:
        entry = page.get_by_role("row").filter(has_text=unit)
        expect(entry).to_contain_text(grade_)
        expect(entry).to_contain_text("周明、吴秀英")
        numbers.append(entry.get_by_role("link").first.inner_text())
    assert sorted(numbers) == [f"考核结果〔2026〕{number}号" for number in (1, 2, 3)]
    # A unit is told by a paper; the register of all of them is not for it to read.
    office.site.watch.expect(404)
    page = office.go("wangfang", "/registers/shizhengwuban/kaohe")
    expect(page.get_by_role("main")).not_to_contain_text("工程建设服务处")
