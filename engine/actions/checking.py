"""The one validator of packs: `gongkai check` and deployment find the same things, for the same reasons."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from engine import catalog, dmn, documents, errors, forms
from engine.actions import figure_file, invariant_file, office_calendars
from engine.bpmn import lint, process, reader
from engine.model import definitions

ERROR = "error"


@dataclasses.dataclass(frozen=True)
class Checked:
    """What a pack holds, as far as it could be read, and everything that is wrong with it."""

    processes: Mapping[str, tuple[definitions.Resource, process.Process]]
    forms: Mapping[str, forms.Form]
    decisions: Mapping[str, tuple[definitions.Resource, dmn.Decision]]
    findings: tuple[definitions.Finding, ...]

    @property
    def errors(self) -> tuple[definitions.Finding, ...]:
        """The findings that forbid deployment."""
        return tuple(finding for finding in self.findings if finding.severity == ERROR)


def check(
    pack: catalog.Pack, *, topics: Collection[str] | None, others: Callable[[], Collection[str]] = tuple
) -> Checked:
    """Read and check every file of a pack.

    Args:
        pack: The pack as it is on disk.
        topics: The topics that have a handler; None when they are not known.
        others: Gives the keys of the processes outside the pack that it may call or lead to; asked only if it does.
    """
    kinds = definitions.ResourceKind
    findings: list[definitions.Finding] = []
    read_forms = dict(_forms(pack.of_kind(kinds.FORM), findings))
    decisions = dict(_decisions(pack.of_kind(kinds.DECISION), findings))
    diagrams = pack.of_kind(kinds.PROCESS)
    found = list(_processes(diagrams))
    own = {each.key for _, each in found}
    called = {key for _, each in found for key in each.called_elements if key != each.key}
    named = called.union(*(_led_to(each) for _, each in found))
    elsewhere = {topic.id for topic in pack.info.external_topics}
    around = lint.Surroundings(
        topics=None if topics is None else elsewhere.union(topics),
        forms={key: frozenset(form.by_name) for key, form in read_forms.items()},
        decisions=frozenset(decisions),
        processes=own if named <= own else own | set(others()),
        called=called,
        roles=pack.info.lanes,
        clauses=frozenset(clause.id for clause in pack.info.clauses),
        templates=frozenset(file.path.rsplit("/", 1)[-1].removesuffix(".j2") for file in pack.of_kind(kinds.TEMPLATE)),
    )
    for diagram in diagrams:
        findings.extend(lint.check(diagram.content, diagram.path, around))
    findings.extend(_unreadable(diagrams, findings))
    findings.extend(_repeated(found))
    findings.extend(_calendar(pack))
    findings.extend(_served_twice(pack, elsewhere.intersection(topics or ())))
    findings.extend(_templates(pack.of_kind(kinds.TEMPLATE)))
    for file in pack.of_kind(kinds.FIGURES):
        findings.extend(figure_file.check(file.content, file.path, pack.info, own))
    findings.extend(_invariants(pack, {each.key: each.elements for _, each in found}))
    return Checked({each.key: (file, each) for file, each in found}, read_forms, decisions, tuple(findings))


def _led_to(found: process.Process) -> set[str]:
    ends = (element.properties.get(process.LEADS_TO, "") for element in found.elements.values())
    return {key for end in ends for key in process.led_to(end)}


def read(pack: catalog.Pack) -> Checked:
    """Read a pack as far as it can be read, without saying what is wrong with it: one that was deployed is what it is.

    Rules may have become stricter since; what they now refuse is left out.
    """
    kinds = definitions.ResourceKind
    findings: list[definitions.Finding] = []
    read_forms = dict(_forms(pack.of_kind(kinds.FORM), findings))
    decisions = dict(_decisions(pack.of_kind(kinds.DECISION), findings))
    processes = {found.key: (file, found) for file, found in _processes(pack.of_kind(kinds.PROCESS))}
    return Checked(processes, read_forms, decisions, ())


def keys(pack: catalog.Pack) -> frozenset[str]:
    """Return the keys of the processes of a pack, as far as its diagrams can be read."""
    return process_keys(pack.resources)


def process_keys(resources: Iterable[definitions.Resource]) -> frozenset[str]:
    """Return the keys of the processes among some files, as far as their diagrams can be read."""
    diagrams = (each for each in resources if each.kind is definitions.ResourceKind.PROCESS)
    return frozenset(each.key for _, each in _processes(diagrams))


def refuse(slug: str, findings: Iterable[definitions.Finding]) -> None:
    """Raise errors.InvalidDiagram with all findings, when there is one."""
    found = tuple(findings)
    if found:
        sentences = "\n".join(finding.sentence() for finding in found)
        raise errors.InvalidDiagram(f"流程包“{slug}”有 {len(found)} 处错误，不能部署：\n{sentences}", findings=found)


def _processes(
    diagrams: Iterable[definitions.Resource],
) -> Iterator[tuple[definitions.Resource, process.Process]]:
    for diagram in diagrams:
        try:
            for found in reader.read(diagram.content, diagram.path):
                yield diagram, found
        except errors.InvalidInput:
            continue  # the check says what is wrong


def _unreadable(
    diagrams: Iterable[definitions.Resource], known: list[definitions.Finding]
) -> Iterator[definitions.Finding]:
    """Yield why a diagram cannot be read that the check found nothing wrong with: nothing is skipped silently."""
    bad = {finding.file for finding in known if finding.severity == ERROR}
    for diagram in diagrams:
        if diagram.path not in bad:
            try:
                reader.read(diagram.content, diagram.path)
            except errors.InvalidInput as error:
                yield from _of(error, diagram.path)


def _templates(files: Iterable[definitions.Resource]) -> Iterator[definitions.Finding]:
    for file in files:
        try:
            documents.parse(file.content, file.path)
        except errors.InvalidDocumentTemplate as error:
            yield from _of(error, file.path)


def _forms(
    files: Iterable[definitions.Resource], findings: list[definitions.Finding]
) -> Iterator[tuple[str, forms.Form]]:
    for file in files:
        try:
            form = forms.parse(file.content, file.path)
            yield form.id, form
        except errors.InvalidInput as error:
            findings.extend(_of(error, file.path))


def _decisions(
    files: Iterable[definitions.Resource], findings: list[definitions.Finding]
) -> Iterator[tuple[str, tuple[definitions.Resource, dmn.Decision]]]:
    seen: dict[str, str] = {}
    for file in files:
        try:
            for decision in dmn.parse(file.content, file.path):
                findings.extend(decision.warnings)
                other = seen.setdefault(decision.id, file.path)
                if other != file.path:
                    expected = f"决策的 id 在流程包内不重复（{other} 已有）"
                    findings.append(definitions.Finding(file.path, "duplicate-id", expected, decision.id, decision.id))
                yield decision.id, (file, decision)
        except errors.InvalidInput as error:
            findings.extend(_of(error, file.path))


def _repeated(found: list[tuple[definitions.Resource, process.Process]]) -> Iterator[definitions.Finding]:
    files = collections.defaultdict(list)
    for file, each in found:
        files[each.key].append(file.path)
    for key, places in files.items():
        for place in places[1:]:
            yield definitions.Finding(
                place, "duplicate-id", f"流程的 id 在流程包内不重复（{places[0]} 已有）", key, key
            )


def _served_twice(pack: catalog.Pack, topics: Iterable[str]) -> Iterator[definitions.Finding]:
    place = pack.of_kind(definitions.ResourceKind.PACK)[0].path
    for topic in sorted(topics):
        expected = "外部主题没有处理程序：由外部程序处理，或者由 handlers/ 处理"
        yield definitions.Finding(place, "external-topic", expected, f"handlers/ 中有“{topic}”的处理程序")


def _invariants(pack: catalog.Pack, processes: Mapping[str, Iterable[str]]) -> Iterator[definitions.Finding]:
    templates = [pathlib.PurePath(each.path).stem for each in pack.of_kind(definitions.ResourceKind.TEMPLATE)]
    for resource in pack.of_kind(definitions.ResourceKind.INVARIANTS):
        book, findings = invariant_file.read(resource.content, pack.slug, resource.path)
        yield from findings
        if not findings:
            yield from invariant_file.unknown(book, resource.path, pack.info, processes, templates)


def _calendar(pack: catalog.Pack) -> Iterator[definitions.Finding]:
    try:
        office_calendars.of_pack(pack.info)
    except errors.CalendarError as error:
        place = pack.of_kind(definitions.ResourceKind.PACK)[0].path
        yield definitions.Finding(place, "calendar", "有效的日历调整", error.message)


def _of(error: errors.GongkaiError, file: str) -> list[definitions.Finding]:
    """Return the findings that an error carries, or the error as one."""
    carried: Any = error.details.get("findings") or ()
    found = [each if isinstance(each, definitions.Finding) else definitions.Finding(**each) for each in carried]
    line = error.details.get("line")
    alone = definitions.Finding(
        file, "read", "可以读取的文件", error.message, line=line if isinstance(line, int) else None
    )
    return found or [alone]
