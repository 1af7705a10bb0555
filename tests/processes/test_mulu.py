"""P000-01 公开内容目录: drafted and audited by the unit, approved by the group, released in stages (§1)."""

from __future__ import annotations

import pytest
from left_behind import documents, entries, publications
from mulu_case import AGREE, APPROVE, DRAFT, INTERNAL, LATER, POSTED, RETURN, SOCIETY, WITHHELD, approve, audit, draft

from engine import errors, testing


@pytest.fixture
def fresh():
    """An engine of one's own, at a Monday in a week without holidays."""
    with testing.EngineDriver("shizhengwuban") as driver:
        yield driver


def names(driver):
    return [task.name for task in driver.tasks()]


def fill_in(driver, **changes):
    driver.start("mulu", as_="张三")
    driver.complete("拟订公开内容目录", as_="张三", form={**DRAFT, **changes})


# --- from the draft to the approval -------------------------------------------------------------------------------------


@pytest.mark.clause("P000-01 §1")
def test_第一条_单位拟订审核后报领导小组审定_分期公开(fresh):
    approve(fresh, entries=[SOCIETY])
    fresh.advance(to="2026-03-16 00:00")

    assert fresh.status() == "completed"
    assert fresh.path() == [
        *("Event_bianzhi", "Task_niding", "Task_shenhe", "Gateway_shenhe", "Task_shending", "Gateway_shending"),
        *("Task_shendingbiao", "Task_fenqi", "Task_dengji", "Task_dengji"),
        *(
            "Task_beian",
            "Task_beian",
            "SubProcess_fenqigongkai",
            "SubProcess_fenqigongkai",
            "Event_benqi",
            "Event_gongkaishijian",
        ),
        *("Gateway_fanwei", "Task_gonggao", "Task_shehui", "Event_benqigongkai", "Event_wanbi"),
    ]
    found = fresh.variables()
    assert [found[each]["person"] for each in ("head_signature", "group_signature")] == ["wangfang", "zhouming"]


@pytest.mark.clause("P000-01 §1")
def test_第一条_负责人不同意的退回修改后重新审核(driver):
    draft(driver)
    driver.complete("审核公开内容目录", as_="王芳", form=RETURN)
    assert names(driver) == ["修改公开内容目录"]
    task = driver.task("修改公开内容目录")
    assert task.assignee == "zhangsan"
    assert driver.variables()["last_review_opinion"] == RETURN["opinion"]

    driver.complete("修改公开内容目录", as_="张三", form={**DRAFT, "entries": [LATER]})
    assert names(driver) == ["审核公开内容目录"]
    assert driver.variables()["entries"] == [LATER]


@pytest.mark.clause("P000-01 §1")
def test_第一条_领导小组不同意的退回单位_再审核才能再审定(driver):
    audit(driver)
    driver.complete("审定公开内容目录", as_="周明", form=RETURN)
    assert names(driver) == ["修改公开内容目录"]
    assert driver.variables()["last_review_by"] == "政府信息公开领导小组"
    assert entries(driver) == documents(driver) == []  # nothing is released or registered before the approval

    driver.complete("修改公开内容目录", as_="张三", form=DRAFT)
    assert names(driver) == ["审核公开内容目录"]
    driver.complete("审核公开内容目录", as_="王芳", form=AGREE)
    driver.complete("审定公开内容目录", as_="吴秀英", form=APPROVE)
    assert len(entries(driver, "mulu-shending")) == len(DRAFT["entries"])


@pytest.mark.clause("P000-01 §1")
@pytest.mark.parametrize(("task", "who"), [("审核公开内容目录", "王芳"), ("审定公开内容目录", "周明")])
def test_第一条_退回的应写明意见_每一环节都要签字(driver, task, who):
    draft(driver)
    if who == "周明":
        driver.complete("审核公开内容目录", as_="王芳", form=AGREE)
    with driver.refused("应写明意见", errors.InvalidForm):
        driver.complete(task, as_=who, form={"decision": "return", "signed": True})
    with driver.refused("请确认签字", errors.InvalidForm):
        driver.complete(task, as_=who, form={"decision": "agree" if who == "王芳" else "approve"})


@pytest.mark.clause("P000-01 §1")
@pytest.mark.parametrize("missing", ["name", "summary", "audience", "channels", "publish_on"])
def test_第一条_内容_范围_时间_形式都要写明(driver, missing):
    with driver.refused("必填", errors.InvalidForm):
        fill_in(driver, entries=[{key: SOCIETY[key] for key in SOCIETY if key != missing}])


