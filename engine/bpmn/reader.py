"""Reads BPMN 2.0 into processes, with parser classes of our own on top of SpiffWorkflow's.

Stock parsers walk along flows, allow one way out of a task, and drop assignees, candidates, due dates, listeners and
input/output mappings. These read each element where it stands, then connect the flows.
"""

from __future__ import annotations

from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine import errors, xmlio
from engine.bpmn import event_reader, expressions, extensions, loops, needs, process
from engine.bpmn.elements import base, boundary_event, start_event, sub_process, table, throw_event
from engine.bpmn.events import ErrorEvent, LinkEvent
from engine.model import definitions

BPMN = extensions.BPMN


class ElementParser(TaskParser):
    """Reads one flow node."""

    def read(self) -> base.ElementSpec:
        """Create the specification of the element, without its flows."""
        tag = etree.QName(self.node).localname
        found = extensions.read(self.node)
        arguments: dict[str, Any] = {
            "type": tag,
            "extensions": found,
            "lane": self.lane,
            "documentation": self.parse_documentation(),
            "bpmn_name": self.node.get("name"),
        }
        if table.ELEMENTS[tag].has_event:
            arguments["event"] = event_reader.read(self.node, found)
        if tag in ("boundaryEvent", "startEvent"):
            flag = "cancelActivity" if tag == "boundaryEvent" else "isInterrupting"
            arguments["interrupting"] = _truth(self.node, flag, True) or isinstance(arguments["event"], ErrorEvent)
        elif tag == "scriptTask":
            arguments["script"] = self.node.findtext(f"{{{BPMN}}}script") or ""
        elif tag == "callActivity":
            arguments["called_element"] = self.node.get("calledElement") or ""
        elif tag == "subProcess" and _truth(self.node, "triggeredByEvent"):
            self.spec_class = sub_process.EventSubProcess
            arguments["type"] = "eventSubProcess"
        spec: base.ElementSpec = self.spec_class(self.spec, self.bpmn_id, **arguments)
        spec.default = self.node.get("default")
        spec.loop = _read_loop(self.node)
        needs.check_node(spec, self.node)
        return spec


class ScopeParser(ProcessParser):
    """Reads a process with all scopes inside it."""

    def create_spec(self) -> process.ProcessSpec:
        """Create the specification of the process."""
        return process.ProcessSpec(self.bpmn_id, self.get_name(), self.filename)

    def _parse(self) -> None:
        self.spec = self.create_spec()
        self._read_scope(self.node, self.spec.start, self.lane)
        self._connect()
        self.spec.prepare()
        for spec in self.spec.elements:
            needs.check_connected(spec)

    def _read_scope(self, node: etree._Element, scope: base.ElementSpec, lane: str | None) -> None:
        assert scope.content is not None
        attached: list[tuple[etree._Element, base.ElementSpec]] = []
        for child in node:
            if not isinstance(child.tag, str) or etree.QName(child).namespace != BPMN:
                continue
            tag = etree.QName(child).localname
            if tag not in table.ELEMENTS:
                if tag in table.NOT_EXECUTED:
                    continue
                raise ValidationException(f"元素 {tag} 不受支持", node=child, file_name=self.filename)
            identifier = child.get("id")
            if not identifier or identifier in self.spec.task_specs:
                raise ValidationException(f"元素应有自己的 id，现为“{identifier or ''}”", node=child)
            spec_class = table.ELEMENTS[tag].spec_class
            # An element inside a subprocess belongs to the lane of the subprocess unless a lane names it.
            element_lane = self.get_lane_name(identifier) or lane
            parser = ElementParser(self, spec_class, child, self.nsmap, lane=element_lane)
            spec = parser.read()
            scope.content.nodes.append(spec)
            if isinstance(spec, start_event.StartEvent):
                scope.content.starts.append(spec)
            elif isinstance(spec, sub_process.EventSubProcess):
                scope.content.event_subprocesses.append(spec)
            elif isinstance(spec, boundary_event.BoundaryEvent):
                attached.append((child, spec))
            if spec.content is not None:
                self._read_scope(child, spec, element_lane)
        needs.check_scope(scope, node)
        for child, spec in attached:
            self._host(child, scope.content).boundaries.append(spec)
        _connect_links(scope.content)

    def _host(self, node: etree._Element, content: base.Content) -> base.ElementSpec:
        host: base.ElementSpec | None = self.spec.task_specs.get(node.get("attachedToRef"))
        if host is None or host not in content.nodes:
            raise ValidationException("边界事件没有依附于同一层的活动", node=node, file_name=self.filename)
        return host

    def _connect(self) -> None:
        seen: set[str | None] = {None}
        home = {
            n.name: scope
            for scope in [self.spec.start, *self.spec.elements]
            if scope.content
            for n in scope.content.nodes
        }
        for node in self.node.iter(f"{{{BPMN}}}sequenceFlow"):
            ends = [self.spec.task_specs.get(node.get(name)) for name in ("sourceRef", "targetRef")]
            if None in ends:
                raise ValidationException("顺序流的一端没有元素", node=node, file_name=self.filename)
            if node.get("id") in seen:  # joins tell the flows of their tokens by it
                raise ValidationException(f"顺序流应有自己的 id，现为“{node.get('id', '')}”", node=node)
            seen.add(node.get("id"))
            source, target = ends
            if home[source.name] is not home[target.name]:
                raise ValidationException("顺序流应在一层之内", node=node)
            text = node.findtext(f"{{{BPMN}}}conditionExpression")
            condition = expressions.compile_expression(text) if text and text.strip() else None
            flow = base.Flow(node.get("id"), node.get("name"), source, target, condition)
            source.connect(target)
            source.outgoing.append(flow)
            target.incoming.append(flow)


