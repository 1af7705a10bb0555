"""The description of the API: OpenAPI 3.1 as FastAPI finds it, with security, errors and complete examples added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastapi.openapi import utils
from starlette import routing as starlette_routing

from engine import errors
from engine.actions import webhook_events
from engine.web import access, problems
from engine.web.api import negotiation

#: Where an operation keeps the statuses of its own errors until the description is made.
PROBLEMS = "x-problems"

TITLE = "gongkai"
VERSION = "1"
ABOUT = (
    "Everything that the pages do. Sign in with an API token (`Authorization: Bearer …`) of `/account` or"
    " `POST /api/v1/tokens`; a browser that is signed in may use its session and repeats the CSRF token as"
    " `X-CSRF-Token`. Bodies and answers are JSON in UTF-8, times RFC 3339 with their zone, errors"
    " `application/problem+json` (RFC 9457) with a stable `code`. What one may not see is not found."
)
TAGS = (
    ("deployments", "部署", "Packs as they were deployed, and deploying one."),
    ("definitions", "流程定义", "Versions of processes: diagram, picture, start form."),
    ("forms", "表单", "Forms as they were deployed."),
    ("instances", "事项", "Process instances: the cases of the office."),
    ("tasks", "任务", "What people have to do."),
    ("messages", "消息与信号", "What comes from outside, and what waits for it."),
    ("operations", "运行", "Jobs, timers and incidents."),
    ("batches", "批量办理", "One act on many cases or incidents."),
    ("external", "外部作业", "Jobs that programs elsewhere do: fetch and lock, report, extend."),
    ("audit", "审计", "Who did what, chained by hash."),
    ("files", "文件", "What is attached to forms."),
    ("notices", "通知", "What people are told."),
    ("people", "人员", "Who works here."),
    ("tokens", "接口令牌", "What programs sign in with."),
    ("webhooks", "事件推送", "Where events are sent."),
    ("description", "接口说明", "This description."),
)

_SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token. It acts for who made it, within its scopes: "
        "read, work, start, operate, design, jobs.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": access.SESSION_COOKIE,
        "description": "The session of a browser that is signed in.",
    },
    "csrf": {
        "type": "apiKey",
        "in": "header",
        "name": "X-CSRF-Token",
        "description": 'The CSRF token of the session; every page carries it as `<meta name="csrf-token">`.',
    },
}
_SIGNED = {
    "webhook-id": "The same at every attempt.",
    "webhook-timestamp": "When it was sent, in seconds since 1970.",
    "webhook-signature": "`v1,` and the HMAC-SHA256 of id, timestamp and body, in base64.",
}
#: What FastAPI says of an answer that nobody has described.
_UNSAID = "Successful Response"
_ELSEWHERE = ("engine.jobs.", "engine.cli.", "engine.actions.taking_part")
_HTTP_METHODS = ("get", "put", "post", "patch", "delete")


def describe(routes: Sequence[starlette_routing.BaseRoute]) -> dict[str, Any]:
    """Return the description of the operations among some routes."""
    made = utils.get_openapi(title=TITLE, version=VERSION, description=ABOUT, routes=routes)
    made["tags"] = [{"name": name, "x-displayName": shown, "description": about} for name, shown, about in TAGS]
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    schemas["Problem"] = _problem_schema()
    components["securitySchemes"] = _SCHEMES
    components["responses"] = {_component(status): _response(status) for status in problems.TITLES if status < 500}
    components["responses"][_component(503)] = _response(503)
    for _, method, operation in operations(made):
        _finish(method, operation, schemas)
    made["webhooks"] = {event.name: {"post": _told(event)} for event in webhook_events.CATALOGUE}
    return made


def operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield path, method and operation of a description."""
    for path, item in description["paths"].items():
        for method in _HTTP_METHODS:
            if method in item:
                yield path, method, item[method]


