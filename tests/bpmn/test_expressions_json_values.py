"""Values of an evaluation as JSON, which is all that process variables can be."""

from __future__ import annotations

import enum
import json
import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors
from engine.bpmn import expressions, written

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_json_is_passed_on_as_it_is_without_a_copy(value: object) -> None:
    assert expressions.to_json_value(value) is value


@given(json_values | st.integers(-(2**9_999), 2**9_999).map(lambda whole: {"whole": whole}))
def test_what_a_case_keeps_is_read_as_it_was_written(value: object) -> None:
    try:
        kept = expressions.to_json_value(value)
    except errors.EvaluationFailed:
        return  # a text that is no Unicode
    read = json.loads(written.encode(kept))
    assert (read, repr(read)) == (kept, repr(kept))


@given(json_values, st.datetimes(), st.timedeltas(), st.sets(st.text(), max_size=3))
def test_everything_else_becomes_json(value: object, moment: datetime, period: timedelta, names: set[str]) -> None:
    mixed = {"typename": value, "list": (moment, moment.date(), [period]), "names": names}
    result = expressions.to_json_value(mixed)
    assert json.loads(json.dumps(result)) == result
    assert result["list"][0] == moment.isoformat()
    assert result["names"] == sorted(names)


class Level(enum.StrEnum):
    SECRET = "秘密"


class Score(enum.IntEnum):
    PASSED = 60


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (date(2026, 5, 1), "2026-05-01"),
        (datetime(2026, 5, 1, 9, tzinfo=timezone(timedelta(hours=8))), "2026-05-01T09:00:00+08:00"),
        (timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=500_000), "P1DT2H3M4.5S"),
        (timedelta(days=5), "P5D"),
        (timedelta(0), "PT0S"),
        (timedelta(microseconds=1), "PT0.000001S"),
        (-timedelta(hours=1), "-PT1H"),
        (timedelta.min, "-P999999999D"),
        (Decimal("12.50"), "12.50"),
        ({3, 1, 2}, [1, 2, 3]),
        ({True, None, "a"}, [None, True, "a"]),
        (frozenset({"b", "a"}), ["a", "b"]),
        (Level.SECRET, "秘密"),
        (Score.PASSED, 60),
        ({Level.SECRET: 1}, {"秘密": 1}),
    ],
)
def test_the_json_form_of(value: object, expected: object) -> None:
    result = expressions.to_json_value(value)
    assert result == expected
    assert type(result) is type(expected)


def _nested(depth: int) -> list[object]:
    value: list[object] = []
    for _ in range(depth):
        value = [value]
    return value


def _cycle() -> list[object]:
    value: list[object] = []
    value.append(value)
    return value


def _doubled() -> list[object]:
    value: list[object] = ["x"]
    for _ in range(60):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (object(), "object不能保存"),
        (len, "不能保存"),
        (b"x", "bytes不能保存"),
        (1j, "complex不能保存"),
        ({"a": [1, {"b": int}]}, "在 [“a”][1][“b”] 处"),
        ({1: 2}, "字典的键应为文本，实际是整数"),
        (math.nan, "应为有限的数"),
        ([math.inf], "应为有限的数"),
        (Decimal("NaN"), "不能保存"),
        (["\ud800"], "代理字符"),
        ({"\udfff": 1}, "代理字符"),
        ([10**5000], "整数过大"),
        (_nested(101), "嵌套过深"),
        (_cycle(), "包含了自身"),
        (_doubled(), "数据过大"),
        (["x" * 1_000_000] * 11, "数据过大"),
        (iter([1]), "不能保存"),
        ({(1, 2), (1, "a")}, "无法排序"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(value: object, said: str) -> None:
    with pytest.raises(errors.EvaluationFailed) as caught:
        expressions.to_json_value(value)
    assert said in caught.value.message
