"""Open every page of the product as several demo users, on wide screens and phones, and take its picture.

`make screenshots` writes all pictures to var/screenshots and the ones that the documentation shows to docs/pictures.
It fails when a page is wider than its screen, says something in the console, or asks for anything from elsewhere.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from playwright import sync_api

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests/browser"))

import browsing  # noqa: E402

ALL = ROOT / "var/screenshots"
BEST = ROOT / "docs/pictures"

#: Users whose pages differ: who files, who signs, who pre-reviews, who watches, who runs the place.
USERS = ("zhangsan", "wangfang", "chenjing", "zhouming", "monitor", "admin")
#: Pages of one kind (`/tasks/7`) that each user sees at most.
EACH = 2
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 390, "height": 844}
TALLEST = 6000


@contextlib.contextmanager
def product() -> Iterator[str]:
    """Run the product as `make run` does, on a database of its own; give its address."""
    with tempfile.TemporaryDirectory() as directory:
        environment = os.environ | {
            "GONGKAI_DATABASE": f"sqlite:///{directory}/gongkai.db",
            "PYTHONUNBUFFERED": "1",
        }
        command = [pathlib.Path(sys.executable).with_name("gongkai"), "serve", "--demo", "--port", "0"]
        with subprocess.Popen(  # noqa: S603 - our own command
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        ) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    if found := re.search(r"http://[\d.:]+", line):
                        yield found[0]
                        break
                else:
                    raise SystemExit("the product has not come up")
            finally:
                process.terminate()


class Walk:
    """One demo user who looks at everything there is to open, on a screen of one size."""

    def __init__(self, browser: sync_api.Browser, watch: browsing.Watch, user: str, size: dict[str, int]) -> None:
        self.user = user
        self.size = size
        self.kind = "wide" if size is WIDE else "narrow"
        context = browser.new_context(
            base_url=watch.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport=sync_api.ViewportSize(**size),
            reduced_motion="reduce",
        )
        watch.attach(context)
        self.watch = watch
        self.context = context
        self.page = context.new_page()

    def all(self) -> int:
        """Follow links from the first page on, one or two of every kind; return how many pages there were."""
        self.page.goto("/login")
        self.shoot("/login")
        browsing.sign_in(self.page, self.user)
        count = 0
        for kind in browsing.walk(self.page, self.watch.address, each=EACH):
            self.shoot(kind)
            count += 1
        return count

    def shoot(self, name: str) -> None:
        """Take a picture of the whole page, however long."""
        if browsing.overflow(self.page):
            self.watch.problems.append(f"{self.user}: {self.page.url} is wider than a screen of {self.size['width']}")
        height: int = self.page.evaluate("() => document.documentElement.scrollHeight")
        # In a window as tall as the page: what sticks to an edge of the window stays where it belongs.
        self.page.set_viewport_size(sync_api.ViewportSize(width=self.size["width"], height=min(height, TALLEST)))
        file = ALL / self.kind / self.user / f"{name.strip('/').replace('/', '_') or 'home'}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=file)
        self.page.set_viewport_size(sync_api.ViewportSize(**self.size))


@dataclasses.dataclass(frozen=True)
class Scene:
    """A picture of the documentation: whose screen, and the way there.

    Parameters:
        name: of the file.
        user: who looks; None is somebody from the street, on the public portal.
        path: the page, or the list that it is opened from.
        link: text of the link to follow from there; several, one after the other.
        height: how much of the page, in pixels.
        size: of the screen.
    """

    name: str
    user: str | None
    path: str
    link: str | tuple[str, ...] = ()
    height: int = 800
    size: tuple[int, int] = (1280, 800)

    def take(self, browser: sync_api.Browser, watch: browsing.Watch) -> None:
        """Go there and take the picture."""
        width, height = self.size
        context = browser.new_context(
            base_url=watch.address,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            viewport=sync_api.ViewportSize(width=width, height=height),
            reduced_motion="reduce",
        )
        watch.attach(context)
        page = context.new_page()
        if self.user is not None:
            browsing.sign_in(page, self.user)
        page.goto(self.path)
        for link in (self.link,) if isinstance(self.link, str) else self.link:
            page.get_by_role("main").get_by_role("link", name=link).first.click()
            browsing.settle(page)
        browsing.settle(page)
        page.set_viewport_size(sync_api.ViewportSize(width=width, height=self.height))
        page.screenshot(path=BEST / f"{self.name}.png")
        context.close()


#: What the whole story of the demonstration is about.
STORY = "政务大厅周末和午间延时服务"

SCENES = (
    Scene("tasks", "chenjing", "/tasks"),
    Scene("task", "chenjing", "/tasks", "建设工程联合验收办事指南", 1300),
    Scene("case", "zhangsan", "/cases/mine", "2026年第三季度行政许可办理情况", 1100),
    Scene("start", "zhangsan", "/start"),
    Scene("calendar", "admin", "/admin/calendar", height=1000),
    Scene("phone", "chenjing", "/tasks", (), 844, (390, 844)),
    # The story of docs/tour.md, from the notice to the catalogue, and what comes once a year.
    Scene("portal", None, "/public", height=1100),
    Scene("portal-phone", None, "/public/gongshi", "关于政务大厅增设无障碍设施方案的公示", 844, (390, 844)),
    Scene("opinions", None, "/public/jieguo", f"关于{STORY}的公示意见采纳情况", 1200),
    Scene("hearing", "chenjing", "/cases/mine?procedure=tingzheng&text=停车场", "停车场收费标准", 1400),
    Scene("draw", None, "/public/jieguo", f"关于{STORY}的听证陈述人遴选结果", 1500),
    Scene("minutes", "heping", "/cases/done", ("制作听证笔录", "听证会", "听证笔录"), 1300),
    Scene("item", None, "/public/xinxi", f"{STORY}办法", 1200),
    Scene("catalogue", "chenjing", "/registers/shizhengwuban/mulu", height=600, size=(1760, 600)),
    Scene("grades", "chenjing", "/registers/shizhengwuban/kaohe", height=600, size=(1760, 600)),
    Scene("dashboard", "monitor", "/dashboard", height=1400),
)


def main() -> None:
    """Take all pictures; with `--best` those of the documentation alone."""
    with product() as address, browsing.chromium() as browser:
        watch = browsing.Watch(address)
        for scene in SCENES:
            scene.take(browser, watch)
        for size in () if "--best" in sys.argv else (WIDE, NARROW):
            for user in USERS:
                walk = Walk(browser, watch, user, size)
                print(f"{user}, {size['width']} px: {walk.all()} pages", flush=True)
                walk.context.close()
    for problem in sorted(set(watch.problems)):
        print(problem, file=sys.stderr)
    raise SystemExit(1 if watch.problems else 0)


if __name__ == "__main__":
    main()
