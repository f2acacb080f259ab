"""Routing: what does every route of the interface say of itself, and what is asked before any of it runs?"""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from stonks_tui.http.access import Caller, Scope
from stonks_tui.http.desk import Desk
from stonks_tui.http.problems import Code, Refusal, documented

SCOPE = "x-scope"
"""Where OpenAPI says which scope an operation wants."""
_WITH_BODY = frozenset({"POST", "PUT"})
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class GuardedRoute(APIRoute):
    """A route that asks for a token of its scope, and for JSON, before anything of the request is read."""

    @property
    def scope_wanted(self) -> Scope:
        """Which scope it wants. Raises KeyError when it was never said."""
        return Scope((self.openapi_extra or {})[SCOPE])

    def get_route_handler(self) -> Handler:
        """Return what answers, behind the questions."""
        answer, wanted = super().get_route_handler(), self.scope_wanted

        async def guarded(request: Request) -> Response:
            _require(request.state.caller, wanted, request.headers.get("authorization", ""))
            if request.method in _WITH_BODY:
                _require_json(request.headers.get("content-type", ""))
                await request.body()  # what is too large, or too slow, is found out here
            return await answer(request)

        return guarded


def router(tag: str) -> APIRouter:
    """Return where routes about `tag` are put."""
    return APIRouter(route_class=GuardedRoute, tags=[tag])


def wants(scope: Scope, *statuses: int, **extra: Any) -> dict[str, Any]:
    """Return what a route declares that wants `scope`, and may answer with `statuses` besides what any may."""
    ways_in = () if scope is Scope.OPEN else (401, 403)
    return {"openapi_extra": {SCOPE: scope.value, **extra}, "responses": documented(*ways_in, *statuses)}


def steers(*statuses: int) -> dict[str, Any]:
    """Return what a route declares that changes something."""
    return wants(Scope.OPERATE, 409, 415, 422, 503, *statuses)


def _require(caller: Caller | None, wanted: Scope, said: str) -> None:
    if wanted is Scope.OPEN:
        return
    if caller is None:
        code, words = (Code.UNKNOWN_TOKEN, "nobody knows that token") if said else (Code.NO_TOKEN, "this needs a token")
        known = {"WWW-Authenticate": 'Bearer realm="stonks"'}
        raise Refusal(401, code, words, hint="Authorization: Bearer TOKEN (docs/http.md)", headers=known)
    if not caller.scope.covers(wanted):
        words = f"the token {caller.name} may {caller.scope} and not {wanted}"
        raise Refusal(403, Code.SCOPE_TOO_SMALL, words)


def _require_json(content_type: str) -> None:
    kind, _, charset = content_type.partition(";")
    if kind.strip().lower() != "application/json" or charset.strip().lower() not in ("", "charset=utf-8"):
        said = f"{content_type[:80]!r} came" if content_type else "nothing was said of it"
        raise Refusal(415, Code.NOT_JSON, f"a body is JSON, and {said}", hint="Content-Type: application/json")


async def _desk(request: Request) -> Desk:  # a plain function would be handed to a thread
    desk: Desk = request.app.state.desk
    return desk


async def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


DeskHere = Annotated[Desk, Depends(_desk)]
CallerHere = Annotated[Caller, Depends(_caller)]
