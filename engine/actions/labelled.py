"""Values of a case as people read them: labels and options from its forms, nothing that is hidden from the reader.

A field may be hidden at some tasks (字段权限). Who looks at a case as a whole sees a field that no task hides; one that
some task hides they see when they have to do with a task that shows it, or started the case with it. Monitors see what
any task shows, operators see everything.

Personal data (`x-private` of a form) is narrower, for monitors and operators as for everybody: who holds an open task
of the case that shows the field reads it, who submitted it reads it where they submitted it, and so do the roles that
the form names. Everybody else reads that it is not for them. A task that nobody has yet shows it in its form alone.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine import forms
from engine.actions import definition_cache, policy
from engine.forms import formats
from engine.model import commands, instances, views_cases

Values = Mapping[str, Any]
Names = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Reader:
    """What one person may read of the values of one case."""

    definition: definition_cache.Definition
    visible: frozenset[str]
    everything: bool
    names: Names
    concealed: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        definition: definition_cache.Definition,
        actor: commands.Actor,
        instance: instances.ProcessInstance,
        tasks: Iterable[instances.UserTask],
        names: Names,
    ) -> Reader:
        """Return what the actor may read in a case that has these tasks."""
        tasks = tuple(tasks)
        own = {task.element_id for task in tasks if policy.concerns(actor, task)}
        if any(instance.started_by == each.id for each in (actor, *actor.acting_for)):
            own |= {point.element_id for point in definition.process.starts}
        shown: set[str] = set()
        hidden: set[str] = set()
        own_shown: set[str] = set()
        for element_id, form in forms_of(definition):
            rights = definition.rights(element_id)
            for field in form.fields:
                if rights.of(field) is forms.Right.HIDE:
                    hidden.add(field.name)
                    continue
                shown.add(field.name)
                if element_id in own:
                    own_shown.add(field.name)
        visible = shown if actor.monitor or actor.is_operator else (shown - hidden) | own_shown
        return cls(definition, frozenset(visible), actor.is_operator, names, _concealed(definition, actor, tasks))

    @classmethod
    def of_all(cls, definition: definition_cache.Definition, names: Names) -> Reader:
        """Return who reads all that forms ask for, personal data too: the archive, which is the complete file."""
        asked = frozenset(name for form in unique_forms(definition) for name in form.by_name)
        return cls(definition, asked, False, names)

    def sees(self, name: str) -> bool:
        """Tell whether a variable may be read."""
        return self.everything or name in self.visible

    def groups(self, variables: Values) -> tuple[views_cases.ValueGroup, ...]:
        """Return the variables of a case under the titles of the forms that have them, in the order of the diagram."""
        variables = self.reads(variables)
        left = {name: value for name, value in variables.items() if self.sees(name)}
        groups = []
        for form in unique_forms(self.definition):
            here = {
                name: left.pop(name) for name, field in form.by_name.items() if name in left and fits(field, left[name])
            }
            # What is shown may hang on a field that stands in another form as well.
            values = tuple(labelled(form, here, self.names, around=variables))
            if values:
                groups.append(views_cases.ValueGroup(form.title, values))
        left = self.raw(left)
        if self.everything and left:
            rest = tuple(
                views_cases.Value(name, name, json.dumps(value, ensure_ascii=False), tuple(files_in(value, name)))
                for name, value in left.items()
                if not is_blank(value)
            )
            groups.append(views_cases.ValueGroup("其他变量", rest))
        return tuple(groups)

    def reads(self, values: Values) -> dict[str, Any]:
        """Return the values with what is private and not for this reader masked."""
        return forms.concealed(values, self.concealed)

    def raw(self, variables: Values) -> dict[str, Any]:
        """Return variables as they are, for operators: without what is, or may come from what is, private."""
        if not self.concealed:
            return dict(variables)
        return forms.redacted(unique_forms(self.definition), self.reads(variables))

    def submitted(self, form_key: str | None, values: Values, *, own: bool) -> tuple[views_cases.Value, ...]:
        """Return what somebody submitted with a form; `own`: the reader did, or it was done for them."""
        values = dict(values) if own else self.reads(values)
        form = self.definition.deployed_forms.get(form_key or "")
        shown = {name: value for name, value in values.items() if self.sees(name)}
        return () if form is None else tuple(labelled(form, shown, self.names, around=values))


def public(definition: definition_cache.Definition, variables: Values) -> dict[str, Any]:
    """Return variables of a case without what is, or may come from what is, private for anybody."""
    if not definition.private:
        return dict(variables)
    return forms.redacted(unique_forms(definition), forms.concealed(variables, definition.private))


def hidden(definition: definition_cache.Definition, actor: commands.Actor) -> set[str]:
    """Return the paths of the private fields of a process that no role of somebody gives them."""
    return {path for path, roles in definition.private.items() if not actor.roles & roles}


def _concealed(
    definition: definition_cache.Definition, actor: commands.Actor, tasks: Iterable[instances.UserTask]
) -> frozenset[str]:
    """Return the paths of the private fields that somebody may not read: of all that no rule gives them."""
    left = hidden(definition, actor)
    if not left:
        return frozenset()
    who = {each.id for each in (actor, *actor.acting_for)}
    held = {task.element_id for task in tasks if task.status is instances.UserTaskStatus.OPEN and task.assignee in who}
    for element_id, form in forms_of(definition):
        if element_id in held:
            rights = definition.rights(element_id)
            shown = {name for name, field in form.by_name.items() if rights.of(field) is not forms.Right.HIDE}
            left -= {field.path for field in form.walk() if field.path.partition(".")[0] in shown}
    return frozenset(left)


def is_blank(value: Any) -> bool:
    """Tell whether there is nothing to show."""
    return value is None or value == "" or value == [] or value == {}


def fits(field: forms.Field, value: Any) -> bool:
    """Tell whether a value is one of those a field offers: a variable may carry what another form offers, by a code."""
    if not field.options or is_blank(value):
        return True
    return all(field.option_label(each) is not None for each in (value if isinstance(value, list) else [value]))


def forms_of(definition: definition_cache.Definition) -> Iterator[tuple[str, forms.Form]]:
    """Yield the elements of a process that have a form, with the form, in the order of the diagram."""
    for element in definition.process.elements.values():
        form = definition.deployed_forms.get(element.form_key or "")
        if form is not None:
            yield element.id, form


def unique_forms(definition: definition_cache.Definition) -> list[forms.Form]:
    """Return the forms of a process, each once: those of start events first."""
    starts = {point.element_id for point in definition.process.starts}
    ordered = sorted(forms_of(definition), key=lambda pair: pair[0] not in starts)
    return list({form.id: form for _, form in ordered}.values())


def labelled(
    form: forms.Form, values: Values, names: Names, *, around: Values | None = None
) -> Iterator[views_cases.Value]:
    """Yield the values that a form shows, with their labels, in its order.

    Args:
        form: The form.
        values: What to show of its fields.
        names: Names of people, roles and units by id.
        around: All values, where `values` are only some: they decide which fields are shown.
    """
    yield from _labelled(form.fields, values, "", names, around if around is not None else values, "")


def _labelled(
    fields: tuple[forms.Field, ...], values: Values, prefix: str, names: Names, around: Values, path: str
) -> Iterator[views_cases.Value]:
    shown = forms.visible_names(fields, around)
    for field in fields:
        if is_blank(values.get(field.name)) or field.name not in shown:
            continue
        value, label, name = values[field.name], f"{prefix}{field.label}", f"{path}{field.name}"
        if field.is_group and isinstance(value, Mapping):
            yield from _labelled(field.children, value, f"{label}·", names, value, f"{name}.")
        elif field.is_rows and isinstance(value, list) and value:
            for number, row in enumerate(value, start=1):
                inside = row if isinstance(row, Mapping) else {}
                yield from _labelled(
                    field.children, inside, f"{label}（第 {number} 项）·", names, inside, f"{name}.{number}."
                )
        else:
            yield views_cases.Value(name, label, forms.text(field, value, names), tuple(files_in(value, label)))


def files_in(value: Any, label: str = "") -> Iterator[views_cases.File]:
    """Yield the stored files that a value holds, at whatever depth."""
    if isinstance(value, Mapping):
        if formats.is_file(value):
            yield views_cases.File(value["token"], value["name"], value["size"], label)
        else:
            for part in value.values():
                yield from files_in(part, label)
    elif isinstance(value, list):
        for part in value:
            yield from files_in(part, label)
