"""Core statements, compiled once per dialect and run on the driver's own cursor.

SQLAlchemy writes the SQL and knows the types; on the hot path, that is all it is asked for: a statement costs the
driver's time and little more. Statements are built once, at import, and are recognised by identity.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from engine import errors
from engine.store import failures, types, wire

#: Lets a transaction on PostgreSQL take as long as it takes.
UNBOUNDED = "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"

Row = Sequence[Any]
Statement = sa.Select[Any] | sa.Insert | sa.Update | sa.Delete
Observer = Callable[[str], None]


class PerDialect:
    """A statement that SQLAlchemy spells by another class on each database; `columns` are what it is given."""

    def __init__(self, sqlite_form: Statement, postgresql_form: Statement, columns: Sequence[str] | None) -> None:
        self.forms = {"sqlite": sqlite_form, "postgresql": postgresql_form}
        self.columns = columns


def insert(table: sa.Table, *, without: Iterable[str] = (), returning: sa.Column[Any] | None = None) -> PerDialect:
    """Return an INSERT of one row, given by column name; without the columns that the database fills."""
    columns = [column.name for column in table.c if column.name not in set(without)]
    # Inline: SQLAlchemy would have PostgreSQL return the id of every row that is inserted.
    statement = sa.insert(table).inline() if returning is None else sa.insert(table).returning(returning)
    return PerDialect(statement, statement, columns)


def upsert(table: sa.Table, keys: Sequence[str], updated: Sequence[str], *, without: Iterable[str] = ()) -> PerDialect:
    """Return an INSERT that, where a row with the same `keys` exists, sets its `updated` columns (none: leaves it)."""
    columns = [column.name for column in table.c if column.name not in set(without)]
    on_sqlite, on_postgresql = sqlite.insert(table), postgresql.insert(table)
    if not updated:
        return PerDialect(
            on_sqlite.on_conflict_do_nothing(index_elements=keys),
            on_postgresql.on_conflict_do_nothing(index_elements=keys),
            columns,
        )
    return PerDialect(
        on_sqlite.on_conflict_do_update(index_elements=keys, set_={name: on_sqlite.excluded[name] for name in updated}),
        on_postgresql.on_conflict_do_update(
            index_elements=keys, set_={name: on_postgresql.excluded[name] for name in updated}
        ),
        columns,
    )


class Prepared:
    """A statement as the driver takes it, with what converts parameters on their way in and rows on their way out."""

    __slots__ = (
        "_binders",
        "_constants",
        "_loaders",
        "_names",
        "_pick",
        "bind",
        "sql",
        "writes",
    )

    def __init__(self, statement: Statement | PerDialect, dialect: sa.Dialect) -> None:
        form = statement.forms[dialect.name] if isinstance(statement, PerDialect) else statement
        columns = statement.columns if isinstance(statement, PerDialect) else None
        compiled: Any = form.compile(dialect=dialect, column_keys=columns)
        constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
        self.sql: str = compiled.string
        self.writes = bool(form.is_dml)
        self._constants = constants if columns is None else {}
        self._names: list[str] = list(compiled.positiontup or ())
        self._binders = [
            (at, convert)
            for at, name in enumerate(self._names)
            if (convert := types.binder(compiled.binds[name].type, dialect)) is not None
        ]
        self._pick: Callable[[Mapping[str, Any]], Any] = operator.itemgetter(*self._names) if self._names else _nothing
        bind: Callable[[Mapping[str, Any]], Sequence[Any]]
        bind = self._bind_one if len(self._names) == 1 else self._bind_many
        # SQLite would take what PostgreSQL does not.
        checked = self.writes and dialect.name == "sqlite"
        self.bind = (lambda params: _with_plain_text(bind(params))) if checked else bind
        self._loaders = [
            (at, convert)
            for at, column in enumerate(form.exported_columns if _returns_rows(form) else ())
            if (convert := types.loader(column.type, dialect)) is not None
        ]

    def _bind_many(self, params: Mapping[str, Any]) -> Sequence[Any]:
        picked: tuple[Any, ...] = self._pick({**self._constants, **params} if self._constants else params)
        if not self._binders:
            return picked
        bound = list(picked)
        for at, convert in self._binders:
            bound[at] = convert(bound[at])
        return bound

    def _bind_one(self, params: Mapping[str, Any]) -> Sequence[Any]:
        value = {**self._constants, **params}[self._names[0]]
        return (self._binders[0][1](value) if self._binders else value,)

    def load(self, row: Row) -> Row:
        """Return a row of the driver with the Python values of its columns."""
        if not self._loaders:
            return row
        loaded = list(row)
        for at, convert in self._loaders:
            loaded[at] = convert(loaded[at])
        return loaded


def _with_plain_text(bound: Sequence[Any]) -> Sequence[Any]:
    """Return what a statement is given.

    Raises:
        errors.InvalidInput: There is NUL in a text.
    """
    for value in bound:
        if value.__class__ is str and "\0" in value:
            raise errors.InvalidInput(failures.ENCODING)
    return bound


def _nothing(params: Mapping[str, Any]) -> tuple[Any, ...]:
    return ()


def _returns_rows(form: Statement) -> bool:
    return isinstance(form, sa.Select) or bool(form._returning)


#: The server numbers its parameters; names are for the cursors of the driver, which are not used here.
_NUMBERED: sa.Dialect = cast("Any", postgresql.psycopg.dialect)(paramstyle="numeric_dollar")


class Library:
    """The statements of one dialect, each compiled when it is first run."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self.errors = failures.drivers_errors(dialect)
        self.on_wire = dialect.name == "postgresql"
        self.dialect = _NUMBERED if self.on_wire else dialect
        self._prepared: dict[Statement | PerDialect, Prepared] = {}

    def prepared(self, statement: Statement | PerDialect) -> Prepared:
        """Return the compiled form of a statement that was built once and is kept by its module."""
        found = self._prepared.get(statement)
        if found is None:
            found = self._prepared[statement] = Prepared(statement, self.dialect)
        return found


