"""What the person at one node may do with each field: edit, read, or not even see it (字段权限)."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Iterable, Mapping

from engine import errors
from engine.forms import definition

_ENTRY = re.compile(r"\s*([^\s:：]+)\s*[:：]\s*([^\s:：]+)\s*")


class Right(enum.StrEnum):
    """What may be done with one field."""

    EDIT = "edit"
    READ = "read"
    HIDE = "hide"


@dataclasses.dataclass(frozen=True, slots=True)
class Rights:
    """The rights of a node: by top-level field name, and `default` for all others."""

    by_field: Mapping[str, Right] = dataclasses.field(default_factory=dict)
    default: Right = Right.EDIT

    @classmethod
    def parse(cls, text: str) -> Rights:
        """Read `field:read, other:hide`; `*` names all other fields, which are otherwise editable.

        Raises errors.InvalidInput for another notation, an unknown right or a field named twice.
        """
        found: dict[str, Right] = {}
        for entry in re.split(r"[,，;；\n]", text):
            if not entry.strip():
                continue
            match = _ENTRY.fullmatch(entry)
            if match is None or match[2] not in list(Right):
                raise errors.InvalidInput(
                    f"字段权限应写成“字段名:edit”“字段名:read”或“字段名:hide”，用逗号分隔；现为“{entry.strip()[:60]}”"
                )
            if match[1] in found:
                raise errors.InvalidInput(f"字段权限中每个字段只能出现一次；“{match[1][:60]}”出现了多次")
            found[match[1]] = Right(match[2])
        default = found.pop("*", Right.EDIT)
        return cls(found, default)

    def of(self, field: definition.Field) -> Right:
        """Return the right to a top-level field; what the form itself makes read-only or computed is never editable."""
        right = self.by_field.get(field.name, self.default)
        if right is Right.EDIT and (field.read_only or field.computed is not None):
            return Right.READ
        return right

    def may_compute(self, field: definition.Field) -> bool:
        """Tell whether the value of a computed field is calculated anew at this node."""
        return field.computed is not None and self.by_field.get(field.name, self.default) is Right.EDIT

    def unknown_names(self, form: definition.Form) -> tuple[str, ...]:
        """Return the fields that the rights name and the form does not have (for the check at deployment)."""
        return tuple(name for name in self.by_field if name not in form.by_name)

    def editable(self, fields: Iterable[definition.Field]) -> tuple[definition.Field, ...]:
        """Return those of the top-level `fields` that may be filled in."""
        return tuple(field for field in fields if self.of(field) is Right.EDIT)


ALL_EDIT = Rights()
