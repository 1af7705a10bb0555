"""Deployments and their resources. A content is stored once, however often it is deployed."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import sqlalchemy as sa

from engine import errors
from engine.model import definitions as model
from engine.store import statements
from engine.store.tables import deployment_resources, deployments, resources

_INSERT = statements.insert(deployments, without=("id",), returning=deployments.c.id)
_INSERT_CONTENT = statements.upsert(resources, ["sha256"], [])
_INSERT_RESOURCE = statements.insert(deployment_resources)
_GET = sa.select(*deployments.c).where(deployments.c.id == sa.bindparam("deployment"))
_LATEST = (
    sa.select(*deployments.c)
    .where(deployments.c.pack == sa.bindparam("pack"))
    .order_by(deployments.c.id.desc())
    .limit(1)
)
_NEWEST = (
    sa.select(*deployments.c)
    .where(deployments.c.id.in_(sa.select(sa.func.max(deployments.c.id)).group_by(deployments.c.pack)))
    .order_by(deployments.c.pack)
)
_WITH_CONTENT = sa.select(
    deployment_resources.c.path, deployment_resources.c.kind, deployment_resources.c.sha256, resources.c.content
).select_from(deployment_resources.join(resources, resources.c.sha256 == deployment_resources.c.sha256))
_RESOURCE = _WITH_CONTENT.where(
    deployment_resources.c.deployment_id == sa.bindparam("deployment"),
    deployment_resources.c.path == sa.bindparam("path"),
)
_RESOURCES = _WITH_CONTENT.where(deployment_resources.c.deployment_id == sa.bindparam("deployment")).order_by(
    deployment_resources.c.path
)
# The oldest row never changes: it is what deployments wait for each other at.
_TURN = sa.select(deployments.c.id).where(deployments.c.id > 0).order_by(deployments.c.id).limit(1).with_for_update()
_HASHES = sa.select(deployment_resources.c.path, deployment_resources.c.sha256).where(
    deployment_resources.c.deployment_id == sa.bindparam("deployment")
)


class Deployments:
    """The deployments of a unit of work."""

    def __init__(self, link: statements.Link) -> None:
        self._link = link

    def take_turn(self) -> None:
        """Wait until no other deployment is under way: what this unit of work then reads stays as it is until it ends.

        Only the very first deployment has nobody to wait for; of two of these one is refused by `Definitions.add`.
        """
        self._link.one(_TURN, {})

    def add(
        self,
        pack: str,
        sha256: str,
        contents: Sequence[model.Resource],
        *,
        deployed_at: datetime.datetime,
        deployed_by: str,
    ) -> model.Deployment:
        """Store a deployment with its resources; contents that are known already are not stored again.

        Args:
            pack: Slug of the pack.
            sha256: Hash over all paths and contents.
            contents: Every file of the pack, by unique path.
            deployed_at: When, with time zone.
            deployed_by: Id of the actor.
        """
        row = {"pack": pack, "sha256": sha256, "deployed_at": deployed_at, "deployed_by": deployed_by}
        deployment_id = self._link.insert(_INSERT, row)
        unique = {each.sha256: {"sha256": each.sha256, "content": each.content} for each in contents}
        self._link.run_many(_INSERT_CONTENT, list(unique.values()))
        self._link.run_many(
            _INSERT_RESOURCE,
            [
                {"deployment_id": deployment_id, "path": each.path, "kind": each.kind, "sha256": each.sha256}
                for each in contents
            ],
        )
        return model.Deployment(deployment_id, pack, sha256, deployed_at, deployed_by)

    def get(self, deployment_id: int) -> model.Deployment:
        """Return a deployment.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"deployment": deployment_id})
        if row is None:
            raise errors.NotFound(f"没有编号为 {deployment_id} 的部署。", deployment=deployment_id)
        return model.Deployment(*row)

    def latest(self, pack: str) -> model.Deployment | None:
        """Return the newest deployment of a pack; None if it was never deployed."""
        row = self._link.one(_LATEST, {"pack": pack})
        return None if row is None else model.Deployment(*row)

    def newest(self) -> list[model.Deployment]:
        """Return the newest deployment of every pack, by pack."""
        return [model.Deployment(*row) for row in self._link.all(_NEWEST, {})]

    def hashes(self, deployment_id: int) -> dict[str, str]:
        """Return the SHA-256 of every file of a deployment, by path: enough to see what a new one would change."""
        return {row[0]: row[1] for row in self._link.all(_HASHES, {"deployment": deployment_id})}

    def resource(self, deployment_id: int, path: str) -> model.Resource:
        """Return a file of a deployment with its content.

        Raises:
            errors.NotFound: The deployment has no such file.
        """
        row = self._link.one(_RESOURCE, {"deployment": deployment_id, "path": path})
        if row is None:
            raise errors.NotFound(f"部署 {deployment_id} 中没有文件“{path}”。", deployment=deployment_id, path=path)
        return model.Resource(*row)

    def resources(self, deployment_id: int) -> list[model.Resource]:
        """Return all files of a deployment with their contents, by path."""
        return [model.Resource(*row) for row in self._link.all(_RESOURCES, {"deployment": deployment_id})]
