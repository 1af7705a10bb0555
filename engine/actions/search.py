"""Searching cases by their words: title, number, procedure, tasks, what forms hold, comments.

The index follows the audit trail a moment behind (`index_pending`, called by workers): no act costs more for it. It has
no field that any task hides or that is private, so that nobody finds what they may not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine import errors, forms
from engine.actions import context, definition_cache, known, labelled, rows
from engine.bpmn import execution
from engine.model import commands, instances, views_lists
from engine.store import feeds, queries_search, search_index, unit_of_work

FEED = search_index.FEED
#: Longest text that is searched for, and the most terms in it.
LONGEST = 100
_MOST_TERMS = 8
#: Letters around a match in an excerpt.
_AROUND = 30


def find(
    engine: context.Engine,
    actor: commands.Actor,
    text: str,
    *,
    limit: int = 25,
    after: str | None = None,
    before: str | None = None,
) -> views_lists.Listing[views_lists.Hit]:
    """Return the cases that contain every word of a text, newest first, as far as the actor may see them.

    Monitors and operators find all cases, others those that they or whom they stand in for have to do with.

    Args:
        engine: The engine.
        actor: Who searches.
        text: Words, separated by spaces; two characters at least. Of Latin words and numbers the beginning is enough.
        limit: Rows of the page.
        after: The page after this place.
        before: The page before this place.

    Raises:
        errors.InvalidInput: The text is too short or too long, or the place is not one of this list.
    """
    terms = _terms(text)
    everybody = actor.monitor or actor.is_operator
    who = (actor, *actor.acting_for)
    now = engine.clock.now()
    with engine.store.read() as uow:
        page = queries_search.find(
            uow,
            terms,
            people=None if everybody else {each.id for each in who},
            groups={group for each in who for group in each.groups},
            limit=limit,
            after=after,
            before=before,
        )
        cases = rows.cases(engine, uow, [row for row, _ in page], actor, now)
    hits = (views_lists.Hit(case, _excerpt(found, terms)) for case, (_, found) in zip(cases, page.items, strict=True))
    return views_lists.Listing(tuple(hits), page.before, page.after)


def index_pending(engine: context.Engine, limit: int = 20) -> int:
    """Index what has happened since the last time; return how many acts were looked at, 0 when there is nothing.

    Any number of workers may call it: one at a time does the work. A batch that is killed is done again.
    """
    with engine.store.read() as uow:
        if uow.feeds.oldest(FEED) is None:
            return 0
    names = engine.directory.get(engine.store)
    with engine.store.write() as uow:
        feed = uow.feeds.lock(FEED)
        if feed is None:
            return 0
        batch: feeds.Batch = uow.feeds.read(feed, limit, engine.clock.now())
        for instance_id in sorted({entry.chain for _, entry in batch.entries if entry.chain}):
            seq = uow.search_index.behind(instance_id)
            if seq is not None:
                instance = uow.instances.get(instance_id)
                definition = engine.definitions.get(uow, instance.definition_id)
                _index(uow, instance, seq, definition, known.Names(names, definition.people))
        uow.feeds.save(batch.feed)
        return len(batch.entries)


def _index(
    uow: unit_of_work.UnitOfWork,
    instance: instances.ProcessInstance,
    seq: int,
    definition: definition_cache.Definition,
    names: Mapping[str, str],
) -> None:
    named = [instance.title, instance.business_key, definition.row.name]
    named += dict.fromkeys(task.name for task in uow.user_tasks.of_instance(instance.id))
    labels = [each for each in named if each]
    lines = list(labels)
    lines += _values(definition, uow.instances.state(instance.id), names)
    lines += (comment.text for comment in uow.comments.of_instance(instance.id))
    uow.search_index.put(
        instance.id,
        instance.root_id or instance.id,
        seq,
        search_index.plain("\n".join(line for line in lines if line)),
        uow.involvement.of_instance(instance.id),
        labels,
    )


def _values(
    definition: definition_cache.Definition, state: instances.InstanceState, names: Mapping[str, str]
) -> Iterator[str]:
    """Yield the values of a case as people read them, without the fields that a task hides or a form calls private."""
    variables: dict[str, Any] = execution.variables_at(definition.process, state)
    variables = forms.concealed(variables, definition.private, None)
    hidden: set[str] = set()
    for element_id, form in labelled.forms_of(definition):
        rights = definition.rights(element_id)
        hidden.update(field.name for field in form.fields if rights.of(field) is forms.Right.HIDE)
    for form in labelled.unique_forms(definition):
        here = {
            name: variables.pop(name)
            for name, field in form.by_name.items()
            if name in variables and name not in hidden and labelled.fits(field, variables[name])
        }
        yield from (f"{value.label}：{value.text}" for value in labelled.labelled(form, here, names))


def _terms(text: str) -> list[str]:
    if len(text) > LONGEST:
        raise errors.InvalidInput(f"检索词应不超过 {LONGEST} 字，现为 {len(text)} 字。")
    terms = list(dict.fromkeys(search_index.plain(text).split()))[:_MOST_TERMS]
    if not search_index.asked(terms):
        raise errors.InvalidInput("检索词过短，请至少输入相连的两个字或两位字母、数字。")
    return terms


def _excerpt(text: str, terms: list[str]) -> tuple[tuple[str, bool], ...]:
    """Return the line of the first match, cut to what stands around it, part by part: text, and whether it matches."""
    pattern = re.compile("|".join(re.escape(term) for term in terms), re.IGNORECASE)
    # The title stands in the row anyway: a match further below says more.
    lines = text.splitlines()
    line = next((each for each in lines[1:] if pattern.search(each)), lines[0] if lines else "")
    match = pattern.search(line)
    if match is None:
        return ((line[: 2 * _AROUND], False),) if line else ()
    start, end = max(match.start() - _AROUND, 0), match.end() + _AROUND
    shown = ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")
    parts, place = [], 0
    for found in pattern.finditer(shown):
        parts += [(shown[place : found.start()], False), (found.group(), True)]
        place = found.end()
    return tuple(part for part in [*parts, (shown[place:], False)] if part[0])
