"""Compares what cases have left behind with what the audit trail says that they did; see `engine.store.proof`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from engine.store import proof_erasures, sealing, statements, verification
from engine.store.tables import audit
from engine.store.tables_public import public_receipts, receipt_notes
from engine.store.tables_records import documents, publications, register_entries
from engine.store.tables_retention import erased_origins

REGISTER, DOCUMENT, PUBLICATION = "register", "document", "publication"
_WITHDRAWAL, _RECEIPT, _NOTE = "withdrawal", "receipt", "note"
#: Kinds of records by the act that made them, as the audit trail calls it.
_ACTS = {
    "append-to-register": REGISTER,
    "issue-document": DOCUMENT,
    "reissue-document": DOCUMENT,
    "publish": PUBLICATION,
    "withdraw-publication": _WITHDRAWAL,
    "give-receipt": _RECEIPT,
    "tell-sender": _NOTE,
}
_WORDS = {
    REGISTER: "台账",
    DOCUMENT: "公文",
    PUBLICATION: "公开信息",
    _WITHDRAWAL: "公开信息的撤回登记",
    _RECEIPT: "网上提交的回执",
    _NOTE: "对网上提交的告知",
}
#: Rows of long texts, and cases, that are read in one transaction.
_FEW, _CASES = 50, 200

_e, _d, _p = register_entries.c, documents.c, publications.c
#: What cases made, as the trail knows it: kind, record, name, and the hash that is in the trail since ever.
_MADE = (
    sa.select(_e.instance_id, sa.literal(REGISTER), _e.register, _e.number, _e.hash),
    sa.select(
        _d.instance_id, sa.literal(DOCUMENT), sa.cast(_d.id, sa.Text), sa.func.coalesce(_d.number, ""), _d.sha256
    ),
    sa.select(_p.instance_id, sa.literal(PUBLICATION), sa.cast(_p.id, sa.Text), _p.title, _p.content_sha256),
)
_NUMBERS: dict[str, sa.Column[int]] = {REGISTER: _e.id, DOCUMENT: _d.id, PUBLICATION: _p.id}
#: Those of them that have a seal, and those that are known by their seal alone, by kind.
_SEALED = {DOCUMENT: sealing.DOCUMENTS, PUBLICATION: sealing.PUBLICATIONS}
_SEALS_ALONE = {_WITHDRAWAL: sealing.WITHDRAWALS, _RECEIPT: sealing.RECEIPTS, _NOTE: sealing.NOTES}
#: The case that a record is of, or was told by, in the tables of these: None where there is none any more.
_CASES_OF: dict[str, sa.Column[Any]] = {
    DOCUMENT: _d.instance_id,
    PUBLICATION: _p.instance_id,
    _WITHDRAWAL: _p.instance_id,
    _RECEIPT: public_receipts.c.instance_id,
    _NOTE: receipt_notes.c.told_by,
}
_NOTED = sa.select(audit.c.chain, audit.c.action, audit.c.subject, audit.c.details).where(
    audit.c.action.in_([sa.literal_column(f"'{act}'") for act in _ACTS])
)


@dataclasses.dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is wrong with a record: `kind` is register, document, publication or file."""

    kind: str
    record: str
    message: str

    def sentence(self) -> str:
        """Return the flaw as one readable line."""
        return f"{self.record}：{self.message}"


@dataclasses.dataclass(slots=True)
class Findings:
    """What is wrong with the records, and how many were made before the trail had seals (not proven in full)."""

    flaws: list[Flaw]
    unsealed: int = 0


