"""What the page of an archive shows: the cases of a family as people read them."""

from __future__ import annotations

import collections
import datetime
import json
from collections.abc import Iterable, Mapping
from typing import Any

from engine import errors
from engine.actions import archive_reading, case_reading, labelled
from engine.bpmn import picture
from engine.bpmn.picture import marking
from engine.documents import case_file
from engine.model import files as model_files
from engine.model import records as model
from engine.model import views_cases


def svg(case: archive_reading.Filed) -> str | None:
    """Return the picture of the diagram with the way that a case has taken; None for a diagram that was never drawn."""
    row = case.seen.definition.row
    source = next(each for each in case.resources if each.path == row.resource)
    try:
        drawn = picture.svg(source.content, source.path)
    except errors.InvalidDiagram:
        return None
    state = case_reading.where(case.seen).state
    return marking.marked(drawn, dict.fromkeys((*state.visited, *state.flows), "is-done"))


def given(
    family: archive_reading.Family,
    svgs: Mapping[int, str],
    files: Mapping[str, Mapping[str, Any]],
    documents: Mapping[int, str],
) -> dict[str, Any]:
    """Return what `engine.documents.case_file.render` is given.

    Args:
        family: As it was read.
        svgs: The pictures by case.
        files: By token where each uploaded file is in the package: `path` and `number`.
        documents: By id where each document is in the package.
    """
    return {
        "cases": [_case(case, family, svgs.get(case.seen.instance.id), files, documents) for case in family.cases],
        "files": files,
        "heads": [(chain["chain"], *chain["head"]) for chain in family.chains],
        "parts": {"files": bool(files), "documents": bool(documents), "diagrams": bool(svgs)},
        "picture_styles": case_file.PICTURE_STYLES,
    }


def _case(
    case: archive_reading.Filed,
    family: archive_reading.Family,
    drawn: str | None,
    files: Mapping[str, Mapping[str, Any]],
    documents: Mapping[int, str],
) -> dict[str, Any]:
    seen = case.seen
    info = seen.definition.pack
    below = [each.seen for each in family.cases if each.seen.instance.parent_id == seen.instance.id]
    return {
        "header": case_reading.header(seen),
        "source": f"{info.title}（{info.source.issuer}，{info.source.date:%Y-%m-%d}）",
        "people": _People(seen.names),
        "parent": None if case.parent is None else _named(case_reading.link(case.parent)),
        "children": [{"id": each.instance.id, "name": _called(each)} for each in below],
        "links": [_named(case_reading.link(row)) for row in case.links],
        "events": case_reading.events(seen),
        "opinions": case.opinions,
        "values": case.values,
        "documents": [
            {
                "title": each.title,
                "number": each.number,
                "issued_at": each.issued_at,
                "path": documents[each.id],
                "standing": f"已由第 {case.replaced[each.id]} 版替代" if each.id in case.replaced else "有效",
            }
            for each in case.documents
        ],
        "entries": [_entry(case, each) for each in case.entries],
        "publications": [_publication(case, each, files) for each in case.publications],
        "receipts": list(_receipts(family, seen.instance.id)),
        "comments": case_reading.comments(seen),
        "files": list(_own_files(case, family, files)),
        "steps": [step for step in case_reading.where(seen).steps if step.visits],
        "svg": drawn,
    }


class _People(collections.UserDict[str, str]):
    """Names by id; who has none is called by the id."""

    def __missing__(self, key: str) -> str:
        return key


def _called(seen: case_reading.Reading) -> str:
    header = case_reading.header(seen)
    return f"{header.title}（{header.business_key or f'事项 {header.id}'}）"


def _named(link: views_cases.CaseLink) -> str:
    return f"{link.title}（{link.business_key or f'事项 {link.id}'}）"


def _entry(case: archive_reading.Filed, entry: model.Entry) -> dict[str, Any]:
    registers = {each.id: each for each in case.seen.definition.pack.registers}
    register = registers.get(entry.register)
    fields = {} if register is None else {field.id: field for field in register.fields}
    shown = []
    for name, value in entry.values.items():
        if labelled.is_blank(value):
            continue
        field = fields.get(name)
        names = case.seen.names if field is not None and field.type is model.FieldType.PERSON else {}
        label = name if field is None else field.name
        shown.append(views_cases.Value(name, label, _text(value, names), tuple(labelled.files_in(value))))
    return {
        "register": entry.register if register is None else register.name,
        "number": entry.number,
        "at": entry.at,
        "reason": entry.reason,
        "values": shown,
    }


def _text(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list):
        return "、".join(_text(each, names) for each in value)
    if isinstance(value, Mapping):
        return str(value["name"]) if {"token", "name"} <= set(value) else json.dumps(value, ensure_ascii=False)
    return names.get(str(value), str(value))


def _publication(
    case: archive_reading.Filed, item: model.Publication, files: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "title": item.title,
        "at": item.published_at,
        "until": item.until,
        "summary": item.summary,
        "content": item.content,
        "withdrawn": case.withdrawn.get(item.id),
        "attachments": [
            (str(each.get("name")), files.get(str(each.get("token")), {}).get("path")) for each in item.attachments
        ],
    }


def _receipts(family: archive_reading.Family, instance_id: int) -> Iterable[dict[str, Any]]:
    notes = family.rows.get("receipt_notes", [])
    for receipt in family.rows.get("public_receipts", []):
        if receipt["instance_id"] == instance_id:
            yield {"at": datetime.datetime.fromisoformat(receipt["received_at"]), "text": "网上提交，已出具回执"}
            for note in notes:
                if note["receipt_id"] == receipt["id"]:
                    yield {"at": datetime.datetime.fromisoformat(note["at"]), "text": f"告知：{note['text']}"}


def _own_files(
    case: archive_reading.Filed, family: archive_reading.Family, files: Mapping[str, Mapping[str, Any]]
) -> Iterable[dict[str, Any]]:
    """Yield the files of one case; what none of them names is listed with the case that all the others belong to."""
    id_ = case.seen.instance.id
    linked = {(row["file_id"], row["instance_id"]) for row in family.rows.get("file_links", [])}
    homeless = {file.id for file in family.files} - {file_id for file_id, _ in linked}
    for file in family.files:
        if (file.id, id_) in linked or (file.id in homeless and id_ == family.ids[0]):
            yield _file(file, files[file.token], case)


def _file(file: model_files.StoredFile, place: Mapping[str, Any], case: archive_reading.Filed) -> dict[str, Any]:
    return {
        **place,
        "name": file.name,
        "size": file.size,
        "sha256": file.sha256,
        "by": case.seen.names.get(file.owner, file.owner),
        "at": file.created_at,
    }


def standalone(drawn: str) -> str:
    """Return a picture that is looked at outside of the page."""
    return marking.styled(drawn, case_file.PICTURE_STYLES)
