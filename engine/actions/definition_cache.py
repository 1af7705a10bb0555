"""Definitions as they run: parsed once per process, then shared by every instance.

What an instance runs on never changes: the diagram, the forms and decision tables it uses, and the roles are those of
the deployment that brought its definition.  Only the calendar is today's (`engine.actions.office_calendars`).
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import functools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from engine import dmn, errors, forms, packfile
from engine.bpmn import deadlines, execution, process, reader
from engine.calendars import calendar, expressions
from engine.model import definitions
from engine.store import unit_of_work


@dataclasses.dataclass(frozen=True)
class Definition:
    """A process definition with everything it needs to run."""

    row: definitions.ProcessDefinition
    process: process.Process
    deployed_forms: Mapping[str, forms.Form]
    decisions: Mapping[str, dmn.Decision]
    pack: packfile.PackInfo

    @property
    def id(self) -> int:
        """Return the id of the definition."""
        return self.row.id

    @functools.cached_property
    def lanes(self) -> Mapping[str, str]:
        """Role ids by lane name."""
        return self.pack.lanes

    @functools.cached_property
    def people(self) -> Mapping[str, str]:
        """Names of roles and people by id, as far as the pack knows them."""
        roles = {role.id: role.name for role in self.pack.roles}
        return {**roles, **{user.id: user.name for user in self.pack.users}}

    @functools.cached_property
    def counting(self) -> frozenset[str]:
        """Return the ids of the elements whose due time or timer may count working days."""
        return deadlines.counting(self.process)

    @functools.cached_property
    def separated(self) -> Mapping[str, frozenset[str]]:
        """For each user task those that other people must do (职责分离), whichever of them names the other."""
        pairs: dict[str, set[str]] = {}
        for element in self.process.elements.values():
            for other in element.properties.get("notSameActorAs", "").replace("，", ",").split(","):
                if other.strip():
                    pairs.setdefault(element.id, set()).add(other.strip())
                    pairs.setdefault(other.strip(), set()).add(element.id)
        return {element: frozenset(others) for element, others in pairs.items()}

    @functools.cached_property
    def private(self) -> Mapping[str, frozenset[str]]:
        """The fields that any form of the process calls private, and the roles that all such forms let read them."""
        found: dict[str, frozenset[str]] = {}
        for key in {element.form_key for element in self.process.elements.values()}:
            form = self.deployed_forms.get(key or "")
            for path, roles in forms.private(form).items() if form is not None else ():
                found[path] = found[path] & roles if path in found else roles
        return found

    def permitted_returns(self, element_id: str) -> frozenset[str] | None:
        """Return the user tasks to which a case may be sent back from one (退回); None for all of them."""
        written = self.process.elements[element_id].properties.get("return", "").strip() or self.process.returns
        if not written:
            return None
        return frozenset(each.strip() for each in written.split(",")) - {"none"}

    def form(self, key: str) -> forms.Form:
        """Return a form as it was deployed with the definition."""
        try:
            return self.deployed_forms[key]
        except KeyError:
            raise errors.NotFound(f"流程“{self.row.name}”的部署中没有表单“{key}”。", form=key) from None

    def rights(self, element_id: str) -> forms.Rights:
        """Return what may be done with the fields of a form at an element."""
        return forms.Rights.parse(self.process.elements[element_id].properties.get("fieldRights", ""))

    def decide(self, decision_id: str, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Evaluate a decision as it was deployed with the definition.

        Raises:
            errors.DecisionFailed: There is no such decision, or it fails on these variables.
        """
        if decision_id not in self.decisions:
            raise errors.DecisionFailed(f"流程“{self.row.name}”的部署中没有决策“{decision_id}”。", decision=decision_id)
        return [dict(row) for row in dmn.evaluate(self.decisions[decision_id], variables).rows]

    def context(
        self,
        now: datetime.datetime,
        days: calendar.Calendar,
        *,
        business_key: str | None = None,
        instance_id: int | None = None,
        initiator: str | None = None,
        actor: str | None = None,
        unit_of: Callable[[Any, str], str] | None = None,
    ) -> execution.Context:
        """Return what an instance may look at while it runs; `actor()` tells expressions who acts (签字人)."""
        functions: dict[str, Callable[..., Any]] = dict(expressions.functions(days, now))
        functions["actor"] = lambda: actor
        seen = execution.Context(now, functions, self.decide, business_key, instance_id, initiator)
        return seen if unit_of is None else dataclasses.replace(seen, unit_of=unit_of)


class DefinitionCache:
    """The definitions used last, by id. Threads may share it; `parses` counts the diagrams that were read."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._held: collections.OrderedDict[int, Definition] = collections.OrderedDict()
        self._lock = threading.Lock()
        self.parses = 0

    def get(self, uow: unit_of_work.UnitOfWork, definition_id: int) -> Definition:
        """Return a definition, reading it from the store when it is not in memory."""
        with self._lock:
            held = self._held.get(definition_id)
            if held is not None:
                self._held.move_to_end(definition_id)
                return held
        # Two threads may parse the same definition at the same time: a waste, but nobody waits for a diagram that is
        # being read while holding a transaction.
        loaded = self.read(uow, definition_id)
        self.hold(loaded)
        return loaded

    def hold(self, loaded: Definition) -> None:
        """Keep a definition that is committed. An id that was rolled back is given again, to another content."""
        with self._lock:
            self._held[loaded.id] = loaded
            while len(self._held) > self._size:
                self._held.popitem(last=False)

    def read(self, uow: unit_of_work.UnitOfWork, definition_id: int) -> Definition:
        """Read a definition from the store; it is not kept."""
        row = uow.definitions.get(definition_id)
        resources = uow.deployments.resources(row.deployment_id)
        with self._lock:
            self.parses += 1
        return build(row, resources)


def build(row: definitions.ProcessDefinition, resources: list[definitions.Resource]) -> Definition:
    """Put a definition together from the resources of its deployment."""
    by_path = {each.path: each for each in resources}
    found = next(each for each in reader.read(by_path[row.resource].content, row.resource) if each.key == row.key)
    info = next(
        packfile.parse(each.content, row.pack, each.path)
        for each in resources
        if each.kind is definitions.ResourceKind.PACK
    )
    decisions = {}
    if found.decision_refs:
        tables = (each for each in resources if each.kind is definitions.ResourceKind.DECISION)
        decisions = {decision.id: decision for table in tables for decision in dmn.parse(table.content, table.path)}
    return Definition(
        row=row,
        process=found,
        deployed_forms={
            key: forms.parse(by_path[path].content, path)
            for key in found.form_keys
            if (path := form_path(key)) in by_path
        },
        decisions=decisions,
        pack=info,
    )


def newest_packs(uow: unit_of_work.UnitOfWork) -> list[packfile.PackInfo]:
    """Return what every pack says of itself as it was deployed last, by slug; its processes may be older than that."""
    return [pack_of(uow, each) for each in uow.deployments.newest()]


def pack_of(uow: unit_of_work.UnitOfWork, deployment: definitions.Deployment) -> packfile.PackInfo:
    """Return what a pack said of itself in a deployment."""
    path = f"processes/{deployment.pack}/{packfile.NAME}"
    return packfile.parse(uow.deployments.resource(deployment.id, path).content, deployment.pack, path)


def form_path(key: str) -> str:
    """Return where the form of a form key is in a deployment."""
    return f"forms/{key}.json"
