"""Deployments and definitions never change; contents are stored once; tags are unique."""

from __future__ import annotations

import pytest

from engine import errors
from engine.model import definitions as model

DIAGRAM = model.Resource("yushen.bpmn", model.ResourceKind.PROCESS, "a" * 64, b"<definitions/>")
FORM = model.Resource("forms/shenqing.json", model.ResourceKind.FORM, "b" * 64, "{“表单”}".encode())
COPY = model.Resource("forms/copy.json", model.ResourceKind.FORM, "b" * 64, FORM.content)


def test_a_deployment_comes_back_with_every_byte(desk) -> None:
    with desk.database.write() as uow:
        deployed = uow.deployments.add("shizheng", "c" * 64, [FORM, DIAGRAM], deployed_at=desk.now, deployed_by="admin")

    with desk.database.read() as uow:
        assert uow.deployments.get(deployed.id) == deployed
        assert uow.deployments.latest("shizheng") == deployed
        assert uow.deployments.resources(deployed.id) == [FORM, DIAGRAM]
        assert uow.deployments.resource(deployed.id, "yushen.bpmn") == DIAGRAM
        assert uow.deployments.hashes(deployed.id) == {DIAGRAM.path: DIAGRAM.sha256, FORM.path: FORM.sha256}


def test_a_content_is_stored_once_however_often_it_is_deployed(desk) -> None:
    with desk.database.write() as uow:
        for version in range(3):
            uow.deployments.add(
                "shizheng", str(version) * 64, [DIAGRAM, FORM, COPY], deployed_at=desk.now, deployed_by="admin"
            )
        uow.link.driver("SELECT count(*) FROM resources")
        assert uow.link._cursor.fetchone()[0] == 2


def test_the_latest_deployment_of_a_pack_is_the_last_one(desk) -> None:
    with desk.database.write() as uow:
        uow.deployments.add("a", "1" * 64, [], deployed_at=desk.now, deployed_by="admin")
        second = uow.deployments.add("a", "2" * 64, [], deployed_at=desk.now, deployed_by="admin")
        uow.deployments.add("b", "3" * 64, [], deployed_at=desk.now, deployed_by="admin")
        assert uow.deployments.latest("a") == second
        assert uow.deployments.latest("c") is None


def test_what_was_never_deployed_is_not_found(desk) -> None:
    with desk.database.read() as uow:
        with pytest.raises(errors.NotFound, match="部署"):
            uow.deployments.get(99)
        with pytest.raises(errors.NotFound, match=r"没有文件“x\.bpmn”"):
            uow.deployments.resource(1, "x.bpmn")
        with pytest.raises(errors.NotFound, match="流程定义"):
            uow.definitions.get(99)
        with pytest.raises(errors.NotFound, match="流程定义"):
            uow.definitions.starts(99)


def test_versions_of_a_process_count_up_from_one(desk) -> None:
    first, second, other = desk.define("gongshi"), desk.define("gongshi"), desk.define("baomi")

    assert (first.version, second.version, other.version) == (1, 2, 1)
    with desk.database.read() as uow:
        assert uow.definitions.latest("gongshi") == second
        assert uow.definitions.version("gongshi", 1) == first
        assert uow.definitions.versions("gongshi") == [second, first]
        assert uow.definitions.in_deployment(first.deployment_id) == [first]
        assert uow.definitions.latest("nothing") is None
        assert uow.definitions.version("gongshi", 3) is None


def test_a_definition_comes_back_with_all_it_says(desk) -> None:
    starts = (
        model.StartPoint("Start_1", model.StartKind.NONE, form_key="shizheng/shenqing"),
        model.StartPoint("Start_2", model.StartKind.MESSAGE, "公众意见", public=True),
    )
    added = desk.define(
        "gongshi", version_tag="2026-01", starter_groups=("clerk", "head"), history_ttl="P30Y", starts=starts
    )

    with desk.database.read() as uow:
        found = uow.definitions.get(added.id)
        assert found == added
        assert (found.version_tag, found.starter_groups, found.history_ttl) == ("2026-01", ("clerk", "head"), "P30Y")
        assert uow.definitions.starts(added.id) == starts
        assert uow.definitions.tagged("gongshi", "2026-01") == added
        assert uow.definitions.tagged("gongshi", "2027-01") is None


def test_a_version_tag_belongs_to_one_version_for_ever(desk) -> None:
    desk.define("gongshi", version_tag="v1")
    desk.define("baomi", version_tag="v1")
    with pytest.raises(errors.Conflict, match="已有版本标签为“v1”的版本"):
        desk.define("gongshi", version_tag="v1")


def test_versions_without_a_tag_do_not_collide(desk) -> None:
    assert [desk.define("gongshi").version for _ in range(3)] == [1, 2, 3]


def test_a_definition_may_be_suspended_and_activated(desk) -> None:
    with desk.database.write() as uow:
        uow.definitions.set_status(desk.definition_id, model.DefinitionStatus.SUSPENDED)
    with desk.database.write() as uow:
        assert uow.definitions.get(desk.definition_id).status is model.DefinitionStatus.SUSPENDED
        uow.definitions.set_status(desk.definition_id, model.DefinitionStatus.ACTIVE)
        assert uow.definitions.get(desk.definition_id).status is model.DefinitionStatus.ACTIVE
