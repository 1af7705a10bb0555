"""Random sources: they have the value Python gives them or are refused; they never escape, hang, or change their input."""

from __future__ import annotations

import contextlib
import copy
import random
import re
import string
from collections.abc import Iterator

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import errors
from engine.bpmn import expressions

REFUSED = (errors.InvalidExpression, errors.EvaluationFailed)
VARIABLES: dict[str, object] = {
    "a": 3,
    "b": [1, 2, 3],
    "c": "文本",
    "d": {"k": [1, {"k": 2}], "s": "x", "n": None},
    "f": 2.5,
    "t": True,
    "len": [[]],
    "typename": {"typename": ["y"]},
}
settings = hypothesis.settings(max_examples=300, deadline=None)


def words(line: str) -> list[str]:
    return line.split(" ")


def refused_or_done(source: str) -> None:
    before = copy.deepcopy(VARIABLES)
    for compile_source in (expressions.compile_expression, expressions.compile_template):
        with contextlib.suppress(*REFUSED):
            compile_source(source).evaluate(VARIABLES)
    with contextlib.suppress(*REFUSED):
        expressions.compile_script(source).run(VARIABLES)
    assert before == VARIABLES


# Text

WORDS = [
    *VARIABLES,
    *words("( ) [ ] { } , : . = == != < > + - * / % ** // << & | ~ ^ @ := -> ; ! ? $ ${ # \\ ' \" ''' f' rb' \n \n\t"),
    *["\n    ", " ", "  ", "（", "”", "\x00", "\ud800", "０", "1", "0x", "1e9", "9" * 50, "'x'", "'\\d'", "f'{a}'"],
    *words("and or not in is if else elif for while lambda import def class del try with as from async await yield"),
    *words("return global pass break continue True None true null print match case eq ne empty mod"),
    *words("len sum max sorted range get defined now str date zip any __class__ __import__ _x keys append pop format"),
]


@settings
@given(st.lists(st.sampled_from(WORDS), max_size=25).map("".join))
def test_random_words_are_refused_or_evaluated(source: str) -> None:
    refused_or_done(source)


@settings
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_random_spaced_words_are_refused_or_evaluated(source: str) -> None:
    refused_or_done(source)


@settings
@given(st.text(st.characters() | st.sampled_from(string.printable), max_size=60))
def test_random_text_is_refused_or_evaluated(source: str) -> None:
    refused_or_done(source)


# Trees, with everything the grammar of Python has

NAMES = [*VARIABLES, "x", "y", "true", "none", "__builtins__", "_", "str", "open"]
LEAVES = [*NAMES, *words("0 1 -3 40 1.5 'k' '' 'a.b' '2026-05-01' None [] {} () 1e308 f'{a:.2f}'")]
HOSTILE = [
    "lambda: 1",
    "...",
    "b''",
    "1j",
    "'a' * 9999999",
    "9" * 40,
    "[0] * 99999999",
    "10 ** 9",
    "*b",
    "yield",
    "'\\N{DASH}'",
]
ATTRIBUTES = words("k s typename __class__ gi_frame format keys get append join real f_back year")
FUNCTIONS = words("len min max sum abs round int float str bool list dict set sorted any all range enumerate zip")
FUNCTIONS += words(
    "date datetime duration decimal now workdays get defined eval type getattr open print a d.get c.split"
)
KEYWORDS = words("key default reverse start from x")
TARGETS = ["x", "y", "x, y", "(x, (y, a))", "b[0]", "x.k", "*x"]
#: `e` stands for another tree; the other letters for a choice from a list above.
PATTERNS = [
    *words("(e+e) (e-e) (e*e) (e/e) (e//e) (e%e) (e==e) (e<e) (e>=e) (e!=e) (e<e<=e) (e**e) (e<<e) (e|e) (e&e) (e@e)"),
    *["(e in e)", "(e not in e)", "(e is e)", "(e and e)", "(e or e)", "(not e)", "(-e)", "(+e)", "(~e)", "(await e)"],
    *["(e if e else e)", "e.A", "e[e]", "e[e:e]", "[e]", "[e, e]", "(e, e)", "{e}", "{e: e}", "{e: e, **e}", "[*e]"],
    *["[e for T in e]", "{e for T in e if e}", "{e: e for T in e}", "(e for T in e)", "[e for T in e for T in e]"],
    *[
        "F(e)",
        "F(e, e)",
        "F()",
        "F(e for T in e)",
        "F(e, K=e)",
        "F(*e)",
        "F(**e)",
        "e(e)",
        "e.A(e)",
        "e.A()",
        "e.A(e, e)",
    ],
    *["(x := e)", "(lambda x: e)(e)", "f'{e}'", "f'{e!r}'", "f'{e:>9}'"],
]
CHOICES = {"A": ATTRIBUTES, "F": FUNCTIONS, "K": KEYWORDS, "T": TARGETS}


