"""Checks the audit trail: what was changed, removed or put elsewhere does not fit its hashes any more."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from engine import errors
from engine.store import statements
from engine.store.audit_chain import ERASED, STARTED, SYSTEM_CHAIN, hash_entry
from engine.store.tables import NO_HASH, audit, audit_heads, instances

# As stored, not as understood: a forged value need not be one that can be understood.
_ENTRIES = sa.select(
    audit.c.chain,
    audit.c.seq,
    sa.type_coerce(audit.c.at, sa.Text),
    audit.c.actor,
    audit.c.action,
    audit.c.subject,
    audit.c.details,
    audit.c.previous_hash,
    audit.c.hash,
).order_by(audit.c.chain, audit.c.seq)
_SYSTEM_HEAD = sa.select(audit_heads.c.seq, audit_heads.c.hash).where(audit_heads.c.chain == SYSTEM_CHAIN)
_HEADS = sa.select(instances.c.id, instances.c.audit_seq, instances.c.audit_hash).order_by(instances.c.id)

_REPORT_EVERY = 1000
#: Chains of cases, and entries of the system's, that are checked in one transaction: others want to write meanwhile.
_CHAINS, _ROWS = 500, 5000
#: No id is as long as this.
_DIGITS = 19
#: Numbers of which the bits are kept together.
_PAGE = 1 << 12

#: Opens a transaction that sees one state of the database, and ends it.
Opened = Callable[[], contextlib.AbstractContextManager[statements.Link]]


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with the audit trail. `seq` is None where a chain as a whole is meant."""

    chain: int
    seq: int | None
    message: str

    def sentence(self) -> str:
        """Return the problem as one readable line."""
        chain = "系统审计链" if self.chain == SYSTEM_CHAIN else f"流程实例 {self.chain} 的审计链"
        place = chain if self.seq is None else f"{chain}第 {self.seq} 条"
        return f"{place}：{self.message}"


def verify(opened: Opened, progress: Callable[[int], None] | None = None) -> list[Problem]:
    """Check every entry and every chain; memory grows with instances by three bits each.

    What the office does meanwhile is no problem: the chains of cases are checked a few at a time, each with its end as
    it is then, and the system's last, which knows of every case that was there before.

    Args:
        opened: Opens one transaction after the other.
        progress: Called now and then with the number of entries checked so far.
    """
    entries, present, started, erased = _Entries(progress), Numbers(), Numbers(), Numbers()
    problems: list[Problem] = []
    for cases in pages(opened, _CHAINS):
        with opened() as link:
            problems += _check_cases(link, entries, present, cases)
    problems += _system(opened, entries, started, erased)
    unknown = (chain for chain in present if chain not in started)
    problems += [Problem(chain, None, "系统审计链中没有该流程实例的启动记录") for chain in unknown]
    problems.sort(key=lambda problem: problem.chain)
    problems += _gone(opened, entries, (chain for chain in started if chain not in present and chain not in erased))
    problems += _back(opened, (chain for chain in erased if chain in present))
    entries.end()
    return problems


class _Entries:
    """Counts the entries that are read."""

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self._progress = progress
        self._count = 0

    def read(self, rows: Iterable[statements.Row]) -> Iterator[statements.Row]:
        for row in rows:
            self._count += 1
            if self._progress is not None and self._count % _REPORT_EVERY == 0:
                self._progress(self._count)
            yield row

    def end(self) -> None:
        if self._progress is not None:
            self._progress(self._count)


@dataclasses.dataclass(frozen=True, slots=True)
class Cases:
    """The cases after one and up to another; None where there is no end."""

    after: int | None
    upto: int | None

    def of(self, statement: sa.Select[Any], column: sa.ColumnElement[Any]) -> sa.Select[Any]:
        """Return a SELECT of what belongs to these cases alone; the column says which case something belongs to."""
        if self.after is not None:
            statement = statement.where(column > self.after)
        if self.upto is not None:
            statement = statement.where(column <= self.upto)
        return statement


def pages(opened: Opened, size: int) -> Iterator[Cases]:
    """Yield all cases, some at a time, with no transaction open meanwhile; the last page has no end."""
    cases = Cases(None, None)
    while True:
        with opened() as link:
            upto = _end(link, cases.upto, size)
        cases = Cases(cases.upto, upto)
        yield cases
        if upto is None:
            return


def _end(link: statements.Link, after: int | None, size: int) -> int | None:
    """Return where the page ends that begins after a case; None where the rest is no more than a page."""
    ids = Cases(after, None).of(sa.select(instances.c.id), instances.c.id).order_by(instances.c.id)
    found = link.select(ids.offset(size).limit(1))
    return int(found[0][0]) - 1 if found else None


def number_of(subject: object) -> int | None:
    """Return the number that a subject of the trail ends with; None where there is none that a record can have."""
    number = str(subject).rpartition("/")[2]
    return int(number) if number.isascii() and number.isdigit() and len(number) < _DIGITS else None


def _check_cases(link: statements.Link, entries: _Entries, present: Numbers, cases: Cases) -> Iterator[Problem]:
    """Check the chains of some cases, those among them that have none, and chains without a case."""
    rows = cases.of(_ENTRIES.where(audit.c.chain != SYSTEM_CHAIN), audit.c.chain)
    chains = itertools.groupby(entries.read(link.stream(rows)), key=lambda row: row[0])
    heads = link.stream(cases.of(_HEADS, instances.c.id))
    for chain, found, head in _together(chains, ((id_, (seq, head)) for id_, seq, head in heads)):
        yield from _check_chain(chain, found, head)
        if head is not None and chain > 0:
            present.add(chain)
        elif head is not None:
            yield Problem(chain, None, "流程实例的编号有误，应为正数")


