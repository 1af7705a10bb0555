"""A service task that writes whatever records a test asks for, and what there is to ask for."""

from __future__ import annotations

HANDLERS = """
from engine.model import records
@registry.handler("write")
def write(job):
    for kind, given in job.inputs["requests"]:
        job.write(getattr(records, kind)(**given))
"""
#: A register with one field that every office of these tests has.
LEDGER = "  - id: all\n    name: 总账\n    fields: [{id: title, name: 名称}]\n"


def register(id_, name, number, *fields, readers=()):
    """The lines of a register in `pack.yaml`; a field is its id and name, and whatever else is said of it."""
    shown = ", ".join(f"{{{each}}}" for each in fields)
    read = f"    readers: [{', '.join(readers)}]\n" if readers else ""
    return f'  - id: {id_}\n    name: {name}\n    number: "{number}"\n{read}    fields: [{shown}]\n'


def template(title, kind, body, number=None):
    """A template of documents."""
    numbered = f'number: "{number}"\n' if number else ""
    return f"---\ntitle: {title}\nkind: {kind}\n{numbered}issuer: 市政务办\n---\n<p>{body}</p>\n"


def entry(title, register="all", **values):
    """Ask for an entry of a register."""
    return ["Append", {"register": register, "values": {"title": title, **values}}]


def issue(template, text):
    """Ask for a document."""
    return ["Issue", {"template": template, "data": {"text": text}}]


def announce(title, **more):
    """Ask for a publication."""
    given = {"kind": "gonggao", "title": title, "summary": None, "content": f"{title}的正文", "document": None}
    return ["Announce", {**given, "attachments": [], "until": None, "replaces": None, "review": None, **more}]
