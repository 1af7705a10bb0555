"""What a case keeps as text: whoever reads a part of it leaves the rest as it was, letter by letter."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.bpmn import written

names = st.sampled_from(["a", "b", "文号", 'say "x"', ""])
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
acts = st.lists(
    st.tuples(st.sampled_from(["read", "set", "remove", "has", "change", "update", "count"]), names, values), max_size=8
)


def do(act, name, value, target):
    """Do something with variables; return what it says."""
    match act:
        case "read":
            return target.get(name, "none")
        case "set":
            target[name] = value
        case "remove":
            return target.pop(name, "none")
        case "has":
            return name in target
        case "change":  # inside of a value that was read
            if isinstance(found := target.get(name), list):
                found.append(value)
        case "update":
            target.update({name: value, "b": 1})
        case "count":
            return len(target), list(target), bool(target)
    return None


@given(st.dictionaries(names, values), acts)
def test_variables_do_as_a_dictionary_that_was_read_as_a_whole(kept, acts):
    text = written.encode(kept)
    plain, variables = json.loads(text), written.Variables(text)
    for act in acts:
        assert repr(do(*act, variables)) == repr(do(*act, plain))
    assert written.encode(variables) == written.encode(plain)
    assert list(variables.items()) == list(plain.items())


def test_what_nobody_asks_for_is_written_as_it_was():
    # given texts that no writer of ours would write so
    variables = written.Variables('{"spaced": [1,  2 ], "a": 1.50, "escaped": "\\u5e02", "b": {"c": 1E2}}')

    assert variables["a"] == 1.5
    variables["new"] = "新"

    assert written.encode(variables) == '{"spaced":[1,  2 ],"a":1.5,"escaped":"\\u5e02","b":{"c": 1E2},"new":"新"}'
    assert dict(variables) == {"spaced": [1, 2], "a": 1.5, "escaped": "市", "b": {"c": 100.0}, "new": "新"}