def _system(opened: Opened, entries: _Entries, started: Numbers, erased: Numbers) -> Iterator[Problem]:
    last_seq, last_hash = None, NO_HASH
    while True:
        wanted = _ENTRIES.where(audit.c.chain == SYSTEM_CHAIN).limit(_ROWS)
        with opened() as link:
            rows = link.select(wanted if last_seq is None else wanted.where(audit.c.seq > last_seq))
            head = link.select(_SYSTEM_HEAD)
        for row in entries.read(rows):
            yield from _check_entry(row, last_seq or 0, last_hash)
            last_seq, last_hash = row[1], row[8]
            if row[4] in (STARTED, ERASED) and (number := number_of(row[5])) is not None:
                (started if row[4] == STARTED else erased).add(number)
        if len(rows) < _ROWS:
            end = (head[0][0], head[0][1]) if head else (0, NO_HASH)
            yield from _check_end(SYSTEM_CHAIN, last_seq or 0, last_hash, end)
            return


def _gone(opened: Opened, entries: _Entries, chains: Iterable[int]) -> Iterator[Problem]:
    """Check the cases that the system's chain knows of and that were not there: some have begun since."""
    for chain in chains:
        with opened() as link:
            if link.select(_HEADS.where(instances.c.id == chain)):
                yield from _check_cases(link, entries, Numbers(), Cases(chain - 1, chain))
            else:
                yield Problem(chain, None, "流程实例和审计记录都已不存在，但系统审计链中有启动记录")


def _back(opened: Opened, chains: Iterable[int]) -> Iterator[Problem]:
    """Tell of cases that are there although they were deleted; some were there a moment ago."""
    for chain in chains:
        with opened() as link:
            if link.select(_HEADS.where(instances.c.id == chain)):
                yield Problem(chain, None, "系统审计链中已登记删除，但流程实例仍然存在")


class Numbers:
    """A set of numbers that are near each other, a bit each: a hundred million instances fit into 20 MB.

    Only pages that have a number are kept: ids begin anywhere, and a forged one takes no more than a page.
    """

    def __init__(self) -> None:
        self._pages: dict[int, bytearray] = {}

    def add(self, number: int) -> None:
        page, at = divmod(number, _PAGE)
        bits = self._pages.get(page)
        if bits is None:
            bits = self._pages[page] = bytearray(_PAGE >> 3)
        bits[at >> 3] |= 1 << (at & 7)

    def __contains__(self, number: int) -> bool:
        page, at = divmod(number, _PAGE)
        bits = self._pages.get(page)
        return bits is not None and bool(bits[at >> 3] & (1 << (at & 7)))

    def __iter__(self) -> Iterator[int]:
        for page, bits in sorted(self._pages.items()):
            for at, byte in enumerate(bits):
                if byte:
                    yield from (page * _PAGE + at * 8 + bit for bit in range(8) if byte & (1 << bit))


_Head = tuple[int, str]


def _together(
    chains: Iterator[tuple[int, Iterator[statements.Row]]], heads: Iterator[tuple[int, _Head]]
) -> Iterator[tuple[int, Iterator[statements.Row], _Head | None]]:
    """Walk chains and heads, both in order of chain, side by side; either may be missing."""
    chain, head = next(chains, None), next(heads, None)
    while chain is not None or head is not None:
        if head is None or (chain is not None and chain[0] < head[0]):
            assert chain is not None
            yield chain[0], chain[1], None
            chain = next(chains, None)
        elif chain is None or head[0] < chain[0]:
            yield head[0], iter(()), head[1]
            head = next(heads, None)
        else:
            yield chain[0], chain[1], head[1]
            chain, head = next(chains, None), next(heads, None)


def _check_chain(chain: int, rows: Iterator[statements.Row], head: _Head | None) -> Iterator[Problem]:
    last_seq, last_hash = 0, NO_HASH
    for row in rows:
        yield from _check_entry(row, last_seq, last_hash)
        last_seq, last_hash = row[1], row[8]
    yield from _check_end(chain, last_seq, last_hash, head)


def _check_end(chain: int, last_seq: int, last_hash: str, head: _Head | None) -> Iterator[Problem]:
    if head is None:
        yield Problem(chain, None, "流程实例已不存在，但有审计记录")
    elif last_seq == 0 and (chain != SYSTEM_CHAIN or head[0] > 0):
        yield Problem(chain, None, f"全部审计记录缺失，应有 {head[0]} 条")
    elif last_seq < head[0]:
        yield Problem(chain, None, f"末尾缺失，应有 {head[0]} 条，现止于第 {last_seq} 条")
    elif (last_seq, last_hash) != head:
        yield Problem(chain, last_seq, f"末尾与所登记的不一致，应止于第 {head[0]} 条")


def _check_entry(row: statements.Row, last_seq: int, last_hash: str) -> Iterator[Problem]:
    chain, seq, at, actor, action, subject, details, previous_hash, hash_ = row
    if seq != last_seq + 1:
        yield Problem(chain, seq, f"之前缺失第 {last_seq + 1} 条" if seq > last_seq else "序号有误")
    elif previous_hash != last_hash:
        yield Problem(chain, seq, "与前一条不衔接，前一条被改动、替换或调换")
    try:
        genuine = hash_entry(chain, seq, at, actor, action, subject, details, previous_hash) == hash_
    except errors.InvalidInput:
        genuine = False
    if not genuine:
        yield Problem(chain, seq, "内容与哈希值不符，已被改动")
