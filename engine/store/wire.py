"""PostgreSQL as spoken on the hot path: prepared statements by libpq's own calls, several of them in one round trip.

A cursor of psycopg costs some 40 µs of the processor for each statement, most of it in looking at the statement anew,
and a round trip. Statements of the platform are built once (`engine.store.statements`): here they are sent as they are,
values as text, and those whose answer nobody waits for travel with the next one that somebody does. Connections, the
conversion of results and errors are psycopg's. See docs/decisions/0022-what-a-completion-costs-on-postgresql.md.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import psycopg
from psycopg import adapt, errors, pq

Row = Sequence[Any]
Check = Callable[[int], None]

#: A statement is prepared when it is used for the third time on a connection: what is rare leaves no plan behind.
_PREPARED_AT = 3
_READ, _BOTH = select.POLLIN, select.POLLIN | select.POLLOUT
_FINE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY)


class Memory:
    """What is remembered of a connection: how often statements were used on it, and the names of those prepared."""

    __slots__ = ("_named", "names", "uses")

    def __init__(self) -> None:
        self.uses: dict[str, int] = {}
        self.names: dict[str, bytes] = {}
        self._named = 0

    def name(self) -> bytes:
        """Return a name that no statement was given yet."""
        self._named += 1
        return b"gongkai_%d" % self._named


class _Sent(NamedTuple):
    """A statement on its way; `prepares` is the name that it gives to its text, without running it."""

    sql: str
    values: Sequence[bytes | None]
    check: Check | None = None
    duplicate: str | None = None
    prepares: bytes | None = None


class Wire:
    """A connection for one transaction, used by one thread.

    Args:
        raw: The connection.
        memory: What is remembered of it; the same one each time.
    """

    def __init__(self, raw: psycopg.Connection[Any], memory: Memory) -> None:
        self._raw = raw
        self._pg: Any = raw.pgconn
        self._memory = memory
        self._pending: list[_Sent] = []
        self._idle = True
        self._poll: select.poll | None = None
        self._result: Any = None
        self._next = 0
        self.rowcount = -1
        #: What was said of the statement that failed last: the sentence for a row that is there already.
        self.duplicate: str | None = None

    def begin(self, sql: str) -> None:
        """Begin a transaction, with its first statement."""
        self._pending = [_Sent(sql, ())]
        self._idle = True

    def later(
        self, sql: str, values: Sequence[Any] = (), check: Check | None = None, duplicate: str | None = None
    ) -> None:
        """Have a statement sent with the next one whose answer is waited for.

        Args:
            sql: The statement, with $1, $2, … for its values.
            values: Its values, in order.
            check: Called with the number of rows that it touched, before the transaction ends; may raise.
            duplicate: What `duplicate` is when this statement fails.
        """
        self._pending.append(_Sent(sql, _dumped(values), check, duplicate))
        self._idle = False

    def execute(self, sql: str, values: Sequence[Any] = (), duplicate: str | None = None) -> Wire:
        """Send a statement, and those before it, and wait for the answers.

        Raises:
            psycopg.Error: What the server complains of, about the first statement that failed.
        """
        self.later(sql, values, duplicate=duplicate)
        self.flush()
        return self

    def executemany(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Have a statement sent for every row of values, later."""
        for row in rows:
            self.later(sql, row)

    def flush(self) -> None:
        """Send what waits, and wait for the answers; rows are then fetched of the last one."""
        pending, self._pending, self._idle = self._pending, [], False
        if not pending:
            return
        results = self._exchange(self._prepared(pending))
        for sent, result in zip(pending, results, strict=True):
            if sent.check is not None:
                sent.check(result.command_tuples or 0)
        self._keep(results[-1])

    def commit(self) -> None:
        """Make everything last that was sent.

        Raises:
            psycopg.errors.InFailedSqlTransaction: A statement failed before, and somebody went on all the same.
        """
        if self._idle:
            self._pending = []
            return
        if any(sent.check is not None for sent in self._pending):
            self.flush()
        self.execute("COMMIT")
        if self._result.command_status == b"ROLLBACK":
            raise errors.InFailedSqlTransaction("a statement failed before; nothing was kept")

    def script(self, sql: str) -> None:
        """Send SQL without values, be it several statements, and wait for the answers."""
        self.flush()
        with _Whole(self._raw):
            self._pg.send_query(sql.encode())
            self._push()
            results = []
            while (result := self._answer()) is not None:
                results.append(result)
        for result in results:
            self._refuse(result)
        self._keep(results[-1])

    def fetchone(self) -> Row | None:
        """Return the next row of the last answer; None at its end."""
        rows = self._rows(self._next + 1)
        return rows[0] if rows else None

    def fetchall(self) -> list[Row]:
        """Return the rows of the last answer that were not fetched yet."""
        return self._rows(self._result.ntuples)

    def _rows(self, upto: int) -> list[Row]:
        begin, self._next = self._next, min(upto, self._result.ntuples)
        if begin >= self._next:
            return []
        converter = adapt.Transformer(self._raw)
        converter.set_pgresult(self._result)
        return list(converter.load_rows(begin, self._next, tuple))

    def _keep(self, result: Any) -> None:
        self._result, self._next = result, 0
        self.rowcount = -1 if result.command_tuples is None else result.command_tuples

    def _prepared(self, pending: Sequence[_Sent]) -> list[_Sent]:
        """Return statements as they are sent: before some, what gives them a name from now on."""
        memory, found = self._memory, []
        coming: set[str] = set()
        for sent in pending:
            sql = sent.sql
            if sql not in memory.names and sql not in coming:
                uses = memory.uses[sql] = memory.uses.get(sql, 0) + 1
                if uses >= _PREPARED_AT:
                    found.append(_Sent(sql, (), prepares=memory.name()))
                    coming.add(sql)
            found.append(sent)
        return found

    def _exchange(self, sending: Sequence[_Sent]) -> list[Any]:
        """Send statements in one go; return the answers to those that run."""
        pg, names = self._pg, self._memory.names
        fresh: dict[str, bytes] = {}
        with _Whole(self._raw):
            if several := len(sending) > 1:
                pg.enter_pipeline_mode()
            for sql, values, _check, _duplicate, prepares in sending:
                if prepares is not None:
                    fresh[sql] = prepares
                    pg.send_prepare(prepares, sql.encode())
                elif (name := names.get(sql) or fresh.get(sql)) is not None:
                    pg.send_query_prepared(name, values)
                else:
                    pg.send_query_params(sql.encode(), values)
            if several:
                pg.pipeline_sync()
            self._push()
            answers = []
            for _ in sending:
                answers.append(self._answer())
                self._answer()  # None: the end of the answers to one statement
            if several:
                self._answer()  # the end of them all
                pg.exit_pipeline_mode()
        results = []
        for sent, answer in zip(sending, answers, strict=True):
            self._refuse(answer, sent.duplicate)
            if sent.prepares is None:
                results.append(answer)
            else:
                names[sent.sql] = sent.prepares
        self.duplicate = None
        return results

    def _push(self) -> None:
        """Send all that is written; the server may want to be read meanwhile."""
        while self._pg.flush():
            if self._ready(_BOTH) & _READ:
                self._pg.consume_input()

    def _answer(self) -> Any:
        pg = self._pg
        while pg.is_busy():
            self._ready(_READ)
            pg.consume_input()
        return pg.get_result()

    def _ready(self, wanted: int) -> int:
        if self._poll is None:
            self._poll = select.poll()
        self._poll.register(self._pg.socket, wanted)
        ((_socket, ready),) = self._poll.poll()
        return ready

    def _refuse(self, result: Any, duplicate: str | None = None) -> None:
        """Raise what an answer complains of."""
        self.duplicate = duplicate
        if result is not None and (result.status in _FINE or result.error_field(pq.DiagnosticField.SQLSTATE)):
            if result.status not in _FINE:
                raise errors.error_from_result(result)
        else:
            raise errors.ConnectionFailure(self._pg.get_error_message())


