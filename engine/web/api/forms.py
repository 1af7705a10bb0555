"""`/forms`: forms as they were deployed."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import fastapi
import pydantic

from engine import forms as form_language
from engine.actions import published
from engine.web import access
from engine.web.api import conditional, routing, schema

router = routing.Router("forms")

_KeyPart = Annotated[str, pydantic.StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
KeyPack = Annotated[_KeyPart, fastapi.Path(description="First half of the form key.", examples=["shizhengwuban"])]
KeyName = Annotated[_KeyPart, fastapi.Path(description="Second half of the form key.", examples=["gongkai_shenqing"])]


class Form(schema.Model):
    """A form: JSON Schema 2020-12, how it is shown, and what may be done with its fields."""

    key: str = schema.about("Its form key.", "shizhengwuban/gongkai_shenqing")
    title: str = schema.about("Its title.", "政府信息公开申请")
    description: str = schema.about("What it is for.", "")
    clause: str = schema.about("The clause that demands it.", "P000-02")
    sha256: str = schema.about("Hash of its file.", "5d" * 32)
    json_schema: dict[str, Any] = schema.about(
        "What a submission must fulfil; undeclared fields are refused.",
        {"type": "object", "properties": {"title": {"type": "string", "title": "信息标题"}}, "required": ["title"]},
    )
    ui: dict[str, Any] = schema.about("Order, widgets and help (docs/reference/forms.md).", {"order": ["title"]})
    rights: dict[str, Literal["read", "hide"]] = schema.about(
        "Fields that are not to be edited here: `read`, or `hide` whose values are not even shown.", {"number": "read"}
    )

    @classmethod
    def of(cls, form: form_language.Form, rights: form_language.Rights) -> Self:
        """Return a form as the API shows it, with the rights of one node."""
        shown: dict[form_language.Right, Literal["read", "hide"]] = {
            form_language.Right.READ: "read",
            form_language.Right.HIDE: "hide",
        }
        given = {field.name: rights.of(field) for field in form.fields}
        return cls(
            key=form.id,
            title=form.title,
            description=form.description,
            clause=form.clause,
            sha256=form.sha256,
            json_schema=dict(form.schema),
            ui=dict(form.ui),
            rights={name: shown[right] for name, right in given.items() if right in shown},
        )


class FormSummary(schema.Model):
    """A form in a list."""

    key: str = schema.about("Its form key.", "shizhengwuban/gongkai_shenqing")
    title: str = schema.about("Its title.", "政府信息公开申请")
    sha256: str = schema.about("Hash of its file.", "5d" * 32)
    deployment_id: schema.Id = schema.about("The deployment it is of.", 3)


class FormList(schema.Model):
    """The forms of a pack, by key."""

    items: list[FormSummary]


@router.get("/forms/{pack}", rule=access.SIGNED_IN, scope="read", summary="列出流程包的表单")
def list_forms(pack: KeyPack, engine: access.CurrentEngine) -> FormList:
    """List the forms of the newest deployment of a pack, by key."""
    found = published.newest_forms(engine, pack)
    return FormList(
        items=[
            FormSummary(
                key=each.form.id, title=each.form.title, sha256=each.form.sha256, deployment_id=each.deployment.id
            )
            for each in found
        ]
    )


@router.get("/forms/{pack}/{name}", rule=access.SIGNED_IN, scope="read", response_model=Form, summary="查看表单")
def show_form(
    request: fastapi.Request,
    pack: KeyPack,
    name: KeyName,
    engine: access.CurrentEngine,
    if_none_match: conditional.IfNoneMatch = None,
) -> Any:
    """Return a form as it was deployed last; cases use the version that was deployed with their definition."""
    found = published.newest_form(engine, f"{pack}/{name}")
    return conditional.model(request, Form.of(found.form, form_language.ALL_EDIT))
