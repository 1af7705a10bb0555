"""Tasks and cases as lists and pages show them: answers that several operations share."""

from __future__ import annotations

from engine.model import cooperation, instances, views_diagrams
from engine.web.api import schema


class Standing(schema.Model):
    """How far off a due time is, counted by the calendar of the office."""

    due: schema.Moment = schema.about("When it is due.", "2026-03-16T15:59:59Z")
    text: str = schema.about("In words.", "还剩 3 个工作日")
    tone: str = schema.about("`overdue`, `today`, `soon` or `later`.", "later")
    workdays: int | None = schema.about("Working days left, negative when overdue.", 3)
    estimated: bool = schema.about("Whether the official notice of a year between is not out yet.", False)


class ReturnMark(schema.Model):
    """That a task is open again because its case was sent back."""

    by: str = schema.about("Id of who sent it back.", "zhouming")
    at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    reason: str = schema.about("Why.", "数据与附件不一致")


class CountersignMark(schema.Model):
    """That a row asks for an opinion on somebody's task, not for the task itself."""

    id: schema.Id = schema.about("Number of the countersignature.", 4)
    kind: cooperation.CountersignKind = schema.about("When the opinion is wanted.", "before")
    asked_by: str = schema.about("Id of who asks.", "chenjing")
    question: str = schema.about("What is asked.", "是否涉密？")


class TaskItem(schema.Model):
    """A task in a list."""

    id: schema.Id = schema.about("Number of the task.", 9)
    instance_id: schema.Id = schema.about("The case.", 17)
    name: str = schema.about("What is to be done.", "综合处预审")
    element_id: str = schema.about("The element of the diagram.", "Task_review")
    title: str = schema.about("What the case is about.", "办事指南")
    business_key: str | None = schema.about("What people call the case.", "2026-17")
    procedure: str = schema.about("Name of the process.", "政府信息公开预审")
    procedure_key: str = schema.about("Id of the process.", "yushen")
    pack: str = schema.about("Slug of its pack.", "shizhengwuban")
    created_at: schema.Moment = schema.about("When it was opened.", "2026-03-09T01:00:00Z")
    holder: str | None = schema.about("Id of who has it.", None)
    offered_users: list[str] = schema.about("Ids of who may take it.", [])
    offered_roles: list[str] = schema.about(
        "Ids of roles that may take it; `role@unit` is the role within one unit, by its number.", ["zonghechu"]
    )
    lane: str | None = schema.about("The lane it is in.", "综合处")
    standing: Standing | None
    priority: int = schema.about("0 to 100.", 50)
    clause: str | None = schema.about("Clauses that it carries out.", "P000-02 §2")
    claimable: bool = schema.about("Whether the caller may take it.", True)
    apart_from: str | None = schema.about("What the caller did in the case, when somebody else must do this.", None)
    on_behalf_of: str | None = schema.about("Whose it is when the caller only stands in.", None)
    delegated_by: str | None = schema.about("Who lets the holder prepare it.", None)
    delegation_returned: bool = schema.about("Whether it has come back prepared.", False)
    returned: ReturnMark | None
    countersign: CountersignMark | None
    awaiting: cooperation.Countersigning | None = schema.about("What it waits for from others.", None)
    has_draft: bool = schema.about("Whether something was kept unfinished.", False)
    case_status: instances.InstanceStatus = schema.about("Where the case stands.", "active")
    completed_at: schema.Moment | None = schema.about("When it was completed.", None)
    completed_for: str | None = schema.about("For whom.", None)


class OpenTask(schema.Model):
    """A task that a case waits for."""

    id: schema.Id = schema.about("Number of the task.", 9)
    name: str = schema.about("What is to be done.", "综合处预审")
    element_id: str = schema.about("The element of the diagram.", "Task_review")
    holder: str | None = schema.about("Id of who has it.", None)
    offered_users: list[str] = schema.about("Ids of who may take it.", [])
    offered_roles: list[str] = schema.about(
        "Ids of roles that may take it; `role@unit` is the role within one unit, by its number.", ["zonghechu"]
    )
    created_at: schema.Moment = schema.about("When it was opened.", "2026-03-09T01:00:00Z")
    standing: Standing | None
    own: bool = schema.about("Whether the caller has it or may do it.", True)
    claimable: bool = schema.about("Whether it would have to be claimed first.", True)


