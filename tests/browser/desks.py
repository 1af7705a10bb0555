"""People at their desks: each has a browser of their own, opens what is theirs to do, and fills in forms by hand."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from typing import Any

import browsing
import httpx2
import lxml.html
from playwright.sync_api import Locator, Page, expect

_DONE = re.compile("已办结")


class Desks:
    """The people of an office, by id; time passes for all of them."""

    def __init__(self, site: browsing.Site) -> None:
        self.site = site
        self.driver = site.office.driver
        self._pages: dict[str, Page] = {}

    def page(self, user: str) -> Page:
        """Return the browser of somebody."""
        if user not in self._pages:
            self._pages[user] = self.site.browser(user)
        return self._pages[user]

    def go(self, user: str, path: str) -> Page:
        """Open a page; whoever was signed in long ago signs in again."""
        page = self.page(user)
        page.goto(path)
        if "/login" in page.url:
            browsing.sign_in(page, user)
            page.goto(path)
        return page

    def wait(self, to: str | datetime.datetime) -> None:
        """Let time pass, and everything happen when it is due."""
        self.driver.advance(to=to)

    def start(self, user: str, procedure: str) -> Page:
        """Start a case from the catalogue; its first task is open then."""
        page = self.go(user, "/start")
        page.get_by_role("main").get_by_role("link", name=procedure, exact=True).click()
        page.get_by_role("main").get_by_role("button", name="发起").click()
        expect(page.locator("form#form")).to_be_visible()
        return page

    def row(self, user: str, task: str, title: str = "") -> Locator:
        """Return the first row of a task on somebody's list."""
        page = self.go(user, "/tasks")
        return page.get_by_role("row").filter(has_text=task).filter(has_text=title).first

    def open(self, user: str, task: str, title: str = "") -> Page:
        """Open a task from the list of what is to be done, claiming it first if it is only offered."""
        row = self.row(user, task, title)
        page = self.page(user)
        expect(row).to_be_visible()
        if row.get_by_role("button", name="签收").count():
            row.get_by_role("button", name="签收").click()
            page.get_by_role("link", name="现在办理").click()
        else:
            row.get_by_role("link").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(task)
        return page

    def do(self, user: str, task: str, form: Mapping[str, Any], title: str = "") -> None:
        """Open a task, fill it in and finish it."""
        self.finish(self.open(user, task, title), form)

    def finish(self, page: Page, form: Mapping[str, Any]) -> None:
        """Fill in the form of the task that is open, and finish it."""
        fill(page, form)
        page.get_by_role("button", name="办结").click()
        expect(page.get_by_role("status").filter(has_text=_DONE).or_(page.get_by_role("alert"))).to_be_visible()
        assert not page.get_by_role("alert").count(), page.get_by_role("alert").inner_text()
        self.driver.run()


def fill(page: Page, form: Mapping[str, Any]) -> None:
    """Fill in fields by their names, as the form of the procedure calls them."""
    for name, value in form.items():
        _field(page, name, value)


def _field(page: Page, name: str, value: Any) -> None:
    place = page.locator("form#form")
    if isinstance(value, list):
        _several(page, name, value)
    elif isinstance(value, bool):
        # A choice between yes and no, or one box.
        both = place.locator(f"[name='{name}'][value='{str(value).lower()}']")
        both.check()
    else:
        _one(place, name, str(value))


def _one(place: Locator, name: str, value: str) -> None:
    found = place.locator(f"[name='{name}']:not([type=hidden]), [name='_pick.{name}']").first
    found.wait_for()
    kind = found.evaluate("field => field.type")
    if kind == "radio":
        place.locator(f"[name='{name}'][value='{value}']").check()
    elif kind == "select-one":
        found.select_option(value)
    else:
        found.fill(value)


def _several(page: Page, name: str, values: list[Any]) -> None:
    place = page.locator("form#form")
    boxes = place.locator(f"input[type=checkbox][name='{name}']")
    select = place.locator(f"select[name='{name}']")
    if boxes.count():
        for value in values:
            place.locator(f"[name='{name}'][value='{value}']").check()
    elif select.count():
        select.select_option(values)
    else:
        for index, value in enumerate(values):
            inside = f"{name}.{index}"
            here = place.locator(f"[name='{inside}'], [name^='{inside}.'], [name='_pick.{inside}']").first
            if not here.count():
                place.locator(f"button[value='add:{name}']").click()
                here.wait_for(state="attached")
            for child, part in value.items() if isinstance(value, Mapping) else [("", value)]:
                _field(page, f"{inside}.{child}" if child else inside, part)


# --- the public ------------------------------------------------------------------------------------------------------


def send(page: Page, way: str, form: Mapping[str, Any]) -> str:
    """Fill in a form of the portal from the page of what it is about; return the code (查询码)."""
    page.get_by_role("link", name=way).click()
    fill(page, form)
    page.get_by_role("button", name="提交").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已收到")
    return page.locator(".public-code").inner_text()


def post(address: str, path: str, forms: Iterable[Mapping[str, str]]) -> list[str]:
    """Send in a form of the portal once for each, by plain HTTP as from a machine without a browser; return the codes."""
    codes = []
    for form in forms:
        with httpx2.Client(base_url=address, headers={"accept": "text/html"}, trust_env=False) as client:
            page = lxml.html.fromstring(client.get(path).text)
            hidden = {
                field.get("name"): field.get("value") or ""
                for field in page.xpath("//form[@id='form']//input[@type='hidden']")
            }
            answer = client.post(path, data={**hidden, **form, "_action": "submit"})
            assert answer.status_code == 200, answer.text
            (code,) = lxml.html.fromstring(answer.text).find_class("public-code")
            codes.append(code.text_content().strip())
    return codes


def track(page: Page, code: str) -> Locator:
    """Ask how far something is; return what is answered."""
    page.goto("/public/track")
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询", exact=True).click()
    return page.get_by_role("main")
