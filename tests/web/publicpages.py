"""What tests of the public portal stand on: a small pack that publishes, asks the public, and takes reports."""

from __future__ import annotations

import pathlib
from typing import Any

import packbuilder as p
import pytest
import snippets as s
import website

from engine.store import queries_public

HANDLERS = """
import datetime
from engine.model import records
@registry.handler("write")
def write(job):
    for kind, given in job.inputs["requests"]:
        if given.get("until"):
            given = {**given, "until": datetime.datetime.fromisoformat(given["until"])}
        if given.get("tell"):
            given = {**given, "tell": tuple(records.Tell(**each) for each in given["tell"])}
        job.write(getattr(records, kind)(**given))
"""
NOTICE = """---
title: 关于{{ subject }}的公告
kind: 公告
number: "市政务办告〔{year}〕{n}号"
issuer: 市政务办
---
<p>{{ text }}</p>
"""
#: What the pack says of its office.
EXTRA = """
office: {name: 市政务办, address: 人民路1号, phone: 010-65432100, postcode: "100000", hours: 工作日9:00—17:00}
places:
  title: 便民服务点
  short: 服务点
  clause: P000-06
  notes: [服务免费。]
  services: [查看公开的信息。]
  form: {process: report, event: reported}
  list:
    - {id: first, name: 第一服务点, address: 一楼大厅, phone: 010-65432101}
    - {id: second, name: 第二服务点, note: 周末照常。}
portal:
  kinds: {jieguo: 结果公布}
  filters: [责任单位]
"""
MESSAGES = '<message id="Opinion" name="公众意见"/><message id="Report" name="公众反映"/>'
OPEN = {"clause": "P000-06 §9", "public": "true"}
FORMS = {
    "opinion": {
        "type": "object",
        "properties": {
            "opinion": {"type": "string", "title": "意见内容", "maxLength": 200},
            "contact": {"type": "string", "title": "联系方式", "maxLength": 50},
            "others": {"type": "string", "title": "已收到的意见", "maxLength": 500},
        },
        "required": ["opinion"],
        "additionalProperties": False,
    },
    "report": {
        "type": "object",
        "properties": {
            "problem": {"type": "string", "title": "不一致的地方", "maxLength": 200},
            "proof": {"type": "object", "format": "file", "title": "证明材料"},
        },
        "required": ["problem"],
        "additionalProperties": False,
    },
}


def consultation() -> bytes:
    """Draw a case that publishes and then takes opinions while somebody waits."""
    rights = s.extensions(s.properties(**OPEN, correlationKey="${businessKey}", fieldRights="others:read"))
    opinion = s.boundary(
        "opinion",
        "wait",
        rights + s.event("message", messageRef="Opinion"),
        cancelActivity="false",
        camunda_formKey="demo/opinion",
        name="收到意见",
    )
    return p.diagram(
        s.start(),
        s.service("write", camunda_topic="write"),
        s.user("wait", name="等待意见"),
        opinion,
        s.user("read", name="研究意见"),
        s.end(),
        s.end("read_end"),
        s.path("start", "write", "wait", "end"),
        s.path("opinion", "read", "read_end"),
        root=MESSAGES,
        id="main",
    )


def reporting() -> bytes:
    """Draw a procedure that everybody may start."""
    inner = s.extensions(s.properties(**OPEN)) + s.event("message", messageRef="Report")
    said = s.element("documentation", None, "公开的信息不一致的，请告诉我们。")
    return p.diagram(
        s.start("reported", said + inner, camunda_formKey="demo/report", name="收到反映"),
        s.user("look", name="核实反映"),
        s.end(),
        s.path("reported", "look", "end"),
        root=MESSAGES,
        id="report",
        name="不一致信息的反映",
    )


def pack(root: pathlib.Path) -> pathlib.Path:
    """Write the pack."""
    return p.write(
        root,
        {"main": consultation(), "report": reporting()},
        forms=FORMS,
        templates={"notice": NOTICE},
        handlers=HANDLERS,
        extra=EXTRA,
    )


@pytest.fixture
def office(tmp_path):
    """Give the office of the pack; a test module names it `office = publicpages.office`."""
    (tmp_path / "database").mkdir()
    root = pack(tmp_path / "packs")
    with website.Office(tmp_path / "database", root) as made:
        yield made


@pytest.fixture
def stranger(office):
    """Give a browser of somebody without an account."""
    return office.client(None)


def announce(title: str, **more: Any) -> list[Any]:
    """Return a request to publish something."""
    return ["Announce", {"kind": "gongshi", "title": title, **more}]


def publish(office: website.Office, *requests: list[Any], **variables: Any) -> list[int]:
    """Publish by a case of its own; return the ids of what was published, oldest first."""
    case = office.driver.start("main", as_="admin", variables={"requests": list(requests), **variables})
    with office.engine.store.read() as uow:
        return [each.id for each in uow.records.publications_of(case.id)]


def case_of(office: website.Office, publication_id: int) -> int:
    """Return the case that published something."""
    with office.engine.store.read() as uow:
        case = uow.records.publication(publication_id).instance_id
    assert case is not None
    return case


def count(office: website.Office) -> int:
    """Return how many publications there are."""
    with office.engine.store.read() as uow:
        return len(queries_public.publications_page(uow, limit=1000).items)