def codes() -> tuple[str, ...]:
    """Return every code that a problem may have."""
    return tuple(sorted({*problems.CODES.values(), *(kind.code for kind in kinds())}))


def kinds() -> Iterator[type[errors.GongkaiError]]:
    """Yield every kind of error that may become an answer: not those of workers, command line and public portal."""
    pending: list[type[errors.GongkaiError]] = [errors.GongkaiError]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if kind.__module__.startswith("engine.") and not kind.__module__.startswith(_ELSEWHERE):
            yield kind


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """Return an example of what a schema describes, put together from those of its parts."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    for name in ("const", "default"):
        if schema.get(name) is not None:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if choices:
        return example(choices[0], schemas)
    if "properties" in schema:
        parts = {name: example(inner, schemas) for name, inner in schema["properties"].items()}
        return {name: part for name, part in parts.items() if part is not None or name in schema.get("required", ())}
    plain: dict[str, Any] = {"object": {}, "boolean": False, "null": None, "integer": 1, "number": 1.5}
    if schema.get("type") == "array":
        return [example(schema.get("items", {}), schemas)]
    return plain.get(str(schema.get("type")), "…")


def _finish(method: str, operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    rule, scope = access.Rule(operation["x-rule"]), operation.get("x-scope")
    operation["security"] = list(_security(method, rule, scope))
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _present(parameter["schema"])
    responses = operation["responses"]
    responses.pop("422", None)
    for status, answer in responses.items():
        if status.startswith("2") and answer["description"] == _UNSAID:
            answer["description"] = _said(answer, schemas) or operation["summary"]
    for status in sorted({*_statuses(method, operation, rule), *operation.pop(PROBLEMS)}):
        responses[str(status)] = {"$ref": f"#/components/responses/{_component(status)}"}
    headers = {each["name"].lower() for each in operation.get("parameters", ()) if each["in"] == "header"}
    if "if-none-match" in headers:
        responses["304"] = {"description": "Not changed since.", "headers": {"ETag": _header("Of the content.")}}
        responses["200"].setdefault("headers", {})["ETag"] = _header("Of the content; send it as `If-None-Match`.")
    for body in (operation.get("requestBody", {}), *responses.values()):
        for media_type, content in body.get("content", {}).items():
            if media_type == negotiation.JSON and "example" not in content and "schema" in content:
                content["example"] = example(content["schema"], schemas)


def _present(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what a parameter is when it is there: addresses and headers know no null."""
    choices = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    if len(choices) != 1:
        return schema
    return {**{name: value for name, value in schema.items() if name != "anyOf"}, **choices[0]}