class Wait(schema.Model):
    """What a case waits for that no person does: a time, a message or a signal."""

    element_id: str = schema.about("The element of the diagram.", "Event_published")
    name: str = schema.about("What the element is called.", "公开时间已到")
    due: schema.Moment | None = schema.about("When it comes; null for a message or signal.", "2026-12-10T00:00:00Z")
    text: str = schema.about("Both in words.", "公开时间已到（2026年12月10日）")


class CaseItem(schema.Model):
    """A case in a list."""

    id: schema.Id = schema.about("Number of the case.", 17)
    title: str = schema.about("What it is about.", "办事指南")
    business_key: str | None = schema.about("What people call it.", "2026-17")
    procedure: str = schema.about("Name of the process.", "政府信息公开预审")
    procedure_key: str = schema.about("Id of the process.", "yushen")
    pack: str = schema.about("Slug of its pack.", "shizhengwuban")
    version: int = schema.about("Version of the process.", 4)
    status: instances.InstanceStatus = schema.about("Where it stands.", "active")
    started_at: schema.Moment = schema.about("When it was started.", "2026-03-09T01:00:00Z")
    started_by: str = schema.about("Id of who started it.", "zhangsan")
    ended_at: schema.Moment | None = schema.about("When it ended.", None)
    end_reason: str | None = schema.about("Why it ended before its time.", None)
    tasks: list[OpenTask]
    standing: Standing | None
    waits: list[Wait] = schema.about("What it waits for, while it waits for nobody.", [])
    incidents: int = schema.about("How many things stopped in it.", 0)


class Comment(schema.Model):
    """What somebody wrote on a case or one of its tasks."""

    id: schema.Id = schema.about("Its number.", 3)
    by: str = schema.about("Id of who wrote it.", "chenjing")
    at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    text: str = schema.about("What it says.", "请核对附件二。")
    task_id: schema.Id | None = schema.about("The task it is about.", None)
    task_name: str | None = schema.about("Its name.", None)


class AttachedFile(schema.Model):
    """A file in a value."""

    token: str = schema.about("Names the file (`/files/{token}`).", "q7Zr1nYcT5vXw8LkM2bDs4Fh6Jp9Ga3E")
    name: str = schema.about("What it is called.", "办事指南.pdf")
    size: int = schema.about("Bytes.", 182044)
    label: str = schema.about("The field that holds it.", "附件")
    by: str | None = schema.about("Id of who handed it in.", "zhangsan")
    at: schema.Moment | None = schema.about("When.", "2026-03-09T01:00:00Z")
    source: str = schema.about("Where in the case.", "发起")


class Value(schema.Model):
    """A labelled value as people read it."""

    name: str = schema.about("The field.", "title")
    label: str = schema.about("What people call it.", "信息名称")
    text: str = schema.about("The value.", "办事指南")
    files: list[AttachedFile]


class ValueGroup(schema.Model):
    """Values under the title of their form."""

    title: str = schema.about("The title.", "公开申请单")
    values: list[Value]


class Opinion(schema.Model):
    """What somebody submitted at one time; later rounds do not change it."""

    kind: str = schema.about("`task`, `start`, `message` or `countersign`.", "task")
    name: str = schema.about("What was done.", "综合处预审")
    element_id: str = schema.about("The element of the diagram.", "Task_review")
    by: str = schema.about("Id of who did it.", "chenjing")
    at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    values: list[Value]
    task_id: schema.Id | None = schema.about("The task.", 9)
    on_behalf_of: str | None = schema.about("For whom.", None)
    round: int = schema.about("How often the element had been done by then.", 1)
    agrees: bool | None = schema.about("Of a countersignature.", None)


