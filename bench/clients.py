"""Many clients at once: start, three user tasks, end, by one and two processes, in-process and over HTTP."""

from __future__ import annotations

import contextlib
import dataclasses
import pathlib
import statistics
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import uvicorn

from bench import completions, direct, load, measure, processes, product, rig, tables
from engine import web
from engine.actions import context, deployments, people
from engine.model import people as model

REST_MS = 10.0
#: Statements by which it is found out whose API token a request carries.
SIGNING_IN = 2

#: How many clients at once, by how many processes serve them.
_CLIENTS = {1: (1, 2, 4, 8), 2: (2, 4, 8)}
_WAYS = ("in-process", "HTTP")
_CASE = 3  # completions
#: Bytes of the write-ahead log, and transactions that wrote.
_WRITTEN = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn, pg_snapshot_xmax(pg_current_snapshot())::text"
_ENDS = ("BEGIN", "COMMIT")
_HEADS = (
    ("", "pro-", "", "per second", "", "ms, one completion", "", "", "CPU, ms each", "", "written"),
    ("completion", "cesses", "clients", "compl.", "cases", "p50", "p95", "p99", "product", "server", "KB"),
)
_COUNT_HEADS = (("of one", "SQL", "commits"),)


@dataclasses.dataclass(frozen=True, slots=True)
class Site:
    """Some processes of the product on one database, and the clients that ask them.

    Args:
        way: How they are asked.
        working: The processes of the product.
        asking: The processes of clients; the same where the clients are in the process of the engine.
    """

    way: str
    working: list[int]
    asking: list[processes.Clients]


@dataclasses.dataclass(slots=True)
class Cell:
    """One row of the report, as far as it has been measured."""

    site: Site
    clients: int
    size: str
    seconds: list[float] = dataclasses.field(default_factory=list)
    starts: list[float] = dataclasses.field(default_factory=list)
    starting: float = 0.0
    completing: float = 0.0
    cpu: float = 0.0
    server: float = 0.0
    written: int = 0
    commits: int = 0


def figures(given: rig.Rig) -> dict[str, Any]:
    """Measure both databases."""
    root = given.place("clients")
    product.write_pack(root)
    found: dict[str, Any] = {"rows": [], "counts": []}
    for database in ("SQLite", "PostgreSQL"):
        url = f"sqlite:///{root / 'clients.db'}" if database == "SQLite" else given.server.create()
        base = Base(root, url, given.server.pid if database == "PostgreSQL" else None)
        with contextlib.closing(base):
            for each in base.measure(given):
                found["rows"].append({"database": database, **each})
            for each in base.count():
                found["counts"].append({"database": database, **each})
    return found