def _said(answer: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Return what the schema of an answer says of itself."""
    for content in answer.get("content", {}).values():
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        return str(schemas.get(name, {}).get("description", ""))
    return ""


def _security(method: str, rule: access.Rule, scope: str | None) -> Iterator[dict[str, list[str]]]:
    if rule is access.PUBLIC:
        yield {}
        return
    if scope is not None:
        yield {"token": [scope]}
    yield {"session": []} if method == "get" else {"session": [], "csrf": []}


def _statuses(method: str, operation: Mapping[str, Any], rule: access.Rule) -> Iterator[int]:
    """Yield the statuses of the errors that an operation may answer with, whatever it does."""
    yield from (406, 503)
    if rule is not access.PUBLIC:
        yield from (401, 403)
    parameters = operation.get("parameters", ())
    if parameters or "requestBody" in operation:
        yield 422
    if any(each["in"] == "path" for each in parameters):
        yield 404
    if method != "get":
        yield from (409, 413, 415)
    if "requestBody" in operation:
        yield 400
    if any(each["name"].lower() == "if-match" for each in parameters):
        yield 412


def _told(event: webhook_events.Description) -> dict[str, Any]:
    """Return how a program is told of an event."""
    parts = {name: _part(webhook_events.PARTS[name]) for name in event.parts}
    data = {"type": "object", "required": list(parts), "properties": parts}
    properties = {
        "id": _text("The same however often it is told.", "audit-1204"),
        "type": _text("What happened.", event.name, const=event.name),
        "timestamp": _text("When.", "2026-03-09T09:00:00+08:00", format="date-time"),
        "data": {**data, "description": "What it concerns."},
    }
    body = {"type": "object", "required": list(properties), "properties": properties}
    headers = [
        {"name": name, "in": "header", "required": True, "description": about, "schema": {"type": "string"}}
        for name, about in _SIGNED.items()
    ]
    return {
        "operationId": event.name.replace(".", "_"),
        "summary": event.meaning,
        "description": "Sent to the webhooks that want it, signed as docs/how-to/use-the-api.md says.",
        "parameters": headers,
        "requestBody": {"required": True, "content": {negotiation.JSON: {"schema": body}}},
        "responses": {"2XX": {"description": "Taken. Anything else is tried again."}},
    }


def _part(fields: Mapping[str, str]) -> dict[str, Any]:
    if "" in fields:
        return {"type": "string", "description": fields[""]}
    return {"type": "object", "properties": {name: {"description": about} for name, about in fields.items()}}


def _component(status: int) -> str:
    return f"Problem{status}"


def _response(status: int) -> dict[str, Any]:
    code = problems.CODES.get(status, "error")
    shown = {
        "type": f"urn:gongkai:problem:{code}",
        "title": problems.TITLES[status],
        "status": status,
        "detail": f"{problems.TITLES[status]}。",
        "code": code,
    }
    answer: dict[str, Any] = {
        "description": problems.TITLES[status],
        "content": {negotiation.PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": shown}},
    }
    if status == 401:
        answer["headers"] = {"WWW-Authenticate": _header("`Bearer`.")}
    return answer


def _text(about: str, shown: str | None, **more: Any) -> dict[str, Any]:
    return {"type": "string", "description": about, "examples": [shown], **more}


def _listed(about: str, required: Sequence[str], **properties: Any) -> dict[str, Any]:
    item = {"type": "object", "required": required, "properties": properties, "additionalProperties": False}
    return {"type": "array", "items": item, "description": about}


def _problem_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "What went wrong (RFC 9457). `code` is stable and for programs, `detail` is for people.",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": _text("The code as an address.", "urn:gongkai:problem:conflict", format="uri"),
            "title": _text("What kind of thing went wrong.", "操作未执行"),
            "status": {
                "type": "integer",
                "minimum": 400,
                "maximum": 599,
                "description": "The status of the answer.",
                "examples": [409],
            },
            "detail": _text("What went wrong, and what to do.", "该任务已由李四于 10:32 办结。"),
            "code": _text("What went wrong, for programs.", "conflict", enum=list(codes())),
            "errors": _listed(
                "Each wrong field of a request or form.",
                ["field", "code", "message"],
                field=_text("Dotted path of the field.", "attendees.0.phone"),
                code=_text("What is wrong, for programs.", "required"),
                message=_text("What is wrong, for people.", "请填写。"),
                label=_text("What people call the field.", "联系电话"),
            ),
            "findings": _listed(
                "What is wrong with a pack.",
                ["file", "rule", "expected", "found", "severity"],
                file=_text("Path in the pack.", "processes/demo/review.bpmn"),
                rule=_text("The rule (docs/reference/check-rules.md).", "handler"),
                expected=_text("What the rule expects.", "有处理程序的主题"),
                found=_text("What is there.", "papers.shred"),
                severity=_text("`error` or `warning`.", "error"),
                element_id=_text("The element.", "Task_shred", type=["string", "null"]),
                element_name=_text("Its name.", "销毁材料", type=["string", "null"]),
                line={"type": ["integer", "null"], "description": "Line in the file.", "examples": [42]},
            ),
        },
        "additionalProperties": False,
    }


def _header(about: str) -> dict[str, Any]:
    return {"description": about, "schema": {"type": "string"}}
