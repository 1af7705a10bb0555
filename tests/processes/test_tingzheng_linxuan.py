"""P000-06b, P000-06c: who takes part: both sides of ten, the two categories apart, the verifiable draw, and everybody is told (§10)."""

from __future__ import annotations

import itertools
import subprocess

import left_behind
import pytest
import tingzheng_case as case_of

from engine import errors, testing
from engine.actions import published_content, taking_part, task_view
from handlers import draw

CONFIRM = "登记参加确认"
_keys = itertools.count(1)


@pytest.fixture(scope="module")
def driver():
    """One engine for all tests: each starts a case of its own, and time only goes forward."""
    with testing.EngineDriver("shizhengwuban", at=case_of.MONDAY) as driver:
        yield driver


def names(driver, case):
    return [task.name for task in driver.tasks(case)]


def lots(count, letter="S"):
    return [f"{letter}{number:03d}" for number in range(1, count + 1)]


def admitted(driver, choosing):
    found = driver.variables(choosing)
    return [[each["ticket"] for each in found[name]] for name in ("speakers", "observers")]


def facts(publication):
    return {each.name: each.value for each in publication.details.facts}


def run(command):
    """Run a line as a reader would; return what it prints."""
    return subprocess.run(["bash", "-c", command], capture_output=True, check=True, text=True).stdout.rstrip("\n")


def times_told(driver, choosing):
    """Return how often each applicant has been told, by what the letters say."""
    papers = left_behind.documents(driver, "tingzheng-gaozhi", choosing)
    found = driver.variables(choosing)["registrants"]
    return {each["ticket"]: sum(f"（登记号{each['ticket']}）" in paper.html for paper in papers) for each in found}


# --- 不超过十人 / 超过十人 ------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
@pytest.mark.parametrize(("speakers", "observers"), [(9, 0), (10, 10)])
def test_第十条_不超过十人的全部参加_不摇号_结果告知每个人(driver, speakers, observers):
    choosing = case_of.chosen(driver, speakers, observers)
    assert driver.status(choosing) == "completed"
    assert driver.visits("Task_xinbiao", choosing) == 0
    assert admitted(driver, choosing) == [lots(speakers), lots(observers, "P")]
    assert set(times_told(driver, choosing).values()) == {1}
    assert len(left_behind.documents(driver, "tingzheng-gaozhi", choosing)) == speakers + observers


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
@pytest.mark.parametrize("count", [11, 14])
def test_第十条_超过十人的摇号确定十人_其余候补_结果告知每个人(driver, count):
    choosing = case_of.chosen(driver, count, 2)
    assert names(driver, choosing) == ["登记随机来源"]
    case_of.enter(driver, choosing)

    selected, reserve = case_of.chosen_tickets(driver, choosing)
    assert (len(selected), len(reserve)) == (10, count - 10)
    assert set(times_told(driver, choosing).values()) == {1}
    letters = [paper.html for paper in left_behind.documents(driver, "tingzheng-gaozhi", choosing)]
    assert sum("您已经确定为听证陈述人" in text for text in letters) == 10
    assert sum("您列为候补第" in text for text in letters) == count - 10
    case_of.confirm(driver, choosing, dict.fromkeys(selected, "confirm"))
    assert admitted(driver, choosing) == [selected, lots(2, "P")]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_名额多于十人的按名额_名额够的全部参加(driver):
    choosing = case_of.chosen(driver, 11, speaker_places=12)
    assert admitted(driver, choosing) == [lots(11), []]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_旁听人超过十人的另行摇号_与陈述人互不影响(driver):
    choosing = case_of.chosen(driver, 11, 12)
    case_of.enter(driver, choosing)
    lists = [case_of.chosen_tickets(driver, choosing, each) for each in (case_of.SPEAKER, case_of.OBSERVER)]
    assert [len(reserve) for _, reserve in lists] == [1, 2]
    seeds = [facts(each)["种子"] for each in left_behind.publications(driver, choosing)[-2:]]
    assert seeds[0] != seeds[1]
    for task, (selected, _) in zip(driver.tasks(choosing), lists, strict=True):
        case_of.confirm(driver, choosing, dict.fromkeys(selected, "confirm"), task)
    assert admitted(driver, choosing) == [lists[0][0], lists[1][0]]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_没有人登记的也有结果(driver):
    choosing = case_of.chosen(driver, 0)
    assert driver.status(choosing) == "completed"
    assert admitted(driver, choosing) == [[], []]


