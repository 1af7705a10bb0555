"""Who does the work, with which form, and by which clause."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator

from lxml import etree

from engine.bpmn.lint import literals, markup
from engine.bpmn.lint.diagram import Diagram, Node
from engine.bpmn.lint.surroundings import Surroundings
from engine.model import definitions

Findings = Iterator[definitions.Finding]

_FORM_KEY = re.compile(r"[^\s/${}]+/[^\s/${}]+")
_RIGHTS = ("edit", "read", "hide")


def check(seen: Diagram, around: Surroundings) -> Findings:
    """Yield what is wrong with people, forms and clauses."""
    for process in seen.processes:
        if process not in seen.drawn:
            yield from _process(seen, process, around)
            yield from _named(seen, process, process, "return")
    for node in seen.nodes:
        yield from _form(seen, node, around)
        yield from _clause(seen, node, around)
        if node.tag == "userTask":
            yield from _literals(seen, node)
            yield from _groups(seen, node.element, "candidateGroups", around)
            yield from _named(seen, node.element, node.scope.process.element, "notSameActorAs")
            yield from _named(seen, node.element, node.scope.process.element, "return")
            yield from _previews(seen, node, around)
        if markup.properties(node.element).get("public") == "true":
            yield from _public(seen, node)


def _process(seen: Diagram, process: etree._Element, around: Surroundings) -> Findings:
    yield from _groups(seen, process, "candidateStarterGroups", around)
    kept = markup.camunda(process, "historyTimeToLive")
    if kept and not (kept.isdecimal() or literals.is_duration(kept)):
        yield seen.finding("camunda-value", process, "historyTimeToLive 是天数或时长（如 30、P5Y）", f"“{kept}”")


def _groups(seen: Diagram, element: etree._Element, attribute: str, around: Surroundings) -> Findings:
    written = markup.camunda(element, attribute)
    if around.roles is None or not written or "${" in written:
        return
    known = set(around.roles.values())
    for group in dict.fromkeys(each.strip() for each in written.split(",")):
        if group not in known:
            yield seen.finding("role", element, f"camunda:{attribute} 是{_one_of(group, known, '角色')}", f"“{group}”")


def _literals(seen: Diagram, node: Node) -> Findings:
    """Check what is written without an expression, and so is known now."""
    priority = markup.camunda(node.element, "priority")
    if priority and "${" not in priority and not re.fullmatch(r"-?\d{1,9}", priority):
        yield seen.finding("camunda-value", node.element, "camunda:priority 是整数", f"“{priority}”")
    for name in ("dueDate", "followUpDate"):
        written = markup.camunda(node.element, name)
        if written and "${" not in written and not literals.is_moment(written):
            expected = f"camunda:{name} 是 ISO 8601 日期、时刻或时长，或 ${{…}}"
            yield seen.finding("camunda-value", node.element, expected, f"“{written}”")


def _form(seen: Diagram, node: Node, around: Surroundings) -> Findings:
    key = markup.camunda(node.element, "formKey")
    if key is not None and not _FORM_KEY.fullmatch(key):
        yield seen.finding("form", node.element, "camunda:formKey 写作“流程包/表单”", f"“{key}”")
    elif key is not None and around.forms is not None and key not in around.forms:
        yield seen.finding("form", node.element, f"formKey 是{_one_of(key, around.forms, '表单')}", f"“{key}”")
    for entry in markup.property_elements(node.element):
        if entry.get("name") == "fieldRights":
            yield from _rights(seen, entry, key, around)


def _rights(seen: Diagram, entry: etree._Element, key: str | None, around: Surroundings) -> Findings:
    if key is None:
        yield seen.finding("field-rights", entry, "有表单（camunda:formKey）才有字段权限", "没有表单")
        return
    fields = around.fields(key)
    seen_fields: set[str] = set()
    for part in entry.get("value", "").split(","):
        field, colon, right = (each.strip() for each in part.partition(":"))
        if not field or not colon or right not in _RIGHTS:
            yield seen.finding(
                "field-rights", entry, f"“字段:权限”，权限为 {'、'.join(_RIGHTS)} 之一", f"“{part.strip()}”"
            )
        elif field in seen_fields:
            yield seen.finding("field-rights", entry, "每个字段一种权限", f"“{field}”写了几次")
        elif fields is not None and field not in fields and field != "*":  # * is all other fields
            yield seen.finding("field-rights", entry, f"字段是{_one_of(field, fields, '表单字段')}", f"“{field}”")
        seen_fields.add(field)


def _clause(seen: Diagram, node: Node, around: Surroundings) -> Findings:
    entries = [each for each in markup.property_elements(node.element) if each.get("name") == "clause"]
    if node.tag == "userTask" and not entries:
        yield seen.finding("clause-missing", node.element, "扩展属性 clause 写明条款，例如 P000-06 §9", "没有")
    for entry in entries:
        quoted = [part.split() for part in re.split("[;；]", entry.get("value", ""))]
        if not all(quoted):
            found = f"“{entry.get('value', '')}”"
            yield seen.finding("clause-missing", entry, "条款 id 和章节，几条以分号分隔，例如 P000-06 §9", found)
        for clause in (words[0] for words in quoted if words):
            if around.clauses is not None and clause not in around.clauses:
                expected = f"条款是{_one_of(clause, around.clauses, '条款')}"
                yield seen.finding("clause-unknown", entry, expected, f"“{clause}”")


#: Properties that name other user tasks of the process: the rule that is broken, and what stands for none of them.
_NAMING = {"notSameActorAs": ("separation", ""), "return": ("return-target", "none")}


def _named(seen: Diagram, element: etree._Element, process: etree._Element, name: str) -> Findings:
    rule, nobody = _NAMING[name]
    expected = f"{name} 是{nobody + '，或' if nobody else ''}本流程其他用户任务的 id，以逗号分隔"
    for entry in markup.property_elements(element):
        value = entry.get("value", "")
        if entry.get("name") != name or (nobody and value.strip() == nobody):
            continue
        for other in (each.strip() for each in value.split(",")):
            target = seen.node_by_id.get(other)
            if target is None or target.scope.process.element is not process:
                yield seen.finding(rule, entry, expected, f"“{other}”")
            elif target.element is element:
                yield seen.finding(rule, entry, expected, f"“{other}”是它自己")
            elif target.tag != "userTask":
                yield seen.finding(rule, entry, expected, f"“{other}”是{target.kind}")


def _previews(seen: Diagram, node: Node, around: Surroundings) -> Findings:
    """Check that what a task shows before it is issued is a template, and that the process issues it."""
    for entry in markup.property_elements(node.element):
        if entry.get("name") != "previews":
            continue
        for name in (each.strip() for each in entry.get("value", "").split(",")):
            if around.templates is not None and name not in around.templates:
                yield seen.finding(
                    "preview", entry, f"previews 是{_one_of(name, around.templates, '公文模板')}", f"“{name}”"
                )
            elif name not in _issued(node.scope.process.element):
                expected = "本流程有服务任务以参数 template 制发这一公文"
                yield seen.finding("preview", entry, expected, f"没有制发“{name}”的")


def _issued(process: etree._Element) -> set[str]:
    """Return the templates that the service tasks of a process name."""
    inputs = process.iter(f"{{{markup.CAMUNDA}}}inputParameter")
    return {(each.text or "").strip() for each in inputs if each.get("name") == "template"}


def _public(seen: Diagram, node: Node) -> Findings:
    if node.tag != "receiveTask" and node.event != "message":
        yield seen.finding("public-message", node.element, "对公众开放的是消息", f"{node.kind}不等消息")
    elif markup.camunda(node.element, "formKey") is None:
        yield seen.finding("public-message", node.element, "对公众开放的消息有表单（camunda:formKey）", "没有表单")


def _one_of(wrong: str, known: Collection[str], kind: str) -> str:
    near = difflib.get_close_matches(wrong, known, n=1)
    return f"已有的{kind}" + (f"（是否应为 {near[0]}？）" if near else "")