@pytest.mark.clause("P000-01 §1")
@pytest.mark.parametrize("missing", ["ground", "reason"])
def test_第一条_不公开的事项逐项写明依据和理由(driver, missing):
    with driver.refused("必填", errors.InvalidForm):
        fill_in(driver, withheld=[{key: WITHHELD[key] for key in WITHHELD if key != missing}])


@pytest.mark.clause("P000-01 §1")
def test_第一条_没有公开事项的目录不能报(driver):
    with driver.refused("必填", errors.InvalidForm):
        fill_in(driver, entries=[])


@pytest.mark.clause("P000-01 §1")
@pytest.mark.parametrize("channel", ["website", "media", "press", "reading_point"])
def test_第一条_限单位内部公开的不能用面向社会的形式(driver, channel):
    with driver.refused("公开范围应为“社会”", errors.InvalidForm):
        fill_in(driver, entries=[{**INTERNAL, "channels": [channel]}])


# --- the papers and the register -----------------------------------------------------------------------------------------


@pytest.mark.clause("P000-01 §1")
def test_第一条_审定的条目逐条登记(fresh):
    approve(fresh)
    found = entries(fresh, "mulu-shending")
    assert [each.number for each in found] == [f"目录条目〔2026〕{n}号" for n in (1, 2, 3)]
    assert [(each.values["name"], each.values["audience"], each.values["stage"]) for each in found] == [
        ("窗口办事指南", "社会", 2),
        ("内部考勤安排", "单位内部", 1),
        ("收费项目和标准", "社会", 3),
    ]
    assert found[0].values["channels"] == ["市政务办门户网站", "政务公开栏"]
    assert found[1].values["channels"] == ["会议", "工作群"]
    assert {each.values["approved_on"] for each in found} == {"2026-03-09"}


@pytest.mark.clause("P000-01 §1")
def test_第一条_审定表载明全部条目_不公开的理由和两级意见(driver):
    approve(driver)
    (sheet,) = documents(driver)
    assert (sheet.template, sheet.title) == ("mulu-shendingbiao", "窗口管理处2026年公开内容目录审定表")
    for said in (
        "窗口办事指南",
        "内部考勤安排",
        "收费项目和标准",
        "涉及个人隐私",
        WITHHELD["reason"],
        "工作群",
        "王芳",
        "周明",
    ):
        assert said in sheet.html


def test_没有不公开事项的_审定表写明无(driver):
    approve(driver, withheld=[])
    assert "<p>无。</p>" in documents(driver)[0].html


# --- release in stages ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-01 §1")
def test_第一条_各期到期才公开(fresh):
    approve(fresh)
    fresh.advance(to="2026-03-15 23:59:59")
    assert publications(fresh) == []
    fresh.advance(to="2026-03-16 00:00")
    (first,) = publications(fresh)
    assert (first.kind, first.title) == ("gonggao", "窗口管理处2026年公开内容目录（第2期）")
    fresh.advance(to="2026-03-19 23:59:59")
    assert len(publications(fresh)) == 1
    fresh.advance(to="2026-03-20 00:00")
    assert len(publications(fresh)) == 2
    assert [each.number for each in documents(fresh, "mulu-gonggao")] == [
        "市政务办目录告〔2026〕1号",
        "市政务办目录告〔2026〕2号",
    ]
    assert fresh.status() == "active"  # the stage for the unit itself is still to be made known


@pytest.mark.clause("P000-01 §1")
def test_第一条_单位内部的一期不向社会公布(fresh):
    approve(fresh, entries=[INTERNAL])
    fresh.advance(to="2026-03-16 09:00")
    assert names(fresh) == ["在单位内部公开本期目录"]
    (_, notice) = documents(fresh)
    assert (notice.kind, notice.number) == ("通知", "市政务办目录通〔2026〕1号")
    assert "工作群" in notice.html

    fresh.complete("在单位内部公开本期目录", as_="张三", form=POSTED)
    assert fresh.status() == "completed"
    assert publications(fresh) == []
    (release,) = fresh.variables()["releases"]
    assert (release["audience"], release["publication"], release["by"]) == ("internal", None, "zhangsan")


@pytest.mark.clause("P000-01 §1")
def test_第一条_向社会公布的不含内部条目和不公开的事项(fresh):
    approve(fresh)
    fresh.advance(to="2026-03-20 00:00")
    papers = [each.html for each in documents(fresh, "mulu-gonggao")]
    texts = [each.content for each in publications(fresh)]
    assert any(SOCIETY["name"] in each for each in papers)
    for hidden in (INTERNAL["name"], WITHHELD["matter"], WITHHELD["reason"]):
        assert not any(hidden in each for each in papers + texts)


