"""Forms on pages: any `engine.forms.Form` as accessible HTML, and back.

A page with a form works without JavaScript; htmx and app.js make it pleasant. How a page uses it::

    sheet = forms.Sheet(form, action="/tasks/7", today=…, office=…, rights=…, variables=…, draft=…)

    # GET
    page = TaskPage(…, form=forms.build(sheet))           # shown by {% call form(page.form) %} of forms/form.html

    # POST: files are stored first, whatever else may be wrong
    given = forms.receive(request, engine, actor, sheet, fields)
    if given.changes_page_only:                           # a row more or less, “更新表单”
        return forms.again(request, sheet, given, show)
    try:
        forms.refuse(sheet, given)                        # files that could not be stored
        user_tasks.complete(engine, 7, actor, given.submission, idempotency_key=given.key)
    except errors.InvalidForm as error:                   # 422: everything typed is kept
        page = TaskPage(…, form=forms.build(sheet, typed=given.submission, errors=error.details["errors"]))

`kept` shows what somebody typed after the task has gone elsewhere; `read` shows a form that is only read.
"""

from __future__ import annotations

from engine.web.forms.answers import again
from engine.web.forms.building import build, read
from engine.web.forms.office import Office
from engine.web.forms.posted import Posted, kept, receive, refuse
from engine.web.forms.sheet import Sheet, new_key
from engine.web.forms.view import FormView

__all__ = ["FormView", "Office", "Posted", "Sheet", "again", "build", "kept", "new_key", "read", "receive", "refuse"]