# --- 公开、公平、公正: the list, the day for objections, the source ---------------------------------------------------------


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_名单冻结并公布以后满一日才有随机来源(driver):
    case_of.announce(driver)
    case_of.register(driver, 11)
    choosing = case_of.close(driver)
    frozen = driver.variables(choosing)["frozen_at"]
    (notice,) = left_behind.publications(driver, choosing)
    assert notice.published_at == testing.moment(frozen)
    assert names(driver, choosing) == ["办理名单异议"]

    (timer,) = driver.timers(choosing)
    driver.advance(to=timer.due.astimezone(testing.SHANGHAI).replace(tzinfo=None).isoformat(sep=" "))
    assert names(driver, choosing) == ["登记随机来源"]
    day = driver.variables(choosing)["beacon_from"]
    assert day == case_of.day(driver, 0)
    with driver.refused("异议期满以后产生的结果才能使用", errors.InvalidForm):
        case_of.enter(driver, choosing, drawn_on=case_of.day(driver, -1))


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_名单公告写登记号和摘要值_不写姓名(driver):
    choosing = case_of.chosen(driver, 3)
    (paper,) = left_behind.documents(driver, "tingzheng-mingdan", choosing)
    assert draw.list_digest(lots(3)) in paper.html
    assert "S001、S002、S003" in paper.html
    (sheet,) = left_behind.documents(driver, "tingzheng-dengjibiao", choosing)
    person = driver.variables(choosing)["registrants"][0]
    assert person["name"] in sheet.html
    assert person["contact"] not in sheet.html
    for each in (paper, *left_behind.publications(driver, choosing)):
        shown = getattr(each, "html", None) or published_content.of(each, None)
        assert person["name"] not in shown
        assert person["contact"] not in shown
        assert person["identity"] not in shown.replace(draw.list_digest(lots(3)), "")


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_结果全部公布_任何人可以逐行复核(driver):
    choosing = case_of.chosen(driver, 14)
    case_of.enter(driver, choosing)
    notice = next(each for each in left_behind.publications(driver, choosing) if "陈述人遴选结果" in each.title)
    found = driver.variables(choosing)
    seed = draw.seed_of(
        found["hearing_number"], "陈述人", 10, draw.list_digest(lots(14)), "SSQ:2026115:01,05,11,19,24,33+07"
    )
    said = facts(notice)
    assert (said["名额（K）"], said["登记人数"], said["种子"]) == ("10", "14", seed)
    assert said["公告所定的随机来源"] == "双色球第2026115期开奖号码"
    source = "双色球第2026115期，红球01,05,11,19,24,33，蓝球07；写作 SSQ:2026115:01,05,11,19,24,33+07"
    assert said["实际使用的随机来源"] == source
    (table,) = notice.details.tables
    assert list(table.rows) == [
        (str(rank), ticket, "入选" if rank <= 10 else f"候补第{rank - 10}名", value)
        for rank, (ticket, value) in enumerate(draw.order(seed, lots(14)), 1)
    ]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_核对方法的每一行都算得出公布的值(driver):
    choosing = case_of.chosen(driver, 12)
    case_of.enter(driver, choosing)
    listed, *results = left_behind.publications(driver, choosing)
    notice = next(each for each in results if "陈述人遴选结果" in each.title)
    said = facts(notice)
    (table,) = notice.details.tables
    (frozen,) = [run(check.command) for check in listed.details.checks]
    digest, seed, row, order = (run(check.command) for check in notice.details.checks)
    assert frozen == digest == f"{said['名单摘要值（L）']}  -"
    assert listed.details.tables[0].rows[0] == ("陈述人", "12", "10", "摇号", said["名单摘要值（L）"])
    assert seed == f"{said['种子']}  -"
    assert row == f"{table.rows[0][3]}  -"
    assert order.splitlines() == [f"{value} {ticket}" for _, ticket, _, value in table.rows]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_不摇号的公布参加的登记号_名单摘要值也可以核对(driver):
    choosing = case_of.chosen(driver, 3)
    listed, first, second = left_behind.publications(driver, choosing)
    some, nobody = sorted((first, second), key=lambda each: "旁听人" in each.title)
    assert some.details.tables[0].rows == tuple((ticket, "参加") for ticket in lots(3))
    assert [run(each.command) for each in some.details.checks] == [f"{facts(some)['名单摘要值（L）']}  -"]
    assert nobody.details.checks == ()
    assert "没有人登记" in nobody.content
    assert "种子" not in facts(some)


