"""Deployment: immutable, versions only for what changed, tags for ever, cases keep what they started with."""

from __future__ import annotations

import packbuilder as p
import pytest
import snippets as s

from engine import errors
from engine.actions import definitions, deployments, instances
from engine.actions.deployments import ChangeKind
from engine.store import queries

FORM = {"report": p.schema(title=p.text())}
WIDER = {"report": p.schema(title=p.text(), days={"type": "integer"})}


def main(name="填报", tag="", **more):
    return p.line(s.user("fill", name=name, camunda_formKey="demo/report"), ids=("fill",), tag=tag, **more)


def other(name="核对"):
    return p.line(s.user("a", name=name), ids=("a",), id="other")


def rewrite(driver, **parts):
    known = {"forms", "decisions", "handlers", "templates", "extra", "roles"}
    diagrams = {name: content for name, content in parts.items() if name not in known}
    p.write(driver.engine.packs.roots[0], diagrams, **{k: v for k, v in parts.items() if k in known})


def kinds(report):
    return {change.key: (change.kind, change.version) for change in report.changes}


def test_a_pack_that_has_not_changed_is_not_deployed_again(drive):
    driver = drive(main=main(), other=other(), forms=FORM)
    report = driver.deploy("demo")
    assert report.unchanged
    assert report.deployment is None
    assert kinds(report) == {"main": (ChangeKind.UNCHANGED, 1), "other": (ChangeKind.UNCHANGED, 1)}
    with driver.engine.store.read() as uow:
        assert uow.deployments.latest("demo").id == 1


def test_only_what_changed_gets_a_new_version(drive):
    driver = drive(main=main(), other=other(), forms=FORM)
    rewrite(driver, other=other("再核对"))

    report = driver.deploy("demo")

    assert kinds(report) == {"main": (ChangeKind.UNCHANGED, 1), "other": (ChangeKind.CHANGED, 2)}
    assert [(each.path, each.kind) for each in report.files] == [("processes/demo/other.bpmn", ChangeKind.CHANGED)]
    assert report.deployment.id == 2


def test_a_changed_form_makes_a_new_version_of_the_processes_that_use_it(drive):
    driver = drive(main=main(), other=other(), forms=FORM)
    rewrite(driver, forms=WIDER)
    assert kinds(driver.deploy("demo")) == {"main": (ChangeKind.CHANGED, 2), "other": (ChangeKind.UNCHANGED, 1)}


def test_a_changed_process_makes_a_new_version_of_those_that_call_it(drive):
    def caller(id, called):
        return p.line(s.element("callActivity", "c", name="转办", calledElement=called), ids=("c",), id=id)

    driver = drive(main=caller("main", "middle"), middle=caller("middle", "other"), other=other())
    rewrite(driver, other=other("再核对"))
    assert set(kinds(driver.deploy("demo")).values()) == {(ChangeKind.CHANGED, 2)}
    driver.start("main", as_="zhangsan")
    (middle,) = driver.children()
    (last,) = driver.children(middle)
    assert [task.name for task in driver.tasks(last)] == ["再核对"]


def test_a_file_that_no_process_uses_makes_a_deployment_without_new_versions(drive):
    driver = drive(main=main(), forms=FORM)
    rewrite(driver, forms={"spare": p.schema(note=p.text())})
    report = driver.deploy("demo")
    assert kinds(report) == {"main": (ChangeKind.UNCHANGED, 1)}
    assert report.deployment.id == 2


def test_a_role_that_changes_its_id_reaches_the_processes_of_its_lane(drive):
    nodes = "".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in ("start", "a", "end"))
    lanes = f'<laneSet id="ls"><lane id="l" name="综合处">{nodes}</lane></laneSet>'
    task = s.user("a", camunda_candidateGroups="")
    driver = drive(
        main=p.diagram(lanes, s.start(), task, s.end(), s.path("start", "a", "end"), camunda_candidateStarterGroups="")
    )
    rewrite(driver, roles={"office": "综合处", "chief": "领导小组"})
    assert kinds(driver.deploy("demo")) == {"main": (ChangeKind.CHANGED, 2)}
    driver.start("main", as_="admin")
    assert driver.tasks()[0].candidate_groups == ("office",)


