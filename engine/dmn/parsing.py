"""From the bytes of a DMN file to its decisions, or to everything that is wrong with them."""

from __future__ import annotations

import dataclasses

from lxml import etree

from engine import xmlio
from engine.dmn import checks, overlap, reader, structure
from engine.dmn.model import Decision
from engine.dmn.reader import Draft
from engine.dmn.report import Report

#: Most decisions of a file; also the longest chain of them.
MAX_DECISIONS = 100


def parse(data: bytes, filename: str) -> tuple[Decision, ...]:
    """Read the decisions of a DMN file (1.1 to 1.5) in the order of the file, checked and ready to be evaluated.

    Args:
        data: The content of the file.
        filename: Name used in messages.

    Raises:
        errors.InvalidXml: The content is not XML that may be opened.
        errors.InvalidDecision: Something in the file would not be executed right.  ``details["findings"]`` has all
            findings, each a dict with the fields of `engine.model.definitions.Finding`.
    """
    report = Report(filename)
    root = xmlio.parse(data, filename).getroot()
    _check_root(root, report)
    structure.check(root, report)
    reader.check_language(root, root.get("name", ""), report)
    elements = structure.children(root, "decision")
    if not 0 < len(elements) <= MAX_DECISIONS:
        report.error(structure.spot(root), "", "dmn-size", f"1 至 {MAX_DECISIONS} 个决策", f"{len(elements)} 个")
        report.refuse()
    own = [Report(filename) for _ in elements]
    drafts = [reader.read(element, each) for element, each in zip(elements, own, strict=True)]
    for draft, each in zip(drafts, own, strict=True):
        checks.check(draft.decision, each)
        report.findings.extend(each.findings)
    inputs = {element.get("id", "") for element in structure.children(root, "inputData")}
    decisions = _linked(drafts, inputs, report)
    report.refuse()
    for decision, each in zip(decisions, own, strict=True):
        overlap.check(decision, each)
    return tuple(
        dataclasses.replace(decision, warnings=tuple(each.findings))
        for decision, each in zip(decisions, own, strict=True)
    )


def _check_root(root: etree._Element, report: Report) -> None:
    name = etree.QName(root)
    if name.localname == "definitions" and name.namespace in structure.NAMESPACES:
        return
    expected = "DMN 1.1 至 1.5 的 <definitions>"
    report.error(
        structure.spot(root), "", "dmn-root", expected, f"<{name.localname}>（{name.namespace or '无命名空间'}）"
    )
    report.refuse()


def _linked(drafts: list[Draft], inputs: set[str], report: Report) -> list[Decision]:
    """Return the decisions, in the order of the file, with those that they require."""
    by_id = {draft.decision.id: draft for draft in drafts}
    done: dict[str, Decision] = {}

    def link(draft: Draft, chain: tuple[str, ...]) -> Decision:
        decision = draft.decision
        if decision.id in done:
            return done[decision.id]
        required = []
        for identity in draft.required_ids:
            if identity in (*chain, decision.id):
                found = " → ".join((*chain, decision.id, identity))
                report.error(decision, decision.name, "dmn-requirement", "互不循环依赖的决策", found)
            elif identity in by_id:
                required.append(link(by_id[identity], (*chain, decision.id)))
            else:
                found = f"#{identity}" + ("（是输入数据）" if identity in inputs else "（文件中没有）")
                report.error(decision, decision.name, "dmn-requirement", "同一文件中的决策", found)
        done[decision.id] = dataclasses.replace(decision, requires=tuple(required))
        _check_names(done[decision.id], report)
        return done[decision.id]

    return [link(draft, ()) for draft in drafts]


def _check_names(decision: Decision, report: Report) -> None:
    # Results of required decisions are variables: two of one name would hide each other.
    owners: dict[str, str] = {}
    for required in decision.requires:
        outputs = {output.name for output in required.outputs}
        whole = {required.id, required.variable or required.id}
        clashes = {name: required.name for name in whole & outputs if len(outputs) > 1}
        clashes |= {name: owners[name] for name in whole | outputs if name in owners}
        for name, owner in sorted(clashes.items()):
            found = f"“{name}”同时出自“{owner}”和“{required.name}”"
            report.error(decision, decision.name, "dmn-requirement", "名称互不相同的决策结果", found)
        owners |= dict.fromkeys(whole | outputs, required.name)
