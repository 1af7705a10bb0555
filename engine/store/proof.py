"""Checks records: registers, documents and publications against their own hashes and against the audit trail.

A hash that stands beside what it is the hash of only shows a careless change. So each record is also looked for in the
audit trail, and each entry of the trail that made a record among the records: whoever forges one has to forge both. The
trail keeps a seal of each (`engine.store.sealing`), which covers what no hash of its own does: titles and numbers, what
a document was made of, what a receipt is for. Records of before there were seals are counted, and said to be so.

The office works on meanwhile: everything is read in short transactions, a page at a time.
"""

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.model import records as model
from engine.store import records, sealing, statements, verification
from engine.store.tables import audit, instances
from engine.store.tables_records import documents, publications, register_entries, register_values

#: The text of a publication that is hashed, made of it and the hash of its document.
Shown = Callable[[model.Publication, str | None], str]

_REGISTER, _DOCUMENT, _PUBLICATION = "register", "document", "publication"
_WITHDRAWAL, _RECEIPT, _NOTE = "withdrawal", "receipt", "note"
#: Kinds of records by the act that made them, as the audit trail calls it.
_ACTS = {
    "append-to-register": _REGISTER,
    "issue-document": _DOCUMENT,
    "reissue-document": _DOCUMENT,
    "publish": _PUBLICATION,
    "withdraw-publication": _WITHDRAWAL,
    "give-receipt": _RECEIPT,
    "tell-sender": _NOTE,
}
_WORDS = {
    _REGISTER: "台账",
    _DOCUMENT: "公文",
    _PUBLICATION: "公开信息",
    _WITHDRAWAL: "公开信息的撤回登记",
    _RECEIPT: "网上提交的回执",
    _NOTE: "对网上提交的告知",
}
#: Rows of long texts, other rows, and cases that are read in one transaction.
_FEW, _ROWS, _CASES = 50, 500, 200
_REPORT_EVERY = 100

_e, _d, _p = register_entries.c, documents.c, publications.c
# As stored, not as understood: a forged value need not be one that can be understood.
_ENTRIES = sa.select(
    _e.pack,
    _e.register,
    _e.year,
    _e.serial,
    _e.number,
    sa.type_coerce(_e["values"], sa.Text),
    _e.instance_id,
    _e.corrects,
    _e.reason,
    sa.type_coerce(_e.at, sa.Text),
    _e.by,
    _e.previous_hash,
    _e.hash,
    _e.id,
).order_by(_e.pack, _e.register, _e.id)
_NAMES = ("pack", "register", "year", "serial", "number", "values", "instance_id", "corrects", "reason", "at", "by")
_SOUGHT = sa.select(register_values.c.entry_id, register_values.c.field, register_values.c.value)
_BODIES = sa.select(_d.id, _d.number, _d.title, _d.html, _d.sha256).order_by(_d.id)
_SHOWN_IDS = sa.select(_p.id, _p.title).order_by(_p.id)
_WHOLE = sa.select(*publications.c, _d.sha256).select_from(publications.outerjoin(documents, _d.id == _p.document_id))
#: What cases made, as the trail knows it: kind, record, name, and the hash that is in the trail since ever.
_MADE = (
    sa.select(_e.instance_id, sa.literal(_REGISTER), _e.register, _e.number, _e.hash),
    sa.select(
        _d.instance_id, sa.literal(_DOCUMENT), sa.cast(_d.id, sa.Text), sa.func.coalesce(_d.number, ""), _d.sha256
    ),
    sa.select(_p.instance_id, sa.literal(_PUBLICATION), sa.cast(_p.id, sa.Text), _p.title, _p.content_sha256),
)
#: Those of them that have a seal, and those that are known by their seal alone, by kind.
_SEALED = {_DOCUMENT: sealing.DOCUMENTS, _PUBLICATION: sealing.PUBLICATIONS}
_SEALS_ALONE = {_WITHDRAWAL: sealing.WITHDRAWALS, _RECEIPT: sealing.RECEIPTS, _NOTE: sealing.NOTES}
_CASE_IDS = sa.select(instances.c.id).order_by(instances.c.id)
_NOTED = sa.select(audit.c.chain, audit.c.action, audit.c.subject, audit.c.details).where(
    audit.c.action.in_(list(_ACTS))
)
_COUNTS = tuple(sa.select(sa.func.count()).select_from(each) for each in (register_entries, documents, publications))


@dataclasses.dataclass(frozen=True, slots=True)
class Flaw:
    """Something that is wrong with a record: `kind` is register, document, publication or file."""

    kind: str
    record: str
    message: str

    def sentence(self) -> str:
        """Return the flaw as one readable line."""
        return f"{self.record}：{self.message}"


def count(link: statements.Link) -> int:
    """Return how many records there are."""
    return sum(int(link.select(each)[0][0]) for each in _COUNTS)


@dataclasses.dataclass(slots=True)
class Findings:
    """What is wrong with the records, and how many were made before the trail had seals (not proven in full)."""

    flaws: list[Flaw]
    unsealed: int = 0


