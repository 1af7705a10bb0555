"""Every text of the pages is there in English, and none is there for nothing."""

from __future__ import annotations

import ast
import json
import pathlib
import re
import string

import pytest

from engine.web import i18n

WEB = pathlib.Path(i18n.__file__).parent
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
MODULES = sorted(WEB.rglob("*.py"))
AREAS = sorted((WEB / "translations" / "en").glob("*.json"))
CHINESE = re.compile(r"[\u3400-\u9fff]")
_CALL = re.compile(r"""\b_\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')\s*[,)]""")
_TAG = re.compile(r"{[{%#].*?[#%}]}", re.DOTALL)


def asked() -> dict[str, str]:
    """Every text that a template or a module asks for as it stands there, and where."""
    found = {}
    for path in TEMPLATES:
        for text in _CALL.findall(path.read_text(encoding="utf-8")):
            found[ast.literal_eval(text)] = path.name
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "text":
                for argument in node.args[1:2]:
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                        found[argument.value] = path.name
    return found


def test_every_text_of_the_pages_is_there_in_english() -> None:
    missing = {text: where for text, where in asked().items() if CHINESE.search(text) and text not in i18n.english()}
    assert not missing


@pytest.mark.parametrize("path", AREAS, ids=lambda path: path.stem)
def test_translations_name_the_same_values_and_stand_in_one_area(path: pathlib.Path) -> None:
    texts = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=list)
    assert len({chinese for chinese, _ in texts}) == len(texts)
    others = {key: other.name for other in AREAS if other != path for key in json.loads(other.read_text("utf-8"))}
    for chinese, english in texts:
        assert chinese not in others, f"{chinese} is also in {others.get(chinese)}"
        assert english.strip(), chinese
        assert _names(chinese) == _names(english), chinese


def test_templates_have_no_chinese_outside_of_translations() -> None:
    found = {}
    for path in TEMPLATES:
        left = _TAG.sub("", path.read_text(encoding="utf-8"))
        lines = [line.strip() for line in left.splitlines() if CHINESE.search(line)]
        if lines:
            found[str(path.relative_to(WEB))] = lines
    assert not found


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
