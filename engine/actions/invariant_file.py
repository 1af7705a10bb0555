"""What a pack says must always hold: `invariants.yaml`, read at deployment; see docs/reference/invariants.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine import errors, packfile
from engine.actions import invariant_evidence
from engine.bpmn import expressions
from engine.model import definitions
from engine.model import invariants as model

NAME = "invariants.yaml"

_SUBJECTS = "case of <流程>、publication of <类别>、entry of <台账>、document of <公文模板>，多个用逗号隔开"
_RULES = ("holds", "distinct", "in_order", "entry", "unique")
_CHECK = ("for", "when", "evidence", "before", *_RULES)
_INVARIANT = ("id", "statement", "clauses", "severity", "reading", "prevented", "checks", "inapplicable")


def parse(content: bytes, pack: str, filename: str = NAME) -> model.Rulebook:
    """Read an `invariants.yaml`.

    Raises:
        errors.InvalidInput: With all findings in the message and in `details["findings"]`.
    """
    rulebook, findings = read(content, pack, filename)
    if findings:
        sentences = "\n".join(finding.sentence() for finding in findings)
        raise errors.InvalidInput(f"流程包“{pack}”的 {NAME} 有误：\n{sentences}", findings=tuple(findings))
    return rulebook


def read(content: bytes, pack: str, filename: str = NAME) -> tuple[model.Rulebook, list[definitions.Finding]]:
    """Read an `invariants.yaml`; return what it says and what is wrong with it."""
    reader = packfile.Reader(filename)
    node = reader.load(content)
    fields = reader.mapping(node, NAME, ("invariants",), required=("invariants",)) if node else {}
    found = tuple(reader.each(fields.get("invariants"), "invariants", _invariant))
    reader.unique(fields.get("invariants"), "invariants", [each.id for each in found])
    return model.Rulebook(pack, found), reader.findings


def unknown(
    rulebook: model.Rulebook,
    filename: str,
    info: packfile.PackInfo,
    processes: Mapping[str, Iterable[str]],
    templates: Iterable[str],
) -> Iterator[definitions.Finding]:
    """Yield a finding for every name that the pack does not have.

    Args:
        rulebook: What the pack declares.
        filename: Where it stands.
        info: What `pack.yaml` says.
        processes: Ids of elements by the key of their process.
        templates: Names of document templates.
    """
    registers = {each.id: {field.id for field in each.fields} for each in info.registers}
    clauses = {each.id for each in info.clauses}
    known = {
        model.SubjectKind.CASE: set(processes),
        model.SubjectKind.ENTRY: set(registers),
        model.SubjectKind.DOCUMENT: set(templates),
    }
    elements = {element for each in processes.values() for element in each}

    def missing(place: str, what: str, names: Iterable[str], there: Iterable[str]) -> Iterator[definitions.Finding]:
        for name in sorted(set(names) - set(there)):
            yield definitions.Finding(filename, place, f"流程包中有的{what}", name)

    for invariant in rulebook.invariants:
        place = f"invariants[{invariant.id}]"
        yield from missing(place, "条款", (clause.split()[0] for clause in invariant.clauses), clauses)
        for check in invariant.checks:
            if check.subject.kind in known:
                yield from missing(place, "流程、台账或者公文模板", check.subject.names, known[check.subject.kind])
            needs = invariant_evidence.needs([check])
            yield from missing(place, "流程", needs.processes, processes)
            steps = {element for step in (*check.distinct, *check.in_order) for element in step}
            if check.subject.kind is model.SubjectKind.CASE and not needs.processes:
                own = {element for name in check.subject.names for element in processes.get(name, ())}
                yield from missing(place, "环节", {*steps, *check.before, *needs.elements}, own)
            else:
                yield from missing(place, "环节", {*steps, *check.before, *needs.elements}, elements)
            yield from missing(place, "台账", needs.registers, registers)
            if check.entry is not None:
                yield from missing(place, "台账", [check.entry.register], registers)
                fields = {*check.entry.same, *check.entry.values}
                yield from missing(place, "台账项目", fields, registers.get(check.entry.register, fields))
            if check.unique:
                for name in check.subject.names:
                    yield from missing(place, "台账项目", [check.unique], registers.get(name, [check.unique]))


def _invariant(reader: packfile.Reader, node: packfile.Node, place: str) -> model.Invariant:
    given = reader.mapping(node, place, _INVARIANT, required=("id", "statement"))
    name = reader.identifier(given.get("id"), f"{place}.id")
    severity = _text(reader, given, "severity", place) or model.Severity.ERROR.value
    if severity not in list(model.Severity):
        reader.complain(given.get("severity"), f"{place}.severity", "、".join(model.Severity), severity)
        severity = model.Severity.ERROR.value
    inapplicable = _text(reader, given, "inapplicable", place)
    checks = tuple(reader.each(given.get("checks"), f"{place}.checks", _check))
    if bool(inapplicable) == bool(checks):
        reader.complain(node, place, "有 checks；不适用的，写明 inapplicable（理由）", "两者都有或者都没有")
    return model.Invariant(
        id=name,
        statement=reader.text(given.get("statement"), f"{place}.statement"),
        clauses=_texts(reader, given.get("clauses"), f"{place}.clauses"),
        severity=model.Severity(severity),
        reading=_text(reader, given, "reading", place),
        prevented=tuple(reader.each(given.get("prevented"), f"{place}.prevented", _prevention)),
        checks=checks,
        inapplicable=inapplicable,
    )


def _prevention(reader: packfile.Reader, node: packfile.Node, place: str) -> model.Prevention:
    given = reader.mapping(node, place, ("how", "test"), required=("how", "test"))
    return model.Prevention(*(reader.text(given.get(key), f"{place}.{key}") for key in ("how", "test")))


def _check(reader: packfile.Reader, node: packfile.Node, place: str) -> model.Check:
    given = reader.mapping(node, place, _CHECK, required=("for",))
    subject = _subject(reader, given.get("for"), f"{place}.for")
    rules = [name for name in _RULES if name in given]
    if len(rules) != 1:
        reader.complain(node, place, f"{'、'.join(_RULES)} 之一", "、".join(rules) or "没有")
    if ("before" in given) != ("in_order" in given):
        reader.complain(node, place, "in_order 与 before 同时写明", "只有其一")
    steps = {"distinct": (), "in_order": ()} | {
        name: tuple(reader.each(given[name], f"{place}.{name}", _step)) for name in rules if name.endswith(("ct", "er"))
    }
    if steps["distinct"] and subject.kind is not model.SubjectKind.CASE:
        reader.complain(given.get("for"), f"{place}.for", "distinct 只用于 case of <流程>", subject.kind)
    if steps["in_order"] and subject.kind is not model.SubjectKind.CASE:
        reader.complain(given.get("for"), f"{place}.for", "in_order 只用于 case of <流程>", subject.kind)
    if "unique" in given and subject.kind is not model.SubjectKind.ENTRY:
        reader.complain(given.get("for"), f"{place}.for", "unique 只用于 entry of <台账>", subject.kind)
    return model.Check(
        subject=subject,
        when=_expression(reader, given, "when", place),
        holds=_expression(reader, given, "holds", place),
        distinct=steps["distinct"],
        in_order=steps["in_order"],
        before=_texts(reader, given.get("before"), f"{place}.before"),
        entry=_lookup(reader, given["entry"], f"{place}.entry") if "entry" in given else None,
        unique=_text(reader, given, "unique", place),
        evidence=_evidence(reader, given, place),
    )


def _subject(reader: packfile.Reader, node: packfile.Node | None, place: str) -> model.Subject:
    text = reader.text(node, place)
    kind, _, names = text.partition(" of ")
    listed = tuple(name.strip() for name in names.replace("，", ",").split(",") if name.strip())
    if text and (kind not in list(model.SubjectKind) or not listed):
        reader.complain(node, place, _SUBJECTS, text)
    known = kind if kind in list(model.SubjectKind) else model.SubjectKind.CASE.value
    return model.Subject(model.SubjectKind(known), listed)


def _step(reader: packfile.Reader, node: packfile.Node, place: str) -> model.Step:
    if isinstance(node.value, list):
        return tuple(reader.each(node, place, lambda reader, item, place: reader.identifier(item, place)))
    return (reader.identifier(node, place),)


def _lookup(reader: packfile.Reader, node: packfile.Node, place: str) -> model.Lookup:
    given = reader.mapping(node, place, ("register", "same", "with", "earlier"), required=("register", "same"))
    same = _mapping(reader, given.get("same"), f"{place}.same")
    for name, source in same.items():
        _compiled(reader, given.get("same"), f"{place}.same.{name}", source)
    if not same:
        reader.complain(node, f"{place}.same", "至少一项", "没有")
    earlier = given["earlier"].value if "earlier" in given else False
    if not isinstance(earlier, bool):
        reader.complain(given["earlier"], f"{place}.earlier", "true 或 false", str(earlier))
    register = reader.identifier(given.get("register"), f"{place}.register")
    return model.Lookup(register, same, _mapping(reader, given.get("with"), f"{place}.with"), earlier is True)


def _mapping(reader: packfile.Reader, node: packfile.Node | None, place: str) -> dict[str, str]:
    if node is None:
        return {}
    if not isinstance(node.value, dict):
        reader.complain(node, place, "映射", str(node.value)[:80])
        return {}
    return {name: reader.text(value, f"{place}.{name}") for name, value in node.value.items()}


def _text(reader: packfile.Reader, given: Mapping[str, packfile.Node], name: str, place: str) -> str:
    return reader.text(given[name], f"{place}.{name}") if name in given else ""


def _texts(reader: packfile.Reader, node: packfile.Node | None, place: str) -> tuple[str, ...]:
    if node is not None and isinstance(node.value, str):
        return (reader.text(node, place),)
    return tuple(reader.each(node, place, lambda reader, item, place: reader.text(item, place)))


def _expression(reader: packfile.Reader, given: Mapping[str, packfile.Node], name: str, place: str) -> str:
    source = _text(reader, given, name, place)
    if source:
        _compiled(reader, given[name], f"{place}.{name}", source)
    return source


def _compiled(reader: packfile.Reader, node: packfile.Node | None, place: str, source: str) -> None:
    try:
        expressions.compile_expression(source, invariant_evidence.FUNCTIONS)
    except errors.InvalidExpression as error:
        reader.complain(node, place, "有效的表达式", error.message)
        return
    _written_out(reader, node, place, source)


def _written_out(
    reader: packfile.Reader, node: packfile.Node | None, place: str, source: str, *, is_text: bool = False
) -> None:
    for function in dict.fromkeys(invariant_evidence.computed_names(source, is_text=is_text)):
        expected = f"{function}() 的名称直接写出，如 {function}('名称', of='流程')，不由变量或者计算得出"
        reader.complain(node, place, expected, source[:80])


def _evidence(reader: packfile.Reader, given: Mapping[str, packfile.Node], place: str) -> str:
    source = _text(reader, given, "evidence", place)
    if source:
        try:
            expressions.compile_template(source, invariant_evidence.FUNCTIONS)
        except errors.InvalidExpression as error:
            reader.complain(given["evidence"], f"{place}.evidence", "有效的文本", error.message)
        else:
            _written_out(reader, given["evidence"], f"{place}.evidence", source, is_text=True)
    return source