@st.composite
def trees(draw: st.DrawFn) -> str:
    def build(depth: int) -> str:
        if not depth or draw(st.integers(0, 3)) == 0:
            return draw(st.sampled_from(HOSTILE if draw(st.integers(0, 30)) == 30 else LEAVES))
        pattern = draw(st.sampled_from(PATTERNS))
        pieces = re.split(r"\b([eAFKT])\b", pattern)
        return "".join(
            build(depth - 1) if piece == "e" else draw(st.sampled_from(CHOICES[piece])) if piece in CHOICES else piece
            for piece in pieces
        )

    return build(draw(st.integers(1, 5)))


@settings
@given(trees())
def test_random_trees_are_refused_or_evaluated(source: str) -> None:
    refused_or_done(source)


# Trees of what is allowed, against Python itself

#: For each type, ways to make a value of it: the letters stand for trees of a type, x and y for targets in scope.
TYPED = {
    "N": [
        *words("0 1 7 2.5 a f d['k'][0] len(L) len(S) sum(L) max(L) min(N,N) abs(N) int(N) float(N) (N+N) (N-N) (N*N)"),
        *words("(N/N) (N//N) (N%N) (-N) L[0] L[-1] S.count(S) S.find(S) L.count(N) L.index(N) {S:N}[S] {S:N}.get(S,N)"),
        *["(N if B else N)", "(N or N)", "(B and N)", "sum(N for x in L)", "max([N for x in L if B], default=N)"],
        *["len({N for x in L})", "round(N)", "round(N, 1)", "sum(x * y for x, y in zip(L, L))", "N if S in S else N"],
    ],
    "S": [
        *words("'k' '文' '' c d['s'] (S+S) (S*2) S[0:1] S[::-1] S[N:N] S.upper() S.replace(S,S) S.strip() S.strip(S)"),
        *["S.join(S)", "S.join([S for x in L])", "(S if B else S)", "(S or S)", "min(S, S)", "S.split(S)[0]", "S[0]"],
        *["sorted(S)[-1]", "S.removeprefix(S)", "{N: S}[N]", "f'{a}'", "S.split()[-1]", "''.join(sorted(S))"],
    ],
    "L": [
        *words(
            "b [] [N] [N,N,N] list(b) sorted(L) (L+L) (L*2) L[1:] L[::-1] L[N:N:-1] list({S:N}.values()) list(range(5))"
        ),
        *[
            "[N for x in L]",
            "[x for x in L if B]",
            "[x + y for x in L for y in L if B]",
            "[y for x in [L, L] for y in x]",
        ],
        *[
            "[x for x in [x for x in L]]",
            "(L if B else L)",
            "sorted(L, reverse=B)",
            "L.copy()",
            "[len(x) for x in S.split(S)]",
        ],
        *["[y for x, y in enumerate(L)]", "[N for x, y in {S: N}.items()]", "list({x: N for x in L}.values())"],
    ],
    "B": [
        *words("t True False (N<N) (N==N) (N<=N<N) (S==S) (S<S) (S!=N) (L==L) bool(N) bool(L)"),
        *["(N in L)", "(S in S)", "(N not in L)", "(not B)", "(not S)", "(B and B)", "(B or B)", "any(B for x in L)"],
        *[
            "all(B for x in L)",
            "any(L)",
            "S.startswith(S)",
            "S.isdigit()",
            "(d['n'] is None)",
            "(S in {S: N})",
            "(L < L)",
        ],
    ],
}


@st.composite
def typed_trees(draw: st.DrawFn) -> str:
    def build(kind: str, depth: int) -> str:
        if kind == "N" and draw(st.integers(0, 4)) == 0:
            return "x"
        patterns = [pattern for pattern in TYPED[kind] if depth or not re.search(r"[NSLB]", pattern)]
        pieces = re.split(r"\b([NSLB])\b", draw(st.sampled_from(patterns)))
        return "".join(build(piece, depth - 1) if piece in TYPED else piece for piece in pieces)

    return build(draw(st.sampled_from("NSLB")), draw(st.integers(1, 4)))


