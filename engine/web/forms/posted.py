"""What a page posted: which button, what was typed, and the files, which are stored before anything else happens.

A browser empties its file inputs whenever a page is shown anew; so files are stored at once and the page carries their
tokens, whatever else may be wrong with what was posted.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import fastapi
from starlette import datastructures

from engine import errors, forms
from engine.actions import context, files
from engine.model import commands
from engine.web.forms import office
from engine.web.forms.sheet import Sheet

SUBMIT, DRAFT, REFRESH, ADD, REMOVE = "submit", "draft", "refresh", "add", "remove"
ACTION, SHOWN, KEY, PICKED = "_action", "_shown", "_key", "_pick."
#: Rows of a posted page have lower numbers than files that came while it was open.
LATER = 100_000
_ROW = re.compile(r"[0-9]{1,6}")

Pairs = list[tuple[str, str]]


@dataclasses.dataclass(frozen=True)
class Posted:
    """What came from a page.

    action: `submit`, `draft`, or what only changes the page: `refresh`, `add`, `remove`.
    path: The list or item that `add` and `remove` mean.
    submission: What was typed, as the actions take it.
    problems: What was wrong with uploaded files, as entries of `details["errors"]`.
    shown: The conditional parts that the page showed.
    key: Makes a repeated submission harmless.
    """

    action: str
    path: str
    submission: dict[str, Any]
    problems: tuple[dict[str, str], ...] = ()
    shown: frozenset[str] = frozenset()
    key: str | None = None

    @property
    def changes_page_only(self) -> bool:
        """Whether the page is to be shown anew, and nothing else is to happen."""
        return self.action in (REFRESH, ADD, REMOVE)

    @property
    def focus(self) -> str | None:
        """The posted name of what gets the focus on the page shown anew."""
        if self.action == ADD:
            return self.path
        return f"{self.path.rpartition('.')[0]}+" if self.action == REMOVE else None


def receive(
    request: fastapi.Request,
    engine: context.Engine,
    actor: commands.Actor,
    sheet: Sheet,
    data: datastructures.FormData,
) -> Posted:
    """Read a posted page; store its files.

    Args:
        request: The request.
        engine: The engine.
        actor: Who posted it: the files are theirs.
        sheet: The form of the page.
        data: Fields and files, as Starlette reads them.

    Raises:
        errors.InvalidInput: No page of ours posts this.
    """
    # A script that asks for parts of the page leaves the file inputs as they are; those files come later.
    inputs_stay = request.headers.get("hx-request") == "true"
    pairs = [(name, value) for name, value in data.multi_items() if isinstance(value, str)]
    page = dict(pairs)
    action, _, path = page.get(ACTION, SUBMIT).partition(":")
    if action not in (SUBMIT, DRAFT, REFRESH, ADD, REMOVE):
        raise errors.InvalidInput(f"页面不支持操作“{action[:40]}”，请刷新页面后重试。")
    pairs = _without_blank_items(sheet.form, pairs) if action in (SUBMIT, DRAFT) else pairs
    pairs = list(_picked(sheet, pairs))
    problems = []
    for name, upload in data.multi_items():
        if not isinstance(upload, str) and upload.filename and not inputs_stay:
            problem = _store(engine, actor, sheet, name, upload, pairs)
            if problem is not None:
                problems.append(problem)
    if action == ADD:
        path = _add(sheet, path, pairs)
    elif action == REMOVE:
        pairs = [pair for pair in pairs if pair[0] != path and not pair[0].startswith(f"{path}.")]
    return Posted(
        action,
        path,
        forms.from_html(sheet.form, pairs, sheet.rights),
        tuple(problems),
        frozenset(page.get(SHOWN, "").split(",")),
        page.get(KEY) or None,
    )


def refuse(sheet: Sheet, given: Posted) -> None:
    """Refuse a page with files that could not be stored, together with all else that is wrong on it.

    Raises:
        errors.InvalidForm: There are such files.
    """
    if given.problems:
        missing = {problem["field"] for problem in given.problems}
        others = [found for found in sheet.judge(given.submission) if found["field"] not in missing]
        found = [*given.problems, *others]
        raise errors.InvalidForm(
            "；".join(f"{each['label']}：{each['message']}" for each in found), errors=found, count=len(found)
        )


def kept(sheet: Sheet, given: Posted) -> list[tuple[str, str]]:
    """Return what somebody typed as labels and texts: for a page that says that it can no longer be submitted."""
    typed = {
        field.name: forms.coerce(field, given.submission[field.name])
        for field in sheet.rights.editable(sheet.form.fields)
        if field.name in given.submission
    }
    filled = {name: value for name, value in typed.items() if not forms.is_empty(value) and value is not False}
    return forms.describe(sheet.form, filled, sheet.office.every_name)


def field_at(form: forms.Form, name: str) -> forms.Field | None:
    """Return the field that a posted name belongs to; for an item of a list, the list."""
    fields, found = form.fields, None
    for part in name.split("."):
        if found is not None and found.item is not None and _ROW.fullmatch(part):
            continue
        found = next((field for field in fields if field.name == part), None)
        if found is None:
            return None
        fields = found.children
    return found


def _top(form: forms.Form, name: str) -> forms.Field | None:
    return form.by_name.get(name.partition(".")[0])


def _store(
    engine: context.Engine,
    actor: commands.Actor,
    sheet: Sheet,
    name: str,
    upload: datastructures.UploadFile,
    pairs: Pairs,
) -> dict[str, str] | None:
    """Store a file and post its token instead; return what was wrong with it."""
    field, top = field_at(sheet.form, name), _top(sheet.form, name)
    if field is None or top is None or not (field.item or field).is_file:
        return _problem(name, name, "表单中没有此项，请删除", "undeclared")
    if sheet.rights.of(top) is not forms.Right.EDIT:
        return _problem(name, field.label, "本环节不能填写此项", "read-only")
    schema = (field.item or field).schema
    try:
        stored = files.store(
            engine,
            actor,
            upload.file,
            str(upload.filename),
            purpose=f"form/{sheet.form.id}#{field.path}",
            most=schema.get("x-maxSize"),
            accept=schema.get("x-accept", ()),
        )
    except (errors.InvalidInput, errors.StoreError) as error:
        return _problem(name, field.label, error.message.removesuffix("。"), error.code)
    place = name
    if field.item is not None:
        place = f"{name}.{_next(name, pairs)}"
    else:
        pairs[:] = [pair for pair in pairs if not pair[0].startswith(f"{name}.")]
    pairs += [(f"{place}.{key}", str(value)) for key, value in stored.as_value().items()]
    return None


def _problem(name: str, label: str, message: str, code: str) -> dict[str, str]:
    return {"field": name, "label": label, "message": message, "code": code}


def _next(name: str, pairs: Iterable[tuple[str, str]]) -> int:
    """Return a number that no posted item of a list has."""
    numbers = [
        int(part)
        for posted, _ in pairs
        if posted.startswith(f"{name}.") and _ROW.fullmatch(part := posted.removeprefix(f"{name}.").partition(".")[0])
    ]
    return max(numbers, default=-1) + 1


def _add(sheet: Sheet, path: str, pairs: Pairs) -> str:
    """Post one more item of the list at a path, with the defaults of its fields; return its name."""
    field = field_at(sheet.form, path)
    if field is None or field.item is None or field.item.is_file:
        raise errors.InvalidInput("页面已过期，不能增加此项，请刷新页面后重试。")
    name = f"{path}.{_next(path, pairs)}"
    # The page numbers items without gaps.
    place = f"{path}.{len({_number(path, posted) for posted, _ in pairs} - {None})}"
    pairs.append((name, ""))
    for child in field.children:
        if "default" in child.schema:
            forms.field_to_html(child, f"{name}.{child.name}", child.default, pairs)
    return place


def _number(path: str, posted: str) -> str | None:
    part = posted.removeprefix(f"{path}.").partition(".")[0] if posted.startswith(f"{path}.") else ""
    return part if _ROW.fullmatch(part) else None


def _without_blank_items(form: forms.Form, pairs: Sequence[tuple[str, str]]) -> Pairs:
    """Leave out empty items of lists of texts: they count as nothing, and errors number what is left."""
    kept = []
    for name, value in pairs:
        parent, _, number = name.rpartition(".")
        field = field_at(form, parent) if not value.strip() and _ROW.fullmatch(number) else None
        if field is None or field.item is None or field.item.type == "object":
            kept.append((name, value))
    return kept


def _picked(sheet: Sheet, pairs: Pairs) -> Iterator[tuple[str, str]]:
    """Turn what was typed into pickers into ids.

    A picker posts a hidden id and the text beside it. Scripts keep both in step; without them the text is what counts.
    """
    texts = {name.removeprefix(PICKED): text.strip() for name, text in pairs if name.startswith(PICKED)}
    for name, value in pairs:
        if name not in texts:
            yield name, value
            continue
        field, typed = field_at(sheet.form, name), texts[name]
        if field is None or field.widget not in office.KINDS:
            yield name, value
            continue
        role = field.settings.get("role")
        if not typed or (value and sheet.office.is_called(field.widget, value, typed)):
            yield name, value if typed else ""
        else:
            yield name, sheet.office.named(field.widget, typed, role) or typed