# --- 结果告知申请人: those who did not register online ------------------------------------------------------------------------


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_没有在网上申请的逐人送达_记录方式和日期(driver):
    case_of.announce(driver)
    case_of.register(driver, 2)
    online(driver, next(_keys))
    choosing = case_of.close(driver)
    case_of.no_objection(driver, choosing, delivered=False)
    assert names(driver, choosing) == ["送达遴选结果告知书"]
    task = driver.task("送达遴选结果告知书", choosing)
    shown = task_view.view(driver.engine, task.id, driver.user("刘洋")).values
    assert shown["delivery_category"] == "陈述人"
    assert [each["ticket"] for each in shown["deliveries"]] == ["S001", "S002"]  # S003 reads it with the code

    today = case_of.day(driver, 0)
    for row, why in (
        ({"delivery_way": "hand"}, "必填"),
        ({"delivery_way": "failed", "delivered_on": today}, "应说明情况"),
        ({"delivery_way": "hand", "delivered_on": case_of.day(driver, 1)}, "不能晚于今天"),
    ):
        with driver.refused(why, errors.InvalidForm):
            driver.complete(task, as_="刘洋", form={"deliveries": [row] * 2}, case=choosing)
    rows = [
        {"delivery_way": "hand", "delivered_on": today},
        {"delivery_way": "failed", "delivered_on": today, "remark": "电话停机，信件退回"},
    ]
    driver.complete(task, as_="刘洋", form={"deliveries": rows}, case=choosing)
    (delivered,) = [each["delivered"] for each in driver.variables(choosing)["admissions"] if each["delivered"]]
    assert [(each["ticket"], each["delivery_way"], each["remark"], each["by"]) for each in delivered] == [
        ("S001", "hand", "", "liuyang"),
        ("S002", "failed", "电话停机，信件退回", "liuyang"),
    ]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_全部在网上申请的不需要送达(driver):
    case_of.announce(driver)
    keys = [online(driver, next(_keys)) for _ in range(2)]
    choosing = case_of.close(driver)
    case_of.no_objection(driver, choosing, delivered=False)
    assert names(driver, choosing) == []
    assert all("您已确定为听证陈述人" in told(driver, code)[0].text for code in keys)


@pytest.mark.clause("P000-06b §10")
def test_第十条_登记表只印联系方式的首尾(driver):
    case_of.announce(driver)
    driver.complete(
        "登记参加听证的申请", as_="刘洋", form=case_of.applicant(applicant_contact="13912345678", viewpoint="赞成")
    )
    choosing = case_of.close(driver)
    (paper,) = left_behind.documents(driver, "tingzheng-dengjibiao", choosing)
    assert "139****78" in paper.html
    assert "13912345678" not in paper.html
    assert "赞成" in paper.html


# --- 结果告知申请人: those who registered online -----------------------------------------------------------------------------


def online(driver, number, category="陈述人", **changes):
    """Register by the portal; return the code."""
    notice = left_behind.publications(driver)[-1]
    (way,) = taking_part.ways(driver.engine, notice.id)
    form = {**case_of.applicant(category), **changes}
    return taking_part.submit(driver.engine, notice.id, way.element_id, form, key=f"{number:032d}").code


