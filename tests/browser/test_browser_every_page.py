"""Every page that a link leads to, as people with different rights see it: accessible, quiet, within its screen."""

from __future__ import annotations

import browsing
import preview
import pytest

# A walk through a hundred pages takes minutes on a busy machine: the limit is for what hangs.
pytestmark = pytest.mark.timeout(1200)

#: Who sees what others do not: who files, the office, who watches over cases, who runs the place.
PEOPLE = (preview.APPLICANT, preview.OFFICE, "monitor", "admin")


def complaints(page: browsing.sync_api.Page, site: browsing.Site, *, axe: bool = True) -> list[str]:
    """Walk through all pages; return what is wrong with them."""
    found = []
    for kind in browsing.walk(page, site.address):
        if axe:
            found += [f"{kind}: {line}" for line in browsing.axe(page)]
        if browsing.overflow(page) > 0:
            found.append(f"{kind}: wider than the screen by {browsing.overflow(page)} px")
        if page.locator("h1:visible").count() != 1:
            found.append(f"{kind}: {page.locator('h1:visible').count()} headings of the first level")
    return found


@pytest.mark.parametrize("user", PEOPLE)
def test_every_page_is_accessible(site: browsing.Site, user: str) -> None:
    preview.begun(site, f"给{user}看的事项", until=preview.PREVIEW)
    assert complaints(site.browser(user), site) == []


# What axe looks at differs on a phone where tables become cards and the menu folds: one person's pages tell.
@pytest.mark.parametrize(("user", "axe"), [(preview.OFFICE, True), ("admin", False)])
def test_every_page_fits_a_phone(site: browsing.Site, user: str, axe: bool) -> None:
    preview.begun(site, f"给{user}在手机上看的事项", until=preview.PREVIEW)
    assert complaints(site.browser(user, phone=True), site, axe=axe) == []


def test_english_fits_its_pages(site: browsing.Site) -> None:
    preview.begun(site, "用英文界面看的事项", until=preview.PREVIEW)
    page = site.browser("admin", phone=True)
    page.goto("/account")
    page.get_by_role("button", name="English").click()
    assert complaints(page, site, axe=False) == []
    page.goto("/account")
    page.get_by_role("button", name="中文").click()
