"""The archive package of a finished case (归档): one file that people read and prove without the platform.

It is the complete file, personal data too, so it is for operators alone. The same case gives the same bytes: nothing in
it depends on when or by whom it was made. The audit trail of the system notes its fingerprint, by which a package that
was made up as a whole is told from the one that left the house.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import pathlib
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

from engine import documents, errors
from engine.actions import archive_page, archive_reading, context, outgoing, policy, transaction
from engine.documents import case_file, verify_package
from engine.model import commands

#: What the files of a package are described by, so that a program knows what it reads.
FORMAT = "gongkai-case/1"
#: What the audit trail calls it.
ARCHIVED = "archive-case"
LISTING = "MANIFEST.sha256"

_CHUNK = 1 << 20
_LONGEST_NAME = 200
#: The first moment that a ZIP can name: members have no time of their own.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


@dataclasses.dataclass(frozen=True, slots=True)
class _Upload:
    """The content of an uploaded file, read when it is its turn."""

    name: str
    path: pathlib.Path
    sha256: str
    size: int


_Members = Mapping[str, bytes | _Upload]


def write(engine: context.Engine, instance_id: int, directory: pathlib.Path, actor: commands.Actor) -> pathlib.Path:
    """Write the archive package of a finished case, proved, into a directory, and note it in the audit trail.

    Args:
        engine: The engine.
        instance_id: The case; those that it called go with it.
        directory: Where to; it is made if it is not there. The file is named by the case and its fingerprint.
        actor: Who takes it out.

    Returns:
        The file, readable by its owner alone. The same case gives the same file again.

    Raises:
        errors.Forbidden: The actor is no operator.
        errors.NotFound: There is no such case.
        errors.Conflict: It has not ended, or what is stored of it does not fit its audit trail.
        errors.StoreError: The file cannot be written.
    """
    transaction.refuse_nobody(actor)
    policy.operate(actor, "归档事项")
    family = archive_reading.read(engine, instance_id, actor)
    members = _members(engine, family)
    with outgoing.explained(directory, "归档卷", "没有归档"):
        directory.mkdir(parents=True, exist_ok=True)
        part = outgoing.beside(directory / f"case-{instance_id}")
    try:
        with outgoing.explained(directory, "归档卷", "没有归档"), outgoing.created(part) as target:
            fingerprint = _pack(members, target)
        _prove(part, instance_id)
        place = directory / f"case-{instance_id}-{fingerprint[:12]}.zip"
        with transaction.begin(engine, actor) as tx:
            tx.note(None, ARCHIVED, f"instance/{instance_id}", cases=family.ids, sha256=fingerprint)
        with outgoing.explained(directory, "归档卷", "没有归档"):
            outgoing.named(part, place)
    finally:
        part.unlink(missing_ok=True)
    return place


def _members(engine: context.Engine, family: archive_reading.Family) -> _Members:
    """Return what the package holds, by name."""
    files: dict[str, dict[str, Any]] = {}
    members: dict[str, bytes | _Upload] = {}
    for number, file in enumerate(family.files, start=1):
        path = f"files/{number:04d}-{_shortened(file.name)}"
        files[file.token] = {"path": path, "number": number, "token": file.token}
        members[path] = _Upload(file.name, engine.blobs.path(file.sha256), file.sha256, file.size)
    papers: dict[int, str] = {}
    svgs: dict[int, str] = {}
    for case in family.cases:
        for paper in case.documents:
            papers[paper.id] = path = f"documents/{paper.id:04d}.html"
            members[path] = documents.page(paper.title, paper.html).encode()
        for each in case.resources:
            members[f"deployments/{case.seen.definition.row.deployment_id}/{each.path}"] = each.content
        drawn = archive_page.svg(case)
        if drawn is not None:
            svgs[case.seen.instance.id] = drawn
            members[f"diagrams/{case.seen.instance.id}.svg"] = archive_page.standalone(drawn).encode()
    members["index.html"] = _encoded(case_file.render(archive_page.given(family, svgs, files, papers)))
    members["case.json"] = _case(family, files)
    members["trail.json"] = _trail(family, papers)
    members["verify.py"] = case_file.VERIFIER.read_bytes()
    return members


def _shortened(name: str) -> str:
    """Return a file name that leaves room for a number, with its ending."""
    stem, dot, ending = name.rpartition(".")
    while len(name.encode()) > _LONGEST_NAME and stem:
        stem = stem[:-1]
        name = f"{stem}{dot}{ending}"
    return name


def _case(family: archive_reading.Family, files: Mapping[str, Mapping[str, Any]]) -> bytes:
    names: dict[str, str] = {}
    for case in family.cases:
        acting = {act.actor for act in case.seen.audit} | {case.seen.instance.started_by}
        for task in case.seen.tasks:
            acting |= {task.assignee, task.owner, task.completed_by, task.completed_for} - {None}  # type: ignore[arg-type]
        names |= {who: case.seen.names[who] for who in sorted(acting) if who in case.seen.names}
    root = family.cases[0].seen
    return _json(
        {
            "format": FORMAT,
            "case": root.instance.id,
            "cases": family.ids,
            "title": root.instance.title or root.definition.row.name,
            "people": names,
            "variables": {str(case.seen.instance.id): case.seen.variables() for case in family.cases},
            "files": {token: place["path"] for token, place in files.items()},
            "tables": family.rows,
        }
    )


def _trail(family: archive_reading.Family, papers: Mapping[int, str]) -> bytes:
    """Return the audit trails, and what proves each record by them: the record, or the file that it is in."""
    shown = [
        {"chain": act[0], "seq": act[1], "key": "sha256", "file": papers[int(act[5].rpartition("/")[2])]}
        for chain in family.chains
        for act in chain["acts"]
        if act[4] in ("issue-document", "reissue-document") and int(act[5].rpartition("/")[2]) in papers
    ]
    return _json({"format": FORMAT, "chains": family.chains, "proofs": [*family.proofs, *shown]})


def _json(value: Any) -> bytes:
    return _encoded(json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False))


def _encoded(text: str) -> bytes:
    """Return a text as UTF-8; half of a surrogate pair, which somebody sent, as its escape."""
    return text.encode(errors="backslashreplace")


def _pack(members: _Members, target: BinaryIO) -> str:
    """Write the members in order, then their list; return its hash, the fingerprint of the package."""
    lines = []
    with zipfile.ZipFile(target, "w") as package:
        for name in sorted(members):
            lines.append(f"{_add(package, name, members[name])}  {name}\n")
        return _add(package, LISTING, "".join(lines).encode())


def _add(package: zipfile.ZipFile, name: str, content: bytes | _Upload) -> str:
    info = zipfile.ZipInfo(name, _NO_TIME)
    info.create_system, info.external_attr = 3, 0o100600 << 16
    if isinstance(content, bytes):
        info.compress_type = zipfile.ZIP_DEFLATED
        package.writestr(info, content, compresslevel=9)
        return hashlib.sha256(content).hexdigest()
    digest = hashlib.sha256()
    try:
        source = content.path.open("rb")
    except OSError as error:
        raise errors.Conflict(f"附件“{content.name}”的内容不能读取（{error.strerror}），没有归档。") from None
    with source, package.open(info, "w", force_zip64=content.size >= 1 << 31) as member:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            member.write(chunk)
    if digest.hexdigest() != content.sha256:
        raise errors.Conflict(
            f"附件“{content.name}”的内容与登记的哈希值不符，没有归档。请运行 gongkai audit verify 查明。"
        )
    return content.sha256


def _prove(part: pathlib.Path, instance_id: int) -> None:
    """Have the package proved by the script that it holds: what does not prove itself does not leave the house."""
    _, wrong = verify_package.check(part)
    if wrong:
        raise errors.Conflict(
            f"事项 {instance_id} 的归档卷核验未通过，没有归档：{wrong[0].partition(' | ')[0]}等 {len(wrong)} 处。"
            "请运行 gongkai audit verify 查明。"
        )
