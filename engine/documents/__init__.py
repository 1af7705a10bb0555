"""Official documents: templates (`processes/<pack>/documents/*.j2`) in, HTML of a document out; pure.

A template is a front matter between lines of ``---`` and a body of simple HTML in sandboxed Jinja2::

    ---
    title: 关于{{ hearing.title }}的听证公告
    kind: 公告
    number: "市政务办听告〔{year}〕{n}号"
    issuer: 市政务办
    ---
    <p>…</p>

`parse` reads it, `render` fills it in. What a template names must be there: a document with holes is not issued.
"""

from engine.documents.rendering import Rendered, render
from engine.documents.templates import KINDS, Template, parse

__all__ = ["KINDS", "Rendered", "Template", "parse", "render"]
