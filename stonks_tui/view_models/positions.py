"""Positions: what is held, how does each stand, and what was it all sold for?"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from engine.model.money import dollars, usd
from engine.model.portfolio import PortfolioSnapshot, PositionMark
from engine.model.positions import ClosedTrade
from engine.model.views import sector_shares
from stonks_tui.reports.numbers import percent
from stonks_tui.reports.words import EXITS
from stonks_tui.view_models.bar_chart import gauge
from stonks_tui.view_models.frame import change, signed
from stonks_tui.view_models.scope import Scope
from stonks_tui.view_models.sorting import Order, ordered
from stonks_tui.view_models.tables import Column, Row, TableView
from stonks_tui.view_models.text import Line, Mood, clipped, line, padded
from stonks_tui.view_models.trade_window import TradeWindow

MARKS: Mapping[int, tuple[str, Mood]] = {0: (" ", Mood.PLAIN), 1: ("↑", Mood.GAIN), -1: ("↓", Mood.LOSS)}
"""Stand behind a price that has just changed."""
_STILL: Mapping[str, int] = MappingProxyType({})

HELD_COLUMNS = (
    Column(key="ticker", heading="Ticker"),
    Column(key="quantity", heading="Qty", right=True, priority=4),
    Column(key="entry", heading="Entry", right=True, priority=3),
    Column(key="last", heading="Last", right=True, priority=1),
    Column(key="pnl", heading="P&L", right=True),
    Column(key="return", heading="%", right=True),
    Column(key="stop", heading="Stop", right=True, priority=2),
    Column(key="target", heading="Target", right=True, priority=6),
    Column(key="distance", heading="To stop", right=True, priority=2),
    Column(key="heat", heading="Heat", right=True, priority=7),
    Column(key="age", heading="Age", right=True, priority=5),
    Column(key="confidence", heading="Conf", right=True, priority=8),
    Column(key="sector", heading="Sector", priority=9),
)

TRADE_COLUMNS = (
    Column(key="closed", heading="Closed"),
    Column(key="ticker", heading="Ticker"),
    Column(key="quantity", heading="Qty", right=True, priority=5),
    Column(key="entry", heading="Entry", right=True, priority=3),
    Column(key="exit", heading="Exit", right=True, priority=2),
    Column(key="pnl", heading="P&L", right=True),
    Column(key="return", heading="%", right=True),
    Column(key="held", heading="Held", right=True, priority=4),
    Column(key="why", heading="Why", priority=1),
    Column(key="thesis", heading="Thesis", priority=6, grows=True),
)


def held(scope: Scope, order: Order, wanted: str = "", moves: Mapping[str, int] = _STILL) -> TableView:
    """Return what was held at the close of the day; `wanted` is part of a ticker or sector.

    `moves` says of positions, by their decisions, whether the last price has just risen (1) or fallen (-1).
    """
    day = scope.snapshot
    if day is None or not scope.has_positions:
        return TableView(columns=HELD_COLUMNS)
    fitting = [p for p in day.positions if _fits(wanted, p.ticker, p.sector or "")]
    rows = [_held_row(p, day, moves.get(p.decision_id, 0)) for p in ordered(fitting, order, _HELD_KEYS)]
    return TableView(columns=HELD_COLUMNS, rows=tuple(rows), empty=_nothing_held(scope, wanted))


def trades(window: TradeWindow, wanted: str = "") -> TableView:
    """Return the list of the closed trades that have been read, as they come."""
    rows = tuple(trade_row(place, t) for place, t in zip(window.places, window.trades, strict=True))
    empty = ("No trade was closed by this day.", "> goes to the last day of the run.")
    if wanted:
        empty = (f"No closed trade fits '{wanted}'.", "Esc shows all of them.")
    return TableView(columns=TRADE_COLUMNS, rows=rows, has_more=window.has_below, empty=empty)


def trades_heading(count: int | None, waiting: int) -> str:
    """Return the title over them: how many fit, and how many have been closed since."""
    number = "" if count is None else f" · {count:,}"
    return f"Closed trades{number}{f' · {waiting:,} new, g' if waiting else ''}"


def sectors(scope: Scope, columns: int, rows: int) -> tuple[Line, ...]:
    """Return each sector's share of the active pool against its limit."""
    day, limits = scope.snapshot, scope.limits
    if day is None or not scope.has_positions:
        return ()
    found = []
    shares = sector_shares(day)
    longest = min(max((len(s.sector or "unknown") for s in shares), default=0), max(columns // 2 - 1, 6))
    for s in shares:
        name = padded(line(s.sector or "unknown"), longest)
        number = f"{percent(s.share, places=1):>7}"
        room = columns - longest - len(number) - 2
        if limits is None:
            bar = gauge(s.share, room)
        else:
            bar = gauge(s.share / (limits.max_sector_pct * 1.25), room, limit_fraction=0.8)
        over = limits is not None and s.share > limits.max_sector_pct
        found.append(line(*name, " ", *bar, " ", (number, Mood.WARN if over else Mood.PLAIN)))
    if limits is not None and found:
        found.append(line((f"limit {percent(limits.max_sector_pct, places=0)} of the active pool", Mood.DIM)))
    return tuple(clipped(text, columns) for text in found[:rows])


def _held_row(p: PositionMark, day: PortfolioSnapshot, moved: int) -> Row:
    heat = p.open_risk_usd / dollars(day.active_pool) if day.active_pool > 0 else 0.0
    near = p.stop_distance_pct < 0.01
    return Row(
        key=p.decision_id,
        cells=(
            line((p.ticker, Mood.STRONG), (" m", Mood.WARN) if p.is_micro else ""),
            line(f"{p.quantity:,}"),
            line(usd(p.entry_price)),
            line(usd(p.last_price), MARKS[moved]),
            (change(p.unrealised),),
            (signed(p.return_pct, places=1),),
            line(usd(p.stop), (" ≡", Mood.ACCENT) if p.trailing_stop_active else "  "),
            line(usd(p.target)),
            line((percent(p.stop_distance_pct, places=1) + ("!" if near else ""), Mood.WARN if near else Mood.PLAIN)),
            line(percent(heat, places=2)),
            line(f"{(day.on - p.opened_at.date()).days} d"),
            line(f"{p.signal_confidence:.2f}"),
            line(p.sector or "unknown"),
        ),
    )


def trade_row(place: int, t: ClosedTrade) -> Row:
    """Return the row of the closed trade at `place` in the books."""
    return Row(
        key=str(place),
        cells=(
            line(f"{t.exit_at:%Y-%m-%d}"),
            line((t.ticker, Mood.STRONG), (" m", Mood.WARN) if t.is_micro else ""),
            line(f"{t.quantity:,}"),
            line(usd(t.entry_price)),
            line(usd(t.exit_price)),
            (change(t.pnl),),
            (signed(t.pnl_pct, places=1),),
            line(f"{t.hold_days:.0f} d"),
            line(EXITS.get(t.exit_reason, t.exit_reason)),
            line((t.thesis, Mood.DIM)),
        ),
    )


_HELD_KEYS: dict[str, Callable[[PositionMark], object]] = {
    "ticker": lambda p: p.ticker,
    "quantity": lambda p: -p.quantity,
    "entry": lambda p: -p.entry_price,
    "last": lambda p: -p.last_price,
    "pnl": lambda p: -p.unrealised,
    "return": lambda p: -p.return_pct,
    "stop": lambda p: -p.stop,
    "target": lambda p: -p.target,
    "distance": lambda p: p.stop_distance_pct,
    "heat": lambda p: -p.open_risk_usd,
    "age": lambda p: p.opened_at,
    "confidence": lambda p: -p.signal_confidence,
    "sector": lambda p: p.sector or "",
}


def _fits(wanted: str, *texts: str) -> bool:
    return all(any(word in text.casefold() for text in texts) for word in wanted.casefold().split())


def _nothing_held(scope: Scope, wanted: str) -> tuple[str, ...]:
    if wanted:
        return (f"No position fits '{wanted}'.", "Esc shows all of them.")
    if scope.is_last and scope.days:
        return ("Nothing was held at the end.", "h shows the closed trades, [ goes a day back.")
    return ("Nothing was held at the close of this day.", "] goes a day on, h shows the closed trades.")
