"""What `pack.yaml` says of topics whose work is done elsewhere: `external_topics`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.model import definitions

if TYPE_CHECKING:
    from engine import packfile


def topics(reader: packfile.Reader, node: packfile.Node | None) -> tuple[definitions.ExternalTopic, ...]:
    """Read the topics that programs elsewhere serve."""
    found = tuple(reader.each(node, "external_topics", _topic))
    reader.unique(node, "external_topics", [topic.id for topic in found])
    return found


def _topic(reader: packfile.Reader, node: packfile.Node, place: str) -> definitions.ExternalTopic:
    keys = ("id", "name", "description", "inputs", "outputs")
    given = reader.mapping(node, place, keys, required=("id", "name"))
    return definitions.ExternalTopic(
        reader.identifier(given.get("id"), f"{place}.id"),
        reader.text(given.get("name"), f"{place}.name"),
        reader.optional(given.get("description"), f"{place}.description"),
        _values(reader, given.get("inputs"), f"{place}.inputs"),
        _values(reader, given.get("outputs"), f"{place}.outputs"),
    )


def _values(reader: packfile.Reader, node: packfile.Node | None, place: str) -> Mapping[str, str] | None:
    """Read names with the kinds of their values; None where nothing is declared, and anything goes."""
    if node is None:
        return None
    kinds = "、".join(definitions.ValueKind)
    if not isinstance(node.value, dict):
        reader.complain(node, place, f"“名称: 类型”的映射（类型为 {kinds}，可以没有的加 ?）", "不是映射")
        return None
    values = {}
    for name, written in node.value.items():
        kind = reader.text(written, f"{place}.{name}")
        if kind and kind.removesuffix("?") not in list(definitions.ValueKind):
            reader.complain(written, f"{place}.{name}", f"{kinds} 之一，可以没有的加 ?", kind)
        values[name] = kind
    return values
