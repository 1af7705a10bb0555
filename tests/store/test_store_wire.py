"""PostgreSQL on the hot path: several statements in one round trip, and still every error is that of its statement."""

# ruff: noqa: PT012 - what fails is often the end of the transaction

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

import postgresql
import pytest
import sqlalchemy as sa

from engine import errors, store
from engine.store import statements, wire

_METADATA = sa.MetaData()
_THINGS = sa.Table(
    "things",
    _METADATA,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, unique=True),
    sa.Column("open", sa.Boolean),
    sa.Column("data", sa.LargeBinary),
)
_INSERT = statements.insert(_THINGS)
_ALL = sa.select(*_THINGS.c).order_by(_THINGS.c.id)
_RENAME = sa.update(_THINGS).where(_THINGS.c.id == sa.bindparam("thing")).values(name=sa.bindparam("new"))
_SLEEP = sa.select(sa.func.pg_sleep(sa.bindparam("seconds", type_=sa.Float)))


def thing(id_: int, name: str | None = None, **more: object) -> dict[str, object]:
    return {"id": id_, "name": name, "open": None, "data": None, **more}


@pytest.fixture
def database(postgres) -> Iterator[store.Store]:
    with postgres(empty=True) as url, contextlib.ExitStack() as stack:
        opened = store.Store(url)
        stack.callback(opened.dispose)
        with opened.exclusive() as connection:
            _METADATA.create_all(connection)
        yield opened


@pytest.fixture
def trips(monkeypatch) -> list[int]:
    """Note how many statements each round trip carries."""
    noted: list[int] = []
    exchange = wire.Wire._exchange

    def count(self: wire.Wire, sending):
        noted.append(sum(each.prepares is None for each in sending))
        return exchange(self, sending)

    monkeypatch.setattr(wire.Wire, "_exchange", count)
    return noted


def names(database: store.Store) -> list[str | None]:
    with database.read() as uow:
        return [row[1] for row in uow.link.all(_ALL, {})]


def test_values_of_every_kind_come_back_as_they_went(database):
    rows = [
        thing(2**63 - 1, "引号'\"\\ 100% $1 %s \n\t𠮷", open=True, data=bytes(range(256))),
        thing(-(2**63), "", open=False, data=b""),
        thing(0),
    ]
    for _ in range(4):  # unprepared, then prepared
        with database.write() as uow:
            uow.link.run_many(_INSERT, rows)
            found = [dict(zip(_THINGS.c.keys(), row, strict=True)) for row in uow.link.all(_ALL, {})]
            uow.link.change(sa.delete(_THINGS))
        assert found == sorted(rows, key=lambda row: row["id"])


def test_what_is_sent_travels_with_what_is_waited_for(database, trips):
    with database.write() as uow:
        uow.link.send(_INSERT, thing(1, "一"))
        uow.link.send(_INSERT, thing(2, "二"))
        assert trips == []
        assert len(uow.link.all(_ALL, {})) == 2
        uow.link.send(_INSERT, thing(3, "三"))
    assert trips == [4, 2]  # BEGIN and three; the last with COMMIT
    assert names(database) == ["一", "二", "三"]


def test_nothing_is_sent_for_a_transaction_that_does_nothing(database, trips):
    with database.write():
        pass
    with pytest.raises(ZeroDivisionError), database.write() as uow:
        uow.link.send(_INSERT, thing(1))
        raise ZeroDivisionError
    assert trips == []
    assert names(database) == []


def test_a_statement_is_prepared_when_it_comes_again_and_again(database):
    known = sa.text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT INTO things%'")
    counts = []
    for number in range(4):
        with database.write() as uow:
            uow.link.run(_INSERT, thing(number))
            counts.append(uow.link.connection.execute(known).scalar_one())
    assert counts == [0, 0, 1, 1]