class Event(schema.Model):
    """Something that happened, in words."""

    at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    by: str | None = schema.about("Id of who did it.", "chenjing")
    sentence: str = schema.about("What happened.", "办结“综合处预审”")
    action: str = schema.about("Its name in the audit trail.", "complete-user-task")
    detail: str = schema.about("A reason or text that was given.", "")
    element_id: str | None = schema.about("The element of the diagram.", "Task_review")
    task_id: schema.Id | None = schema.about("The task.", 9)
    on_behalf_of: str | None = schema.about("For whom.", None)


class Step(schema.Model):
    """An element of the process: a row of the table that says the same as the diagram."""

    element_id: str = schema.about("Its id.", "Task_review")
    name: str = schema.about("Its name.", "综合处预审")
    kind: str = schema.about("What it is.", "人工任务")
    lane: str | None = schema.about("Its lane.", "综合处")
    mark: views_diagrams.Mark = schema.about("Where it stands in the case.", "here")
    visits: int = schema.about("How often it was entered.", 1)
    here: int = schema.about("Tokens in it now.", 1)
    first_entered_at: schema.Moment | None = schema.about("When it was first entered.", "2026-03-09T01:00:00Z")
    last_left_at: schema.Moment | None = schema.about("When it was last left.", None)
    seconds: float = schema.about("Time spent in it.", 7200.0)
    duration: str = schema.about("The same in words.", "2 小时")
    by: list[str] = schema.about("Ids of who completed its tasks.", [])
    ways: list[str] = schema.about("Labels of the flows on which the case went on from here.", ["同意"])
    clause: str | None = schema.about("Clauses that it carries out.", "P000-02 §2")
    waits: bool = schema.about("Whether the case stays here for a time, message or signal.", False)
    until: schema.Moment | None = schema.about("For which time it waits.", None)


class DiagramState(schema.Model):
    """What to draw on the diagram of a case."""

    process_id: str = schema.about("Id of the process.", "yushen")
    tokens: dict[str, int] = schema.about("Tokens by element.", {"Task_review": 1})
    visited: list[str] = schema.about("Elements that were gone through.", ["Start_apply"])
    flows: list[str] = schema.about("Flows that were taken.", ["Flow_1"])
    seconds: dict[str, float] = schema.about("Time spent by element.", {"Task_review": 7200.0})
    incidents: list[str] = schema.about("Elements where something stopped.", [])


class CaseLink(schema.Model):
    """Another case: the one that called this one, one that this one called, or one that it is linked with."""

    id: schema.Id = schema.about("Its number.", 18)
    title: str = schema.about("What it is about.", "办事指南")
    business_key: str | None = schema.about("What people call it.", None)
    procedure: str = schema.about("Name of its process.", "政府信息公开保密审查")
    status: instances.InstanceStatus = schema.about("Where it stands.", "active")


class Clause(schema.Model):
    """A clause of the source document."""

    quoted: str = schema.about("As the diagram has it.", "P000-02 §2")
    id: str = schema.about("Its id.", "P000-02")
    articles: str = schema.about("Its articles.", "第二条")
    summary: str = schema.about("What it says, in our own words.", "需公开的内容由单位申请、综合处预审、领导小组审定")


class DayOff(schema.Model):
    """Days in a row on which the office is closed."""

    first: schema.Day = schema.about("The first.", "2026-10-01")
    last: schema.Day = schema.about("The last.", "2026-10-07")
    reason: str = schema.about("Why.", "国庆节")


class Reckoning(schema.Model):
    """How a deadline was counted."""

    due: schema.Moment = schema.about("When it is due.", "2026-03-16T15:59:59Z")
    start: schema.Day = schema.about("The day it is counted from, which itself does not count.", "2026-03-09")
    workdays: int = schema.about("Working days until the due day.", 5)
    days: int = schema.about("Days until the due day.", 7)
    skipped: list[DayOff]
    calendar: str = schema.about("The calendar.", "全国节假日安排")
    calendar_version: str = schema.about("Its content.", "2026-1")
    estimated: bool = schema.about("Whether the official notice of a year between is not out yet.", False)
    sentence: str = schema.about("All of it in words.", "自2026年3月9日起5个工作日，当日不计。")


