"""Deploying packs: what is on disk becomes an immutable deployment, with new versions of what has changed."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
from collections.abc import Iterator, Mapping

from engine import catalog, errors
from engine.actions import checking, contents, context, correlation, definition_cache, policy, transaction
from engine.bpmn import execution
from engine.model import commands, definitions, instances
from engine.store import unit_of_work

#: Changed parts that a sentence names.
_SHOWN = 5


class ChangeKind(enum.StrEnum):
    """What a deployment does to a process."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


@dataclasses.dataclass(frozen=True, slots=True)
class Change:
    """What happens to one process: `version` is the one that cases start with from now on.

    A removed process is no longer in the pack; it stays deployed, and may still be started, until it is suspended.
    """

    key: str
    name: str
    kind: ChangeKind
    version: int
    version_tag: str | None = None
    definition_id: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class FileChange:
    """What happens to one file: new, changed or removed."""

    path: str
    kind: ChangeKind


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """What a deployment changed, or would change. `deployment` is None when there was nothing to deploy, or dry."""

    pack: str
    changes: tuple[Change, ...]
    files: tuple[FileChange, ...]
    warnings: tuple[definitions.Finding, ...]
    deployment: definitions.Deployment | None = None

    @property
    def unchanged(self) -> bool:
        """Tell whether the pack is deployed exactly as it is."""
        return not self.files


def check(engine: context.Engine, slug: str) -> tuple[definitions.Finding, ...]:
    """Return everything that is wrong with a pack; errors forbid its deployment, warnings do not."""
    return _check(engine, engine.packs.pack(slug)).findings


def deploy(engine: context.Engine, slug: str, actor: commands.Actor, *, dry_run: bool = False) -> Report:
    """Deploy a pack as it is on disk.

    Nothing happens when it is deployed already. A process gets a new version when its content has changed: its diagram,
    the forms, decision tables, document templates and registers it uses, the roles of its lanes, or a process of the
    same pack that it calls.

    Raises:
        errors.NotFound: There is no such pack.
        errors.InvalidInput: `pack.yaml` is wrong.
        errors.InvalidDiagram: The pack has errors (`details["findings"]`).
        errors.Conflict: A version tag stands for another content already, or a process belongs to another pack.
    """
    allow(actor, dry_run=False)  # a pack on disk is looked at by who operates the server
    return deploy_pack(engine, engine.packs.pack(slug), actor, dry_run=dry_run)


@transaction.again
def deploy_pack(engine: context.Engine, pack: catalog.Pack, actor: commands.Actor, *, dry_run: bool = False) -> Report:
    """Deploy a pack that has been read already; see `deploy`. Designers may see what it would do (`dry_run`)."""
    allow(actor, dry_run=dry_run)
    checked = _check(engine, pack)
    checking.refuse(pack.slug, checked.errors)
    if dry_run:
        with engine.store.read() as uow:
            return _Plan(uow, pack, checked).report()
    try:
        with transaction.begin(engine, actor) as tx:
            tx.uow.deployments.take_turn()
            plan = _Plan(tx.uow, pack, checked)
            report = plan.report()
            if not report.unchanged:
                report = _carry_out(tx, plan)
    finally:
        engine.calendars.forget(pack.slug)
        engine.directory.forget()
    return report


def allow(actor: commands.Actor, *, dry_run: bool) -> None:
    """Allow operators to deploy, and designers to see what that would do."""
    if dry_run:
        policy.design(actor, "检查流程包")
    else:
        policy.operate(actor, "部署流程包")


def _check(engine: context.Engine, pack: catalog.Pack) -> checking.Checked:
    def others() -> set[str]:
        known: set[str] = set()
        for slug in engine.packs.slugs:
            with contextlib.suppress(errors.InvalidInput):
                known |= checking.keys(engine.packs.pack(slug)) if slug != pack.slug else set()
        return known

    return checking.check(pack, topics=engine.handlers.topics, others=others)


