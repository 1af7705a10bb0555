"""The models of 考核 and of the assessment of one unit themselves: clauses, lanes, one meaning for one name, papers."""

from __future__ import annotations

import json
import pathlib

import pytest

from engine import catalog, config, dmn, documents, forms
from engine.actions import checking
from handlers import assessments

PACK = catalog.find(config.Settings()).pack("shizhengwuban")
CHECKED = checking.check(
    PACK,
    topics=[
        "assessments.check_plan",
        "records.count",
        "assessments.score",
        "assessments.tally",
        "documents.issue",
        "registers.append",
    ],
)
WHOLE, UNIT = (CHECKED.processes[key][1] for key in ("kaohe", "kaohe-danwei"))
both = pytest.mark.parametrize("process", [WHOLE, UNIT], ids=lambda process: process.key)
FILES = pathlib.Path(CHECKED.processes["kaohe"][0].path).parent


def clauses(process):
    return {each for element in process.elements.values() if element.clause for each in element.clause.split(";")}


def options(form, field, part):
    data = json.loads((FILES.parents[1] / "forms" / "shizhengwuban" / f"{form}.json").read_text(encoding="utf-8"))
    return [each["const"] for each in data["schema"]["properties"][field]["items"]["properties"][part]["oneOf"]]


@both
def test_the_check_finds_nothing_not_even_a_warning(process):
    file = CHECKED.processes[process.key][0].path
    assert [each.sentence() for each in CHECKED.findings if each.file == file] == []


@both
def test_every_element_says_which_clause_it_carries_out(process):
    silent = {element.id for element in process.elements.values() if not element.clause}
    assert silent <= {"Gateway_fenlu", "Gateway_huihe", "Gateway_banbi"}  # they only join and split
    assert {each.partition(" ")[0] for each in clauses(process)} == {"P000-09"}


def test_all_articles_of_the_chapter_are_carried_out():
    articles = {each.partition(" ")[2].partition("(")[0] for each in clauses(WHOLE) | clauses(UNIT)}
    assert articles == {f"§{number}" for number in range(20, 29)}
    steps = {each.partition(" ")[2] for each in clauses(WHOLE) | clauses(UNIT) if "§27" in each}
    assert steps == {"§27(一)", "§27(二)", "§27(三)", "§27(四)"}


def test_lanes_are_the_bodies_of_the_clauses():
    assert WHOLE.lanes == ("综合处", "政府信息公开领导小组")
    assert UNIT.lanes == ("综合处", "责任单位负责人", "政府信息公开领导小组")


@both
def test_nothing_is_open_to_the_public(process):
    assert not [element.id for element in process.elements.values() if element.properties.get("public") == "true"]


def test_the_contents_criteria_and_grades_are_those_of_the_text():
    assert options("kaohe-fangan", "indicators", "content") == list(assessments.CONTENTS)
    assert options("kaohe-fangan", "indicators", "criterion") == list(assessments.CRITERIA)
    assert len(assessments.CONTENTS) == 4
    assert len(assessments.CRITERIA) == 5
    grades = options("kaohe-dengci", "proposals", "preliminary_grade")
    assert grades == ["excellent", "pass", "basic", "fail"]
    (decision,) = dmn.parse((FILES / "kaohe-dengci.dmn").read_bytes(), "kaohe-dengci.dmn")
    limits = {"excellent_from": 90, "pass_from": 75, "basic_from": 60}
    found = [dmn.evaluate(decision, {"score": score, **limits}).mapped("singleEntry") for score in (90, 89.9, 60, 59.9)]
    assert found == ["excellent", "pass", "basic", "fail"]


def test_every_form_is_used_and_every_field_shown_again_means_the_same():
    """A field that somebody else reads has the type, title and options of the one that was filled in."""
    wording = ("description", "default", "formatMinimum", "formatMaximum", "x-messages", "title", "x-rows")
    used = WHOLE.form_keys | UNIT.form_keys
    assert used == {key for key in CHECKED.forms if key.startswith("shizhengwuban/kaohe-")}
    seen: dict[str, tuple[str, str]] = {}
    for key in sorted(used):
        for field in CHECKED.forms[key].fields:
            meaning = json.dumps({k: v for k, v in field.schema.items() if k not in wording}, sort_keys=True)
            first, wanted = seen.setdefault(field.name, (key, meaning))
            assert meaning == wanted, f"{field.name} differs between {first} and {key}"


@both
def test_nobody_can_change_what_others_filled_in(process):
    """But for the list of materials, which a notice may shorten or extend for its unit."""
    edited: list[str] = []
    for element in process.elements.values():
        if element.form_key is not None:
            rights = forms.Rights.parse(element.properties["fieldRights"])
            edited += [field.name for field in rights.editable(CHECKED.forms[element.form_key].fields)]
    assert len(edited) == len(set(edited))
    assert "quantities" not in edited  # who did not act in time is computed, never typed in


def test_every_paper_has_a_template_that_can_be_read():
    papers = {path.stem: documents.parse(path.read_bytes(), path.name) for path in FILES.glob("documents/kaohe-*.j2")}
    named = {"fangan", "tongzhi", "zicha", "jilu", "jieguo", "biaozhang", "tongbao"}
    assert set(papers) == {f"kaohe-{each}" for each in named}
    numbered = {name.removeprefix("kaohe-") for name, paper in papers.items() if paper.number}
    assert numbered == {"fangan", "tongzhi", "jieguo", "biaozhang", "tongbao"}
    assert len({paper.number for paper in papers.values() if paper.number}) == len(numbered)
