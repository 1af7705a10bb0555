"""P000-05 规范性文件的公开属性: opinion, review and final decision by three people (§5)."""

from __future__ import annotations

import pytest
from guifanxing_case import AGREE, OBJECT, PAPER, PUBLISH, REFUSE, WITHHOLD, draft, issue, review
from left_behind import documents, entries, publications

from engine import errors
from engine.actions import previews
from handlers import publications as publishing

LAST = "核发文件并决定公开属性"
MIDDLE = "复核文件的公开性"


def names(driver):
    return [task.name for task in driver.tasks()]


# --- the three levels ----------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-05 §5")
def test_第五条_草拟_复核_核发三道环节决定公开(driver):
    issue(driver)

    assert driver.status() == "completed"
    assert driver.path() == [
        *("Event_zhifa", "Task_nigao", "Task_guding", "Task_fuhe", "Task_hefa", "Task_nigaodan"),
        *("Gateway_gongkai", "Task_mulu", "Event_gongkai"),
    ]
    found = driver.variables()
    signed = [found[f"{level}_signature"]["person"] for level in ("unit", "office", "group")]
    assert signed == ["zhangsan", "chenjing", "zhouming"]
    assert (found["final_attribute"], found["office_proposal"]) == ("publish", "publish")
    (entry,) = entries(driver)
    assert (entry.register, entry.values["source"], entry.values["name"]) == (
        "mulu-shending",
        "规范性文件核发",
        PAPER["title"],
    )
    assert publications(driver) == []  # the document itself is released by 统一发布


@pytest.mark.clause("P000-05 §5")
def test_第五条_决定不公开的登记备案并写明依据和理由(driver):
    issue(driver, REFUSE, **WITHHOLD)

    assert driver.path()[-2:] == ["Task_beian", "Event_bugongkai"]
    (entry,) = entries(driver)
    assert entry.register == "bugongkai"
    assert (entry.values["ground"], entry.values["reason"]) == ("涉及商业秘密", REFUSE["final_reason"])
    item = {key: PAPER[key] for key in ("title", "summary", "content")}
    wanted = publishing.content_sha256({**item, "attachments": [], "basis": None})
    assert entry.values["content_sha256"] == wanted


@pytest.mark.clause("P000-05 §5")
@pytest.mark.parametrize("final", [PUBLISH, REFUSE], ids=["publish", "withhold"])
@pytest.mark.parametrize("office", [AGREE, OBJECT], ids=["agree", "object"])
@pytest.mark.parametrize("unit", [{}, WITHHOLD], ids=["publish", "withhold"])
def test_第五条_无论前两级意见如何_领导小组最终决定(driver, unit, office, final):
    issue(driver, final, office, **unit)
    wanted = "Event_gongkai" if final is PUBLISH else "Event_bugongkai"
    assert driver.path()[-1] == wanted
    assert driver.variables()["final_attribute"] == final["final_attribute"]


@pytest.mark.clause("P000-05 §5")
def test_第五条_有异议的不退回_连同明确意见送核发(driver):
    review(driver, OBJECT)
    assert names(driver) == [LAST]
    found = driver.variables()
    assert (found["office_verdict"], found["office_proposal"], found["office_opinion"]) == (
        "object",
        "withhold",
        OBJECT["office_opinion"],
    )
    assert found["unit_opinion"] == "publish"  # what the unit said stays as it was


# --- reasons -------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-05 §5")
@pytest.mark.parametrize(("missing", "why"), [("unit_ground", "应注明依据"), ("unit_reason", "应注明原因")])
def test_第五条_认为不应公开的要注明依据和原因(driver, missing, why):
    with driver.refused(why, errors.InvalidForm):
        draft(driver, **{key: value for key, value in WITHHOLD.items() if key != missing})


@pytest.mark.clause("P000-05 §5")
@pytest.mark.parametrize("missing", ["office_proposal", "office_opinion"])
def test_第五条_有异议的应提出明确意见(driver, missing):
    draft(driver)
    with driver.refused("有异议的", errors.InvalidForm):
        driver.complete(MIDDLE, as_="陈静", form={key: OBJECT[key] for key in OBJECT if key != missing})


@pytest.mark.clause("P000-05 §5")
@pytest.mark.parametrize("missing", ["final_ground", "final_reason"])
def test_第五条_决定不公开的应注明依据和理由(driver, missing):
    review(driver)
    with driver.refused("决定不公开的", errors.InvalidForm):
        driver.complete(LAST, as_="周明", form={key: REFUSE[key] for key in REFUSE if key != missing})


@pytest.mark.clause("P000-05 §5")
@pytest.mark.parametrize("missing", ["unit_opinion", "unit_signed", "title", "summary"])
def test_第五条_拟稿时主动提出是否公开的意见并签字(driver, missing):
    driver.start("guifanxing", as_="张三")
    with driver.refused("", errors.InvalidForm):
        driver.complete("拟稿并提出公开意见", as_="张三", form={key: PAPER[key] for key in PAPER if key != missing})


@pytest.mark.clause("P000-05 §5")
def test_第五条_没有正文和附件的不能送审(driver):
    driver.start("guifanxing", as_="张三")
    with driver.refused("至少填写一项", errors.InvalidForm):
        driver.complete("拟稿并提出公开意见", as_="张三", form={key: PAPER[key] for key in PAPER if key != "content"})