def check(opened: verification.Opened, shown: Shown, progress: Callable[[int], None]) -> Findings:
    """Return what is wrong with registers, documents, publications and receipts; memory does not grow with them.

    Args:
        opened: Opens one transaction after the other.
        shown: The text of a publication that its hash is of.
        progress: Called now and then with how many records have been checked since the last time.
    """
    found = Findings([])
    found.flaws += _registers(_counted(_entries(opened), progress))
    found.flaws += _searched(opened)
    found.flaws += _documents(_counted(_by_id(opened, _BODIES, _d.id, _FEW), progress))
    found.flaws += _publications(opened, shown, progress)
    _against_the_trail(opened, found)
    return found


def _by_id(
    opened: verification.Opened, statement: sa.Select[Any], column: sa.Column[int], size: int
) -> Iterator[statements.Row]:
    """Yield the rows of a SELECT in the order of the column that is its first, a page in one transaction."""
    rows: list[statements.Row] = []
    while True:
        wanted = statement.where(column > rows[-1][0]) if rows else statement
        with opened() as link:
            rows = link.select(wanted.limit(size))
        yield from rows
        if len(rows) < size:
            return


# --- each by itself --------------------------------------------------------------------------------------------------


def _entries(opened: verification.Opened) -> Iterator[statements.Row]:
    rows: list[statements.Row] = []
    while True:
        wanted = _ENTRIES
        if rows:
            last = (rows[-1][0], rows[-1][1], rows[-1][13])
            wanted = wanted.where(sa.tuple_(_e.pack, _e.register, _e.id) > last)
        with opened() as link:
            rows = link.select(wanted.limit(_ROWS))
        yield from rows
        if len(rows) < _ROWS:
            return


def _registers(rows: Iterable[statements.Row]) -> Iterator[Flaw]:
    for (pack, register), entries in itertools.groupby(rows, key=lambda row: (row[0], row[1])):
        last_hash, position, serials = records.FIRST, 0, dict[int, int]()
        for row in entries:
            position += 1
            where = f"台账 {pack}/{register} 的“{row[4]}”"
            year, serial = row[2], row[3]
            # What is numbered without years goes by the position in the register, whatever came before.
            expected = serials.get(year, 0) + 1 if year else position
            if serial != expected:
                missing = f"编号不连续，应为第 {expected} 号，现为第 {serial} 号，之前的记录缺失或者被调换"
                yield Flaw(_REGISTER, where, missing)
                position = position if year else serial
            serials[year] = serial
            if row[11] != last_hash:
                yield Flaw(_REGISTER, where, "与前一条记录不衔接，前一条被改动、删除或调换")
            last_hash = row[12]
            if _digest(row) != row[12]:
                yield Flaw(_REGISTER, where, "内容与哈希值不符，已被改动")


def _digest(row: statements.Row) -> str | None:
    try:
        values = json.loads(row[5])
        given = dict(zip(_NAMES, row, strict=False)) | {"values": values, "previous_hash": row[11]}
        return records.digest(given)
    except (ValueError, TypeError, errors.InvalidInput):
        return None


def _searched(opened: verification.Opened) -> Iterator[Flaw]:
    """Check what entries are looked up by: a publication is let pass by such a value of its review."""
    after = 0
    entries = sa.select(_e.id, sa.type_coerce(_e["values"], sa.Text), _e.pack, _e.register, _e.number).order_by(_e.id)
    while True:
        with opened() as link:
            rows = link.select(entries.where(_e.id > after).limit(_ROWS))
            if not rows:
                return
            first, after = rows[0][0], rows[-1][0]
            held: dict[int, dict[str, str]] = {row[0]: {} for row in rows}
            for entry_id, field, value in link.select(
                _SOUGHT.where(register_values.c.entry_id >= first, register_values.c.entry_id <= after)
            ):
                held.setdefault(entry_id, {})[field] = value
        for entry_id, values, pack, register, number in rows:
            try:
                wanted = records.searchable(json.loads(values))
            except (ValueError, TypeError, AttributeError):
                continue  # its hash says so
            if held[entry_id] != wanted:
                yield Flaw(_REGISTER, f"台账 {pack}/{register} 的“{number}”", "用于查找的内容与登记的不一致，已被改动")


def _documents(rows: Iterable[statements.Row]) -> Iterator[Flaw]:
    for number, name, title, html, sha256 in rows:
        if hashlib.sha256(str(html).encode()).hexdigest() != sha256:
            yield Flaw(_DOCUMENT, _document(number, name, title), "正文与哈希值不符，已被改动")


def _document(id_: Any, number: str, title: str) -> str:
    return f"公文第 {id_} 件“{title}”" + (f"（{number}）" if number else "")