class DiagramParser(BpmnParser):
    """Reads a BPMN file."""

    PROCESS_PARSER_CLASS = ScopeParser

    def _add_data_stores(self, bpmn: Any) -> None:
        """Leave data stores alone: they are drawn, not executed."""

    def _add_correlations(self, bpmn: Any) -> None:
        """Leave correlation properties alone: the check refuses them; keys are written as `correlationKey`."""


def read(data: bytes, filename: str) -> tuple[process.Process, ...]:
    """Read the executable processes of a BPMN file, in document order.

    Args:
        data: the file.
        filename: used in messages only.

    Raises:
        errors.InvalidXml: not well-formed, or XML that is refused.
        errors.InvalidDiagram: an element that is not executed, an expression that does not compile, a broken
            reference; `details["findings"]` says where.
    """
    tree = xmlio.parse(data, filename)
    parser = DiagramParser()
    try:
        parser.add_bpmn_xml(tree.getroot(), filename)
        return tuple(_process(parser, key) for key in parser.get_process_ids())
    except ValidationException as error:
        raise _invalid(filename, str(error.args[0]) if error.args else str(error), error) from None
    except errors.InvalidExpression as error:
        raise _invalid(filename, error.message, error) from None


def _process(parser: DiagramParser, key: str) -> process.Process:
    scope = parser.process_parsers[key]
    if not key:
        raise ValidationException("流程应有 id", node=scope.node)
    spec: process.ProcessSpec = scope.get_spec()
    found = extensions.read(scope.node)
    elements = spec.elements
    assert spec.start.content is not None
    lanes = [lane.get("name") or "" for lane in scope.node.iter(f"{{{BPMN}}}lane")]

    def names(attribute: str) -> tuple[str, ...]:
        return tuple(name.strip() for name in found.attributes.get(attribute, "").split(",") if name.strip())

    return process.Process(
        key=key,
        name=scope.get_name(),
        spec=spec,
        version_tag=found.attributes.get("versionTag"),
        starter_groups=names("candidateStarterGroups"),
        starter_users=names("candidateStarterUsers"),
        offered=found.attributes.get("isStartableInTasklist") != "false",
        history_ttl=found.attributes.get("historyTimeToLive"),
        lanes=tuple(dict.fromkeys(lane for lane in lanes if lane)),
        starts=tuple(process.start_point(start) for start in spec.start.content.starts),
        elements={element.name: process.describe(element) for element in elements},
        called_elements=frozenset(e.called_element for e in elements if hasattr(e, "called_element")),
        decision_refs=process.collect(elements, "decisionRef"),
        form_keys=process.collect(elements, "formKey"),
        topics=process.collect(elements, "topic"),
        documentation=scope.parse_documentation(),
        flows=tuple(
            process.SequenceFlow(flow.id, flow.source.name, flow.target.name, flow.name or "")
            for element in elements
            for flow in element.outgoing
        ),
        case_title=expressions.compile_template(titled) if (titled := _property(found, "caseTitle")) else None,
        key_pattern=_property(found, "businessKey"),
        topic=_property(found, "topic") or "",
        returns=_property(found, "return"),
    )


