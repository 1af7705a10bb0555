"""What procedures leave behind: entries of registers (台账), official documents (公文), publications (公开)."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Mapping
from typing import Any

from engine.model import details as model_details


class FieldType(enum.StrEnum):
    """What a field of a register holds."""

    TEXT = "text"
    #: A text that is one of few: a unit, a category, a verdict.
    CHOICE = "choice"
    DATE = "date"
    DATETIME = "datetime"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PERSON = "person"
    FILE = "file"
    LIST = "list"
    OBJECT = "object"


class PublicationKind(enum.StrEnum):
    """Under which heading the public finds something."""

    ANNOUNCEMENT = "gonggao"
    NOTICE = "gongshi"
    HEARING = "tingzheng"
    RESULT = "jieguo"
    INFORMATION = "xinxi"
    NEWS = "xinwen"


class PublicationState(enum.StrEnum):
    """What became of a publication; one that is as it was published and asks for nothing is in none of these."""

    OPEN = "open"
    CLOSED = "closed"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


@dataclasses.dataclass(frozen=True, slots=True)
class RegisterField:
    """A column of a register. What is `private` is about a person outside: only the readers of the register see it."""

    id: str
    name: str
    type: FieldType = FieldType.TEXT
    optional: bool = False
    private: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Register:
    """A register of a pack: what is written down, one entry after the other, numbered without gaps.

    `number` is how an entry is numbered; `{year}` stands for the year and `{n}` for the number within it (without
    `{year}`: since the beginning). `readers` are the roles that may read it, besides those who watch over the office.
    An entry that names an older one corrects it (更正), or where the register `continues` goes on with it (关联): the
    result of what was begun, the answer to what was asked.
    """

    id: str
    name: str
    number: str
    fields: tuple[RegisterField, ...]
    clause: str = ""
    readers: tuple[str, ...] = ()
    continues: bool = False


# --- what handlers ask for -------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Append:
    """Write an entry into a register; one that corrects or continues an older entry names its number, and why.

    `tell` says who is told besides.
    """

    register: str
    values: Mapping[str, Any]
    corrects: str | None = None
    reason: str | None = None
    tell: tuple[Tell, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Tell:
    """Tell whoever sent something in by the public portal, and nobody else; `receipt` is what the event was given."""

    receipt: str
    text: str


@dataclasses.dataclass(frozen=True, slots=True)
class Issue:
    """Make an official document from a template of the pack, out of the variables of the case and `data`.

    `tell` says for whom by the public portal it is, and what it is about: they read it with their code.
    """

    template: str
    data: Mapping[str, Any]
    tell: tuple[Tell, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Announce:
    """Publish something.

    Parameters:
        kind: under which heading.
        title: what it is called.
        summary: in a sentence or two.
        content: plain text; paragraphs end with the line.
        document: id of the official document that it is, if it is one.
        attachments: values of file fields.
        until: until when it is open for opinions or registration, if for a time.
        replaces: id of the publication that this one takes the place of; that one stays readable.
        content_sha256: hash of the content that was reviewed, where it is known.
        review: the register and the values of the entry without which it may not be published.
        details: `facts`, `tables` and `checks`, as `engine.model.details` reads them.
        tell: who is told besides.
    """

    kind: PublicationKind
    title: str
    summary: str | None = None
    content: str | None = None
    document: int | None = None
    attachments: tuple[Mapping[str, Any], ...] = ()
    until: datetime.datetime | None = None
    replaces: int | None = None
    content_sha256: str | None = None
    review: tuple[str, Mapping[str, Any]] | None = None
    details: Mapping[str, Any] | None = None
    tell: tuple[Tell, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Withdraw:
    """Withdraw a publication of the pack from the public: title, time and reason stay, the content goes.

    What was withdrawn before stays as it was. `tell` says who is told besides.
    """

    publication: int
    reason: str
    tell: tuple[Tell, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Find:
    """Look into a register: the newest entry with all these values, and with this number where one is named.

    An entry that a newer one corrects is not found, the newer one is.
    """

    register: str
    values: Mapping[str, str]
    number: str | None = None


Request = Append | Issue | Announce | Tell | Withdraw | Find


# --- what is kept ----------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a register. `hash` covers it and, by `previous_hash`, all before it in the same register."""

    id: int
    pack: str
    register: str
    year: int
    serial: int
    number: str
    values: Mapping[str, Any]
    instance_id: int | None
    corrects: int | None
    reason: str | None
    at: datetime.datetime
    by: str
    previous_hash: str
    hash: str

    def reference(self) -> dict[str, Any]:
        """Return what variables of a case keep of it."""
        return {
            "id": self.id,
            "register": self.register,
            "number": self.number,
            "serial": self.serial,
            "year": self.year,
            "at": self.at.isoformat(),
            "sha256": self.hash,
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Document:
    """An official document as it was issued; it never changes. `sha256` is that of its HTML."""

    id: int
    pack: str
    template: str
    title: str
    kind: str
    number: str
    issuer: str
    instance_id: int | None
    html: str
    sha256: str
    issued_at: datetime.datetime
    by: str

    def reference(self) -> dict[str, Any]:
        """Return what variables of a case keep of it."""
        return {
            "id": self.id,
            "template": self.template,
            "title": self.title,
            "number": self.number,
            "sha256": self.sha256,
            "issued_at": self.issued_at.isoformat(),
        }


@dataclasses.dataclass(frozen=True, slots=True)
class DocumentVersion:
    """Which version a document is: what it takes the place of and why, and which newer one takes its own."""

    version: int
    replaces: int | None
    reason: str | None
    replaced_by: int | None
    newer: int | None


@dataclasses.dataclass(frozen=True, slots=True)
class Withdrawal:
    """When something was withdrawn from the public, and why: the reason is read by everybody."""

    at: datetime.datetime
    by: str
    reason: str


@dataclasses.dataclass(frozen=True, slots=True)
class Publication:
    """Something the public may read. It never changes; what takes its place points to it by `replaces`.

    `content_sha256` is the hash of what was reviewed; `shown_sha256` that of what everybody reads, which is the same
    where nothing was reviewed, and missing where it was published before there was such a hash.
    """

    id: int
    pack: str
    kind: PublicationKind
    title: str
    summary: str | None
    content: str | None
    document_id: int | None
    attachments: tuple[Mapping[str, Any], ...]
    until: datetime.datetime | None
    replaces: int | None
    content_sha256: str
    instance_id: int | None
    published_at: datetime.datetime
    by: str
    details: model_details.Details = model_details.NOTHING
    shown_sha256: str | None = None

    def reference(self) -> dict[str, Any]:
        """Return what variables of a case keep of it."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "title": self.title,
            "sha256": self.content_sha256,
            "published_at": self.published_at.isoformat(),
        }


@dataclasses.dataclass(frozen=True, slots=True)
class Receipt:
    """What somebody sent in by the public portal: to which case, at which event, for which publication, and when."""

    instance_id: int
    element_id: str
    publication_id: int | None
    received_at: datetime.datetime


@dataclasses.dataclass(frozen=True, slots=True)
class ReceiptNote:
    """What somebody with a receipt is told, and nobody else; with a document, if that is for them."""

    at: datetime.datetime
    text: str
    document_id: int | None
