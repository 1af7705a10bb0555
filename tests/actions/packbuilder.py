"""Writes packs for tests: diagrams from snippets, forms, decision tables and handlers, as they lie on disk."""

from __future__ import annotations

import json
import pathlib
import textwrap
from typing import Any

import snippets as s

ROLES = {"clerk": "综合处", "chief": "领导小组"}
USERS = {
    "zhangsan": ("张三", ["clerk"]),
    "lisi": ("李四", ["clerk"]),
    "wangwu": ("王五", ["chief"]),
    "zhaoliu": ("赵六", []),
}
MESSAGE = '<message id="M" name="补正材料"/><message id="M2" name="收到申请"/>'
SIGNAL = '<signal id="S" name="停止受理"/>'
ERROR = '<error id="E" name="不合格" errorCode="bad"/><error id="E2" name="其他" errorCode="other"/>'
ESCALATION = '<escalation id="X" name="请示" escalationCode="ask"/>'
ROOTS = MESSAGE + SIGNAL + ERROR + ESCALATION


def write(
    root: pathlib.Path,
    diagrams: dict[str, bytes],
    *,
    slug: str = "demo",
    forms: dict[str, dict[str, Any]] | None = None,
    decisions: dict[str, bytes] | None = None,
    templates: dict[str, str] | None = None,
    handlers: str = "",
    extra: str = "",
    roles: dict[str, str] | None = None,
) -> pathlib.Path:
    """Write a pack and return its root; files that are not given again stay."""
    home, form_home, code = root / "processes" / slug, root / "forms" / slug, root / "handlers"
    for directory in (home, form_home, code):
        directory.mkdir(parents=True, exist_ok=True)
    (home / "pack.yaml").write_text(_yaml(roles or ROLES) + extra, encoding="utf-8")
    for name, content in diagrams.items():
        (home / f"{name}.bpmn").write_bytes(content)
    for name, schema in (forms or {}).items():
        content = {"id": f"{slug}/{name}", "title": name, "schema": schema}
        (form_home / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    for name, content in (decisions or {}).items():
        (home / f"{name}.dmn").write_bytes(content)
    for name, text in (templates or {}).items():
        (home / "documents").mkdir(exist_ok=True)
        (home / "documents" / f"{name}.j2").write_text(text, encoding="utf-8")
    if handlers:
        text = "from engine import errors, registry\n" + textwrap.dedent(handlers)
        (code / f"{slug}.py").write_text(text, encoding="utf-8")
    return root


def diagram(*body: str, id: str = "main", root: str = ROOTS, tag: str = "", **attributes: str) -> bytes:
    """Write a diagram that may be deployed, started by clerks."""
    given = {"name": "公开申请审核", "camunda_candidateStarterGroups": "clerk", **attributes}
    return s.diagram(*body, root=root, id=id, camunda_versionTag=tag, **given)


def line(*nodes: str, ids: tuple[str, ...], **attributes: Any) -> bytes:
    """Write a diagram with a start event, these nodes one after the other, and an end event."""
    return diagram(s.start(), *nodes, s.end(), s.path("start", *ids, "end"), **attributes)


def schema(**fields: dict[str, Any]) -> dict[str, Any]:
    """Write a form schema in which every field is required."""
    titled = {name: {"title": name, **field} for name, field in fields.items()}
    return {"type": "object", "properties": titled, "required": list(fields), "additionalProperties": False}


def text(**more: Any) -> dict[str, Any]:
    """Write a text field."""
    return {"type": "string", "maxLength": 200, **more}


def _yaml(roles: dict[str, str]) -> str:
    lines = ["title: 演示", "source: {file: 000_x.txt, date: 2016-06-08, issuer: 市政务办}", "roles:"]
    lines += [f"  - {{id: {id_}, name: {name}}}" for id_, name in roles.items()]
    lines += ["users:"]
    lines += [
        f"  - {{id: {id_}, name: {name}, roles: [{', '.join(r for r in held if r in roles)}]}}"
        for id_, (name, held) in USERS.items()
    ]
    lines += ["clauses:", "  - {id: P000-06, articles: 第九条, summary: 公告, kind: procedure}", ""]
    return "\n".join(lines)
