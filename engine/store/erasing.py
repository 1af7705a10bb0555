"""Deletes a case: all its rows, and what is personal in the records that stay. Afterwards nothing tells what it said.

Registers (台账), publications and official documents stay: they are what the law wants kept for good. Their hashes and
seals cover the number of the case, so it is kept beside them (`erased_origins`), with the hash of what is left where
personal data was taken out. Papers without a number that nobody was shown (表、笔录、稿) go with the case.

`Erased` is what the system's chain of the audit trail is told: how long the chain of the case was and which hash it
ended with, and the seals of what stays. `engine.store.proof_erasures` proves the rest by it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.store import belonging, blanking, records, sealing, statements
from engine.store.tables import audit, idempotency, incidents, instances, user_tasks
from engine.store.tables_batches import batch_items as items
from engine.store.tables_batches import batches
from engine.store.tables_events import mails, notices, reminders, webhook_deliveries
from engine.store.tables_files import files
from engine.store.tables_public import public_receipts, receipt_notes
from engine.store.tables_records import (
    document_versions,
    documents,
    publications,
    register_entries,
    register_values,
)
from engine.store.tables_retention import erased_origins, kept_files

REGISTER, DOCUMENT, PUBLICATION = "register", "document", "publication"
WITHDRAWAL, RECEIPT, NOTE = "withdrawal", "receipt", "note"
#: What stands where a batch said what became of the case.
_NOT_TOLD = "事项已删除，原来的说明一并删除。"

#: What may follow the path of a page.
_PLACE = re.compile(r"[?#]")

_e, _d, _p, _n, _v = register_entries.c, documents.c, publications.c, receipt_notes.c, document_versions.c


class Unproven(errors.Conflict):
    """事项的记录与审计记录不符，不能删除。"""


@dataclasses.dataclass(frozen=True, slots=True)
class Erased:
    """What is left to be said of a case.

    Attributes:
        seq: How many entries its chain of the audit trail had.
        head: The hash of the last of them.
        kept: The records that stay: `kind`, `id`, `sha256` (as it always was), `content` (of what is left, where
            something was taken out) and `seal`.
        gone: Numbers of what other cases have told of and went with it, by kind.
        unnumbered: Answers to senders that its trail told of without their numbers, less those that went.
    """

    seq: int
    head: str
    kept: tuple[Mapping[str, Any], ...]
    gone: Mapping[str, tuple[int, ...]]
    unnumbered: int


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A case of the family that is deleted: its number, and length and end of its chain of the audit trail."""

    instance_id: int
    seq: int
    head: str


def erase(
    link: statements.Link,
    family: Sequence[Member],
    *,
    texts: Collection[str],
    private: Mapping[tuple[str, str], Collection[str]],
    on_incidents: Collection[str],
) -> dict[int, Erased]:
    """Delete cases that called each other, in a unit of work that holds their locks; return what is left of each.

    Args:
        link: The unit of work's.
        family: The cases, those that were called after those that called them.
        texts: Personal data that was filled in, to be taken out of papers that stay and were not published.
        private: Fields of registers that hold personal data, by pack and register.
        on_incidents: Kinds of batches whose items are incidents; those of others are cases.

    Raises:
        Unproven: A record is not what the trail says it was.
    """
    gone = {each.instance_id: _gone(link, each.instance_id) for each in family}
    found = {}
    for each in reversed(family):
        id_, case = each.instance_id, _Case(link, each.instance_id)
        case.drop_papers()
        kept = (*case.registers(private), *case.documents(texts), *case.publications(), *case.elsewhere())
        case.refuse_missing()
        _mentions(link, id_)
        _silence(link, id_, on_incidents)
        for _, statement in belonging.deletions():
            link.run(statement, {"case": id_})
        ids, old = gone[id_]
        found[id_] = Erased(each.seq, each.head, kept, ids, case.unnumbered - old)
    return found


# --- records that stay -----------------------------------------------------------------------------------------------