_Key = tuple[str, str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class _Told:
    """What an entry of the trail says of a record; `seal` and `shown` are missing in old entries."""

    name: str
    seal: str | None
    shown: str | None


def compare(opened: verification.Opened, found: Findings) -> None:
    """Compare, some cases at a time, what they left behind with what the trail says, and add what is wrong."""
    alone, deleted = _Alone(), verification.Numbers()
    for number in proof_erasures.origins(opened):
        deleted.add(number)
    for cases in verification.pages(opened, _CASES):
        with opened() as link:
            _compare(link, cases, found, alone)
    with opened() as link:
        found.flaws += _homeless(link)
    alone.keep_caseless(opened)
    found.flaws += _deleted(opened, deleted, alone)
    alone.conclude(opened, found)


def _compare(link: statements.Link, cases: verification.Cases, found: Findings, alone: _Alone) -> None:
    told: dict[tuple[int, _Key], _Told] = {}
    for row in link.stream(cases.of(_NOTED, audit.c.chain)):
        chain, kind = int(row[0]), _ACTS[row[1]]
        details = _details(row[3])
        if details is None:
            continue  # the trail is checked by itself
        if kind in _SEALS_ALONE:
            alone.note(kind, row[2], details)
        elif "sha256" in details:
            key = (kind, str(row[2]).partition("/")[2], str(details["sha256"]))
            told[chain, key] = _Told(str(details.get("name", "")), _text(details, "seal"), _text(details, "shown"))
    kept: dict[tuple[int, _Key], str] = {}
    for statement in _MADE:
        column = statement.selected_columns[0]
        for instance_id, kind, record, number, sha256 in link.select(
            cases.of(statement.where(column.is_not(None)), column)
        ):
            kept[int(instance_id), (kind, record, sha256)] = number
    for at, key in kept.keys() - told.keys():
        where = _place(key, kept[at, key])
        found.flaws.append(Flaw(key[0], where, f"审计记录（流程实例 {at}）中没有这一内容，已被改动或者伪造"))
    for at, key in told.keys() - kept.keys():
        where = _place(key, told[at, key].name)
        found.flaws.append(Flaw(key[0], where, f"审计记录（流程实例 {at}）中有，现在没有这一内容，已被改动或者删除"))
    _compare_seals(link, cases, {(at, key[:2]): told[at, key] for at, key in kept.keys() & told.keys()}, found)
    alone.keep(link, cases)


def _compare_seals(
    link: statements.Link, cases: verification.Cases, told: Mapping[tuple[int, tuple[str, str]], _Told], found: Findings
) -> None:
    for kind, statement in _SEALED.items():
        column = _CASES_OF[kind]
        for row in link.stream(cases.of(statement.where(column.is_not(None)), column), _FEW):
            said = told.get((int(row[0]), (kind, str(row[1]))))
            if said is None:
                continue  # found by its hash
            if said.seal is None:
                found.unsealed += 1
            elif said.shown is not None and said.shown != row[-1]:
                found.flaws.append(Flaw(kind, _place((kind, str(row[1]), ""), said.name), _SHOWN))
            elif said.seal != sealing.of(row):
                found.flaws.append(Flaw(kind, _place((kind, str(row[1]), ""), said.name), _CHANGED[kind]))


_SHOWN = "所公开内容的哈希值与审计记录中的不符或者缺失，已被改动"
_CHANGED = {
    DOCUMENT: "模板、标题、文种、文号、发文机关、制发时间或者所用数据与审计记录不符，已被改动",
    PUBLICATION: "公开时登记的内容与审计记录不符，已被改动",
    _WITHDRAWAL: "撤回的时间、人员或者理由与审计记录不符，已被改动",
    _RECEIPT: "登记的内容与审计记录不符，已被改动",
    _NOTE: "告知的内容与审计记录不符，已被改动",
}


def _homeless(link: statements.Link) -> Iterator[Flaw]:
    """Yield the records that belong to no case: only cases make records, and only their trails tell of them."""
    for (kind, column), statement in zip(_NUMBERS.items(), _MADE, strict=True):
        origin = erased_origins.c
        deleted = sa.exists().where(origin.kind == kind, origin.record_id == column)
        homeless = statement.where(statement.selected_columns[0].is_(None), ~deleted)
        for _, _, record, number, sha256 in link.select(homeless):
            yield Flaw(kind, _place((kind, record, sha256), number), "不属于任何事项，审计记录中没有，已被改动或者伪造")


def _deleted(opened: verification.Opened, known: verification.Numbers, alone: _Alone) -> Iterator[Flaw]:
    """Compare what deleted cases have left with what the trail says of their deletion."""
    told = verification.Numbers()
    missing: dict[tuple[str, int], Flaw] = {}
    for deletion, wrong in proof_erasures.deletions(opened):
        told.add(deletion.instance_id)
        alone.forgive(deletion)
        for each in wrong:
            flaw = Flaw(each.kind, each.record, each.message)
            if each.missing is None:
                yield flaw
            else:
                missing[each.missing] = flaw
    if missing:  # what was told to a sender goes with the case of the sender, too
        for deletion, _ in proof_erasures.deletions(opened):
            for key in deletion.gone & missing.keys():
                del missing[key]
    yield from missing.values()
    for number in known:
        if number not in told:
            yield Flaw(
                REGISTER, f"已删除事项 {number} 留存的记录", "审计记录中没有这一事项的删除登记，已被改动或者伪造"
            )


class _Alone:
    """Records that the trail knows by number and seal alone: another case may have made them than they belong to.

    Only what does not fit yet is kept in memory, until the whole trail has been read.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[str, int], str | None] = {}
        self._kept: dict[tuple[str, int], str] = {}
        self._first: dict[str, int] = {}
        #: Entries of before there was a number of the note in the trail.
        self._old = 0

    def note(self, kind: str, subject: Any, details: Mapping[str, Any]) -> None:
        """Take up what an entry of the trail says."""
        number = verification.number_of(details.get("note") if kind == _NOTE else subject)
        if number is None:
            self._old += kind == _NOTE and details.get("note") is None
            return
        key, seal = (kind, number), _text(details, "seal")
        self._first[kind] = min(number, self._first.get(kind, number))
        if key in self._kept and seal == self._kept[key]:
            del self._kept[key]
        else:
            self._told[key] = seal

    def keep(self, link: statements.Link, cases: verification.Cases) -> None:
        """Take up what cases have left."""
        for kind, statement in _SEALS_ALONE.items():
            column = _CASES_OF[kind]
            for row in link.stream(cases.of(statement.where(column.is_not(None)), column)):
                self._take(kind, row)

    def forgive(self, deletion: proof_erasures.Deletion) -> None:
        """Take up what the deletion of a case says: what stays without its trail, and what others told of and went."""
        self._old += deletion.unnumbered
        for key, said in deletion.kept.items():
            if self._kept.get(key) == said.get("seal"):
                self._kept.pop(key, None)
        for key in deletion.gone:
            self._told.pop(key, None)

    def _take(self, kind: str, row: statements.Row) -> None:
        key, seal = (kind, int(row[1])), sealing.of(row)
        if key in self._told and self._told[key] in (seal, None):
            del self._told[key]
        else:
            self._kept[key] = seal

    def keep_caseless(self, opened: verification.Opened) -> None:
        """Take up what is left of deleted cases, and answers of before they had tellers."""
        with opened() as link:
            for kind, statement in _SEALS_ALONE.items():
                for row in link.stream(statement.where(_CASES_OF[kind].is_(None))):
                    self._take(kind, row)

    def conclude(self, opened: verification.Opened, found: Findings) -> None:
        """Say what did not fit; what is older than the first of its kind in the trail is of before there were seals."""
        if any(key[0] == _WITHDRAWAL for key in (*self._kept, *self._told)):
            self._withdrawals_again(opened)
        old = 0
        for kind, number in sorted(self._kept):
            where = f"{_WORDS[kind]}第 {number} 件"
            if (kind, number) in self._told:
                del self._told[kind, number]
                found.flaws.append(Flaw(kind, where, _CHANGED[kind]))
            elif kind != _WITHDRAWAL and 0 < number < self._first.get(kind, number + 1):
                found.unsealed += 1
                old += kind == _NOTE
            else:
                found.flaws.append(Flaw(kind, where, "审计记录中没有，已被改动或者伪造"))
        for kind, number in sorted(self._told):
            where = f"{_WORDS[kind]}第 {number} 件"
            found.flaws.append(Flaw(kind, where, "审计记录中有，现在没有，已被删除"))
        if old != self._old:
            told = f"审计记录中没有编号的应有 {self._old} 件，现有 {old} 件，有伪造或者缺失"
            found.flaws.append(Flaw(_NOTE, _WORDS[_NOTE], told))

    def _withdrawals_again(self, opened: verification.Opened) -> None:
        """Compare the withdrawals once more, all at the same time.

        A case withdraws what another has published: between the pages of the two it may have just done so.
        """
        self._kept = {key: seal for key, seal in self._kept.items() if key[0] != _WITHDRAWAL}
        self._told = {key: seal for key, seal in self._told.items() if key[0] != _WITHDRAWAL}
        with opened() as link:
            for row in link.stream(_NOTED.where(audit.c.action == "withdraw-publication")):
                self.note(_WITHDRAWAL, row[2], _details(row[3]) or {})
            for row in link.stream(sealing.WITHDRAWALS):
                self._take(_WITHDRAWAL, row)
        for deletion, _ in proof_erasures.deletions(opened):
            for key, said in deletion.kept.items():
                if key[0] == _WITHDRAWAL and self._kept.get(key) == said.get("seal"):
                    self._kept.pop(key, None)


def _details(text: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return None
    return found if isinstance(found, dict) else None


def _text(details: Mapping[str, Any], name: str) -> str | None:
    found = details.get(name)
    return None if found is None else str(found)


def _place(key: _Key, name: str) -> str:
    kind, record, _ = key
    shown = f" {record} 的" if kind == REGISTER else f"第 {record} 件"
    return f"{_WORDS[kind]}{shown}“{name}”" if name else f"{_WORDS[kind]}第 {record} 件"