def told(driver, code):
    return taking_part.track(driver.engine, code).told


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_网上登记的人凭查询码得到登记号和自己的结果告知书_看不到别人的(driver):
    case_of.announce(driver)
    keys = [online(driver, next(_keys)) for _ in range(11)]
    driver.run()
    assert "登记号S001" in told(driver, keys[0])[0].text  # at once
    choosing = case_of.close(driver)
    for number, code in enumerate(keys, 1):
        note, _ = told(driver, code)
        assert note.text.startswith(
            f"您的登记号为S{number:03d}（陈述人），已列入冻结的名单。本类登记人数超过名额，将摇号"
        )
        assert note.document is None
    case_of.no_objection(driver, choosing)
    case_of.enter(driver, choosing)

    selected, reserve = case_of.chosen_tickets(driver, choosing)
    people = {each["ticket"]: each["name"] for each in driver.variables(choosing)["registrants"]}
    for number, code in enumerate(keys, 1):
        ticket = f"S{number:03d}"
        note = told(driver, code)[0]
        assert ("您已确定为听证陈述人" in note.text) == (ticket in selected)
        assert ("候补第1名" in note.text) == (ticket in reserve)
        assert people[ticket] in note.document.html
        assert not [name for other, name in people.items() if other != ticket and f"{name}（" in note.document.html]

    answers = {selected[0]: "decline", **dict.fromkeys(selected[1:], "confirm")}
    case_of.confirm(driver, choosing, answers)
    assert "递补为听证陈述人" in told(driver, keys[int(reserve[0][1:]) - 1])[0].text


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_同一人网上再登记的_知道没有编号_剔除的知道已剔除(driver):
    case_of.announce(driver)
    first = online(driver, next(_keys), applicant_name="赵某", identity="123456")
    again = online(driver, next(_keys), applicant_name="赵某", identity="123456")
    choosing = case_of.close(driver)
    assert "您的登记号为S001" in told(driver, first)[0].text
    assert "没有编号：赵某已登记为陈述人，登记号S001" in told(driver, again)[0].text
    strike = objection(upheld=True, correction="strike", strike_ticket="S001")
    driver.complete("办理名单异议", as_="刘洋", form=strike, case=choosing)
    assert "已从名单中剔除" in told(driver, first)[0].text


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"beacon_used": "2026116"}, "应使用公告的第 2026115 期"),
        ({"beacon_source": "next", "beacon_used": "2026115", "beacon_reason": "推迟"}, "之后"),
        ({"red": "05,01,11,19,24,33"}, "从小到大"),
        ({"blue": "99"}, "01至16"),
    ],
)
def test_第十条_不合规则的随机来源退回重新登记(driver, change, why):
    choosing = case_of.chosen(driver, 11)
    case_of.enter(driver, choosing, **change)
    assert names(driver, choosing) == ["登记随机来源"]
    assert why in driver.variables(choosing)["beacon_problem"]
    case_of.enter(driver, choosing)
    assert names(driver, choosing) == [CONFIRM]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_公告的期号不能用的顺延并说明_再不能的掷骰(driver):
    choosing = case_of.chosen(driver, 11)
    with driver.refused("必填", errors.InvalidForm):
        case_of.enter(driver, choosing, beacon_source="next", beacon_used="2026116")
    case_of.enter(driver, choosing, beacon_source="next", beacon_used="2026116", beacon_reason="该期推迟开奖")
    assert driver.variables(choosing)["beacon"].startswith("SSQ:2026116:")
    drawn = [each for each in left_behind.publications(driver, choosing) if "陈述人遴选结果" in each.title]
    assert facts(drawn[0])["没有使用公告所定来源的原因"] == "该期推迟开奖"

    choosing = case_of.chosen(driver, 11)
    dice = {"beacon_source": "dice", "dice": "3,1,6,2,2", "beacon_reason": "彩票休市"}
    empty = {"beacon_used": None, "red": None, "blue": None}
    with driver.refused("掷骰的登记人", errors.InvalidForm):
        case_of.enter(driver, choosing, **dice, **empty, witnesses=["S001", "S002"])
    case_of.enter(driver, choosing, **dice, **empty, witnesses=["S001", "S002", "S003"])
    assert driver.variables(choosing)["beacon"].startswith("DICE:")
    drawn = [each for each in left_behind.publications(driver, choosing) if "陈述人遴选结果" in each.title]
    assert facts(drawn[0])["实际使用的随机来源"].startswith("五枚骰子依次为3,1,6,2,2；写作 DICE:")
    assert "见证人：S001、S002、S003" in facts(drawn[0])["随机来源的产生"]


# --- 名单异议 ------------------------------------------------------------------------------------------------------------


