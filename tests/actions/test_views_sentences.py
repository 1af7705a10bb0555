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


class Module:
    """A module of actions, with its source as a tree."""

    def __init__(self, path: pathlib.Path) -> None:
        self.name = path.name
        self.loaded = importlib.import_module(f"engine.actions.{path.stem}")
        self.tree = ast.parse(path.read_text(encoding="utf-8"))

    def calls(self) -> list[ast.Call]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call)]


MODULES = [Module(path) for path in sorted(ROOT.glob("[!_]*.py"))]


def noted() -> dict[str, str]:
    """Every name of an act in the code, with the module that notes it."""
    found: dict[str, str] = {audit_chain.STARTED: store.__name__}
    for module in MODULES:
        for call in module.calls():
            if isinstance(call.func, ast.Attribute) and call.func.attr == "note":
                found.update(dict.fromkeys(names(call.args[1], module), module.name))
            elif ast.unparse(call.func) == "tx.uow.audit.append":  # in the name of somebody else
                found.update(dict.fromkeys(names(call.args[2], module), module.name))
    return found


def names(node: ast.expr, module: Module) -> set[str]:
    """What an argument can be: a constant, a name of the module or of another, or what a function is called with."""
    source = ast.unparse(node)
    if source in TOLD:
        return TOLD[source]
    if isinstance(node, ast.Constant):
        return {str(node.value)}
    if isinstance(node, ast.IfExp):
        return names(node.body, module) | names(node.orelse, module)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return {getattr(getattr(module.loaded, node.value.id), node.attr)}
    assert isinstance(node, ast.Name), f"{module.name}: {source} cannot be followed"
    if isinstance(getattr(module.loaded, node.id, None), str):
        return {getattr(module.loaded, node.id)}
    return given(node.id, module)


def given(name: str, module: Module) -> set[str]:
    """What the parameter or variable of this name is given: in the module, and by whoever calls its functions."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef) and name in [each.arg for each in node.args.args + node.args.kwonlyargs]:
            found |= defaults(node, name, module)
            for caller in MODULES:
                for call in caller.calls():
                    if ast.unparse(call.func).split(".")[-1] == node.name:
                        found |= argument(call, node, name, caller)
        elif isinstance(node, ast.Assign) and any(ast.unparse(each) == name for each in node.targets):
            found |= names(node.value, module)
    assert found, f"{module.name}: what {name} can be is not known"
    return found


def defaults(function: ast.FunctionDef, name: str, module: Module) -> set[str]:
    places = [each.arg for each in function.args.args][-len(function.args.defaults) :] if function.args.defaults else []
    pairs = [*zip(places, function.args.defaults, strict=True)]
    pairs += [
        (each.arg, default)
        for each, default in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        if default is not None
    ]
    return {text for place, default in pairs if place == name for text in names(default, module)}


def argument(call: ast.Call, function: ast.FunctionDef, name: str, caller: Module) -> set[str]:
    places = [each.arg for each in function.args.args if each.arg != "self"]
    by_place = dict(zip(places, call.args, strict=False))
    by_name = {each.arg: each.value for each in call.keywords if each.arg}
    node = by_name.get(name) or by_place.get(name)
    if node is None or (isinstance(node, ast.Name) and not hasattr(caller.loaded, node.id)):
        return set()
    return names(node, caller)


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
    details = {"element": "T", "to": "wang", "by": "zhang", "for": "zhang", "changes": {"title": {}}, "to_element": "T"}
    entry = instances.AuditEntry(1, 1, NOW, "li", action, "user_task/17", details, "", "")
    sentence, _ = words.say(entry)
    assert any("\u4e00" <= char <= "\u9fff" for char in sentence)
    assert not set("{}") & set(sentence)
    assert "None" not in sentence
    fields = {field for _, field, _, _ in string.Formatter().parse(sentences.WORDINGS[action].sentence) if field}
    known = {
        "who",
        "task",
        "element",
        "to",
        "by",
        "back",
        "case",
        "agrees",
        "old",
        "new",
        "name",
        "changed",
        "before",
        "after",
    }
    assert fields <= known
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
