"""The audit trail in words: one sentence for every act there is.

Every name that an action gives to an act has a line here; a test walks the code and misses none. A line may name
`{who}` (with 代某某 where somebody is stood in for), `{task}`, `{element}`, `{to}`, `{by}` (people), `{back}` (the task
that a case is sent back to), `{case}` (the number of another case), `{agrees}`, `{old}` and `{new}` (days), `{before}`
and `{after}` (versions), and `{name}`, what follows the stroke of the subject. What is not known is left out by the
words around it.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from engine.calendars import moments, wording
from engine.model import commands, instances

#: The most letters of a reason or text that a sentence is followed by.
_DETAIL = 2000


@dataclasses.dataclass(frozen=True, slots=True)
class Wording:
    """How an act is told: its sentence, and the detail (a key of what the entry says) that follows it.

    `technical` details are for operators alone.
    """

    sentence: str
    detail: str = ""
    technical: bool = False


#: Of cases.
CASES: Mapping[str, Wording] = {
    "start-instance": Wording("{who}发起事项"),
    "claim-user-task": Wording("{who}签收{task}"),
    "unclaim-user-task": Wording("{who}退签{task}"),
    "complete-user-task": Wording("{who}办结{task}"),
    "save-draft": Wording("{who}暂存{task}的表单"),
    "delegate-user-task": Wording("{who}将{task}委派给{to}", "reason"),
    "resolve-user-task": Wording("{who}办毕{task}，交回{to}", "reason"),
    "transfer-user-task": Wording("{who}将{task}移交给{to}", "reason"),
    "change-owner": Wording("{who}将{by}委派的{task}改由{to}收回办结", "reason"),
    "change-candidates": Wording("{who}将{task}的候选人由{by}改为{to}", "reason"),
    "transfer-countersignature": Wording("{who}将{by}对{task}的加签意见改由{to}提出", "reason"),
    "return-user-task": Wording("{who}将{task}退回{back}", "reason"),
    "withdraw-user-task": Wording("{who}撤回{task}"),
    "countersign-user-task": Wording("{who}就{task}请{to}加签", "text"),
    "answer-countersignature": Wording("{who}对{task}{agrees}", "text"),
    "remove-countersignature": Wording("{who}撤销请{to}对{task}的加签"),
    "submit-user-task": Wording("{who}办毕{task}，送{to}会签"),
    "countersigned-user-task": Wording("{task}已会签同意，{to}的办理生效"),
    "copy-case": Wording("{who}抄送{to}", "text"),
    "link-case": Wording("{who}关联其他事项", "name", technical=True),
    "unlink-case": Wording("{who}取消与其他事项的关联", "name", technical=True),
    "urge-user-task": Wording("{who}催办{task}", "text"),
    "add-comment": Wording("{who}发表意见", "text"),
    "suspend-instance": Wording("{who}暂停办理"),
    "activate-instance": Wording("{who}恢复办理"),
    "hold-case": Wording("{who}保全事项", "reason"),
    "release-hold": Wording("{who}解除保全", "reason"),
    "erase-case": Wording("保存期满，{who}删除事项", "ground"),
    "instance-cancelled": Wording("{who}取消事项", "reason"),
    "instance-error": Wording("事项因错误终止", "reason"),
    "set-variables": Wording("{who}修改数据：{changed}"),
    "migrate-instance": Wording("{who}将事项由流程第 {before} 版迁移到第 {after} 版", "told", technical=True),
    "migrate-user-task": Wording("流程版本变更，{task}改由{to}办理"),
    "fire-timer": Wording("{element}到时间"),
    "move-due": Wording("工作日历调整，{task}的期限由{old}改为{new}", "document"),
    "move-timer": Wording("工作日历调整，{element}的时间由{old}改为{new}", "document"),
    "complete-job": Wording("自动完成{element}"),
    "retry-job": Wording("自动办理{element}没有成功，稍后再试", "error", technical=True),
    "fail-job": Wording("自动办理{element}多次没有成功，等待管理员处理", "error", technical=True),
    "throw-bpmn-error": Wording("{element}报告业务错误", "error"),
    "message-delivered": Wording("收到消息“{name}”"),
    "signal-delivered": Wording("收到信号“{name}”"),
    "message-refused": Wording("消息“{name}”不符合要求，没有接收", "reason"),
    "child-completed": Wording("下级事项{case}已办结"),
    "escalated": Wording("下级事项{case}上报情况"),
    "error-caught": Wording("下级事项{case}报告业务错误"),
    "append-to-register": Wording("登记台账", "name"),
    "issue-document": Wording("制发公文", "name"),
    "reissue-document": Wording("{who}重新制发公文", "name"),
    "withdraw-publication": Wording("{who}撤回公开信息", "name"),
    "publish": Wording("公开", "name"),
    "give-receipt": Wording("登记网上提交，给出查询码", technical=True),
    "tell-sender": Wording("告知网上提交的人"),
    "retry-incident": Wording("{who}重试{element}"),
    "resolve-incident": Wording("{who}人工办理{element}", "reason"),
}

#: Of the platform.
SYSTEM: Mapping[str, Wording] = {
    "instance-started": Wording("{who}发起事项 {name}"),
    "back-up": Wording("{who}备份数据库", "sha256"),
    "archive-case": Wording("{who}将事项 {name} 归档"),
    "deploy": Wording("{who}部署流程包", "pack"),
    "suspend-definition": Wording("{who}停用流程", "key"),
    "activate-definition": Wording("{who}启用流程", "key"),
    "correlate-message": Wording("{who}送来消息“{name}”"),
    "message-buffered": Wording("消息“{name}”暂无事项接收，已保留"),
    "message-dropped": Wording("消息“{name}”无人接收，没有保留"),
    "message-expired": Wording("消息“{name}”逾期无人接收"),
    "send-signal": Wording("{who}发出信号“{name}”"),
    "evaluate-conditions": Wording("{who}提交条件数据"),
    "sign-in": Wording("{who}登录", "client"),
    "sign-out": Wording("{who}退出"),
    "sign-out-everywhere": Wording("{who}退出全部登录"),
    "change-password": Wording("{who}修改密码"),
    "refuse-sign-in": Wording("登录“{name}”被拒绝", "client"),
    "create-token": Wording("{who}新建接口令牌", "name"),
    "revoke-token": Wording("{who}撤销接口令牌", "name"),
    "create-user": Wording("{who}新建账号 {name}"),
    "seed-demo-users": Wording("{who}新建演示账号"),
    "update-user": Wording("{who}修改账号 {name}"),
    "activate-user": Wording("{who}启用账号 {name}"),
    "deactivate-user": Wording("{who}停用账号 {name}", "reason"),
    "reset-password": Wording("{who}重置 {name} 的密码"),
    "begin-hand-over": Wording("{who}开始将 {name} 的工作移交给{to}", "reason"),
    "hand-over": Wording("{who}将 {name} 的工作移交给{to}", "reason"),
    "create-unit": Wording("{who}新建单位", "name"),
    "update-unit": Wording("{who}修改单位", "name"),
    "remove-unit": Wording("{who}撤销单位", "name"),
    "create-substitution": Wording("{who}设立代理", "reason"),
    "end-substitution": Wording("{who}结束代理"),
    "propose-calendar-change": Wording("{who}提出日历调整", "reason"),
    "approve-calendar-change": Wording("{who}批准日历调整", "reason"),
    "refuse-calendar-change": Wording("{who}不同意日历调整", "why"),
    "store-file": Wording("{who}上传文件", "purpose"),
    "refuse-file": Wording("文件没有通过病毒扫描", "name"),
    "change-notice-settings": Wording("{who}修改通知设置"),
    "send-test-mail": Wording("{who}发送测试邮件", "address"),
    "retry-mail": Wording("{who}重发邮件"),
    "add-webhook": Wording("{who}新建事件推送", "url"),
    "remove-webhook": Wording("{who}撤销事件推送", "url"),
    "pause-webhook": Wording("{who}停用事件推送"),
    "activate-webhook": Wording("{who}启用事件推送"),
    "save-filter": Wording("{who}保存筛选", "name"),
    "remove-filter": Wording("{who}删除筛选"),
    "retry-delivery": Wording("{who}重发事件推送"),
    "order-batch": Wording("{who}开始批量办理 {name}", "reason"),
    "pause-batch": Wording("{who}暂停批量办理 {name}", "reason"),
    "resume-batch": Wording("{who}恢复批量办理 {name}"),
    "cancel-batch": Wording("{who}取消批量办理 {name}"),
    "retry-batch": Wording("{who}重试批量办理 {name} 中失败的项目"),
    "finish-batch": Wording("批量办理 {name} 已办完"),
}

WORDINGS: Mapping[str, Wording] = {**SYSTEM, **CASES}


@dataclasses.dataclass(frozen=True)
class Words:
    """What sentences about one case, or about the platform, need to know: names of people, tasks and elements."""

    people: Mapping[str, str]
    tasks: Mapping[int, str] = dataclasses.field(default_factory=dict)
    elements: Mapping[str, str] = dataclasses.field(default_factory=dict)
    operator: bool = False

    def say(self, entry: instances.AuditEntry) -> tuple[str, str]:
        """Return the sentence of an audit entry, and its detail; an act that is not known is called by its name."""
        wording = WORDINGS.get(entry.action, Wording("{who}：" + entry.action.replace("{", "").replace("}", "")))
        detail = entry.details.get(wording.detail) if wording.detail else None
        if wording.technical and not self.operator:
            detail = None
        return wording.sentence.format_map(self._facts(entry)), str(detail)[:_DETAIL] if detail else ""

    def person(self, user_id: object) -> str:
        """Return the name of a person, or the id where none is known; of the platform, 系统."""
        if user_id is None or user_id == commands.SYSTEM.id:
            return "系统"
        return self.people.get(str(user_id), str(user_id))

    def _those(self, details: Mapping[str, Any]) -> str:
        """Return whom an act concerns: somebody, or several people and roles."""
        to = details.get("to")
        named = [to] if isinstance(to, str) else [*(to or ()), *details.get("roles", ())]
        return "、".join(self.person(each) for each in named) or "候选人"

    def _facts(self, entry: instances.AuditEntry) -> dict[str, str]:
        details, (kind, _, name) = entry.details, entry.subject.partition("/")
        who, whom = self.person(entry.actor), details.get("for")
        element = self.elements.get(str(details.get("element")), str(details.get("element") or ""))
        task = self.tasks.get(int(name), element) if kind == "user_task" and name.isdecimal() else element
        return {
            "who": f"{who}代{self.person(whom)}" if whom else who,
            "task": f"“{task}”" if task else "任务",
            "element": f"“{element}”" if element else "环节",
            "to": self._those(details),
            "back": f"“{self.elements.get(str(details.get('to_element')), details.get('to_element'))}”",
            "agrees": "会签同意" if details.get("agrees") else "提出不同意见",
            "by": self.person(details.get("by")),
            "case": f" {details['case']} " if details.get("case") else "",
            "name": self.person(name) if kind == "user" else name,
            "changed": "、".join(_names(details.get("changes"))),
            "before": str(details.get("from_version", "")),
            "after": str(details.get("to_version", "")),
            "old": _day(details.get("old")),
            "new": _day(details.get("new")),
        }


def _day(instant: Any) -> str:
    """Return the day of an instant as it is written in official letters; nothing where there is none."""
    if not isinstance(instant, str):
        return ""
    return wording.day(moments.local_day(datetime.datetime.fromisoformat(instant)))


def _names(changes: Any) -> list[str]:
    return [str(name) for name in changes] if isinstance(changes, Mapping) else []