def test_a_dry_run_tells_what_would_change_and_changes_nothing(drive):
    driver = drive(main=main(), other=other(), forms=FORM)
    rewrite(driver, other=other("再核对"), third=p.line(s.user("t"), ids=("t",), id="third"))
    (driver.engine.packs.roots[0] / "processes/demo/main.bpmn").unlink()

    report = deployments.deploy(driver.engine, "demo", driver.user("admin"), dry_run=True)

    assert kinds(report) == {
        "main": (ChangeKind.REMOVED, 1), "other": (ChangeKind.CHANGED, 2), "third": (ChangeKind.NEW, 1),
    }  # fmt: skip
    assert {each.path.rpartition("/")[2]: each.kind.value for each in report.files} == {
        "main.bpmn": "removed", "other.bpmn": "changed", "third.bpmn": "new",
    }  # fmt: skip
    assert report.deployment is None
    with driver.engine.store.read() as uow:
        assert uow.deployments.latest("demo").id == 1
        assert uow.definitions.latest("third") is None


def test_a_version_tag_stands_for_one_content_for_ever(drive):
    driver = drive(main=main(tag="2026-1"), forms=FORM)
    rewrite(driver, main=main("填写", tag="2026-1"))
    with driver.refused("版本标签“2026-1”已用于第 1 版", errors.Conflict):
        driver.deploy("demo")
    with driver.refused("请改用新的标签", errors.Conflict):
        deployments.deploy(driver.engine, "demo", driver.user("admin"), dry_run=True)

    rewrite(driver, main=main("填写", tag="2026-2"))
    driver.deploy("demo")
    rewrite(driver, main=main(tag="2026-1"))
    with driver.refused("版本标签“2026-1”已用于第 1 版", errors.Conflict):
        driver.deploy("demo")
    old = driver.engine, "main", driver.user("zhangsan")
    assert instances.start(*old, version_tag="2026-1").definition_id == 1
    with pytest.raises(errors.NotFound, match="版本标签“2025”"):
        instances.start(*old, version_tag="2025")


def test_running_cases_keep_version_and_form_new_ones_get_the_new(drive):
    driver = drive(main=main(), forms=FORM)
    old = driver.start("main", as_="zhangsan")
    rewrite(driver, main=main("填写"), forms=WIDER)
    driver.deploy("demo")
    new = driver.start("main", as_="zhangsan")

    assert [task.name for case in (old, new) for task in driver.tasks(case)] == ["填报", "填写"]
    driver.complete("填报", as_="lisi", form={"title": "x"}, case=old)
    with driver.refused("", errors.InvalidForm):
        driver.complete("填写", as_="lisi", form={"title": "x"}, case=new)
    driver.complete("填写", as_="lisi", form={"title": "x", "days": 5}, case=new)
    assert driver.start("main", as_="zhangsan", version=1).definition_id == old.definition_id


