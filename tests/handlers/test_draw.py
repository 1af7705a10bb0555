"""HEARING-DRAW-1: the published test vector, both sides of ten, and what nobody can slip through."""

from __future__ import annotations

import datetime
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import errors, registry
from handlers import draw

TICKETS = [f"S{number:03d}" for number in range(1, 15)]
DIGEST = "6e2329c3cfbd39e5d9862f503f976f54b926cb3077e5eee6ae8a7c881b88152d"
SEED = "552db752a9d32467880a458a52de36033bcd0b7d0a9663f3e9de7c62714ae009"
BEACON = "SSQ:2026134:01,05,11,19,24,33+07"
ORDER = ["S011", "S001", "S002", "S012", "S006", "S013", "S005", "S009", "S008", "S003", "S007", "S004", "S014", "S010"]
NOW = datetime.datetime(2026, 11, 22, 10, tzinfo=datetime.timezone(datetime.timedelta(hours=8)))


def job(topic, **inputs):
    return registry.Job(topic, inputs, None, 1, "Task", 1, "key", NOW)


def lots(count):
    return [f"S{number:03d}" for number in range(1, count + 1)]


def chosen(count, places=10, **changes):
    tickets = lots(count)
    inputs = {
        "hearing": "TZ-2026-003",
        "category": "陈述人",
        "places": places,
        "tickets": tickets,
        "list_sha256": draw.list_digest(tickets),
        "threshold": 10,
        "beacon": BEACON,
        **changes,
    }
    return draw.select(job("draw.select", **inputs))["draw"]


def frozen(count, places=10, **changes):
    given = {"category": "陈述人", "places": places, "tickets": lots(count), **changes}
    (found,) = draw.freeze(job("draw.freeze", lists=[given], threshold=10))["frozen"]
    return found


def source(**changes):
    inputs = {
        "source": "announced",
        "announced_period": "2026134",
        "period": "2026134",
        "red": "01,05,11,19,24,33",
        "blue": "07",
        "drawn_on": "2026-11-21",
        "not_before": "2026-11-20",
        **changes,
    }
    return draw.beacon(job("draw.beacon", **inputs))["beacon"]


# --- the test vector -------------------------------------------------------------------------------------------------


def test_the_published_test_vector_comes_out():
    found = chosen(14)
    assert (found["list_sha256"], found["seed"]) == (DIGEST, SEED)
    assert [row["ticket"] for row in found["rows"]] == ORDER
    assert (found["selected"], found["reserve"]) == (ORDER[:10], ORDER[10:])
    assert found["algorithm"] == "HEARING-DRAW-1"


def test_everybody_can_check_a_row_with_sha256sum_alone():
    for row in chosen(14)["rows"]:
        assert row["hash"] == hashlib.sha256(f"{SEED}|{row['ticket']}".encode()).hexdigest()


def test_the_digest_is_of_the_sorted_tickets_one_to_a_line():
    assert draw.list_digest(reversed(TICKETS)) == DIGEST
    assert hashlib.sha256(("\n".join(TICKETS) + "\n").encode()).hexdigest() == DIGEST


# --- both sides of ten -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 9, 10])
def test_up_to_ten_are_all_admitted_without_a_draw(count):
    assert not frozen(count)["drawn"]
    found = chosen(count, beacon=None)
    assert (found["drawn"], found["selected"], found["reserve"]) == (False, lots(count), [])


@pytest.mark.parametrize(("count", "places", "reserve"), [(11, 10, 1), (14, 10, 4), (14, 12, 2), (500, 10, 490)])
def test_beyond_ten_as_many_are_chosen_as_there_are_places(count, places, reserve):
    assert frozen(count, places)["drawn"]
    found = chosen(count, places)
    assert (len(found["selected"]), len(found["reserve"])) == (places, reserve)
    assert sorted(found["selected"] + found["reserve"]) == lots(count)


def test_beyond_ten_with_places_for_all_nobody_is_left_out():
    assert not frozen(11, places=12)["drawn"]
    assert chosen(11, places=12, beacon=None)["selected"] == lots(11)


@pytest.mark.parametrize("places", [0, 9])
def test_fewer_than_ten_places_are_refused(places):
    for attempt in (frozen, chosen):
        with pytest.raises(errors.InvalidInput, match="不得少于 10 人"):
            attempt(14, places)


@settings(max_examples=60)
@given(st.integers(11, 60), st.integers(10, 60), st.text("0123456789", min_size=1, max_size=9))
def test_whatever_the_random_source_at_least_ten_and_everybody_has_one_place_in_the_order(count, places, beacon):
    found = chosen(count, places, beacon=beacon)
    assert len(found["selected"]) == min(count, places) >= 10
    assert sorted(found["selected"] + found["reserve"]) == lots(count)


