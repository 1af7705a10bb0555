"""`/deployments`: packs as they were deployed, and deploying one."""

from __future__ import annotations

from typing import Annotated, Any

import fastapi
from starlette import datastructures

from engine import errors
from engine.actions import deployments, published, uploads
from engine.model import definitions as model
from engine.web import access, fresh
from engine.web.api import conditional, negotiation, paging, routing, schema
from engine.web.api import definitions as versions

router = routing.Router("deployments")

_UPLOAD = routing.Upload(
    "pack",
    "A zip archive of one pack: `processes/<slug>/` and `forms/<slug>/`, without handlers. At most"
    f" {uploads.MAX_ARCHIVE // 1_000_000} MB, unpacked {uploads.MAX_UNPACKED // 1_000_000} MB.",
)


class Deployment(schema.Model):
    """An immutable set of files taken from one pack at one time."""

    id: schema.Id = schema.about("Number of the deployment.", 3)
    pack: str = schema.about("Slug of the pack.", "shizhengwuban")
    sha256: str = schema.about("Hash over all paths and contents.", "9f" * 32)
    deployed_at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    deployed_by: str = schema.about("Id of who deployed it.", "admin")


class Resource(schema.Model):
    """A file of a deployment."""

    path: str = schema.about("Path in the pack.", "processes/shizhengwuban/yushen.bpmn")
    kind: model.ResourceKind = schema.about("What it is to the engine.", "process")
    sha256: str = schema.about("Hash of the content.", "3c" * 32)
    size: int = schema.about("Bytes.", 48211)


class DeploymentDetails(Deployment):
    """A deployment with what it brought."""

    definitions: list[versions.Definition] = schema.about(
        "Versions of processes that this deployment made.", versions.EXAMPLE_LIST
    )
    resources: list[Resource]


class DeploymentPage(paging.Page[Deployment]):
    """Deployments, newest first."""


class Change(schema.Model):
    """What the deployment does to one process."""

    key: str = schema.about("Id of the process.", "yushen")
    name: str = schema.about("Its name.", "政府信息公开预审")
    kind: deployments.ChangeKind = schema.about("What happens to it.", "changed")
    version: int = schema.about("The version that cases start with from now on.", 4)
    version_tag: str | None = schema.about("Its tag.", "2026.1")
    definition_id: schema.Id | None = schema.about("Its definition; null when it would be new.", 12)


class FileChange(schema.Model):
    """What happens to one file."""

    path: str = schema.about("Path in the pack.", "processes/shizhengwuban/yushen.bpmn")
    kind: deployments.ChangeKind = schema.about("What happens to it.", "changed")


class Finding(schema.Model):
    """Something that a check found."""

    file: str = schema.about("Path in the pack.", "processes/shizhengwuban/yushen.bpmn")
    rule: str = schema.about("The rule (docs/reference/check-rules.md).", "version-tag")
    expected: str = schema.about("What the rule expects.", "有版本标签")
    found: str = schema.about("What is there.", "没有")
    element_id: str | None = schema.about("The element.", "yushen")
    element_name: str | None = schema.about("Its name.", "政府信息公开预审")
    line: int | None = schema.about("Line in the file.", 4)
    severity: str = schema.about("`error` or `warning`.", "warning")


class Report(schema.Model):
    """What a deployment changed, or (dry run, or nothing to do) would change."""

    pack: str = schema.about("Slug of the pack.", "shizhengwuban")
    deployment: Deployment | None = schema.about(
        "The new deployment; null for a dry run, and when the pack is deployed exactly so already.",
        {
            "id": 3,
            "pack": "shizhengwuban",
            "sha256": "9f" * 32,
            "deployed_at": "2026-03-09T01:00:00Z",
            "deployed_by": "admin",
        },
    )
    unchanged: bool = schema.about("Whether the pack is deployed exactly so already.", False)
    changes: list[Change]
    files: list[FileChange]
    warnings: list[Finding]


@router.get("/deployments", rule=access.DESIGN, scope="design", summary="列出部署")
def list_deployments(
    request: fastapi.Request,
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    wanted: paging.Wanted,
    pack: Annotated[schema.Name | None, fastapi.Query(description="Slug of a pack.")] = None,
) -> DeploymentPage:
    """List deployments, newest first. `pack` is the slug of one pack."""
    page = published.deployments(engine, actor, pack=pack, limit=wanted.limit, after=wanted.after)
    return paging.answer(DeploymentPage, request, response, page.items, page.after)


@router.post(
    "/deployments",
    rule=access.DESIGN,
    scope="design",
    consumes=negotiation.MULTIPART,
    openapi_extra=_UPLOAD.described(),
    responses={201: {"model": Report, "description": "Deployed."}},
    response_description="Dry run, or nothing to do.",
    summary="部署流程包",
)
def deploy_pack(
    response: fastapi.Response,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    form: access.Posted,
    dry_run: Annotated[schema.QueryFlag, fastapi.Query(description="Only say what it would change.")] = False,
) -> Report:
    """Deploy the pack in a zip archive; what has not changed stays as it is.

    It is checked as `gongkai check` does; what is wrong is in `findings`. A dry run needs the scope `design`, deploying
    the scope `operate` besides. Handlers are programs: they are installed on the server and never come in an archive.
    """
    archive = form.get(_UPLOAD.field)
    if not isinstance(archive, datastructures.UploadFile):
        raise errors.InvalidInput(f"请以字段“{_UPLOAD.field}”上传一个 zip 压缩包。")
    report = uploads.deploy(engine, archive.file, actor, dry_run=dry_run)
    if report.deployment is not None:
        response.status_code = 201
        response.headers["location"] = f"{routing.PREFIX}/deployments/{report.deployment.id}"
    return Report.model_validate(report)


@router.get("/deployments/{deployment_id}", rule=access.DESIGN, scope="design", summary="查看部署")
def show_deployment(
    deployment_id: schema.PathId, engine: access.CurrentEngine, actor: access.CurrentActor
) -> DeploymentDetails:
    """Show a deployment with its files and the versions of processes that it made."""
    found = published.deployment(engine, deployment_id, actor)
    return DeploymentDetails(
        **Deployment.model_validate(found.deployment).model_dump(),
        definitions=[versions.Definition.model_validate(row) for row in found.definitions],
        resources=[
            Resource(path=each.path, kind=each.kind, sha256=each.sha256, size=len(each.content))
            for each in found.resources
        ],
    )


@router.get(
    "/deployments/{deployment_id}/resources/{path:path}",
    rule=access.DESIGN,
    scope="design",
    produces="application/octet-stream",
    summary="下载部署的文件",
)
def download_resource(
    request: fastapi.Request,
    deployment_id: schema.PathId,
    path: Annotated[
        str,
        fastapi.Path(description="Path in the pack.", max_length=400, examples=["processes/shizhengwuban/yushen.bpmn"]),
    ],
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return a file of a deployment, byte for byte."""
    found = published.resource(engine, deployment_id, path, actor)
    name = path.rpartition("/")[2]
    return fresh.answer(request, found.content, "application/octet-stream", etag=f'"{found.sha256}"', filename=name)
