"""Event routes: the stream of what happens, and the numbers for whoever collects them."""

from typing import Annotated

from fastapi import Header, Query, Request, Response

from stonks_tui.http.access import Scope
from stonks_tui.http.events import STREAMS, EventStream
from stonks_tui.http.problems import Code, Refusal
from stonks_tui.http.routing import DeskHere, router, wants
from stonks_tui.http.schemas import LAST_PLACE

ROUTES = router("events")
_STREAM = wants(Scope.READ, 409, 422, 503)
_STREAM["responses"] = {
    **_STREAM["responses"],
    200: {
        "description": "Server-sent events, one a turn: `id` is the turn's number, `event` is turn, `data` is a "
        "`Happened`. A comment comes when nothing else does. Whoever comes back with `Last-Event-ID` misses nothing.",
        "content": {
            "text/event-stream": {
                "schema": {
                    "type": "object",
                    "properties": {name: {"type": "string"} for name in ("id", "event", "data", "retry")},
                },
                "example": 'id: 41\nevent: turn\ndata: {"turn":41,"at":"2026-03-02T14:31:00Z","lines":[]}\n\n',
            }
        },
    },
}
_NUMBERS = wants(Scope.READ, 503)
_NUMBERS["responses"] = {
    **_NUMBERS["responses"],
    200: {"description": "Numbers for Prometheus.", "content": {"text/plain": {"schema": {"type": "string"}}}},
}


@ROUTES.get("/api/trading/events", operation_id="events", response_class=Response, **_STREAM)
async def events(
    request: Request,
    desk: DeskHere,
    after: Annotated[int | None, Query(ge=0, le=LAST_PLACE, description="begin after this turn")] = None,
    until: Annotated[
        int | None, Query(ge=0, le=LAST_PLACE, description="end once this turn is told, and do not wait for more")
    ] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,15}$")] = None,
) -> Response:
    """What happens, as it happens."""
    if request.app.state.streams >= STREAMS:
        words = f"{STREAMS} are told already"
        raise Refusal(429, Code.TOO_MANY_REQUESTS, words, headers={"Retry-After": "10"})
    begin = int(last_event_id) if last_event_id is not None else after
    last = await desk.last_turn()
    if begin is None:
        begin = last
    if begin > last:
        raise Refusal(409, Code.REFUSED, f"there was no turn {begin} yet: the last is {last}")
    return EventStream(desk, begin, min(until, last) if until is not None else None)


@ROUTES.get("/metrics", operation_id="numbers", response_class=Response, **_NUMBERS)
async def numbers(desk: DeskHere) -> Response:
    """Numbers of engine and account, in the words of Prometheus."""
    text, kind = await desk.numbers()
    return Response(text, headers={"content-type": kind})
