"""The models of the hearing themselves: nothing to find for the check, clauses everywhere, one meaning for one name."""

from __future__ import annotations

import json

import pytest

from engine import catalog, config, forms
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=None)
KEYS = ("tingzheng", "tingzheng-linxuan", "tingzheng-hui")
MAIN, CHOOSING, HEARING = (CHECKED.processes[key][1] for key in KEYS)
each_process = pytest.mark.parametrize("process", [MAIN, CHOOSING, HEARING], ids=KEYS)


def clauses(process):
    return {each for element in process.elements.values() if element.clause for each in element.clause.split(";")}


@each_process
def test_检查没有任何发现_包括提醒(process):
    file = CHECKED.processes[process.key][0].path
    assert [each.sentence() for each in CHECKED.findings if each.file == file] == []


@each_process
def test_每个环节都写明条款(process):
    silent = {element.id for element in process.elements.values() if not element.clause}
    assert silent <= {"Gateway_dengji", "Gateway_huihe", "Gateway_yigaozhi"}  # they only join and split


def test_本章各条都有环节办理():
    found = clauses(MAIN) | clauses(CHOOSING) | clauses(HEARING)
    assert {each.partition(" ")[0] for each in found} == {"P000-06", "P000-06a", "P000-06b", "P000-06c", "P000-06d"}
    assert {each.partition("§")[2].partition("(")[0] for each in found} == {"6", "7", "8", "9", "10", "11", "12", "13"}
    assert {"P000-06 §11(一)", "P000-06 §11(二)", "P000-06 §11(三)", "P000-06 §11(四)"} <= clauses(HEARING)


def test_泳道是条文所写的机构和人员():
    assert MAIN.lanes == ("综合处", "政府信息公开领导小组")
    assert CHOOSING.lanes == ("综合处",)
    assert HEARING.lanes == ("听证主持人", "听证记录人")


def test_公众可以提交的只有参加听证的申请_看不到别人的登记():
    public = [
        element
        for process in (MAIN, CHOOSING, HEARING)
        for element in process.elements.values()
        if element.properties.get("public") == "true"
    ]
    assert [element.id for element in public] == ["Event_shenqing"]
    rights = forms.Rights.parse(public[0].properties["fieldRights"])
    shown = {field.name for field in rights.editable(CHECKED.forms["shizhengwuban/tingzheng-dengji"].fields)}
    assert shown == {
        *("applicant_category", "applicant_name", "work_unit", "applicant_contact", "identity"),
        *("interest", "viewpoint"),
    }


def test_同名字段在各表中含义相同():
    """A field that somebody else reads has the type and options of the one that was filled in."""
    wording = ("description", "default", "formatMinimum", "formatMaximum", "x-messages", "title")
    used = MAIN.form_keys | CHOOSING.form_keys | HEARING.form_keys
    assert used == {key for key in CHECKED.forms if key.startswith("shizhengwuban/tingzheng-")}
    seen: dict[str, tuple[str, str]] = {}
    for key in sorted(used):
        for field in CHECKED.forms[key].fields:
            meaning = json.dumps({k: v for k, v in field.schema.items() if k not in wording}, sort_keys=True)
            first, wanted = seen.setdefault(field.name, (key, meaning))
            assert meaning == wanted, f"{field.name} differs between {first} and {key}"


def test_听证会的每一步只能填写自己的栏目_看不到后面的栏目():
    form, later = CHECKED.forms["shizhengwuban/tingzheng-bilu"], set()
    for task in (
        "Task_bilu",
        "Task_jieshu",
        "Task_fayan",
        "Task_pangting",
        "Task_yaoqiu",
        "Task_chenshu",
        "Task_xuanbu",
    ):
        rights = forms.Rights.parse(HEARING.elements[task].properties["fieldRights"])
        own = {field.name for field in rights.editable(form.fields)}
        assert own
        assert not own & later
        assert {name for name in later if rights.of(form.by_name[name]) is not forms.Right.HIDE} == set()
        later |= own
