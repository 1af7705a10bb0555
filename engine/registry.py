"""Topic → handler: what a service task runs.

A handler is a plain function of a file under `handlers/`, marked with its topic::

    from engine import registry

    @registry.handler("publications.publish", inputs={"title": str, "days": int})
    def publish(job: registry.Job) -> dict[str, object]:
        return {"published_at": job.now.isoformat()}

What it returns becomes process variables.  It runs at least once: `job.idempotency_key` is the same every time.
"""

from __future__ import annotations

import dataclasses
import datetime
import difflib
import hashlib
import importlib
import importlib.util
import inspect
import json
import pathlib
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import jsonschema

from engine import errors
from engine.model import figures, records

Function = Callable[["Job"], "dict[str, Any] | None"]
_MARK = "__gongkai_topic__"


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """What a handler is given.

    inputs: the input parameters of the service task, validated against what the handler declared.
    attempt: 1 for the first run.
    idempotency_key: the same for every run of this service task visit; pass it on to whatever must not happen twice.
    now: the engine's time, in official Chinese time; handlers do not look at the clock of the machine.
    """

    topic: str
    inputs: Mapping[str, Any]
    business_key: str | None
    instance_id: int
    element_id: str
    attempt: int
    idempotency_key: str
    now: datetime.datetime
    beat: Callable[[], None] = lambda: None
    #: What is to be written in the transaction that finishes the job; see `write`.
    requests: list[records.Request | figures.Count] = dataclasses.field(default_factory=list)

    def write(self, request: records.Request) -> None:
        """Have something written into a register, issued as a document, or published.

        It happens in the transaction that finishes the job, after the handler has returned: not at all when the job
        fails or goes to another worker, and never twice. What came of it is then a variable: `entry`, `document` or
        `publication`, the last of each kind.
        """
        self.requests.append(request)

    def count(self, request: figures.Count) -> None:
        """Have figures of the pack counted, in the transaction that finishes the job.

        What came of it is then the variables `counts` and `late_tasks`; see `engine.actions.figures.count`.
        """
        self.requests.append(request)

    def heartbeat(self) -> None:
        """Keep the job: call it in long loops. Raises errors.Conflict when the job has gone to another worker."""
        self.beat()