class Base:
    """One database with the measured pack, somebody who may do everything in it, and processes on it."""

    def __init__(self, root: pathlib.Path, url: str, server: int | None) -> None:
        self._root, self._url, self._server = root, url, server
        self._watch = None if server is None else rig.postgresql.connect(url)
        direct.make_database(url)
        self._engine = direct.open_engine(root, url)
        deployments.deploy(self._engine, product.SLUG, product.ADMIN)
        fields: dict[str, Any] = {"roles": tuple(product.CLERK.roles), "rights": frozenset({model.Right.ADMIN})}
        people.create_user(self._engine, product.ADMIN, product.CLERK.id, "经办人", without_password=True, **fields)
        scopes = [model.Scope.WORK, model.Scope.START, model.Scope.OPERATE]
        made = people.create_token(self._engine, product.ADMIN, "测量", scopes, user_id=product.CLERK.id)
        self._token = made.secret

    def close(self) -> None:
        """Close the database."""
        self._engine.close()
        if self._watch is not None:
            self._watch.close()

    def measure(self, given: rig.Rig) -> Iterator[dict[str, Any]]:
        """Yield a row for every way, number of processes and clients, and size; they take turns."""
        rounds, cases, sizes = (1, 4, ["1 KB"]) if given.quick else (3, 40, list(completions.SIZES))
        with self._sites(quick=given.quick) as sites:
            cells = [
                Cell(site, clients, size)
                for size in sizes
                for site in sites
                for clients in _CLIENTS[len(site.working)]
                if clients <= 2 or not given.quick
            ]
            for each in cells:
                given.say(f"{self._engine.store.dialect}: first completions, {each.site.way}")
                self._run(dataclasses.replace(each, seconds=[], starts=[]), each.clients)
            for turn in range(rounds):
                for each in cells:
                    given.say(f"{self._engine.store.dialect}, turn {turn + 1}: {each.site.way}, {each.size}")
                    self._run(each, cases)
            for each in cells:
                yield self._row(each)

    @contextlib.contextmanager
    def _sites(self, *, quick: bool) -> Iterator[list[Site]]:
        """Start one and two processes that serve, and one and two in which the engine itself is called."""
        numbers = [1] if quick else [1, 2]  # starting a process takes longer than all quick samples
        local = {"engine": self._url, "root": str(self._root)}
        with processes.opened() as opened:
            groups = [[opened(processes.Clients(local)) for _ in range(number)] for number in numbers]
            servers = [[opened(self._serve(f"{number}-{n}")) for n in range(number)] for number in numbers]
            sites = [Site("in-process", [each.pid for each in group], group) for group in groups]
            for some in servers:
                remote = {"addresses": [each.address() for each in some], "token": self._token}
                sites.append(Site("HTTP", [each.pid for each in some], [opened(processes.Clients(remote))]))
            yield sites

    def _serve(self, name: str) -> processes.Server:
        return processes.Server(self._root, self._url, self._root / f"{self._engine.store.dialect}-{name}.log")

    def _run(self, cell: Cell, cases: int) -> None:
        """Start cases, then complete them; clients and cases are shared equally among the processes that ask."""
        shares = len(cell.site.asking)
        variables = completions.data(completions.SIZES[cell.size])
        begin = {"act": "start", "of": [variables] * max(1, cases // shares), "clients": cell.clients // shares}
        answers, took = _ordered(cell.site.asking, [begin] * shares)
        cell.starting += took
        cell.starts += [each for answer in answers for each in answer["seconds"]]
        tasks = [[self._first(case) for case in answer["cases"]] for answer in answers]
        orders = [{"act": "complete", "of": some, "clients": cell.clients // shares} for some in tasks]
        with self._spent(cell):
            answers, took = _ordered(cell.site.asking, orders)
        cell.completing += took
        cell.seconds += [each for answer in answers for each in answer["seconds"]]

    def _first(self, case: int) -> int:
        with self._engine.store.read() as uow:
            return next(task.id for task in uow.user_tasks.of_instance(case) if task.status == "open")

    @contextlib.contextmanager
    def _spent(self, cell: Cell) -> Iterator[None]:
        """Note what a block cost besides time."""
        backends = [] if self._server is None else processes.children(self._server)
        before = self._now(cell, backends)
        yield
        cpu, server, written, commits = (
            after - earlier for after, earlier in zip(self._now(cell, backends), before, strict=True)
        )
        cell.cpu += cpu
        cell.server += server
        cell.written += int(written)
        cell.commits += int(commits)

    def _now(self, cell: Cell, backends: list[int]) -> tuple[float, float, int, int]:
        spent = processes.cpu(cell.site.working), processes.cpu(backends)
        if self._watch is None:
            return *spent, processes.written(cell.site.working), 0
        # The statistics of the server are late by a second; the log and the numbers of transactions are not.
        row = self._watch.execute(_WRITTEN).fetchone()
        assert row is not None
        return *spent, int(row[0]), int(row[1])

    def _row(self, cell: Cell) -> dict[str, Any]:
        done, cases = len(cell.seconds), len(cell.starts)
        on_server = self._server is not None
        return {
            "way": cell.site.way,
            "size": cell.size,
            "processes": len(cell.site.working),
            "clients": cell.clients,
            "n": done,
            "completions_per_second": round(done / cell.completing, 1),
            "cases_per_second": round(cases / (cell.starting + cell.completing), 1),
            "start_p50_ms": _ms(statistics.median(cell.starts)),
            **{f"p{share}_ms": _ms(measure.percentile(cell.seconds, share / 100)) for share in (50, 95, 99)},
            "cpu_ms": _ms(cell.cpu / done),
            "server_cpu_ms": _ms(cell.server / done) if on_server else None,
            "written": round(cell.written / done),
            "commits": round(cell.commits / done, 2) if on_server else None,
        }

    def count(self) -> Iterator[dict[str, Any]]:
        """Yield what one completion and one start send to the database, in-process and over HTTP."""
        with _served(self._engine) as address:
            remote = load.Http(address, self._token)
            with contextlib.closing(remote):
                for way, caller in zip(_WAYS, (direct.Direct(self._engine), remote), strict=True):
                    yield {"way": way, **self._counted(caller)}

    def _counted(self, caller: load.Caller) -> dict[str, Any]:
        self._once(caller, lambda act: act())  # the token is noted as used, statements are compiled
        sent: list[list[str]] = []

        def noting(act: Callable[[], Any]) -> Any:
            sent.append([])
            with self._engine.store.observed(sent[-1].append):
                return act()

        self._once(caller, noting)
        return {"start": _counts(sent[:1]), "completion": _counts(sent[1:])}

    def _once(self, caller: load.Caller, noting: Callable[[Callable[[], Any]], Any]) -> None:
        """Have one case done, every act by `noting`."""
        case = noting(lambda: caller.start(completions.data(completions.SIZES["1 KB"])))
        opened = [self._first(case)]
        for n in range(_CASE):
            opened = noting(lambda opened=opened, n=n: caller.complete(opened[0], n))


def _ordered(asking: list[processes.Clients], orders: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], float]:
    """Have every process do its order at the same time; return the answers, and from when to when in seconds."""
    for each, order in zip(asking, orders, strict=True):
        each.order(order)
    answers = [each.answer() for each in asking]
    return answers, max(each["ended"] for each in answers) - min(each["begun"] for each in answers)


@contextlib.contextmanager
def _served(engine: context.Engine) -> Iterator[tuple[str, int]]:
    """Serve the application in a thread of this process, where it can be seen what it sends to the database."""
    server = uvicorn.Server(uvicorn.Config(web.create_app(engine), port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
        yield server.servers[0].sockets[0].getsockname()
    finally:
        server.should_exit = True
        thread.join()


def _counts(sent: list[list[str]]) -> dict[str, int]:
    """Return the most that one of several acts sent: statements and commits."""
    return {
        "sql": max(sum(not each.startswith(_ENDS) for each in act) for act in sent),
        "commits": max(act.count("COMMIT") for act in sent),
    }


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)


def targets(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the target of a completion over HTTP, by one client, on both databases."""
    return [
        tables.at_most(f"completion over HTTP, {each['database']}, 1 KB, 1 client: ms", REST_MS, each["p50_ms"])
        for each in found["rows"]
        if (each["way"], each["size"], each["clients"]) == ("HTTP", "1 KB", 1)
    ]


def text(found: dict[str, Any]) -> str:
    """Return the figures as tables."""
    rows = [
        (
            f"{each['database']}, {each['way']}, {each['size']}",
            str(each["processes"]),
            str(each["clients"]),
            tables.number(each["completions_per_second"]),
            tables.number(each["cases_per_second"]),
            *(tables.number(each[f"p{share}_ms"], 1) for share in (50, 95, 99)),
            tables.number(each["cpu_ms"], 2),
            tables.number(each["server_cpu_ms"], 2),
            tables.number(each["written"] / 1000, 1),
        )
        for each in found["rows"]
    ]
    counts = [
        (f"{act}, {each['database']}, {each['way']}", *(str(each[act][what]) for what in ("sql", "commits")))
        for act in ("completion", "start")
        for each in found["counts"]
    ]
    return "\n\n".join([tables.table(_HEADS, rows), tables.table(_COUNT_HEADS, counts)])
