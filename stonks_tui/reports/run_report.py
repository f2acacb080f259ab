"""Run report: what came of a backtest, for a person to read?"""

from collections.abc import Iterator, Mapping, Sequence

from engine.model.money import Money
from engine.model.performance import PerformanceMetrics, TradeStatistics
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.model.runs import DataGap, GapKind, RunRecord, RunStatus
from engine.policy_mapping import changes, from_mapping
from engine.ports import RunState
from stonks_tui.reports import charts
from stonks_tui.reports.numbers import fitting, money, percent, plural, ratio, table, wrapped
from stonks_tui.reports.words import EXITS, SKIPS

_BAR = 20


def lines(
    record: RunRecord,
    snapshots: Sequence[PortfolioSnapshot],
    trades: Sequence[ClosedTrade],
    *,
    width: int = 80,
    colour: bool = False,
    chart: bool = True,
    options: str = "",
    state: RunState | None = None,
) -> Iterator[str]:
    """Yield the report of a run, line by line, at most `width` wide (a word may be longer).

    `options` is what the commands it names need besides, `state` what became of the run, such as interrupted.
    """
    yield from _heading(record, state or RunState(record.status), width)
    if record.metrics is not None:
        yield ""
        yield from _figures(record.metrics, width)
        yield from _micro(record.metrics.micro, width)
    if chart and (drawn := charts.equity(snapshots, width=width, colour=colour)):
        yield ""
        yield from drawn
        yield from charts.drawdown(snapshots, width=width, colour=colour)
    if record.funnel:
        yield ""
        yield from _funnel(record.funnel, width)
    if trades:
        yield ""
        yield from _trades(trades, width)
    yield ""
    for remark in (*_still_open(snapshots), *_remarks(record)):
        yield from wrapped(remark, width)
    if record.status is not RunStatus.RUNNING:
        yield ""
        for line in _footer(record, options):
            yield from wrapped(line, width)


def _heading(record: RunRecord, state: RunState, width: int) -> Iterator[str]:
    name = f" “{record.name}”" if record.name else ""
    yield f"Backtest {record.run_id}{name}: {state.value}"
    days = f"{record.start_on} to {record.end_on}"
    yield from wrapped(
        f"{days} · {record.risk_tier.value} · ${money(record.initial_capital)} · {_costs(record.costs)}", width
    )
    for warning in _warnings(record, state):
        yield from wrapped(f"! {warning}", width)


def _costs(costs: Mapping[str, float | int]) -> str:
    parts = [f"slippage {costs.get('slippage_bps', 0):g} bp"]
    if per_order := costs.get("commission_per_order"):
        parts.append(f"${per_order:g} an order")
    if per_share := costs.get("commission_per_share"):
        parts.append(f"${per_share:g} a share")
    if pct := costs.get("commission_pct"):
        parts.append(f"{pct * 100:g} % commission")
    return ", ".join(parts)


def _warnings(record: RunRecord, state: RunState) -> Iterator[str]:
    if state is RunState.RUNNING:
        yield "it is still being worked on"
    if state is RunState.INTERRUPTED:
        yield "its process ended before it could finish, and nothing of it was kept: run it again"
    if state is RunState.FAILED:
        yield f"it failed: {record.error}. What it had come to is below."
    if state is RunState.CANCELLED:
        yield "it was cancelled. What it had come to is below."
    loosened = [c for c in changes(from_mapping(record.policy)) if c.looser]
    if loosened:
        names = ", ".join(f"{c.name} {c.value} (default {c.default})" for c in loosened[:4])
        more = f" and {len(loosened) - 4} more" if len(loosened) > 4 else ""
        yield f"{plural(len(loosened), 'rule')} looser than the defaults: {names}{more}"


def _figures(m: PerformanceMetrics, width: int) -> Iterator[str]:
    t = m.trades
    rows = [
        ("Final value", money(m.final_value), "Trades", f"{t.trade_count:,}"),
        ("Total return", percent(m.total_return, signed=True), "Won", percent(t.win_rate, places=1)),
        ("A year", percent(m.annual_return, signed=True), "Profit factor", ratio(t.profit_factor)),
        ("Sharpe ratio", ratio(m.sharpe_ratio), "Average win", money(t.average_win, signed=True)),
        ("Max drawdown", percent(m.max_drawdown), "Average loss", _negative(t.average_loss)),
        ("Exposure", percent(m.exposure, places=1), "Average hold", _days(t.average_hold_days)),
        ("Reserve", money(m.reserve), "Commission", money(m.costs)),
        ("Sessions", f"{m.sessions:,}", "Dividends etc.", money(m.flows, signed=True)),
    ]
    lines = table(rows, right=frozenset({1, 3}))
    if max(map(len, lines)) > width:
        lines = table([row[:2] for row in rows] + [row[2:] for row in rows], right=frozenset({1}))
    yield from lines


