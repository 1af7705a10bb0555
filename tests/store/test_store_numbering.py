"""Numbers are given one after the other, whoever asks at the same time, and none is lost when a start fails."""

from __future__ import annotations

import concurrent.futures

import pytest

from engine import store


def test_numbers_asked_for_at_the_same_time_are_all_different_and_leave_no_gap(database: store.Store) -> None:
    def take(number: int) -> int | None:
        try:
            with database.write() as uow:
                given = uow.numbering.next("yushen/2026")
                if number % 5 == 0:
                    raise RuntimeError("the start fails")
                return given
        except RuntimeError:
            return None

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        taken = [given for given in pool.map(take, range(40)) if given is not None]

    assert sorted(taken) == list(range(1, 33))


def test_series_are_counted_apart(database: store.Store) -> None:
    with database.write() as uow:
        assert [uow.numbering.next(name) for name in ("a/2026", "b/2026", "a/2026", "a/2027", "a")] == [1, 1, 2, 1, 1]


def test_a_submission_is_kept_as_it_was(desk) -> None:
    case = desk.start()
    values = {"意见": "同意", "rows": [{"n": 1.5}], "none": None}
    with desk.database.write() as uow:
        uow.submissions.add(case, "start", "demo/apply", values, by="li", at=desk.now)
    with desk.database.read() as uow:
        (kept,) = uow.submissions.of_instance(case)
    assert (kept.values, kept.submitted_by, kept.submitted_at) == (values, "li", desk.now)


@pytest.mark.parametrize("by", ["li", "wang"])
def test_saved_filters_are_replaced_by_name_and_removed_by_their_owner_alone(database: store.Store, desk, by) -> None:
    with database.write() as uow:
        uow.saved_filters.save("li", "todo", "急", {"due": "today"}, desk.now)
        uow.saved_filters.save("li", "todo", "急", {"due": "week"}, desk.now)
        (kept,) = uow.saved_filters.of_owner("li")
        assert kept.query == {"due": "week"}
        assert uow.saved_filters.delete(by, kept.id) is (by == "li")
