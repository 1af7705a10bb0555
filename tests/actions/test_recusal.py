"""Recusal (回避): whom a matter concerns does not work on it, whoever they are and whoever acts for them."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors


def decided(recused):
    return p.line(
        s.user("name", name="确定当事人", camunda_formKey="demo/parties"),
        s.user("decide", name="作出决定", props=s.properties(clause=s.CLAUSE, recused=recused)),
        ids=("name", "decide"),
    )


FORMS = {"parties": p.schema(party=p.text())}


def test_who_is_concerned_does_not_decide(drive):
    driver = drive(main=decided("${party}"), forms=FORMS)
    driver.start("main", as_="zhangsan")
    driver.complete("确定当事人", as_="zhangsan", form={"party": "lisi"})

    for act in (driver.claim, driver.complete):
        with driver.refused("当事人应当回避", errors.Forbidden):
            act("作出决定", as_="lisi")
    driver.complete("作出决定", as_="zhangsan")


def test_several_may_be_concerned(drive):
    driver = drive(main=decided("${[party, 'zhangsan']}"), forms=FORMS)
    driver.start("main", as_="zhangsan")
    driver.complete("确定当事人", as_="zhangsan", form={"party": "lisi"})
    for who in ("zhangsan", "lisi"):
        with driver.refused("当事人应当回避", errors.Forbidden):
            driver.complete("作出决定", as_=who)


@pytest.mark.parametrize("recused", ["${party}, zhangsan", "${[party, 'zhangsan', get('nobody')]}"])
def test_several_may_be_named_in_either_way(drive, recused):
    driver = drive(main=decided(recused), forms=FORMS)
    driver.start("main", as_="zhangsan")
    driver.complete("确定当事人", as_="zhangsan", form={"party": "lisi"})
    for who in ("zhangsan", "lisi"):
        with driver.refused("当事人应当回避", errors.Forbidden):
            driver.complete("作出决定", as_=who)


def test_nobody_is_concerned(drive):
    driver = drive(main=decided("${get('nobody')}"), forms=FORMS)
    driver.start("main", as_="zhangsan")
    driver.complete("确定当事人", as_="zhangsan", form={"party": "lisi"})
    driver.complete("作出决定", as_="lisi")


def test_who_is_concerned_is_not_given_the_task_either(drive):
    driver = drive(main=decided("${party}"), forms=FORMS)
    driver.start("main", as_="zhangsan")
    driver.complete("确定当事人", as_="zhangsan", form={"party": "lisi"})
    driver.claim("作出决定", as_="zhangsan")
    with driver.refused("当事人应当回避", errors.Forbidden):
        driver.delegate("作出决定", to="lisi", as_="zhangsan")


def test_a_rule_that_cannot_be_read_is_refused_at_deployment(drive):
    with pytest.raises(errors.GongkaiError) as refusal:
        drive(main=decided("${party &&}"), forms=FORMS)
    assert "recused" in str(refusal.value.details) + refusal.value.message