def _micro(t: TradeStatistics, width: int) -> Iterator[str]:
    """Yield what micro trades brought: the figures above leave them out."""
    if t.trade_count:
        won = f"won {percent(t.win_rate, places=1)}, profit factor {ratio(t.profit_factor)}"
        brought = f"net {money(t.net_pnl, signed=True)}, held {_hours(t.average_hold_days)} on average"
        yield from wrapped(f"  Micro trades apart: {t.trade_count:,}, {won}, {brought}", width)


def _hours(days: float | None) -> str:
    return "–" if days is None else f"{days * 24:.1f} h"


def _negative(amount: Money | None) -> str:
    return money(-amount if amount is not None else None, signed=True)


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:.1f} days"


def _funnel(funnel: Mapping[str, int], width: int) -> Iterator[str]:
    total = sum(funnel.values())
    yield f"What became of {plural(total, 'recommendation')}"
    rows: list[tuple[str, ...]] = []
    most = max(funnel.values())
    others = max(map(len, funnel)) + len(f"{most:,}") + max(len(SKIPS.get(word, "")) for word in funnel) + 17
    room = min(_BAR * most / total, width - others)
    for word, count in sorted(funnel.items(), key=lambda item: (item[0] != "act", -item[1])):
        bar = "█" * max(1, int(room * count / most))
        rows.append((word, f"{count:,}", percent(count / total, places=1), bar, SKIPS.get(word, "")))
    yield from fitting(rows, width=width, droppable=(3, 4, 2), right=frozenset({1, 2}))


def _trades(trades: Sequence[ClosedTrade], width: int) -> Iterator[str]:
    ranked = sorted(trades, key=lambda t: (-t.pnl, t.entry_at, t.ticker))
    few = min(5, (len(ranked) + 1) // 2)
    best, worst = ranked[:few], ranked[few:][-few:]
    heading = ("", "ticker", "bought", "sold", "shares", "in", "out", "P&L", "%", "why out", "decision")
    rows: list[tuple[str, ...]] = [heading]
    for label, chosen in (("best", best), ("worst", worst)):
        rows += [_trade(label if i == 0 else "", t) for i, t in enumerate(chosen)]
    yield "Best and worst trades"
    yield from fitting(rows, width=width, droppable=(4, 3, 9, 5, 6, 2), right=frozenset({4, 5, 6, 7, 8}))


def _trade(label: str, t: ClosedTrade) -> tuple[str, ...]:
    return (
        label,
        t.ticker,
        t.entry_at.date().isoformat(),
        t.exit_at.date().isoformat(),
        f"{t.quantity:,}",
        money(t.entry_price),
        money(t.exit_price),
        money(t.pnl, signed=True),
        percent(t.pnl_pct, places=1, signed=True),
        EXITS.get(t.exit_reason, t.exit_reason),
        t.decision_id,
    )


def _still_open(snapshots: Sequence[PortfolioSnapshot]) -> Iterator[str]:
    if snapshots and (held := len(snapshots[-1].positions)):
        pnl = money(snapshots[-1].unrealised_pnl, signed=True)
        yield f"still held at the end: {plural(held, 'position')}, P&L {pnl}"


def _remarks(record: RunRecord) -> Iterator[str]:
    if record.unaffordable:
        few = ", ".join(record.unaffordable[:12]) + (", …" if len(record.unaffordable) > 12 else "")
        yield (
            f"! This account is too small for {plural(len(record.unaffordable), 'ticker')}: one share always cost "
            f"more than its largest position ({few})"
        )
    if below := record.funnel.get("below_one_share"):
        yield f"! {plural(below, 'recommendation')} came to less than one whole share"
    yield from _gaps(record.gaps)
    yield from record.notes


def _gaps(gaps: Sequence[DataGap]) -> Iterator[str]:
    shut = [g for g in gaps if g.kind is GapKind.MISSING_SESSION]
    if shut:
        yield f"data: no prices at all on {plural(len(shut), 'session')}, skipped: {_few([str(g.on) for g in shut])}"
    missing = [g for g in gaps if g.kind is GapKind.MISSING_BAR]
    if missing:
        bars = sum(g.count for g in missing)
        yield f"data: {plural(bars, 'bar')} missing: {_few([f'{g.ticker} {g.on}' for g in missing])}"
    gone = [g for g in gaps if g.kind is GapKind.VANISHED]
    if gone:
        yield f"data: {plural(len(gone), 'ticker')} ended early: {_few([f'{g.ticker} {g.on}' for g in gone])}"


def _few(words: Sequence[str], most: int = 6) -> str:
    return ", ".join(words[:most]) + (f" and {len(words) - most:,} more" if len(words) > most else "")


def _footer(record: RunRecord, options: str) -> Iterator[str]:
    decided = sum(record.funnel.values())
    speed = f", {decided / record.seconds:,.0f} recommendations/s" if decided and record.seconds > 0 else ""
    yield f"engine {record.seconds:.2f} s{speed} · fingerprint {record.fingerprint[:16]}"
    yield f"next: stonks explain ID{options} · stonks backtest export {record.run_id}{options}"