class Link:
    """One connection in one transaction: the only place where SQL is sent."""

    def __init__(self, connection: sa.Connection, library: Library, *, writable: bool, observers: Sequence[Observer]):
        self._connection = connection
        self._library = library
        self._writable = writable
        self._observers = observers
        self._raw = cast("Any", connection.connection.dbapi_connection)
        self._wire: wire.Wire | None = None
        self._cursor: Any
        if library.on_wire:
            memory = connection.info.setdefault("wire", wire.Memory())
            self._cursor = self._wire = wire.Wire(self._raw, memory)
        else:
            self._cursor = self._raw.cursor()

    @property
    def dialect_name(self) -> str:
        """Return ``sqlite`` or ``postgresql``."""
        return self._library.dialect.name

    @property
    def connection(self) -> sa.Connection:
        """Return the connection of SQLAlchemy, for statements that are composed; what waits is sent before."""
        self.flush()
        return self._connection

    @property
    def driver_connection(self) -> Any:
        """Return the driver's own connection, for who writes by other means in the same transaction."""
        self.flush()
        return self._raw

    @property
    def lost(self) -> bool:
        """Return whether the server ended the connection."""
        return self._wire is not None and bool(self._raw.closed)

    def begin(self, *, alone: bool = False) -> None:
        """Begin the transaction; on PostgreSQL with its first statement; `alone`, every statement is one there."""
        if self._wire is None:
            self.driver("BEGIN IMMEDIATE" if self._writable else "BEGIN")
        elif not alone:
            self._wire.begin("BEGIN" if self._writable else "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def flush(self) -> None:
        """Send what waits to be sent, and wait until it is done."""
        if self._wire is not None:
            try:
                self._wire.flush()
            except self._library.errors as error:
                self._refuse(error)

    def commit(self) -> None:
        """Make everything last that was sent."""
        for observer in self._observers:
            observer("COMMIT")
        try:
            (self._wire or self._raw).commit()
        except self._library.errors as error:
            self._refuse(error)

    def reset(self) -> bool:
        """Roll back what is not committed, and be ready for another transaction; False if the connection is lost."""
        try:
            if self._connection.in_transaction():  # SQLAlchemy began to count one at a `select`
                self._connection.rollback()
            elif self._raw.in_transaction:
                self._raw.rollback()
        except self._library.errors:
            self._connection.invalidate()
            self.close()
            return False
        return True

    def close(self) -> None:
        """Roll back what is not committed, and give the connection back; one that is lost is thrown away."""
        if self.lost:
            self._connection.invalidate()
        elif self._wire is None:
            self._cursor.close()  # what was not fetched to its last row would hold up who cleans the file
        self._connection.close()

    def driver(self, sql: str) -> None:
        """Send SQL as it is."""
        for observer in self._observers:
            observer(sql)
        try:
            if self._wire is None:
                self._cursor.execute(sql)
            else:
                self._wire.script(sql)
        except self._library.errors as error:
            self._refuse(error)

    def send(
        self,
        statement: Statement | PerDialect,
        params: Mapping[str, Any],
        check: wire.Check | None = None,
        *,
        duplicate: str | None = None,
    ) -> None:
        """Run a statement whose answer nobody waits for: on PostgreSQL it travels with the next one.

        What it complains of comes with the answer to that one, or at the end of the transaction.

        Args:
            statement: Built once by its module.
            params: One value per named parameter.
            check: Called with the number of rows that it touched, before the transaction ends; may raise.
            duplicate: The sentence of the Conflict when such a row exists already.
        """
        prepared = self._library.prepared(statement)
        if self._wire is None:
            self._execute(prepared, params, duplicate)
            if check is not None:
                check(self._cursor.rowcount)
        else:
            self._later(prepared, params, check, duplicate)

    def run(self, statement: Statement | PerDialect, params: Mapping[str, Any], *, duplicate: str | None = None) -> int:
        """Run a statement that returns no rows; return how many rows it touched.

        Args:
            statement: Built once by its module.
            params: One value per named parameter.
            duplicate: The sentence of the Conflict when such a row exists already.
        """
        self._execute(self._library.prepared(statement), params, duplicate)
        count: int = self._cursor.rowcount
        return count

    def run_many(self, statement: Statement | PerDialect, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run a statement that returns no rows for every row of parameters, in one go; as `send` does."""
        if len(rows) == 1:
            self.send(statement, rows[0])
        elif rows:
            prepared = self._library.prepared(statement)
            self._before(prepared.sql, prepared.writes)
            bind = prepared.bind
            try:
                self._cursor.executemany(prepared.sql, [bind(row) for row in rows])
            except self._library.errors as error:
                self._refuse(error)

    def one(
        self, statement: Statement | PerDialect, params: Mapping[str, Any], *, duplicate: str | None = None
    ) -> Row | None:
        """Run a statement and return its first row, None if there is none."""
        prepared = self._library.prepared(statement)
        self._execute(prepared, params, duplicate)
        try:
            row = self._cursor.fetchone()
            # An open cursor would keep a write statement, and with it the transaction, from ending.
            if row is not None and prepared.writes:
                self._cursor.fetchall()
        except self._library.errors as error:
            self._refuse(error, duplicate)
        return None if row is None else prepared.load(row)

    def insert(
        self, statement: Statement | PerDialect, params: Mapping[str, Any], *, duplicate: str | None = None
    ) -> int:
        """Run an INSERT of one row that returns its id."""
        row = self.one(statement, params, duplicate=duplicate)
        if row is None:
            raise errors.StoreError("数据库没有返回新记录的编号，操作未执行。")
        new_id: int = row[0]
        return new_id

    def all(self, statement: Statement | PerDialect, params: Mapping[str, Any]) -> list[Row]:
        """Run a statement and return all its rows."""
        prepared = self._library.prepared(statement)
        self._execute(prepared, params, None)
        try:
            rows = self._cursor.fetchall()
        except self._library.errors as error:
            self._refuse(error)
        return [prepared.load(row) for row in rows]

    def select(self, statement: sa.Select[Any] | sa.CompoundSelect[Any]) -> list[Row]:
        """Run a SELECT that was composed for the occasion, with its values in it, and return all its rows."""
        try:
            return list(self.connection.execute(statement).all())
        except self._library.errors as error:
            self._refuse(error)

    def change(self, statement: sa.Insert | sa.Update | sa.Delete) -> int:
        """Run a statement that was composed for the occasion, with its values in it; return how many rows it touched.

        For what is rare: what is frequent is built once, and run by `run`.
        """
        if not self._writable:
            raise RuntimeError("a unit of work opened by read() cannot write")
        try:
            return int(self.connection.execute(statement).rowcount)
        except self._library.errors as error:
            self._refuse(error)

    def stream(self, statement: sa.Select[Any], size: int = 1000) -> Iterable[Row]:
        """Run a SELECT and yield its rows, `size` at a time, so that any number of them fits into memory."""
        try:
            yield from self.connection.execute(statement.execution_options(yield_per=size))
        except self._library.errors as error:
            self._refuse(error)

    def _execute(self, prepared: Prepared, params: Mapping[str, Any], duplicate: str | None) -> None:
        self._before(prepared.sql, prepared.writes)
        try:
            if self._wire is None:
                self._cursor.execute(prepared.sql, prepared.bind(params))
            else:
                self._wire.execute(prepared.sql, prepared.bind(params), duplicate)
        except self._library.errors as error:
            self._refuse(error, duplicate)

    def _later(
        self, prepared: Prepared, params: Mapping[str, Any], check: wire.Check | None, duplicate: str | None
    ) -> None:
        assert self._wire is not None
        self._before(prepared.sql, prepared.writes)
        try:
            self._wire.later(prepared.sql, prepared.bind(params), check, duplicate)
        except self._library.errors as error:
            self._refuse(error, duplicate)

    def _before(self, sql: str, writes: bool) -> None:
        if writes and not self._writable:
            raise RuntimeError("a unit of work opened by read() cannot write")
        for observer in self._observers:
            observer(sql)

    def _refuse(self, error: BaseException, duplicate: str | None = None) -> NoReturn:
        if self._wire is not None:  # it may be another statement that failed, one that was sent together with this one
            duplicate = self._wire.duplicate
        if duplicate is not None and failures.is_duplicate(error):
            raise errors.Conflict(duplicate) from error
        raise failures.translate(error) from error
