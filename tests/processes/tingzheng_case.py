"""A hearing for tests: what is filled in at each step, and how a case comes there."""

from __future__ import annotations

import datetime
import itertools
import secrets

from engine import testing
from engine.actions import taking_part, task_view
from handlers import draw

TITLE = "调整政务大厅窗口办公时间"
PROPOSAL = {
    "title": TITLE,
    "category": "interests",
    "reasons": "涉及办事群众的切身利益",
    "speaker_places": 10,
    "observer_places": 10,
}
AGREE = {"approval": "agree"}
REFUSE = {"approval": "refuse", "approval_opinion": "方案尚不成熟"}
PEOPLE = {"host": "linhui", "recorder": "heping"}
NOTICE = {
    "matter": "周六上午对外办公，周一上午不对外办公。",
    "held_time": "09:30",
    "place": "政务大厅三楼会议室",
    "method": "现场听证会",
    "speaker_conditions": "本市居民和在本市办事的单位的代表",
    "observer_conditions": "关心本事项的公民",
    "apply_how": "市政务办门户网站；政务大厅一楼综合处窗口",
    "beacon_period": "2026115",
    "contact_phone": "010-65432100",
}
#: 2026-10-01 to 10-07 are off, Saturday 10-10 is worked (国办发明电〔2025〕7号).
MONDAY = "2026-09-28 10:00"
SPEAKER, OBSERVER = "陈述人", "旁听人"
MESSAGE = "听证参加申请"
BALLS = {
    "beacon_source": "announced",
    "beacon_used": "2026115",
    "red": "01,05,11,19,24,33",
    "blue": "07",
}
OPEN = {"discipline": "未经同意不得发言", "announced": True}
MINUTES = {
    "record_cause": "调整政务大厅窗口办公时间",
    "staff_present": "主持人、记录人均为市政务办综合处工作人员",
    "record_place": "政务大厅三楼会议室",
    "record_method": "现场听证会",
    "other_matters": "无",
}
DECIDE = {
    "decision": "amend",
    "decision_text": "周一上午保留急办窗口。",
    "publish_result": True,
    "publish_minutes": True,
}
SIGNED = {"office_opinion": "同意，报领导小组审批。"}

_people = itertools.count(1)


def day(driver, days):
    """Return the date so many days from today."""
    today = driver.now.astimezone(testing.SHANGHAI).date()
    return (today + datetime.timedelta(days=days)).isoformat()


def proposal(driver, **changes):
    """What the office asks the group for."""
    return {**PROPOSAL, "planned_on": day(driver, 22), **changes}


def notice(driver, **changes):
    """A notice of five days, with the hearing three weeks from today."""
    dates = {"closes_on": day(driver, 5), "beacon_on": day(driver, 10), "held_on": day(driver, 22)}
    return {**NOTICE, **dates, **changes}


def draft(driver, **changes):
    """Start a case and fill in the proposal."""
    case = driver.start("tingzheng", as_="陈静")
    driver.complete("拟订听证立项请示", as_="陈静", form=proposal(driver, **changes))
    return case


def propose(driver, **changes):
    """Bring a case to the group: drafted, and signed by somebody else of the office."""
    case = draft(driver, **changes)
    driver.complete("签发听证立项请示", as_="刘洋", form=SIGNED)
    return case


def agree(driver, **changes):
    """Bring a case to where the office appoints people."""
    case = propose(driver, **changes)
    driver.complete("审批听证立项", as_="周明", form=AGREE)
    return case


def appoint(driver, *, people=None, **changes):
    """Bring a case to where the notice is drafted."""
    case = agree(driver, **changes)
    driver.complete("指定主持人、记录人和翻译人", as_="陈静", form=people or PEOPLE)
    return case


def announce(driver, *, dates=None, **changes):
    """Bring a case to the first day of its notice."""
    case = appoint(driver, **changes)
    driver.complete("拟订听证公告", as_="陈静", form=notice(driver, **(dates or {})))
    return case


def applicant(category=SPEAKER, **changes):
    """What somebody writes who applies: each time another person."""
    number = next(_people)
    return {
        "applicant_category": category,
        "applicant_name": f"申请人{number}",
        "work_unit": "某某公司",
        "applicant_contact": "13800138000",
        "identity": f"{number:06d}",
        **changes,
    }


def register(driver, count, category=SPEAKER):
    """Let so many people come to the office and apply."""
    for _ in range(count):
        driver.complete("登记参加听证的申请", as_="刘洋", form=applicant(category))


def apply_online(driver, form, case=None, **options):
    """Send an application as the portal does."""
    key = driver.variables(case)["hearing_number"]
    return driver.message(MESSAGE, form, key=key, ttl=datetime.timedelta(), **options)


def send(driver, form):
    """Send an application by the page of the notice; returns its code (查询码)."""
    notice = driver.variables()["notice"]["id"]
    return taking_part.submit(driver.engine, notice, "Event_shenqing", form, key=secrets.token_hex(16)).code


def told(driver, code):
    """Return what somebody with this code reads, oldest first."""
    driver.run()
    return [note.text for note in reversed(taking_part.track(driver.engine, code).told)]


def close(driver):
    """Let the period of the notice pass; returns the case in which people are chosen."""
    driver.advance(to=driver.variables()["period_end"])
    return driver.children()[-1]


