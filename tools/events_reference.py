"""The page of the documentation about what people and other programs are told."""

from __future__ import annotations

import json
from typing import Any

from engine.actions import housekeeping, mails, telling, webhook_events, webhooks
from engine.model import events

_MEANINGS = {
    events.NoticeKind.ASSIGNED: "A task was opened that only you have (待办).",
    events.NoticeKind.OFFERED: "A task was opened that you may take (可签收); settled when somebody takes it.",
    events.NoticeKind.DELEGATED: "Somebody lets you prepare their task (委派).",
    events.NoticeKind.RESOLVED: "A task that you delegated came back (交回).",
    events.NoticeKind.TRANSFERRED: "A task was handed over to you (移交).",
    events.NoticeKind.RETURNED: "A case was sent back to your task, with the reason (退回).",
    events.NoticeKind.WITHDRAWN: "Somebody took back what they had completed: the task that came of it is over (撤回).",
    events.NoticeKind.COUNTERSIGN: "Somebody asks for your opinion on a task, or gave the one you asked for (加签).",
    events.NoticeKind.URGED: "Somebody asks for your task to be done soon (催办).",
    events.NoticeKind.DUE_SOON: "Your task is due soon (即将到期).",
    events.NoticeKind.OVERDUE: "Your task is overdue (已逾期); on every working day at 09:00.",
    events.NoticeKind.DUE_MOVED: "Your task is due on another day: the working-day calendar has changed (期限调整).",
    events.NoticeKind.COPIED: "A case was sent to you to know of (抄送).",
    events.NoticeKind.MENTIONED: "A comment names you (提及).",
    events.NoticeKind.CASE_ENDED: "A case that you started has ended.",
    events.NoticeKind.SUBSTITUTION: "You stand in for somebody from today (代理).",
    events.NoticeKind.SECURITY: "Password, address or API token of your account changed. Cannot be turned off.",
    events.NoticeKind.INCIDENT: "A case cannot go on by itself (异常). Administrators.",
    events.NoticeKind.MAIL_FAILED: "Mail could not be delivered. Administrators.",
    events.NoticeKind.WEBHOOK_DISABLED: "A webhook failed too often and was disabled. Administrators.",
}

_INTRODUCTION = f"""\
What happens in a case is told afterwards, by the worker: no act takes longer for it, and none is forgotten when a
process dies. Nobody is told the same thing twice, and nobody of a case that they may not see.

## Notices (通知)

Everybody finds what concerns them under 通知, and chooses for each kind whether it shows there and whether it comes by
mail: at once, with the digest, or not at all. A notice that asks for work is greyed, with what became of it, when the
task is done or somebody else's. Notices are kept for {housekeeping.NOTICES_KEPT.days} days.
"""

_REMINDERS = f"""\
## Reminders and digests

A reminder comes at 09:00, one working day before the due day; everybody may choose another day, from the due day itself
to {events.MOST_REMIND_BEFORE} working days before, or none. On every working day that a task is overdue another one
takes its place. Working days are those of the calendar of the pack. After downtime there is one reminder, not one for
each that was missed. The digest lists what is overdue, due soon, open, and free to take: at 09:00 of every working day,
or of the first one of the week.
"""

_MAIL = f"""\
## Mail

Set `GONGKAI_SMTP_HOST` and `GONGKAI_SMTP_SENDER`, and try with `gongkai mail test ADDRESS`. With `starttls` (the
default) and `ssl` nothing is sent to a server that cannot show a valid certificate.

- What happens within {int(telling.SETTLING.total_seconds())} seconds goes in one mail; who got a mail gets no other one
  for {int(telling.BETWEEN_MAILS.total_seconds()) // 60} minutes, except about their own account. What was read or done
  meanwhile is left out.
- A mail that the server does not take now is tried again, {len(mails.BACKOFF)} times within about a day; one that it
  refuses (5xx) has failed. Administrators are told of both; `gongkai mail list` shows them, `gongkai mail retry` sends
  one again.
- A mail may come twice when a process dies between handing it over and noting that; both have the same `Message-ID`.
"""

