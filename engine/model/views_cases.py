"""What people see of one case; as `views_lists` says, of people only their ids."""

from __future__ import annotations

import dataclasses
import datetime

from engine.model import cooperation, instances, views_catalogue, views_diagrams, views_lists


@dataclasses.dataclass(frozen=True, slots=True)
class Value:
    """A labelled value as people read it. `files` are those that it holds, to be downloaded."""

    name: str
    label: str
    text: str
    files: tuple[File, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class File:
    """A stored file in a value; `token` is what `actions.files.find` takes.

    `label` is the field that holds it, `size` is in bytes; `by`, `at` and `source` say who submitted it when, and at
    which task, start or message.
    """

    token: str
    name: str
    size: int
    label: str = ""
    by: str | None = None
    at: datetime.datetime | None = None
    source: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ValueGroup:
    """Labelled values under the title of their form; of operators also those that no form has."""

    title: str
    values: tuple[Value, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody submitted at one time; later rounds do not change it.

    `kind` is ``task``, ``start``, ``message`` or ``countersign``; `round` counts the times that the element was done.
    """

    kind: str
    name: str
    element_id: str
    by: str
    at: datetime.datetime
    values: tuple[Value, ...]
    task_id: int | None = None
    on_behalf_of: str | None = None
    round: int = 1
    agrees: bool | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in words. `sentence` does not say when; `detail` is a reason or text that was given.

    `by` is None where nobody did it. `action` is the name in the audit trail, or ``entered`` of the history.
    """

    at: datetime.datetime
    by: str | None
    sentence: str
    action: str
    detail: str = ""
    element_id: str | None = None
    task_id: int | None = None
    on_behalf_of: str | None = None

    @property
    def automatic(self) -> bool:
        """Whether the case went on by itself here, and nobody got anything to do."""
        return self.by is None and self.task_id is None


@dataclasses.dataclass(frozen=True, slots=True)
class CaseLink:
    """Another case: the one that called this one, one that this one called, or one that it is linked with.

    Whoever may see one case of a family may see them all; of linked cases only those are shown that one may see.
    """

    id: int
    title: str
    business_key: str | None
    procedure: str
    status: instances.InstanceStatus


@dataclasses.dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote on the case or on one of its tasks."""

    id: int
    by: str
    at: datetime.datetime
    text: str
    task_id: int | None = None
    task_name: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class CaseHeader:
    """What stands above everything on the page of a case."""

    id: int
    title: str
    business_key: str | None
    status: instances.InstanceStatus
    status_text: str
    procedure: str
    procedure_key: str
    definition_id: int
    version: int
    version_tag: str | None
    pack: str
    pack_title: str
    started_at: datetime.datetime
    started_by: str
    ended_at: datetime.datetime | None
    end_reason: str | None
    #: Of the task due first.
    standing: views_lists.Standing | None
    #: How long it has taken so far, or took: 3 天 2 小时.
    duration: str
    #: What it waits for, while it waits for nobody.
    waits: tuple[views_lists.Wait, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class CaseView:
    """Everything the page of a case shows, as far as the actor may see it.

    Operators (`operates`) see every value and the incidents' messages, others what the forms let them.
    """

    header: CaseHeader
    tasks: tuple[views_lists.OpenTask, ...]
    timeline: tuple[Event, ...]
    steps: tuple[views_diagrams.Step, ...]
    diagram: views_diagrams.DiagramState
    values: tuple[ValueGroup, ...]
    files: tuple[File, ...]
    opinions: tuple[Opinion, ...]
    parent: CaseLink | None
    children: tuple[CaseLink, ...]
    comments: tuple[Comment, ...]
    incidents: tuple[instances.Incident, ...]
    copies: tuple[cooperation.Copy, ...]
    countersignatures: tuple[cooperation.Countersignature, ...]
    may_comment: bool
    operates: bool
    next_task_id: int | None = None
    links: tuple[CaseLink, ...] = ()
    may_link: bool = False
    leads_to: tuple[views_catalogue.Entry, ...] = ()
