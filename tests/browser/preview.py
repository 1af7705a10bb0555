"""预审 as people do it: who they are, and what each of them fills in."""

from __future__ import annotations

import datetime

import browsing
from playwright.sync_api import Page, expect

from engine.model import instances

APPLICANT, HEAD, OFFICE, LEADER = "zhangsan", "wangfang", "chenjing", "zhouming"
PROCEDURE = "公开信息预审流转"
APPLY, REVIEW, PREVIEW, DECIDE = "填报公开申请单", "审核并决定是否公开", "预审公开申请", "审定公开信息"


def start(page: Page) -> None:
    """Start a case from the catalogue; its first task opens."""
    page.get_by_role("link", name="发起", exact=True).click()
    page.get_by_role("link", name=PROCEDURE).click()
    page.get_by_role("main").get_by_role("button", name="发起").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(APPLY)


def fill_application(page: Page, title: str, publish_on: datetime.date) -> None:
    """Fill in the application, without sending it."""
    page.get_by_label("申请单位").fill("行政审批处")
    page.get_by_label("信息名称").fill(title)
    page.get_by_label("内容概述").fill("各窗口的服务时间和联系方式")
    page.get_by_label("公开内容").fill("工作日九点至十七点。")
    page.get_by_label("社会", exact=True).check()
    page.get_by_label("政务公开栏").check()
    page.get_by_label("公开时间").fill(publish_on.isoformat())
    page.get_by_label("公开依据").fill("公开内容目录第三项")
    page.get_by_label("数据核对声明").check()


def fill_review(page: Page) -> None:
    """Fill in what the head of the unit decides."""
    page.get_by_label("已列入领导小组审定的目录").check()
    page.get_by_label("不属于涉密信息").check()
    page.get_by_label("公开，报综合处预审").check()
    page.get_by_label("意见和理由").fill("同意公开。")
    page.get_by_label("签字确认").check()


def fill_preview(page: Page) -> None:
    """Fill in what the office finds."""
    for legend in ("审核程序到位", "签批手续齐全", "信息和数据真实、准确"):
        page.get_by_role("radiogroup", name=legend).get_by_label("是", exact=True).check()
    page.get_by_label("同意，报领导小组审定").check()
    page.get_by_label("签字确认").check()


def fill_decision(page: Page) -> None:
    """Fill in what the leading group decides."""
    page.get_by_label("同意公开", exact=True).check()
    page.get_by_label("签字确认").check()


def complete(page: Page) -> None:
    """Send the form of a task; what was done is said on the next page."""
    page.get_by_role("button", name="办结").click()
    expect(page.get_by_role("status").filter(has_text="已办结")).to_be_visible()


def open_task(page: Page, title: str) -> None:
    """Open the task of a case from the list of what is to be done, claiming it first if it is only offered."""
    page.goto("/tasks")
    row = page.get_by_role("row").filter(has_text=title)
    if row.get_by_role("button", name="签收").count():
        row.get_by_role("button", name="签收").click()
        expect(page.get_by_role("status").filter(has_text="已签收")).to_be_visible()
    page.get_by_role("row").filter(has_text=title).get_by_role("link", name=title).click()
    expect(page.locator("form#form")).to_be_visible()


def begun(site: browsing.Site, title: str, *, until: str = PREVIEW) -> instances.ProcessInstance:
    """A case that has come as far as a task, without a browser: what came before is another test's."""
    driver = site.office.driver
    case = driver.start("yushen", as_=APPLICANT)
    forms = {
        APPLY: (APPLICANT, {**APPLICATION, "title": title}),
        REVIEW: (HEAD, REVIEWED),
        PREVIEW: (OFFICE, PREVIEWED),
    }
    for name, (who, form) in forms.items():
        if name == until:
            break
        driver.complete(name, as_=who, form=form, case=case)
    return case


def day(site: browsing.Site, days: int) -> datetime.date:
    """A day that many days from now; it is the office whose clock counts."""
    return site.office.driver.clock.now().date() + datetime.timedelta(days)


APPLICATION = {
    "unit": "行政审批处",
    "summary": "各窗口的服务时间",
    "content": "工作日九点至十七点。",
    "audience": "society",
    "channels": ["board"],
    "publish_on": "2026-12-30",
    "basis": "公开内容目录第三项",
    "data_checked": True,
}
REVIEWED = {
    "in_catalogue": "listed",
    "secrecy": "clear",
    "decision": "publish",
    "opinion": "同意公开。",
    "signed": True,
}
PREVIEWED = {
    "procedure_complete": True,
    "signatures_complete": True,
    "data_correct": True,
    "decision": "agree",
    "signed": True,
}
