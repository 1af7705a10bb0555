"""`leadsTo`: the page of a case that has ended offers what comes next, to who may start it."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import case_view, deployments

FORMS = {"form": p.schema(audience=p.text())}


def procedures(leads_to="${'next' if audience == 'society' else ''}", **started_by):
    end = s.end(inner=s.extensions(s.properties(clause=s.CLAUSE, leadsTo=leads_to)))
    first = p.diagram(
        s.start(), s.user("fill", name="填写", camunda_formKey="demo/form"), end, s.path("start", "fill", "end")
    )
    following = p.line(s.user("check"), ids=("check",), id="next", name="后续事项", **started_by)
    return {"main": first, "following": following}


def offered(driver, who):
    view = case_view.view(driver.engine, driver.case().id, driver.user(who))
    return [(each.key, each.name) for each in view.leads_to]


def test_what_comes_next_is_offered_when_the_case_has_ended(drive):
    driver = drive(forms=FORMS, **procedures())
    driver.start("main", as_="zhangsan")
    assert offered(driver, "zhangsan") == []
    driver.complete("填写", as_="zhangsan", form={"audience": "society"})
    assert offered(driver, "zhangsan") == [("next", "后续事项")]


def test_who_may_not_start_it_is_not_offered_it(drive):
    driver = drive(forms=FORMS, **procedures(camunda_candidateStarterGroups="chief"))
    driver.start("main", as_="zhangsan")
    driver.complete("填写", as_="zhangsan", form={"audience": "society"})
    assert offered(driver, "zhangsan") == []
    assert offered(driver, "admin") == [("next", "后续事项")]


@pytest.mark.parametrize("leads_to", ["${'next' if audience == 'society' else ''}", "unknown", "${missing}"])
def test_nothing_is_offered_where_nothing_is_named_or_it_cannot_be_told(drive, leads_to):
    driver = drive(forms=FORMS, **procedures(leads_to))
    driver.start("main", as_="zhangsan")
    driver.complete("填写", as_="zhangsan", form={"audience": "internal"})
    assert offered(driver, "zhangsan") == []


def warned(driver):
    found = deployments.check(driver.engine, "demo")
    return [(each.rule, each.found) for each in found if each.rule in ("leads-to", "called-starter")]


def test_the_check_tells_of_a_procedure_that_is_not_there(drive):
    driver = drive(forms=FORMS, **procedures("${'nexT' if audience == 'society' else ''}"))
    assert warned(driver) == [("leads-to", "“nexT”")]
    p.write(driver.engine.packs.roots[0], procedures())
    assert warned(driver) == []


def test_a_case_may_lead_to_a_procedure_of_another_pack(drive, tmp_path):
    there = p.line(s.user("a"), ids=("a",), id="elsewhere")
    p.write(tmp_path / "packs", {"there": there}, slug="second")
    assert warned(drive(forms=FORMS, **procedures("elsewhere"))) == []


def test_the_check_tells_of_a_called_procedure_that_anybody_in_its_lane_may_start(drive):
    call = s.task("callActivity", "call", calledElement="part")
    diagrams = {
        "main": p.line(call, ids=("call",)),
        "part": p.line(s.user("a"), ids=("a",), id="part", camunda_candidateStarterGroups=""),
    }
    assert warned(drive(**diagrams)) == [("called-starter", "都没有")]


def carrying(carries="${dict(subject=audience, missing=get('nothing'))}"):
    end = s.properties(clause=s.CLAUSE, leadsTo="next", carries=carries)
    first = p.diagram(
        s.start(),
        s.user("fill", name="填写", camunda_formKey="demo/form"),
        s.end(inner=s.extensions(end)),
        s.path("start", "fill", "end"),
    )
    return {
        "main": first,
        "following": p.line(s.user("check"), ids=("check",), id="next", name="后续事项"),
        "other": p.line(s.user("look"), ids=("look",), id="other", name="无关的事项"),
    }


def test_what_the_end_says_goes_along_and_the_two_are_linked(drive):
    driver = drive(forms=FORMS, **carrying())
    first = driver.start("main", as_="zhangsan")
    driver.complete("填写", as_="zhangsan", form={"audience": "society"})
    second = driver.start("next", as_="zhangsan", follows=first.id)
    assert driver.variables(second) == {"subject": "society", "missing": None}
    view = case_view.view(driver.engine, second.id, driver.user("zhangsan"))
    assert [each.id for each in view.links] == [first.id]


def test_nothing_goes_along_before_the_end_or_to_what_the_end_does_not_name(drive):
    driver = drive(forms=FORMS, **carrying())
    first = driver.start("main", as_="zhangsan")
    assert driver.variables(driver.start("next", as_="zhangsan", follows=first.id)) == {}
    driver.complete("填写", as_="zhangsan", form={"audience": "society"}, case=first)
    assert driver.variables(driver.start("other", as_="zhangsan", follows=first.id)) == {}


def test_an_operator_s_own_variables_win_and_what_cannot_be_told_is_left_out(drive):
    driver = drive(forms=FORMS, **carrying())
    first = driver.start("main", as_="zhangsan")
    driver.complete("填写", as_="zhangsan", form={"audience": "society"})
    second = driver.start("next", as_="admin", follows=first.id, variables={"subject": "internal"})
    assert driver.variables(second)["subject"] == "internal"
    driver = drive(forms=FORMS, **carrying("${dict(subject=unknown)}"))
    first = driver.start("main", as_="zhangsan")
    driver.complete("填写", as_="zhangsan", form={"audience": "society"})
    assert driver.variables(driver.start("next", as_="zhangsan", follows=first.id)) == {}


def test_what_stands_there_has_to_be_an_expression(drive):
    with pytest.raises(errors.InvalidDiagram, match="carries"):
        drive(forms=FORMS, **carrying("${dict(}"))
