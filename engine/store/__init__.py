"""The store: everything the platform remembers, behind one transaction at a time. The only importer of SQLAlchemy.

How to use it::

    from engine import store

    database = store.Store("sqlite:///gongkai.db")
    database.upgrade()                       # tables, by migrations; does nothing when they are up to date

    with database.write() as uow:            # one transaction: commit at the end, rollback on any exception
        task, locked = uow.user_tasks.lock(17)               # one SELECT: task, instance, state; serialises the case
        ... check task.status, permission; earlier = uow.idempotency.find(key, actor, "complete") ...
        step = execution.complete(process, context, locked.state, task.token, variables)
        uow.audit.append(locked, actor, "complete", f"user_task/{task.id}", {...}, now)   # before record()
        recorded = uow.record(locked, step, now, by=actor)   # recorded.user_tasks: {token: id}, recorded.jobs: bool
        uow.idempotency.keep(key, actor, "complete", {...}, now)

    with database.read() as uow:             # one consistent state, nothing can be written
        page = queries.claimable_user_tasks(uow, user="zhang", groups=("clerk",), limit=50)

Rules:

- A unit of work is short: no handler, no network, no waiting for people inside one. Units of one thread do not nest.
- Whatever changes an instance locks it first (`uow.instances.lock`, or the `lock` of user_tasks, jobs, timers,
  incidents). Locking it again in the same unit of work gives the same `LockedInstance`, with its newest state, and
  costs nothing. Parents are locked after their children, so calls among units of work cannot lock crosswise.
- A new instance: ``locked = uow.instances.create(...)`` (its id is known now), `execution.start`, `uow.record`.
- `uow.record` does everything a step says except what other instances must do: `step.calls`, `messages`, `signals`
  and `escalations` are the caller's.
- Times are aware datetimes and come back in UTC. What is JSON comes back as it was given.
- Errors are those of `engine.errors`: NotFound, Conflict (somebody was faster, or the wait was too long), InvalidInput
  (not JSON, naive datetime), StoreError (disk full, read-only, not upgraded). After any of them the unit of work is
  lost: let it leave the ``with`` block.

Repositories: `deployments`, `definitions`, `instances`, `user_tasks`, `jobs`, `timers`, `subscriptions`, `messages`,
`incidents`, `history`, `comments`, `audit`, `idempotency`, each in the module of its name; lists and pages are in
`engine.store.queries`; `engine.store.counting` counts statements and commits.
"""

from __future__ import annotations

from engine.store.database import Store
from engine.store.instances import LockedInstance
from engine.store.recording import Recorded
from engine.store.unit_of_work import UnitOfWork

__all__ = ["LockedInstance", "Recorded", "Store", "UnitOfWork"]
