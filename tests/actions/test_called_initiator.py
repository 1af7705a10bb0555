"""Who a called case takes for its initiator: who started the caller, or whom the caller hands in."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

CHILD = p.diagram(
    s.start(camunda_initiator="applicant"),
    s.user("sign", name="签字", camunda_assignee="${applicant}"),
    s.end(),
    s.path("start", "sign", "end"),
    id="child",
)


@pytest.mark.parametrize(
    ("mapping", "expected"),
    [
        ('<camunda:in source="title" target="subject"/>', "zhangsan"),
        ('<camunda:in source="drafter" target="applicant"/>', "lisi"),
        ('<camunda:in sourceExpression="get(\'nobody\')" target="applicant"/>', "zhangsan"),
    ],
    ids=["nobody handed in", "somebody else", "empty"],
)
def test_a_called_case_belongs_to_whom_the_caller_hands_in(drive, mapping, expected):
    call = s.element("callActivity", "call", s.extensions(mapping), name="会签", calledElement="child")
    fill = s.user("fill", name="填报", camunda_formKey="demo/report")
    main = p.diagram(s.start(), fill, call, s.end(), s.path("start", "fill", "call", "end"), id="main")
    driver = drive(main=main, child=CHILD, forms={"report": p.schema(title=p.text(), drafter=p.text())})
    driver.start("main", as_="zhangsan")
    driver.complete("填报", as_="zhangsan", form={"title": "指南", "drafter": "lisi"})
    (child,) = driver.children()
    assert driver.task("签字", case=child).assignee == expected
