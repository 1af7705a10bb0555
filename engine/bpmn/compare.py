"""What a designer changed between two versions of a process: elements, flows, lanes; never the mere drawing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from engine.bpmn import process


@dataclasses.dataclass(frozen=True, slots=True)
class Difference:
    """One change: `kind` is element, flow, process or form; `change` 新增, 删除 or the name of what changed."""

    kind: str
    subject: str
    change: str
    before: str | None = None
    after: str | None = None


_LABELS = {
    "type": "类型",
    "name": "名称",
    "lane": "泳道",
    "clause": "条款",
    "form_key": "表单",
    "properties": "属性",
    "documentation": "说明",
    "retry_cycle": "重试",
}


def compare(old: process.Process, new: process.Process) -> list[Difference]:
    """Return the differences, in the order of the new diagram, what is gone first."""
    found = [*_process(old, new)]
    gone = [e for key, e in old.elements.items() if key not in new.elements]
    found += [Difference("element", _title(e), "删除") for e in gone]
    for key, element in new.elements.items():
        before = old.elements.get(key)
        if before is None:
            found.append(Difference("element", _title(element), "新增"))
        else:
            found += _element(before, element)
            found += _texts(_title(element), _inside(old, key), _inside(new, key))
    return [*found, *_flows(old, new)]


def contents(kind: str, old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    """Compare things known by their content hash, such as forms."""
    found = [Difference(kind, name, "删除") for name in old if name not in new]
    for name, digest in new.items():
        if name not in old:
            found.append(Difference(kind, name, "新增"))
        elif old[name] != digest:
            found.append(Difference(kind, name, "内容", old[name][:12], digest[:12]))
    return found


def _process(old: process.Process, new: process.Process) -> Iterator[Difference]:
    for name, label in (
        ("name", "名称"),
        ("version_tag", "版本标签"),
        ("starter_groups", "可发起角色"),
        ("history_ttl", "保存期限"),
        ("lanes", "泳道"),
    ):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Difference("process", new.key, label, _text(before), _text(after))


def _element(before: process.Element, after: process.Element) -> Iterator[Difference]:
    for name, label in _LABELS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Difference("element", _title(after), label, _text(old), _text(new))


def _inside(found: process.Process, element_id: str) -> dict[str, str]:
    """Return vendor attributes and what an element runs, as texts."""
    spec = found.spec.task_specs[element_id]
    texts = {name: value for name, value in spec.extensions.attributes.items() if name != "formKey"}
    event = getattr(spec, "event", None)
    if event is not None and event.start_name():
        texts["event"] = event.start_name()
    for name in ("script", "expression"):
        source = getattr(getattr(spec, name, None), "source", None)
        if source:
            texts["script"] = source
    for name in ("inputs", "outputs"):
        for key, value in getattr(spec.extensions, name):
            texts[f"{name}.{key}"] = getattr(value, "source", None) or repr(value)
    if spec.loop is not None:
        texts["loop"] = repr(spec.loop)
    return texts


def _texts(subject: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            yield Difference("element", subject, name, old.get(name), new.get(name))


def _flows(old: process.Process, new: process.Process) -> Iterator[Difference]:
    before, after = _flow_texts(old), _flow_texts(new)
    for key, text in before.items():
        if key not in after:
            yield Difference("flow", key, "删除", text)
    for key, text in after.items():
        if key not in before:
            yield Difference("flow", key, "新增", None, text)
        elif before[key] != text:
            yield Difference("flow", key, "内容", before[key], text)


def _flow_texts(found: process.Process) -> dict[str, str]:
    texts = {}
    for spec in found.spec.elements:
        for flow in spec.outgoing:
            condition = f" [{flow.condition.source}]" if flow.condition else ""
            default = "（默认）" if spec.default == flow.id else ""
            texts[flow.id] = f"{flow.source.title} → {flow.target.title}{condition}{default} {flow.name or ''}".strip()
    return texts


def _title(element: process.Element) -> str:
    return f"{element.name}（{element.id}）"


def _text(value: object) -> str | None:
    if isinstance(value, tuple):
        return "、".join(map(str, value))
    if isinstance(value, Mapping):
        return "；".join(f"{key}={item}" for key, item in value.items())
    return None if value is None else str(value)
