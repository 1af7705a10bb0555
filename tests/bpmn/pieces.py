"""Pieces of diagrams that several test modules put together."""

from __future__ import annotations

from collections.abc import Mapping

from play import flows, user


def io(inputs: Mapping[str, str] | None = None, outputs: Mapping[str, str] | None = None) -> str:
    """Return input and output parameters."""
    rows = [f'<camunda:inputParameter name="{n}">{v}</camunda:inputParameter>' for n, v in (inputs or {}).items()]
    rows += [f'<camunda:outputParameter name="{n}">{v}</camunda:outputParameter>' for n, v in (outputs or {}).items()]
    return f"<extensionElements><camunda:inputOutput>{''.join(rows)}</camunda:inputOutput></extensionElements>"


def properties(**values: str) -> str:
    """Return `camunda:properties`."""
    rows = "".join(f'<camunda:property name="{name}" value="{value}"/>' for name, value in values.items())
    return f"<extensionElements><camunda:properties>{rows}</camunda:properties></extensionElements>"


def task(id: str, attributes: str = "", inner: str = "", tag: str = "userTask") -> str:
    """Return one activity with attributes and children."""
    return f'<{tag} id="{id}" name="{id}" {attributes}>{inner}</{tag}>'


def job(id: str, inner: str = "") -> str:
    """Return a service task whose topic is its id."""
    return task(id, f'camunda:type="external" camunda:topic="{id}"', inner, "serviceTask")


def call(id: str, mappings: str = "", inner: str = "") -> str:
    """Return a call activity."""
    extensions = f"<extensionElements>{mappings}</extensionElements>" if mappings else ""
    return task(id, 'calledElement="child"', extensions + inner, "callActivity")


def boundary(id: str, host: str, definition: str, *, cancel: bool = True) -> str:
    """Return a boundary event."""
    flag = str(cancel).lower()
    return f'<boundaryEvent id="{id}" attachedToRef="{host}" cancelActivity="{flag}">{definition}</boundaryEvent>'


def subprocess(id: str, body: str, inner: str = "") -> str:
    """Return an embedded subprocess; `inner` are its extensions and loop."""
    return f'<subProcess id="{id}">{inner}{body}</subProcess>'


def event_subprocess(
    id: str, definition: str, *, interrupting: bool = True, body: str = "", flow: str = "", extra: str = ""
) -> str:
    """Return an event subprocess that does the user task `<id>_t`, or `body` connected by `flow`."""
    flag = str(interrupting).lower()
    inside = (body or user(f"{id}_t")) + flows(flow or f"{id}_s>{id}_t")
    return (
        f'<subProcess id="{id}" triggeredByEvent="true"><startEvent id="{id}_s" isInterrupting="{flag}">{definition}'
        f"</startEvent>{inside}{extra}</subProcess>"
    )


def each(inside: str = "", *, sequential: bool = False, collection: str = "people") -> str:
    """Return multi-instance over a collection; the element is `person`."""
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" camunda:collection="{collection}" '
        f'camunda:elementVariable="person">{inside}</multiInstanceLoopCharacteristics>'
    )


def enough(text: str) -> str:
    """Return the completion condition of a multi-instance."""
    return f"<completionCondition><![CDATA[{text}]]></completionCondition>"