def test_改为公开的_原先填写的不公开原因不留下(driver):
    draft(driver, **{**WITHHOLD, "unit_opinion": "publish"})
    found = driver.variables()
    assert (found["unit_ground"], found["unit_reason"]) == (None, None)


# --- 第三十六条 ------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-16 §36")
@pytest.mark.parametrize("level", ["secret", "confidential", "top"])
def test_第三十六条_标有密级的任何一级都不能主张公开(driver, level):
    with driver.refused("标有密级的文件不能公开", errors.InvalidForm):
        draft(driver, secrecy_level=level)
    review(driver, secrecy_level=level, **WITHHOLD)
    with driver.refused("标有密级的文件不能公开", errors.InvalidForm):
        driver.complete(LAST, as_="周明", form=PUBLISH)


@pytest.mark.clause("P000-16 §36")
def test_第三十六条_标有密级的复核时不能主张公开(driver):
    draft(driver, secrecy_level="secret", **WITHHOLD)
    with driver.refused("标有密级的文件不能公开", errors.InvalidForm):
        driver.complete(MIDDLE, as_="陈静", form={**OBJECT, "office_proposal": "publish"})


@pytest.mark.clause("P000-16 §36")
def test_第三十六条_标有警示字样的未经批准不能公开(driver):
    with driver.refused("未经批准的文件不能公开", errors.InvalidForm):
        draft(driver, secrecy_level="internal")
    issue(driver, secrecy_level="internal", marked_approval="市政府办公室，市政办函〔2026〕5号")
    assert driver.path()[-1] == "Event_gongkai"


# --- the paper -----------------------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-05 §5")
def test_发文拟稿单载明三级意见和此件公开发布(driver):
    issue(driver, PUBLISH, OBJECT, **WITHHOLD)
    (sheet,) = documents(driver, "guifanxing-nigaodan")
    for said in ("涉及个人隐私", WITHHOLD["unit_reason"], "有异议", OBJECT["office_opinion"], "此件公开发布。", "陈静"):
        assert said in sheet.html
    assert PUBLISH["document_number"] in sheet.html


@pytest.mark.clause("P000-05 §5")
def test_发文拟稿单载明此件不予公开(driver):
    issue(driver, REFUSE)
    (sheet,) = documents(driver)
    assert "此件不予公开。" in sheet.html
    assert REFUSE["final_reason"] in sheet.html


# --- who may -------------------------------------------------------------------------------------------------------------


def preview(driver, task, who, form):
    found = driver.task(task)
    return previews.preview(driver.engine, found.id, driver.user(who), "guifanxing-nigaodan", form).html


@pytest.mark.clause("P000-05 §5")
def test_第五条_每道环节签字以前可以预览发文拟稿单(driver):
    driver.start("guifanxing", as_="张三")
    html = preview(driver, "拟稿并提出公开意见", "张三", {**PAPER, **WITHHOLD})
    for text in ("窗口服务管理办法", "不应公开", "涉及个人隐私：含有服务对象的个人资料", "张三", "待复核", "待核发"):
        assert text in html
    driver.complete("拟稿并提出公开意见", as_="张三", form=PAPER)
    html = preview(driver, MIDDLE, "陈静", OBJECT)
    for text in ("有异议，认为应当不公开", "附表载有企业的商业秘密", "陈静", "待核发"):
        assert text in html
    assert "待复核" not in html
    assert "此件" not in html
    driver.complete(MIDDLE, as_="陈静", form=OBJECT)
    html = preview(driver, LAST, "周明", PUBLISH)
    assert "此件公开发布" in html
    assert "待核发" not in html
    assert documents(driver) == []


@pytest.mark.clause("P000-05 §5")
def test_第五条_三道环节由各自的角色办理(driver):
    for who in ("陈静", "王芳", "周明", "郑建国"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("guifanxing", as_=who)
    draft(driver)
    for who in ("李四", "王芳", "周明", "郑建国", "admin"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(MIDDLE, as_=who, form=AGREE)
    driver.complete(MIDDLE, as_="陈静", form=AGREE)
    for who in ("张三", "王芳", "刘洋", "郑建国", "admin"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete(LAST, as_=who, form=PUBLISH)


@pytest.mark.clause("P000-05 §5")
def test_第五条_提出_复核_最终决定是三个人(driver):
    driver.add_user("sanjian", "三兼", roles=["danwei_jingban", "zonghechu", "lingdaoxiaozu"])
    draft(driver, who="三兼")
    with driver.refused("不能由同一人办理", errors.Forbidden):
        driver.complete(MIDDLE, as_="三兼", form=AGREE)
    driver.complete(MIDDLE, as_="黄伟", form=AGREE)
    for who in ("三兼", "黄伟"):
        with driver.refused("不能由同一人办理", errors.Forbidden):
            driver.complete(LAST, as_=who, form=PUBLISH)


@pytest.mark.clause("P000-05 §5")
@pytest.mark.parametrize("field", ["unit_opinion", "content", "title"])
def test_第五条_复核和核发的人不能改动前面的栏目(driver, field):
    draft(driver)
    with driver.refused("只能查看此项", errors.InvalidForm):
        driver.complete(MIDDLE, as_="陈静", form={**AGREE, field: "withhold"})
