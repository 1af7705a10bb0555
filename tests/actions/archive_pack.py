"""A pack with one process, whose service task is done by a program elsewhere."""

from __future__ import annotations

import pathlib

import packbuilder as p
import snippets as s

DECLARED = """external_topics:
  - id: archive.store
    name: 移交档案系统
    description: 由档案馆的程序接收
    inputs: {title: text, pages: "integer?"}
    outputs: {number: text, shelf: "text?"}
"""
PARAMETERS = s.extensions(
    "<camunda:failedJobRetryTimeCycle>R3/PT5M</camunda:failedJobRetryTimeCycle>"
    '<camunda:inputOutput><camunda:inputParameter name="title">${title}</camunda:inputParameter>'
    '<camunda:inputParameter name="pages">${pages}</camunda:inputParameter></camunda:inputOutput>'
)
FORM = {"apply": p.schema(title=p.text(), secret=p.text(), pages={"type": "integer"})}
APPLICATION = {"title": "办事指南", "secret": "身份证号", "pages": 3}


def diagram() -> bytes:
    """Return the diagram: 移交档案, then 核对; where the archive is full, 等待库房."""
    return p.diagram(
        s.start(camunda_formKey="demo/apply"),
        s.service("store", PARAMETERS, name="移交档案", camunda_topic="archive.store"),
        s.boundary("full", "store", s.event("error", errorRef="E")),
        s.user("check", name="核对"),
        s.user("wait", name="等待库房"),
        s.end(),
        s.end("later"),
        s.path("start", "store", "check", "end"),
        s.path("full", "wait", "later"),
        root=p.ROOTS.replace('errorCode="bad"', 'errorCode="FULL"'),
    )


def write(root: pathlib.Path) -> pathlib.Path:
    """Write the pack and return its root."""
    return p.write(root, {"main": diagram()}, forms=FORM, extra=DECLARED)
