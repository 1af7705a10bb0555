"""Document templates and registers belong to the processes that name them: old cases keep theirs, new ones get new."""

from __future__ import annotations

import hashlib

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions.deployments import ChangeKind

HANDLERS = """
from engine.model import records
@registry.handler("documents.issue")
def issue(job):
    job.write(records.Issue(job.inputs["template"], {}))
@registry.handler("registers.append")
def append(job):
    job.write(records.Append(job.inputs["register"], {"title": "一"}))
"""
REGISTERS = """
registers:
  - id: fabu
    name: 发布登记
    number: "{prefix}{{n}}号"
    fields: [{{id: title, name: {title}}}]
  - id: other
    name: 总账
    fields: [{{id: title, name: 名称}}]
"""


def registers(prefix="发布", title="名称"):
    return REGISTERS.format(prefix=prefix, title=title)


def notice(text, title="公告"):
    return f"---\ntitle: {title}\nkind: 公告\nissuer: 市政务办\n---\n<p>{text}</p>\n"


def inputs(**given):
    rows = "".join(
        f'<camunda:inputParameter name="{name}">{value}</camunda:inputParameter>' for name, value in given.items()
    )
    return s.extensions(f"<camunda:inputOutput>{rows}</camunda:inputOutput>")


def issuing(template="notice", id="main", tag="", previews=""):
    props = s.properties(clause=s.CLAUSE, previews=previews) if previews else None
    task = s.user("sign", name="签发", **({"props": props} if props else {}))
    issue = s.service("issue", inputs(template=template), camunda_topic="documents.issue")
    return p.line(task, issue, ids=("sign", "issue"), id=id, tag=tag)


def appending(register="fabu", id="book"):
    task = s.service("append", inputs(register=register), camunda_topic="registers.append")
    return p.line(task, ids=("append",), id=id)


def plain(id="plain"):
    return p.line(s.user("a", name="核对"), ids=("a",), id=id)


def rewrite(driver, templates=None, **parts):
    given = {"handlers": HANDLERS, "extra": parts.pop("extra", registers())}
    p.write(driver.engine.packs.roots[0], parts, templates=templates, **given)


def kinds(report):
    return {change.key: change.kind for change in report.changes}


def paper(driver, case):
    with driver.engine.store.read() as uow:
        return [each.html for each in uow.records.documents_of(case.id)]


@pytest.fixture
def office(drive):
    templates = {"notice": notice("旧文"), "letter": notice("函件")}
    diagrams = {"main": issuing(), "other": issuing("letter", id="other"), "book": appending(), "plain": plain()}
    return drive(templates=templates, handlers=HANDLERS, extra=registers(), **diagrams)


def test_a_mended_template_serves_new_cases_and_old_cases_keep_theirs(office):
    old = office.start("main", as_="zhangsan")
    rewrite(office, {"notice": notice("新文")})

    report = office.deploy("demo")

    expected = dict.fromkeys(("other", "book", "plain"), ChangeKind.UNCHANGED)
    assert kinds(report) == {**expected, "main": ChangeKind.CHANGED}
    new = office.start("main", as_="zhangsan")
    for case in (old, new):
        office.complete("签发", as_="lisi", case=case)
    office.run()
    assert "旧文" in paper(office, old)[0]
    assert "新文" not in paper(office, old)[0]
    assert "新文" in paper(office, new)[0]


def test_what_is_deployed_already_with_its_templates_is_not_deployed_again(office):
    assert office.deploy("demo").unchanged
    rewrite(office, {"notice": notice("新文")})
    office.deploy("demo")
    again = office.deploy("demo")
    assert (again.unchanged, again.deployment, set(kinds(again).values())) == (True, None, {ChangeKind.UNCHANGED})


def test_a_template_whose_name_is_computed_may_be_any_of_the_pack(drive):
    driver = drive(
        main=issuing("${kind}"),
        plain=plain(),
        templates={"notice": notice("旧文")},
        handlers=HANDLERS,
        extra=registers(),
    )
    rewrite(driver, {"notice": notice("新文")})
    assert kinds(driver.deploy("demo")) == {"main": ChangeKind.CHANGED, "plain": ChangeKind.UNCHANGED}
    rewrite(driver, {"another": notice("另文")})
    assert kinds(driver.deploy("demo")) == {"main": ChangeKind.CHANGED, "plain": ChangeKind.UNCHANGED}


