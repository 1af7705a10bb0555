"""Patterns match what ECMA regular expressions match, refuse what they cannot run, and never hang."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.forms import pattern_syntax, patterns


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (
            "^1[3-9][0-9]{9}$",
            ["13800138000"],
            ["138001380000", "12800138000", "", "13800138000\n", "１３８００１３８０００"],
        ),
        ("^[0-9]{17}[0-9Xx]$", ["11010519491231002X"], ["1101051949123100", "11010519491231002Y"]),
        ("^(公|秘)示$", ["公示", "秘示"], ["公", "示", "公秘示"]),
        ("^[\\u4e00-\\u9fff]{2,4}$", ["张三", "欧阳修文"], ["张", "Zhang"]),
        ("〔\\d{4}〕", ["宿政办函〔2021〕21号"], ["宿政办函2021号", "〔202〕"]),
        ("^a*b+c?$", ["b", "aab", "abbc"], ["a", "abcc", ""]),
        ("^(?:ab){2,}$", ["abab", "ababab"], ["ab", "aba"]),
        ("^x{0}y{1,1}$", ["y"], ["xy", ""]),
        ("^[^\\d\\s-]+$", ["abc"], ["a1", "a b", "a-b", ""]),
        ("^\\D\\S\\W$", ["ab!"], ["1b!", "a !", "ab_"]),
        ("^\\.\\/\\-\\$\\^$", ["./-$^"], ["a/-$^"]),
        ("^[\\]\\\\\\-a]+$", ["]\\-a"], ["b"]),
        ("^[a-]+$", ["a-"], ["b"]),
        ("^.$", ["中", "😀"], ["", "\n", "ab"]),
        ("^\\t\\n\\r$", ["\t\n\r"], ["tnr"]),
        ("^(a|)$", ["", "a"], ["b"]),
        ("\\\\$", ["a\\"], ["a\\b"]),
        ("", ["", "anything"], []),
        ("^((a*)*)*$", ["", "aaaa"], ["aab"]),
        ("a|b", ["xbx", "a"], ["c"]),
    ],
)
def test_pattern_matches_what_it_says(pattern: str, yes: list[str], no: list[str]) -> None:
    compiled = patterns.Pattern(pattern)
    assert [text for text in yes if not compiled.matches(text)] == []
    assert [text for text in no if compiled.matches(text)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)b", "(?<!a)b", "(?P<x>a)", "(a)\\1", "a*?", "a++", "a{2}{3}", "(", ")", "a)", "(a", "[a", "[]", "[z-a]",
        "[\\d-z]", "a{", "a{,3}", "a{5,3}", "a{99999}", "a{二}", "*a", "?", "a^b", "a$b", "\\", "\\q", "\\p{Han}",
        "\\u12", "\\b", "^a|b$",
        "{", "}", "]", "[[a]", "(((a{50}){50}){50})", "(a{300}){300}", "x" * 501, "(" * 30 + ")" * 30,
    ],
)  # fmt: skip
def test_pattern_outside_the_subset_is_refused_with_a_chinese_sentence(pattern: str) -> None:
    with pytest.raises(pattern_syntax.PatternError) as caught:
        patterns.Pattern(pattern)
    assert re.search("[\u4e00-\u9fff]", str(caught.value))


@pytest.mark.parametrize(
    "pattern", ["^(a+)+$", "^(a|a)*$", "^(a*)*b$", "(.*)(.*)(.*)(.*)(.*)x$", "^(a|aa|aaa|aaaa){1,25}$"]
)
def test_patterns_that_hang_python_re_take_linear_time(pattern: str) -> None:
    compiled = patterns.Pattern(pattern)
    began = time.process_time()
    compiled.matches("a" * 20_000 + "!")
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "pattern",
    [
        "[ab]*a[ab]{100}$",
        "(a|b)*a(a|b){60}x",
        "^" + "(a|b|ab|ba)*" * 20 + "a[ab]{30}$",
        "([a-m]|[b-n]|[c-o]){60}x.{60}y.{40}",
    ],
)
def test_pattern_with_too_many_ways_to_go_on_is_refused_quickly(pattern: str) -> None:
    began = time.process_time()
    with contextlib.suppress(pattern_syntax.PatternError):
        patterns.Pattern(pattern)
    assert time.process_time() - began < 3


def test_pattern_that_would_need_a_table_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(pattern_syntax.PatternError, match="过于复杂"):
        patterns.Pattern("[ab]*a[ab]{100}$")


_ATOMS = st.sampled_from(["a", "b", "[ab]", "[^a]", ".", "\\d", "中"])


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    )


@settings(max_examples=150, deadline=None)
@given(
    body=st.recursive(_ATOMS, _grow, max_leaves=5),
    start=st.sampled_from(["", "^"]),
    end=st.sampled_from(["", "$"]),
    texts=st.lists(st.text("ab中1\n", max_size=6), min_size=1, max_size=8),
)
def test_pattern_agrees_with_python_re(body: str, start: str, end: str, texts: list[str]) -> None:
    pattern = patterns.Pattern(f"{start}{body}{end}")
    # Python's "." differs from ECMA's only for characters that are not drawn here; its "$" needs \Z.
    reference = re.compile(start + body.replace("\\d", "[0-9]").replace(".", "[^\n]") + ("\\Z" if end else ""))
    for text in texts:
        assert pattern.matches(text) == bool(reference.search(text)), (pattern.source, text)


@settings(max_examples=200, deadline=None)
@given(st.text("()[]{}|*+?\\^$.ab-1,duu4e00", max_size=30))
def test_any_text_is_compiled_or_refused(source: str) -> None:
    with contextlib.suppress(pattern_syntax.PatternError):
        patterns.Pattern(source).matches("ab1")
