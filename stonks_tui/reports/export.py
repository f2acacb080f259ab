"""Export: a run's trades, decisions or equity as a table in a file. Amounts are dollars with 4 places."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from engine.errors import BadInput, StonksError
from engine.model.decisions import Decision
from engine.model.money import Money, to_decimal
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.ports import RunStore

Row = dict[str, Any]

_PAGE = 10_000


async def rows(store: RunStore, run_id: int, what: str) -> list[Row]:
    """Return the rows of `what` (trades, decisions or equity) in the order in which they happened."""
    if what == "trades":
        return [_trade(t) for t in await store.trades(run_id)]
    if what == "equity":
        return [_day(s) for s in await store.snapshots(run_id)]
    found: list[Row] = []
    after: int | None = None
    while True:
        page = await store.decisions(run_id, after=after, limit=_PAGE)
        found += map(_decision, page.decisions)
        if page.next is None:
            return found
        after = page.next


def write_csv(table: Sequence[Row], out: TextIO) -> None:
    """Write `table` as CSV with a heading; an empty table writes nothing."""
    import csv

    if table:
        writer = csv.DictWriter(out, fieldnames=list(table[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)


def write_file(table: Sequence[Row], path: Path) -> None:
    """Write `table` to `path`, as its ending says. The file appears whole or not at all."""
    writers: dict[str, Callable[[Sequence[Row], Path], None]] = {".csv": _csv_file, ".parquet": _parquet_file}
    if path.suffix not in writers:
        raise BadInput(f"{path.name} ends in neither .csv nor .parquet", hint="the ending says which it becomes")
    staged = path.with_name(f".{path.name}.part")
    try:
        writers[path.suffix](table, staged)
        staged.replace(path)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise StonksError(f"cannot write {path}: {error.strerror or error}") from error


def _csv_file(table: Sequence[Row], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as out:
        write_csv(table, out)


def _parquet_file(table: Sequence[Row], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(list(table)), path)


def _usd(amount: Money | None) -> Decimal | None:
    return None if amount is None else to_decimal(amount)


def _trade(t: ClosedTrade) -> Row:
    return {
        "ticker": t.ticker,
        "sector": t.sector,
        "entry_at": t.entry_at,
        "exit_at": t.exit_at,
        "shares": t.quantity,
        "entry_price": _usd(t.entry_price),
        "exit_price": _usd(t.exit_price),
        "pnl": _usd(t.pnl),
        "pnl_pct": t.pnl_pct,
        "costs": _usd(t.costs),
        "hold_days": t.hold_days,
        "exit_reason": t.exit_reason,
        "confidence": t.signal_confidence,
        "decision_id": t.decision_id,
        "exit_decision_id": t.exit_decision_id,
        "recommendation_id": t.recommendation_id,
        "thesis": t.thesis,
    }


def _day(s: PortfolioSnapshot) -> Row:
    return {
        "date": s.on,
        "total_value": _usd(s.total_value),
        "cash": _usd(s.cash),
        "active_pool": _usd(s.active_pool),
        "reserve": _usd(s.reserve),
        "daily_return": s.daily_return,
        "cumulative_return": s.cumulative_return,
        "drawdown": s.current_drawdown,
        "heat": s.heat,
        "positions": len(s.positions),
        "realised_pnl": _usd(s.realised_pnl),
        "unrealised_pnl": _usd(s.unrealised_pnl),
        "costs": _usd(s.costs),
        "flows": _usd(s.flows),
        "risk_tier": s.risk_tier.value,
    }


def _decision(d: Decision) -> Row:
    return {
        "decision_id": d.decision_id,
        "at": d.at,
        "kind": d.kind.value,
        "outcome": d.outcome.value,
        "ticker": d.ticker,
        "reason": d.skip_reason,
        "value": d.failed_value,
        "limit": d.failed_limit,
        "confidence": d.confidence,
        "price": _usd(d.price),
        "shares": d.shares,
        "dollars": d.dollars,
        "risk_tier": d.risk_tier.value,
        "heat": d.heat,
        "active_pool": _usd(d.active_pool),
        "reserve": _usd(d.reserve),
        "recommendation_id": d.recommendation_id,
        "cause": d.cause,
    }
