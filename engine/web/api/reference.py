"""The description of the API as a page shows it."""

from __future__ import annotations

import dataclasses
import json
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Any

from engine.web.api import negotiation, specification

#: What examples say instead of the address of this server and of a token.
SERVER = "https://gongkai.example"
_BEARER = "Bearer $GONGKAI_TOKEN"


#: Parts of a sentence, each with whether it is code.
Said = tuple[tuple[str, bool], ...]
_PROBLEMS = (
    "Every error is `application/problem+json`: `type`, `title`, `status`, `detail` for people, `code` for programs"
)
_PROBLEMS += ", and `errors` for wrong fields or `findings` for a wrong pack. These are the codes; they do not change."


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """Something that a request says: a parameter, or a field of its body by its dotted path."""

    name: str
    type: str
    required: bool
    about: Said


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    """What an operation may answer with."""

    status: str
    about: str
    example: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Operation:
    """One operation."""

    id: str
    method: str
    path: str
    summary: str
    about: tuple[Said, ...]
    rule: str
    scope: str | None
    parameters: tuple[Member, ...]
    fields: tuple[Member, ...]
    curl: str
    answers: tuple[Answer, ...]
    problems: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Section:
    """The operations of one noun."""

    name: str
    title: str
    about: str
    operations: tuple[Operation, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class ReferencePage:
    """The whole reference."""

    about: Said
    sections: tuple[Section, ...]
    codes: tuple[str, ...]
    problems: Said


def page(description: Mapping[str, Any]) -> ReferencePage:
    """Return the page of a description."""
    schemas = description["components"]["schemas"]
    shown: dict[str, list[Operation]] = {tag["name"]: [] for tag in description["tags"]}
    for path, method, operation in specification.operations(description):
        shown[operation["tags"][0]].append(_operation(path, method, operation, schemas))
    sections = (
        Section(tag["name"], tag["x-displayName"], tag["description"], tuple(shown[tag["name"]]))
        for tag in description["tags"]
    )
    return ReferencePage(
        said(description["info"]["description"]),
        tuple(each for each in sections if each.operations),
        specification.codes(),
        said(_PROBLEMS),
    )


def said(text: str) -> Said:
    """Return a text with what stands between backquotes as code."""
    return tuple((part, place % 2 == 1) for place, part in enumerate(text.split("`")) if part)


def _operation(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    body = operation.get("requestBody", {}).get("content", {})
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        about=tuple(said(part.replace("\n", " ")) for part in operation["description"].split("\n\n")),
        rule=operation["x-rule"],
        scope=operation.get("x-scope"),
        parameters=tuple(_parameter(each, schemas) for each in operation.get("parameters", ())),
        fields=tuple(field for content in body.values() for field in _fields(content["schema"], schemas)),
        curl=_curl(path, method, operation, schemas),
        answers=tuple(_answers(operation)),
        problems=tuple(status for status, answer in sorted(operation["responses"].items()) if "$ref" in answer),
    )


def _parameter(parameter: Mapping[str, Any], schemas: Mapping[str, Any]) -> Member:
    schema = parameter["schema"]
    about = parameter.get("description", _resolved(schema, schemas).get("description", ""))
    return Member(parameter["name"], _type(schema, schemas), parameter.get("required", False), said(about))


def _fields(
    schema: Mapping[str, Any], schemas: Mapping[str, Any], prefix: str = "", seen: tuple[str, ...] = ()
) -> Iterator[Member]:
    """Yield the fields of an object and of the objects in it, not those that hold themselves."""
    name = schema.get("$ref", "")
    if name in seen:
        return
    resolved = _resolved(schema, schemas)
    for field, inner in resolved.get("properties", {}).items():
        path = f"{prefix}{field}"
        about = inner.get("description", _resolved(inner, schemas).get("description", ""))
        yield Member(path, _type(inner, schemas), field in resolved.get("required", ()), said(about))
        deeper = inner.get("items", inner)
        yield from _fields(deeper, schemas, f"{path}[]." if "items" in inner else f"{path}.", (*seen, name))


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        found: Mapping[str, Any] = schemas[schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _type(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    resolved = _resolved(schema, schemas)
    if "anyOf" in resolved:
        return " | ".join(_type(each, schemas) for each in resolved["anyOf"])
    if "enum" in resolved:
        return " | ".join(f"“{each}”" for each in resolved["enum"])
    if resolved.get("type") == "array":
        return f"array<{_type(resolved.get('items', {}), schemas)}>"
    kind = str(resolved.get("type", "any"))
    return f"{kind} ({resolved['format']})" if "format" in resolved else kind


def _curl(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    """Return a command line that calls the operation."""
    target = path
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            value = specification.example(parameter["schema"], schemas)
            target = target.replace(f"{{{parameter['name']}}}", urllib.parse.quote(str(value)))
    options = [] if method == "get" else [f"-X {method.upper()}"]
    if operation.get("x-scope"):
        options.append(f'-H "Authorization: {_BEARER}"')
    else:
        options.append('-b cookies.txt -H "X-CSRF-Token: $CSRF"' if method != "get" else "-b cookies.txt")
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        if media_type == negotiation.JSON:
            body = json.dumps(content["example"], ensure_ascii=False).replace("'", "'\\''")
            options.append(f"-H 'Content-Type: {negotiation.JSON}' \\\n  -d '{body}'")
        else:
            options += [f"-F {field}=@{field}" for field in content["schema"]["properties"]]
    return f"curl {SERVER}{target} \\\n  " + " \\\n  ".join(options)


def _answers(operation: Mapping[str, Any]) -> Iterator[Answer]:
    for status, answer in sorted(operation["responses"].items()):
        if "$ref" in answer:
            continue  # the problems that all operations share are told once, on top of the page
        content = answer.get("content", {})
        shown = content.get(negotiation.JSON, {}).get("example")
        example = "" if shown is None else json.dumps(shown, ensure_ascii=False, indent=2)
        kinds = ", ".join(content)
        yield Answer(status, answer["description"] if status == "304" else kinds or "—", example)
