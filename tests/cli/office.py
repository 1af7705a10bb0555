"""An office for the tests of the command line: a pack, a database, and the command as people type it."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
from typing import Any

import click.testing
import packbuilder as p
import snippets as s

import cli

CHECK = {
    "type": "object",
    "properties": {
        "opinion": {"type": "string", "title": "审核意见", "maxLength": 20},
        "agree": {"type": "boolean", "title": "同意公开"},
        "pages": {"type": "integer", "title": "页数", "minimum": 1},
    },
    "required": ["opinion", "agree"],
    "additionalProperties": False,
}
APPLY = {
    "type": "object",
    "properties": {"title": {"type": "string", "title": "信息名称", "maxLength": 40}},
    "required": ["title"],
    "additionalProperties": False,
}
FORMS = {"check": CHECK, "apply": APPLY}
HANDLERS = """
@registry.handler("work", inputs={"opinion": str})
def work(job):
    if job.inputs["opinion"] == "坏":
        raise OSError("磁盘已满")
    return {"done_at": job.now.isoformat()}
"""
INPUT = s.extensions(
    '<camunda:inputOutput><camunda:inputParameter name="opinion">${opinion}</camunda:inputParameter></camunda:inputOutput>',
    "<camunda:failedJobRetryTimeCycle>R1/PT1M</camunda:failedJobRetryTimeCycle>",
)


def review(name: str = "审核申请", *, tag: str = "1") -> bytes:
    """A start form, a task with a form, a job."""
    return p.diagram(
        s.start(camunda_formKey="demo/apply"),
        s.user("check", name=name, camunda_formKey="demo/check"),
        s.service("send", INPUT, camunda_topic="work", name="登记结果"),
        s.end(),
        s.path("start", "check", "send", "end"),
        id="review",
        tag=tag,
    )


def waiting() -> bytes:
    """A message, then a signal, then three days."""
    return p.diagram(
        s.start(),
        s.element("receiveTask", "material", name="等待补正", messageRef="M"),
        s.element("intermediateCatchEvent", "stop", s.event("signal", signalRef="S"), name="已停止受理"),
        s.element("intermediateCatchEvent", "days", s.timer("P3D"), name="三日已过"),
        s.end(),
        s.path("start", "material", "stop", "days", "end"),
        id="waiting",
        tag="1",
    )


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def rows(self) -> list[list[str]]:
        """The cells of a table without its headings."""
        lines = [line for line in self.out.splitlines() if line]
        rule = next(n for n, line in enumerate(lines) if set(line) == {"─"})
        return [re.split(r"\s{2,}", line.strip()) for line in lines[rule + 1 :]]


@dataclasses.dataclass(frozen=True)
class Office:
    """The command, run in a directory of its own."""

    root: pathlib.Path

    def __call__(self, *arguments: object, as_: str | None = None, code: int = 0) -> Answer:
        """Run `gongkai` and expect an exit code; nobody ever sees a traceback."""
        who = [] if as_ is None else ["--as", as_]
        result = click.testing.CliRunner().invoke(cli.main, [*who, *map(str, arguments)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
        assert "Traceback" not in result.stderr
        if code == 0:
            assert "错误" not in result.stderr
        else:
            assert code == 1 or result.stdout == ""
        return Answer(result.exit_code, result.stdout, result.stderr)

    def write(self, **parts: Any) -> None:
        """Write the pack `demo`, again."""
        diagrams = {name: value for name, value in parts.items() if name != "forms"}
        p.write(self.root / "packs", diagrams, forms=parts.get("forms", FORMS), handlers=HANDLERS)

    def start(self, key: str = "review", **more: str) -> int:
        """Start a case and return its number."""
        form = ["--form", "title=办事指南"] if key == "review" else []
        given = [part for name, value in more.items() for part in (f"--{name.replace('_', '-')}", value)]
        return self("instance", "start", key, *form, *given, "--json", as_="zhangsan").json["id"]

    def task(self, case: int) -> int:
        """Return the number of the open task of a case."""
        (row,) = self("task", "list", "--instance", case, "--json").json
        return row["task"]["id"]

    def complete(self, case: int, *, opinion: str = "同意", as_: str = "lisi") -> Answer:
        """Complete the open task of a case."""
        form = ("--form", f"opinion={opinion}", "--form", "agree=true")
        return self("task", "complete", self.task(case), *form, as_=as_)
