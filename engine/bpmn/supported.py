"""Writes `docs/reference/supported-elements.md` from the element table.

Run `python -m engine.bpmn.supported > docs/reference/supported-elements.md` after changing the table.
"""

from __future__ import annotations

from engine.bpmn.elements import table

_EVENTS = {
    "none": "无",
    "message": "消息",
    "timer": "定时",
    "signal": "信号",
    "conditional": "条件",
    "error": "错误",
    "escalation": "升级",
    "terminate": "终止",
    "link": "链接",
}

_HEAD = """# Supported BPMN elements

Generated from the element table of the engine; a test fails when the two differ.
What is not listed here as executed or drawn is refused at deployment and by `gongkai check`.

Around every activity: multi-instance (parallel and sequential, by collection or cardinality, with a completion
condition and, by the properties `outputCollection` and `outputElement`, collected results), standard loop, boundary
events, several flows in and out, conditional and default flows, input and output parameters.
"""


def markdown() -> str:
    """Return the page."""
    lines = [_HEAD, "## Executed", "", "| element | 名称 | event definitions | note |", "|---|---|---|---|"]
    for tag, entry in table.ELEMENTS.items():
        events = "、".join(_EVENTS[name] for name in entry.events)
        lines.append(f"| `{tag}` | {entry.title} | {events} | {entry.note} |")
    lines += ["", "## Drawn, not executed", "", "| element | 名称 |", "|---|---|"]
    lines += [f"| `{tag}` | {title} |" for tag, title in table.NOT_EXECUTED.items()]
    lines += ["", "## Refused", "", "| element | why, and what to draw instead |", "|---|---|"]
    lines += [f"| `{tag}` | {why} |" for tag, why in table.REFUSED.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(markdown(), end="")
