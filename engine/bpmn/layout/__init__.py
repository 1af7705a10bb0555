"""Write the diagram part of a BPMN file: pools, lanes and flows laid out from left to right."""

from __future__ import annotations

from engine import errors, xmlio
from engine.bpmn.layout import read, write
from engine.bpmn.layout.compose import compose

__all__ = ["layout"]


def layout(data: bytes, filename: str = "diagram.bpmn") -> bytes:
    """Lay out a BPMN file; whatever diagram it has is replaced, every other byte stays as it is.

    The same input always gives the same output.

    Args:
        data: Content of the file.
        filename: Name used in messages.

    Raises:
        errors.InvalidXml: The content is not XML that may be opened.
        errors.InvalidDiagram: The content is no BPMN, or there is no process in it.
    """
    tree = xmlio.parse(data, filename)
    root = tree.getroot()
    if read.local(root) != "definitions":
        raise errors.InvalidDiagram(f"{filename}：根元素应为 BPMN 2.0 的 definitions，实际为“{root.tag}”。请检查文件。")
    found = read.diagrams(root)
    if not found:
        raise errors.InvalidDiagram(f"{filename}：没有找到带 id 的 process 元素，无法排版。请先添加流程。")
    text = write.render(root, [compose(diagram) for diagram in found])
    return write.splice(data, tree.docinfo.encoding or "utf-8", text)
