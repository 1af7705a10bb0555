"""关联事项: linking a case with others of the same matter, and taking that back."""

from __future__ import annotations

import dataclasses

import fastapi

from engine import errors
from engine.actions import linking, sight
from engine.model import instances as model
from engine.model import views_cases
from engine.web import access, asking, i18n, typed

router = access.Router("/cases/{case_id:int}/links")


@router.get("", rule=access.SIGNED_IN)
def ask_link(
    request: fastapi.Request, case_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask which case to link."""
    return asking.show(request, _number(request, sight.case(engine, case_id, actor)))


@router.post("", rule=access.SIGNED_IN)
def link(
    request: fastapi.Request,
    case_id: int,
    engine: access.CurrentEngine,
    actor: access.CurrentActor,
    fields: access.Posted,
) -> fastapi.Response:
    """Link the case that was chosen, or whose number was typed; of several that may be meant, ask which one."""
    case = sight.case(engine, case_id, actor)
    given = typed.texts(fields)
    chosen, text = given.get("other", ""), given.get("number", "")
    asked, other = _number(request, case), int(chosen) if chosen.isascii() and chosen.isdecimal() else None
    if other is None:
        found, offered = linking.named(engine, text, actor)
        offered = [each for each in offered if each.id != case_id]
        if found is None and offered:
            return asking.show(request, _choice(request, case, text, offered), 422)
        other = None if found is None else found.id

    def act() -> str:
        if other is None:
            what = f"没有找到事项“{text[:60]}”，或者您不能查看，请核对" if text else "请填写要关联的"
            raise errors.InvalidInput(f"{what}事项编号或标题。")
        linking.link(engine, case_id, other, actor)
        return i18n.text(request, "已关联“{name}”。", name=_called(sight.case(engine, other, actor)))

    return asking.attempt(request, asked, act, to=f"/cases/{case_id}")


@router.get("/{other_id:int}/remove", rule=access.SIGNED_IN)
def ask_remove(
    request: fastapi.Request, case_id: int, other_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Ask whether two cases no longer belong together."""
    case, other = sight.case(engine, case_id, actor), sight.case(engine, other_id, actor)
    return asking.show(request, _removal(request, case, other))


@router.post("/{other_id:int}/remove", rule=access.SIGNED_IN)
def remove(
    request: fastapi.Request, case_id: int, other_id: int, engine: access.CurrentEngine, actor: access.CurrentActor
) -> fastapi.Response:
    """Take a link back."""
    case, other = sight.case(engine, case_id, actor), sight.case(engine, other_id, actor)

    def act() -> str:
        linking.unlink(engine, case_id, other_id, actor)
        return i18n.text(request, "已取消与“{name}”的关联。", name=_called(other))

    return asking.attempt(request, _removal(request, case, other), act, to=f"/cases/{case_id}")


def _number(request: fastapi.Request, case: model.ProcessInstance) -> asking.Ask:
    number = asking.Field(
        "number",
        i18n.text(request, "事项编号或标题"),
        help=i18n.text(request, "填写完整的编号；不知道编号的，填写标题中的词语。"),
        most=200,
    )
    return asking.Ask(
        heading=i18n.text(request, "关联其他事项"),
        action=f"/cases/{case.id}/links",
        back=f"/cases/{case.id}#related",
        submit=i18n.text(request, "关联"),
        fields=(number,),
        about=(_called(case),),
        text=i18n.text(request, "属于同一事项的公示、听证、发布等可以相互关联。关联不改变谁可以查看。"),
    )


def _choice(
    request: fastapi.Request, case: model.ProcessInstance, text: str, offered: list[views_cases.CaseLink]
) -> asking.Ask:
    options = tuple(
        asking.Option(str(each.id), each.title, " · ".join(filter(None, (each.business_key, each.procedure))))
        for each in offered
    )
    label = i18n.text(request, "“{text}”可能是下列事项，请选择", text=text[:60])
    return dataclasses.replace(
        _number(request, case), fields=(asking.Field("other", label, "choice", options=options),)
    )


def _removal(request: fastapi.Request, case: model.ProcessInstance, other: model.ProcessInstance) -> asking.Ask:
    return asking.Ask(
        heading=i18n.text(request, "取消关联"),
        action=f"/cases/{case.id}/links/{other.id}/remove",
        back=f"/cases/{case.id}#related",
        submit=i18n.text(request, "取消关联"),
        about=(_called(case), _called(other)),
        text=i18n.text(request, "确定这两个事项不再关联？两个事项本身不受影响，关联的记录保留在各自的办理过程中。"),
        danger=True,
    )


def _called(case: model.ProcessInstance) -> str:
    return " ".join(filter(None, (case.title, case.business_key))) or str(case.id)