def _publications(opened: verification.Opened, shown: Shown, progress: Callable[[int], None]) -> Iterator[Flaw]:
    # One by one: a row that cannot be understood must not keep the others from being checked.
    for id_, title in _counted(_by_id(opened, _SHOWN_IDS, _p.id, _ROWS), progress):
        where = f"公开信息第 {id_} 件“{title}”"
        try:
            with opened() as link:
                (row,) = link.select(_WHOLE.where(_p.id == id_))
            found = records.publication_of(row[:-1], strict=True)
            text = shown(found, row[-1])
        except (ValueError, TypeError, KeyError, AttributeError, LookupError, errors.GongkaiError):
            yield Flaw(_PUBLICATION, where, "内容不能读取，已被改动")
            continue
        if row[-2] != (found.details.words() if found.details else None):
            yield Flaw(_PUBLICATION, where, "用于查找的内容与所公开的不一致，已被改动")
        if found.shown_sha256 is not None and hashlib.sha256(text.encode()).hexdigest() != found.shown_sha256:
            yield Flaw(_PUBLICATION, where, "所公开的内容与哈希值不符，已被改动")


def _counted(rows: Iterable[statements.Row], progress: Callable[[int], None]) -> Iterator[statements.Row]:
    since = 0
    for row in rows:
        yield row
        since += 1
        if since == _REPORT_EVERY:
            progress(since)
            since = 0
    progress(since)


# --- beside the audit trail ------------------------------------------------------------------------------------------

_Key = tuple[str, str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class _Told:
    """What an entry of the trail says of a record; `seal` and `shown` are missing in old entries."""

    name: str
    seal: str | None
    shown: str | None


def _against_the_trail(opened: verification.Opened, found: Findings) -> None:
    """Compare, some cases at a time, what they left behind with what the audit trail says that they did."""
    after: int | None = None
    alone = _Alone()
    while True:
        with opened() as link:
            ids = link.select(
                (_CASE_IDS if after is None else _CASE_IDS.where(instances.c.id > after)).limit(_CASES + 1)
            )
            upto = int(ids[_CASES - 1][0]) if len(ids) > _CASES else None
            _compare(link, _Range(after, upto), found, alone)
        if upto is None:
            break
        after = upto
    with opened() as link:
        found.flaws += _homeless(link)
    alone.conclude(opened, found)


@dataclasses.dataclass(frozen=True, slots=True)
class _Range:
    """Cases after one and up to another; None where there is no end."""

    after: int | None
    upto: int | None

    def of(self, statement: sa.Select[Any], column: sa.ColumnElement[Any]) -> sa.Select[Any]:
        if self.after is not None:
            statement = statement.where(column > self.after)
        if self.upto is not None:
            statement = statement.where(column <= self.upto)
        return statement


def _compare(link: statements.Link, cases: _Range, found: Findings, alone: _Alone) -> None:
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
    link: statements.Link, cases: _Range, told: Mapping[tuple[int, tuple[str, str]], _Told], found: Findings
) -> None:
    for kind, statement in _SEALED.items():
        column = statement.selected_columns[0]
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
    _DOCUMENT: "模板、标题、文种、文号、发文机关、制发时间或者所用数据与审计记录不符，已被改动",
    _PUBLICATION: "公开时登记的内容与审计记录不符，已被改动",
    _WITHDRAWAL: "撤回的时间、人员或者理由与审计记录不符，已被改动",
    _RECEIPT: "登记的内容与审计记录不符，已被改动",
    _NOTE: "告知的内容与审计记录不符，已被改动",
}


def _homeless(link: statements.Link) -> Iterator[Flaw]:
    """Yield the records that belong to no case: only cases make records, and only their trails tell of them."""
    for statement in _MADE:
        for _, kind, record, number, sha256 in link.select(statement.where(statement.selected_columns[0].is_(None))):
            yield Flaw(kind, _place((kind, record, sha256), number), "不属于任何事项，审计记录中没有，已被改动或者伪造")


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
        number = details.get("note") if kind == _NOTE else str(subject).partition("/")[2]
        if not str(number).isascii() or not str(number).isdigit():
            self._old += kind == _NOTE and number is None
            return
        key, seal = (kind, int(str(number))), _text(details, "seal")
        self._first[kind] = min(key[1], self._first.get(kind, key[1]))
        if key in self._kept and seal == self._kept[key]:
            del self._kept[key]
        else:
            self._told[key] = seal

    def keep(self, link: statements.Link, cases: _Range) -> None:
        """Take up what cases have left."""
        for kind, statement in _SEALS_ALONE.items():
            column = statement.selected_columns[0]
            for row in link.stream(cases.of(statement.where(column.is_not(None)), column)):
                self._take(kind, row)

    def _take(self, kind: str, row: statements.Row) -> None:
        key, seal = (kind, int(row[1])), sealing.of(row)
        if key in self._told and self._told[key] in (seal, None):
            del self._told[key]
        else:
            self._kept[key] = seal

    def conclude(self, opened: verification.Opened, found: Findings) -> None:
        """Say what did not fit; what is older than the first of its kind in the trail is of before there were seals."""
        with opened() as link:
            for kind, statement in _SEALS_ALONE.items():
                for row in link.stream(statement.where(statement.selected_columns[0].is_(None))):
                    self._take(kind, row)
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
    shown = f" {record} 的" if kind == _REGISTER else f"第 {record} 件"
    return f"{_WORDS[kind]}{shown}“{name}”" if name else f"{_WORDS[kind]}第 {record} 件"
