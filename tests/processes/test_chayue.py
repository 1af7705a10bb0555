"""P000-20 信息查阅: three reading points, guidance, free of charge, suggestions registered and handled (§41–43)."""

from __future__ import annotations

import json

import pytest
from left_behind import entries

from engine import catalog, config, errors, testing
from engine.actions import checking, taking_part
from engine.store import queries

VISIT = {"point": "second", "visitor": "张先生", "sought": "公共资源交易目录"}
SERVED = {"guidance": "指引至自助查询机，协助检索并打印", "provided": "provided", "has_suggestion": False}
SUGGESTED = {"has_suggestion": True, "suggestion_kind": "suggestion", "suggestion": "建议增设老花镜"}
SENT = {"point": "third", "suggestion_kind": "opinion", "suggestion": "中午无人值守", "contact": "13800138000"}
HANDLED = {"suggestion_use": "adopted", "suggestion_handling": "三处查阅点均已配备老花镜"}
POINTS = {"first": "第一查阅点", "second": "第二查阅点", "third": "第三查阅点"}

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=["registers.append"])


def visit(driver, **changes):
    driver.start("chayue", as_="许丽")
    driver.complete("登记查阅", as_="许丽", form={**VISIT, **changes})


def serve(driver, **changes):
    visit(driver)
    driver.complete("帮助指导查阅", as_="许丽", form={**SERVED, **changes})


def names(driver):
    return [task.name for task in driver.tasks()]


# --- 第四十一条: three reading points --------------------------------------------------------------------------------------


@pytest.mark.clause("P000-20 §41")
def test_第四十一条_查阅点恰为三处_各表单和门户上的一致():
    found = {
        name: [(each.value, each.label) for each in field.options]
        for name, form in CHECKED.forms.items()
        for field in form.fields
        if field.name == "point" and "/chayue-" in name
    }
    assert {name.partition("/")[2] for name in found} == {
        "chayue-dengji",
        "chayue-zhidao",
        "chayue-jianyi",
        "chayue-banli",
        "chayue-zicha",
        "chayue-gaijin",
    }
    assert all(points == list(POINTS.items()) for points in found.values())
    assert [(each.id, each.name) for each in PACK.info.places.places] == list(POINTS.items())
    assert all(each.contact.address and each.contact.hours for each in PACK.info.places.places)


@pytest.mark.clause("P000-20 §41")
@pytest.mark.parametrize("point", POINTS)
def test_第四十一条_任何一处都可以查阅(driver, point):
    visit(driver, point=point)
    driver.complete("帮助指导查阅", as_="许丽", form=SERVED)
    assert entries(driver, "chayue")[0].values["point"] == POINTS[point]


@pytest.mark.clause("P000-20 §41")
def test_第四十一条_没有第四处(driver):
    driver.start("chayue", as_="许丽")
    with driver.refused("第一查阅点", errors.InvalidForm):
        driver.complete("登记查阅", as_="许丽", form={**VISIT, "point": "fourth"})


# --- 第四十二条: guidance, registration, suggestions -----------------------------------------------------------------------


@pytest.mark.clause("P000-20 §42")
def test_第四十二条_帮助指导后登入台账_查阅完毕(driver):
    serve(driver)
    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_wanbi")
    (entry,) = entries(driver)
    today = driver.now.astimezone(testing.SHANGHAI).date().isoformat()
    assert entry.values == {
        "visited_on": today,
        "point": "第二查阅点",
        "visitor": "张先生",
        "sought": VISIT["sought"],
        "guidance": SERVED["guidance"],
        "result": "已提供查阅",
        "fee": 0,
    }


@pytest.mark.clause("P000-20 §42")
def test_第四十二条_不愿留名的照样可以查阅(driver):
    visit(driver, visitor="")
    driver.complete("帮助指导查阅", as_="许丽", form=SERVED)
    assert "visitor" not in entries(driver)[0].values


