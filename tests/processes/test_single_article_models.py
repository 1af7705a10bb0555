"""The models of §1, §5, §34 and §40 themselves: nothing to find for the check, clauses, who may fill in what."""

from __future__ import annotations

import json

import pytest

from engine import catalog, config, forms
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=None)
KEYS = ("mulu", "guifanxing", "buyizhi", "baomi-jiancha")
each_model = pytest.mark.parametrize("key", KEYS)
#: Its clause, and the clauses of others that it carries out on the way.
CLAUSES = {
    "mulu": {"P000-01", "P000-03"},
    "guifanxing": {"P000-05", "P000-01"},
    "buyizhi": {"P000-15", "P000-10", "P000-11", "P000-12", "P000-13", "P000-16", "P000-18"},
    "baomi-jiancha": {"P000-19"},
}
LANES = {
    "mulu": ("责任单位经办人", "责任单位负责人", "政府信息公开领导小组"),
    "guifanxing": ("责任单位经办人", "综合处", "政府信息公开领导小组"),
    "buyizhi": ("综合处", "责任单位经办人", "政府信息公开领导小组"),
    "baomi-jiancha": ("保密工作领导小组",),
}
PREFIXES = {"mulu": "mulu-", "guifanxing": "guifanxing-", "buyizhi": "buyizhi-", "baomi-jiancha": "baomi-jiancha-"}


def process(key):
    return CHECKED.processes[key][1]


@each_model
def test_the_check_finds_nothing_not_even_a_warning(key):
    file = CHECKED.processes[key][0].path
    assert [each.sentence() for each in CHECKED.findings if each.file == file] == []


@each_model
def test_every_element_says_which_clause_it_carries_out(key):
    elements = process(key).elements.values()
    assert {each.id for each in elements if not each.clause} <= {"Gateway_huihe"}  # it only joins
    quoted = {part.split()[0] for each in elements if each.clause for part in each.clause.split(";")}
    assert quoted == CLAUSES[key]


@each_model
def test_lanes_are_the_bodies_of_the_article(key):
    assert process(key).lanes == LANES[key]


@each_model
def test_every_form_is_used_and_every_field_means_the_same_wherever_it_is_shown(key):
    wording = ("description", "default", "formatMinimum", "formatMaximum", "x-messages", "title", "oneOf")
    used = process(key).form_keys
    assert used == {each for each in CHECKED.forms if each.startswith(f"shizhengwuban/{PREFIXES[key]}")}
    seen: dict[str, tuple[str, str]] = {}
    for form_key in sorted(used):
        for field in CHECKED.forms[form_key].fields:
            if field.name in ("decision", "opinion", "party"):
                continue  # each level's own; what the decision on one person shows of the person
            meaning = json.dumps({k: v for k, v in field.schema.items() if k not in wording}, sort_keys=True)
            first, wanted = seen.setdefault(field.name, (form_key, meaning))
            assert meaning == wanted, f"{field.name} differs between {first} and {form_key}"


@each_model
def test_nobody_signs_for_others_and_signatures_are_never_typed_in(key):
    for element in process(key).elements.values():
        if element.form_key is None:
            continue
        rights = forms.Rights.parse(element.properties.get("fieldRights", ""))
        editable = {field.name for field in rights.editable(CHECKED.forms[element.form_key].fields)}
        assert not {name for name in editable if name.endswith("_signature")}, element.id


def test_the_public_may_report_and_nothing_else():
    public = [
        (key, element.id, element.form_key)
        for key in KEYS
        for element in process(key).elements.values()
        if element.properties.get("public") == "true"
    ]
    assert public == [("buyizhi", "Event_wangshang", "shizhengwuban/buyizhi-fanying")]
    fields = {field.name for field in CHECKED.forms["shizhengwuban/buyizhi-fanying"].fields}
    reported = {f"reported_{name}" for name in ("title", "link", "publication", "problem")}
    assert fields == reported | {"reporter_name", "reporter_contact"}


def test_duties_that_must_be_separate_are():
    """Each pair that no one person may do (I-01, I-04), whichever task names the other."""
    wanted = {
        "mulu": {("Task_niding", "Task_shenhe"), ("Task_shenhe", "Task_shending"), ("Task_niding", "Task_shending")},
        "guifanxing": {("Task_nigao", "Task_fuhe"), ("Task_fuhe", "Task_hefa"), ("Task_nigao", "Task_hefa")},
        "buyizhi": {
            ("Task_xiuding", "Task_shenhe"),
            ("Task_shenhe", "Task_shending"),
            ("Task_xiuding", "Task_shending"),
        },
    }
    for key, pairs in wanted.items():
        elements = process(key).elements
        found = {
            frozenset((element.id, other.strip()))
            for element in elements.values()
            for other in element.properties.get("notSameActorAs", "").split(",")
            if other.strip()
        }
        assert {frozenset(pair) for pair in pairs} <= found, key
    assert process("baomi-jiancha").elements["Task_jueding"].properties["recused"]