_ACTS = {
    "append-to-register": REGISTER,
    "issue-document": DOCUMENT,
    "reissue-document": DOCUMENT,
    "publish": PUBLICATION,
    "withdraw-publication": WITHDRAWAL,
    "tell-sender": NOTE,
}


class _Case:
    """A case whose records are made ready for its deletion, each compared with what the trail says of it before."""

    def __init__(self, link: statements.Link, instance_id: int) -> None:
        self._link = link
        self._id = instance_id
        #: What the trail says, by kind and number (of entries of registers: their hash); met are those that are there.
        self._told: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._met: set[tuple[str, str]] = set()
        self.unnumbered = 0
        told = sa.select(audit.c.action, audit.c.subject, audit.c.details)
        for action, subject, text in link.select(
            told.where(audit.c.chain == instance_id, audit.c.action.in_(_ACTS)).order_by(audit.c.seq)
        ):
            kind, details = _ACTS[action], json.loads(text)
            number = str(subject).rpartition("/")[2]
            if kind == NOTE:
                number = str(details.get("note") or "")
                self.unnumbered += not number
            elif kind == REGISTER:
                number = str(details.get("sha256"))
            self._told[kind, number] = details

    def drop_papers(self) -> None:
        """Delete the papers that have no number and that nobody outside of the case was shown."""
        numbers = sa.select(_d.id, _d.number).where(_d.instance_id == self._id)
        found = {row[0]: bool(row[1]) for row in self._link.select(numbers)}
        if not found:
            return
        shown = sa.union(
            sa.select(_p.document_id).where(_p.document_id.in_(found)),
            sa.select(_n.document_id).where(_n.document_id.in_(found)),
        )
        kept = {id_ for id_, numbered in found.items() if numbered} | {row[0] for row in self._link.select(shown)}
        versions = sa.select(_v.document_id, _v.replaces).where(_v.document_id.in_(found), _v.replaces.is_not(None))
        pairs = [set(row) for row in self._link.select(versions)]
        while more := {id_ for pair in pairs if pair & kept for id_ in pair} - kept:
            kept |= more
        gone = sorted(found.keys() - kept)
        self._met |= {(DOCUMENT, str(id_)) for id_ in gone}
        self._link.change(sa.delete(document_versions).where(_v.document_id.in_(gone)))
        self._link.change(sa.delete(documents).where(_d.id.in_(gone)))

    def registers(self, private: Mapping[tuple[str, str], Collection[str]]) -> Iterator[Mapping[str, Any]]:
        """Take personal data out of the entries of registers; yield what is to be said of each."""
        entries = sa.select(*register_entries.c).where(_e.instance_id == self._id).order_by(_e.id)
        for row in self._link.select(entries):
            entry = dict(row._mapping)  # type: ignore[attr-defined]
            genuine = records.digest(entry) == entry["hash"]
            self._compare(REGISTER, entry["hash"], None, f"台账记录“{entry['number']}”", genuine=genuine)
            fields = [each for each in private.get((entry["pack"], entry["register"]), ()) if each in entry["values"]]
            content = self._blank(entry, fields) if fields else None
            self._leave(register_entries, REGISTER, entry["id"], content)
            yield _said(REGISTER, entry["id"], entry["hash"], content=content)

    def documents(self, texts: Collection[str]) -> Iterator[Mapping[str, Any]]:
        """Take out of papers what they were made of, and personal data where nobody published it; yield as above."""
        blanked = blanking.parts(texts)
        wanted = sa.select(_d.id, _d.title, _d.html, _d.sha256).where(_d.instance_id == self._id).order_by(_d.id)
        for id_, title, page, sha256 in self._link.select(wanted):
            genuine = hashlib.sha256(page.encode()).hexdigest() == sha256
            seal = sealing.document(self._link, id_)
            self._compare(DOCUMENT, id_, seal, f"公文“{title}”", genuine=genuine)
            self._link.change(sa.update(document_versions).where(_v.document_id == id_).values(data=None))
            published = self._link.select(sa.select(_p.id).where(_p.document_id == id_).limit(1))
            left = page if published else blanking.page(page, blanked)
            content = None
            if left != page:
                content = hashlib.sha256(left.encode()).hexdigest()
                values = {"html": left, "title": blanking.text(title, blanked)}
                self._link.change(sa.update(documents).where(_d.id == id_).values(values))
            self._leave(documents, DOCUMENT, id_, content)
            yield _said(DOCUMENT, id_, sha256, content=content, seal=sealing.document(self._link, id_))

    def publications(self) -> Iterator[Mapping[str, Any]]:
        """Keep what was published, with its files; yield as above."""
        wanted = sa.select(_p.id, _p.title, _p.content_sha256, _p.attachments).where(_p.instance_id == self._id)
        for id_, title, sha256, attached in self._link.select(wanted.order_by(_p.id)):
            seal = sealing.publication(self._link, id_)
            self._compare(PUBLICATION, id_, seal, f"公开信息“{title}”")
            tokens = {str(each.get("token", "")) for each in attached}
            for (file_id,) in self._link.select(sa.select(files.c.id).where(files.c.token.in_(tokens))):
                self._link.change(sa.insert(kept_files).values(file_id=file_id, publication_id=id_))
            self._leave(publications, PUBLICATION, id_, None)
            yield _said(PUBLICATION, id_, sha256, seal=sealing.publication(self._link, id_))

    def elsewhere(self) -> Iterator[Mapping[str, Any]]:
        """Yield what the case has written beside the records and receipts of others: it stays with those."""
        for kind, number in sorted(self._told):
            if kind == WITHDRAWAL:
                seal = sealing.withdrawal(self._link, int(number))
                self._compare(WITHDRAWAL, number, seal, f"公开信息第 {number} 件的撤回登记")
                yield _said(WITHDRAWAL, int(number), None, seal=seal)
        for (id_,) in self._link.select(sa.select(_n.id).where(_n.told_by == self._id).order_by(_n.id)):
            seal = sealing.answer(self._link, id_)
            self._compare(NOTE, id_, seal, f"对网上提交的告知第 {id_} 件")
            yield _said(NOTE, id_, None, seal=seal)

    def refuse_missing(self) -> None:
        """Refuse to go on where the trail tells of a record that is not there any more."""
        left = sorted(key for key in self._told.keys() - self._met if key[0] in (REGISTER, DOCUMENT, PUBLICATION))
        if left:
            name = self._told[left[0]].get("name") or left[0][1]
            raise Unproven(f"审计记录中的“{name}”现在没有，应先以 gongkai audit verify 查明，事项没有删除。")

    def _compare(self, kind: str, number: object, seal: str | None, what: str, *, genuine: bool = True) -> None:
        said = self._told.get((kind, str(number)))
        if not genuine or said is None or (seal is not None and said.get("seal") not in (seal, None)):
            raise Unproven(f"{what}与审计记录不符，应先以 gongkai audit verify 查明，事项没有删除。")
        self._met.add((kind, str(number)))

    def _blank(self, entry: dict[str, Any], fields: Collection[str]) -> str:
        """Take personal data out of an entry of a register; return the hash of what is left."""
        entry["values"] = {**entry["values"], **dict.fromkeys(fields, blanking.ERASED)}
        self._link.change(sa.update(register_entries).where(_e.id == entry["id"]).values({"values": entry["values"]}))
        at = register_values.c
        self._link.change(sa.delete(register_values).where(at.entry_id == entry["id"], at.field.in_(fields)))
        for each in fields:
            self._link.change(
                sa.insert(register_values).values(entry_id=entry["id"], field=each, value=blanking.ERASED)
            )
        return records.digest(entry)

    def _leave(self, table: sa.Table, kind: str, id_: int, content: str | None) -> None:
        """Keep a record: without reference to its case, whose number is kept beside."""
        row = {"kind": kind, "record_id": id_, "instance_id": self._id, "content": content}
        self._link.change(sa.insert(erased_origins).values(row))
        self._link.change(sa.update(table).where(table.c.id == id_).values(instance_id=None))


