"""What mails say: notices that go together, and digests; as text and as simple HTML.

The content of a mail is put together once, when it is posted: every attempt to send it says the same.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

from engine.actions import telling
from engine.model import events

#: Items of one section; what is beyond them is counted.
MOST_ITEMS = 30

_FOOTER = "本邮件由政务公开办理平台自动发出，请勿回复。接收哪些通知可以自行设置："


def item(title: str, text: str = "", link: str = "") -> dict[str, str]:
    """Return one entry of a mail; `link` is a path of the pages."""
    return {"title": telling.one_line(title), "text": telling.one_line(text), "link": link}


def section(title: str, items: Sequence[dict[str, str]], *, further: int = 0) -> dict[str, Any]:
    """Return entries under a title; `further` are those that are not among `items`."""
    left = len(items[MOST_ITEMS:]) + further
    return {"title": title, "items": list(items[:MOST_ITEMS]), "further": left}


def content(name: str, sections: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return what a mail to somebody says."""
    return {"name": telling.one_line(name), "sections": list(sections)}


def of_notices(name: str, notices: Sequence[events.Notice]) -> tuple[str, dict[str, Any]]:
    """Return subject and content of a mail with notices, oldest first; at least one."""
    first = telling.one_line(notices[0].title)
    subject = first if len(notices) == 1 else f"{first}等{len(notices)}条通知"
    items = [item(each.title, each.text, each.link) for each in notices]
    return subject, content(name, [section("", items)])


def as_text(said: dict[str, Any], base: str) -> str:
    """Return a mail as plain text.

    Args:
        said: As `content` returned it.
        base: The address of the pages.
    """
    lines = [f"{said['name']}，您好：", ""]
    for part in said["sections"]:
        if part["title"]:
            lines += [f"【{part['title']}】", ""]
        for each in part["items"]:
            lines += [f"· {each['title']}"]
            lines += [f"  {more}" for more in (each["text"], _url(base, each["link"])) if more]
            lines += [""]
        if part["further"]:
            lines += [f"……另有{part['further']}条。", ""]
    return "\n".join([*lines, "--", _FOOTER, _url(base, SETTINGS_PATH), ""])


def as_html(said: dict[str, Any], base: str) -> str:
    """Return a mail as HTML without anything that is loaded from elsewhere; arguments as in `as_text`."""
    parts = [f"<p>{html.escape(said['name'])}，您好：</p>"]
    for part in said["sections"]:
        if part["title"]:
            parts.append(f'<h3 style="margin:1.2em 0 .4em">{html.escape(part["title"])}</h3>')
        parts.append('<ul style="padding-left:1.2em;margin:0">')
        parts += [_as_html(each, base) for each in part["items"]]
        parts.append("</ul>")
        if part["further"]:
            parts.append(f"<p>……另有{part['further']}条。</p>")
    settings = html.escape(_url(base, SETTINGS_PATH))
    parts.append(f'<hr><p style="color:#555;font-size:.85em">{_FOOTER}<br><a href="{settings}">{settings}</a></p>')
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8"></head>\n'
        f'<body style="font-family:sans-serif;line-height:1.6;max-width:40em">\n{body}\n</body></html>\n'
    )


#: Where everybody chooses what to be told.
SETTINGS_PATH = "/notices/preferences"


def _as_html(each: dict[str, str], base: str) -> str:
    title = html.escape(each["title"])
    if each["link"]:
        title = f'<a href="{html.escape(_url(base, each["link"]))}">{title}</a>'
    text = f'<br><span style="color:#333">{html.escape(each["text"])}</span>' if each["text"] else ""
    return f'<li style="margin:.4em 0">{title}{text}</li>'


def _url(base: str, path: str) -> str:
    return f"{base.rstrip('/')}{path}" if path else ""
