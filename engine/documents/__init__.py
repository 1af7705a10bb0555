"""Official documents: templates (`processes/<pack>/documents/*.j2`) in, HTML of a document out; pure.

A template is a front matter between lines of ``---`` and a body of simple HTML in sandboxed Jinja2::

    ---
    title: 关于{{ hearing.title }}的听证公告
    kind: 公告
    number: "市政务办听告〔{year}〕{n}号"
    issuer: 市政务办
    ---
    <p>…</p>

`parse` reads it, `render` fills it in. What a template names must be there: a document with holes is not
issued; `preview` shows it with its holes before. `pdf` and `docx_of` make of the HTML what is printed and what is
written on.
"""

from engine.documents.previewing import preview
from engine.documents.printing import STYLES, page, pdf
from engine.documents.rendering import Rendered, render
from engine.documents.templates import KINDS, Template, parse
from engine.documents.word import docx_of

__all__ = ["KINDS", "STYLES", "Rendered", "Template", "docx_of", "page", "parse", "pdf", "preview", "render"]
