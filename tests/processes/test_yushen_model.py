"""The model of 预审 itself: nothing to find for the check, clauses everywhere, one meaning for one name."""

from __future__ import annotations

import json

from engine import catalog, config, forms
from engine.actions import checking

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(PACK, topics=["publications.publish", "documents.issue", "registers.append"])
FILE, PROCESS = CHECKED.processes["yushen"]


def test_the_check_finds_nothing_not_even_a_warning():
    assert [each.sentence() for each in CHECKED.findings if each.file == FILE.path] == []


def test_every_element_says_which_clause_it_carries_out():
    assert [element.id for element in PROCESS.elements.values() if not element.clause] == []
    quoted = {each.split()[0] for element in PROCESS.elements.values() for each in str(element.clause).split(";")}
    assert quoted == {"P000-01", "P000-02", "P000-03", "P000-04", "P000-10"}


def test_lanes_are_the_bodies_of_the_clauses():
    assert PROCESS.lanes == ("责任单位经办人", "责任单位负责人", "综合处", "政府信息公开领导小组")


def test_every_form_is_used_and_every_field_shown_again_means_the_same():
    """A field that the next reviewer reads has the type, title and options of the one that was filled in."""
    own = ("decision", "opinion")  # each reviewer's
    wording = ("description", "formatMinimum", "x-messages")
    seen: dict[str, tuple[str, str]] = {}
    assert len(PROCESS.form_keys) == 6
    for key in sorted(PROCESS.form_keys):
        for field in CHECKED.forms[key].fields:
            if field.name in own:
                continue
            meaning = json.dumps({k: v for k, v in field.schema.items() if k not in wording}, sort_keys=True)
            first, wanted = seen.setdefault(field.name, (key, meaning))
            assert meaning == wanted, f"{field.name} differs between {first} and {key}"


def test_who_reads_a_field_cannot_edit_it_and_who_reviews_edits_own_fields_only():
    filled_in = {field.name for field in CHECKED.forms["shizhengwuban/gongkai_shenqing"].fields}
    for element in PROCESS.elements.values():
        if element.form_key in (None, "shizhengwuban/gongkai_shenqing"):
            continue
        rights = forms.Rights.parse(element.properties["fieldRights"])
        editable = {field.name for field in rights.editable(CHECKED.forms[element.form_key].fields)}
        assert {"decision", "opinion", "signed"} <= editable
        assert not editable & filled_in
