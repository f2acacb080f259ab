"""Micro signals: which intraday signals came last, and what came of each?"""

from collections.abc import Mapping, Sequence

from engine.model.decisions import Decision, TradingDecisionType
from engine.model.portfolio import PositionMark
from engine.model.positions import ClosedTrade
from stonks_tui.reports.words import EXITS
from stonks_tui.view_models.decision_lines import moment, numbers, verdict
from stonks_tui.view_models.frame import change
from stonks_tui.view_models.micro_rules import MicroRules
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, line

COLUMNS = (
    Column(key="at", heading="When (UTC)", priority=2),
    Column(key="verdict", heading=""),
    Column(key="ticker", heading="Ticker"),
    Column(key="confidence", heading="Conf", right=True, priority=3),
    Column(key="came", heading="What came of it", grows=True, least=32),
    Column(key="numbers", heading="", right=True, priority=4),
    Column(key="id", heading="Id", right=True, priority=5),
)


def table(
    decisions: Sequence[Decision],
    trades: Mapping[str, ClosedTrade],
    marks: Sequence[PositionMark],
    empty: tuple[str, ...],
) -> TableView:
    """Return the list of `decisions` on signals, newest first; `trades` are those that they led to, by decision."""
    open_now = {p.decision_id: p for p in marks}
    rows = tuple(_row(d, trades.get(d.decision_id), open_now.get(d.decision_id)) for d in decisions)
    return TableView(columns=COLUMNS, rows=rows, empty=empty)


def heading(shown: int, count: int) -> str:
    """Return the title over the list: how many there are, of how many."""
    return f"Signals · {shown:,} of {count:,}" if shown < count else f"Signals · {count:,}"


def nothing(scope: Scope, rules: MicroRules) -> tuple[str, ...]:
    """Return why no signal is to be seen, and what to do."""
    if not rules.is_on:
        if scope.is_now:
            return ("No signal has come: none is read while micro-trading is off.", "m switches it on.")
        return (
            "This run traded no signals: micro-trading was off.",
            "stonks backtest run --set micro_trading_enabled=yes",
        )
    if scope.story.alive is not None:
        return ("No signal has come by this day.", "They are rows of signals.csv, or of market.db.")
    return ("The run's data had no signal by this day.", "stonks backtest run --signals FILE reads some.")


def _row(d: Decision, trade: ClosedTrade | None, mark: PositionMark | None) -> Row:
    confidence = f"{d.confidence:.2f}" if d.confidence is not None else ""
    return Row(
        key=d.decision_id,
        cells=(
            line((moment(d.at), Mood.DIM)),
            verdict(d),
            line((d.ticker, Mood.STRONG)),
            line(confidence),
            _came(d, trade, mark),
            numbers(d),
            line((d.decision_id, Mood.DIM)),
        ),
    )


def _came(d: Decision, trade: ClosedTrade | None, mark: PositionMark | None) -> Line:
    """Return what came of a signal: why it was not taken, what its position stands at, or what it brought."""
    if d.outcome is not TradingDecisionType.ACT:
        return line((d.skip_reason or "").replace("_", " "))
    if trade is not None:
        minutes = round((trade.exit_at - trade.entry_at).total_seconds() / 60)
        return line(change(trade.pnl), (f" {EXITS.get(trade.exit_reason, trade.exit_reason)}, {minutes} min", Mood.DIM))
    if mark is not None:
        return line(change(mark.unrealised), (" open", Mood.ACCENT))
    return line((f"buy {d.shares:,}, not filled so far", Mood.DIM))
