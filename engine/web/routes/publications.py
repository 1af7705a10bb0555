"""撤回公开: taking a publication back from the public, for operators."""

from __future__ import annotations

import fastapi

from engine.actions import portal, withdrawing
from engine.model import records as model
from engine.web import access, asking, i18n, typed

router = access.Router("/publications/{publication_id:int}/withdraw")


@router.get("", rule=access.ADMIN)
def ask(request: fastapi.Request, publication_id: int, engine: access.CurrentEngine) -> fastapi.Response:
    """Ask why a publication is withdrawn."""
    return asking.show(request, _asked(request, portal.publication(engine, publication_id)))


@router.post("", rule=access.ADMIN)
def withdraw(
    request: fastapi.Request,
    publication_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Withdraw a publication."""
    publication = portal.publication(engine, publication_id)
    asked, given = _asked(request, publication), typed.texts(fields)

    def act() -> str:
        withdrawing.withdraw(engine, publication_id, actor, given.get("reason", ""))
        return i18n.text(request, "已撤回，公开页面只保留标题和撤回的理由。")

    return asking.attempt(request, asked, act, to=_back(publication))


def _asked(request: fastapi.Request, publication: model.Publication) -> asking.Ask:
    reason = asking.Field(
        "reason",
        i18n.text(request, "撤回的理由"),
        "long",
        help=i18n.text(request, "向社会公布，请勿写入不应公开的内容。"),
        most=withdrawing.LONGEST,
    )
    return asking.Ask(
        heading=i18n.text(request, "撤回公开信息"),
        action=f"/publications/{publication.id}/withdraw",
        back=_back(publication),
        submit=i18n.text(request, "撤回"),
        fields=(reason,),
        about=(publication.title,),
        text=i18n.text(
            request,
            "撤回后公众只能看到标题、撤回时间和理由，不能再查看内容和附件。记录、公文和台账保留。此操作不能撤销。",
        ),
        danger=True,
    )


def _back(publication: model.Publication) -> str:
    if publication.instance_id is None:
        return f"/public/items/{publication.id}"
    return f"/cases/{publication.instance_id}"
