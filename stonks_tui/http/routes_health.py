"""Health routes: does the process answer, and may it be relied upon? Whoever watches over processes needs no token."""

from datetime import timedelta
from typing import Literal

from fastapi import Response

from engine.errors import StonksError
from engine.model.audit import Asked, Word
from engine.model.live import STOPPED, Heartbeat
from engine.model.views import LOST_SECONDS
from stonks_tui.http.access import Scope
from stonks_tui.http.desk import Desk, Standing
from stonks_tui.http.routing import DeskHere, router, wants
from stonks_tui.http.schemas_account import Health, Part, Ready
from stonks_tui.version import __version__

ROUTES = router("health")
FRESH = timedelta(minutes=5)
"""While the exchange is open, prices that are older are no prices: a session has one a minute."""
LOOKS = 2
"""So many looks at prices may pass without a new one, where looks are so rare that they take longer than `FRESH`."""
_LEADERS = Part(ok=True, words="the leader's to read")
_OPEN = wants(Scope.OPEN)
_READY = wants(Scope.OPEN)
_READY["responses"] = {
    **_READY["responses"],
    503: {"model": Ready, "description": "Service Unavailable. It is not ready: each part says why."},
}


@ROUTES.get("/health", operation_id="health", **_OPEN)
async def health() -> Health:
    """The process answers: whether it trades is asked at /ready."""
    return Health(version=__version__)


@ROUTES.get("/ready", operation_id="ready", **_READY)
async def ready(desk: DeskHere, response: Response) -> Ready:
    """Portfolio loaded, loop alive, lease held or standing by, data fresh."""
    found = await _ready(desk)
    response.status_code = 200 if found.ready else 503
    return found


async def _ready(desk: Desk) -> Ready:
    try:
        standing = await desk.standing()
    except StonksError as error:
        lost = Part(ok=False, words=error.message)
        unknown = Part(ok=False, words="not known: the account cannot be read")
        return Ready(
            ready=False, role="unknown", parts={"account": lost, "loop": unknown, "lease": unknown, "data": unknown}
        )
    if standing.leads_here:
        held = Part(ok=True, words=f"held, {_epoch(standing.beat)}")
        return _of("leading", standing, _beats(standing), held, await _data(desk, standing))
    try:
        answered = await desk.ask(Asked(word=Word.STATUS, origin="http"))
    except StonksError as error:
        return _of("unknown", standing, Part(ok=False, words=error.message), Part(ok=False, words="not held"))
    loop = Part(ok=answered.done, words=answered.words)
    is_by = answered.is_of_standby
    return _of("standby" if is_by else "unknown", standing, loop, Part(ok=is_by, words=answered.words))


def _of(
    role: Literal["leading", "standby", "unknown"], standing: Standing, loop: Part, lease: Part, data: Part = _LEADERS
) -> Ready:
    account = Part(ok=True, words=f"read as of turn {standing.turn}")
    parts: dict[Literal["account", "loop", "lease", "data"], Part] = {
        "account": account,
        "loop": loop,
        "lease": lease,
        "data": data,
    }
    return Ready(ready=all(part.ok for part in parts.values()), role=role, parts=parts)


def _beats(standing: Standing) -> Part:
    beat, seconds = standing.beat, standing.seconds
    if beat is None or seconds is None:
        return Part(ok=False, words="no sign of life yet")
    if beat.doing == STOPPED:
        return Part(ok=False, words="it has stopped")
    return Part(ok=seconds <= LOST_SECONDS, words=f"last sign of life {seconds:.0f} s ago: {beat.doing}")


def _epoch(beat: Heartbeat | None) -> str:
    return f"epoch {beat.epoch}" if beat else "no sign of life yet"


async def _data(desk: Desk, standing: Standing) -> Part:
    """Return whether prices are young enough to trade on; outside of sessions none come."""
    beat, session = standing.beat, standing.state.session
    if beat is None or session is None or standing.state.ended_on == session.on:
        return Part(ok=True, words="no session is on")
    try:
        every = timedelta(seconds=(await desk.settings()).policy.polling_interval_seconds)
    except StonksError as error:
        return Part(ok=False, words=error.message)
    fresh = max(FRESH, LOOKS * every)
    if not session.open_at + fresh <= beat.at < session.close_at:
        return Part(ok=True, words="no prices are due now")
    if beat.prices_at is None:
        return Part(ok=False, words="no price has come yet")
    age = beat.at - beat.prices_at
    return Part(ok=age <= fresh, words=f"the newest price is {age.total_seconds():.0f} s old")
