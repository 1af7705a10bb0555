"""抄送: asking who is to know of a case, from its own page and from those of its tasks."""

from __future__ import annotations

import fastapi
from starlette import datastructures

from engine.actions import context, cooperation, people
from engine.model import commands
from engine.web import asking, i18n, typed


def ask(request: fastapi.Request, engine: context.Engine, page: str, about: str) -> asking.Ask:
    """Return the page that asks to whom a case is sent.

    Args:
        request: The request.
        engine: The engine.
        page: The page of the case or task, below which the act has its address.
        about: What the case or task is called.
    """
    return asking.Ask(
        heading=i18n.text(request, "抄送"),
        action=f"{page}/copy",
        back=page,
        submit=i18n.text(request, "抄送"),
        fields=(
            asking.staff(request, engine, "people", i18n.text(request, "抄送给"), several=True, required=False),
            asking.Field(
                "role", i18n.text(request, "或者抄送给一个角色"), "role", required=False, options=asking.roles(engine)
            ),
            asking.Field("text", i18n.text(request, "附言"), "long", required=False, most=500),
        ),
        about=(about,),
        text=i18n.text(request, "对方可以查看此事项，不参与办理。"),
    )


def attempt(
    request: fastapi.Request,
    engine: context.Engine,
    actor: commands.Actor,
    fields: datastructures.FormData,
    case_id: int,
    page: str,
    about: str,
    task_id: int | None = None,
) -> fastapi.Response:
    """Send a case to whom was chosen; `task_id` is the task it is about, if one."""
    given = typed.texts(fields)

    def act() -> str:
        chosen = asking.persons(engine, fields, "people")
        roles = [given["role"]] if given.get("role") else []
        cooperation.copy_to(
            engine, case_id, actor, people=chosen, roles=roles, text=given.get("text", ""), user_task_id=task_id
        )
        names = people.directory(engine)
        told = "、".join([*map(names.name, chosen), *map(names.role_name, roles)])
        return i18n.text(request, "已抄送{names}。", names=told)

    return asking.attempt(request, ask(request, engine, page, about), act, to=page)
