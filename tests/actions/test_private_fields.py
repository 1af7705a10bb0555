"""Personal data in forms (`x-private`): who reads it, and that nobody else does, by whichever door they come."""

from __future__ import annotations

import hashlib
import json

import packbuilder as p
import pytest
import snippets as s

from engine import errors, forms
from engine.actions import case_view, countersigning, oversight, search, task_view
from engine.model import commands
from engine.model import cooperation as model

PHONE, IDENTITY, SPOUSE = "13800138000", "011234", "13900139000"
MONITOR = commands.Actor("duban", monitor=True)
ARCHIVIST = commands.Actor("zhaoliu", roles=frozenset({"archive"}), monitor=True)
ROLES = {"clerk": "综合处", "chief": "领导小组", "archive": "档案室"}
PRIVATE = {
    "name": p.text(title="姓名"),
    "phone": p.text(title="联系方式", **{"x-private": True}),
    "identity": p.text(title="证件号码", **{"x-private": ["archive"]}),
    "family": {
        "type": "array",
        "title": "同行人",
        "items": {
            "type": "object",
            "properties": {
                "called": p.text(title="称呼"),
                "phone": p.text(title="电话", **{"x-private": True}),
            },
        },
    },
}
SCRIPT = "<script>gathered = [{'ticket': 1, 'contact': phone}]</script>"
FORMS = {
    "register": p.schema(**PRIVATE),
    # The same variable, not marked here: it is private all the same.
    "inform": {
        "type": "object",
        "properties": {"phone": p.text(title="联系方式"), "note": p.text(title="备注")},
    },
    "decide": {"type": "object", "properties": {"verdict": p.text(title="结论")}},
}
APPLICATION = {
    "name": "何先生",
    "phone": PHONE,
    "identity": IDENTITY,
    "family": [{"called": "配偶", "phone": SPOUSE}],
}


def diagram() -> bytes:
    """A clerk registers somebody, another clerk informs them, the chief decides without seeing how to reach them."""
    return p.diagram(
        s.start(),
        s.user("register", name="登记", camunda_formKey="demo/register"),
        s.task("scriptTask", "gather", SCRIPT, scriptFormat="python", name="汇总"),
        s.user("decide", name="决定", camunda_formKey="demo/decide", camunda_candidateGroups="chief"),
        s.user("inform", name="告知", camunda_formKey="demo/inform"),
        s.end(),
        s.path("start", "register", "gather", "decide", "inform", "end"),
    )


@pytest.fixture
def driver(drive):
    driver = drive(main=diagram(), forms=FORMS, roles=ROLES)
    driver.start("main", as_="zhangsan")
    driver.complete("register", as_="lisi", form=APPLICATION)
    return driver


def shown(driver, who):
    """Everything that somebody reads on the page of the case."""
    view = case_view.view(driver.engine, driver.case().id, who if not isinstance(who, str) else driver.user(who))
    return str((view.values, view.opinions, view.timeline, view.files))


def of_task(driver, task_id, who):
    """Everything that somebody reads on the page of a task."""
    view = task_view.view(driver.engine, task_id, driver.user(who) if isinstance(who, str) else who)
    return str((view.values, view.variables, view.summary, view.opinions, view.task.draft))


@pytest.mark.parametrize("who", ["zhangsan", "wangwu", "admin", MONITOR])
def test_the_case_shows_personal_data_neither_to_colleagues_nor_to_chiefs_monitors_and_administrators(driver, who):
    text = shown(driver, who)
    assert "何先生" in text and "配偶" in text and forms.MASK in text
    assert not [each for each in (PHONE, IDENTITY, SPOUSE) if each in text]


def test_who_submitted_it_reads_it_where_they_submitted_it(driver):
    view = case_view.view(driver.engine, driver.case().id, driver.user("lisi"))
    assert PHONE in str(view.opinions) and IDENTITY in str(view.opinions) and SPOUSE in str(view.opinions)
    assert PHONE not in str(view.values)


def test_the_roles_that_the_form_names_read_that_field_alone(driver):
    text = shown(driver, ARCHIVIST)
    assert IDENTITY in text
    assert PHONE not in text and SPOUSE not in text


