"""Forms of any shape, with values that are right in them."""

from __future__ import annotations

import datetime
import json
from typing import Any

from hypothesis import strategies as st

from engine import forms
from engine.forms import ui_rules, vocabulary

NAMES = ("a", "b", "c", "d")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=6)
_DATES = st.dates(datetime.date(1900, 1, 1), datetime.date(2999, 12, 31)).map(str)
_TIMES = st.datetimes(datetime.datetime(1900, 1, 2), datetime.datetime(2999, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0).isoformat() + "+08:00"
)
_FILES = st.fixed_dictionaries(
    {"token": st.just("t-1"), "name": st.just("请示.pdf"), "size": st.integers(0, 10**9), "sha256": st.just("ab" * 32)}
)

Kind = tuple[dict[str, Any], st.SearchStrategy[Any]]
_SCALARS: list[Kind] = [
    ({"type": "string", "title": "文本"}, WORDS),
    ({"type": "string", "title": "日期", "format": "date"}, _DATES),
    ({"type": "string", "title": "时间", "format": "date-time"}, _TIMES),
    ({"type": "string", "title": "选项", "enum": ["乙", "甲"]}, st.sampled_from(["乙", "甲"])),
    ({"type": "integer", "title": "整数"}, st.integers(-(2**53) + 1, 2**53 - 1)),
    ({"type": "number", "title": "数"}, st.decimals(-(10**9), 10**9, places=4).map(float)),
    ({"type": "boolean", "title": "是否"}, st.booleans()),
    ({"type": "string", "title": "多行"}, st.lists(WORDS, min_size=1, max_size=3).map("\n".join)),
    ({"type": "number", "title": "金额"}, st.decimals(-(10**9), 10**9, places=2).map(float)),
    ({"type": "string", "title": "旧选项", "oneOf": [{"const": "x", "title": "甲"}, {"const": "y", "title": "乙"}]}, st.sampled_from("xy")),
    ({"type": "object", "title": "文件", "format": "file"}, _FILES),
]  # fmt: skip

#: Kinds of values that only one widget takes.
_OWN_WIDGETS = {"多行": "textarea", "金额": "money"}
_NEVER = ("money",)


def _group(children: list[Kind]) -> Kind:
    named = dict(zip(NAMES, children, strict=False))
    schema = {
        "type": "object",
        "title": "组",
        "properties": {name: kind[0] for name, kind in named.items()},
        "required": list(named),
    }
    return schema, st.fixed_dictionaries({name: kind[1] for name, kind in named.items()})


def _listed(kind: Kind) -> Kind:
    schema, values = kind
    if "enum" in schema or "oneOf" in schema:
        # Boxes to tick: each once, in the order of the page.
        several = st.lists(values, min_size=1, max_size=3, unique=True).map(sorted)
        return {"type": "array", "title": "列表", "items": schema, "uniqueItems": True}, several
    return {"type": "array", "title": "列表", "items": schema}, st.lists(values, min_size=1, max_size=3)


def _groups(inner: st.SearchStrategy[Kind]) -> st.SearchStrategy[Kind]:
    return st.lists(inner, min_size=1, max_size=3).map(_group)


_ITEMS = st.sampled_from(
    [kind for kind in _SCALARS if kind[0]["type"] != "boolean" and kind[0]["title"] not in _OWN_WIDGETS]
)
_KINDS = st.recursive(
    st.sampled_from(_SCALARS),
    lambda inner: _groups(inner) | st.one_of(_ITEMS, _groups(inner)).map(_listed),
    max_leaves=5,
)


def _depth(schema: dict[str, Any]) -> int:
    inner = [schema["items"]] if "items" in schema else list(schema.get("properties", {}).values())
    return 1 + max((_depth(part) for part in inner), default=0)


def _widgets(draw: st.DrawFn, schema: dict[str, Any]) -> dict[str, str]:
    """Draw a widget for some of the fields."""
    chosen = {}
    for path, field in ui_rules.paths(schema):
        held = field.get("items", field)
        plain = held["type"] == "string" and "format" not in held
        never = _NEVER if plain else (*_NEVER, *vocabulary.PICKERS)
        fitting = [each for each in vocabulary.WIDGETS[vocabulary.kind(field)] if each not in never]
        if field["title"] in _OWN_WIDGETS:
            chosen[path] = _OWN_WIDGETS[field["title"]]
        elif draw(st.booleans()):
            chosen[path] = draw(st.sampled_from(fitting))
    return chosen


@st.composite
def filled_forms(draw: st.DrawFn) -> tuple[forms.Form, dict[str, Any]]:
    kinds = draw(st.lists(_KINDS.filter(lambda kind: _depth(kind[0]) <= 5), min_size=1, max_size=4))
    schema, values = _group(kinds)
    schema = {key: part for key, part in schema.items() if key != "title"}
    content = {"id": "pack/form", "title": "表单", "schema": schema, "ui": {"widgets": _widgets(draw, schema)}}
    return forms.parse(json.dumps(content).encode(), "forms/pack/form.json"), draw(values)
