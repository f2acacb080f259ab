"""Run list: which runs are there?"""

from collections.abc import Iterator, Sequence

from engine.ports import RunListing
from stonks_tui.reports.numbers import money, percent, ratio, table


def lines(listings: Sequence[RunListing]) -> Iterator[str]:
    """Yield the runs as a table, newest first, or a sentence when there are none."""
    if not listings:
        yield "There is no backtest yet. Make one: stonks backtest run --bars FILE --recommendations FILE"
        return
    heading = ("run", "made", "state", "from", "to", "capital", "return", "drawdown", "sharpe", "trades", "name")
    yield from table([heading, *map(_row, listings)], right=frozenset({0, 5, 6, 7, 8, 9}), indent="")


def _row(listing: RunListing) -> tuple[str, ...]:
    record = listing.record
    if record is None:
        return (str(listing.run_id), "", listing.state.value, *("",) * 7, listing.problem)
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
