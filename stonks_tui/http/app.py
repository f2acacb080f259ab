"""App: the interface as one application, over whatever desk answers it."""

import asyncio
import logging
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match
from starlette.types import ASGIApp

from engine.errors import StonksError
from stonks_tui.http import (
    routes_account,
    routes_backtest,
    routes_decisions,
    routes_events,
    routes_health,
    routes_notifications,
    routes_steering,
)
from stonks_tui.http.access import Scope
from stonks_tui.http.address import HttpPlan
from stonks_tui.http.desk import Desk
from stonks_tui.http.guard import Guard
from stonks_tui.http.problems import Code, Refusal, of_error
from stonks_tui.http.routing import SCOPE, GuardedRoute
from stonks_tui.version import __version__

_log = logging.getLogger("stonks")
_ABOUT = """\
An engine that trades, asked and steered by programs. Amounts are decimal strings of dollars, fractions are 0..1,
moments are UTC. What does not do what was asked answers with a `Problem`. What risks more, or cannot be taken back,
wants a `confirm` that names it; without it the answer 409 says what to type.
"""
_ROUTES = (
    routes_health.ROUTES,
    routes_account.ROUTES,
    routes_steering.ROUTES,
    routes_decisions.ROUTES,
    routes_backtest.ROUTES,
    routes_notifications.ROUTES,
    routes_events.ROUTES,
)


def make(desk: Desk, plan: HttpPlan) -> FastAPI:
    """Return the application that answers by `desk`, without what stands in front of it (`guarded`)."""
    app = FastAPI(
        title="stonks",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.desk, app.state.ending, app.state.streams = desk, asyncio.Event(), 0
    for routes in _ROUTES:
        app.router.routes.extend(routes.routes)
    app.router.route_class = GuardedRoute
    _describe(app, plan)
    for kind, answer in ((Refusal, _refused), (StonksError, _failed), (RequestValidationError, _invalid)):
        app.add_exception_handler(kind, answer)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    return app


def guarded(app: FastAPI, plan: HttpPlan) -> ASGIApp:
    """Return `app` behind the guard; pages of `plan.origins` may ask it from a browser."""
    behind: ASGIApp = Guard(app, plan)
    if not plan.origins:
        return behind
    return CORSMiddleware(
        behind,
        allow_origins=plan.origins,
        allow_methods=("GET", "POST", "PUT", "DELETE"),
        allow_headers=("Authorization", "Content-Type", "Last-Event-ID"),
    )


def _describe(app: FastAPI, plan: HttpPlan) -> None:
    """Have `app` say in OpenAPI which scope each operation wants, and answer what it says."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
            if plan.root_path:
                found["servers"] = [{"url": plan.root_path}]
            found.setdefault("components", {})["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
            for path in found["paths"].values():
                for operation in path.values():
                    for parameter in operation.get("parameters", ()):
                        parameter["schema"] = _without_null(parameter["schema"])
                    if operation[SCOPE] != Scope.OPEN:
                        operation["security"] = [{"bearer": []}] if plan.access.tokens else [{"bearer": []}, {}]
            app.openapi_schema = found
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/openapi.json", include_in_schema=False, openapi_extra={SCOPE: Scope.READ.value})
    async def document() -> dict[str, Any]:
        """What this interface is, in OpenAPI's words."""
        return app.openapi()


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter that may be left out: in a query or a header nobody can say null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    others = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**kinds[0], **others} if len(kinds) == 1 else schema


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _answer(error)


async def _failed(_request: Request, error: Exception) -> Response:
    assert isinstance(error, StonksError)
    return _answer(of_error(error))


async def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path", "header"))
    words = f"{where}: {first['msg']}" if where else str(first["msg"])
    return _answer(Refusal(422, Code.INVALID, words[:500].encode("utf-8", "replace").decode()))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    codes = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED}
    words = {404: "there is no such path", 405: f"{request.method} is not for this path"}
    headers = {"Allow": ", ".join(_methods(request))} if error.status_code == 405 else error.headers
    code, said = codes.get(error.status_code, Code.BAD_REQUEST), words.get(error.status_code, str(error.detail))
    return _answer(Refusal(error.status_code, code, said, hint="GET /openapi.json", headers=headers))


def _methods(request: Request) -> list[str]:
    """Return what the path takes: the router names only the methods of the first route that it has."""
    found = {
        method
        for route in api_routes(request.app)
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }
    return sorted(found)


def api_routes(app: FastAPI) -> list[GuardedRoute]:
    """Return every route there is."""
    return [route for route in app.routes if isinstance(route, GuardedRoute)]


async def _broken(request: Request, error: Exception) -> Response:
    _log.error("http: %s %s broke", request.method, request.url.path, exc_info=error)
    return _answer(Refusal(500, Code.BROKEN, "something is broken here; the log says what"))


def _answer(refusal: Refusal) -> Response:
    return Response(refusal.body, refusal.status, refusal.headers, media_type="application/json")
