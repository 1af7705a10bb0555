"""The form with every widget, and what it is filled in with, for designers to look at and to try."""

from __future__ import annotations

import datetime
import functools
import importlib.resources
from typing import Any

from engine import forms
from engine.web.forms import office


@functools.cache
def form() -> forms.Form:
    """Return the form of the gallery."""
    content = importlib.resources.files("engine.web.forms").joinpath("gallery.json").read_bytes()
    return forms.parse(content, "forms/gallery/widgets.json")


def filled(today: datetime.date, known: office.Office) -> dict[str, Any]:
    """Return values that are right, with people and units of the office."""
    people, roles, units = (list(known.picks(kind)) for kind in office.KINDS)
    begin = today + datetime.timedelta(days=3)
    return {
        "subject": "城市更新实施方案",
        "plan": "拟对老旧小区分三批实施改造。\n第一批自公示期满之日起施工。",
        "site": "https://www.example.gov.cn/",
        "serial": "永政发〔2026〕5号",
        "received": "由系统填写，本环节不能修改",
        "days": 7,
        "share": 12.5,
        "budget": 1280000.5,
        "begin": begin.isoformat(),
        "end": (begin + datetime.timedelta(days=7)).isoformat(),
        "span": 7,
        "meeting": f"{begin.isoformat()}T09:30:00+08:00",
        "level": "city",
        "secret": True,
        "reason": "附件含有个人住址，公开前须作技术处理。",
        "way": "主动公开",
        "channels": ["公开栏", "互联网"],
        "areas": ["零陵区", "祁阳市"],
        "urgent": True,
        **({"drafter": people[0].id, "readers": [each.id for each in people[:2]]} if people else {}),
        **({"role": roles[0].id} if roles else {}),
        **({"unit": units[0].id} if units else {}),
        "keywords": ["城市更新", "公示"],
        "costs": [{"item": "勘察", "amount": 120000}, {"item": "印刷", "amount": 3500.5}],
        "total": 123500.5,
        "contacts": [
            {"name": "张三", "by": "电话", "phone": "0746-8368888"},
            {"name": "李四", "by": "电子邮箱", "email": "lisi@example.gov.cn"},
        ],
        "address": {"street": "冷水滩区湘江东路 1 号", "post": "425000"},
        "agree": True,
    }


#: What somebody typed who got everything wrong.
WRONG: dict[str, Any] = {
    "subject": "",
    "plan": "太短",
    "site": "example",
    "serial": "5号",
    "days": "三天",
    "share": "100.55",
    "budget": "-1,000",
    "begin": "2026-02-30",
    "end": "2020-01-01",
    "meeting": "明天上午",
    "level": "village",
    "secret": "true",
    "reason": "字" * 201,
    "channels": ["互联网"],
    "areas": ["长沙市"],
    "urgent": "true",
    "drafter": "nobody",
    "readers": ["nobody"],
    "role": "nobody",
    "unit": "nowhere",
    "keywords": ["公示", "字" * 21],
    "costs": [{"item": "", "amount": "若干"}],
    "contacts": [{"name": "", "by": "电话", "phone": "12"}, {"name": "李四", "by": "电子邮箱", "email": "lisi"}],
    "address": {"street": "", "post": "4250"},
    "agree": False,
}
