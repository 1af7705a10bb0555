"""Searching: every word, by pairs of characters, among what somebody may see, a moment behind."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import search
from engine.model import commands
from engine.store import counting, search_index

FORMS = {
    "apply": p.schema(subject=p.text(title="信息名称"), secret=p.text(title="内部备注")),
}


@pytest.fixture
def driver(drive):
    rights = s.properties(clause=s.CLAUSE, fieldRights="secret:hide,subject:read")
    check = s.user("check", name="审核申请", props=rights, camunda_formKey="demo/apply")
    decide = s.user("decide", name="批准发布", camunda_candidateGroups="chief")
    named = s.extensions(s.properties(caseTitle="${subject}", businessKey="公开〔{year}〕{n}号"))
    return drive(
        main=p.diagram(
            named,
            s.start(camunda_formKey="demo/apply"),
            check,
            decide,
            s.end(),
            s.path("start", "check", "decide", "end"),
        ),
        forms=FORMS,
    )


def begin(driver, subject, secret="无"):
    return driver.start("main", as_="zhangsan", form={"subject": subject, "secret": secret}).id


def found(driver, who, text, **place):
    return [hit.case.id for hit in search.find(driver.engine, driver.user(who), text, **place)]


def test_cases_are_found_by_every_word_wherever_it_stands(driver):
    first, second = begin(driver, "停车收费标准"), begin(driver, "办事指南 ISO9001")
    assert found(driver, "zhangsan", "收费") == [first]
    assert found(driver, "zhangsan", "收费标准") == [first]
    assert found(driver, "zhangsan", "标准收费") == []
    assert found(driver, "zhangsan", "公开申请审核") == [second, first]
    assert found(driver, "zhangsan", "审核 指南") == [second]
    assert found(driver, "zhangsan", "公开〔2026〕1号") == [first]
    assert found(driver, "zhangsan", "iso90") == [second]
    assert found(driver, "zhangsan", "ＩＳＯ9001") == [second]
    assert found(driver, "zhangsan", "so9001") == []
    assert found(driver, "zhangsan", "100%") == []


def test_what_happens_later_is_found_too_and_what_was_replaced_is_not(driver):
    case = begin(driver, "停车收费标准")
    assert found(driver, "zhangsan", "批准发布") == []
    driver.comment("请附听证笔录", as_="lisi")
    driver.run()
    assert found(driver, "zhangsan", "听证笔录") == [case]
    driver.complete("check", as_="lisi", form={})
    assert found(driver, "zhangsan", "批准发布") == [case]
    driver.set_variables({"subject": "窗口服务时间"})
    assert found(driver, "zhangsan", "服务时间") == [case]
    assert found(driver, "zhangsan", "停车收费") == []


def test_a_character_that_no_column_keeps_does_not_hold_the_index_up(driver):
    case = begin(driver, "停车收费标准")
    assert search_index.plain("停车\0收费") == "停车 收费"
    assert found(driver, "zhangsan", "停车\0收费") == [case]


def test_only_what_somebody_may_see_is_found(driver):
    case = begin(driver, "停车收费标准")
    assert found(driver, "lisi", "停车") == [case]
    assert found(driver, "wangwu", "停车") == []
    assert found(driver, commands.Actor("fremd"), "停车") == []
    assert found(driver, commands.Actor("fremd", acting_for=(driver.user("zhangsan"),)), "停车") == [case]
    assert found(driver, commands.Actor("duban", monitor=True), "停车") == [case]
    assert found(driver, "admin", "停车") == [case]
    driver.complete("check", as_="lisi", form={})
    assert found(driver, "wangwu", "停车") == [case]


def test_a_field_that_some_task_hides_is_found_by_nobody(driver):
    begin(driver, "停车收费标准", secret="举报人张某")
    for who in ("zhangsan", "lisi", "admin"):
        assert found(driver, who, "举报人") == []


def test_hits_say_where_the_words_stand(driver):
    begin(driver, "停车收费标准")
    (hit,) = search.find(driver.engine, driver.user("lisi"), "收费")
    assert hit.excerpt == (("信息名称:停车", False), ("收费", True), ("标准", False))
    (hit,) = search.find(driver.engine, driver.user("lisi"), "申请审核")
    assert hit.excerpt == (("公开", False), ("申请审核", True))
    assert [task.name for task in hit.case.tasks] == ["审核申请"]


@pytest.mark.parametrize("text", ["", " ", "公", "a", "《》", "x" * 101, "公 开"])
def test_too_little_and_too_much_is_refused(driver, text):
    with pytest.raises(errors.InvalidInput, match="检索词"):
        search.find(driver.engine, driver.user("lisi"), text)


def test_pages_go_forwards_and_backwards_and_cost_the_same(driver):
    cases = [begin(driver, f"收费标准{number}") for number in range(7)]
    engine, li = driver.engine, driver.user("lisi")
    first = search.find(engine, li, "收费标准", limit=3)
    with counting.counted(engine.store) as few:
        second = search.find(engine, li, "收费标准", limit=3, after=first.after)
    third = search.find(engine, li, "收费标准", limit=3, after=second.after)
    shown = [hit.case.id for page in (first, second, third) for hit in page]
    assert shown == cases[::-1]
    assert third.after is None
    back = search.find(engine, li, "收费标准", limit=3, before=third.before)
    assert [hit.case.id for hit in back] == [hit.case.id for hit in second]
    with counting.counted(engine.store) as many:
        search.find(engine, li, "收费标准", limit=100)
    assert few.statements == many.statements <= 4


def test_an_index_that_is_up_to_date_costs_one_look(driver):
    begin(driver, "停车收费标准")
    with counting.counted(driver.engine.store) as count:
        assert search.index_pending(driver.engine) == 0
    assert (count.statements, count.commits) == (1, 0)


def test_everything_can_be_indexed_again_from_the_trail(driver):
    case = begin(driver, "停车收费标准")
    with driver.engine.store.write() as uow:
        for sql in (
            "DELETE FROM label_grams",
            "DELETE FROM search_grams",
            "DELETE FROM search_documents",
            "DELETE FROM search_readers",
        ):
            uow.link.driver(sql)
        uow.link.driver("UPDATE feeds SET position = 0 WHERE name = 'search'")
    assert found(driver, "lisi", "停车") == []
    while search.index_pending(driver.engine, limit=1):
        pass
    assert found(driver, "lisi", "停车") == [case]
