"""Decision routes: what was decided, and on which numbers?"""

from dataclasses import fields
from typing import Annotated

from fastapi import Path, Query

from engine.model.decisions import TradingDecisionType
from engine.model.views import DecisionFilter, DecisionStory
from stonks_tui.http.access import Scope
from stonks_tui.http.problems import Code, Refusal
from stonks_tui.http.routing import DeskHere, router, wants
from stonks_tui.http.schemas import Cursor, MomentSaid, Ticker
from stonks_tui.http.schemas_decisions import Decision, DecisionDetail, Decisions

ROUTES = router("decisions")
_LISTS = wants(Scope.READ, 422, 503)


@ROUTES.get("/api/trading/decisions", operation_id="decisions", **_LISTS)
async def decisions(
    desk: DeskHere,
    ticker: Annotated[Ticker | None, Query()] = None,
    decision: Annotated[TradingDecisionType | None, Query(description="taken, or not")] = None,
    since: Annotated[MomentSaid | None, Query(alias="from", description="from this moment on")] = None,
    until: Annotated[MomentSaid | None, Query(alias="to", description="before this moment")] = None,
    cursor: Annotated[Cursor | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="most of a page")] = 50,
) -> Decisions:
    """Return decisions, newest first, a page at a time, without their traces."""
    where = DecisionFilter(ticker=ticker.upper() if ticker else None, outcome=decision, since=since, until=until)
    page = await desk.decisions(where, cursor, limit)
    return Decisions(decisions=[Decision.model_validate(found) for found in page.decisions], next_cursor=page.next)


@ROUTES.get("/api/trading/decisions/{decision_id}", operation_id="decision", **wants(Scope.READ, 404, 422, 503))
async def decision(
    desk: DeskHere,
    decision_id: Annotated[
        str, Path(max_length=200, description="of the decision, or of the recommendation or signal that it answers")
    ],
) -> DecisionDetail:
    """Return one decision: checks, sizing, inputs, fills, levels and what came of it."""
    story = await desk.decision(decision_id)
    if story is None:
        raise Refusal(404, Code.NOT_FOUND, f"there is no decision {decision_id!r:.80}")
    return _detail(story)


def _detail(story: DecisionStory) -> DecisionDetail:
    told = {f.name: getattr(story.decision, f.name) for f in fields(story.decision)}
    parts = {name: getattr(story, name) for name in ("executions", "stops", "trades", "notices")}
    return DecisionDetail.model_validate({**told, **parts}, from_attributes=True)
