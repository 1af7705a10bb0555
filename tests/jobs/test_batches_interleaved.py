"""Whatever order workers take, do, lose and outlive items in, and however often a batch rests: each item is done once."""

from __future__ import annotations

import contextlib

import hypothesis
import packbuilder as p
import pytest
import snippets as s
from hypothesis import strategies as st

from engine import errors, testing
from engine.actions import batch_work, batches, instances
from engine.model import batches as model
from engine.model import commands
from engine.store import queries

ADMIN = commands.Actor("admin", admin=True)
CASES = 4
WORKERS = ("w1", "w2", "w3")
#: What may happen; fewer items are lost than make one be given up.
ACTS = st.lists(
    st.tuples(st.sampled_from(["take", "do", "do", "lose", "wait", "pause", "resume"]), st.sampled_from(WORKERS)),
    max_size=25,
).filter(lambda acts: sum(act == "take" for act, _ in acts) < batch_work.MOST_ATTEMPTS)


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    place = tmp_path_factory.mktemp("interleaved")
    root = p.write(place / "packs", {"main": p.line(s.user("a", name="办理"), ids=("a",))})
    with testing.EngineDriver(root, directory=place) as driver:
        yield driver


@hypothesis.settings(max_examples=40)
@hypothesis.given(acts=ACTS)
def test_each_item_is_done_once(office, acts):
    # given
    engine = office.engine
    cases = tuple(instances.start(engine, "main", ADMIN).id for _ in range(CASES))
    batch = batches.order(engine, "suspend", model.Selection(ids=cases), ADMIN).batch
    held = {worker: [] for worker in WORKERS}

    # when
    for act, worker in acts:
        if act == "take":
            with engine.store.write() as uow:
                held[worker] += uow.batches.lease(batch.id, office.now, 3, 20)
        elif act == "do" and held[worker]:
            batch_work._do(engine, batch, held[worker].pop(0), ADMIN)
        elif act == "lose":
            held[worker].clear()
        elif act == "wait":
            office.clock.advance(seconds=21)
        elif act in ("pause", "resume"):
            with contextlib.suppress(errors.Conflict):
                getattr(batches, act)(engine, batch.id, ADMIN)
    with contextlib.suppress(errors.Conflict):
        batches.resume(engine, batch.id, ADMIN)
    office.advance(hours=1)
    for items in held.values():  # those that slept until now have no say any more
        for item in items:
            assert batch_work._do(engine, batch, item, ADMIN) is not batch_work._Outcome.SETTLED

    # then
    assert batches.show(engine, batch.id, ADMIN).counts == model.Counts(done=CASES)
    with engine.store.read() as uow:
        for case in cases:
            assert len(queries.audit(uow, chain=case, action="suspend-instance").items) == 1
