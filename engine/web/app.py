"""The application: every router of `engine.web.routes` and `engine.web.api` on one engine."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

import fastapi
from starlette.middleware import gzip

from engine.actions import context, hosting
from engine.web import (
    access,
    api,
    finding,
    headers,
    observing,
    pages,
    problems,
    routes,
    single_sign_on,
    static_files,
    throttle,
    waiting,
)

#: Bytes of a request that carries no files.
PLAIN_BYTES = 4_000_000
#: Bytes of a form with files; each field has a limit of its own besides.
UPLOAD_BYTES = 256_000_000
#: The same where anybody may send one.
PUBLIC_BYTES = 32_000_000


def create_app(engine: context.Engine) -> fastapi.FastAPI:
    """Return the web application; serve it with any ASGI server.

    Args:
        engine: What it works on; the caller closes it.
    """
    app = fastapi.FastAPI(
        title="gongkai",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.engine = engine
    app.state.single_sign_on = single_sign_on.of(engine)
    app.state.hosts = hosting.Held()
    app.state.waiting = waiting.Waiting(engine, engine.settings.long_polls)
    app.state.throttle = throttle.Throttle()
    app.state.templates = pages.environment()
    app.state.routers = [router for package in (routes, api) for router in routers(package)]
    app.router.routes.append(finding.Index(each for router in app.state.routers for each in router.routes.routes))
    files = static_files.Files(directory=static_files.ROOT)
    # What everybody gets alike is compressed; pages are not: they hold a secret (CSRF) beside what was typed.
    app.mount(static_files.URL, gzip.GZipMiddleware(files, minimum_size=1000, compresslevel=6), name="static")
    problems.install(app)
    app.add_middleware(headers.BodyLimit, plain=PLAIN_BYTES, upload=UPLOAD_BYTES, public=PUBLIC_BYTES)
    app.add_middleware(headers.SafeHeaders)
    app.add_middleware(observing.Observed, static=static_files.URL)
    app.add_middleware(headers.HeadAsGet)
    return app


def routers(package: ModuleType) -> list[access.Router]:
    """Return the `router` of every module of a package, in order of their names."""
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"{package.__name__}.{name}") for name in names]
    return [module.router for module in modules if hasattr(module, "router")]
