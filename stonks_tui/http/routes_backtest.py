"""Backtest routes: a backtest in a process of its own, how far it is, and what it has come to."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Path

from engine.model.runs import LIVE_RUN
from engine.ports import RunListing
from engine.settings import known
from stonks_tui.http.access import Scope
from stonks_tui.http.desk import Desk
from stonks_tui.http.problems import Code, Refusal
from stonks_tui.http.routing import DeskHere, router, steers, wants
from stonks_tui.http.schemas import shown
from stonks_tui.http.schemas_backtest import (
    Backtest,
    Backtests,
    BacktestStarted,
    BacktestWish,
    Cancelled,
    Progress,
    Results,
    RunId,
)
from stonks_tui.http.schemas_settings import text_of
from stonks_tui.view_models.run_progress import RunProgress

ROUTES = router("backtest")
_LAST = 100
_ID = "$response.body#/backtest_id"
_LINKS = {name: {"operationId": name, "parameters": {"backtest_id": _ID}} for name in ("backtest", "cancel_backtest")}
_STARTS = steers(507)
_STARTS["responses"] = {**_STARTS["responses"], 202: {"description": "It is being made.", "links": _LINKS}}


@ROUTES.post("/api/trading/backtest", operation_id="start_backtest", status_code=202, **_STARTS)
async def start_backtest(said: BacktestWish, desk: DeskHere) -> BacktestStarted:
    """Start a backtest of what was imported, one at a time, in a process whose memory is bounded."""
    if said.start and said.end and said.end < said.start:
        raise Refusal(409, Code.REFUSED, f"it would end on {said.end}, before {said.start}")
    if strange := sorted(said.settings.keys() - known().keys()):
        raise Refusal(409, Code.REFUSED, f"there is no setting {shown(strange[0])!r:.80}")
    number = await desk.start_backtest(tuple(_options(said)))
    return BacktestStarted(backtest_id=number, href=f"/api/trading/backtest/{number}")


def _options(said: BacktestWish) -> Iterator[str]:
    for name, value in (("name", said.name), ("start", said.start), ("end", said.end), ("tier", said.risk_tier)):
        if value:
            yield f"--{name}={value}"
    if said.capital is not None:
        yield f"--capital={said.capital}"
    yield from (f"--set={name}={text_of(value)}" for name, value in said.settings.items())


@ROUTES.get("/api/trading/backtest", operation_id="backtests", **wants(Scope.READ, 503))
async def backtests(desk: DeskHere) -> Backtests:
    """The last hundred backtests, newest first."""
    found = [entry for entry in await desk.backtests() if entry.run_id != LIVE_RUN]
    return Backtests(backtests=[_backtest(entry, desk) for entry in found[:_LAST]])


@ROUTES.get("/api/trading/backtest/{backtest_id}", operation_id="backtest", **wants(Scope.READ, 404, 422, 503))
async def backtest(backtest_id: Annotated[RunId, Path()], desk: DeskHere) -> Backtest:
    """How far it is, or what it has come to."""
    return _backtest(await desk.backtest(backtest_id), desk)


@ROUTES.delete(
    "/api/trading/backtest/{backtest_id}",
    operation_id="cancel_backtest",
    status_code=202,
    **wants(Scope.OPERATE, 404, 409, 422, 503),
)
async def cancel_backtest(backtest_id: Annotated[RunId, Path()], desk: DeskHere) -> Cancelled:
    """Ask one to end that is being made here: it keeps what it had come to. Asked again, it is killed."""
    if not desk.cancel_backtest(backtest_id):
        await desk.backtest(backtest_id)
        raise Refusal(409, Code.REFUSED, f"backtest {backtest_id} is not being made by this process")
    return Cancelled(backtest_id=backtest_id, words="it was asked to end")


def _backtest(entry: RunListing, desk: Desk) -> Backtest:
    record, progress = entry.record, desk.backtest_progress(entry.run_id)
    return Backtest.model_validate(
        {
            "backtest_id": entry.run_id,
            "state": entry.state,
            "name": record.name if record else "",
            "problem": entry.problem or (record.error if record else ""),
            "created_at": record.created_at if record else None,
            "completed_at": record.completed_at if record else None,
            "start_on": record.start_on if record else None,
            "end_on": record.end_on if record else None,
            "initial_capital": record.initial_capital if record else None,
            "risk_tier": record.risk_tier if record else None,
            "fingerprint": record.fingerprint if record else "",
            "metrics": Results.model_validate(record.metrics) if record and record.metrics else None,
            "progress": _progress(progress) if progress else None,
        }
    )


def _progress(progress: RunProgress) -> Progress:
    return Progress.model_validate(progress)
