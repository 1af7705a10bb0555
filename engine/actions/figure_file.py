"""The figures of a pack: `figures.yaml`, checked at deployment; docs/reference/records.md describes it."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator

from engine import errors, packfile
from engine.model import definitions, figures, records
from engine.store import unit_of_work

NAME = "figures.yaml"

_KEYS = ("id", "name", "count", "register", "by", "sum", "unit", "where", "procedures", "kinds", "dashboard", "note")
#: Keys that mean something for one kind of figure alone.
_OWN = {
    figures.Counted.ENTRIES: {"register", "by", "sum", "unit", "where"},
    figures.Counted.PUBLICATIONS: {"kinds"},
    figures.Counted.CASES: {"procedures"},
    figures.Counted.TASKS: {"procedures"},
}


def of_deployment(uow: unit_of_work.UnitOfWork, deployment_id: int, pack: str) -> tuple[figures.Figure, ...]:
    """Return the figures that a deployment declares; none where it has no such file."""
    path = f"processes/{pack}/{NAME}"
    try:
        found = uow.deployments.resource(deployment_id, path)
    except errors.NotFound:
        return ()
    return _parsed(found.content, path)


def check(
    content: bytes, filename: str, info: packfile.PackInfo, procedures: Collection[str]
) -> Iterator[definitions.Finding]:
    """Yield everything that is wrong with a `figures.yaml`, names that the pack does not have among it.

    Args:
        content: Of the file.
        filename: Its name in messages.
        info: What `pack.yaml` says.
        procedures: Keys of the processes of the pack.
    """
    found, findings = _read(content, filename)
    yield from findings
    fields = {register.id: {field.id for field in register.fields} for register in info.registers}
    whole = {
        (register.id, field.id)
        for register in info.registers
        for field in register.fields
        if field.type is records.FieldType.INTEGER
    }
    for figure in found:
        if figure.counted is figures.Counted.ENTRIES and figure.register not in fields:
            expected = f"{packfile.NAME} 的 registers 中的台账"
            yield definitions.Finding(filename, f"figures {figure.id}", expected, figure.register or "没有")
            continue
        for name in sorted(
            {figure.by, figure.unit, *figure.where, *figure.sums} - {""} - fields.get(figure.register, set())
        ):
            expected = f"台账“{figure.register}”的字段"
            yield definitions.Finding(filename, f"figures {figure.id}", expected, name)
        for name in sorted(figure.sums):
            if name in fields.get(figure.register, set()) and (figure.register, name) not in whole:
                yield definitions.Finding(filename, f"figures {figure.id}", "sum 是 integer 字段", name)
        if figure.sums and figure.by:
            yield definitions.Finding(filename, f"figures {figure.id}", "by 和 sum 只写一项", "两项")
        for key in sorted(set(figure.procedures) - set(procedures)):
            yield definitions.Finding(filename, f"figures {figure.id}", "流程包中的流程", key)


@functools.lru_cache(maxsize=64)
def _parsed(content: bytes, filename: str) -> tuple[figures.Figure, ...]:
    found, findings = _read(content, filename)
    if findings:
        sentences = "\n".join(finding.sentence() for finding in findings)
        raise errors.InvalidInput(f"{filename} 有误：\n{sentences}", findings=tuple(findings))
    return found


def _read(content: bytes, filename: str) -> tuple[tuple[figures.Figure, ...], list[definitions.Finding]]:
    reader = packfile.Reader(filename)
    node = reader.load(content)
    given = reader.mapping(node, NAME, ("figures",), required=("figures",)) if node else {}
    found = tuple(reader.each(given.get("figures"), "figures", _figure))
    reader.unique(given.get("figures"), "figures", [figure.id for figure in found])
    reader.unique(given.get("figures"), "figures", [figure.name for figure in found])
    return found, reader.findings


def _figure(reader: packfile.Reader, node: packfile.Node, place: str) -> figures.Figure:
    given = reader.mapping(node, place, _KEYS, required=("id", "name", "count"))

    def text(key: str) -> str:
        return reader.text(given[key], f"{place}.{key}") if key in given else ""

    def names(key: str) -> tuple[str, ...]:
        return tuple(reader.each(given.get(key), f"{place}.{key}", packfile.Reader.identifier))

    counted = figures.Counted.ENTRIES
    if (said := text("count")) in list(figures.Counted):
        counted = figures.Counted(said)
        for key in sorted(set().union(*_OWN.values()) & set(given) - _OWN[counted]):
            reader.complain(given[key], f"{place}.{key}", f"count: {said} 没有此项", key)
    elif said:
        reader.complain(given["count"], f"{place}.count", f"{'、'.join(figures.Counted)} 之一", said)
    for unknown in sorted(set(names("kinds")) - set(records.PublicationKind)):
        reader.complain(given["kinds"], f"{place}.kinds", f"{'、'.join(records.PublicationKind)} 之一", unknown)
    shown = given["dashboard"].value if "dashboard" in given else False
    if not isinstance(shown, bool):
        reader.complain(given["dashboard"], f"{place}.dashboard", "true 或 false", str(shown)[:80])

    def texts(key: str) -> dict[str, str]:
        node = given.get(key)
        if node is None or isinstance(node.value, dict):
            values = {} if node is None else node.value
            return {field: reader.text(value, f"{place}.{key}.{field}") for field, value in values.items()}
        reader.complain(node, f"{place}.{key}", "“字段: 文字”的映射", str(node.value)[:80])
        return {}

    return figures.Figure(
        id=reader.identifier(given.get("id"), f"{place}.id"),
        name=text("name"),
        counted=counted,
        register=text("register"),
        by=text("by"),
        unit=text("unit"),
        sums=texts("sum"),
        where=texts("where"),
        procedures=names("procedures"),
        kinds=names("kinds"),
        dashboard=shown is True,
        note=text("note"),
    )