def _said(kind: str, id_: int, sha256: str | None, **more: str | None) -> Mapping[str, Any]:
    found = {"kind": kind, "id": id_, "sha256": sha256, **more}
    return {name: value for name, value in found.items() if value is not None}


# --- what goes -------------------------------------------------------------------------------------------------------


def _gone(link: statements.Link, instance_id: int) -> tuple[Mapping[str, tuple[int, ...]], int]:
    """Delete the answers to the receipts of a case.

    Returns:
        The numbers of the receipts and answers that go, by kind, and how many of these are of before the trail told
        of their numbers.
    """
    mine = sa.select(public_receipts.c.id).where(public_receipts.c.instance_id == instance_id)
    receipts = tuple(row[0] for row in link.select(mine.order_by(public_receipts.c.id)))
    notes = link.select(sa.select(_n.id, _n.told_by).where(_n.receipt_id.in_(receipts)).order_by(_n.id))
    link.change(sa.delete(receipt_notes).where(_n.receipt_id.in_(receipts)))
    gone = {RECEIPT: receipts, NOTE: tuple(row[0] for row in notes)}
    return {kind: ids for kind, ids in gone.items() if ids}, sum(row[1] is None for row in notes)


def _mentions(link: statements.Link, instance_id: int) -> None:
    """Delete what tells of a case where no column does: reminders, mails, deliveries to programs, repeated answers."""
    tasks = [row[0] for row in link.select(sa.select(user_tasks.c.id).where(user_tasks.c.instance_id == instance_id))]
    link.change(sa.delete(reminders).where(reminders.c.subject.in_([f"user_task/{each}" for each in tasks])))
    since = link.select(sa.select(instances.c.started_at).where(instances.c.id == instance_id))[0][0]
    links = {f"/cases/{instance_id}", *(f"/tasks/{each}" for each in tasks)}
    wanted = sa.select(mails.c.id, mails.c.subject, mails.c.content).where(mails.c.created_at >= since)
    found = [(id_, subject) for id_, subject, content in link.stream(wanted) if links & set(_links(content))]
    link.change(sa.delete(mails).where(mails.c.id.in_([id_ for id_, _ in found])))
    for subject in {subject for _, subject in found}:  # administrators were told which mail could not be delivered
        about = notices.c.text.startswith(f"《{subject}》", autoescape=True)
        link.change(sa.delete(notices).where(notices.c.created_at >= since, notices.c.event.startswith("mail/"), about))
    sent = sa.type_coerce(webhook_deliveries.c.body, sa.Text).contains(f'"instance":{{"id":{instance_id},')
    link.change(sa.delete(webhook_deliveries).where(webhook_deliveries.c.created_at >= since, sent))
    answer = sa.type_coerce(idempotency.c.result, sa.Text)
    said = [answer.contains(f'"instance_id":{instance_id}{end}') for end in ",}"]
    link.change(sa.delete(idempotency).where(idempotency.c.at >= since, sa.or_(*said)))


def _silence(link: statements.Link, instance_id: int, on_incidents: Collection[str]) -> None:
    """Take away what batches say of a case: why something failed may quote what was filled in."""
    mine = sa.select(incidents.c.id).where(incidents.c.instance_id == instance_id)
    for about_incidents, targets in ((False, [instance_id]), (True, [row[0] for row in link.select(mine)])):
        kind = batches.c.kind.in_(on_incidents)
        of_kind = sa.select(batches.c.id).where(kind if about_incidents else ~kind)
        said = (items.c.batch_id.in_(of_kind), items.c.target.in_(targets), items.c.sentence.is_not(None))
        link.change(sa.update(items).where(*said).values(sentence=_NOT_TOLD))


def _links(content: Any) -> Iterator[str]:
    for part in content.get("sections", ()):
        yield from (_PLACE.split(str(each.get("link", "")))[0] for each in part.get("items", ()))
