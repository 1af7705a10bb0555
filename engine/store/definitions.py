"""Process definitions: versions that never change once deployed, except that they may be suspended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import definitions as model
from engine.store import statements
from engine.store.tables import definitions

#: The columns of a `ProcessDefinition`, in its order.
COLUMNS = [column for column in definitions.c if column.name != "starts"]

_INSERT = statements.insert(definitions, without=("id",), returning=definitions.c.id)
_LAST_VERSION = sa.select(sa.func.max(definitions.c.version)).where(definitions.c.key == sa.bindparam("key"))
_GET = sa.select(*COLUMNS).where(definitions.c.id == sa.bindparam("definition"))
_STARTS = sa.select(definitions.c.starts).where(definitions.c.id == sa.bindparam("definition"))
_WITH_KEY = sa.select(*COLUMNS).where(definitions.c.key == sa.bindparam("key"))
_LATEST = _WITH_KEY.order_by(definitions.c.version.desc()).limit(1)
_VERSIONS = _WITH_KEY.order_by(definitions.c.version.desc())
_VERSION = _WITH_KEY.where(definitions.c.version == sa.bindparam("version"))
_TAG = _WITH_KEY.where(definitions.c.version_tag == sa.bindparam("tag"))
_IN_DEPLOYMENT = (
    sa.select(*COLUMNS).where(definitions.c.deployment_id == sa.bindparam("deployment")).order_by(definitions.c.key)
)
_SET_STATUS = (
    sa.update(definitions)
    .where(definitions.c.id == sa.bindparam("definition"))
    .values(status=sa.bindparam("new_status"))
)


class Definitions:
    """The process definitions of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link
        #: Ids of what this unit of work has added: nobody else knows of it, and it may never be.
        self.added: set[int] = set()

    def add(
        self,
        key: str,
        *,
        name: str,
        sha256: str,
        deployment_id: int,
        pack: str,
        resource: str,
        version_tag: str | None = None,
        starter_groups: Sequence[str] = (),
        history_ttl: str | None = None,
        starts: Sequence[model.StartPoint] = (),
        version: int | None = None,
    ) -> model.ProcessDefinition:
        """Add the next version of a process.

        Args:
            key: Id of the process in its diagram.
            name: Name of the process.
            sha256: Hash of the diagram.
            deployment_id: The deployment that brings it.
            pack: Slug of the pack.
            resource: Path of the diagram in the deployment.
            version_tag: A name of the version, unique among the versions of the process.
            starter_groups: Roles that may start instances.
            history_ttl: How long its history is to be kept, as an ISO 8601 duration.
            starts: Its start events.
            version: Its number, where whoever adds it has looked what the newest one is; by default the next.

        Raises:
            errors.Conflict: The version tag belongs to another version, or two deployments met.
        """
        if version_tag is not None and self.tagged(key, version_tag) is not None:
            raise errors.Conflict(
                f"流程“{key}”已有版本标签为“{version_tag}”的版本，版本标签不能重复使用，请改用新的标签。"
            )
        if version is None:
            last = self._link.one(_LAST_VERSION, {"key": key})
            version = 1 + ((last[0] or 0) if last else 0)
        row = {
            "key": key,
            "version": version,
            "version_tag": version_tag,
            "name": name,
            "sha256": sha256,
            "deployment_id": deployment_id,
            "pack": pack,
            "resource": resource,
            "status": model.DefinitionStatus.ACTIVE,
            "starter_groups": tuple(starter_groups),
            "history_ttl": history_ttl,
            "starts": [_start_to_json(start) for start in starts],
        }
        new_id = self._link.insert(_INSERT, row, duplicate=f"流程“{key}”正在由另一操作部署，请稍后再试。")
        self.added.add(new_id)
        return model.ProcessDefinition(
            new_id,
            key,
            version,
            version_tag,
            name,
            sha256,
            deployment_id,
            pack,
            resource,
            starter_groups=tuple(starter_groups),
            history_ttl=history_ttl,
        )

    def get(self, definition_id: int) -> model.ProcessDefinition:
        """Return a definition.

        Raises:
            errors.NotFound: There is none with this id.
        """
        found = self._one(_GET, {"definition": definition_id})
        if found is None:
            raise errors.NotFound(f"没有编号为 {definition_id} 的流程定义。", definition=definition_id)
        return found

    def latest(self, key: str) -> model.ProcessDefinition | None:
        """Return the newest version of a process; None if it was never deployed."""
        return self._one(_LATEST, {"key": key})

    def version(self, key: str, version: int) -> model.ProcessDefinition | None:
        """Return a version of a process by its number."""
        return self._one(_VERSION, {"key": key, "version": version})

    def tagged(self, key: str, version_tag: str) -> model.ProcessDefinition | None:
        """Return a version of a process by its tag."""
        return self._one(_TAG, {"key": key, "tag": version_tag})

    def versions(self, key: str) -> list[model.ProcessDefinition]:
        """Return all versions of a process, newest first."""
        return [model.ProcessDefinition(*row) for row in self._link.all(_VERSIONS, {"key": key})]

    def in_deployment(self, deployment_id: int) -> list[model.ProcessDefinition]:
        """Return the definitions that a deployment brought, by key."""
        return [model.ProcessDefinition(*row) for row in self._link.all(_IN_DEPLOYMENT, {"deployment": deployment_id})]

    def starts(self, definition_id: int) -> tuple[model.StartPoint, ...]:
        """Return the start events of a definition, without parsing its diagram.

        Raises:
            errors.NotFound: There is no definition with this id.
        """
        row = self._link.one(_STARTS, {"definition": definition_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {definition_id} 的流程定义。", definition=definition_id)
        return tuple(_start_from_json(start) for start in row[0])

    def set_status(self, definition_id: int, status: model.DefinitionStatus) -> None:
        """Suspend or activate a definition."""
        self._link.run(_SET_STATUS, {"definition": definition_id, "new_status": status})

    def _one(self, statement: statements.Statement, params: dict[str, Any]) -> model.ProcessDefinition | None:
        row = self._link.one(statement, params)
        return None if row is None else model.ProcessDefinition(*row)


def _start_to_json(start: model.StartPoint) -> dict[str, Any]:
    return {
        "element_id": start.element_id,
        "kind": start.kind.value,
        "name": start.name,
        "form_key": start.form_key,
        "public": start.public,
    }


def _start_from_json(start: dict[str, Any]) -> model.StartPoint:
    return model.StartPoint(**{**start, "kind": model.StartKind(start["kind"])})