def test_who_holds_a_task_that_shows_it_reads_it_until_the_task_is_done(driver):
    driver.complete("decide", as_="wangwu", form={"verdict": "同意"})
    offered = driver.task("inform").id
    assert PHONE in of_task(driver, offered, "zhangsan")  # the form of the task that they may do
    assert PHONE not in shown(driver, "zhangsan")
    driver.claim("inform", as_="zhangsan")
    assert PHONE in shown(driver, "zhangsan") and IDENTITY not in shown(driver, "zhangsan")
    assert PHONE not in of_task(driver, offered, "wangwu") and PHONE not in of_task(driver, offered, MONITOR)
    driver.complete("inform", as_="zhangsan", form={"note": "已告知"})
    assert PHONE not in shown(driver, "zhangsan")


def test_the_page_of_another_task_does_not_show_it(driver):
    for who in ("wangwu", "zhangsan", MONITOR):
        view = task_view.view(driver.engine, driver.task("decide").id, driver.user(who) if who != MONITOR else who)
        assert PHONE not in str((view.values, view.summary, view.opinions))
    done = next(each for each in case_view.view(driver.engine, driver.case().id, MONITOR).opinions).task_id
    assert PHONE not in of_task(driver, done, "zhangsan") and PHONE not in of_task(driver, done, "admin")
    assert PHONE in of_task(driver, done, "lisi")


def test_who_is_asked_to_countersign_does_not_read_it(driver):
    driver.complete("decide", as_="wangwu", form={"verdict": "同意"})
    task = driver.claim("inform", as_="zhangsan")
    kind = model.CountersignKind.BEFORE
    countersigning.countersign(driver.engine, task.id, kind, ["wangwu"], driver.user("zhangsan"))
    assert PHONE not in of_task(driver, task.id, "wangwu")


@pytest.mark.parametrize("words", [PHONE, IDENTITY, SPOUSE])
def test_nobody_finds_it_by_searching(driver, words):
    driver.run()
    for who in ("lisi", "zhangsan", "admin"):
        assert not list(search.find(driver.engine, driver.user(who), words))
    assert list(search.find(driver.engine, driver.user("lisi"), "何先生"))


def test_the_variables_of_operators_hide_it_under_whatever_name(driver):
    values = oversight.variables(driver.engine, driver.case().id, driver.user("admin")).values
    assert values["name"] == "何先生" and values["phone"] == forms.MASK
    assert values["gathered"] == [{"ticket": 1, "contact": forms.MASK}]
    assert values["family"] == [{"called": "配偶", "phone": forms.MASK}]
    assert PHONE not in json.dumps(values)


def test_changing_it_as_an_operator_leaves_nothing_of_it_in_the_trail(driver):
    driver.set_variables({"phone": "13700137000", "name": "何先生"})
    driver.set_variables({"gathered": [{"ticket": 2, "contact": "13700137000"}]})
    driver.set_variables(
        {"family": [{"called": "配偶", "phone": "13600136000"}], "extra": {"who": {"tel": "13500135000"}}}
    )
    changes = {}
    for each in driver.audit():
        if each.action == "set-variables":
            changes |= each.details["changes"]
    noted = json.dumps(changes, ensure_ascii=False)
    for number in (PHONE, SPOUSE, "13700137000", "13600136000", "13500135000"):
        assert number not in noted and hashlib.sha256(json.dumps(number).encode()).hexdigest() not in noted
    for name in ("phone", "gathered", "family"):
        assert changes[name] == {"old": forms.MASK, "new": forms.MASK}
    assert changes["extra"] == {"old": None, "new": forms.MASK}
    assert changes["name"] == {"old": "何先生", "new": "何先生"}


@pytest.mark.parametrize("wrong", [False, [], "clerk", [1], {}])
def test_a_form_says_true_or_names_roles(drive, wrong):
    driver = drive(main=diagram(), forms=FORMS, roles=ROLES)
    data = {"id": "demo/x", "title": "x", "schema": p.schema(phone=p.text(**{"x-private": wrong}))}
    with pytest.raises(errors.InvalidFormDefinition) as caught:
        forms.parse(json.dumps(data).encode(), "forms/demo/x.json")
    assert [each.rule for each in caught.value.details["findings"]] == ["private"]
    assert driver