@pytest.mark.clause("P000-01 §1")
def test_第一条_时间和范围都相同的为一期(driver):
    approve(driver, entries=[SOCIETY, {**LATER, "publish_on": SOCIETY["publish_on"]}, INTERNAL])
    stages = driver.variables()["stages"]
    assert [(each["audience"], len(each["items"])) for each in stages] == [("internal", 1), ("society", 2)]


@pytest.mark.clause("P000-01 §1")
def test_第一条_节假日不改变审定的公开时间(fresh):
    """A date that the group has approved is that date, also in the holidays of October."""
    approve(fresh, entries=[{**SOCIETY, "publish_on": "2026-10-01"}])
    fresh.advance(to="2026-09-30 23:59:59")
    assert publications(fresh) == []
    fresh.advance(to="2026-10-01 00:00")
    assert len(publications(fresh)) == 1


@pytest.mark.clause("P000-01 §1")
def test_第一条_审定时已过公开时间的立即公开(driver):
    approve(driver, entries=[{**SOCIETY, "publish_on": "2026-03-02"}])
    assert driver.status() == "completed"
    assert len(publications(driver)) == 1


def test_内部公开的日期不能晚于今天(fresh):
    approve(fresh, entries=[INTERNAL])
    fresh.advance(to="2026-03-16 09:00")
    with fresh.refused("不能晚于今天", errors.InvalidForm):
        fresh.complete("在单位内部公开本期目录", as_="张三", form={**POSTED, "released_on": "2026-03-17"})


# --- who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-01 §1")
def test_第一条_拟订_审核_审定由各自的角色办理(driver):
    with driver.refused("不能发起", errors.Forbidden):
        driver.start("mulu", as_="周明")
    draft(driver)
    for who in ("李四", "陈静", "周明", "郑建国", "admin"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("审核公开内容目录", as_=who, form=AGREE)
    driver.complete("审核公开内容目录", as_="王芳", form=AGREE)
    for who in ("张三", "陈静", "郑建国", "admin"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("审定公开内容目录", as_=who, form=APPROVE)


@pytest.mark.clause("P000-01 §1")
def test_第一条_拟订_审核_审定是不同的人(fresh):
    """Both sit in the unit that draws the catalogue up, and in the group."""
    for id_, name in (("zhangsan", "张三"), ("huangwei", "黄伟")):
        roles = ["danwei_jingban", "danwei_fuze", "lingdaoxiaozu"]
        fresh.add_user(id_, name, roles=roles, unit="行政审批处")
    draft(fresh)
    with fresh.refused("不能由同一人办理", errors.Forbidden):
        fresh.complete("审核公开内容目录", as_="张三", form=AGREE)
    fresh.complete("审核公开内容目录", as_="黄伟", form=AGREE)
    for who in ("张三", "黄伟"):
        with fresh.refused("不能由同一人办理", errors.Forbidden):
            fresh.complete("审定公开内容目录", as_=who, form=APPROVE)


@pytest.mark.clause("P000-01 §1")
def test_第一条_由拟订人所在单位的负责人审核(driver):
    draft(driver)
    with driver.refused("责任单位负责人（行政审批处）", errors.Forbidden):
        driver.complete("审核公开内容目录", as_="赵刚", form=AGREE)


@pytest.mark.clause("P000-01 §1")
def test_第一条_审定不公开的事项逐项登记备案(driver):
    other = {"matter": "投诉人信息", "ground": "privacy", "reason": "公开会泄露投诉人身份"}
    approve(driver, withheld=[WITHHELD, other])
    (sheet,) = documents(driver, "mulu-shendingbiao")
    filed = entries(driver, "bugongkai")
    assert [each.values["title"] for each in filed] == ["值班人员家庭住址", "投诉人信息"]
    assert filed[0].values == {
        "title": "值班人员家庭住址",
        "unit": "窗口管理处",
        "verdict": "不公开",
        "stage": "审定公开内容目录",
        "ground": "涉及个人隐私",
        "reason": WITHHELD["reason"],
        "content_sha256": sheet.sha256,
    }


def test_没有不公开事项的不登记备案(driver):
    approve(driver, withheld=[])
    assert entries(driver, "bugongkai") == []
    assert len(entries(driver, "mulu-shending")) == len(DRAFT["entries"])


@pytest.mark.clause("P000-01 §1")
def test_第一条_审核和审定的人不能改动目录(driver):
    draft(driver)
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete("审核公开内容目录", as_="王芳", form={**AGREE, "entries": [LATER]})
