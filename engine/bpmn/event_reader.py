"""Reads the event definition of an event or message task."""

from __future__ import annotations

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.bpmn import events, expressions, extensions

BPMN = extensions.BPMN


def read(node: etree._Element, found: extensions.Extensions) -> events.EventDefinition:
    """Read what an event waits for or tells.

    Raises:
        ValidationException: a reference leads nowhere, or the definition is not executed.
        errors.InvalidExpression: an expression in it does not compile.
    """
    tag = etree.QName(node).localname
    if tag in ("sendTask", "receiveTask"):
        if node.get("messageRef") is None:
            return events.EventDefinition()
        return _message(node, node, found)
    children = [c for c in node if isinstance(c.tag, str) and c.tag.endswith("EventDefinition")]
    if not children:
        return events.EventDefinition()
    if len(children) > 1:
        raise ValidationException("一个事件应只有一个事件定义", node=node)
    definition = children[0]
    kind = etree.QName(definition).localname.removesuffix("EventDefinition")
    reader = _READERS.get(kind)
    if reader is None:
        raise ValidationException(f"事件定义 {kind} 不受支持", node=node)
    return reader(node, definition, found)


def _referenced(definition: etree._Element, attribute: str, tag: str) -> etree._Element | None:
    """Find the root element a definition refers to; None when it refers to none."""
    reference = definition.get(attribute)
    if reference is None:
        return None
    wanted = reference.rpartition(":")[2]
    for element in definition.getroottree().getroot().findall(f"{{{BPMN}}}{tag}"):
        if element.get("id") == wanted:
            return element
    raise ValidationException(f"{attribute} 引用的 {tag}“{reference}”不存在", node=definition)


def _name(element: etree._Element | None, node: etree._Element, what: str) -> str:
    name = None if element is None else element.get("name")
    if not name:
        raise ValidationException(f"{what}应引用一个有名称的定义", node=node)
    return str(name)


def _message(node: etree._Element, definition: etree._Element, found: extensions.Extensions) -> events.EventDefinition:
    if "topic" in found.attributes:
        return events.EventDefinition()
    key = found.properties.get("correlationKey")
    return events.MessageEvent(
        name=_name(_referenced(definition, "messageRef", "message"), node, "消息事件"),
        correlation_key=expressions.compile_template(key) if key else None,
        time_to_live=found.properties.get("timeToLive"),
    )


def _signal(node: etree._Element, definition: etree._Element, found: extensions.Extensions) -> events.EventDefinition:
    return events.SignalEvent(_name(_referenced(definition, "signalRef", "signal"), node, "信号事件"))


def _timer(node: etree._Element, definition: etree._Element, found: extensions.Extensions) -> events.EventDefinition:
    for tag, kind in (("timeDate", "date"), ("timeDuration", "duration"), ("timeCycle", "cycle")):
        text = definition.findtext(f"{{{BPMN}}}{tag}")
        if text and text.strip():
            return events.TimerEvent(kind, expressions.compile_template(text.strip()))
    raise ValidationException("定时事件应有时刻、时长或循环", node=node)


def _conditional(
    node: etree._Element, definition: etree._Element, found: extensions.Extensions
) -> events.EventDefinition:
    text = definition.findtext(f"{{{BPMN}}}condition")
    if not text or not text.strip():
        raise ValidationException("条件事件应有条件", node=node)
    return events.ConditionalEvent(expressions.compile_expression(text.strip()))


def _throws(node: etree._Element) -> bool:
    return etree.QName(node).localname in ("endEvent", "intermediateThrowEvent")


def _error(node: etree._Element, definition: etree._Element, found: extensions.Extensions) -> events.EventDefinition:
    element = _referenced(definition, "errorRef", "error")
    code = None if element is None else element.get("errorCode")
    if code is None and (_throws(node) or element is not None):
        raise ValidationException("错误应有错误代码", node=node)
    return events.ErrorEvent(
        code=code,
        code_variable=found.attributes.get("errorCodeVariable"),
        message_variable=found.attributes.get("errorMessageVariable"),
        name=None if element is None else element.get("name"),
    )


def _escalation(
    node: etree._Element, definition: etree._Element, found: extensions.Extensions
) -> events.EventDefinition:
    element = _referenced(definition, "escalationRef", "escalation")
    code = None if element is None else element.get("escalationCode")
    if code is None and (_throws(node) or element is not None):
        raise ValidationException("升级应有升级代码", node=node)
    return events.EscalationEvent(code, found.attributes.get("escalationCodeVariable"))


def _terminate(
    node: etree._Element, definition: etree._Element, found: extensions.Extensions
) -> events.EventDefinition:
    return events.TerminateEvent()


def _link(node: etree._Element, definition: etree._Element, found: extensions.Extensions) -> events.EventDefinition:
    return events.LinkEvent(definition.get("name") or "")


_READERS = {
    "message": _message,
    "signal": _signal,
    "timer": _timer,
    "conditional": _conditional,
    "error": _error,
    "escalation": _escalation,
    "terminate": _terminate,
    "link": _link,
}