_WEBHOOKS = f"""\
## Webhooks

`gongkai webhook add URL EVENT...` has events posted to a program: by name, all of a kind by `task.*`, or all by `*`.
It shows the secret to check signatures with, once.

Requests are those of [Standard Webhooks](https://www.standardwebhooks.com), whose libraries check them in most
languages: `POST` with a JSON body and the headers

| header | |
|---|---|
| `webhook-id` | id of the delivery: the same at every attempt, so that one that comes twice is known |
| `webhook-timestamp` | when this attempt was made, in seconds since 1970; refuse old ones |
| `webhook-signature` | `v1,` and the Base64 of HMAC-SHA256 over `id.timestamp.body`, with the secret as key |

```python
import base64, hashlib, hmac

def genuine(secret, headers, body):                       # body: bytes, as received
    signed = f"{{headers['webhook-id']}}.{{headers['webhook-timestamp']}}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest("v1," + digest, headers["webhook-signature"])
```

- An answer 2xx within {webhooks.ATTEMPT_SECONDS:g} seconds is success. Anything else is tried again,
  {len(webhooks.BACKOFF)} times within about two days; then the delivery has failed. `gongkai webhook deliveries` shows
  how each stands, `gongkai webhook retry` makes one again. Deliveries are kept for
  {housekeeping.DELIVERIES_KEPT.days} days.
- A program that does not answer, or answers 5xx, 408, 425, 429 or a redirect, rests until its next attempt, and gets
  what happened meanwhile in order then. One that refuses an event with another 4xx gets the next one at once.
- After {webhooks.MOST_FAILURES} attempts in a row that failed, a webhook is disabled and administrators are told. What
  happens until it is activated again it is never told.
- Redirects are not followed, and proxies are not used. Hosts with a private address are called only with
  `GONGKAI_WEBHOOK_PRIVATE=true`; the address that was looked at is the one that is called.
- Programs are told at least once. What happened before a webhook was added is not told.
"""


def page(made: str) -> str:
    """Return the page; `made` is the remark that it is generated."""
    parts = [
        "# What people and programs are told (事件与通知)\n",
        made,
        _INTRODUCTION,
        "| kind | why | inbox | mail |\n|---|---|---|---|",
        *(
            f"| `{kind.value}` | {_MEANINGS[kind]} | {'yes' if choice.inbox else 'no'} | {choice.mail.value} |"
            for kind, choice in events.DEFAULT_CHOICES.items()
        ),
        "\nThe last two columns are what holds until somebody chooses.\n",
        _REMINDERS,
        _MAIL,
        _WEBHOOKS,
        "### Events\n",
        "| event | when | data |\n|---|---|---|",
        *(
            f"| `{e.name}` | {e.meaning} | {', '.join(f'`{part}`' for part in e.parts)} |"
            for e in webhook_events.CATALOGUE
        ),
        "\n### The body\n",
        "Fields are added with time, none is renamed or taken away; ignore what you do not know. Times are ISO 8601"
        " with their zone. Objects are as they stand when the event is told, a moment after it happened. `id` names the"
        " event, the same for every webhook.\n",
        f"```json\n{json.dumps(_example(), ensure_ascii=False, indent=2)}\n```\n",
    ]
    for name, fields in webhook_events.PARTS.items():
        if set(fields) == {""}:
            parts.append(f"`{name}`: {fields['']}.\n")
            continue
        parts += [
            f"`{name}`:\n",
            "| field | |\n|---|---|",
            *(f"| `{f}` | {about} |" for f, about in fields.items()),
            "",
        ]
    return "\n".join(parts).rstrip() + "\n"


def _example() -> dict[str, Any]:
    task = {
        "id": 17,
        "name": "审核公开申请",
        "element_id": "Task_review",
        "status": "completed",
        "assignee": "lisi",
        "owner": None,
        "candidate_users": [],
        "candidate_groups": ["zonghechu"],
        "due": "2026-03-12T23:59:59+08:00",
        "created_at": "2026-03-09T09:00:00+08:00",
        "completed_at": "2026-03-10T10:32:00+08:00",
        "completed_by": "lisi",
    }
    instance = {
        "id": 5,
        "title": "办事指南",
        "business_key": "YS-2026-0005",
        "status": "active",
        "definition": {"key": "yushen", "version": 2, "name": "公开预审"},
        "parent_id": None,
        "started_at": "2026-03-09T09:00:00+08:00",
        "started_by": "zhangsan",
        "ended_at": None,
        "end_reason": None,
    }
    return {
        "id": "audit-129",
        "type": "task.completed",
        "timestamp": "2026-03-10T10:32:00+08:00",
        "data": {"actor": "lisi", "task": task, "instance": instance},
    }
