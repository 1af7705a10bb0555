"""What a publication shows, as one text that anybody can hash: the same bytes for everybody, for ever.

JSON in UTF-8, keys in order, no blanks between, so that `curl … | sha256sum` gives the hash that stands on the page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from engine.model import records as model
from engine.store import types


def text(given: Mapping[str, Any], document_sha256: str | None) -> str:
    """Return the text that is hashed.

    Args:
        given: The fields of a publication that people read, by name.
        document_sha256: The hash of the official document that it is, if it is one.
    """
    content = {
        "kind": given["kind"].value,
        "title": given["title"],
        "summary": given["summary"],
        "content": given["content"],
        "document_sha256": document_sha256,
        "attachments": [{"name": each.get("name"), "sha256": each.get("sha256")} for each in given["attachments"]],
        "until": None if given["until"] is None else types.dump_instant(given["until"]),
        "replaces": given["replaces"],
        **given["details"].as_json(),
    }
    return types.dump_json(content, canonical=True)


def of(publication: model.Publication, document: model.Document | None) -> str:
    """Return the text of a publication as it is kept."""
    return of_sha256(publication, None if document is None else document.sha256)


def of_sha256(publication: model.Publication, document_sha256: str | None) -> str:
    """Return the text of a publication as it is kept, by the hash of its document."""
    names = ("kind", "title", "summary", "content", "attachments", "until", "replaces", "details")
    return text({name: getattr(publication, name) for name in names}, document_sha256)


def sha256(content: str) -> str:
    """Return the hash of a text."""
    return hashlib.sha256(content.encode()).hexdigest()