def _property(found: extensions.Extensions, name: str) -> str | None:
    return found.properties.get(name, "").strip() or None


def _connect_links(content: base.Content) -> None:
    catches: dict[str, base.ElementSpec] = {}
    for node in content.nodes:
        event = getattr(node, "event", None)
        if isinstance(event, LinkEvent) and not isinstance(node, throw_event.ThrowEvent):
            catches[event.name] = node
    for node in content.nodes:
        if isinstance(node, throw_event.ThrowEvent) and isinstance(node.event, LinkEvent):
            node.landing = catches.get(node.event.name)


def _read_loop(node: etree._Element) -> loops.MultiInstance | loops.StandardLoop | None:
    multiple = node.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics")
    if multiple is not None:
        return _read_multi_instance(node, multiple)
    standard = node.find(f"{{{BPMN}}}standardLoopCharacteristics")
    if standard is None:
        return None
    maximum = standard.get("loopMaximum", "").strip()
    if maximum and not maximum.isdecimal():
        raise ValidationException(f"loopMaximum 应为正整数，现为“{maximum}”", node=node)
    return loops.StandardLoop(
        condition=_expression(standard.findtext(f"{{{BPMN}}}loopCondition")),
        maximum=int(maximum) if maximum else None,
        test_before=_truth(standard, "testBefore"),
    )


def _read_multi_instance(node: etree._Element, multiple: etree._Element) -> loops.MultiInstance:
    camunda = extensions.CAMUNDA
    item = multiple.find(f"{{{BPMN}}}inputDataItem")
    collection = multiple.get(f"{{{camunda}}}collection") or multiple.findtext(f"{{{BPMN}}}loopDataInputRef")
    properties = extensions.read(node).properties
    cardinality = multiple.findtext(f"{{{BPMN}}}loopCardinality")
    if not (collection and collection.strip()) and not (cardinality and cardinality.strip()):
        raise ValidationException("多实例应有集合或次数", node=node)
    return loops.MultiInstance(
        sequential=_truth(multiple, "isSequential"),
        collection=_expression(collection),
        element_variable=multiple.get(f"{{{camunda}}}elementVariable") or (None if item is None else item.get("name")),
        cardinality=_expression(cardinality),
        completion_condition=_expression(multiple.findtext(f"{{{BPMN}}}completionCondition")),
        output_collection=properties.get("outputCollection"),
        output_element=_expression(properties.get("outputElement")),
    )


def _truth(node: etree._Element, attribute: str, default: bool = False) -> bool:
    """Read an XSD boolean, which may also be written as 1 or 0."""
    return str(node.get(attribute, str(default))).strip().lower() in ("true", "1")


def _expression(text: str | None) -> expressions.Expression | None:
    return expressions.compile_expression(text.strip()) if text and text.strip() else None


def _invalid(filename: str, message: str, error: Exception) -> errors.InvalidDiagram:
    node = getattr(error, "tag", None)
    finding = definitions.Finding(
        file=filename,
        rule="read",
        expected="可执行的流程",
        found=message,
        element_id=getattr(error, "id", None) or None,
        element_name=getattr(error, "name", None) if node else None,
        line=getattr(error, "sourceline", None) or getattr(error, "line_number", None),
    )
    return errors.InvalidDiagram(f"{filename} 不能执行：{message}", findings=[finding])
