"""The cases of a large office: a process with everything that a case may wait for, fifty units, two hundred people."""

from __future__ import annotations

import dataclasses
import itertools
import pathlib
from collections.abc import Sequence

from bench import completions, diagrams, product
from engine import bootstrap, config, testing
from engine.actions import deployments, instances, units, user_tasks, users
from engine.jobs import pump
from engine.model import commands
from engine.model import instances as model
from engine.store import queries_cases

KEY = "office"
ROLE = "handler"
MESSAGE = "补正材料"
#: Units, and people of each. Every case is of one unit, and offered to those of its people who have the role.
UNITS, PEOPLE = 50, 4
TASKS = 3
#: What distinguishes sample cases: three stages, claimed or offered, the unit; in all combinations, twice.
OF_A_UNIT = TASKS * 2
SAMPLE = OF_A_UNIT * UNITS * 2
#: Letters of the number of a case, behind `NUMBER`: every case has as many.
DIGITS = 7
NUMBER = "卷2026-"

_SUBJECTS = (
    "停车收费标准",
    "校车线路调整",
    "公园开放时间",
    "旧城改造补偿",
    "农田灌溉用水",
    "医保报销比例",
    "公交专用车道",
)


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """What a sample case is like: how many of its tasks are done, whether somebody has the open one, which unit."""

    done: int
    claimed: bool
    unit: int
    turn: int

    @classmethod
    def of(cls, kind: int) -> Kind:
        """Return what the case of this number among the sample is like."""
        unit, turn = kind // OF_A_UNIT % UNITS, kind // OF_A_UNIT // UNITS
        return cls(kind % TASKS, bool(kind // TASKS % 2), unit, turn)

    def person(self, office: Office, stage: int) -> commands.Actor:
        """Return who starts the case (0), or does one of its tasks (1 and on)."""
        return office.clerks[self.unit * PEOPLE + (self.turn + stage) % PEOPLE]


def write(root: pathlib.Path) -> None:
    """Write the pack of `product` with this process besides."""
    product.write_pack(root)
    home = root / "processes" / product.SLUG
    roles = f"roles:\n  - {{id: {ROLE}, name: 承办人}}\n"
    facts = (home / "pack.yaml").read_text(encoding="utf-8")
    (home / "pack.yaml").write_text(facts.replace("roles:\n", roles), encoding="utf-8")
    (home / "office.bpmn").write_bytes(diagram())


def diagram(again: int = 0) -> bytes:
    """Return start, three user tasks beside a message and a timer, end; `again` makes it another version."""
    tasks = [f"task_{n}" for n in range(TASKS)]
    names = dict(zip(tasks, ("受理申请", "审核材料", "签发决定"), strict=True))
    flows = [
        ("start", "fork"),
        *itertools.pairwise(["fork", *tasks, "join"]),
        ("fork", "message"),
        ("message", "join"),
        ("fork", "timer"),
        ("timer", "join"),
        ("join", "end"),
    ]
    properties = (
        f'<camunda:properties><camunda:property name="clause" value="{diagrams.CLAUSE}"/>'
        '<camunda:property name="unitOf" value="${office}"/></camunda:properties>'
    )
    events = f'<camunda:properties><camunda:property name="clause" value="{diagrams.CLAUSE}"/></camunda:properties>'
    nodes = [
        '<startEvent id="start" name="收到申请"/>',
        '<parallelGateway id="fork" name="分"/>',
        *(
            f'<userTask id="{task}" name="{names[task]}" camunda:candidateGroups="{ROLE}"'
            f' camunda:dueDate="${{workdays(10)}}" camunda:formKey="{product.FORM}">'
            f"<extensionElements>{properties}</extensionElements></userTask>"
            for task in tasks
        ),
        f'<intermediateCatchEvent id="message" name="收到补正材料"><extensionElements>{events}</extensionElements>'
        '<messageEventDefinition id="message_of" messageRef="supplement"/></intermediateCatchEvent>',
        f'<intermediateCatchEvent id="timer" name="一年期满"><extensionElements>{events}</extensionElements>'
        '<timerEventDefinition id="timer_of"><timeDuration xsi:type="tFormalExpression">P365D</timeDuration>'
        "</timerEventDefinition></intermediateCatchEvent>",
        '<parallelGateway id="join" name="合"/>',
        f'<endEvent id="end" name="已办结{again or ""}"/>',
        *(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
            for source, target in flows
        ),
    ]
    title = '<extensionElements><camunda:properties><camunda:property name="caseTitle" value="${subject}"/>'
    process = (
        f'<message id="supplement" name="{MESSAGE}"/>\n'
        f'<process id="{KEY}" name="依申请办理" isExecutable="true" camunda:candidateStarterGroups="{ROLE}">\n'
        f"{title}</camunda:properties></extensionElements>\n" + "\n".join(nodes) + "\n</process>\n"
    )
    drawn = ["start", "fork", *tasks, "message", "timer", "join", "end"]
    return diagrams.whole(process, KEY, drawn, [f"{source}_{target}" for source, target in flows])


class Office:
    """The engine on a database, with the pack deployed, people and units, and a clock that is told the time."""

    def __init__(self, root: pathlib.Path, url: str) -> None:
        settings = config.Settings(database=url, packs=(root,))
        self.clock = testing.FixedClock("2026-03-09T09:00:00+08:00")
        database = bootstrap.open_store(settings)
        bootstrap.upgrade(database)
        database.dispose()
        self.engine = bootstrap.open_engine(settings, self.clock, shipped_packs=False)
        self.root = root
        self.clerks: list[commands.Actor] = []
        self.names: list[str] = []

    @classmethod
    def existing(cls, root: pathlib.Path, url: str) -> Office:
        """Open a database that has all of this, on the day after."""
        office = cls(root, url)
        office.clock.advance(days=1)
        with office.engine.store.read() as uow:
            found = sorted(uow.users.all(), key=lambda user: user.id)
            office.names = [unit.name for unit in sorted(uow.units.all(), key=lambda unit: unit.id)]
        # In the order in which they were made: by units.
        office.clerks = [commands.Actor(user.id, frozenset({ROLE}), unit=str(user.unit_id)) for user in found]
        return office

    def furnish(self, offices: int = UNITS) -> None:
        """Deploy the pack; make units and accounts."""
        deployments.deploy(self.engine, product.SLUG, product.ADMIN)
        for office in range(offices):
            unit = units.create_unit(self.engine, product.ADMIN, f"第{office + 1}科")
            self.names.append(unit.name)
            for place in range(PEOPLE):
                name = f"p{office:02}{place}"
                users.create_user(
                    self.engine,
                    product.ADMIN,
                    name,
                    f"科员{office + 1}{place + 1}",
                    without_password=True,
                    unit_id=unit.id,
                    roles=(ROLE,),
                )
                self.clerks.append(commands.Actor(name, frozenset({ROLE}), unit=str(unit.id)))

    def play(self, cases: int, kinds: int = SAMPLE) -> None:
        """Play cases as people would, each to where it stays; then do all that workers do about it.

        Args:
            cases: How many.
            kinds: After so many, they are like the first ones.
        """
        for number in range(cases):
            self.clock.advance(seconds=37)
            self._play(number, number % kinds)
        pump.run_until_idle(self.engine)

    def _play(self, number: int, kind: int) -> None:
        like = Kind.of(kind)
        case = self.start(like.person(self, 0), number, kind)
        for stage in range(like.done + 1):
            (task,) = self.open_tasks(case)
            doer = like.person(self, stage + 1)
            if stage < like.done or like.claimed:
                user_tasks.claim(self.engine, task.id, doer)
            if stage < like.done:
                self.complete(task.id, doer)
        if kind % 4 == 0:
            user_tasks.add_comment(self.engine, case, "请申请人补充说明用途。", like.person(self, 0))

    def start(self, starter: commands.Actor, number: int, kind: int) -> int:
        """Start a case under a number; return its id."""
        variables = {
            **completions.data(completions.SIZES["1 KB"]),
            "subject": f"关于{_SUBJECTS[kind % len(_SUBJECTS)]}的申请",
            "office": self.names[Kind.of(kind).unit],
        }
        started = instances.start(
            self.engine,
            KEY,
            dataclasses.replace(starter, admin=True),  # an administrator may write variables
            variables=variables,
            business_key=f"{NUMBER}{number:0{DIGITS}}",
            idempotency_key=f"start-{number}",
        )
        return started.id

    def complete(self, task: int, doer: commands.Actor) -> user_tasks.Completion:
        """Complete a task by its form."""
        form = {**product.OPINION, "opinion": f"{product.OPINION['opinion']}{doer.id}"}
        return user_tasks.complete(self.engine, task, doer, submission=form, idempotency_key=f"task-{task}")

    def open_tasks(self, case: int) -> Sequence[model.UserTask]:
        """Return the open tasks of a case."""
        with self.engine.store.read() as uow:
            return [task for task in uow.user_tasks.of_instance(case) if task.status is model.UserTaskStatus.OPEN]

    def redraw(self, again: int) -> None:
        """Have another version of the process on disk."""
        (self.root / "processes" / product.SLUG / "office.bpmn").write_bytes(diagram(again))

    def case(self, number: int) -> int:
        """Return the id of the case with a number."""
        with self.engine.store.read() as uow:
            return queries_cases.numbered(uow, f"{NUMBER}{number:0{DIGITS}}")[0].case.id

    def close(self) -> None:
        """Close the database."""
        self.engine.close()
