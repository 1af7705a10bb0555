"""Publications as Atom feeds (RFC 4287), which people follow with programs of their own."""

from __future__ import annotations

import datetime
import re
import urllib.parse
from collections.abc import Mapping, Sequence

import fastapi

from engine.actions import context, portal
from engine.model import records as model
from engine.web import fresh, pages

#: What kinds of publications are called.
KINDS: Mapping[model.PublicationKind, str] = {
    model.PublicationKind.ANNOUNCEMENT: "公告",
    model.PublicationKind.NOTICE: "公示",
    model.PublicationKind.HEARING: "听证",
    model.PublicationKind.RESULT: "结果",
    model.PublicationKind.INFORMATION: "信息公开",
    model.PublicationKind.NEWS: "新闻发布",
}
#: What XML 1.0 cannot say, not even as a reference.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: When a feed that has nothing yet was last changed.
_NEVER = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC)


def kind_name(request: fastapi.Request, kind: model.PublicationKind) -> str:
    """Return what a kind of publications is called here."""
    names: Mapping[str, str] = pages.hosts(request).portal.kinds
    return names.get(kind.value, KINDS[kind])


def atom(
    request: fastapi.Request, engine: context.Engine, title: str, path: str, items: Sequence[portal.Followed]
) -> fastapi.Response:
    """Return publications as a feed.

    Args:
        request: Who asks.
        engine: The engine; its setting `public_url` is what addresses begin with.
        title: What the feed is called.
        path: The page that shows the same.
        items: The last change first.
    """
    base = absolute(engine, "")
    hosts = pages.hosts(request)
    content = pages.render(
        request,
        "public/feed.xml",
        title=title,
        base=base,
        author=hosts.name or urllib.parse.urlsplit(base).hostname,
        offices={pack: office.name for pack, office in hosts.by_pack.items()},
        path=path,
        items=items,
        updated=items[0].updated if items else _NEVER,
        kinds={kind: kind_name(request, kind) for kind in model.PublicationKind},
    )
    return fresh.answer(
        request,
        _UNSPEAKABLE.sub("", content).encode(),
        "application/atom+xml",
        changed=items[0].updated if items else None,
        cache=fresh.SHARED,
    )


def absolute(engine: context.Engine, path: str) -> str:
    """Return the address under which everybody reaches a page, by the setting `public_url`."""
    return engine.settings.public_url.rstrip("/") + path
