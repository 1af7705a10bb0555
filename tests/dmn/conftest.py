"""Builds small decision tables as Camunda Modeler would write them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import pytest

from engine import dmn, errors

MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
Column = str | tuple[str, str] | Mapping[str, str]


def definitions(*decisions: str, namespace: str = MODEL, attributes: str = "") -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<definitions xmlns="{namespace}" xmlns:camunda="http://camunda.org/schema/1.0/dmn"'
        f' id="Definitions_1" name="DRD" namespace="http://camunda.org/schema/1.0/dmn" {attributes}>\n'
        + "\n".join(decisions)
        + "\n</definitions>\n"
    ).encode()


def decision(
    inputs: Sequence[Column] = (),
    outputs: Sequence[Column] = ("result",),
    rules: Sequence[Sequence[str]] = (),
    hit: str | None = "UNIQUE",
    aggregation: str | None = None,
    identity: str = "check",
    name: str = "审查",
    head: str = "",
    rule_extra: str = "",
) -> str:
    """Write a decision element; a column is a text, (text, typeRef) or a mapping with more."""
    policy = "" if hit is None else f" hitPolicy={quoteattr(hit)}"
    policy += "" if aggregation is None else f" aggregation={quoteattr(aggregation)}"
    lines = [f'<decision id="{identity}" name="{name}">{head}<decisionTable id="{identity}_table"{policy}>']
    lines += [_input(identity, at, _column(column)) for at, column in enumerate(inputs, start=1)]
    lines += [_output(identity, at, _column(column)) for at, column in enumerate(outputs, start=1)]
    for number, cells in enumerate(rules, start=1):
        rule = f"{identity}_r{number}"
        lines.append(f'<rule id="{rule}">')
        for at, cell in enumerate(cells):
            tag = "inputEntry" if at < len(inputs) else "outputEntry"
            lines.append(f'<{tag} id="{rule}_c{at + 1}"><text>{escape(cell)}</text></{tag}>')
        lines.append(f"{rule_extra}</rule>")
    return "\n".join(lines) + "</decisionTable></decision>"


def _column(column: Column) -> dict[str, str]:
    if isinstance(column, str):
        return {"text": column}
    if isinstance(column, tuple):
        return {"text": column[0], "type": column[1]}
    return dict(column)


def _type(column: Mapping[str, str]) -> str:
    return f' typeRef="{column["type"]}"' if "type" in column else ""


def _input(identity: str, at: int, column: Mapping[str, str]) -> str:
    alias = f' camunda:inputVariable="{column["alias"]}"' if "alias" in column else ""
    allowed = f"<inputValues><text>{escape(column['allowed'])}</text></inputValues>" if "allowed" in column else ""
    label = quoteattr(column.get("label", column["text"]))
    return (
        f'<input id="{identity}_in{at}" label={label}{alias}><inputExpression id="{identity}_ie{at}"{_type(column)}>'
        f"<text>{escape(column['text'])}</text></inputExpression>{allowed}</input>"
    )


def _output(identity: str, at: int, column: Mapping[str, str]) -> str:
    allowed = f"<outputValues><text>{escape(column['allowed'])}</text></outputValues>" if "allowed" in column else ""
    default = (
        f"<defaultOutputEntry><text>{escape(column['default'])}</text></defaultOutputEntry>"
        if "default" in column
        else ""
    )
    return f'<output id="{identity}_out{at}" name="{column["text"]}"{_type(column)}>{allowed}{default}</output>'


@pytest.fixture
def table() -> Callable[..., dmn.Decision]:
    """Parse one table."""

    def build(*args: object, **kwargs: object) -> dmn.Decision:
        return dmn.parse(definitions(decision(*args, **kwargs)), "审查.dmn")[0]  # type: ignore[arg-type]

    return build


@pytest.fixture
def refused() -> Callable[..., list[Mapping[str, object]]]:
    """Return the findings for which one table, or the bytes of a file, are refused."""

    def check(*args: object, **kwargs: object) -> list[Mapping[str, object]]:
        whole = args[0] if args and isinstance(args[0], bytes) else None
        data = whole if whole is not None else definitions(decision(*args, **kwargs))  # type: ignore[arg-type]
        with pytest.raises(errors.InvalidDecision) as caught:
            dmn.parse(data, "审查.dmn")
        assert caught.value.message.startswith("决策表不能部署：审查.dmn")
        found = caught.value.details["findings"]
        assert isinstance(found, list)
        return found

    return check


@pytest.fixture
def file() -> Callable[..., bytes]:
    """Write a file of several decision elements."""
    return definitions


@pytest.fixture
def element() -> Callable[..., str]:
    """Write one decision element."""
    return decision
