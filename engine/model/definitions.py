"""What has been deployed: deployments, resources, process definitions and where they may be started."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping


class ResourceKind(enum.StrEnum):
    """What a file of a pack is to the engine."""

    PROCESS = "process"
    DECISION = "decision"
    FORM = "form"
    PACK = "pack"
    TEMPLATE = "template"
    FIGURES = "figures"
    INVARIANTS = "invariants"
    OTHER = "other"


class ValueKind(enum.StrEnum):
    """What a value that goes to another program, or comes from it, is."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    LIST = "list"
    OBJECT = "object"


@dataclasses.dataclass(frozen=True, slots=True)
class ExternalTopic:
    """A topic whose jobs programs elsewhere do.

    `inputs` and `outputs` are names with the kinds of their values (`text`, `integer?`: it may be missing); None where
    nothing is declared, and anything goes.
    """

    id: str
    name: str
    description: str = ""
    inputs: Mapping[str, str] | None = None
    outputs: Mapping[str, str] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Resource:
    """One file of a deployment; `sha256` addresses its content."""

    path: str
    kind: ResourceKind
    sha256: str
    content: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Deployment:
    """An immutable set of resources taken from one pack at one time."""

    id: int
    pack: str
    sha256: str
    deployed_at: datetime.datetime
    deployed_by: str


class StartKind(enum.StrEnum):
    """What makes a start event start an instance."""

    NONE = "none"
    MESSAGE = "message"
    TIMER = "timer"
    SIGNAL = "signal"
    CONDITIONAL = "conditional"


@dataclasses.dataclass(frozen=True, slots=True)
class StartPoint:
    """One start event of a process: its kind, and the message, signal, timer or condition it waits for."""

    element_id: str
    kind: StartKind
    name: str | None = None
    form_key: str | None = None
    public: bool = False


class DefinitionStatus(enum.StrEnum):
    """Whether new instances may be started."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


@dataclasses.dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """A version of a process: `key` is the process id of the diagram, `version` counts its deployed contents."""

    id: int
    key: str
    version: int
    version_tag: str | None
    name: str
    sha256: str
    deployment_id: int
    pack: str
    resource: str
    status: DefinitionStatus = DefinitionStatus.ACTIVE
    starter_groups: tuple[str, ...] = ()
    history_ttl: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found wrong, with all a designer needs to mend it."""

    file: str
    rule: str
    expected: str
    found: str
    element_id: str | None = None
    element_name: str | None = None
    line: int | None = None
    severity: str = "error"

    def sentence(self) -> str:
        """Return the finding as one readable line."""
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        what = f" {self.element_name or ''}[{self.element_id}]" if self.element_id else ""
        return f"{where}{what} {self.rule}：应为{self.expected}；现为{self.found}"
