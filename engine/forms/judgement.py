"""Judging what a submission leads to by the schema of the form, and putting the complaints into words."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterator, Mapping
from typing import Any

from engine.forms import coercion, conditions, definition, field_rights, messages, problems

Values = Mapping[str, Any]
Fields = tuple[definition.Field, ...]
Complaint = tuple[problems.Path, str, str]

_MOST_ERRORS = 1000
#: Of several complaints about one value the first of these is the one that helps.
_RANK = {keyword: rank for rank, keyword in enumerate(("required", "type", "enum", "const", "format", "maxLength"))}


def check_strangers(fields: Fields, values: Values, path: problems.Path, found: problems.Problems) -> None:
    """Refuse, at every level, keys that the form does not declare."""
    by_name = {field.name: field for field in fields}
    for name, value in values.items():
        field = by_name.get(name)
        if field is None:
            found.add((*path, name), "undeclared", "表单中没有此项，请删除")
        elif field.is_group and isinstance(value, Mapping):
            check_strangers(field.children, value, (*path, name), found)
        elif field.is_rows and isinstance(value, list | tuple):
            for index, row in enumerate(value):
                if isinstance(row, Mapping):
                    check_strangers(field.children, row, (*path, name, index), found)


class Judge:
    """Notes complaints in `found`, those alone that the person with these rights can do something about."""

    def __init__(self, form: definition.Form, rights: field_rights.Rights, found: problems.Problems) -> None:
        self.form = form
        self.rights = rights
        self.found = found
        self.open = {field.name for field in rights.editable(form.fields)}
        self.open |= {field.name for field in form.fields if rights.may_compute(field)}

    def add(self, path: problems.Path, code: str, message: str) -> None:
        """Note a problem of a field that the person may change."""
        if path[0] in self.open:
            self.found.add(path, code, message)

    def check_required(self, answers: Values, state: Values) -> None:
        """Demand that what is required for `state` is among the `answers`; an old value does not answer for it."""
        for name in conditions.required_names(self.form, state):
            # Rows that the process gives are answered for when they are submitted, even if it gave none.
            given = name in answers and self.form.by_name[name].has_fixed_rows
            if coercion.is_empty(answers.get(name)) and not given:
                self.add((name,), "required", messages.required(self.form.by_name[name]))

    def check_schema(self, values: Values, *, before: Values) -> None:
        """Let the schema judge `values`.

        A field that is not open may be wrong already, which this person cannot mend and is not told. But when it was
        right `before` and a rule (`then`) makes it wrong for what has been submitted, the submission is refused.
        """
        closed: list[Any] = []
        for error in self.complaints(values):
            for path, code, message in self.words(error):
                self.add(path, code, message)
            if error.absolute_path and error.absolute_path[0] not in self.open:
                closed.append(error)
        if not closed:
            return
        wrong_before = {_key(error) for error in self.complaints(before)}
        for error in closed:
            if error.validator not in ("required", "dependentRequired", "anyOf") and _key(error) not in wrong_before:
                self.contradict(error)

    def complaints(self, values: Values) -> list[Any]:
        """Return the errors of `jsonschema`, the most helpful first."""
        found = itertools.islice(self.form.validator.iter_errors(values), _MOST_ERRORS)
        return sorted(found, key=lambda error: _RANK.get(error.validator, len(_RANK)))

    def contradict(self, error: Any) -> None:
        """Refuse a submission that contradicts a field which stays as it is; a hidden value is not shown."""
        field = self.form.by_name[error.absolute_path[0]]
        if self.rights.of(field) is field_rights.Right.HIDE:
            self.found.add((), "contradiction", f"填写的内容与“{field.label}”已有的内容不一致")
        else:
            for path, _, message in self.words(error):
                self.found.add(path, "contradiction", f"与填写的内容不一致：{message}")

    def words(self, error: Any) -> Iterator[Complaint]:
        """Yield path, code and message of one `jsonschema` error."""
        path = tuple(error.absolute_path)
        field = problems.locate(self.form, path).field
        fields = field.children if field is not None else self.form.fields
        match error.validator:
            case "required":
                for child in _missing(fields, error.validator_value, error.instance):
                    if child.has_fixed_rows:
                        continue  # check_required knows whether they were submitted
                    yield (*path, child.name), "required", messages.required(child)
            case "dependentRequired":
                yield from _dependent(fields, error, path)
            case "anyOf":
                yield from self.alternatives(fields, error, path)
            case "additionalProperties":
                return  # check_strangers says it, for drafts too
            case keyword:
                yield path, keyword, messages.sentence(keyword, error.schema, field, error.instance)

    def alternatives(self, fields: Fields, error: Any, path: problems.Path) -> Iterator[Complaint]:
        """Yield the complaint about `anyOf` at the first field that the person can fill in."""
        names = {name for part in error.validator_value for name in part["required"]}
        children = [child for child in _missing(fields, names, error.instance) if path or child.name in self.open]
        if children:
            labels = "".join(f"“{child.label}”" for child in children)
            yield (*path, children[0].name), "any-of", f"{labels}应至少填写一项"


def _key(error: Any) -> tuple[object, ...]:
    return (*error.absolute_path, error.validator, str(error.validator_value))


def _missing(fields: Fields, names: Container[str], values: Values) -> list[definition.Field]:
    """Return those fields of `names` that are shown and not filled in, in the order of the form."""
    visible = conditions.visible_names(fields, values)
    return [child for child in fields if child.name in names and child.name in visible and child.name not in values]


def _dependent(fields: Fields, error: Any, path: problems.Path) -> Iterator[Complaint]:
    labels = {child.name: child.label for child in fields}
    for name, others in error.validator_value.items():
        if name in error.instance:
            for child in _missing(fields, others, error.instance):
                yield (*path, child.name), "required", f"填写了“{labels[name]}”时必填"
