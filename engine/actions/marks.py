"""Which clauses tests prove: read from their marks, without importing or running anything.

A test says so by ``@pytest.mark.clause("P000-06a §9")``, a module for all of its tests by
``pytestmark = pytest.mark.clause(…)``, a class for those it holds.
"""

from __future__ import annotations

import ast
import functools
import pathlib
from collections.abc import Iterator, Sequence

from engine.model import tracing

_NAME = "clause"
#: Files kept read; the page that shows them is asked for more often than tests change.
_KEPT = 1000


def read(directory: pathlib.Path) -> tuple[tracing.Mark, ...]:
    """Return the marks of every test below a directory, in order of file and line.

    A mark that cannot be read, or that stands where it marks no test, has no quotation: it proves nothing.
    """
    found: list[tracing.Mark] = []
    for path in sorted(directory.rglob("test_*.py")):
        about = path.stat()
        name = f"{directory.name}/{path.relative_to(directory).as_posix()}"
        found += _of_file(path, name, about.st_mtime_ns, about.st_size)
    return tuple(found)


@functools.lru_cache(maxsize=_KEPT)
def _of_file(path: pathlib.Path, name: str, _changed: int, _size: int) -> tuple[tracing.Mark, ...]:
    text = path.read_text(encoding="utf-8", errors="replace")
    if f"mark.{_NAME}" not in text:  # most files have none, and reading them takes its time
        return ()
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        return (tracing.Mark(name, error.lineno or 1, "", None),)
    tests = list(_tests(tree.body, _of_module(tree)))
    used = {id(call.func) for _, calls in tests for call in calls}
    found = [mark for test, calls in tests for mark in _of_test(name, test, calls)]
    lost = [node for node in ast.walk(tree) if _names(node) and id(node) not in used]
    found += [tracing.Mark(name, getattr(node, "lineno", 1), "", None) for node in lost]
    return tuple(sorted(set(found), key=lambda mark: (mark.line, mark.test, mark.quoted or "")))


_Test = ast.FunctionDef | ast.AsyncFunctionDef


def _tests(body: Sequence[ast.stmt], around: Sequence[ast.Call]) -> Iterator[tuple[_Test, list[ast.Call]]]:
    """Yield the tests of a module or class with the marks that hold for each."""
    for node in body:
        if isinstance(node, _Test) and node.name.startswith("test_"):
            yield node, [*around, *_marks(node.decorator_list)]
        elif isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from _tests(node.body, [*around, *_marks(node.decorator_list)])


def _of_module(tree: ast.Module) -> list[ast.Call]:
    """Return the marks in `pytestmark`."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets):
            return _marks(node.value.elts if isinstance(node.value, ast.List | ast.Tuple) else [node.value])
    return []


def _marks(nodes: Sequence[ast.expr]) -> list[ast.Call]:
    return [node for node in nodes if isinstance(node, ast.Call) and _names(node.func)]


def _names(node: ast.AST) -> bool:
    """Tell whether something names the mark."""
    return isinstance(node, ast.Attribute) and node.attr == _NAME and ast.unparse(node.value) in ("pytest.mark", "mark")


def _of_test(file: str, test: _Test, calls: Sequence[ast.Call]) -> Iterator[tracing.Mark]:
    """Yield what the marks of a test quote, together; anything but texts, or nothing at all, is not read."""
    texts: list[str] = []
    for call in calls:
        given = [each.value if isinstance(each, ast.Constant) else None for each in call.args]
        texts += [each for each in given if isinstance(each, str)]
        if not given or not all(isinstance(each, str) for each in given):
            yield tracing.Mark(file, test.lineno, test.name, None)
    if texts:
        yield tracing.Mark(file, test.lineno, test.name, ";".join(texts))
