"""A page with everything that app.js knows, on a small server that remembers what it was sent."""

from __future__ import annotations

import asyncio
import json
import pathlib
from typing import Any

import fastapi
from fastapi import responses

from engine.bpmn import picture
from engine.web import headers, static_files

HERE = pathlib.Path(__file__)
DIAGRAM = HERE.parents[2] / "processes/shizhengwuban/yushen.bpmn"
PEOPLE = [
    {"id": "wangfang", "name": "王芳", "note": "责任单位负责人"},
    {"id": "wanglei", "name": "王磊", "note": "综合处"},
    {"id": "chenjing", "name": "陈静", "note": "综合处"},
]
STATE: dict[str, Any] = {
    "tokens": {"Task_yushen": 1},
    "visited": ["Event_xinxi", "Task_tianbao", "Task_danweishenhe", "Gateway_danwei"],
    "flows": ["Flow_xinxi_tianbao", "Flow_tianbao_danweishenhe", "Flow_danweishenhe_danwei", "Flow_danwei_yushen"],
    "incidents": ["Task_gongkai"],
    "counts": {"Task_danweishenhe": 2},
    "times": {
        "Task_tianbao": {"seconds": 3600, "text": "1 小时"},
        "Task_danweishenhe": {"seconds": 90000, "text": "1 天 1 小时"},
    },
    "clauses": {"Task_yushen": "第二条", "Task_gone": "第九条"},
}


class Bench:
    """The server's side; `got` is what was posted: path, fields, headers."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, list[str]], dict[str, str]]] = []
        self.app = fastapi.FastAPI(openapi_url=None)
        self.app.mount("/static", static_files.Files(directory=static_files.ROOT))
        self.app.add_middleware(headers.SafeHeaders)
        for path, answer in (
            ("/", self._page),
            ("/page/{n}", self._other),
            ("/find", self._find),
            ("/part", self._part),
        ):
            self.app.add_api_route(path, answer, response_model=None)
        self.app.add_api_route("/ended", lambda: responses.RedirectResponse("/login", 303), response_model=None)
        self.app.add_api_route("/login", lambda: _html("<h1>登录</h1>"), response_model=None)
        self.app.add_api_route(
            "/broken", lambda: _html("<h1>系统出错</h1><p>请稍后再试。</p>", 500), response_model=None
        )
        self.app.add_api_route(
            "/diagram.bpmn", lambda: responses.Response(DIAGRAM.read_bytes(), media_type="application/xml")
        )
        for path in ("/posted", "/draft", "/slow", "/files"):
            self.app.add_api_route(path, self._post, methods=["POST"], response_model=None)

    def posted(self, path: str) -> list[dict[str, list[str]]]:
        """Return the fields of everything that was posted to a path."""
        return [fields for there, fields, _ in self.got if there == path]

    def _page(self) -> responses.HTMLResponse:
        text = HERE.with_name("workbench.html").read_text(encoding="utf-8")
        drawn = picture.svg(DIAGRAM.read_bytes())
        return responses.HTMLResponse(text.replace("{picture}", drawn).replace("{state}", json.dumps(STATE)))

    def _other(self, n: int) -> responses.HTMLResponse:
        return _html(f"<h1>第 {n} 页</h1>")

    def _find(self, q: str = "") -> list[dict[str, str]]:
        return [person for person in PEOPLE if q in person["name"]]

    def _part(self) -> responses.HTMLResponse:
        return responses.HTMLResponse(
            '<label for="fresh">新的一行</label><input class="form-control" id="fresh" data-focus>'
        )

    async def _post(self, request: fastapi.Request) -> responses.Response:
        path = request.url.path
        fields: dict[str, list[str]] = {}
        async with request.form() as form:
            for name, value in form.multi_items():
                fields.setdefault(name, []).append(value if isinstance(value, str) else str(value.filename))
        self.got.append((path, fields, dict(request.headers)))
        if path == "/slow":
            await asyncio.sleep(0.5)
        if path == "/files":
            return _file(fields["file"][0])
        return responses.Response(status_code=204) if path == "/draft" else responses.RedirectResponse("/page/7", 303)


def _file(name: str) -> responses.Response:
    if name.endswith(".exe"):
        problem = {"title": "不接受", "detail": "只接受 .pdf 文件", "status": 422}
        return responses.JSONResponse(problem, 422, media_type="application/problem+json")
    row = f'<li data-item="{name}">{name}<input type="hidden" name="files" value="token-of-{name}">'
    return responses.HTMLResponse(
        row + '<button class="btn btn-sm btn-link" type="button" data-remove>移除</button></li>'
    )


def _html(content: str, status: int = 200) -> responses.HTMLResponse:
    page = '<!doctype html><html lang="zh-CN"><title>页</title><link rel="icon" href="data:,"><main>{}</main></html>'
    return responses.HTMLResponse(page.format(content), status)
