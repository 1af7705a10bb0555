"""What is deployed, for people and programs to read: procedures are no secret of those who carry them out."""

from __future__ import annotations

import dataclasses
import functools

from engine import errors, forms
from engine.actions import context, definition_cache, policy
from engine.bpmn import picture
from engine.model import commands
from engine.model import definitions as model
from engine.store import paging, queries

#: Pictures kept: drawing one takes longer than everything else that a page does.
_PICTURES = 64


@dataclasses.dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment with the definitions and files that it brought; files are (path, kind, sha256, bytes)."""

    deployment: model.Deployment
    definitions: tuple[model.ProcessDefinition, ...]
    resources: tuple[model.Resource, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Published:
    """A definition with its start events and the keys of its forms."""

    row: model.ProcessDefinition
    starts: tuple[model.StartPoint, ...]
    form_keys: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class DeployedForm:
    """A form as a deployment has it: the file as it was written, and what it says."""

    form: forms.Form
    resource: model.Resource
    deployment: model.Deployment


def deployments(
    engine: context.Engine, actor: commands.Actor, *, pack: str | None = None, limit: int = 50, after: str | None = None
) -> paging.Page[model.Deployment]:
    """Return deployments, newest first; for designers and operators."""
    policy.design(actor, "查看部署")
    with engine.store.read() as uow:
        return queries.deployments(uow, pack=pack, limit=limit, after=after)


def deployment(engine: context.Engine, deployment_id: int, actor: commands.Actor) -> Deployed:
    """Return a deployment; for designers and operators."""
    policy.design(actor, "查看部署")
    with engine.store.read() as uow:
        found = uow.deployments.get(deployment_id)
        rows = uow.definitions.in_deployment(deployment_id)
        return Deployed(found, tuple(rows), tuple(uow.deployments.resources(deployment_id)))


def resource(engine: context.Engine, deployment_id: int, path: str, actor: commands.Actor) -> model.Resource:
    """Return a file of a deployment; for designers and operators."""
    policy.design(actor, "查看部署")
    with engine.store.read() as uow:
        return uow.deployments.resource(deployment_id, path)


def definitions(
    engine: context.Engine,
    *,
    key: str | None = None,
    pack: str | None = None,
    status: model.DefinitionStatus | None = None,
    latest_only: bool = False,
    limit: int = 50,
    after: str | None = None,
) -> paging.Page[model.ProcessDefinition]:
    """Return definitions by key and version; for everybody who works here."""
    with engine.store.read() as uow:
        return queries.definitions(
            uow, key=key, pack=pack, status=status, latest_only=latest_only, limit=limit, after=after
        )


def definition(engine: context.Engine, definition_id: int) -> Published:
    """Return a definition; for everybody who works here."""
    with engine.store.read() as uow:
        row = uow.definitions.get(definition_id)
        found = engine.definitions.get(uow, definition_id)
    return Published(row, tuple(found.process.starts), tuple(sorted(found.process.form_keys)))


def diagram(engine: context.Engine, definition_id: int) -> model.Resource:
    """Return the BPMN file of a definition, as it was deployed; for everybody who works here."""
    with engine.store.read() as uow:
        row = uow.definitions.get(definition_id)
        return uow.deployments.resource(row.deployment_id, row.resource)


def svg(engine: context.Engine, definition_id: int) -> tuple[str, str]:
    """Return the picture of a definition, and the SHA-256 of the file it is drawn from.

    Raises:
        errors.NotFound: The file has no diagram interchange.
    """
    file = diagram(engine, definition_id)
    try:
        return _draw(file.content, file.path), file.sha256
    except errors.InvalidDiagram:
        raise errors.NotFound(f"流程图文件 {file.path} 没有图形信息，不能画出。") from None


def form(engine: context.Engine, definition_id: int, key: str) -> tuple[forms.Form, model.Resource]:
    """Return a form that a definition uses, and its file; for everybody who works here.

    Raises:
        errors.NotFound: The definition does not use it.
    """
    with engine.store.read() as uow:
        found = engine.definitions.get(uow, definition_id)
        parsed = found.form(key)
        return parsed, uow.deployments.resource(found.row.deployment_id, definition_cache.form_path(key))


def start_form(
    engine: context.Engine, definition_id: int, message: str | None = None
) -> tuple[forms.Form, forms.Rights]:
    """Return the form that starts an instance, and what may be done with its fields.

    Args:
        engine: The engine.
        definition_id: The definition.
        message: Name of the message that starts it; by default the start without a trigger.

    Raises:
        errors.NotFound: There is no such start event, or it has no form.
    """
    kind = model.StartKind.NONE if message is None else model.StartKind.MESSAGE
    with engine.store.read() as uow:
        found = engine.definitions.get(uow, definition_id)
    for point in found.process.starts:
        if point.kind is kind and message in (None, point.name) and point.form_key is not None:
            return found.form(point.form_key), found.rights(point.element_id)
    raise errors.NotFound(f"流程“{found.row.name}”的开始事件没有表单，可以直接发起。")


def newest_form(engine: context.Engine, key: str) -> DeployedForm:
    """Return a form (`pack/name`) of the newest deployment of its pack; for everybody who works here.

    Raises:
        errors.NotFound: The pack was never deployed, or has no such form.
    """
    with engine.store.read() as uow:
        latest = uow.deployments.latest(key.partition("/")[0])
        if latest is None:
            raise errors.NotFound(f"没有部署过表单“{key}”。", form=key)
        path = definition_cache.form_path(key)
        if path not in uow.deployments.hashes(latest.id):
            raise errors.NotFound(f"没有部署过表单“{key}”。", form=key)
        file = uow.deployments.resource(latest.id, path)
    return DeployedForm(forms.parse(file.content, path), file, latest)


def newest_forms(engine: context.Engine, pack: str) -> list[DeployedForm]:
    """Return the forms of the newest deployment of a pack, by key; for everybody who works here.

    Raises:
        errors.NotFound: The pack was never deployed.
    """
    with engine.store.read() as uow:
        latest = uow.deployments.latest(pack)
        if latest is None:
            raise errors.NotFound(f"没有部署过流程包“{pack}”。", pack=pack)
        resources = uow.deployments.resources(latest.id)
    return [
        DeployedForm(forms.parse(each.content, each.path), each, latest)
        for each in resources
        if each.kind is model.ResourceKind.FORM
    ]


@functools.lru_cache(maxsize=_PICTURES)
def _draw(content: bytes, path: str) -> str:
    return picture.svg(content, path)
