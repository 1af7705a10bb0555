"""From a form and its values to what a page shows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine import forms
from engine.web import english
from engine.web.forms import controls, office, posted, view
from engine.web.forms.sheet import Sheet

Values = Mapping[str, Any]
FormError = Mapping[str, str]
#: More columns are too many for a table of inputs.
_COLUMNS = 6


def build(
    sheet: Sheet,
    *,
    typed: Values | None = None,
    errors: Sequence[FormError] = (),
    focus: str | None = None,
) -> view.FormView:
    """Return a form to fill in.

    Args:
        sheet: The form and whose it is.
        typed: What was posted last, as `forms.from_html` reads it; it is shown exactly as it was typed.
        errors: What is wrong with it: `details["errors"]` of errors.InvalidForm.
        focus: The posted name of the field, row or list that gets the focus.
    """
    return _Builder(sheet, typed, errors, focus).whole()


def read(sheet: Sheet, *, awaited: bool = False) -> view.FormView:
    """Return a form to read: everything that is shown, with what is in it.

    Args:
        sheet: The form.
        awaited: It is still to be filled in, by somebody or later: what is empty is no answer.
    """
    form = sheet.form
    values = {**sheet.variables, **(sheet.draft or {})}
    visible = forms.visible_names(form.fields, values)
    reader = controls.Reader(sheet)
    sections = [
        view.Section(
            f"s-{index}",
            section.title,
            section.help,
            tuple(
                dataclasses.replace(
                    reader.node(form.by_name[name], name, values.get(name)),
                    unfilled=awaited and _unfilled(sheet, form.by_name[name], values.get(name)),
                )
                for name in section.fields
                if name in visible and sheet.rights.of(form.by_name[name]) is not forms.Right.HIDE
            ),
        )
        for index, section in enumerate(form.sections)
        if not awaited or not _is_bare(sheet, section, values)
    ]
    return view.FormView(form, sheet.action, tuple(sections), editable=False)


class _Builder:
    """Builds one page of one form."""

    def __init__(self, sheet: Sheet, typed: Values | None, errors: Sequence[FormError], focus: str | None) -> None:
        self.sheet = sheet
        self.form = sheet.form
        self.typed = typed
        self.errors = errors
        self.focus = focus
        self.influences = forms.influences(sheet.form)
        self.reader = controls.Reader(sheet, self.errors_at)

    def values(self) -> dict[str, Any]:
        """Return what the fields hold: as typed where something was posted, else as the page begins."""
        values = self.sheet.values()
        for field in self.sheet.rights.editable(self.form.fields):
            if self.typed is not None and field.name in self.typed:
                values[field.name] = self.typed[field.name]
        return values

    def whole(self) -> view.FormView:
        """Return the whole form."""
        sheet = self.sheet
        values = self.values()
        # What is hidden from this person may still decide what is shown to them.
        state = forms.standing(self.form, values, sheet.variables, sheet.rights)
        visible = forms.visible_names(self.form.fields, state)
        required = forms.required_names(self.form, state)
        sections = []
        for index, section in enumerate(self.form.sections):
            if _is_bare(sheet, section, state):
                continue
            nodes = []
            for name in section.fields:
                field = self.form.by_name[name]
                right = sheet.rights.of(field)
                if right is forms.Right.EDIT:
                    nodes.append(
                        self.node(field, name, values.get(name), shown=name in visible, required=name in required)
                    )
                elif right is forms.Right.READ:
                    nodes.append(self.unchangeable(field, state, shown=name in visible))
            sections.append(view.Section(f"s-{index}", section.title, section.help, tuple(nodes)))
        found = view.FormView(
            self.form,
            sheet.action,
            tuple(sections),
            key=sheet.key,
            draft_url=sheet.draft_url,
            dirty=self.typed is not None,
        )
        return _with_summary(found, self.errors)

    def unchangeable(self, field: forms.Field, state: Values, *, shown: bool) -> view.Node:
        """Return a top-level field that is read, or computed."""
        if not shown:
            return self.hidden(field, field.name, ())
        if self.sheet.rights.may_compute(field):
            return self.reader.computed(field, state.get(field.name))
        return self.reader.node(field, field.name, state.get(field.name, field.default))

    def hidden(self, field: forms.Field, name: str, posted: Iterable[tuple[str, str]]) -> view.Node:
        """Return a field that is not shown now; what was typed into it waits until it is shown again."""
        return view.Node(
            field, "kept", name, controls.element_id(name), field.label, posted=tuple(posted), conditional=True
        )

    def node(
        self, field: forms.Field, name: str, raw: Any, *, shown: bool, required: bool, within: bool = False
    ) -> view.Node:
        """Return a field to fill in.

        Args:
            field: The field.
            name: What it is called when it is posted.
            raw: What it holds: a value, or the text that somebody typed.
            shown: Whether it is shown.
            required: Whether it is required now.
            within: Whether a change is noticed by something around it already.
        """
        if not shown:
            pairs: list[tuple[str, str]] = []
            forms.field_to_html(field, name, raw, pairs)
            return self.hidden(field, name, pairs)
        decisive = field.path in self.influences.decisive and not within
        common: dict[str, Any] = {
            "required": required and not _is_consent_free(field),
            "marked": field.path in self.influences.at_times_required,
            "decisive": decisive,
            "conditional": field.visible_when is not None,
        }
        within = within or decisive
        if field.is_group:
            return self.group(field, name, raw, within, common)
        if field.is_rows:
            return self.repeated(field, name, raw, within, common)
        if field.item is not None and not field.item.is_file and not field.options:
            return self.listed(field, name, raw, common)
        focus = self.takes_focus(name)
        return controls.control(self.sheet, field, name, raw, focus=focus, errors=self.errors_at(name), **common)

    def group(self, field: forms.Field, name: str, raw: Any, within: bool, common: Mapping[str, Any]) -> view.Node:
        """Return a nested section."""
        return view.Node(
            field,
            "group",
            name,
            controls.element_id(name),
            field.label,
            help=field.help,
            nodes=self.children(field, name, _blank(field) if raw is None else raw, within),
            errors=self.errors_at(name, deep=False),
            **common,
        )

    def children(self, field: forms.Field, name: str, raw: Any, within: bool) -> tuple[view.Node, ...]:
        """Return the fields of a group or of one row."""
        values = raw if isinstance(raw, Mapping) else {}
        state = forms.coerce(field.item or field, values)
        visible = forms.visible_names(field.children, state)
        required = forms.required_children(self.form, field, state)
        return tuple(
            self.reader.node(child, f"{name}.{child.name}", values.get(child.name))
            if child.read_only and child.name in visible
            else self.node(
                child,
                f"{name}.{child.name}",
                values.get(child.name),
                shown=child.name in visible,
                required=child.name in required,
                within=within,
            )
            for child in field.children
        )

    def repeated(self, field: forms.Field, name: str, raw: Any, within: bool, common: Mapping[str, Any]) -> view.Node:
        """Return a repeating group; one that has to be filled in begins with its rows."""
        items = list(raw) if isinstance(raw, list | tuple) else []
        fixed = field.has_fixed_rows
        if fixed:
            # Whatever was posted or kept: there are the rows that the process gives, with what is given in them.
            items = forms.standing_rows(field, items, self.sheet.variables.get(field.name, field.default))
        least = 0 if fixed else max(field.schema.get("minItems", 0), int(common["required"]))
        items = items or [_blank(field)] * least
        rows = tuple(
            view.Row(
                f"{name}.{index}",
                controls.element_id(f"{name}.{index}"),
                index + 1,
                self.children(field, f"{name}.{index}", item, within),
            )
            for index, item in enumerate(items)
        )
        errors = [*self.errors_at(name, deep=False)]
        for row in rows:
            errors += [dataclasses.replace(error, item=row.number) for error in self.errors_at(row.name, deep=False)]
        return view.Node(
            field,
            "table" if field.widget == "table" and self.fits_into_table(field) else "rows",
            name,
            controls.element_id(name),
            field.label,
            help=field.help,
            rows=rows,
            errors=tuple(errors),
            may_add=not fixed and len(rows) < field.schema["maxItems"],
            may_remove=not fixed,
            focus_add=self.takes_focus(f"{name}+"),
            **common,
        )

    def listed(self, field: forms.Field, name: str, raw: Any, common: Mapping[str, Any]) -> view.Node:
        """Return a list of texts, numbers, dates or people: one input each, at least one."""
        assert field.item is not None
        items = list(raw) if isinstance(raw, list | tuple) else ([] if raw in (None, "") else [raw])
        nodes = []
        for index, item in enumerate(items or [None]):
            place = f"{name}.{index}"
            control = controls.control(
                self.sheet,
                controls.item_of(field),
                place,
                item,
                label=f"{field.label}（第 {index + 1} 项）",
                focus=self.takes_focus(place),
                errors=self.errors_at(place),
            )
            nodes.append(dataclasses.replace(control, help="", example="", limit=None, unlabelled=True))
        return view.Node(
            field,
            "list",
            name,
            controls.element_id(name),
            field.label,
            help=field.help,
            example=controls.example(field),
            nodes=tuple(nodes),
            errors=self.errors_at(name, deep=False),
            may_add=len(nodes) < field.schema["maxItems"],
            may_remove=len(nodes) > 1,
            focus_add=self.takes_focus(f"{name}+"),
            **common,
        )

    def fits_into_table(self, field: forms.Field) -> bool:
        """Tell whether rows are short enough for a table: a few plain fields, the same in every row at all times."""
        return len(field.children) <= _COLUMNS and all(
            child.type in ("string", "integer", "number")
            and child.widget not in ("textarea", "radio", *office.KINDS)
            and child.visible_when is None
            and child.path not in self.influences.at_times_required
            for child in field.children
        )

    def errors_at(self, name: str, *, deep: bool = True) -> tuple[view.Error, ...]:
        """Return what is wrong at a field; `deep`: and at parts of it that have no place of their own."""
        found = []
        for error in self.errors:
            if error["field"] == name:
                found.append(view.Error(error["message"], english=_english(self.form, error)))
            elif deep and error["field"].startswith(f"{name}."):
                number = error["field"].removeprefix(f"{name}.").partition(".")[0]
                item = int(number) + 1 if number.isdecimal() else None
                found.append(view.Error(error["message"], item, _english(self.form, error)))
        return tuple(found)

    def takes_focus(self, name: str) -> bool:
        """Tell whether the field gets the focus: it, or the first one within what was asked for."""
        if self.focus is None or not (name == self.focus or name.startswith(f"{self.focus}.")):
            return False
        self.focus = None
        return True


def _is_bare(sheet: Sheet, section: forms.Section, values: Values) -> bool:
    """Tell whether nothing of a section can be filled in and nothing is in it, such as why a task came back."""

    def is_bare(field: forms.Field) -> bool:
        right = sheet.rights.of(field)
        if right is forms.Right.EDIT or sheet.rights.may_compute(field):
            return False
        return right is forms.Right.HIDE or _holds_nothing(values.get(field.name, field.default))

    return all(is_bare(sheet.form.by_name[name]) for name in section.fields)


def _holds_nothing(value: Any) -> bool:
    """Tell whether a value is empty, or a group or rows in which everything is."""
    if isinstance(value, Mapping):
        return all(_holds_nothing(each) for each in value.values())
    if isinstance(value, list | tuple):
        return all(_holds_nothing(each) for each in value)
    return forms.is_empty(value)


def _unfilled(sheet: Sheet, field: forms.Field, value: Any) -> bool:
    """Tell whether a field is empty that somebody is to fill in; a box without a tick is."""
    ticked = value is not False or field.widget != "checkbox"
    return sheet.rights.of(field) is forms.Right.EDIT and (forms.is_empty(value) or not ticked)


def _blank(field: forms.Field) -> dict[str, Any]:
    """Return a group or row that nobody has touched yet: the defaults of its fields."""
    return {child.name: child.default for child in field.children if "default" in child.schema}


def _is_consent_free(field: forms.Field) -> bool:
    """Tell whether a checkbox may be left without a tick: then nothing about it is required."""
    return field.type == "boolean" and field.widget == "checkbox" and field.schema.get("const") is not True


def _with_summary(found: view.FormView, errors: Sequence[FormError]) -> view.FormView:
    places = {node.name: node.id for node in found.walk() if node.shown}
    lines = tuple(
        view.SummaryLine(error["label"], error["message"], _place(places, error["field"]), _english(found.form, error))
        for error in errors
    )
    return dataclasses.replace(found, summary=lines)


def _english(form: forms.Form, error: FormError) -> str:
    field = posted.field_at(form, error["field"])
    return english.of_field(error.get("code", ""), {} if field is None else field.schema, error["message"])


def _place(places: Mapping[str, str], name: str) -> str | None:
    """Return the element of a field, or of the nearest one around it."""
    while name:
        if name in places:
            return places[name]
        name = name.rpartition(".")[0]
    return None
