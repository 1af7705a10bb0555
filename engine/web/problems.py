"""Errors as answers: a page for people, `application/problem+json` (RFC 9457) for programs."""

from __future__ import annotations

import dataclasses
import http
import logging
import urllib.parse
from typing import Any

import fastapi
from fastapi import exceptions, responses
from starlette import exceptions as starlette_exceptions

from engine import errors
from engine.web import access, pages

_log = logging.getLogger(__name__)

#: Status by the stable code of an error; what is not listed falls under its nearest base class.
STATUS: dict[type[errors.GongkaiError], int] = {
    errors.NotFound: 404,
    access.SignInNeeded: 401,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.InvalidInput: 422,
    errors.StoreError: 503,
    errors.GongkaiError: 500,
}

_TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持此操作",
    409: "操作未执行",
    413: "内容过大",
    422: "填写有误",
    429: "操作过于频繁",
    500: "系统出错",
    503: "系统暂时不能使用",
}


@dataclasses.dataclass(frozen=True, slots=True)
class ErrorPage:
    """What the page of an error shows."""

    status: int
    title: str
    message: str


def install(app: fastapi.FastAPI) -> None:
    """Have an application answer errors this way."""
    app.add_exception_handler(errors.GongkaiError, _domain)
    app.add_exception_handler(exceptions.RequestValidationError, _request)
    app.add_exception_handler(starlette_exceptions.HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: errors.GongkaiError) -> int:
    """Return the HTTP status of an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def for_program(request: fastapi.Request) -> bool:
    """Tell whether a program is to read the answer."""
    return request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", "text/html")


def problem(status: int, code: str, detail: str, **members: Any) -> responses.JSONResponse:
    """Return a problem document; `code` is stable, `detail` is for people."""
    content = {
        "type": f"urn:gongkai:problem:{code}",
        "title": _TITLES.get(status, http.HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "code": code,
        **members,
    }
    return responses.JSONResponse(content, status, media_type="application/problem+json")


def _domain(request: fastapi.Request, error: Exception) -> fastapi.Response:
    assert isinstance(error, errors.GongkaiError)
    status = status_of(error)
    if status >= 500:
        _log.error("%s: %s", error.code, error.message)
    if isinstance(error, access.SignInNeeded) and not for_program(request):
        return _to_sign_in(request)
    if for_program(request):
        found = error.details.get("errors")
        members = {} if found is None else {"errors": found}
        answer = problem(status, error.code, error.message, **members)
        if status == 401:
            answer.headers["www-authenticate"] = "Bearer"
        return answer
    return _page(request, status, error.message)


def _to_sign_in(request: fastapi.Request) -> fastapi.Response:
    target = "/login"
    if request.method == "GET" and request.url.path != "/":
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        target += "?next=" + urllib.parse.quote(here)
    if request.headers.get("hx-request"):
        return responses.Response(status_code=204, headers={"hx-redirect": target})
    return responses.RedirectResponse(target, 303)


def _request(request: fastapi.Request, error: Exception) -> fastapi.Response:
    assert isinstance(error, exceptions.RequestValidationError)
    found = [
        {"field": ".".join(map(str, each["loc"])), "code": each["type"], "message": each["msg"]}
        for each in error.errors()
    ]
    if any(each["loc"][0] == "path" for each in error.errors()):
        if for_program(request):
            return problem(404, errors.NotFound.code, "没有此地址。", errors=found)
        return _page(request, 404, "没有此页面，请检查地址。")
    if for_program(request):
        return problem(422, "invalid-request", "请求的格式不符合要求。", errors=found)
    return _page(request, 422, "请求的格式不符合要求，请返回上一页重试。")


def _http(request: fastapi.Request, error: Exception) -> fastapi.Response:
    assert isinstance(error, starlette_exceptions.HTTPException)
    messages = {404: "没有此页面，请检查地址。", 405: "此地址不支持这种操作。"}
    message = messages.get(error.status_code, _TITLES.get(error.status_code, "请求有误") + "。")
    codes = {404: errors.NotFound.code, 405: "method-not-allowed"}
    if for_program(request):
        answer: fastapi.Response = problem(error.status_code, codes.get(error.status_code, "bad-request"), message)
    else:
        answer = _page(request, error.status_code, message)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _unexpected(request: fastapi.Request, error: Exception) -> fastapi.Response:
    _log.exception("unexpected error", exc_info=error)
    message = "系统出现意外错误，操作未完成。请稍后再试；仍不能解决的，请联系系统管理员。"
    if for_program(request):
        return problem(500, errors.GongkaiError.code, message)
    return _page(request, 500, message)


def _page(request: fastapi.Request, status: int, message: str) -> fastapi.Response:
    title = _TITLES.get(status, _TITLES[500 if status >= 500 else 400])
    return pages.show(request, "errors/error.html", ErrorPage(status, title, message), status=status)
