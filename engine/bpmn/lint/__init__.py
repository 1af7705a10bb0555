"""The one check of diagrams, used by `gongkai check` and by deployment: what is not executed right is not deployed."""

from __future__ import annotations

from engine import errors, xmlio
from engine.bpmn.lint import (
    activities,
    drawing,
    events,
    extensions,
    flow,
    formulas,
    gateways,
    identity,
    joins,
    lanes,
    markup,
    people,
    rules,
    schema,
    support,
)
from engine.bpmn.lint.diagram import Diagram
from engine.bpmn.lint.report import in_order, report_json, report_text
from engine.bpmn.lint.surroundings import Surroundings
from engine.model import definitions

__all__ = ["NOTHING_KNOWN", "Surroundings", "check", "report_json", "report_text"]


_DEFINITIONS = f"{{{markup.BPMN}}}definitions"

#: Nothing around the diagram is known: what it refers to is not checked.
NOTHING_KNOWN = Surroundings()


def check(data: bytes, filename: str, surroundings: Surroundings = NOTHING_KNOWN) -> list[definitions.Finding]:
    """Return everything that is wrong with a diagram, in the order of the file; never raises.

    Args:
        data: the file.
        filename: used in findings only.
        surroundings: what the diagram may refer to; what is unknown is not checked.

    Returns:
        Findings of severity "error" forbid deployment, those of severity "warning" do not.
    """
    try:
        root = xmlio.parse(data, filename).getroot()
    except errors.InvalidXml as error:
        return [_not_xml(error, filename)]
    seen = Diagram(root, filename)
    structure = list(schema.check(seen))
    if root.tag != _DEFINITIONS:
        return in_order(structure)
    found = [
        *identity.check(seen, surroundings),
        *support.check(seen),
        *extensions.check(seen),
        *flow.check(seen),
        *joins.check(seen),
        *gateways.check(seen),
        *events.check(seen),
        *activities.check(seen, surroundings),
        *formulas.check(seen),
        *lanes.check(seen, surroundings),
        *people.check(seen, surroundings),
        *drawing.check(seen),
    ]
    # What the XSD says of a line is the cause, and what other rules say of the same line its consequence.
    told = {each.line for each in structure}
    return in_order([*structure, *(each for each in found if each.line not in told)])


def _not_xml(error: errors.InvalidXml, filename: str) -> definitions.Finding:
    line, column = error.details.get("line"), error.details.get("column")
    place = f"{filename} 第 {line} 行第 {column} 列：" if line else f"{filename}："
    return definitions.Finding(
        file=filename,
        rule="xml",
        expected="可以安全打开的 XML",
        found=error.message.removeprefix(place).rstrip("。"),
        line=line if isinstance(line, int) and line > 0 else None,
        severity=rules.BY_ID["xml"].severity,
    )
