"""A document as it will be, before it is issued: what is not known yet is marked, and so is the whole."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jinja2
import markupsafe

from engine.documents import language, rendering, templates

#: What stands in the place of the number that nobody has taken yet.
UNNUMBERED = "（待编号）"


def preview(
    template: templates.Template,
    data: Mapping[str, Any],
    *,
    now: datetime.datetime,
    names: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> rendering.Rendered:
    """Fill in a template with what is known; gaps are marked 〔待填写：…〕 instead of being refused.

    Args:
        template: As `parse` returned it.
        data: What is known by now; what is empty counts as not known.
        now: Today, with time zone.
        names: What people are called, by id.
        labels: What the variables are called that somebody is to fill in, by name.

    Raises:
        errors.InvalidRecord: The template does what templates may not.
    """
    year = now.astimezone(language.BEIJING).year
    number = template.number.replace("{year}", str(year)).replace("{n}", UNNUMBERED)
    wanted = labels or {}
    known = {name: value for name, value in data.items() if not _is_unknown(value, is_asked=name in wanted)}
    gap = _gap_class(wanted)
    text, html = (_lenient(escaped, gap) for escaped in (False, True))
    return rendering.fill(
        template, template.sources(text, html), known, number=number, now=now, names=names or {}, draft=True
    )


def _is_unknown(value: Any, *, is_asked: bool) -> bool:
    """Tell whether a value is not known yet; an empty list is not where somebody is to fill it in."""
    return value is None or value == "" or (is_asked and value == [])


class _Gap(jinja2.Undefined):
    """What is not there yet: it is marked where it would be printed, and is nothing where it is asked for."""

    labels: Mapping[str, str] = {}

    @property
    def _label(self) -> str:
        name = self._undefined_name
        return name._label if isinstance(name, _Gap) else self.labels.get(str(name or ""), "")

    def __str__(self) -> str:
        return f"〔待填写：{self._label}〕" if self._label else "〔待定〕"

    def __iter__(self) -> Iterator[Any]:
        # What somebody is to fill in has at least one item.
        yield from [self] if self._label else []

    def __html__(self) -> markupsafe.Markup:
        return markupsafe.Markup('<mark class="gap">{}</mark>').format(str(self))

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self


#: What is computed with a gap is a gap, and no gap is more or less than anything.
_COMPUTED = (
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__", "__floordiv__",
    "__rfloordiv__", "__mod__", "__rmod__", "__neg__", "__pos__", "__getitem__", "__call__",
)  # fmt: skip
_COMPARED = ("__lt__", "__le__", "__gt__", "__ge__")


def _gap_class(named: Mapping[str, str]) -> type[_Gap]:
    members: dict[str, Any] = {"labels": dict(named)}
    members |= dict.fromkeys(_COMPUTED, lambda gap, *_, **__: gap)
    members |= dict.fromkeys(_COMPARED, lambda gap, other: False)
    return type("Gap", (_Gap,), members)


def _lenient(escaped: bool, gap: type[_Gap]) -> jinja2.Environment:
    """Return the language of templates in which nothing has to be known."""
    made = language.environment(escaped=escaped, undefined=gap)
    made.finalize = lambda value: gap() if value is None else value
    for name in ("day", "minute", "chinese_day", "chinese", "yuan", "person"):
        made.filters[name] = _patient(made.filters[name], gap)
    written: Callable[[Any], markupsafe.Markup] = made.filters["lines"]
    empty = markupsafe.Markup("<p>{}</p>")
    made.filters["lines"] = lambda value: (
        empty.format(value if isinstance(value, _Gap) else gap()) if not value else written(value)
    )
    return made


def _patient(filter_: Callable[..., Any], gap: type[_Gap]) -> Callable[..., Any]:
    """Return a filter that leaves a gap where it gets one, or what is no date or number yet."""

    def patient(first: Any, *others: Any) -> Any:
        value = others[0] if isinstance(first, jinja2.runtime.Context) and others else first
        if value is None or isinstance(value, jinja2.Undefined):
            return gap() if value is None else value
        try:
            return filter_(first, *others)
        except (jinja2.UndefinedError, TypeError):
            return gap()

    if hasattr(filter_, "jinja_pass_arg"):
        return jinja2.pass_context(patient)
    return patient
