"""What is wrong with a request, in Chinese: pydantic says it in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SENTENCES = {
    "missing": "缺少此项",
    "extra_forbidden": "没有此项，请删去",
    "string_type": "应为文字",
    "string_unicode": "含有不能显示的字符",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_pattern_mismatch": "不符合规定的写法",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "数字过大",
    "int_from_float": "应为整数",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "greater_than_equal": "应不小于 {ge}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为 {expected} 之一",
    "literal_error": "应为 {expected} 之一",
    "dict_type": "应为 JSON 对象",
    "list_type": "应为列表",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "model_attributes_type": "应为 JSON 对象",
    "timezone_aware": "应带时区，如 2026-03-09T09:00:00+08:00",
    "json_invalid": "不是 JSON",
}
_BEGINNINGS = {
    "datetime_": "应为带时区的时间（RFC 3339），如 2026-03-09T09:00:00+08:00",
    "date_": "应为日期，如 2026-03-09",
    "time_delta_": "应为 ISO 8601 的时长，如 PT1H",
}


def sentence(error: Mapping[str, Any]) -> str:
    """Return what one error of a request says.

    Args:
        error: As `RequestValidationError.errors()` lists them.
    """
    kind, context = str(error["type"]), error.get("ctx", {})
    if kind == "value_error":  # of a validator of ours, which speaks Chinese
        return str(context["error"])
    if kind in _SENTENCES:
        return _SENTENCES[kind].format_map(context).replace(" or ", "、").replace("'", "")
    return next((text for start, text in _BEGINNINGS.items() if kind.startswith(start)), "不符合要求")
