"""The models of 保密审查 and 请示: nothing to find for the check, clauses everywhere, one column for each level."""

from __future__ import annotations

import pytest

from engine import catalog, config, forms
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=None)
SHEET = "shizhengwuban/baomi-shenchabiao"


def test_检查没有任何发现_包括提醒():
    own = ("baomi", "secrecy")
    assert [each.sentence() for each in CHECKED.findings if any(word in each.file for word in own)] == []


def test_每个环节都写明条款():
    quoted = set()
    for key in ("baomi", "baomi-qingshi"):
        elements = CHECKED.processes[key][1].elements.values()
        assert [element.id for element in elements if not element.clause] == []
        quoted |= {clause.split()[0] for each in elements for clause in str(each.clause).split(";")}
    assert quoted == {"P000-16", "P000-17", "P000-18"}


@pytest.mark.clause("P000-16 §37(四)")
def test_第三十七条第四项_泳道中的领导小组是保密工作领导小组():
    assert CHECKED.processes["baomi"][1].lanes == ("责任单位经办人", "责任单位负责人", "综合处", "保密工作领导小组")


def test_每一级只能填写自己的栏目_看不到后面的栏目():
    form, seen = CHECKED.forms[SHEET], set()
    elements = CHECKED.processes["baomi"][1].elements
    for task in ("Task_baoshen", "Task_shenhe", "Task_fuhe", "Task_shending"):
        rights = forms.Rights.parse(elements[task].properties["fieldRights"])
        own = {field.name for field in rights.editable(form.fields)}
        assert not own & seen
        seen |= own
    unread = {field.name for field in form.fields} - seen
    assert unread == {field.name for field in form.fields if field.read_only}
