"""The story of a decision, played by people in browsers: 公示, hearing with a draw, release, catalogue.

Every procedure of the story is the real one; staff work on their pages, citizens on the portal, and the clock is moved
across the National Day holiday of 2026 (1 to 7 October off, 10 October worked).
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import browsing
import desks
import fabu_case
import gongshi_case
import httpx2
import pytest
import tingzheng_case
import website
from playwright import sync_api
from playwright.sync_api import expect

TITLE = "调整政务大厅窗口办公时间"
BEGIN = "2026-09-14 10:00"
SPEAKERS = 14
PERIOD, RED, BLUE = "2026112", "03,08,14,21,27,32", "09"


@pytest.fixture
def site(tmp_path, chromium: sync_api.Browser) -> Iterator[browsing.Site]:
    """An office of the shipped pack, in September; at the end nothing may be wrong, as in `conftest`."""
    with website.Office(tmp_path) as office, browsing.served(office.app) as address:
        office.driver.advance(to=BEGIN)
        made = browsing.Site(address, chromium, office)
        yield made
        made.close()
        assert made.watch.problems == []


# Alone it takes a minute; many tests beside it make it longer.
@pytest.mark.timeout(900)
def test_a_decision_from_its_notice_to_the_catalogue(site: browsing.Site) -> None:
    office = desks.Desks(site)
    consult(office)
    hear(office)
    release(office)


# --- 公示 (§14 to 19) -------------------------------------------------------------------------------------------------


def consult(office: desks.Desks) -> None:
    """The plan stands on the portal for five days; every opinion is answered; what became of them is published."""
    site = office.site
    stranger = site.browser(scripts=False, phone=True)
    page = office.start("chenjing", "公示")
    office.finish(page, {**gongshi_case.PLAN, "title": TITLE, "feedback_channels": ["box", "phone", "online"]})
    # What is to be public is reviewed first (§37), by four people; each reads what is to be published.
    for task, who, form in gongshi_case.REVIEW:
        office.do(office.driver.user(who).id, task, form)
    # Nothing is public before the leading group has approved it.
    stranger.goto("/public/gongshi")
    expect(stranger.get_by_role("main")).not_to_contain_text(TITLE)
    office.do("zhouming", "审批公示方案", gongshi_case.APPROVE)

    stranger.goto("/public")
    notice = f"关于{TITLE}的公示"
    stranger.get_by_role("region", name="正在征求意见和报名").get_by_role("link", name=notice).click()
    # Five days, the day of publication not counted: until the end of the 19th.
    expect(stranger.get_by_role("main")).to_contain_text("截止 2026-09-19 24:00")
    address = stranger.url
    first = desks.send(
        stranger,
        "公示反馈意见",
        {"feedback_content": "周一上午应当有人办急事", "feedback_author": "何先生", "feedback_contact": "13800138001"},
    )
    second = desks.send(_at(site, address), "公示反馈意见", {"feedback_content": "周日也应当办公"})
    office.driver.run()
    # What citizens wrote waits for the office; nobody else reads it, and the code tells no more than how far it is.
    stranger.goto(address)
    expect(stranger.get_by_role("main")).not_to_contain_text("急事")
    expect(desks.track(stranger, first)).to_contain_text("正在办理")
    expect(stranger.get_by_role("main")).not_to_contain_text("急事")
    stranger.goto("/tasks")
    expect(stranger).to_have_url(re.compile("/login"))

    answers = (
        {
            "feedback_summary": "周一上午能办急事",
            "handling": "已商定设急办窗口",
            "outcome": "adopt",
            "publishable": True,
        },
        {
            "feedback_summary": "周日也办公",
            "handling": "已测算人员",
            "outcome": "reject",
            "outcome_reason": "人手不足",
            "publishable": True,
        },
    )
    for number in (1, 2):
        report = {"unit": "窗口管理处", "report": f"第{number}件意见，请示如何办理"}
        office.do("qianjin", "登记意见并报领导小组", report)
        office.do("wuxiuying", "阅示反馈意见", {})
    page = office.open("qianjin", "办理反馈意见")
    desks.fill(page, {"feedback_summary": "周日也办公", "handling": "已测算", "outcome": "reject"})
    # Nobody is refused without a reason.
    site.watch.expect(422)
    page.get_by_role("button", name="办结").click()
    expect(page.get_by_role("alert")).to_contain_text("理由")
    office.finish(page, answers[0])
    office.do("qianjin", "办理反馈意见", answers[1])
    office.driver.run()
    # How each opinion was handled stands below the notice at once, in the words of who handled it.
    stranger.goto(address)
    handled = stranger.get_by_role("region", name="同一事项的其他公开信息")
    handled.get_by_role("link", name=f"关于{TITLE}的公示反馈意见（第1件）办理情况").click()
    expect(stranger.get_by_role("main")).to_contain_text("已商定设急办窗口")
    expect(stranger.get_by_role("main")).not_to_contain_text("何先生")

    office.wait("2026-09-20 00:00")
    stranger.goto(address)
    expect(stranger.get_by_role("link", name="公示反馈意见", exact=True)).to_have_count(0)
    office.wait("2026-09-21 09:00")
    office.do("liuyang", "清点期内意见", {"remaining": False})
    office.do("chenjing", "汇总反馈意见", {"summary": "意见两件", "adjust": True})
    office.do("chenjing", "调整方案", gongshi_case.ADJUSTED)
    # Who drafted does not decide.
    expect(office.row("chenjing", "作出决定")).to_have_count(0)
    said = "涉及群众切身利益，举行听证，根据听证笔录再作决定。"
    office.do("zhouming", "作出决定", {"decision": "hear", "decision_text": said})

    stranger.goto("/public/jieguo")
    stranger.get_by_role("link", name=f"关于{TITLE}的公示意见采纳情况").click()
    main = stranger.get_by_role("main")
    for text in ("周一上午能办急事", "采纳", "周日也办公", "不采纳", "人手不足", said):
        expect(main).to_contain_text(text)
    expect(main).not_to_contain_text("何先生")
    expect(main).not_to_contain_text("13800138001")
    for code in (first, second):
        expect(desks.track(stranger, code)).to_contain_text("已办结")


# --- 听证 (§6 to 13) --------------------------------------------------------------------------------------------------


def hear(office: desks.Desks) -> None:
    """Fourteen register for ten places, a draw that anybody can check decides; the group decides on the record."""
    announced = announce(office)
    register(office, announced)
    ranked = draw(office, announced)
    speakers = confirm(office, ranked)
    hold(office, speakers)
    decide(office, speakers)


def announce(office: desks.Desks) -> str:
    """Ask, agree, file and announce; return the address of the notice on the portal."""
    # The 公示 that has ended leads to it, and gives it what was decided.
    page = office.go("chenjing", "/cases/mine")
    page.get_by_role("row").filter(has_text="公示〔2026〕1号").get_by_role("link").first.click()
    page.get_by_role("link", name="发起“听证”").click()
    page.get_by_role("main").get_by_role("button", name="发起").click()
    expect(page.locator("form#form [name=title]")).to_have_value(TITLE)
    office.finish(page, tingzheng_case.proposal(office.driver, title=TITLE, planned_on="2026-10-13"))
    # Who asks does not agree.
    expect(office.row("chenjing", "审批听证立项")).to_have_count(0)
    office.do("liuyang", "签发听证立项请示", tingzheng_case.SIGNED)
    office.do("zhouming", "审批听证立项", tingzheng_case.AGREE)
    office.do("chenjing", "指定主持人、记录人和翻译人", {"host": "林慧", "recorder": "何平"})

    dates = {"closes_on": "2026-09-25", "beacon_on": "2026-09-29", "held_on": "2026-10-13", "beacon_period": PERIOD}
    page = office.open("chenjing", "拟订听证公告")
    desks.fill(page, tingzheng_case.notice(office.driver, **dates))
    page.get_by_role("button", name="办结").click()
    expect(page.get_by_role("alert")).to_contain_text("公告期不得少于五日")
    office.finish(page, {"closes_on": "2026-09-26"})

    stranger = office.site.browser()
    stranger.goto("/public")
    notice = stranger.get_by_role("region", name="正在征求意见和报名").get_by_role(
        "link", name=f"关于{TITLE}的听证公告"
    )
    notice.click()
    expect(stranger.get_by_role("main")).to_contain_text("截止 2026-09-26 24:00")
    return stranger.url


def applicant(number: int, category: str = "陈述人") -> dict[str, str]:
    """What a citizen writes who registers."""
    return {
        "applicant_category": category,
        "applicant_name": f"李晓{number:02d}",
        "work_unit": "本市居民",
        "applicant_contact": f"138001380{number:02d}",
        "identity": f"{number:06d}",
    }


def register(office: desks.Desks, announced: str) -> None:
    """Three register in browsers, one comes to the office, the others send the same form; one of them twice."""
    site = office.site
    phone = site.browser(phone=True, scripts=False)
    phone.goto(announced)
    desks.send(phone, "听证参加人登记表", applicant(1))
    desks.send(_at(site, announced), "听证参加人登记表", applicant(2))
    code = desks.send(_at(site, announced), "听证参加人登记表", applicant(15, "旁听人"))
    office.driver.run()
    office.do("liuyang", "登记参加听证的申请", applicant(3))
    path = str(_at(site, announced).get_by_role("link", name="听证参加人登记表").get_attribute("href"))
    everybody = [applicant(number) for number in range(4, SPEAKERS + 1)]
    desks.post(site.address, path, [*everybody, applicant(4)])
    office.driver.run()
    expect(desks.track(phone, code)).to_contain_text("正在办理")
    phone.goto(announced)
    expect(phone.get_by_role("main")).not_to_contain_text("李晓")

    office.wait("2026-09-27 00:00")
    site.watch.expect(409)
    phone.goto(path)
    expect(phone.get_by_role("alert")).to_contain_text("截止")
    # Every application is an entry of the register, also the second one of a person.
    page = office.go("chenjing", "/registers/shizhengwuban/tingzheng-dengji")
    expect(page.get_by_role("main")).to_contain_text("李晓14")


def draw(office: desks.Desks, announced: str) -> list[str]:
    """Publish the list, wait a day, take the lottery; what is published is recomputed here. Return the order."""
    site = office.site
    tickets = [f"S{number:03d}" for number in range(1, SPEAKERS + 1)]
    digest = hashlib.sha256("".join(f"{ticket}\n" for ticket in tickets).encode()).hexdigest()
    stranger = site.browser()
    stranger.goto("/public/tingzheng")
    stranger.get_by_role("link", name="名单").first.click()
    main = stranger.get_by_role("main")
    expect(main).to_contain_text(digest)
    expect(main).not_to_contain_text("李晓")

    # The source may not be known before the list is fixed and a day has passed.
    expect(office.row("chenjing", "登记随机来源")).to_have_count(0)
    office.wait("2026-09-29 22:00")
    numbers = {"beacon_source": "announced", "beacon_used": PERIOD, "red": RED, "blue": BLUE, "drawn_on": "2026-09-29"}
    office.do("chenjing", "登记随机来源", numbers)

    stranger.goto("/public/jieguo")
    stranger.get_by_role("link", name=f"关于{TITLE}的听证陈述人遴选结果").click()
    text = main.inner_text()
    number = _hearing_number(site, announced)
    given = ("HEARING-DRAW-1", number, "陈述人", "10", digest, f"SSQ:{PERIOD}:{RED}+{BLUE}")
    seed = hashlib.sha256("|".join(given).encode()).hexdigest()
    assert seed in text
    values = {ticket: hashlib.sha256(f"{seed}|{ticket}".encode()).hexdigest() for ticket in tickets}
    ranked = sorted(tickets, key=values.__getitem__)
    at = [text.index(values[ticket]) for ticket in ranked]
    assert at == sorted(at)
    # And so can anybody who has a shell.
    for line in _lines_to_check(text, seed, ranked):
        said = subprocess.run(["bash", "-c", line[0]], capture_output=True, text=True, check=True)
        assert said.stdout.split()[0] == values[line[1]]
    return ranked


def confirm(office: desks.Desks, ranked: list[str]) -> list[str]:
    """Nine of those who were drawn come, one does not, the first of the reserve moves up; return who speaks."""
    deliver(office)
    row = office.row("liuyang", "登记参加确认")
    # Two working days: the holiday is from 1 to 7 October.
    expect(row).to_contain_text("2026-10-08 23:59")
    answers = [{"answer": "confirm"}, {"answer": "decline"}, *[{"answer": "confirm"}] * 8]
    office.do("liuyang", "登记参加确认", {"confirmations": answers})
    if ranked[10] == "S003":
        deliver(office)
    page = office.open("liuyang", "登记参加确认")
    assert _given(page, "confirmations") == [ranked[10]]
    office.finish(page, {"confirmations": [{"answer": "confirm"}]})
    return [ticket for ticket in ranked[:11] if ticket != ranked[1]]


def deliver(office: desks.Desks) -> None:
    """Deliver the letter to the one who came to the office; the others read theirs with their code."""
    page = office.open("liuyang", "送达遴选结果告知书")
    assert _given(page, "deliveries") == ["S003"]
    office.finish(page, {"deliveries": [{"delivery_way": "hand", "delivered_on": "2026-09-29"}]})


def hold(office: desks.Desks, speakers: list[str]) -> None:
    """Hold the hearing on its day, host and recorder in turn."""
    office.wait("2026-10-13 09:29")
    expect(office.row("linhui", "宣布听证事由和纪律")).to_have_count(0)
    office.wait("2026-10-13 09:30")
    office.do("linhui", "宣布听证事由和纪律", tingzheng_case.OPEN)
    page = office.open("heping", "记录陈述人依次陈述")
    assert sorted(_given(page, "statements")) == sorted(speakers)
    said: list[Any] = [{"present": True, "content": f"第{number}位的意见"} for number in range(1, 10)]
    office.finish(page, {"statements": [*said, {"present": False}]})
    office.do("heping", "登记旁听人发言要求", {"observer_requests": [{"asked": True}]})
    office.do("linhui", "决定旁听人发言", {"permissions": [{"permission": "refuse", "reason": "与听证事项无关"}]})
    office.do("linhui", "宣布听证结束", {"closed": True})
    office.do("heping", "制作听证笔录", tingzheng_case.MINUTES)


def decide(office: desks.Desks, speakers: list[str]) -> None:
    """The group answers every point of the record, with reasons where it does not follow; that is published."""
    page = office.open("chenjing", "整理听证意见")
    desks.fill(page, {"opinions": [{"point": "保留急办窗口", "numbers": "2"}, {"point": "周日也办公"}]})
    page.get_by_role("button", name="办结").click()
    # Nothing of the record may be left out.
    expect(page.get_by_role("alert")).to_contain_text("还没有第1条")
    office.finish(page, {"opinions": [{"numbers": "1"}]})
    expect(office.row("chenjing", "根据听证笔录作出决定")).to_have_count(0)
    # Whoever spoke has a point of the record to be answered: nine of the ten did.
    outcomes = [{"outcome": "adopt"}, {"outcome": "reject", "reason": "人手不足"}, *[{"outcome": "adopt"}] * 7]
    office.do("zhouming", "根据听证笔录作出决定", {"adoptions": outcomes, **tingzheng_case.DECIDE})
    stranger = office.site.browser()
    stranger.goto("/public/jieguo")
    stranger.get_by_role("link", name=TITLE).first.click()
    main = stranger.get_by_role("main")
    for text in ("保留急办窗口", "周日也办公", "人手不足", tingzheng_case.DECIDE["decision_text"]):
        expect(main).to_contain_text(text)
    expect(main).not_to_contain_text("李晓")
    stranger.goto("/public/tingzheng")
    stranger.get_by_role("link", name=f"关于{TITLE}的听证笔录（公开本）").click()
    for text in ("第1位的意见", "第9位的意见", f"陈述人{speakers[0]}", "听证主持人不同意"):
        expect(main).to_contain_text(text)
    expect(main).not_to_contain_text("李晓")


# --- 统一发布 with 协调确认 and 保密审查 (§29 to 31, §35 to 37) -----------------------------------------------------------

ITEM = {
    **fabu_case.PROPOSAL,
    "unit": "行政审批处",
    "title": "政务大厅窗口办公时间规定",
    "document_number": "政务办〔2026〕16号",
    "summary": "窗口办公的时间和急办窗口",
    "content": "第一条 周六上午对外办公。\n第二条 周一上午设急办窗口。",
    "produced_on": "2026-10-13",
    "publish_on": "2026-10-30",
    "departments": [{"department": "市人社局", "relation": "confirm", "matter": "轮值人员的调休"}],
}


def release(office: desks.Desks) -> None:
    """Another department confirms, four levels review, the group approves; then a citizen finds it, unchanged."""
    site, title = office.site, str(ITEM["title"])
    page = office.start("zhangsan", "主动公开信息统一发布")
    office.finish(page, ITEM)
    office.do("chenjing", "审核发布建议", fabu_case.AGREE)
    office.do("chenjing", "起草协调确认函", fabu_case.LETTER)
    office.do("sunlei", "签发协调确认函", fabu_case.SIGN)
    office.do("liuyang", "登记协调确认函送达", {**fabu_case.DELIVERED, "delivered_on": "2026-10-13"})
    reply = {"position": "agree", "reply_number": "人社函〔2026〕57号", "reply_on": "2026-10-15"}
    office.wait("2026-10-15 10:00")
    office.do("liuyang", "登记部门答复", reply)

    levels = (
        ("zhangsan", "提出是否公开的意见", fabu_case.OPINION),
        ("wangfang", "审核并签署意见", fabu_case.HEAD),
        ("sunlei", "复核并分类标明", fabu_case.OFFICE),
        ("zhengjianguo", "最后审定", fabu_case.SECRECY),
    )
    stranger = site.browser()
    for who, task, form in levels:
        stranger.goto(f"/public/xinxi?text={title}")
        expect(stranger.get_by_role("link", name=title)).to_have_count(0)
        office.do(who, task, form)
    # The other leading group approves; who has reviewed for secrecy is not among them.
    expect(office.row("zhengjianguo", "审定发布")).to_have_count(0)
    office.do("zhouming", "审定发布", fabu_case.GROUP)
    office.do("chenjing", "核定发布稿", {key: ITEM[key] for key in fabu_case.RELEASE})

    stranger.goto("/public")
    stranger.get_by_role("link", name=title).first.click()
    main = stranger.get_by_role("main")
    expect(main).to_contain_text("周一上午设急办窗口")
    digests = set()
    for register, number in (
        ("mulu", "公开目录〔2026〕1号"),
        ("fabu", "发布登记〔2026〕1号"),
        ("baomi", "保密审查〔2026〕2号"),  # the first was that of the notice
    ):
        page = office.go("chenjing", f"/registers/shizhengwuban/{register}")
        entry = page.get_by_role("row").filter(has_text=title)
        expect(entry).to_contain_text(number)
        digests.add(re.findall("[0-9a-f]{12,}", entry.inner_text())[0])
    # What was reviewed, released, entered into the catalogue and is read by a citizen is the same content.
    (digest,) = digests
    expect(main).to_contain_text(digest)
    # It can still be checked with one line on any machine.
    content = httpx2.get(f"{stranger.url}/content.json", trust_env=False).content
    expect(main).to_contain_text(hashlib.sha256(content).hexdigest())


def _at(site: browsing.Site, address: str) -> sync_api.Page:
    page = site.browser()
    page.goto(address)
    return page


def _hearing_number(site: browsing.Site, announced: str) -> str:
    """Return the number of the hearing as its notice tells it."""
    found = re.search("听证〔2026〕[0-9]+号", _at(site, announced).get_by_role("main").inner_text())
    assert found is not None
    return found[0]


def _given(page: sync_api.Page, table: str) -> list[str]:
    """Return the tickets of a table whose rows the procedure gives: nobody types them."""
    expect(page.locator(f"[name^='{table}.'][name$='.ticket']")).to_have_count(0)
    rows = page.locator(f"input[type=hidden][name^='{table}.']").locator(
        "xpath=ancestor::*[self::tr or self::fieldset][1]"
    )
    return [found[0] for row in rows.all() if (found := re.search(r"S\d{3}", row.inner_text()))]


def _lines_to_check(text: str, seed: str, tickets: list[str]) -> list[tuple[str, str]]:
    """Return what the page says one can type, for three tickets."""
    line = re.search(r"printf '%s' ['\"]" + seed + r"\|[^'\"]+['\"] \| sha256sum", text)
    assert line is not None, text
    return [(re.sub(r"\|[^'\"|]+(?=['\"] \| sha)", f"|{ticket}", line[0]), ticket) for ticket in tickets[:3]]