def test_the_two_categories_are_drawn_independently():
    assert chosen(14)["rows"] != chosen(14, category="旁听人")["rows"]


# --- nobody can steer it ---------------------------------------------------------------------------------------------


def test_a_list_that_is_not_the_frozen_one_is_refused():
    with pytest.raises(errors.InvalidInput, match="应与冻结时公布的一致"):
        chosen(14, list_sha256=draw.list_digest(lots(13)))


@pytest.mark.parametrize("change", [{"hearing": "TZ-2026-004"}, {"places": 11}, {"beacon": BEACON.replace("07", "08")}])
def test_hearing_places_and_source_are_bound_into_the_seed(change):
    assert chosen(14, **change)["seed"] != SEED


def test_without_a_random_source_nothing_is_drawn():
    with pytest.raises(errors.InvalidInput, match="没有随机来源"):
        chosen(14, beacon=None)


def test_nobody_has_two_tickets_and_tickets_are_plain():
    with pytest.raises(errors.InvalidInput, match="一人应只有一个登记号"):
        frozen(0, tickets=["S001", "S001"])
    with pytest.raises(errors.InvalidInput, match="字母和数字"):
        frozen(0, tickets=["S001", "S|02"])
    with pytest.raises(errors.InvalidInput, match="不含"):
        chosen(14, hearing="听证|1")


# --- the random source -----------------------------------------------------------------------------------------------


def test_the_source_is_written_as_one_line():
    assert source() == BEACON
    assert source(source="next", period="2026135").startswith("SSQ:2026135:")
    thrown = source(source="dice", period=None, dice="3,1,6,2,2", witnesses=["S001", "S002", "P007"])
    assert thrown == "DICE:2026-11-21:3,1,6,2,2"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"drawn_on": "2026-11-19"}, "名单冻结并且异议期届满以后"),
        ({"drawn_on": "2026-11-23"}, "晚于今天"),
        ({"period": "2026135"}, "应使用公告的第 2026134 期"),
        ({"source": "next"}, "之后"),
        ({"source": "next", "period": "2026133"}, "之后"),
        ({"source": "next", "period": "第135期"}, "七位数字"),
        ({"red": "05,01,11,19,24,33"}, "从小到大"),
        ({"red": "01,01,11,19,24,33"}, "不同"),
        ({"red": "01,05,11,19,24,34"}, "01至33"),
        ({"red": "00,05,11,19,24,33"}, "01至33"),
        ({"red": "01,05,11,19,24"}, "六个"),
        ({"red": None}, "六个"),
        ({"blue": "17"}, "01至16"),
        ({"blue": "7"}, "01至16"),
        ({"source": "dice", "dice": "3,1,6,2", "witnesses": ["S001", "S002", "S003"]}, "五枚"),
        ({"source": "dice", "dice": "3,1,6,2,7", "witnesses": ["S001", "S002", "S003"]}, "五枚"),
        ({"source": "dice", "dice": "3,1,6,2,2", "witnesses": ["S001", "S001", "S002"]}, "三名"),
    ],
)
def test_a_source_that_could_have_been_chosen_is_refused(change, why):
    with pytest.raises(errors.BpmnError, match=why) as refused:
        source(**change)
    assert refused.value.error_code == "beacon-refused"


def test_another_kind_of_source_is_a_mistake_of_the_diagram():
    with pytest.raises(errors.InvalidInput, match="announced"):
        source(source="coin")


# --- the reserve -----------------------------------------------------------------------------------------------------


def test_who_declines_is_replaced_in_the_order_of_the_reserve():
    found = draw.replace(
        job("draw.replace", admitted=ORDER[:10], reserve=ORDER[10:], declined=["S002", "S011"]),
    )
    assert found["promoted"] == ["S007", "S004"]
    assert found["reserve"] == ["S014", "S010"]
    assert len(found["admitted"]) == 10
    assert not {"S002", "S011"} & set(found["admitted"])


def test_when_the_reserve_is_used_up_the_rest_stays():
    found = draw.replace(job("draw.replace", admitted=ORDER[:10], reserve=["S007"], declined=["S002", "S011"]))
    assert (len(found["admitted"]), found["reserve"], found["promoted"]) == (9, [], ["S007"])


def test_only_who_was_admitted_can_decline():
    with pytest.raises(errors.InvalidInput, match="未入选的登记号：S010"):
        draw.replace(job("draw.replace", admitted=ORDER[:10], reserve=ORDER[10:], declined=["S010"]))