def test_a_pack_with_errors_is_refused_with_all_of_them_and_warnings_are_told(drive):
    driver = drive(main=main(), forms=FORM)
    assert any(finding.rule == "version-tag" for finding in deployments.check(driver.engine, "demo"))
    bad = p.line(
        s.user("a", camunda_formKey="demo/none"), s.service("b", camunda_topic="no.such"), ids=("a", "b"), id="bad"
    )
    rewrite(driver, bad=bad, forms={"report": {"type": "object", "propertys": {}}})

    with driver.refused("不能部署", errors.InvalidDiagram):
        driver.deploy("demo")
    with pytest.raises(errors.InvalidDiagram) as refusal:
        driver.deploy("demo")
    rules = {finding.rule for finding in refusal.value.details["findings"]}
    assert {"handler", "form"} <= rules
    assert {"processes/demo/bad.bpmn", "forms/demo/report.json"} <= {f.file for f in refusal.value.details["findings"]}
    with driver.engine.store.read() as uow:
        assert uow.deployments.latest("demo").id == 1


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"main": b"<x"}, "XML"),
        ({"second": other()}, "流程的 id 在流程包内不重复"),
        ({"extra": "calendar:\n  - {date: 2026-03-10, working: maybe}\n"}, "calendar"),
        ({"decisions": {"d": b"<definitions/>"}}, "DMN"),
        ({"main": p.line(s.element("callActivity", "c", name="x", calledElement="nowhere"), ids=("c",))}, "nowhere"),
    ],
)
def test_every_file_of_a_pack_is_checked(drive, parts, sentence):
    driver = drive(main=other())
    rewrite(driver, **parts)
    with driver.refused(sentence):
        driver.deploy("demo")


def test_a_process_belongs_to_the_pack_that_deployed_it(drive):
    driver = drive(main=other())
    root = driver.engine.packs.roots[0]
    p.write(root, {"main": other("我的")}, slug="mine")
    driver.engine.packs = type(driver.engine.packs)([root])
    with driver.refused("流程“other”属于流程包“demo”", errors.Conflict):
        driver.deploy("mine")


def test_two_processes_do_not_wait_for_one_start_message(drive):
    def by_message(id):
        start = s.start("start", s.event("message", messageRef="M2"))
        return p.diagram(start, s.user("a"), s.end(), s.path("start", "a", "end"), id=id)

    driver = drive(main=by_message("main"))
    rewrite(driver, two=by_message("two"))
    with driver.refused("消息“收到申请”已经启动流程", errors.Conflict):
        driver.deploy("demo")


def test_a_deployment_that_was_rolled_back_leaves_nothing_in_memory(drive):
    def by_message(id, name):
        start = s.start("start", s.event("message", messageRef=name))
        return p.diagram(start, s.user("a", name=id), s.end(), s.path("start", "a", "end"), id=id)

    driver = drive(main=by_message("main", "M2"))
    # `alone` is parsed and rolled back, as `two` wants the message of `main`; then its id is given to `third`.
    rewrite(driver, alone=by_message("alone", "M"), two=by_message("two", "M2"))
    with driver.refused("消息“收到申请”已经启动流程"):
        driver.deploy("demo")
    for name in ("alone", "two"):
        (driver.engine.packs.roots[0] / f"processes/demo/{name}.bpmn").unlink()
    rewrite(driver, third=by_message("third", "M"))
    driver.deploy("demo")
    driver.message("补正材料", key="K")
    assert [task.name for task in driver.tasks()] == ["third"]


def test_a_suspended_version_starts_nothing_until_it_is_activated(drive):
    start = s.start("asked", s.event("message", messageRef="M2"))
    driver = drive(
        main=p.diagram(start, s.start(), s.user("a"), s.end(), s.path("start", "a", "end"), s.path("asked", "a"))
    )
    admin = driver.user("admin")
    definitions.suspend(driver.engine, 1, admin)

    with driver.refused("第 1 版已停用，不能发起", errors.Conflict):
        driver.start("main", as_="zhangsan")
    assert driver.message("收到申请", key="K1").outcome == "buffered"
    with driver.refused("已是停用状态", errors.Conflict):
        definitions.suspend(driver.engine, 1, admin)

    definitions.activate(driver.engine, 1, admin)
    with driver.engine.store.read() as uow:
        assert uow.instances.get(1).business_key == "K1"
    driver.start("main", as_="zhangsan")


def test_the_audit_trail_says_who_deployed_what(drive):
    driver = drive(main=other())
    with driver.engine.store.read() as uow:
        (entry,) = queries.audit(uow, action="deploy").items
        assert uow.audit.verify() == []
    assert (entry.actor, entry.subject, entry.details["versions"]) == ("admin", "deployment/1", {"other": 1})