def objection(**changes):
    return {"objection": "公告期内已交登记表，名单上没有", "upheld": False, "objection_reason": "查无登记", **changes}


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_异议不成立的说明理由_名单和期限不变(driver):
    case_of.announce(driver)
    case_of.register(driver, 2)
    choosing = case_of.close(driver)
    before = driver.variables(choosing)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("办理名单异议", as_="刘洋", form=objection(objection_reason=""), case=choosing)
    driver.advance(hours=5)
    driver.complete("办理名单异议", as_="刘洋", form=objection(), case=choosing)
    after = driver.variables(choosing)
    assert [after[key] == before[key] for key in ("frozen", "registrants", "objections_end")] == [True] * 3
    assert after["objections"][0]["handling"] == "异议不成立，名单不变"
    assert names(driver, choosing) == ["办理名单异议"]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_漏登的补登_名单重新冻结公布_重新听取异议(driver):
    case_of.announce(driver)
    case_of.register(driver, 10)
    choosing = case_of.close(driver)
    first = driver.variables(choosing)
    driver.advance(hours=30)
    add = {**objection(upheld=True, correction="add"), **case_of.applicant(), "applied_on": first["closes_on"]}
    with driver.refused("公告期满以后的申请不能补登", errors.InvalidForm):
        form = {**add, "applied_on": case_of.day(driver, 0)}
        driver.complete("办理名单异议", as_="刘洋", form=form, case=choosing)
    driver.complete("办理名单异议", as_="刘洋", form=add, case=choosing)

    second = driver.variables(choosing)
    assert [each["count"] for each in second["frozen"]] == [11, 0]
    assert second["frozen"][0]["list_sha256"] != first["frozen"][0]["list_sha256"]
    assert second["objections_end"] > first["objections_end"]
    notices = left_behind.publications(driver, choosing)
    assert [each.replaces for each in notices] == [None, notices[0].id]
    case_of.no_objection(driver, choosing)
    assert names(driver, choosing) == ["登记随机来源"]


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_剔除的登记号不再使用_名单中没有的不改变名单(driver):
    case_of.announce(driver)
    case_of.register(driver, 11)
    choosing = case_of.close(driver)
    strike = objection(upheld=True, correction="strike")
    driver.complete("办理名单异议", as_="刘洋", form={**strike, "strike_ticket": "S099"}, case=choosing)
    assert driver.visits("Task_dongjie", choosing) == 1
    assert "没有登记号S099" in driver.variables(choosing)["objections"][0]["handling"]
    driver.complete("办理名单异议", as_="刘洋", form={**strike, "strike_ticket": "s011"}, case=choosing)
    add = {**objection(upheld=True, correction="add"), **case_of.applicant()}
    form = {**add, "applied_on": driver.variables(choosing)["closes_on"]}
    driver.complete("办理名单异议", as_="刘洋", form=form, case=choosing)
    driver.complete("办理名单异议", as_="刘洋", form=form, case=choosing)  # once more: nothing changes
    assert driver.visits("Task_dongjie", choosing) == 3
    assert driver.variables(choosing)["frozen"][0]["tickets"] == [*lots(10), "S012"]


# --- 递补 ----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_放弃和逾期的依次递补_人数不少于十人_递补的也告知(driver):
    choosing = case_of.chosen(driver, 14)
    case_of.enter(driver, choosing)
    selected, reserve = case_of.chosen_tickets(driver, choosing)
    answers = {selected[0]: "decline", selected[1]: "silent", **dict.fromkeys(selected[2:9], "confirm")}
    case_of.confirm(driver, choosing, answers)
    assert names(driver, choosing) == [CONFIRM]
    times = times_told(driver, choosing)
    assert [times[ticket] for ticket in reserve] == [2, 2, 1, 1]

    case_of.confirm(driver, choosing, {selected[9]: "confirm", reserve[0]: "decline"})
    case_of.confirm(driver, choosing, {reserve[1]: "confirm"})
    assert names(driver, choosing) == [CONFIRM]  # reserve[2] has been told and has not answered yet
    case_of.confirm(driver, choosing, {reserve[2]: "confirm"})
    assert admitted(driver, choosing)[0] == [*selected[2:], reserve[1], reserve[2]]
    assert len(admitted(driver, choosing)[0]) == 10


@pytest.mark.clause("P000-06b §10", "P000-06c §10")
def test_第十条_候补用尽的_以实际参加的为准(driver):
    choosing = case_of.chosen(driver, 11)
    case_of.enter(driver, choosing)
    selected, reserve = case_of.chosen_tickets(driver, choosing)
    case_of.confirm(driver, choosing, dict.fromkeys(selected[:2], "decline") | dict.fromkeys(selected[2:], "confirm"))
    case_of.confirm(driver, choosing, {reserve[0]: "confirm"})
    assert admitted(driver, choosing)[0] == [*selected[2:], reserve[0]]
