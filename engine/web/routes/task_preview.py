"""The documents that a task leads to, as they will be: with what is typed now, before anything is sent."""

from __future__ import annotations

import dataclasses

import fastapi
import markupsafe
from starlette import datastructures

from engine.actions import previews
from engine.web import access, downloads, forms, pages, printing
from engine.web.routes import task_page

router = access.Router("/tasks/{task_id:int}")

WHICH, FORMAT = "_preview", "_format"
_OWN = (access.CSRF_FIELD, WHICH, FORMAT)


@dataclasses.dataclass(frozen=True, slots=True)
class PreviewPage:
    """A document as it will be; `typed` is what was posted, to ask for the same as PDF."""

    task_id: int
    task_name: str
    preview: previews.Preview
    body: markupsafe.Markup
    typed: tuple[tuple[str, str], ...]


@router.post("/preview", rule=access.SIGNED_IN)
def preview(
    request: fastapi.Request,
    task_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Show a document as it would be issued, as a page or as PDF; nothing is kept of it."""
    view = task_page.view_of(engine, task_id, actor)
    sheet = task_page.sheet_of(engine, view)
    # Files that are only chosen are not stored for a look.
    typed = [(name, value) for name, value in fields.multi_items() if isinstance(value, str)]
    submission = {}
    if sheet is not None:
        sheet = dataclasses.replace(sheet, rights=view.rights)
        submission = forms.receive(request, engine, actor, sheet, datastructures.FormData([*typed])).submission
    which = str(fields.get(WHICH, "")) or next((each.template for each in previews.offered(engine, task_id, actor)), "")
    found = previews.preview(engine, task_id, actor, which, submission)
    if fields.get(FORMAT) == "pdf":
        return downloads.file(printing.pdf(found.title, found.html), "application/pdf", f"{found.title}（预览）.pdf")
    page = PreviewPage(
        task_id,
        view.item.name,
        found,
        markupsafe.Markup(found.html),  # noqa: S704 - rendered by `documents`, which escapes
        tuple((name, value) for name, value in typed if name not in _OWN),
    )
    return pages.show(request, "records/preview.html", page)
