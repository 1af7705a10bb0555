"""Every act that the code can note in the audit trail has a sentence of its own, and the facts it names are known."""

from __future__ import annotations

import ast
import datetime
import importlib
import pathlib
import string

import pytest

from engine import actions, store
from engine.actions import definitions, sentences
from engine.model import instances
from engine.store import audit_chain

NOW = datetime.datetime(2026, 3, 9, 9, tzinfo=datetime.UTC)
ROOT = pathlib.Path(actions.__file__ or "").parent
#: Names that are put together, or handed on: function or pattern, and all it can become.
TOLD = {
    "f'{_VERBS[status]}-definition'": {f"{verb}-definition" for verb in definitions._VERBS.values()},
    "f'instance-{status.value}'": {
        f"instance-{status.value}"
        for status in instances.InstanceStatus
        if status.ended and status.value != "completed"
    },
}


def noted() -> dict[str, str]:
    """Every name of an act in the code, with the module that notes it."""
    found: dict[str, str] = {audit_chain.STARTED: store.__name__}
    for path in sorted(ROOT.glob("*.py")):
        module = importlib.import_module(f"engine.actions.{path.stem}")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "note":
                for name in names(call.args[1], module, tree):
                    found[name] = path.name
    return found


def names(node: ast.expr, module: object, tree: ast.Module) -> set[str]:
    """What an argument can be: a constant, a name of the module or of another, or what a function is called with."""
    source = ast.unparse(node)
    if source in TOLD:
        return TOLD[source]
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return names(node.body, module, tree) | names(node.orelse, module, tree)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return {getattr(getattr(module, node.value.id), node.attr)}
    assert isinstance(node, ast.Name), f"{module}: {source} cannot be followed"
    if isinstance(getattr(module, node.id, None), str):
        return {getattr(module, node.id)}
    return called_with(node.id, module, tree)


def called_with(name: str, module: object, tree: ast.Module) -> set[str]:
    """What the parameter or variable of this name is given in the module."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]
            if name in given:
                for call in ast.walk(tree):
                    if isinstance(call, ast.Call) and ast.unparse(call.func).split(".")[-1] == node.name:
                        found |= argument(call, given, name, module, tree)
        elif isinstance(node, ast.Assign) and any(ast.unparse(each) == name for each in node.targets):
            found |= names(node.value, module, tree)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            places = [ast.unparse(each) for each in node.targets[0].elts]
            if name in places and isinstance(node.value, ast.Tuple):
                found |= names(node.value.elts[places.index(name)], module, tree)
    assert found, f"{module}: what {name} can be is not known"
    return found


def argument(call: ast.Call, given: list[str], name: str, module: object, tree: ast.Module) -> set[str]:
    for keyword in call.keywords:
        if keyword.arg == name:
            return literal(keyword.value, module, tree)
    place = given.index(name) - (1 if given[0] == "self" else 0)
    return literal(call.args[place], module, tree) if place < len(call.args) else set()


def literal(node: ast.expr, module: object, tree: ast.Module) -> set[str]:
    return names(node, module, tree) if not isinstance(node, ast.Name) or hasattr(module, node.id) else set()


def test_every_act_has_a_sentence_and_no_sentence_is_left_over():
    found = noted()
    missing = {name: where for name, where in found.items() if name not in sentences.WORDINGS}
    assert missing == {}
    assert set(sentences.WORDINGS) - set(found) == set()


@pytest.mark.parametrize("action", sorted(sentences.WORDINGS))
def test_a_sentence_is_chinese_complete_and_names_people(action):
    words = sentences.Words(
        people={"li": "李四", "wang": "王五", "zhang": "张三"},
        tasks={17: "审核申请"},
        elements={"T": "审核"},
        operator=True,
    )
    details = {"element": "T", "to": "wang", "by": "zhang", "for": "zhang", "changes": {"title": {}}}
    entry = instances.AuditEntry(1, 1, NOW, "li", action, "user_task/17", details, "", "")
    sentence, _ = words.say(entry)
    assert any("\u4e00" <= char <= "\u9fff" for char in sentence)
    assert not set("{}") & set(sentence)
    assert "None" not in sentence
    fields = {field for _, field, _, _ in string.Formatter().parse(sentences.WORDINGS[action].sentence) if field}
    assert fields <= {"who", "task", "element", "to", "by", "name", "changed"}
    if "who" in fields:
        assert "李四代张三" in sentence


def test_an_act_that_nobody_knows_is_called_by_its_name():
    entry = instances.AuditEntry(1, 1, NOW, "li", "dance{x}", "instance/1", {}, "", "")
    assert sentences.Words(people={}).say(entry) == ("li：dancex", "")


def test_technical_details_are_for_operators():
    entry = instances.AuditEntry(
        1, 1, NOW, "system", "fail-job", "job/1", {"element": "T", "error": "Traceback"}, "", ""
    )
    assert sentences.Words(people={}, elements={"T": "发布"}).say(entry)[1] == ""
    assert sentences.Words(people={}, elements={"T": "发布"}, operator=True).say(entry)[1] == "Traceback"