@pytest.mark.clause("P000-20 §42")
@pytest.mark.parametrize("provided", ["partly", "absent"])
def test_第四十二条_查阅点没有的要指引从哪里获取(driver, provided):
    visit(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("帮助指导查阅", as_="许丽", form={**SERVED, "provided": provided})
    driver.complete("帮助指导查阅", as_="许丽", form={**SERVED, "provided": provided, "referral": "可向市档案馆查询"})
    assert entries(driver)[0].values["referral"] == "可向市档案馆查询"


@pytest.mark.clause("P000-20 §42")
def test_第四十二条_没有写明帮助指导情况的不能办结(driver):
    visit(driver)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("帮助指导查阅", as_="许丽", form={key: SERVED[key] for key in SERVED if key != "guidance"})


@pytest.mark.clause("P000-20 §42")
@pytest.mark.parametrize("missing", ["suggestion", "suggestion_kind"])
def test_第四十二条_有建议意见的要登记清楚(driver, missing):
    visit(driver)
    with driver.refused("必填", errors.InvalidForm):
        form = {**SERVED, **SUGGESTED}
        driver.complete("帮助指导查阅", as_="许丽", form={key: form[key] for key in form if key != missing})


@pytest.mark.clause("P000-20 §42")
@pytest.mark.parametrize(("use", "outcome"), [("adopted", "采纳，改进工作"), ("noted", "留作参考")])
def test_第四十二条_建议意见登记后转综合处办理_原记录不动(driver, use, outcome):
    serve(driver, **SUGGESTED)
    assert names(driver) == ["办理建议、意见"]
    (registered,) = entries(driver, "jianyi")
    assert (registered.values["content"], registered.values["kind"]) == ("建议增设老花镜", "建议")
    assert "outcome" not in registered.values

    driver.advance(days=1)
    driver.complete("办理建议、意见", as_="陈静", form={**HANDLED, "suggestion_use": use})

    assert (driver.status(), driver.path()[-1]) == ("completed", "Event_yibanli")
    first, second = entries(driver, "jianyi")
    assert first == registered
    assert (second.corrects, second.values["outcome"]) == (first.id, outcome)
    assert second.values["received_on"] == first.values["received_on"] < second.values["handled_on"]
    assert second.serial == first.serial + 1


@pytest.mark.clause("P000-20 §42")
def test_第四十二条_网上的建议意见登入同一本登记簿_联系方式不入册(driver):
    driver.start_by_message("查阅建议意见", as_="admin", form=SENT)
    driver.run()
    assert names(driver) == ["办理建议、意见"]
    (registered,) = entries(driver)
    assert (registered.register, registered.values["point"], registered.values["kind"]) == (
        "jianyi",
        "第三查阅点",
        "意见",
    )
    assert SENT["contact"] not in json.dumps(dict(registered.values))
    driver.complete("办理建议、意见", as_="刘洋", form={**HANDLED, "suggestion_use": "noted"})
    assert driver.status() == "completed"


def test_网上提建议意见的人凭查询码知道已经登记和处理的结果(driver):
    (service,) = (each for each in taking_part.services(driver.engine) if each.key == "chayue")
    mine = taking_part.start(driver.engine, "chayue", service.way.element_id, SENT, page_key="b" * 32)
    driver.run()
    with driver.engine.store.read() as uow:
        case = max(row.instance.id for row in queries.instances(uow, definition_key="chayue").items)
    assert [each.text for each in taking_part.track(driver.engine, mine.code).told] == [
        "您的建议、意见已经登记，由综合处办理。"
    ]
    driver.complete("办理建议、意见", as_="刘洋", form={**HANDLED, "suggestion_use": "noted"}, case=case)
    newest, _ = taking_part.track(driver.engine, mine.code).told
    assert newest.text.endswith("已经办理：留作参考。")
    assert HANDLED["suggestion_handling"] not in newest.text


@pytest.mark.clause("P000-20 §42")
def test_第四十二条_不能没有内容地办结建议意见(driver):
    serve(driver, **SUGGESTED)
    with driver.refused("必填", errors.InvalidForm):
        driver.complete("办理建议、意见", as_="陈静", form={"suggestion_use": "adopted"})


# --- 第四十三条: free of charge -------------------------------------------------------------------------------------------


@pytest.mark.clause("P000-20 §43")
@pytest.mark.parametrize("key", ["fee", "charge"])
def test_第四十三条_收费无处可填(driver, key):
    driver.start("chayue", as_="许丽")
    with driver.refused("表单中没有此项", errors.InvalidForm):
        driver.complete("登记查阅", as_="许丽", form={**VISIT, key: 5})
    driver.complete("登记查阅", as_="许丽", form=VISIT)
    with driver.refused("表单中没有此项", errors.InvalidForm):
        driver.complete("帮助指导查阅", as_="许丽", form={**SERVED, key: 5})
    driver.complete("帮助指导查阅", as_="许丽", form=SERVED)
    assert entries(driver)[0].values["fee"] == 0


@pytest.mark.clause("P000-20 §43")
def test_第四十三条_哪一张表单都没有收费的项目():
    fields = {
        field.name
        for name, form in CHECKED.forms.items()
        if "/chayue-" in name
        for field in form.fields
        if any(word in f"{field.name}{field.label}" for word in ("fee", "price", "charge", "费", "价"))
    }
    assert fields == {"free_kept"}  # that nothing was charged


@pytest.mark.clause("P000-20 §43")
def test_第四十三条_运维改了变量_台账上的收费仍为零(driver):
    visit(driver)
    driver.set_variables({"fee": 20})
    driver.complete("帮助指导查阅", as_="许丽", form=SERVED)
    assert entries(driver)[0].values["fee"] == 0


# --- who does what, and the model itself ----------------------------------------------------------------------------------


@pytest.mark.clause("P000-20 §42(三)", "P000-20 §42(四)")
def test_查阅由接待的工作人员登记_建议由综合处办理(driver):
    for who in ("张三", "陈静", "周明", "宋涛"):
        with driver.refused("不能发起", errors.Forbidden):
            driver.start("chayue", as_=who)
    visit(driver)
    with driver.refused("不能办理任务", errors.Forbidden):
        driver.complete("帮助指导查阅", as_="陈静", form=SERVED)
    driver.complete("帮助指导查阅", as_="许丽", form={**SERVED, **SUGGESTED})
    for who in ("许丽", "张三", "周明"):
        with driver.refused("不能办理", errors.Forbidden):
            driver.complete("办理建议、意见", as_=who, form=HANDLED)


def test_公众只能提出建议意见_看不到办理内容():
    _, process = CHECKED.processes["chayue"]
    public = [each for each in process.elements.values() if each.properties.get("public") == "true"]
    assert [(each.id, each.form_key) for each in public] == [("Event_wangshangjianyi", "shizhengwuban/chayue-jianyi")]
    fields = {field.name for field in CHECKED.forms["shizhengwuban/chayue-jianyi"].fields}
    assert fields == {"point", "suggestion_kind", "suggestion", "visitor", "contact"}


def test_every_element_says_which_clause_it_carries_out():
    file, process = CHECKED.processes["chayue"]
    assert [each.sentence() for each in CHECKED.findings if each.file == file.path] == []
    assert {element.id for element in process.elements.values() if not element.clause} == set()
    articles = {part for each in process.elements.values() for part in each.clause.split(";")}
    assert {each.partition(" ")[0] for each in articles} == {"P000-20"}
    assert {each.partition("§")[2][:2] for each in articles} == {"41", "42", "43"}
