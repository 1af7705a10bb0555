"""What the cases of a process run on: all that makes another version of it when it changes.

Its diagram, the forms, decision tables, document templates and registers that it names, the roles of its lanes, and all
this of the processes of the same pack that it calls.
"""

from __future__ import annotations

import dataclasses
import hashlib
import pathlib
from collections.abc import Iterable, Iterator, Mapping

from engine import catalog, errors, packfile
from engine.actions import checking, previews
from engine.bpmn import process
from engine.model import definitions
from engine.store import types, unit_of_work

#: What a service task that writes into a register has as its topic, and the inputs that name what is used.
_REGISTERS = "registers.append"
_TEMPLATE, _REGISTER = "template", "register"


@dataclasses.dataclass(frozen=True, slots=True)
class Content:
    """What a process runs on: its hash, and the hash of each part by a name that designers know it by."""

    sha256: str
    parts: Mapping[str, str]

    def differences(self, other: Content) -> tuple[str, ...]:
        """Return the names of the parts that are not the same in both, in order."""
        names = sorted({*self.parts, *other.parts})
        return tuple(name for name in names if self.parts.get(name) != other.parts.get(name))


def of(pack: catalog.Pack, checked: checking.Checked) -> dict[str, Content]:
    """Return the content of every process of a pack, by key."""
    own = {key: list(_own(pack, checked, key)) for key in checked.processes}
    digests = {key: _digest([key, *(text for _, text in parts)]) for key, parts in own.items()}
    made = {}
    for key in own:
        reached = sorted(_reachable(checked, key))
        parts = dict(part for each in reached for part in own[each])
        made[key] = Content(_digest(digests[each] for each in reached), parts)
    return made


def deployed(uow: unit_of_work.UnitOfWork, slug: str, deployment_id: int) -> dict[str, Content]:
    """Return the content of the processes of a deployment, as far as it can still be read.

    The hash that a definition was stored with is that of its time: an older gongkai left templates and registers out.
    """
    try:
        pack = catalog.assemble(slug, tuple(uow.deployments.resources(deployment_id)))
    except errors.InvalidInput:
        return {}
    return of(pack, checking.read(pack))


def _own(pack: catalog.Pack, checked: checking.Checked, key: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of one process: a name, and a text that changes when the part does."""
    file, found = checked.processes[key]
    yield file.path, f"{file.path}={file.sha256}"
    for name in sorted(found.form_keys & set(checked.forms)):
        yield f"forms/{name}.json", f"form {name}={checked.forms[name].sha256}"
    tables = {checked.decisions[name][0] for name in found.decision_refs & set(checked.decisions)}
    for table in sorted(tables, key=lambda each: each.path):
        yield table.path, f"decision {table.path}={table.sha256}"
    for lane in sorted(found.lanes):
        yield f"{packfile.NAME} 的角色“{lane}”", f"lane {lane}={pack.info.lanes.get(lane)}"
    yield from _templates(pack, found)
    yield from _registers(pack, found)


def _templates(pack: catalog.Pack, found: process.Process) -> Iterator[tuple[str, str]]:
    named = process.named(found, _TEMPLATE, previews.TOPIC)
    for file in pack.of_kind(definitions.ResourceKind.TEMPLATE):
        name = pathlib.PurePath(file.path).name.removesuffix(".j2")
        if named is None or name in named | previews.named(found):
            yield file.path, f"template {file.path}={file.sha256}"


def _registers(pack: catalog.Pack, found: process.Process) -> Iterator[tuple[str, str]]:
    named = process.named(found, _REGISTER, _REGISTERS)
    for register in sorted(pack.info.registers, key=lambda each: each.id):
        if named is None or register.id in named:
            text = types.dump_json(dataclasses.asdict(register), canonical=True)
            yield f"{packfile.NAME} 的台账“{register.name}”", f"register {register.id}={_digest([text])}"


def _reachable(checked: checking.Checked, key: str) -> set[str]:
    """Return a process and all processes of the pack that it calls, directly or not."""
    reached, pending = {key}, [key]
    while pending:
        called: process.Process = checked.processes[pending.pop()][1]
        fresh = (called.called_elements & set(checked.processes)) - reached
        reached |= fresh
        pending += sorted(fresh)
    return reached


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