class _Plan:
    """What deploying a pack would do to what the store holds."""

    def __init__(self, uow: unit_of_work.UnitOfWork, pack: catalog.Pack, checked: checking.Checked) -> None:
        self.uow = uow
        self.pack = pack
        self.checked = checked
        self.latest = uow.deployments.latest(pack.slug)
        self.contents = contents.of(pack, checked)
        self._deployed: dict[int, Mapping[str, contents.Content]] = {}
        self.before = {key: uow.definitions.latest(key) for key in checked.processes}
        for key in checked.processes:
            self._refuse(key)

    def changed(self) -> list[str]:
        """Return the keys of the processes that get a new version."""
        return [key for key, row in self.before.items() if row is None or not self._same(key, row)]

    def report(self) -> Report:
        """Describe the plan."""
        changed = set(self.changed())
        return self.described([self._change(key, key in changed) for key in self.checked.processes])

    def described(self, changes: list[Change], deployment: definitions.Deployment | None = None) -> Report:
        """Return the report for these changes."""
        warnings = tuple(each for each in self.checked.findings if each.severity != checking.ERROR)
        everything = tuple(sorted([*changes, *self._removed()], key=lambda change: change.key))
        return Report(self.pack.slug, everything, tuple(self._files()), warnings, deployment)

    def _change(self, key: str, changed: bool) -> Change:
        row, found = self.before[key], self.checked.processes[key][1]
        if row is None:
            return Change(key, found.name, ChangeKind.NEW, 1, found.version_tag)
        if changed:
            return Change(key, found.name, ChangeKind.CHANGED, row.version + 1, found.version_tag)
        return Change(key, row.name, ChangeKind.UNCHANGED, row.version, row.version_tag, row.id)

    def _refuse(self, key: str) -> None:
        row, found = self.before[key], self.checked.processes[key][1]
        if row is not None and row.pack != self.pack.slug:
            raise errors.Conflict(f"流程“{key}”属于流程包“{row.pack}”，不能由“{self.pack.slug}”部署，请换一个流程 id。")
        if found.version_tag is None or (row is not None and self._same(key, row)):
            return
        tagged = self.uow.definitions.tagged(key, found.version_tag)
        if tagged is not None:
            raise errors.Conflict(
                f"流程“{found.name}”（{key}）的版本标签“{found.version_tag}”已用于第 {tagged.version} 版，"
                f"{self._difference(key, tagged)}。版本标签不能改指其他内容，"
                f"请改用新的标签（{self.checked.processes[key][0].path} 的 camunda:versionTag）。",
                key=key,
                version_tag=found.version_tag,
            )

    def _same(self, key: str, row: definitions.ProcessDefinition) -> bool:
        """Tell whether a version runs on what the pack has now, whichever way its hash was made."""
        if row.sha256 == self.contents[key].sha256:
            return True
        known = self._of_deployment(row).get(key)
        return known is not None and known.sha256 == self.contents[key].sha256

    def _of_deployment(self, row: definitions.ProcessDefinition) -> Mapping[str, contents.Content]:
        if row.deployment_id not in self._deployed:
            self._deployed[row.deployment_id] = contents.deployed(self.uow, row.pack, row.deployment_id)
        return self._deployed[row.deployment_id]

    def _difference(self, key: str, tagged: definitions.ProcessDefinition) -> str:
        """Say in what a version differs from what the pack has now."""
        known = self._of_deployment(tagged).get(key)
        if known is None:
            return "而内容与现在不同"
        found = known.differences(self.contents[key])
        if not found:
            return "其后又部署了其他内容"
        more = f"等 {len(found)} 处" if len(found) > _SHOWN else ""
        return f"而内容与现在不同，有变化的是 {'、'.join(found[:_SHOWN])}{more}"

    def _removed(self) -> Iterator[Change]:
        if self.latest is None:
            return
        known = self.uow.deployments.resources(self.latest.id)
        for key in checking.process_keys(known) - set(self.checked.processes):
            row = self.uow.definitions.latest(key)
            if row is not None:
                yield Change(key, row.name, ChangeKind.REMOVED, row.version, row.version_tag, row.id)

    def _files(self) -> Iterator[FileChange]:
        before = {} if self.latest is None else self.uow.deployments.hashes(self.latest.id)
        after = {each.path: each.sha256 for each in self.pack.resources}
        for path in sorted({*before, *after}):
            if path not in before:
                yield FileChange(path, ChangeKind.NEW)
            elif path not in after:
                yield FileChange(path, ChangeKind.REMOVED)
            elif before[path] != after[path]:
                yield FileChange(path, ChangeKind.CHANGED)