def test_a_duplicate_has_the_sentence_of_its_own_statement(database):
    with database.write() as uow:
        uow.link.send(_INSERT, thing(1, "一"))
    with pytest.raises(errors.Conflict, match="已有一"), database.write() as uow:
        uow.link.send(_INSERT, thing(2, "二"), duplicate="已有二")
        uow.link.send(_INSERT, thing(3, "一"), duplicate="已有一")
        uow.link.send(_INSERT, thing(4, "四"), duplicate="已有四")
    with pytest.raises(errors.Conflict, match="与已有的记录冲突"), database.write() as uow:
        uow.link.send(_INSERT, thing(2, "二"), duplicate="已有二")
        uow.link.run(_INSERT, thing(1, "五"))
    assert names(database) == ["一"]


def test_rows_that_were_not_touched_are_found_out_before_the_end(database):
    def check(touched: int) -> None:
        if touched != 1:
            raise errors.Conflict("没有这一项")

    with database.write() as uow:
        uow.link.send(_INSERT, thing(1, "一"))
        uow.link.send(_RENAME, {"thing": 1, "new": "壹"}, check)
    with pytest.raises(errors.Conflict, match="没有这一项"), database.write() as uow:
        uow.link.send(_INSERT, thing(2, "二"))
        uow.link.send(_RENAME, {"thing": 7, "new": "柒"}, check)
    assert names(database) == ["壹"]


def test_who_goes_on_after_an_error_keeps_nothing_and_is_told(database):
    with pytest.raises(errors.GongkaiError), database.write() as uow:
        uow.link.send(_INSERT, thing(1, "一"))
        with pytest.raises(errors.Conflict):
            uow.link.run(_INSERT, thing(1, "又一"))
    assert names(database) == []


@pytest.mark.parametrize("text", ["一\0二", "\ud800"])
def test_a_text_that_cannot_be_kept_is_refused_not_cut(database, text):
    with pytest.raises(errors.InvalidInput, match="不能保存的字符"), database.write() as uow:
        uow.link.send(_INSERT, thing(1, text))
    assert names(database) == []


def test_a_value_of_no_known_kind_is_refused(database):
    with pytest.raises(TypeError, match="object"), database.write() as uow:
        uow.link.send(_INSERT, thing(1, object()))


def test_large_values_go_both_ways_in_one_go(database):
    rows = [thing(number, data=bytes([number]) * 3_000_000) for number in range(6)]
    with database.write() as uow:
        uow.link.run_many(_INSERT, rows)
        found = uow.link.all(_ALL, {})
    assert [row[3] for row in found] == [row["data"] for row in rows]


def test_a_wait_that_is_interrupted_ends_the_connection_and_not_the_store(database):
    class Interrupted(BaseException):
        pass

    def interrupt(_signal: int, _frame: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    asked = threading.Timer(0.3, signal.pthread_kill, (threading.get_ident(), signal.SIGUSR1))
    try:
        with pytest.raises(Interrupted), database.write() as uow:
            uow.link.send(_INSERT, thing(1))
            asked.start()
            uow.link.all(_SLEEP, {"seconds": 60.0})
    finally:
        asked.join()
        signal.signal(signal.SIGUSR1, before)
    assert names(database) == []


def test_a_connection_that_the_server_ends_is_replaced(database):
    with pytest.raises(errors.StoreError, match="断开"), database.write() as uow:
        uow.link.send(_INSERT, thing(1))
        (row,) = uow.link.select(sa.select(sa.func.pg_backend_pid()))
        with postgresql.connect(database._url.render_as_string(hide_password=False)) as other:
            other.execute("SELECT pg_terminate_backend(%s)", row)
        uow.link.run(_INSERT, thing(2))
    assert names(database) == []


def test_what_is_prepared_stays_so_when_other_statements_of_the_connection_are_rolled_back(postgres):
    class Undone(Exception):
        pass

    with postgres() as url, contextlib.ExitStack() as stack:
        found = store.Store(url, connections=1)
        stack.callback(found.dispose)
        for _ in range(8):  # as often as the driver would prepare a statement by itself
            with found.write() as uow:
                assert uow.link.select(sa.select(sa.literal(1))) == [(1,)]
                assert uow.timers.next_due() is None
        with pytest.raises(Undone), found.write() as uow:
            uow.timers.next_due()
            raise Undone

        with found.write() as uow:
            assert uow.link.select(sa.select(sa.literal(1))) == [(1,)]
            assert uow.timers.next_due() is None
