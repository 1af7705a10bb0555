"""The models of 统一发布 and of what it calls: nothing to find for the check, clauses, one meaning for one name."""

from __future__ import annotations

import json

import pytest

from engine import catalog, config, dmn, errors
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=None)
KEYS = ("fabu", "fabu-bumen", "fabu-xietiao", "fabu-zhengxun", "fabu-fenqi", "fabu-baopi")
each_process = pytest.mark.parametrize("key", KEYS)


def process(key):
    return CHECKED.processes[key][1]


def clauses(key):
    return {each for element in process(key).elements.values() for each in str(element.clause).split(";")}


def test_检查没有任何发现_包括提醒():
    assert [each.sentence() for each in CHECKED.findings if "fabu" in each.file] == []


@each_process
def test_每个环节都写明条款(key):
    assert [element.id for element in process(key).elements.values() if not element.clause] == []


def test_第二十九至三十三条和第三十九条都有环节():
    quoted = {each.partition(" ")[2].partition("(")[0] for key in KEYS for each in clauses(key)}
    assert {"§29", "§30", "§31", "§32", "§33", "§36", "§37", "§39"} <= quoted


def test_泳道是条款所说的机构():
    assert process("fabu").lanes == ("责任单位经办人", "综合处", "政府信息公开领导小组")
    for key in ("fabu-bumen", "fabu-xietiao", "fabu-zhengxun"):
        assert process(key).lanes == ("综合处",)
    for key in ("fabu-fenqi", "fabu-baopi"):  # what goes to a superior body the group signs off
        assert process(key).lanes == ("综合处", "政府信息公开领导小组")


def test_每张表单都用到_同名的栏目含义相同():
    wording = ("description", "default", "formatMinimum", "formatMaximum", "x-messages", "title", "const", "oneOf")
    used = set().union(*(process(key).form_keys for key in KEYS))
    assert used == {key for key in CHECKED.forms if key.startswith("shizhengwuban/fabu-")}
    seen: dict[str, tuple[str, str]] = {}
    for key in sorted(used):
        for field in CHECKED.forms[key].fields:
            meaning = json.dumps({k: v for k, v in field.schema.items() if k not in wording}, sort_keys=True)
            first, wanted = seen.setdefault(field.name, (key, meaning))
            assert meaning == wanted, f"{field.name} differs between {first} and {key}"


@pytest.mark.clause("P000-14 §33")
@pytest.mark.parametrize(
    ("joint", "organiser", "publisher"),
    [(False, None, "office"), (False, "other", "office"), (True, "office", "office"), (True, "other", "organiser")],
)
def test_第三十三条_发布责任的决策表(joint, organiser, publisher):
    _, decision = CHECKED.decisions["fabu-zeren"]
    found = dmn.evaluate(decision, {"joint_drafting": joint, "organiser": organiser})
    assert found.mapped("singleEntry") == publisher


@pytest.mark.clause("P000-14 §33")
def test_第三十三条_没有写明组织者的不能判定由市政务办发布():
    _, decision = CHECKED.decisions["fabu-zeren"]
    assert not dmn.evaluate(decision, {"joint_drafting": True, "organiser": None}).rows
    with pytest.raises(errors.DecisionFailed):
        dmn.evaluate(decision, {"joint_drafting": True, "organiser": "nobody"})


def test_只有统一发布自己发布信息():
    assert {
        key: sorted(topic for topic in process(key).topics if topic.startswith("publications.")) for key in KEYS
    } == {key: ["publications.announce"] if key == "fabu" else [] for key in KEYS}


def test_发布登记载明六项和摘要值():
    names = {field.name for field in PACK.info.register("fabu").fields}
    assert {"信息原始内容", "发布单位", "审核人", "发布人员", "发布时间", "发布渠道", "内容摘要值"} <= names
