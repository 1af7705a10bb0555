"""Collecting what is wrong with a submission: at most one message per field, in the order of the form."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from engine import errors
from engine.forms import definition

Path = Sequence[str | int]
#: What can be wrong besides a failed schema keyword, whose name is a code of its own.
CODES = frozenset(
    {"required", "any-of", "undeclared", "read-only", "hidden", "contradiction", "single-line", "unprintable"}
    | {"covers", "fixed-rows", "too-deep", "too-large", "reference"}
)
_MOST = 100
_IN_MESSAGE = 5


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a path leads: the field, if it is one, its label for people, and its position in the form."""

    field: definition.Field | None
    label: str
    position: tuple[int, ...]


def locate(form: definition.Form, path: Path) -> Place:
    """Follow a path such as `("attendees", 0, "phone")`; the label reads “随同参加人员（第 1 项）·电话”."""
    fields, field = form.fields, None
    labels: list[str] = []
    position: list[int] = []
    for step in path:
        if isinstance(step, int):
            field = field.item if field is not None else None
            labels[-1] += f"（第 {step + 1} 项）"
            position.append(step)
        else:
            field = next((child for child in fields if child.name == step), None)
            labels.append(field.label if field is not None else step[:64])
            position.append(fields.index(field) if field is not None else len(fields))
        fields = field.children if field is not None else ()
    return Place(field, "·".join(labels), tuple(position))


class Problems:
    """The problems of one submission. Only the first of a field is kept: callers add the most telling one first."""

    def __init__(self, form: definition.Form) -> None:
        self.form = form
        self._found: dict[str, tuple[tuple[int, ...], dict[str, str]]] = {}

    def add(self, path: Path, code: str, message: str) -> None:
        """Note one problem of the field at `path`; `code` is one of CODES or a schema keyword."""
        name = ".".join(str(step)[:64] for step in path)
        if name not in self._found:
            place = locate(self.form, path)
            entry = {"field": name, "label": place.label, "message": message, "code": code}
            self._found[name] = (place.position, entry)

    def __bool__(self) -> bool:
        return bool(self._found)

    def raise_if_any(self) -> None:
        """Raise errors.InvalidForm when there are problems.

        `details["errors"]` lists the first 100 as `{"field", "label", "message", "code"}`; `count` counts all.
        """
        if not self._found:
            return
        ordered = [entry for _, entry in sorted(self._found.values(), key=lambda found: found[0])]
        parts = [f"{entry['label']}：{entry['message']}" if entry["label"] else entry["message"] for entry in ordered]
        more = f"；……共 {len(parts)} 处" if len(parts) > _IN_MESSAGE else ""
        raise errors.InvalidForm("；".join(parts[:_IN_MESSAGE]) + more, errors=ordered[:_MOST], count=len(ordered))
