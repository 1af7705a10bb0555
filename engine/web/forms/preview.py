"""A form as one page of its own: to look at before it is deployed, without a server."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

import markupsafe

from engine import forms
from engine.web import access, i18n, pages, static_files
from engine.web.forms import building
from engine.web.forms.sheet import Sheet

_LINK = re.compile(r"url\(\.\./[^)]*\)")
_SYMBOL = re.compile(r'<symbol id="plus-lg".*?</symbol>', re.DOTALL)


def page(
    form: forms.Form, today: datetime.date, *, values: Mapping[str, Any] | None = None, read_only: bool = False
) -> str:
    """Return the page as text: the look of the theme is in it, and nothing is loaded from anywhere.

    Args:
        form: The form.
        today: The day it is in Beijing: dates may be limited by it.
        values: What it is filled in with.
        read_only: To read instead of to fill in.
    """
    environment = pages.environment()
    # The icons of forms are in the page itself.
    environment.globals["static"] = lambda _: ""
    icons = (static_files.ROOT / "dist" / "icons.svg").read_text(encoding="utf-8")
    css = _LINK.sub("none", (static_files.ROOT / "dist" / "app.css").read_text(encoding="utf-8"))
    sheet = Sheet(form, action="#", today=today, variables=values or {})
    return environment.get_template("forms/preview.html").render(
        form=form,
        view=building.read(sheet) if read_only else building.build(sheet),
        look=markupsafe.Markup(f"<style>{css}</style>"),  # noqa: S704 - our own stylesheet
        icons=markupsafe.Markup("".join(_SYMBOL.findall(icons))),  # noqa: S704 - our own icons
        visitor=access.Visitor(),
        language=i18n.CHINESE,
        language_tag=i18n.TAGS[i18n.CHINESE],
    )