def no_objection(driver, choosing, *, delivered=True):
    """Let the day for objections pass; where nothing is drawn, the letters are delivered."""
    driver.advance(to=driver.variables(choosing)["objections_end"])
    if delivered:
        deliver(driver, choosing)


def deliver(driver, choosing, **changes):
    """Deliver the letters to those who did not apply online, if there are any."""
    for task in driver.tasks(choosing):
        if task.name == "送达遴选结果告知书":
            shown = task_view.view(driver.engine, task.id, driver.user("刘洋")).values["deliveries"]
            row = {"delivery_way": "hand", "delivered_on": day(driver, 0), **changes}
            driver.complete(task, as_="刘洋", form={"deliveries": [row] * len(shown)}, case=choosing)


def enter(driver, choosing, *, delivered=True, **changes):
    """Enter the numbers of the lottery on the evening on which they are drawn, and deliver the letters."""
    first = driver.variables(choosing)["beacon_from"]
    if driver.now < testing.moment(f"{first} 22:00"):
        driver.advance(to=f"{first} 22:00")
    form = {**BALLS, "drawn_on": first, **changes}
    driver.complete("登记随机来源", as_="陈静", form=form, case=choosing)
    if delivered:
        deliver(driver, choosing)


def chosen(driver, speakers, observers=0, **changes):
    """Bring a case to where the participants are determined or have to confirm."""
    announce(driver, **changes)
    register(driver, speakers)
    register(driver, observers, OBSERVER)
    choosing = close(driver)
    no_objection(driver, choosing)
    return choosing


def chosen_tickets(driver, choosing, category=SPEAKER):
    """Return places and reserve of a category, computed from what was published alone."""
    found = driver.variables(choosing)
    (lot,) = [each for each in found["frozen"] if each["category"] == category]
    text = draw.seed_of(found["hearing_number"], category, lot["places"], lot["list_sha256"], found["beacon"])
    ranked = [ticket for ticket, _ in draw.order(text, lot["tickets"])]
    return ranked[: lot["places"]], ranked[lot["places"] :]


def confirm(driver, choosing, answers, task="登记参加确认"):
    """Enter the answers of those who have to confirm, by ticket."""
    open_task = driver.task(task, choosing)
    asked = task_view.view(driver.engine, open_task.id, driver.user("刘洋")).values["confirmations"]
    rows = [{"ticket": row["ticket"], "answer": answers.get(row["ticket"])} for row in asked]
    driver.complete(task, as_="刘洋", form={"confirmations": rows}, case=choosing)
    deliver(driver, choosing)


def to_hearing(driver, speakers=2, observers=1, **options):
    """Bring a case with few people to its hearing; returns that case."""
    chosen(driver, speakers, observers, **options)
    driver.advance(to=f"{driver.variables()['held_on']} 09:30")
    return driver.children()[-1]


def ask(driver, hearing, observers=()):
    """Enter which observers asked to speak."""
    people = driver.variables(hearing)["observers"]
    rows = [{"ticket": each["ticket"], "asked": each["ticket"] in observers} for each in people]
    driver.complete("登记旁听人发言要求", as_="何平", form={"observer_requests": rows}, case=hearing)


def permit(driver, hearing, answers):
    """Enter what the host answered, by ticket."""
    rows = [{"ticket": ticket, "permission": answer} for ticket, answer in sorted(answers.items())]
    driver.complete("决定旁听人发言", as_="林慧", form={"permissions": rows}, case=hearing)


def hear(driver, hearing, observers=()):
    """Hold a hearing to its minutes."""
    driver.complete("宣布听证事由和纪律", as_="林慧", form=OPEN, case=hearing)
    speakers = driver.variables(hearing)["speakers"]
    said = [{**each, "present": True, "content": f"{each['ticket']}的意见"} for each in speakers]
    driver.complete("记录陈述人依次陈述", as_="何平", form={"statements": said}, case=hearing)
    ask(driver, hearing, observers)
    if observers:
        people = [each for each in driver.variables(hearing)["observers"] if each["ticket"] in observers]
        permit(driver, hearing, dict.fromkeys(observers, "agree"))
        said = [{**each, "content": f"{each['ticket']}的发言"} for each in people]
        driver.complete("记录旁听人发言", as_="何平", form={"observer_statements": said}, case=hearing)
    driver.complete("宣布听证结束", as_="林慧", form={"closed": True}, case=hearing)
    driver.complete("制作听证笔录", as_="何平", form=MINUTES, case=hearing)


def to_decision(driver, **options):
    """Bring a case to the decision of the group."""
    hearing = to_hearing(driver)
    hear(driver, hearing, **options)
    points = [{"point": "保留急办窗口", "numbers": "1"}, {"point": "周日也办公", "numbers": "2"}]
    for each in driver.variables()["spoken"][2:]:
        points.append({"point": each["content"], "numbers": str(each["number"])})
    driver.complete("整理听证意见", as_="陈静", form={"opinions": points})


def adoptions():
    """How the group answers the two opinions."""
    return [
        {"number": 1, "point": "保留急办窗口", "numbers": "1", "by": "S001", "outcome": "adopt"},
        {"number": 2, "point": "周日也办公", "numbers": "2", "by": "S002", "outcome": "reject", "reason": "人手不足"},
    ]