class _Whole:
    """Whatever interrupts a question before its answer has come ends the connection: nobody could use it again.

    Raises:
        psycopg.errors.ConnectionFailure: It was lost.
    """

    __slots__ = ("_raw",)

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._raw = raw

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if kind is not None:
            self._raw.close()
        if isinstance(error, psycopg.OperationalError):
            raise errors.ConnectionFailure(str(error)) from error


def _text(value: str) -> bytes:
    if "\0" in value:
        raise errors.CharacterNotInRepertoire("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


def _number(value: float) -> bytes:
    return b"%r" % value


_DUMPERS: Mapping[type, Callable[[Any], bytes]] = {
    str: _text,
    int: _number,
    float: _number,
    bool: lambda value: b"t" if value else b"f",
    bytes: lambda value: b"\\x" + value.hex().encode(),
}


def _dumped(values: Sequence[Any]) -> list[bytes | None]:
    """Return values as the server reads them: as text.

    Raises:
        TypeError: There is no telling how one is written.
        psycopg.errors.CharacterNotInRepertoire: A text cannot be kept.
    """
    return [None if value is None else _dumper(value)(value) for value in values]


def _dumper(value: Any) -> Callable[[Any], bytes]:
    found = _DUMPERS.get(type(value))
    if found is None:  # a member of an enum, say
        found = next((each for kind, each in _DUMPERS.items() if isinstance(value, kind)), None)
    if found is None:
        raise TypeError(f"a {type(value).__name__} is no value for the database")
    return found
