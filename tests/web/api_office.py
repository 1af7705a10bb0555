"""An office with a bit of everything that the API shows: cases under way, waits, a failed job, a file, a token."""

from __future__ import annotations

import pathlib
from typing import Any

import packbuilder as p
import snippets as s
import website
from starlette import testclient

FORMS = {
    "apply": p.schema(title=p.text(), pages={"type": "integer", "minimum": 1}),
    "review": p.schema(verdict={"type": "string", "enum": ["同意", "退回"]}),
}
HANDLERS = """
@registry.handler("papers.shred")
def shred(job):
    raise ValueError("碎纸机卡住了")
"""
#: A topic that a token for jobs can name.
EXTERNAL = "external_topics: [{id: papers.fetch, name: 调卷}]\n"
_ONCE = s.extensions("<camunda:failedJobRetryTimeCycle>R1/PT1M</camunda:failedJobRetryTimeCycle>")
_ASKED = s.start("begin", s.event("message", messageRef="M2"), camunda_formKey="demo/apply")
_RUNG = s.start("begin", s.event("signal", signalRef="S"))
_CONDITION = s.event("conditional", '<condition xsi:type="tFormalExpression">overdue &gt; 10</condition>')
PROCESSES = {
    "main": p.diagram(
        s.start(camunda_formKey="demo/apply"),
        s.user("review", name="审核申请", camunda_formKey="demo/review"),
        s.user("approve", name="审定", camunda_candidateGroups="chief"),
        s.end(),
        s.path("start", "review", "approve", "end"),
        name="公开申请审核",
    ),
    "wait": p.line(
        s.element("receiveTask", "letter", name="等待补正", messageRef="M"),
        s.user("look", name="查看补正材料"),
        ids=("letter", "look"),
        id="wait",
        name="补正",
    ),
    "post": p.line(
        s.service("shred", _ONCE, name="销毁材料", camunda_topic="papers.shred"), ids=("shred",), id="post", name="销毁"
    ),
    "asked": p.diagram(
        _ASKED, s.user("a", name="受理"), s.end(), s.path("begin", "a", "end"), id="asked", name="受理申请"
    ),
    "rung": p.diagram(_RUNG, s.user("a", name="检查"), s.end(), s.path("begin", "a", "end"), id="rung", name="检查"),
    "cond": p.diagram(
        s.start("begin", _CONDITION),
        s.user("a", name="督办"),
        s.end(),
        s.path("begin", "a", "end"),
        id="cond",
        name="督办",
    ),
    "late": p.diagram(
        s.start(),
        s.user("a", name="答复"),
        s.boundary("passed", "a", s.timer("P5D")),
        s.end(),
        s.end("over", name="逾期办结"),
        s.path("start", "a", "end"),
        s.path("passed", "over"),
        id="late",
        name="答复",
    ),
}
PREFIX = "/api/v1"
APPLICATION = {"title": "办事指南", "pages": 3}


class ApiOffice(website.Office):
    """An office on a pack of the tests. `clerk` and `lisi` review, `chief` approves, `stranger` has no role."""

    def __init__(self, directory: pathlib.Path) -> None:
        p.write(directory / "packs", PROCESSES, forms=FORMS, handlers=HANDLERS, extra=EXTERNAL)
        super().__init__(directory, directory / "packs")
        self._bearers: dict[tuple[str, str], testclient.TestClient] = {}

    def api(self, user_id: str | None) -> testclient.TestClient:
        """Return a client that asks for JSON, signed in by a session."""
        made = testclient.TestClient(
            self.app,
            f"http://office.test{PREFIX}",
            raise_server_exceptions=False,
            headers={"accept": "application/json"},
            follow_redirects=False,
        )
        if user_id is not None:
            browser = self.client(user_id)
            made.cookies = browser.cookies
            made.headers["x-csrf-token"] = browser.headers["x-csrf-token"]
        return made

    def bearer(self, user_id: str, *scopes: str) -> testclient.TestClient:
        """Return a client that signs in with an API token of these scopes."""
        topics = ["papers.fetch"] if "jobs" in scopes else []
        answer = self.api(user_id).post("/tokens", json={"name": "测试", "scopes": list(scopes), "topics": topics})
        assert answer.status_code == 201, answer.text
        made = self.api(None)
        made.headers["authorization"] = f"Bearer {answer.json()['secret']}"
        return made

    def case(self, key: str = "main", **given: Any) -> int:
        """Start a case as `zhangsan` and return its number."""
        form = APPLICATION if key == "main" else None
        return self.driver.start(key, as_="zhangsan", form=form, **given).id

    def task(self, case: int) -> int:
        """Return the number of the one open task of a case."""
        (task,) = self.driver.tasks(case)
        return task.id
