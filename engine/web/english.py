"""English for what the domain says in Chinese: by the code, action or kind that goes with each Chinese sentence.

The Chinese has the particulars and stays in sight below. Tests walk the domain and find nothing without English.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine import errors
from engine.model import events

#: What is wrong at a field of a form, by code; in braces keywords of its schema.
FIELDS: Mapping[str, str] = {
    "required": "required",
    "any-of": "fill in at least one of the fields that belong together",
    "covers": "every row of the other table must be answered for, and only its rows named",
    "undeclared": "the form has no such field; reload the page",
    "read-only": "may not be changed here",
    "hidden": "may not be filled in here",
    "fixed-rows": "rows can be neither added nor removed",
    "contradiction": "contradicts what stays as it is",
    "single-line": "must be one line",
    "unprintable": "contains characters that cannot be shown",
    "too-deep": "is nested too deeply",
    "too-large": "is too large",
    "reference": "is not there, or not for you; choose from the list",
    "type": "is not of the expected kind",
    "enum": "is none of the choices",
    "const": "must be confirmed",
    "format": "is not in the expected format",
    "pattern": "is not in the expected format",
    "minLength": "at least {minLength} characters",
    "maxLength": "at most {maxLength} characters",
    "minItems": "at least {minItems} items",
    "maxItems": "at most {maxItems} items",
    "uniqueItems": "items must differ from each other",
    "minimum": "must be at least {minimum}",
    "exclusiveMinimum": "must be more than {exclusiveMinimum}",
    "maximum": "must be at most {maximum}",
    "exclusiveMaximum": "must be less than {exclusiveMaximum}",
    "multipleOf": "has too many decimals, or is no multiple of what is asked for",
    "formatMinimum": "is too early",
    "formatMaximum": "is too late",
    "x-maxSize": "the file is too large",
    "x-accept": "files of this type are not accepted",
}
#: These say all there is to say; of others the Chinese knows more.
_COMPLETE = {"required", "single-line", "undeclared", "minLength", "maxLength", "minItems", "maxItems"} | {
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
}

#: What went wrong, by the code of the error.
ERRORS: Mapping[str, str] = {
    "error": "Something went wrong. Please try again later, or ask an administrator.",
    "not-found": "There is no such thing, or it is not for you to see.",
    "forbidden": "You may not do this.",
    "closed": "The time in which this could be sent in has passed.",
    "conflict": "This cannot be done now: things have changed, or something else has to happen first.",
    "invalid-input": "Something that was entered is not right.",
    "invalid-form": "The form is not filled in correctly.",
    "invalid-diagram": "The diagram has mistakes.",
    "invalid-decision": "The decision table has mistakes.",
    "invalid-expression": "An expression has mistakes.",
    "evaluation-failed": "An expression could not be evaluated.",
    "decision-failed": "A decision table could not be evaluated.",
    "calendar-error": "This does not fit the calendar of working days.",
    "bpmn-error": "The procedure reported a business error.",
    "invalid-xml": "The file is no correct XML.",
    "invalid-form-definition": "The definition of the form has mistakes.",
    "store-error": "The database cannot be used at the moment. Please try again in a while.",
    "sign-in-refused": "User name or password is wrong, or the account is not active.",
    "too-many-attempts": "Too many attempts. Please wait a while and try again.",
    "outdated": "Somebody else has changed this in the meantime. Reload and try again.",
    "invalid-record": "The record is not right.",
    "invalid-document-template": "The template of the document has mistakes.",
    "sign-in-needed": "Please sign in first.",
    "password-change-needed": "Please change your password first.",
    "csrf": "The page is out of date. Reload it and try again.",
    "single-sign-on-failed": "Single sign-on did not succeed. Please try again, or ask an administrator.",
    "file-too-large": "The file is too large.",
    "file-infected": "The virus scan refused the file.",
    "mail-refused": "The mail server refused the mail.",
    "mail-unavailable": "The mail server could not be reached.",
    "webhook-unreachable": "The receiver could not be reached.",
    # Of what goes wrong before an action is asked.
    "bad-request": "The request is not right.",
    "method-not-allowed": "This address does not do that.",
    "not-acceptable": "This is not available in the format asked for.",
    "too-large": "What was sent is too large.",
    "unsupported-media-type": "Content of this type is not accepted.",
    "invalid-request": "The request is not right. Go back and try again.",
    "too-many-requests": "Too many requests. Please wait a while and try again.",
}

#: What happened in a case, by action; whoever did it stands before.
ACTS: Mapping[str, str] = {
    "start-instance": "started the case",
    "claim-user-task": "claimed a task",
    "unclaim-user-task": "gave a task back to the others who may claim it",
    "complete-user-task": "completed a task",
    "save-draft": "saved a draft",
    "delegate-user-task": "delegated a task",
    "resolve-user-task": "returned a delegated task to its owner",
    "transfer-user-task": "transferred a task",
    "change-owner": "took over the ownership of a delegated task",
    "change-candidates": "changed who may claim a task",
    "transfer-countersignature": "passed on a request for an opinion",
    "return-user-task": "sent the case back to an earlier task",
    "withdraw-user-task": "withdrew a completed task",
    "countersign-user-task": "asked for opinions on a task",
    "answer-countersignature": "gave an opinion on a task",
    "remove-countersignature": "withdrew a request for an opinion",
    "submit-user-task": "completed a task, which waits for others to agree",
    "countersigned-user-task": "A task was agreed to and takes effect",
    "copy-case": "sent copies",
    "link-case": "linked another case",
    "unlink-case": "took back the link with another case",
    "urge-user-task": "urged a task",
    "add-comment": "commented",
    "suspend-instance": "suspended the case",
    "migrate-instance": "moved the case to another version of its process",
    "migrate-user-task": "The process has another version: somebody else does a task",
    "activate-instance": "resumed the case",
    "hold-case": "put the case under hold",
    "release-hold": "released the case from its hold",
    "erase-case": "deleted the case, whose time was over",
    "instance-cancelled": "cancelled the case",
    "instance-error": "The case ended with an error",
    "set-variables": "changed data",
    "fire-timer": "A timer fired",
    "move-due": "The calendar changed and moved a deadline",
    "move-timer": "The calendar changed and moved a timer",
    "complete-job": "An automatic step was done",
    "retry-job": "An automatic step failed and will be tried again",
    "fail-job": "An automatic step failed repeatedly and waits for an administrator",
    "throw-bpmn-error": "A step reported a business error",
    "message-delivered": "A message arrived",
    "signal-delivered": "A signal arrived",
    "message-refused": "A message was not accepted",
    "child-completed": "A case below was completed",
    "escalated": "A case below reported",
    "error-caught": "A case below reported a business error",
    "append-to-register": "An entry was made in the register",
    "issue-document": "An official document was issued",
    "reissue-document": "An official document was issued anew",
    "withdraw-publication": "A publication was withdrawn",
    "publish": "Information was published",
    "give-receipt": "What was sent in got its code",
    "tell-sender": "Somebody who sent something in was told",
    "retry-incident": "retried a step",
    "resolve-incident": "settled a step by hand",
    # Of the history.
    "entered": "A step was reached",
    "left": "A step was left",
}

#: Why somebody is told something.
NOTICES: Mapping[events.NoticeKind, str] = {
    events.NoticeKind.ASSIGNED: "A task is assigned to you",
    events.NoticeKind.OFFERED: "There is a task that you may claim",
    events.NoticeKind.DELEGATED: "A task was delegated to you",
    events.NoticeKind.RESOLVED: "A task that you delegated has come back",
    events.NoticeKind.TRANSFERRED: "A task was transferred to you",
    events.NoticeKind.RETURNED: "A case was sent back to you",
    events.NoticeKind.WITHDRAWN: "A task was withdrawn by the step before",
    events.NoticeKind.COUNTERSIGN: "Opinions on a task",
    events.NoticeKind.URGED: "You are asked to hurry",
    events.NoticeKind.DUE_SOON: "A task is due soon",
    events.NoticeKind.OVERDUE: "A task is overdue",
    events.NoticeKind.DUE_MOVED: "A deadline has moved",
    events.NoticeKind.COPIED: "A case was sent to you to know of",
    events.NoticeKind.MENTIONED: "Somebody mentioned you",
    events.NoticeKind.CASE_ENDED: "A case of yours has ended",
    events.NoticeKind.SUBSTITUTION: "Substitution",
    events.NoticeKind.SECURITY: "About the safety of your account",
    events.NoticeKind.INCIDENT: "Something went wrong in a case",
    events.NoticeKind.MAIL_FAILED: "A mail could not be delivered",
    events.NoticeKind.WEBHOOK_DISABLED: "A webhook was disabled",
}

#: What is looked at, by the name of the check.
HEALTH: Mapping[str, str] = {
    "数据库": "Whether it can be read and written",
    "后台处理": "How long jobs and timers have been waiting past their time",
    "外部作业": "How long jobs of external topics have been waiting for a program to fetch them",
    "异常": "Incidents that nobody has settled",
    "任务": "Tasks that nobody can take",
    "通知": "How long notices have been waiting",
    "邮件": "How long mails have been waiting, and how many failed",
    "事件推送": "Webhooks that are disabled",
    "存储空间": "The size of the database, and the room that is left",
    "工作日历": "Up to which year the official holidays are known",
}


def of_field(code: str, schema: Mapping[str, Any], chinese: str) -> str:
    """Return what is wrong at a field, and the Chinese where that says more.

    Args:
        code: Of the error.
        schema: Of the field.
        chinese: The Chinese sentence.
    """
    found = FIELDS.get(code, "is not right")
    try:
        found = found.format_map(schema)
    except KeyError:  # the limit is one of another place, such as `then`
        return chinese
    return found if code in _COMPLETE else f"{found} ({chinese})"


def of_error(error: errors.GongkaiError) -> str:
    """Return what went wrong, in general."""
    return ERRORS.get(error.code, ERRORS["error"])
