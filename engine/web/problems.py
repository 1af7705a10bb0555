"""Errors as answers: a page for people, `application/problem+json` (RFC 9457) for programs."""

from __future__ import annotations

import dataclasses
import http
import logging
import math
import urllib.parse
from typing import Any

import fastapi
from fastapi import exceptions, responses
from starlette import exceptions as starlette_exceptions
from starlette import requests

from engine import errors
from engine.web import access, english, pages, validation_words

_log = logging.getLogger(__name__)

#: Status by the stable code of an error; what is not listed falls under its nearest base class.
STATUS: dict[type[errors.GongkaiError], int] = {
    errors.NotFound: 404,
    access.SignInNeeded: 401,
    errors.TooManyAttempts: 429,
    errors.Forbidden: 403,
    errors.Outdated: 412,
    errors.Conflict: 409,
    errors.InvalidInput: 422,
    errors.EvaluationFailed: 422,
    errors.DecisionFailed: 422,
    errors.StoreError: 503,
    errors.GongkaiError: 500,
}

TITLES = {
    400: "请求有误",
    401: "请先登录",
    403: "没有权限",
    404: "没有找到",
    405: "不支持此操作",
    406: "不能以所要求的格式返回",
    409: "操作未执行",
    412: "内容已被他人修改",
    413: "内容过大",
    415: "不支持此种内容",
    422: "填写有误",
    429: "操作过于频繁",
    500: "系统出错",
    503: "系统暂时不能使用",
}

#: Codes of what goes wrong before an action is asked, by status.
CODES = {
    400: "bad-request",
    401: access.SignInNeeded.code,
    403: errors.Forbidden.code,
    404: errors.NotFound.code,
    405: "method-not-allowed",
    406: "not-acceptable",
    409: errors.Conflict.code,
    412: errors.Outdated.code,
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid-request",
    429: "too-many-requests",
    503: errors.StoreError.code,
}

_PAGE_OF_THE_API = "/docs"


@dataclasses.dataclass(frozen=True, slots=True)
class ErrorPage:
    """What the page of an error shows."""

    status: int
    title: str
    message: str
    #: What went wrong, in general: for those who read English.
    english: str = ""


def install(app: fastapi.FastAPI) -> None:
    """Have an application answer errors this way."""
    app.add_exception_handler(errors.GongkaiError, _domain)
    app.add_exception_handler(exceptions.RequestValidationError, _request)
    app.add_exception_handler(starlette_exceptions.HTTPException, _http)
    app.add_exception_handler(requests.ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: errors.GongkaiError) -> int:
    """Return the HTTP status of an error."""
    return status_for(type(error))


def status_for(kind: type[errors.GongkaiError]) -> int:
    """Return the HTTP status of a kind of error."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


def for_program(request: fastapi.Request) -> bool:
    """Tell whether a program is to read the answer: below `/api/` whatever it accepts, but for the page there."""
    is_api = request.url.path.startswith("/api/") and not request.url.path.endswith(_PAGE_OF_THE_API)
    return is_api or "text/html" not in request.headers.get("accept", "text/html")


def problem(status: int, code: str, detail: str, **members: Any) -> responses.JSONResponse:
    """Return a problem document; `code` is stable, `detail` is for people."""
    content = {
        "type": f"urn:gongkai:problem:{code}",
        "title": TITLES.get(status, http.HTTPStatus(status).phrase),
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
        _log.error("a request ended with the error %s", error.code, exc_info=error)
    if isinstance(error, access.SignInNeeded) and not for_program(request):
        return _to_sign_in(request)
    if isinstance(error, access.PasswordChangeNeeded) and not for_program(request):
        return pages.redirect(request, access.PASSWORD_PAGE)
    if for_program(request):
        members = {name: _plain(error.details[name]) for name in ("errors", "findings") if error.details.get(name)}
        answer: fastapi.Response = problem(status, error.code, error.message, **members)
        if status == 401:
            answer.headers["www-authenticate"] = "Bearer"
    else:
        answer = _page(request, status, error.message, error.code)
    if isinstance(error, errors.TooManyAttempts) and error.details.get("wait"):
        answer.headers["retry-after"] = str(math.ceil(float(str(error.details["wait"]))))
    return answer


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
    given = error.errors()
    found = [
        {"field": ".".join(map(str, each["loc"])), "code": each["type"], "message": validation_words.sentence(each)}
        for each in given
    ]
    status, message = 422, "请求的格式不符合要求，请返回上一页重试。"
    if any(each["loc"][0] == "path" for each in given):
        status, message = 404, "没有此页面，请检查地址。"
    elif any(each["type"] == "json_invalid" for each in given):
        status = 400
    if for_program(request):
        detail = "；".join(f"{each['field']}：{each['message']}" for each in found)
        return problem(status, CODES[status], detail, errors=found)
    return _page(request, status, message, CODES[status])


def _http(request: fastapi.Request, error: Exception) -> fastapi.Response:
    assert isinstance(error, starlette_exceptions.HTTPException)
    status = error.status_code
    messages = {404: "没有此页面，请检查地址。", 405: "此地址不支持这种操作。"}
    message = messages.get(status, TITLES.get(status, TITLES[400]) + "。")
    if not error.detail.isascii():  # of ours; what the framework says is English
        message = error.detail
    if for_program(request):
        answer: fastapi.Response = problem(status, CODES.get(status, CODES[400]), message)
    else:
        answer = _page(request, status, message, CODES.get(status, CODES[400]))
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    if status == 405:
        answer.headers["allow"] = ", ".join(sorted(_methods(request)))
    return answer


def _methods(request: fastapi.Request) -> set[str]:
    """Return every method that the address of a request has (RFC 9110, 15.5.6)."""
    every = [route for router in request.app.state.routers for route in router.routes.routes]
    path = next((each.path for each in every if each.path_regex.match(request.url.path)), None)
    found: set[str] = set().union(*(each.methods for each in every if each.path == path))
    return found | {"HEAD"} if "GET" in found else found


def _plain(members: Any) -> list[dict[str, Any]]:
    """Return what an error lists as JSON: dataclasses become objects."""
    return [dict(each) if isinstance(each, dict) else dataclasses.asdict(each) for each in members]


def _gone(request: fastapi.Request, error: Exception) -> fastapi.Response:
    """Nobody waits for an answer: whoever sent the request went away before it was here, which is no error of ours."""
    route = getattr(request.scope.get("route"), "path", "")  # the template: an address may hold what is private
    _log.info("client left before its request was complete: %s %s", request.method, route)
    return responses.Response(status_code=400)


def _unexpected(request: fastapi.Request, error: Exception) -> fastapi.Response:
    _log.exception("unexpected error", exc_info=error)
    message = "系统出现意外错误，操作未完成。请稍后再试；仍不能解决的，请联系系统管理员。"
    if for_program(request):
        return problem(500, errors.GongkaiError.code, message)
    return _page(request, 500, message, errors.GongkaiError.code)


def _page(request: fastapi.Request, status: int, message: str, code: str) -> fastapi.Response:
    title = TITLES.get(status, TITLES[500 if status >= 500 else 400])
    template = "public/error.html" if _is_public(request) else "errors/error.html"
    return pages.show(request, template, ErrorPage(status, title, message, english.ERRORS.get(code, "")), status=status)


def _is_public(request: fastapi.Request) -> bool:
    """Tell whether somebody reads the public portal, who is to find back there."""
    return request.url.path == "/public" or request.url.path.startswith("/public/")