def _carry_out(tx: transaction.Transaction, plan: _Plan) -> Report:
    pack, changed = plan.pack, plan.changed()
    deployment = tx.uow.deployments.add(
        pack.slug, pack.sha256, pack.resources, deployed_at=tx.now, deployed_by=tx.actor.id
    )
    tx.uow.external_topics.replace(pack.slug, pack.info.external_topics)
    # Start timers, and what starts at once, count on the new calendar already.
    tx.own_days[pack.slug] = tx.engine.calendars.of(tx.uow, pack.slug, tx.uow.calendar_changes.in_force())
    rows = {key: _new_version(tx, plan, key, deployment) for key in changed}
    # Only now: a start event may have moved from one process to another, and what starts at once may call any of them.
    for key in changed:
        before = plan.before[key]
        if before is not None:
            tx.uow.subscriptions.remove_starts(before.id)
            tx.uow.timers.remove_starts(before.id)
    for row in rows.values():
        listen(tx, tx.definition(row.id))
    versions = {key: row.version for key, row in rows.items()}
    tx.note(None, "deploy", f"deployment/{deployment.id}", pack=pack.slug, sha256=pack.sha256, versions=versions)
    changes = [
        dataclasses.replace(change, definition_id=rows[change.key].id) if change.key in rows else change
        for change in plan.report().changes
        if change.kind is not ChangeKind.REMOVED
    ]
    return plan.described(changes, deployment)


def _new_version(
    tx: transaction.Transaction, plan: _Plan, key: str, deployment: definitions.Deployment
) -> definitions.ProcessDefinition:
    (file, found), before = plan.checked.processes[key], plan.before[key]
    return tx.uow.definitions.add(
        key,
        name=found.name,
        sha256=plan.contents[key].sha256,
        deployment_id=deployment.id,
        pack=plan.pack.slug,
        resource=file.path,
        version_tag=found.version_tag,
        starter_groups=found.starter_groups,
        history_ttl=found.history_ttl,
        starts=found.starts,
        version=1 if before is None else before.version + 1,
    )


def listen(tx: transaction.Transaction, definition: definition_cache.Definition) -> None:
    """Let messages, signals and points in time start instances of a definition.

    Raises:
        errors.Conflict: A message would start two processes: a message has one receiver.
    """
    for start in definition.process.starts:
        if start.kind is definitions.StartKind.TIMER:
            due = execution.start_due(
                definition.process, definition.context(tx.now, tx.days(definition)), start.element_id
            )
            if due is not None:
                tx.uow.timers.set_start(definition.id, start.element_id, due)
                tx.made_work = True
        elif start.kind in (definitions.StartKind.MESSAGE, definitions.StartKind.SIGNAL):
            assert start.name is not None
            kind = instances.SubscriptionKind(start.kind.value)
            if kind is instances.SubscriptionKind.MESSAGE:
                _refuse_second_receiver(tx, definition, start.name)
            tx.uow.subscriptions.set_start(definition.id, start.element_id, kind, start.name)
            if kind is instances.SubscriptionKind.MESSAGE:
                correlation.start_from_buffer(tx, start.name)


def _refuse_second_receiver(tx: transaction.Transaction, definition: definition_cache.Definition, message: str) -> None:
    for other in tx.uow.subscriptions.starts(instances.SubscriptionKind.MESSAGE, message):
        if other.definition_id is not None and other.definition_id != definition.id:
            row = tx.uow.definitions.get(other.definition_id)
            raise errors.Conflict(
                f"消息“{message}”已经启动流程“{row.name}”（{row.key}），不能再启动“{definition.row.name}”"
                f"（{definition.row.key}）。请为其中之一换一个消息名称。"
            )
