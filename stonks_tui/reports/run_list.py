"""Run list: which runs are there?"""

from collections.abc import Iterator, Sequence

from engine.ports import RunListing
from stonks_tui.reports.numbers import fitting, money, percent, ratio


def lines(listings: Sequence[RunListing], *, width: int = 80) -> Iterator[str]:
    """Yield the runs as a table at most `width` wide, newest first, or a sentence when there are none."""
    if not listings:
        yield "There is no backtest yet. Make one: stonks backtest run --bars FILE --recommendations FILE"
        return
    heading = ("run", "made (UTC)", "state", "from", "to", "capital", "return", "drawdown", "sharpe", "trades", "name")
    rows = [heading, *map(_row, listings)]
    yield from fitting(
        rows, width=width, droppable=(8, 1, 7, 5, 9, 3, 4), right=frozenset({0, 5, 6, 7, 8, 9}), indent=""
    )
    for entry in listings:
        if entry.record is None:
            yield f"! run {entry.run_id}: {entry.problem}"


def _row(listing: RunListing) -> tuple[str, ...]:
    record = listing.record
    if record is None:
        return (str(listing.run_id), "", listing.state.value, *("",) * 8)
    m = record.metrics
    return (
        str(listing.run_id),
        record.created_at.strftime("%Y-%m-%d %H:%M"),
        listing.state.value,
        record.start_on.isoformat(),
        record.end_on.isoformat(),
        money(record.initial_capital),
        percent(m.total_return if m else None, signed=True),
        percent(m.max_drawdown if m else None),
        ratio(m.sharpe_ratio if m else None),
        f"{m.trades.trade_count:,}" if m else "–",
        record.name,
    )
