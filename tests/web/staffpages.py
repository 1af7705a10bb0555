"""How tests of the staff pages fill in and send the forms that a page shows, as a browser without scripts does."""

from __future__ import annotations

from typing import Any

import lxml.html
import website
from starlette import testclient


def send(
    client: testclient.TestClient, answer: Any, path: str = "//form[@id='form']", button: str = "submit", **typed: Any
) -> Any:
    """Send a form of a page: what it holds already, changed by what is typed.

    Args:
        client: Who sends it.
        answer: The page.
        path: Where the form is.
        button: Value of the `_action` of the pressed button.
        typed: Values by name; a list for several, None to leave a field out.
    """
    (form,) = website.page(answer).xpath(path)
    values: dict[str, list[str]] = {}
    for name, value in form.form_values():
        values.setdefault(name, []).append(value)
    for name, value in typed.items():
        values[name] = [] if value is None else [str(each) for each in (value if isinstance(value, list) else [value])]
    pressed = form.xpath(f".//button[@name='_action' and @value='{button}']")
    if pressed:
        values["_action"] = [button]
    target = pressed[-1].get("formaction") if pressed and pressed[-1].get("formaction") else form.get("action")
    return client.post(target, data=values)


def follow(client: testclient.TestClient, answer: Any) -> Any:
    """Go where an answer sends the browser."""
    assert answer.status_code == 303, (answer.status_code, website.text(answer))
    return client.get(answer.headers["location"])


def form_of(answer: Any) -> lxml.html.HtmlElement:
    """Return the form of a task."""
    (form,) = website.page(answer).xpath("//form[@id='form']")
    return form


def menu(answer: Any) -> list[str]:
    """Return what the page of a task or case offers to do besides its form."""
    page = website.page(answer)
    found = page.xpath("//div[@class='page-actions']//*[self::a or self::button]")
    return [" ".join(each.text_content().split()) for each in found]