@hypothesis.settings(max_examples=1000, deadline=None)
@given(typed_trees())
def test_what_is_evaluated_has_the_value_python_gives_it(source: str) -> None:
    variables = {**copy.deepcopy(VARIABLES), "x": 5}
    del variables["len"]
    try:
        expected = eval(source, dict(variables))
    except Exception:
        with pytest.raises(REFUSED):
            expressions.compile_expression(source).evaluate(variables)
        return
    result = expressions.compile_expression(source).evaluate(variables)
    assert result == expected
    assert type(result) is type(expected)


# Scripts that share, nest and change values, against Python itself

INPUTS = words("in1 in2 in3 in4")
OWN = words("p q r s")


def _given() -> dict[str, object]:
    return {name: [[[number], {"k": [number]}], {"k": {"k": []}}, []] for number, name in enumerate(INPUTS)}


def _places(path: str, value: object, depth: int = 3) -> Iterator[tuple[str, object]]:
    """The lists and dictionaries that a path leads to."""
    if isinstance(value, (list, dict)):
        yield path, value
        steps = list(value.items()) if isinstance(value, dict) else list(enumerate(value))[:3]
        for step, inner in steps if depth else []:
            yield from _places(f"{path}[{step!r}]", inner, depth - 1)


def _random_value(choose: random.Random, places: list[tuple[str, object]]) -> str:
    path, value = choose.choice(places)
    other, _ = choose.choice(places)
    ways = [path] * 4 + ["1", "[]", "{}", "[[]]", "[[]] * 2", f"[{path}]", f"{{'k': {path}}}", f"[{path}, {other}]"]
    ways += [f"({path} or {other})", f"({path} if 1 else {other})", f"[v for v in {path}]", f"{path}.copy()"]
    ways += [f"[v for v in [{path}]]", f"[{path}][0]", f"list([{path}])", f"[w for v in [{path}] for w in v]"]
    if isinstance(value, list):
        ways += [f"list({path})", f"{path}[:2]", f"{path} + [{other}]", f"{path} * 2", f"list(enumerate({path}))[0][1]"]
        ways += [f"list(zip({path}, [{other}]))[0][1]", f"sorted([{path}, {path}])[1]", f"max([{path}])"]
    else:
        ways += [f"dict({path})", f"{{**{path}}}", f"list({path}.values())", f"{path}.get('k', {other})"]
    return choose.choice(ways)


def _random_line(choose: random.Random, state: dict[str, object]) -> str:
    places = [place for name, value in state.items() for place in _places(name, value)]
    path, value = choose.choice(places)
    given = _random_value(choose, places)
    own, other = choose.sample(OWN, 2)
    lines = [f"{own} = {given}"] * 5 + [f"{own} = {other} = {given}", f"{own}, {other} = {given}, {path}"]
    lines += [
        f"{own}, {other} = [{given}] * 2",
        f"{path}['k' if 0 else 0] = {own} = {given}",
        f"for v in [{path}]: {own} = v",
    ]
    if isinstance(value, list):
        lines += [f"{path}.append({given})"] * 3 + [
            f"{path} += [{given}]",
            f"{path}.insert(0, {given})",
            f"{path}.clear()",
        ]
        lines += [f"{own} = {path}.pop()", f"for v in {path}[:3]: v.append({given})", f"{path}[0] = {given}"]
    else:
        lines += [f"{path}['k'] = {given}"] * 3 + [f"{path}.update({{'n': {given}}})", f"{own} = {path}.pop('k')"]
        lines += [f"{own} = {path}.setdefault('n', {given})", f"for k, v in {path}.items(): v.append({given})"]
    return choose.choice(lines)


def _random_script(choose: random.Random) -> tuple[str, dict[str, object]]:
    """Lines that Python can run one after the other, and the variables it ends with."""
    kept: list[str] = []
    state = _given()
    for _ in range(choose.randint(1, 9)):
        line, trial = _random_line(choose, state), _given()
        try:
            exec("\n".join([*kept, line]), {}, trial)
            expressions.to_json_value({name: trial[name] for name in state if name in trial})
        except Exception:
            continue
        kept.append(line)
        state = {name: trial[name] for name in (*INPUTS, *OWN) if name in trial}
    return "\n".join(kept) or "pass", state


@hypothesis.settings(max_examples=1000, deadline=None)
@given(st.integers(0, 2**64))
def test_a_script_has_the_effects_python_gives_it_and_leaves_its_input_alone(seed: int) -> None:
    source, expected = _random_script(random.Random(seed))
    variables = _given()
    result = expressions.compile_script(source).run(variables)
    hypothesis.note(source)
    assert variables == _given()
    unchanged = {name: value for name, value in _given().items() if name not in result}
    assert {**unchanged, **result} == expressions.to_json_value(expected)
