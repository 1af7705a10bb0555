"""The models of 公示 and of 反馈意见办理 themselves: nothing to find for the check, clauses, one meaning for one name."""

from __future__ import annotations

import json

import pytest

from engine import catalog, config, forms
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=["publications.publish", "documents.issue", "registers.append"])
NOTICE, FEEDBACK = (CHECKED.processes[key][1] for key in ("gongshi", "gongshi_fankui"))
both = pytest.mark.parametrize("process", [NOTICE, FEEDBACK], ids=lambda process: process.key)


def clauses(process):
    return {each for element in process.elements.values() if element.clause for each in element.clause.split(";")}


@both
def test_the_check_finds_nothing_not_even_a_warning(process):
    file = CHECKED.processes[process.key][0].path
    assert [each.sentence() for each in CHECKED.findings if each.file == file] == []


@both
def test_every_element_says_which_clause_it_carries_out(process):
    silent = {element.id for element in process.elements.values() if not element.clause}
    assert silent <= {"Gateway_dengji", "Gateway_budeng"}  # they only join and split
    own = {"P000-07", "P000-08"} | ({"P000-16"} if process is NOTICE else set())  # the review that it calls
    assert {each.partition(" ")[0] for each in clauses(process)} == own


def test_all_articles_of_the_chapter_are_carried_out():
    articles = {each.partition(" ")[2] for each in clauses(NOTICE) | clauses(FEEDBACK)}
    assert articles == {"§14", "§15", "§16", "§17", "§18", "§19", "§37", "§37(四)"}


def test_lanes_are_the_bodies_of_the_clauses():
    assert NOTICE.lanes == ("综合处", "政府信息公开领导小组")
    assert FEEDBACK.lanes == ("反馈意见承办单位", "政府信息公开领导小组")


def test_the_public_may_send_opinions_and_nothing_else():
    public = [element for element in NOTICE.elements.values() if element.properties.get("public") == "true"]
    assert [(element.id, element.form_key) for element in public] == [
        ("Event_wangshangyijian", "shizhengwuban/gongshi-yijian")
    ]
    fields = {field.name for field in CHECKED.forms["shizhengwuban/gongshi-yijian"].fields}
    assert fields == {"feedback_content", "feedback_author", "feedback_contact"}


def test_every_form_is_used_and_every_field_shown_again_means_the_same():
    """A field that somebody else reads has the type, title and options of the one that was filled in."""
    wording = ("description", "default", "formatMinimum", "formatMaximum", "x-messages", "title", "x-rows")
    used = NOTICE.form_keys | FEEDBACK.form_keys
    assert used == {key for key in CHECKED.forms if key.startswith("shizhengwuban/gongshi-")}
    seen: dict[str, tuple[str, str]] = {}
    for key in sorted(used):
        for field in CHECKED.forms[key].fields:
            meaning = json.dumps({k: v for k, v in field.schema.items() if k not in wording}, sort_keys=True)
            first, wanted = seen.setdefault(field.name, (key, meaning))
            assert meaning == wanted, f"{field.name} differs between {first} and {key}"


@both
def test_nobody_can_change_what_others_filled_in(process):
    """Every form but those in which a case or an opinion begins names the fields that may be edited."""
    begin = {"gongshi-fangan", "gongshi-dengji", "gongshi-qingdian", "gongshi-yijian"}
    edited: list[str] = []
    for element in process.elements.values():
        if element.form_key is None or element.form_key.partition("/")[2] in begin:
            continue
        rights = forms.Rights.parse(element.properties["fieldRights"])
        edited += [field.name for field in rights.editable(CHECKED.forms[element.form_key].fields)]
    assert len(edited) == len(set(edited))


def test_registers_call_people_by_name_wherever_they_hold_who_signed():
    people = {
        (register.id, field.id): field.type.value
        for register in PACK.info.registers
        for field in register.fields
        if field.id in ("signers", "approved_by", "decided_by", "spokesperson", "liaison", "reviewers", "publisher")
    }
    assert set(people.values()) == {"person"}
    assert len(people) >= 9