@dataclasses.dataclass(frozen=True, slots=True)
class Handler:
    """A function that does the work of a topic; `place` is its file and line."""

    topic: str
    function: Function
    schema: Mapping[str, Any] | None
    place: str

    def run(self, job: Job) -> dict[str, Any]:
        """Validate the inputs, run the function and check that its answer can be stored.

        Raises:
            errors.InvalidInput: The inputs are not what the handler declared; a retry cannot help.
            errors.GongkaiError: The handler returned something other than a mapping of JSON values.
            errors.BpmnError: The handler reports a business error.
        """
        self.check_inputs(job.inputs)
        answer = self.function(job)
        if answer is None:
            return {}
        if not isinstance(answer, dict) or not all(isinstance(name, str) for name in answer):
            raise errors.GongkaiError(
                f"处理程序“{self.topic}”（{self.place}）应返回“变量名: 值”的字典，实际返回 {type(answer).__name__}。"
            )
        try:
            json.dumps(answer, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise errors.GongkaiError(
                f"处理程序“{self.topic}”（{self.place}）返回的值应能存为 JSON，实际不能：{error}。"
            ) from None
        return answer

    def check_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Raise errors.InvalidInput naming the topic and every input that is missing, unknown or of the wrong type."""
        if self.schema is None:
            return
        faults = sorted(_VALIDATOR(self.schema).iter_errors(dict(inputs)), key=lambda fault: list(map(str, fault.path)))
        if faults:
            sentences = "；".join(dict.fromkeys(sentence for fault in faults for sentence in _sentences(fault)))
            raise errors.InvalidInput(f"服务任务“{self.topic}”的输入不符合要求：{sentences}。", topic=self.topic)


class Registry:
    """All handlers by topic."""

    def __init__(self, handlers: Iterable[Handler] = ()) -> None:
        self._handlers: dict[str, Handler] = {}
        for each in handlers:
            other = self._handlers.setdefault(each.topic, each)
            if other.function is not each.function:
                raise errors.InvalidInput(
                    f"主题“{each.topic}”有两个处理程序：{other.place} 和 {each.place}。"
                    "每个主题只能有一个，请改名或删除其一。"
                )

    @property
    def topics(self) -> frozenset[str]:
        """Return every topic that has a handler."""
        return frozenset(self._handlers)

    def __iter__(self) -> typing.Iterator[Handler]:
        return iter(sorted(self._handlers.values(), key=lambda each: each.topic))

    def get(self, topic: str) -> Handler:
        """Return the handler of a topic; errors.NotFound names the topics that look alike."""
        try:
            return self._handlers[topic]
        except KeyError:
            near = difflib.get_close_matches(topic, self._handlers, n=3)
            hint = f"是否应为：{'、'.join(near)}？" if near else "请在 handlers/ 中为它编写处理程序。"
            raise errors.NotFound(f"主题“{topic}”没有处理程序。{hint}", topic=topic, near=tuple(near)) from None


def handler(topic: str, *, inputs: Mapping[str, Any] | None = None) -> Callable[[Function], Function]:
    """Mark a function as the handler of a topic.

    Args:
        topic: The `camunda:topic` of the service tasks it serves.
        inputs: What it takes: names with Python types (`{"title": str, "days": int, "note": str | None}`, where
            `| None` means that it may be missing), or a JSON Schema of the whole object. Left out: anything.

    Raises:
        errors.InvalidInput: The topic is empty or the inputs are not declared as described.
    """
    if not isinstance(topic, str) or not topic.strip():
        raise errors.InvalidInput(f"处理程序的主题应为非空文字，例如 publications.publish，现为 {topic!r}。")
    schema = None if inputs is None else _schema(topic, inputs)

    def mark(function: Function) -> Function:
        declared = [*getattr(function, _MARK, ()), (topic, schema)]
        setattr(function, _MARK, tuple(declared))
        return function

    return mark


def of(function: Function) -> tuple[Handler, ...]:
    """Return the handlers that a marked function is, one for each of its topics."""
    return tuple(Handler(topic, function, schema, _place(function)) for topic, schema in getattr(function, _MARK, ()))


def scan(directories: Iterable[pathlib.Path]) -> Registry:
    """Import every module of the given `handlers` directories and collect their handlers.

    Raises:
        errors.InvalidInput: A module cannot be imported, or two handlers have the same topic.
    """
    found: list[Handler] = []
    for directory in dict.fromkeys(each.resolve() for each in directories):
        if not directory.is_dir():
            continue
        package = _package(directory)
        for path in sorted(directory.rglob("*.py")):
            parts = path.relative_to(directory).with_suffix("").parts
            if not any(part.startswith((".", "__")) for part in parts):
                found.extend(_load(package, parts, path))
    return Registry(found)


def _handlers_of(module: types.ModuleType) -> Iterable[Handler]:
    # A handler imported from another module belongs to that one.
    for value in vars(module).values():
        if callable(value) and hasattr(value, _MARK) and getattr(value, "__module__", None) == module.__name__:
            if inspect.iscoroutinefunction(value) or not inspect.isfunction(inspect.unwrap(value)):
                raise errors.InvalidInput(f"以 @registry.handler 标注的应为普通函数（def），现为 {value!r}。")
            yield from of(value)


def _package(directory: pathlib.Path) -> str:
    # The directory that `import handlers` finds keeps that name, so that one module is never loaded twice. Any other
    # gets a name of its own: two cities may both have handlers/documents.py.
    spec = importlib.util.find_spec("handlers")
    if spec is not None and directory in [
        pathlib.Path(each).resolve() for each in spec.submodule_search_locations or ()
    ]:
        return "handlers"
    name = "gongkai_handlers_" + hashlib.sha256(str(directory).encode()).hexdigest()[:12]
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = [str(directory)]
        sys.modules[name] = package
    return name


def _load(package: str, parts: tuple[str, ...], path: pathlib.Path) -> list[Handler]:
    try:
        return list(_handlers_of(importlib.import_module(".".join((package, *parts)))))
    except errors.InvalidInput as error:
        raise errors.InvalidInput(f"{path}：{error.message}") from None
    except (Exception, SystemExit, BaseExceptionGroup) as error:
        raise errors.InvalidInput(f"处理程序文件 {path} 无法载入：{type(error).__name__}: {error}。") from error


def _place(function: Function) -> str:
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


# --- declared inputs -------------------------------------------------------------------------------------------------

_VALIDATOR = jsonschema.Draft202012Validator
_TYPES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    list: {"type": "array"},
    dict: {"type": "object"},
    type(None): {"type": "null"},
    Any: {},
    object: {},
}
_TYPE_NAMES = {
    "string": "文字",
    "integer": "整数",
    "number": "数字",
    "boolean": "是或否",
    "array": "列表",
    "object": "对象",
    "null": "空",
}


def _schema(topic: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(inputs.get("type"), str) or "$schema" in inputs:
        try:
            _VALIDATOR.check_schema(inputs)
        except jsonschema.SchemaError as error:
            raise errors.InvalidInput(f"主题“{topic}”的 inputs 不是有效的 JSON Schema：{error.message}。") from None
        return inputs
    properties = {name: _type_schema(topic, name, kind) for name, kind in inputs.items()}
    required = [name for name, kind in inputs.items() if type(None) not in typing.get_args(kind)]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _type_schema(topic: str, name: str, kind: Any) -> dict[str, Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        return {"anyOf": [_type_schema(topic, name, each) for each in arguments]}
    if origin is list and len(arguments) == 1:
        return {"type": "array", "items": _type_schema(topic, name, arguments[0])}
    if origin is dict and len(arguments) == 2:
        return {"type": "object", "additionalProperties": _type_schema(topic, name, arguments[1])}
    try:
        return _TYPES[kind]
    except (KeyError, TypeError):
        raise errors.InvalidInput(
            f"主题“{topic}”的输入“{name}”应声明为 str、int、float、bool、list、dict 或它们的组合，现为 {kind!r}。"
        ) from None


def _sentences(fault: jsonschema.ValidationError) -> Iterable[str]:
    rule, wanted = fault.validator, cast(Any, fault.validator_value)
    found = cast(Any, fault.instance)
    path = ".".join(str(part) for part in fault.absolute_path)
    prefix = f"{path}." if path else ""
    if rule == "required":
        yield from (f"缺少“{prefix}{name}”" for name in wanted if name not in found)
    elif rule == "additionalProperties" and wanted is False:
        known = cast(Mapping[str, Any], fault.schema).get("properties", {})
        yield from (f"多出“{prefix}{name}”" for name in found if name not in known)
    elif deeper := [each for each in fault.context or () if each.relative_path]:
        yield from (sentence for each in deeper for sentence in _sentences(each))
    elif rule in ("type", "anyOf"):
        kinds = [each.get("type", each) for each in wanted] if rule == "anyOf" else wanted
        yield f"“{path}”应为{_type_names(kinds)}，实际为 {_shown(found)}"
    elif rule == "enum":
        yield f"“{path}”应为 {'、'.join(map(_shown, wanted))} 之一，实际为 {_shown(found)}"
    else:
        yield f"“{path}”应满足 {rule}: {_shown(wanted)}，实际为 {_shown(found)}"


def _type_names(kinds: Any) -> str:
    return "或".join(_TYPE_NAMES.get(str(kind), str(kind)) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 80 else text[:77] + "..."
