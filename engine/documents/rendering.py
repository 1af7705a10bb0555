"""A document out of a template and data."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections.abc import Mapping
from typing import Any

import jinja2
import markupsafe

from engine import errors
from engine.documents import language, templates, titles

#: Longest accepted document, in characters: data that grows without bound does not become paper.
LONGEST = 2_000_000
#: Longest accepted title: it is broken into lines with care, which takes the longer the longer it is.
LONGEST_TITLE = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Rendered:
    """A document: `html` is a part of a page, from its heading to its date, without styles."""

    title: str
    html: str

    @property
    def sha256(self) -> str:
        """Return the hash that identifies it."""
        return hashlib.sha256(self.html.encode()).hexdigest()


_FRAME = language.HTML.from_string(
    """<article class="paper paper-{{ layout }}">
{% if draft %}
<p class="paper-draft">预览稿　未编号、未制发</p>
{% endif %}
<header>
{% if layout == "letter" %}
<p class="paper-issuer{{ " paper-issuer-long" if issuer|length > 11 }}">{{ issuer }}</p>
{% endif %}
{% if signer %}
<p class="paper-upward paper-number"><span>{{ number }}</span>\
<span class="paper-signer">签发人：<span class="paper-name">{{ signer }}</span></span></p>
{% elif number %}
<p class="paper-number">{{ number }}</p>
{% endif %}
<h1>{% for line in lines %}{{ line }}{% if not loop.last %}<br>{% endif %}{% endfor %}</h1>
</header>
<div class="paper-body">
{{ body }}
</div>
{% if signed %}
<footer>
<p class="paper-signature">{{ issuer }}</p>
<p class="paper-date">{{ today|chinese_day }}</p>
{% if note %}
<p class="paper-note">（{{ note }}）</p>
{% endif %}
</footer>
{% endif %}
</article>
"""
)


def render(
    template: templates.Template,
    data: Mapping[str, Any],
    *,
    number: str,
    now: datetime.datetime,
    names: Mapping[str, str] | None = None,
) -> Rendered:
    """Fill in a template.

    Args:
        template: As `parse` returned it.
        data: What it may name, by name; `number`, `today` and `issuer` come from here and not from the data.
        number: Of the document (文号); empty for one without.
        now: When it is issued, with time zone.
        names: What people are called, by id.

    Raises:
        errors.InvalidRecord: The template names what is not there, or does what templates may not.
    """
    return fill(template, template.compiled, data, number=number, now=now, names=names or {})


def fill(
    template: templates.Template,
    sources: templates.Sources,
    data: Mapping[str, Any],
    *,
    number: str,
    now: datetime.datetime,
    names: Mapping[str, str],
    draft: bool = False,
) -> Rendered:
    """Fill in the parts of a template, compiled; `draft` marks what is not issued. Else as `render`."""
    today = now.astimezone(language.BEIJING).date()
    given = {**data, "number": number, "today": today, "issuer": template.issuer, language.NAMES: names}
    title_source, body_source, *others = sources
    try:
        title = " ".join(title_source.render(given).split())
        body = body_source.render(given)
        signer, note = (each.render(given).strip() for each in others)
    except jinja2.UndefinedError as error:
        raise _cannot(template, f"模板用到的数据没有：{error.message}") from None
    except Exception as error:  # whatever data and template make of each other; it is the designer who mends it
        raise _cannot(template, f"{type(error).__name__}：{error}") from None
    if not title:
        raise _cannot(template, "标题是空的")
    if len(title) > LONGEST_TITLE:
        raise _cannot(template, f"标题应不超过 {LONGEST_TITLE} 字，实际有 {len(title)} 字")
    if len(body) > LONGEST:
        raise _cannot(template, f"正文应不超过 {LONGEST} 字，实际有 {len(body)} 字")
    if template.signer and not signer and not draft:
        raise _cannot(template, "上行文应有签发人")
    paper = template.kind in templates.PAPERS
    html = _FRAME.render(
        layout="sheet" if paper else "letter",
        issuer=template.issuer,
        number=number,
        lines=titles.lines(title),
        # All three are escaped where the template filled them in.
        body=markupsafe.Markup(body),  # noqa: S704
        signer=markupsafe.Markup(signer),  # noqa: S704
        note=markupsafe.Markup(note),  # noqa: S704
        signed=not paper,
        today=today,
        draft=draft,
    )
    return Rendered(title, html)


def _cannot(template: templates.Template, what: str) -> errors.InvalidRecord:
    return errors.InvalidRecord(f"公文“{template.name}”不能生成：{what}。请检查模板和事项的数据。")
