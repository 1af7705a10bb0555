"""What a page knows of the form it shows: whose it is to fill in, with what, and where it goes."""

from __future__ import annotations

import dataclasses
import datetime
import secrets
import urllib.parse
from collections.abc import Mapping
from typing import Any

from engine import errors, forms
from engine.actions import file_types
from engine.web.forms import office


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A form on somebody's desk.

    form: The form, as deployed with the case.
    action: The path that the page posts to.
    today: The day it is in Beijing.
    office: What pickers offer.
    rights: What this person may do with each field here.
    variables: The values of the case.
    draft: What was typed before and is not submitted yet.
    draft_url: Where drafts are saved; None where there are none.
    case: The case that the files belong to, once there is one.
    key: What makes a repeated submission harmless: the same for as long as the page is open.
    """

    form: forms.Form
    action: str
    today: datetime.date
    office: office.Office = dataclasses.field(default_factory=office.Office)
    rights: forms.Rights = forms.ALL_EDIT
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    draft: Mapping[str, Any] | None = None
    draft_url: str | None = None
    case: int | None = None
    key: str = ""

    def values(self) -> dict[str, Any]:
        """Return the values that the page begins with."""
        return forms.initial(self.form, {**self.variables, **(self.draft or {})}, self.rights)

    def judge(self, submission: Mapping[str, Any]) -> list[dict[str, str]]:
        """Return what is wrong with a submission as far as the form alone can tell; nothing is changed."""
        try:
            self.take(submission)
        except errors.InvalidForm as error:
            found: list[dict[str, str]] = error.details["errors"]  # type: ignore[assignment]
            return found
        return []

    def take(self, submission: Mapping[str, Any]) -> dict[str, Any]:
        """Return the variables that a submission would become; nothing is changed, and files are not looked up.

        Raises:
            errors.InvalidForm: Something is wrong with it.
        """
        return forms.validate(
            self.form,
            submission,
            current=self.variables,
            rights=self.rights,
            today=self.today,
            references=self.office,
        )


def file_url(token: str, case: int | None = None, *, inline: bool = False) -> str:
    """Return where a file can be read, as one of a case; `inline`: in the browser."""
    query = {**({} if case is None else {"case": str(case)}), **({"inline": "1"} if inline else {})}
    return f"/files/{urllib.parse.quote(token)}" + (f"?{urllib.parse.urlencode(query)}" if query else "")


def preview_url(token: str, name: str, case: int | None = None) -> str:
    """Return where a browser shows a file, if it can; nothing else."""
    kind = file_types.KINDS.get(file_types.ending(name))
    return file_url(token, case, inline=True) if kind is not None and kind.safe_to_show else ""


def new_key() -> str:
    """Return a key for a page that is opened."""
    return secrets.token_urlsafe(16)
