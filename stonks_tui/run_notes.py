"""Run notes: what should be said of a run because its data and what was asked for do not go together?"""

from collections.abc import Iterator, Sequence

from engine.backtester import BacktestResult
from engine.errors import BadInput
from engine.model.intraday import MinuteTape, QuoteTape, StopChecks, Tape
from engine.model.signals import IntradaySignal
from engine.model.tape import DailyTape
from engine.policy import TradingPolicy


def require_stop_checks(tape: Tape, stop_checks: StopChecks) -> None:
    """Raise BadInput when stops cannot be looked at so on `tape`."""
    if stop_checks is StopChecks.LIVE or isinstance(tape, MinuteTape):
        return
    why = (
        "quotes are single prices, with nothing inside them"
        if isinstance(tape, QuoteTape)
        else "on daily bars stops are always looked at inside the bar"
    )
    raise BadInput(f"--stop-checks {stop_checks} is for minute bars: {why}", hint="leave it out")


def of_recommendations(given: int, result: BacktestResult) -> Iterator[str]:
    """Say how many recommendations the run never came to see."""
    if not given:
        yield "there are no recommendations: nothing was decided on any (give --recommendations FILE, or import them)"
        return
    others = given - sum(result.funnel.values())
    words = "1 is" if others == 1 else f"{others:,} are"
    if others > 0:
        yield f"of {given:,} recommendations {words} for sessions before or after these"


def of_signals(tape: Tape, signals: Sequence[IntradaySignal], policy: TradingPolicy) -> Iterator[str]:
    """Say that signals come to nothing, and why."""
    if signals and isinstance(tape, DailyTape):
        why = "a daily tape has no time inside a day (give minute bars or quotes)"
        yield f"{len(signals):,} signals are left out: {why}"
    elif signals and not policy.micro_trading_enabled:
        yield f"{len(signals):,} signals come to no trade: micro trading is off (--set micro_trading_enabled=yes)"
