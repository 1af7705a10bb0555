"""Checks the audit trail: what was changed, removed or put elsewhere does not fit its hashes any more."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator

import sqlalchemy as sa

from engine import errors
from engine.store import statements
from engine.store.audit_chain import STARTED, SYSTEM_CHAIN, hash_entry
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
#: No id of an instance is as long as this; a forged one is not to fill the memory.
_DIGITS = 10


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


def verify(link: statements.Link, progress: Callable[[int], None] | None) -> list[Problem]:
    """Check every entry and every chain; see `AuditTrail.verify`. Memory grows with instances by one bit each."""
    started = _Numbers()
    entries = _Entries(link.stream(_ENTRIES), progress)
    chains = itertools.groupby(entries, key=lambda row: row[0])
    problems: list[Problem] = []
    for chain, rows, head in _together(chains, _heads(link)):
        problems += _check_chain(chain, rows, head, started)
        if chain != SYSTEM_CHAIN and head is not None:
            if chain not in started:
                problems.append(Problem(chain, None, "系统审计链中没有该流程实例的启动记录"))
            started.discard(chain)
    problems += [Problem(chain, None, "流程实例和审计记录都已不存在，但系统审计链中有启动记录") for chain in started]
    return problems


class _Entries:
    def __init__(self, rows: Iterable[statements.Row], progress: Callable[[int], None] | None) -> None:
        self._rows = rows
        self._progress = progress

    def __iter__(self) -> Iterator[statements.Row]:
        count = 0
        for count, row in enumerate(self._rows, 1):
            if self._progress is not None and count % _REPORT_EVERY == 0:
                self._progress(count)
            yield row
        if self._progress is not None:
            self._progress(count)


class _Numbers:
    """A set of small numbers, one bit each: a hundred million instances fit into 12 MB."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> None:
        at = number >> 3
        if at >= len(self._bits):
            self._bits.extend(bytes(at + 1 - len(self._bits)))
        self._bits[at] |= 1 << (number & 7)

    def discard(self, number: int) -> None:
        if number in self:
            self._bits[number >> 3] &= ~(1 << (number & 7))

    def __contains__(self, number: int) -> bool:
        at = number >> 3
        return 0 <= at < len(self._bits) and bool(self._bits[at] & (1 << (number & 7)))

    def __iter__(self) -> Iterator[int]:
        for at, byte in enumerate(self._bits):
            if byte:
                yield from (at * 8 + bit for bit in range(8) if byte & (1 << bit))


_Head = tuple[int, str]


def _heads(link: statements.Link) -> Iterator[tuple[int, _Head]]:
    system = link.select(_SYSTEM_HEAD)
    yield SYSTEM_CHAIN, (system[0][0], system[0][1]) if system else (0, NO_HASH)
    for instance_id, seq, head in link.stream(_HEADS):
        yield instance_id, (seq, head)


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


def _check_chain(
    chain: int, rows: Iterator[statements.Row], head: _Head | None, started: _Numbers
) -> Iterator[Problem]:
    last_seq, last_hash = 0, NO_HASH
    for row in rows:
        yield from _check_entry(row, last_seq, last_hash)
        last_seq, last_hash = row[1], row[8]
        if chain == SYSTEM_CHAIN and row[4] == STARTED:
            number = str(row[5]).rpartition("/")[2]
            if number.isascii() and number.isdigit() and len(number) < _DIGITS:
                started.add(int(number))
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
