"""Files that people upload: what is known of each, and what a form keeps of it."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any


@dataclasses.dataclass(frozen=True, slots=True)
class StoredFile:
    """One upload. Its content is addressed by `sha256`; two uploads of the same content are two files.

    `name` is what the uploader called it, made safe to show and to save under. `content_type` is what the content was
    found to be, never what a browser claimed. `size` is in bytes. `purpose` says what it was uploaded for.
    """

    id: int
    token: str
    name: str
    size: int
    sha256: str
    content_type: str
    owner: str
    purpose: str
    created_at: datetime.datetime

    def as_value(self) -> dict[str, Any]:
        """Return the value of a form field that holds this file."""
        return {"token": self.token, "name": self.name, "size": self.size, "sha256": self.sha256}
