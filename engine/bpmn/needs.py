"""What an element cannot run without, refused when it is read.

The check of a pack (`engine.bpmn.lint`) tells designers more, and sooner; the executor does not rely on it.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.bpmn import events
from engine.bpmn.elements import activity, base, event_gateway, table, throw_event

#: The word that the element table has for each kind of event.
_KINDS: dict[type[events.EventDefinition], str] = {
    events.EventDefinition: "none",
    events.MessageEvent: "message",
    events.SignalEvent: "signal",
    events.TimerEvent: "timer",
    events.ConditionalEvent: "conditional",
    events.ErrorEvent: "error",
    events.EscalationEvent: "escalation",
    events.TerminateEvent: "terminate",
    events.LinkEvent: "link",
}

#: What an event gateway may wait for.
_AWAITED = (events.MessageEvent, events.SignalEvent, events.TimerEvent, events.ConditionalEvent)

#: Attributes of which an activity needs one, by its tag: those of the `camunda:` namespace, and those of BPMN.
_ATTRIBUTES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "serviceTask": (("topic",), ()),
    "businessRuleTask": (("decisionRef",), ()),
    "callActivity": ((), ("calledElement",)),
    "receiveTask": ((), ("messageRef",)),
    "sendTask": (("topic",), ("messageRef",)),
}


def check_node(spec: Any, node: etree._Element) -> None:
    """Refuse an element that lacks what it needs by itself.

    Raises:
        ValidationException: says what.
    """
    tag = str(etree.QName(node).localname)
    vendor, plain = _ATTRIBUTES.get(tag, ((), ()))
    given = [spec.extensions.attributes.get(name) for name in vendor] + [node.get(name) for name in plain]
    if (vendor or plain) and not any(given):
        wanted = [f"camunda:{name}" for name in vendor] + list(plain)
        raise ValidationException(f"元素 {tag} 应有 {' 或 '.join(wanted)}", node=node)
    allowed = table.ELEMENTS[tag].events
    if allowed and _KINDS[type(spec.event)] not in allowed:
        raise ValidationException(f"元素 {tag} 不支持事件定义 {_KINDS[type(spec.event)]}", node=node)


def check_scope(scope: base.ElementSpec, node: etree._Element) -> None:
    """Refuse a process or subprocess that could not start, or would start in a way that is not executed.

    Raises:
        ValidationException: says what.
    """
    assert scope.content is not None
    starts: list[Any] = scope.content.starts
    for start in starts:
        kind = _KINDS[type(start.event)]
        if scope.type == "subProcess" and kind != "none":
            raise ValidationException("嵌入子流程的开始事件应无事件定义", node=node)
        if scope.type == "eventSubProcess" and kind == "none":
            raise ValidationException("事件子流程的开始事件应有事件定义", node=node)
        if scope.type == "process" and kind in ("error", "escalation"):
            raise ValidationException(f"流程的开始事件不支持事件定义 {kind}", node=node)
    if scope.type != "process" and len(starts) != 1:
        raise ValidationException(f"子流程应有一个开始事件，现有{len(starts)}个", node=node)


def check_connected(spec: Any) -> None:
    """Refuse an element that stands in the wrong surroundings, now that everything is connected.

    Raises:
        ValidationException: says what.
    """
    event = getattr(spec, "event", None)
    if spec.boundaries and not isinstance(spec, activity.Activity):
        raise _misplaced(spec, f"边界事件应依附于活动，“{spec.title}”不是活动")
    if isinstance(spec, event_gateway.EventGateway):
        for flow in spec.outgoing:
            if not isinstance(getattr(flow.target, "event", None), _AWAITED):
                raise _misplaced(spec, f"事件网关之后应为捕获事件或接收任务，现为“{flow.target.title}”")
    if isinstance(spec, throw_event.ThrowEvent) and isinstance(event, events.LinkEvent) and spec.landing is None:
        raise _misplaced(spec, f"同一层应有名为“{event.name}”的链接捕获事件")


def _misplaced(spec: base.ElementSpec, message: str) -> ValidationException:
    return ValidationException(message, id=spec.name, name=spec.bpmn_name, tag=spec.type)
