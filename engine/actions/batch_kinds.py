"""What a batch can do to many cases or incidents: one table; a kind of its own is one more line.

Every kind does to each item what the action of the same name does to one, in the same words and under the same policy.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from engine import errors
from engine.actions import context, incidents, instances, migrating, transaction
from engine.model import batches as model
from engine.model.instances import InstanceStatus

#: What is given beside the items, as it was checked.
Parameters = Mapping[str, Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """An act that a batch can do.

    Parameters:
        name: what programs call it.
        title: what people call it.
        done: the sentence of an item that it was done to.
        act: does it to one item, in the transaction that writes its result; raises as the action of one does.
        check: looks at what is given beside the items that are selected, and returns what is kept of it.
        target: what its items are.
        statuses: how the cases stand that a filter means; where a filter names a status, it is one of these.
        called: whether a filter that names a process means cases of it that others have called, too.
        one_process: whether a filter has to name one.
    """

    name: str
    title: str
    done: str
    act: Callable[[transaction.Transaction, int, Parameters], object]
    check: Callable[[context.Engine, model.Selection, Parameters], dict[str, Any]]
    statuses: tuple[InstanceStatus, ...]
    target: model.Target = model.Target.INSTANCE
    called: bool = True
    one_process: bool = False


def of(name: str) -> Kind:
    """Return a kind.

    Raises:
        errors.InvalidInput: There is none of this name.
    """
    if name not in KINDS:
        raise errors.InvalidInput(f"没有“{name}”这种批量办理，可以办理的有：{'、'.join(KINDS)}。")
    return KINDS[name]


def shown(name: str) -> Kind:
    """Return a kind as people are shown it; of one that a newer version knows, there is nothing but its name."""
    return KINDS.get(name) or Kind(name, name, "", lambda *_: of(name), lambda *_: {}, ())


def _because(_: context.Engine, _selection: model.Selection, given: Parameters) -> dict[str, Any]:
    _refuse_others(given, "reason")
    instances.check_reason(_reason(given))
    return {"reason": _reason(given)}


def _perhaps(_: context.Engine, _selection: model.Selection, given: Parameters) -> dict[str, Any]:
    _refuse_others(given, "reason")
    return _note(given)


def _migration(engine: context.Engine, selection: model.Selection, given: Parameters) -> dict[str, Any]:
    _refuse_others(given, "reason", "to_version", "mapping", "reckon")
    version, mapping = given.get("to_version"), given.get("mapping") or {}
    if not isinstance(version, int) or isinstance(version, bool) or not 0 < version < 1 << 31:
        raise errors.InvalidInput("迁移事项应说明迁移到第几版。")
    if not isinstance(mapping, Mapping) or not all(isinstance(each, str) for pair in mapping.items() for each in pair):
        raise errors.InvalidInput("元素的对应关系应为原标识与新标识的对照。")
    if selection.definition is not None:
        with engine.store.read() as uow:
            if uow.definitions.version(selection.definition, version) is None:
                raise errors.InvalidInput(f"流程“{selection.definition}”没有部署过第 {version} 版。")
    kept = {"to_version": version, "mapping": dict(mapping), "reckon": bool(given.get("reckon"))}
    return {**kept, **_note(given)}


def _note(given: Parameters) -> dict[str, Any]:
    reason = _reason(given)
    if len(reason) > instances.REASON:
        raise errors.InvalidInput(f"说明应不超过 {instances.REASON} 字，现为 {len(reason)} 字。")
    return {"reason": reason} if reason else {}


def _reason(given: Parameters) -> str:
    return str(given.get("reason") or "").strip()


def _refuse_others(given: Parameters, *known: str) -> None:
    unknown = [name for name in given if name not in known]
    if unknown:
        raise errors.InvalidInput(f"这种批量办理没有参数“{'、'.join(unknown)}”。")


def _migrate(tx: transaction.Transaction, target: int, given: Parameters) -> object:
    return migrating.migrate_within(
        tx, target, version=given["to_version"], mapping=given["mapping"], reckon=given["reckon"]
    )


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "cancel",
            "取消事项",
            "已取消。",
            lambda tx, target, given: instances.cancel_within(tx, target, given["reason"]),
            _because,
            (InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED),
            called=False,
        ),
        Kind(
            "suspend",
            "暂停办理",
            "已暂停。",
            lambda tx, target, _: instances.suspend_within(tx, target),
            _perhaps,
            (InstanceStatus.ACTIVE,),
        ),
        Kind(
            "activate",
            "恢复办理",
            "已恢复。",
            lambda tx, target, _: instances.activate_within(tx, target),
            _perhaps,
            (InstanceStatus.SUSPENDED,),
        ),
        Kind(
            "retry",
            "重试异常",
            "已重试。",
            lambda tx, target, _: incidents.retry_within(tx, target),
            _perhaps,
            (InstanceStatus.ACTIVE,),
            target=model.Target.INCIDENT,
        ),
        Kind(
            "migrate",
            "迁移版本",
            "已迁移。",
            _migrate,
            _migration,
            (InstanceStatus.ACTIVE, InstanceStatus.SUSPENDED),
            one_process=True,
        ),
    )
}

#: The kinds whose items are incidents.
ON_INCIDENTS = frozenset(kind.name for kind in KINDS.values() if kind.target is model.Target.INCIDENT)
