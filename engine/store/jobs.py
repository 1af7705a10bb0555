"""Jobs: polled by time, leased to one worker, fenced against workers that were thought dead."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from engine import errors
from engine.model import instances as model
from engine.model import steps
from engine.store import carrying, statements
from engine.store.instances import LOCKED_COLUMNS, LOCKED_WIDTH, Instances, LockedInstance
from engine.store.tables import external_topics, instances, jobs

#: The columns of a `Job`, in its order.
COLUMNS = [column for column in jobs.c if column.name != "poll_at"]
_DEFAULT_ATTEMPTS = 3
_REPEATS = re.compile(r"R(\d+)/")
_POLLED = jobs.c.poll_at.is_not(None)

_INSERT = statements.insert(jobs, without=("id", "leased_by", "lease_until", "last_error"))
_INSERT_CARRIED = statements.insert(jobs, without=("id", "leased_by", "lease_until", "last_error"), returning=jobs.c.id)
_GET = sa.select(*COLUMNS).where(jobs.c.id == sa.bindparam("job"))


# The columns of a `LeasedJob`: its holder is not to read the case for one word.
_GIVEN = [
    *COLUMNS,
    sa.select(instances.c.business_key)
    .where(instances.c.id == jobs.c.instance_id)
    .correlate(jobs)
    .scalar_subquery()
    .label("business_key"),
]
_LEASED: dict[str, Any] = {
    "status": sa.literal_column("'leased'"),
    "leased_by": sa.bindparam("worker"),
    "lease_until": sa.bindparam("until"),
    "poll_at": sa.bindparam("until"),
    "fence": jobs.c.fence + 1,
    "attempt": jobs.c.attempt + 1,
}
_TO_BE_HAD = sa.or_(
    sa.and_(jobs.c.status == sa.literal_column("'ready'"), jobs.c.due <= sa.bindparam("now")),
    sa.and_(jobs.c.status == sa.literal_column("'leased'"), jobs.c.lease_until <= sa.bindparam("now")),
)


# Those that another transaction holds are passed over: they are being taken, or finished, there. Were they waited for,
# two workers that are told of the same jobs in different order would wait for each other.
def _take_all(named: sa.ColumnElement[bool]) -> sa.Update:
    # A subquery and no join: PostgreSQL, which takes open cases for rare, would look for the jobs among all of them.
    status = sa.select(instances.c.status).where(instances.c.id == jobs.c.instance_id).scalar_subquery()
    told = (
        sa.select(jobs.c.id)
        .where(named, status == sa.literal_column("'active'"))
        .with_for_update(of=jobs, skip_locked=True)
        .cte("told")
    )
    return (
        sa.update(jobs)
        .where(
            jobs.c.id.in_(sa.select(told.c.id)),
            _TO_BE_HAD,
            # It was ours when it was carried: a deployment may have given it to programs elsewhere since.
            sa.not_(sa.exists().where(external_topics.c.topic == jobs.c.topic)),
        )
        .values(_LEASED)
        .returning(*_GIVEN)
    )


_TOLD = sa.bindparam("jobs", type_=sa.Text)  # ids, with commas between them
_TAKE_ALL = statements.PerDialect(
    _take_all(jobs.c.id.in_(sa.select(sa.func.json_each("[" + _TOLD + "]").table_valued("value").c.value))),
    _take_all(jobs.c.id == sa.any_(sa.cast(sa.func.string_to_array(_TOLD, ","), postgresql.ARRAY(sa.BigInteger)))),
    None,
)

_RECALL = (
    sa.update(jobs)
    .where(
        jobs.c.poll_at > sa.bindparam("now"),
        jobs.c.due <= sa.bindparam("now"),
        jobs.c.status == sa.literal_column("'ready'"),
    )
    .values(poll_at=jobs.c.due)
)


def _lease(*narrower: sa.ColumnElement[bool]) -> sa.Update:
    """Return the statement that gives a worker what is due."""
    due = (
        sa.select(jobs.c.id)
        .select_from(jobs.join(instances, instances.c.id == jobs.c.instance_id))
        .where(
            _POLLED,
            jobs.c.poll_at <= sa.bindparam("now"),
            instances.c.status == sa.literal_column("'active'"),
            *narrower,
        )
        .order_by(jobs.c.poll_at, jobs.c.id)
        .limit(sa.bindparam("limit", type_=sa.Integer))
        .with_for_update(of=jobs, skip_locked=True)
        .cte("due")  # PostgreSQL runs it once; a subquery might be run, and lock, again and again
    )
    return sa.update(jobs).where(jobs.c.id.in_(sa.select(due.c.id))).values(_LEASED).returning(*_GIVEN)


def _heads() -> sa.Select[Any]:
    """Return the statement that tells the topics in the queue, each with its next job, and whether it is external.

    It leaps from one topic to the next: a hundred thousand jobs of a topic cost as much as one.
    """
    first = sa.select(sa.func.min(jobs.c.topic).label("topic")).where(_POLLED).cte("queued", recursive=True)
    after = sa.select(sa.func.min(jobs.c.topic)).where(_POLLED, jobs.c.topic > first.c.topic).scalar_subquery()
    queued = first.union_all(sa.select(after).where(first.c.topic.is_not(None)))

    def earliest(column: sa.Column[Any]) -> sa.ScalarSelect[Any]:
        return (
            sa.select(column)
            .select_from(jobs.join(instances, instances.c.id == jobs.c.instance_id))
            .where(_POLLED, jobs.c.topic == queued.c.topic, instances.c.status == sa.literal_column("'active'"))
            .order_by(jobs.c.poll_at, jobs.c.id)
            .limit(1)
            .scalar_subquery()
        )

    elsewhere = sa.exists().where(external_topics.c.topic == queued.c.topic)
    return sa.select(
        queued.c.topic, earliest(jobs.c.poll_at).label("poll_at"), earliest(jobs.c.id).label("id"), elsewhere.label("e")
    ).where(queued.c.topic.is_not(None))


_LEASE = _lease(jobs.c.topic == sa.bindparam("topic"))
_HEADS = _heads()
_HELD = (
    jobs.c.id == sa.bindparam("job"),
    jobs.c.fence == sa.bindparam("held_fence"),
    jobs.c.status == sa.literal_column("'leased'"),
)
_HEARTBEAT = sa.update(jobs).where(*_HELD).values(lease_until=sa.bindparam("until"), poll_at=sa.bindparam("until"))
_RELEASE = (
    sa.update(jobs)
    .where(*_HELD)
    .values(
        status=sa.bindparam("status"),
        leased_by=sa.null(),
        lease_until=sa.null(),
        due=sa.bindparam("due"),
        poll_at=sa.bindparam("poll_at"),
        attempt=sa.bindparam("attempt"),
        retries_left=sa.bindparam("retries_left"),
        last_error=sa.bindparam("last_error"),
    )
)
_LOCK = (
    sa.select(*LOCKED_COLUMNS, *COLUMNS)
    .select_from(instances.join(jobs, jobs.c.instance_id == instances.c.id))
    .where(jobs.c.id == sa.bindparam("job"))
    .with_for_update()
)
_CLOSE = (
    sa.update(jobs)
    .where(
        jobs.c.instance_id == sa.bindparam("instance"),
        jobs.c.token == sa.bindparam("at"),
        jobs.c.status.in_([sa.literal_column("'ready'"), sa.literal_column("'leased'")]),
    )
    .values(status=sa.bindparam("status"), poll_at=sa.null(), lease_until=sa.null())
)


class Jobs:
    """The jobs of a unit of work."""

    def __init__(self, link: statements.Link, instances_: Instances) -> None:
        self._link = link
        self._instances = instances_

    def add(
        self, instance_id: int, opened: steps.JobOpened, due: datetime.datetime, *, attempts: int | None = None
    ) -> None:
        """Add a job that no step opened; `attempts` is how often it is tried at most (default: by its cycle)."""
        self._link.run(_INSERT, _row(instance_id, opened, due, attempts))

    def get(self, job_id: int) -> model.Job:
        """Return a job without locking it.

        Raises:
            errors.NotFound: There is none with this id.
        """
        row = self._link.one(_GET, {"job": job_id})
        if row is None:
            raise _unknown(job_id)
        return model.Job(*row)

    def lease(
        self,
        worker: str,
        now: datetime.datetime,
        limit: int,
        seconds: float,
        *,
        topics: Collection[str] | None = None,
        external: bool = False,
    ) -> list[model.LeasedJob]:
        """Give a worker up to `limit` jobs for `seconds`: those due, and those whose lease ran out; oldest first.

        A lease is a new attempt and has a new fence. Jobs of suspended instances rest. The unit of work is to end
        before a handler runs.

        Args:
            worker: Who takes them.
            now: The engine's time.
            limit: How many at most.
            seconds: How long the lease lasts.
            topics: What it takes jobs of; None: of all. The topic whose next job is the oldest comes first.
            external: Whether it works elsewhere: it takes jobs of external topics alone, and nobody else does.
        """
        params = {"worker": worker, "now": now, "until": now + datetime.timedelta(seconds=seconds)}
        leased: list[model.LeasedJob] = []
        for due, topic in self.next_due_by_topic(topics=topics, external=external):
            if due > now or len(leased) == limit:
                break
            rows = self._link.all(_LEASE, params | {"limit": limit - len(leased), "topic": topic})
            leased += [model.LeasedJob(*row) for row in rows]
        leased.sort(key=lambda job: (job.due, job.id))
        return leased

    def take_all(
        self, job_ids: Sequence[int], worker: str, now: datetime.datetime, seconds: float
    ) -> list[model.LeasedJob]:
        """Give a worker what is to be had of the jobs that a queue told it of, oldest first."""
        params = {"jobs": ",".join(map(str, job_ids)), "worker": worker, "now": now}
        rows = self._link.all(_TAKE_ALL, params | {"until": now + datetime.timedelta(seconds=seconds)})
        return sorted((model.LeasedJob(*row) for row in rows), key=lambda job: (job.due, job.id))

    def carry(
        self, topics: Collection[str], now: datetime.datetime, until: datetime.datetime, limit: int
    ) -> list[carrying.Load]:
        """Return jobs that are due, or whose holder has fallen silent, for a queue to carry to whoever is free.

        Args:
            topics: Jobs of which.
            now: The engine's time.
            until: When they are looked for again, if nobody has taken them by then.
            limit: How many at most.
        """
        found: list[carrying.Load] = []
        for due, topic in self.next_due_by_topic(topics=topics):
            if due > now or len(found) == limit:
                break
            found += carrying.due_jobs(self._link, topic, now, until, limit - len(found))
        return found

    def recall(self, now: datetime.datetime) -> None:
        """Look again at once for the jobs that are due and left to a queue; `lease` finds them then."""
        self._link.run(_RECALL, {"now": now})

    def next_due(self, *, topics: Collection[str] | None = None, external: bool = False) -> datetime.datetime | None:
        """Return when the next job is due or its lease runs out; None if there is none to wait for.

        `topics` and `external` as `lease` takes them.
        """
        return next((due for due, _ in self.next_due_by_topic(topics=topics, external=external)), None)

    def next_due_by_topic(
        self, *, topics: Collection[str] | None = None, external: bool = False
    ) -> list[tuple[datetime.datetime, str]]:
        """Return when the next job of each topic is due or its lease runs out, the earliest first."""
        found = sorted(
            (due, job_id, topic)
            for topic, due, job_id, elsewhere in self._link.all(_HEADS, {})
            if due is not None and bool(elsewhere) is external and (topics is None or topic in topics)
        )
        return [(due, topic) for due, _, topic in found]

    def heartbeat(self, job_id: int, fence: int, until: datetime.datetime) -> bool:
        """Prolong a lease; False when it has passed to another worker, or the job is over."""
        return self._link.run(_HEARTBEAT, {"job": job_id, "held_fence": fence, "until": until}) == 1

    def lock(self, job_id: int, fence: int) -> tuple[model.Job, LockedInstance]:
        """Lock the instance of a leased job; return both, and the state, in one SELECT.

        Raises:
            errors.NotFound: There is none with this id.
            errors.Conflict: The job is over, or its lease passed to another worker: what this one did does not count.
        """
        row = self._link.one(_LOCK, {"job": job_id})
        if row is None:
            raise _unknown(job_id)
        job = model.Job(*row[LOCKED_WIDTH:])
        if job.status is not model.JobStatus.LEASED or job.fence != fence:
            raise lost(job_id, job)
        return job, self._instances.adopt(row)

    def finish(self, job: model.Job) -> None:
        """Complete a leased job whose step does not: a step that closes its job has done so when it is recorded.

        Raises:
            errors.Conflict: The lease passed to another worker.
        """
        self._end(job, model.JobStatus.COMPLETED, job.last_error, job.retries_left)

    def retry(self, job: model.Job, due: datetime.datetime, error: str) -> None:
        """Give a leased job back after a failed attempt, for another one at `due`; one retry less is left.

        Raises:
            errors.Conflict: The lease passed to another worker.
        """
        self._release(
            job, status="ready", due=due, poll_at=due, retries_left=max(job.retries_left - 1, 0), last_error=error
        )

    def release(self, job: model.Job, now: datetime.datetime) -> None:
        """Give a leased job back untried, e.g. at a graceful stop: the attempt does not count.

        Raises:
            errors.Conflict: The lease passed to another worker.
        """
        self._release(job, status="ready", due=job.due, poll_at=now, attempt=job.attempt - 1)

    def fail(self, job: model.Job, error: str) -> None:
        """Give a leased job up: no retry is left. The step of `bpmn.fail` opens its incident.

        Raises:
            errors.Conflict: The lease passed to another worker.
        """
        self._end(job, model.JobStatus.FAILED, error, 0)

    def _end(self, job: model.Job, status: model.JobStatus, error: str | None, retries_left: int) -> None:
        self._release(job, status=status, due=job.due, poll_at=None, last_error=error, retries_left=retries_left)

    def _release(self, job: model.Job, **values: Any) -> None:
        params = {"attempt": job.attempt, "retries_left": job.retries_left, "last_error": job.last_error}
        if self._link.run(_RELEASE, params | values | {"job": job.id, "held_fence": job.fence}) != 1:
            raise lost(job.id, job)


def attempts_of(retry_cycle: str) -> int:
    """Return how often a job is tried at most: ``R5/PT5M`` is 5, ``PT1M,PT5M`` is 3, without a cycle 3."""
    repeats = _REPEATS.match(retry_cycle)
    if repeats:
        return max(int(repeats.group(1)), 1)
    return retry_cycle.count(",") + 2 if "," in retry_cycle else _DEFAULT_ATTEMPTS


def open_(
    link: statements.Link,
    instance_id: int,
    opened: Sequence[steps.JobOpened],
    now: datetime.datetime,
    terms: carrying.Terms | None,
) -> list[carrying.Load]:
    """Insert the jobs of a step, due at once; return those that a queue is to carry."""
    polled = [job for job in opened if terms is None or job.topic not in terms.topics]
    link.run_many(_INSERT, [_row(instance_id, job, now, None) for job in polled])
    if terms is None:
        return []
    carried = [job for job in opened if job.topic in terms.topics]
    rows = [_row(instance_id, job, now, None) | {"poll_at": terms.until} for job in carried]
    return [carrying.Load(link.insert(_INSERT_CARRIED, row), job.topic) for job, row in zip(carried, rows, strict=True)]


def close(link: statements.Link, instance_id: int, waits: Sequence[steps.Closed]) -> None:
    """Complete or cancel the open jobs of tokens."""
    link.run_many(
        _CLOSE,
        [{"instance": instance_id, "at": wait.token, "status": model.JobStatus(wait.outcome)} for wait in waits],
    )


def _row(instance_id: int, job: steps.JobOpened, due: datetime.datetime, attempts: int | None) -> dict[str, Any]:
    return {
        "instance_id": instance_id,
        "token": job.token,
        "element_id": job.element_id,
        "topic": job.topic,
        "status": model.JobStatus.READY,
        "attempt": 0,
        "retries_left": attempts_of(job.retry_cycle) if attempts is None else attempts,
        "retry_cycle": job.retry_cycle,
        "due": due,
        "fence": 0,
        "inputs": job.inputs,
        "poll_at": due,
    }


def _unknown(job_id: int) -> errors.NotFound:
    return errors.NotFound(f"没有编号为 {job_id} 的作业。", job=job_id)


def lost(job_id: int, job: model.Job) -> errors.Conflict:
    """Return what somebody is told who no longer holds a job."""
    return errors.Conflict(
        f"作业 {job_id} 已经结束或已由其他工作进程接手，本次执行的结果不再采用。", job=job_id, fence=job.fence
    )