def test_a_mended_template_makes_a_new_version_of_whoever_calls_the_process_that_issues_it(drive):
    caller = p.line(s.element("callActivity", "c", name="转办", calledElement="main"), ids=("c",), id="caller")
    driver = drive(
        main=issuing(), caller=caller, templates={"notice": notice("旧文")}, handlers=HANDLERS, extra=registers()
    )
    rewrite(driver, {"notice": notice("新文")})
    assert kinds(driver.deploy("demo")) == {"main": ChangeKind.CHANGED, "caller": ChangeKind.CHANGED}
    driver.start("caller", as_="zhangsan")
    (called,) = driver.children()
    driver.complete("签发", as_="lisi", case=called)
    driver.run()
    assert "新文" in paper(driver, called)[0]


def test_a_register_that_is_numbered_otherwise_makes_a_new_version_of_who_writes_it(office):
    rewrite(office, extra=registers(prefix="公开"))
    report = office.deploy("demo")
    expected = dict.fromkeys(("main", "other", "plain"), ChangeKind.UNCHANGED)
    assert kinds(report) == {**expected, "book": ChangeKind.CHANGED}
    case = office.start("book", as_="admin")
    assert office.variables(case)["entry"]["number"] == "公开1号"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"templates": {"notice": notice("新文")}}, "有变化的是 processes/demo/documents/notice.j2。"),
        ({"main": issuing(tag="2026-1", previews="notice")}, "有变化的是 processes/demo/main.bpmn。"),
    ],
)
def test_a_tag_that_stands_for_another_template_is_refused_with_the_file_that_changed(drive, change, sentence):
    templates = {"notice": notice("旧文"), "spare": notice("备用")}
    driver = drive(main=issuing(tag="2026-1"), templates=templates, handlers=HANDLERS, extra=registers())
    rewrite(driver, **change)
    with driver.refused(sentence, errors.Conflict):
        driver.deploy("demo")
    with driver.refused("请改用新的标签（processes/demo/main.bpmn 的 camunda:versionTag）", errors.Conflict):
        driver.deploy("demo")


def test_a_template_that_a_tagged_process_does_not_name_is_free_to_change(drive):
    templates = {"notice": notice("旧文"), "spare": notice("备用")}
    driver = drive(main=issuing(tag="2026-1"), templates=templates, handlers=HANDLERS, extra=registers())
    rewrite(driver, {"spare": notice("改后")})
    report = driver.deploy("demo")
    assert kinds(report) == {"main": ChangeKind.UNCHANGED}
    assert [each.path for each in report.files] == ["processes/demo/documents/spare.j2"]


def test_a_tag_is_refused_for_a_register_that_changed(drive):
    book = p.line(
        s.service("append", inputs(register="fabu"), camunda_topic="registers.append"), ids=("append",), tag="2026-1"
    )
    driver = drive(main=book, handlers=HANDLERS, extra=registers())
    rewrite(driver, extra=registers(title="题目"))
    with driver.refused("有变化的是 pack.yaml 的台账“发布登记”。", errors.Conflict):
        driver.deploy("demo")


def test_a_database_whose_hashes_were_made_another_way_deploys_nothing_anew_and_finds_what_changed(drive):
    driver = drive(
        main=issuing(tag="2026-1"), templates={"notice": notice("旧文")}, handlers=HANDLERS, extra=registers()
    )
    with driver.engine.store.write() as uow:
        uow.link.driver(f"UPDATE definitions SET sha256 = '{hashlib.sha256(b'before').hexdigest()}'")
    report = driver.deploy("demo")
    assert (report.unchanged, kinds(report)) == (True, {"main": ChangeKind.UNCHANGED})
    rewrite(driver, {"notice": notice("新文")})
    with driver.refused("有变化的是 processes/demo/documents/notice.j2。", errors.Conflict):
        driver.deploy("demo")