class Possibility(schema.Model):
    """An action on a task: whether the caller may do it now, and if not, why not."""

    action: str = schema.about("The action.", "complete")
    label: str = schema.about("What pages call it.", "办结")
    allowed: bool = schema.about("Whether it may be done.", True)
    why_not: str = schema.about("Why it may not.", "")


class CaseHeader(schema.Model):
    """What a case is, and where it stands."""

    id: schema.Id = schema.about("Number of the case.", 17)
    title: str = schema.about("What it is about.", "办事指南")
    business_key: str | None = schema.about("What people call it.", "2026-17")
    status: instances.InstanceStatus = schema.about("Where it stands.", "active")
    status_text: str = schema.about("The same in words.", "办理中")
    procedure: str = schema.about("Name of the process.", "政府信息公开预审")
    procedure_key: str = schema.about("Id of the process.", "yushen")
    definition_id: schema.Id = schema.about("The version that it runs on.", 12)
    version: int = schema.about("Its number among the versions of the process.", 4)
    version_tag: str | None = schema.about("Its tag.", "2026.1")
    pack: str = schema.about("Slug of the pack.", "shizhengwuban")
    pack_title: str = schema.about("Title of the pack.", "市政务办政府信息公开工作制度")
    started_at: schema.Moment = schema.about("When it was started.", "2026-03-09T01:00:00Z")
    started_by: str = schema.about("Id of who started it.", "zhangsan")
    ended_at: schema.Moment | None = schema.about("When it ended.", None)
    end_reason: str | None = schema.about("Why it ended before its time.", None)
    standing: Standing | None
    duration: str = schema.about("How long it has taken so far, or took.", "3 天 2 小时")
    waits: list[Wait] = schema.about("What it waits for, while it waits for nobody.", [])


class Copy(schema.Model):
    """A case sent to somebody, or to a role, to know of."""

    id: schema.Id = schema.about("Its number.", 7)
    instance_id: schema.Id = schema.about("The case.", 17)
    user_task_id: schema.Id | None = schema.about("The task it was sent from.", 9)
    kind: str = schema.about("`user` or `group`.", "user")
    name: str = schema.about("Id of the person or role.", "liuyang")
    sent_by: str = schema.about("Id of who sent it.", "chenjing")
    sent_at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    text: str = schema.about("What was said.", "请知悉。")


class Incident(schema.Model):
    """Something that stopped and that an operator must look at; the case waits there and loses nothing."""

    id: schema.Id = schema.about("Its number.", 2)
    instance_id: schema.Id = schema.about("The case.", 17)
    token: int = schema.about("Its token.", 12)
    element_id: str = schema.about("Where.", "Task_publish")
    kind: instances.IncidentKind = schema.about("What kind of thing went wrong.", "job")
    message: str = schema.about("What went wrong.", "ConnectionError: 门户网站无法连接")
    created_at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    resolved_at: schema.Moment | None = schema.about("When it was cleared.", None)
    resolved_by: str | None = schema.about("By whom.", None)


class Countersignature(schema.Model):
    """One person's part in the countersigning of a task."""

    id: schema.Id = schema.about("Its number.", 4)
    instance_id: schema.Id = schema.about("The case.", 17)
    user_task_id: schema.Id = schema.about("The task.", 9)
    kind: cooperation.CountersignKind = schema.about("When the opinion is wanted.", "before")
    status: cooperation.CountersignStatus = schema.about("Where it stands.", "open")
    person: str = schema.about("Id of who is asked.", "liuyang")
    asked_by: str = schema.about("Id of who asks.", "chenjing")
    asked_at: schema.Moment = schema.about("When.", "2026-03-09T01:00:00Z")
    question: str = schema.about("What is asked.", "是否涉密？")
    due: schema.Moment | None = schema.about("Until when.", None)
    opened_at: schema.Moment | None = schema.about("When their turn came.", "2026-03-09T01:00:00Z")
    answered_at: schema.Moment | None = schema.about("When they answered.", None)
    answered_by: str | None = schema.about("Id of who answered.", None)
    agrees: bool | None = schema.about("Whether they agree.", None)
    opinion: str | None = schema.about("What they said.", None)
