"""The pack that the kill harness plays: every kind of wait state once, without a loop, so that nothing comes twice.

Two branches, one of them with a case of its own; a message against a deadline; a timer; a business error; a job that
ends as an incident until somebody mends its cause; a reminder beside a task. Its handlers write down what they do in a
file of their own: the record that the database is held against.
"""

from __future__ import annotations

import pathlib

import packbuilder as p
import snippets as s

MESSAGE = "答复"
#: How long an answer is waited for, and how long everything rests before the judgement.
LATE, PAUSE, REMIND = "P3D", "PT2H", "PT1H"
ROOT = f'<message id="Msg" name="{MESSAGE}"/><error id="Bad" name="不合格" errorCode="bad"/>'

REGISTER = (
    'registers:\n  - {id: book, name: 台账, clause: P000-06, number: "台账〔{year}〕{n}号", '
    "fields: [{id: key, name: 标识}]}\n"
)


def job(id_: str, topic: str, *, cycle: str = "R5/PT1M", **inputs: str) -> str:
    """Write a service task with its retry cycle and its inputs."""
    given = "".join(
        f'<camunda:inputParameter name="{name}">{text}</camunda:inputParameter>' for name, text in inputs.items()
    )
    block = f"<camunda:inputOutput>{given}</camunda:inputOutput>" if given else ""
    retries = f"<camunda:failedJobRetryTimeCycle>{cycle}</camunda:failedJobRetryTimeCycle>"
    return s.service(id_, s.extensions(retries, block), camunda_topic=topic)


CASE = p.diagram(
    s.start(),
    s.gateway("parallel", "fork"),
    s.user("fill", name="填写"),
    job("post", "faults.post", fails="${fails}"),
    s.element("callActivity", "review", s.extensions('<camunda:out source="seen" target="seen"/>'), name="会审",
              calledElement="child"),
    s.gateway("parallel", "join"),
    s.element("receiveTask", "answer", name="等待答复", messageRef="Msg"),
    s.boundary("late", "answer", s.timer(LATE)),
    s.gateway("exclusive", "on"),
    s.element("intermediateCatchEvent", "pause", s.timer(PAUSE), name="期满"),
    job("judge", "faults.judge", refuse="${refuse}"),
    s.boundary("bad", "judge", s.event("error", errorRef="Bad"), name="不合格"),
    s.user("mend", name="补正"),
    s.end("mended"),
    job("broken", "faults.broken", cycle="R1/PT1M", ok="${ok}"),
    s.user("sign", name="签字"),
    s.boundary("remind", "sign", s.timer(REMIND), cancelActivity="false"),
    job("reminder", "faults.post", fails="${0}"),
    s.end("reminded"),
    s.end(),
    s.path("start", "fork", "fill", "post", "join", "answer", "on", "pause", "judge", "broken", "sign", "end"),
    s.path("fork", "review", "join"),
    s.path("late", "on"),
    s.path("bad", "mend", "mended"),
    s.path("remind", "reminder", "reminded"),
    id="case",
    root=ROOT,
)  # fmt: skip
CHILD = p.diagram(
    s.start(), s.user("look", name="查阅"), job("enter", "faults.enter"), s.end(),
    s.path("start", "look", "enter", "end"),
    id="child",
)  # fmt: skip

HANDLERS = """
import faultpoints
from engine.model import records


def _work(job):
    faultpoints.reach("handler")
    faultpoints.effect(job)
    faultpoints.reach("handler")


@registry.handler("faults.post", inputs={"fails": int})
def post(job):
    _work(job)
    if job.attempt <= job.inputs["fails"]:
        raise ConnectionError("对方没有应答")
    return {f"{job.element_id}_by": job.idempotency_key}


@registry.handler("faults.judge", inputs={"refuse": bool})
def judge(job):
    _work(job)
    if job.inputs["refuse"]:
        raise errors.BpmnError("bad", "材料不合格")
    return {"judged": True}


@registry.handler("faults.broken", inputs={"ok": bool})
def broken(job):
    _work(job)
    if not job.inputs["ok"]:
        raise ValueError("材料缺页")
    return {"mended": True}


@registry.handler("faults.enter")
def enter(job):
    _work(job)
    job.write(records.Append("book", {"key": job.idempotency_key}))
    return {"seen": True}
"""


def write(root: pathlib.Path) -> pathlib.Path:
    """Write the pack under a root, and return that."""
    return p.write(root, {"case": CASE, "child": CHILD}, handlers=HANDLERS, extra=REGISTER, slug="faults")
