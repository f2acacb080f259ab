"""Export: a run's trades, decisions, equity or notices as a table in a file.

Amounts are exact, in dollars with 4 places. The columns and their kinds are the same for every run, also for one
without a single row.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO, TypeVar

from engine.errors import BadInput, StonksError
from engine.model.decisions import Decision
from engine.model.money import Money, to_decimal
from engine.model.notices import Notice
from engine.model.portfolio import PortfolioSnapshot
from engine.model.positions import ClosedTrade
from engine.ports import RunStore

T = TypeVar("T")
Column = tuple[str, Callable[[T], Any]]
"""What kind of values it holds (text, moment, day, count, usd, number or truth), and how one is found."""

_PAGE = 10_000
_ENDINGS = (".csv", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under named columns. `kinds` says by column what its values are."""

    kinds: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]]


async def table(store: RunStore, run_id: int, what: str) -> Table:
    """Return `what` (trades, decisions, equity or notices) of a run in the order in which it happened."""
    if what == "trades":
        return _table(_TRADES, await store.trades(run_id))
    if what == "equity":
        return _table(_DAYS, await store.snapshots(run_id))
    if what == "notices":
        return _table(_NOTICES, await store.notices(run_id))
    found: list[Decision] = []
    after: int | None = None
    while True:
        page = await store.decisions(run_id, after=after, limit=_PAGE)
        found += page.decisions
        if page.next is None:
            return _table(_DECISIONS, found)
        after = page.next


def require_writable(path: Path, *, force: bool) -> None:
    """Raise BadInput when `path` names no kind of file that is written, or something that is there (unless `force`)."""
    if path.is_dir():
        raise BadInput(f"{path} is a directory", hint="name a file in it, such as trades.csv")
    if path.suffix.lower() not in _ENDINGS:
        raise BadInput(f"{path} ends in neither .csv nor .parquet", hint="the ending says which it becomes")
    if path.exists() and not force:
        raise BadInput(f"{path} is there already", hint="choose another name, or add --force")


def write_csv(table: Table, out: TextIO) -> None:
    """Write `table` as CSV with a heading."""
    import csv

    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.kinds)
    writer.writerows(table.rows)


def write_file(table: Table, path: Path) -> None:
    """Write `table` to `path`, as its ending says. The file appears whole or not at all."""
    staged = path.with_name(f".{path.name}.part")
    try:
        if path.suffix.lower() == ".csv":
            with staged.open("w", encoding="utf-8", newline="") as out:
                write_csv(table, out)
        else:
            _write_parquet(table, staged)
        staged.replace(path)
    except OSError as error:
        raise StonksError(f"cannot write {path}: {error.strerror or error}", hint="choose another place") from error
    finally:
        _remove(staged)


def _remove(staged: Path) -> None:
    import contextlib

    with contextlib.suppress(OSError):
        staged.unlink(missing_ok=True)


def _write_parquet(table: Table, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {
        "text": pa.string(),
        "moment": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
        "count": pa.int64(),
        "usd": pa.decimal128(20, 4),
        "number": pa.float64(),
        "truth": pa.bool_(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in table.kinds.items()])
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.kinds)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), path)


def _table(columns: Mapping[str, Column[T]], values: Iterable[T]) -> Table:
    getters = [get for _, get in columns.values()]
    return Table(
        kinds={name: kind for name, (kind, _) in columns.items()},
        rows=[tuple([get(value) for get in getters]) for value in values],
    )


def _usd(amount: Money | None) -> Decimal | None:
    return None if amount is None else to_decimal(amount)


_TRADES: dict[str, Column[ClosedTrade]] = {
    "ticker": ("text", lambda t: t.ticker),
    "sector": ("text", lambda t: t.sector),
    "entry_at": ("moment", lambda t: t.entry_at),
    "exit_at": ("moment", lambda t: t.exit_at),
    "shares": ("count", lambda t: t.quantity),
    "entry_price": ("usd", lambda t: _usd(t.entry_price)),
    "exit_price": ("usd", lambda t: _usd(t.exit_price)),
    "pnl": ("usd", lambda t: _usd(t.pnl)),
    "pnl_pct": ("number", lambda t: t.pnl_pct),
    "costs": ("usd", lambda t: _usd(t.costs)),
    "hold_days": ("number", lambda t: t.hold_days),
    "exit_reason": ("text", lambda t: t.exit_reason),
    "confidence": ("number", lambda t: t.signal_confidence),
    "decision_id": ("text", lambda t: t.decision_id),
    "exit_decision_id": ("text", lambda t: t.exit_decision_id),
    "recommendation_id": ("text", lambda t: t.recommendation_id),
    "thesis": ("text", lambda t: t.thesis),
    "is_micro": ("truth", lambda t: t.is_micro),
}

_DAYS: dict[str, Column[PortfolioSnapshot]] = {
    "date": ("day", lambda s: s.on),
    "total_value": ("usd", lambda s: _usd(s.total_value)),
    "cash": ("usd", lambda s: _usd(s.cash)),
    "active_pool": ("usd", lambda s: _usd(s.active_pool)),
    "reserve": ("usd", lambda s: _usd(s.reserve)),
    "daily_return": ("number", lambda s: s.daily_return),
    "cumulative_return": ("number", lambda s: s.cumulative_return),
    "drawdown": ("number", lambda s: s.current_drawdown),
    "heat": ("number", lambda s: s.heat),
    "positions": ("count", lambda s: len(s.positions)),
    "realised_pnl": ("usd", lambda s: _usd(s.realised_pnl)),
    "unrealised_pnl": ("usd", lambda s: _usd(s.unrealised_pnl)),
    "costs": ("usd", lambda s: _usd(s.costs)),
    "flows": ("usd", lambda s: _usd(s.flows)),
    "risk_tier": ("text", lambda s: s.risk_tier.value),
    "daily_pnl": ("usd", lambda s: _usd(s.daily_pnl)),
    "micro_pnl": ("usd", lambda s: _usd(s.micro.net_pnl)),
    "micro_trades": ("count", lambda s: s.micro.trade_count),
}

_DECISIONS: dict[str, Column[Decision]] = {
    "decision_id": ("text", lambda d: d.decision_id),
    "at": ("moment", lambda d: d.at),
    "kind": ("text", lambda d: d.kind.value),
    "outcome": ("text", lambda d: d.outcome.value),
    "ticker": ("text", lambda d: d.ticker),
    "reason": ("text", lambda d: d.skip_reason),
    "value": ("number", lambda d: d.failed_value),
    "limit": ("number", lambda d: d.failed_limit),
    "confidence": ("number", lambda d: d.confidence),
    "price": ("usd", lambda d: _usd(d.price)),
    "shares": ("count", lambda d: d.shares),
    "dollars": ("number", lambda d: d.dollars),
    "risk_tier": ("text", lambda d: d.risk_tier.value),
    "heat": ("number", lambda d: d.heat),
    "active_pool": ("usd", lambda d: _usd(d.active_pool)),
    "reserve": ("usd", lambda d: _usd(d.reserve)),
    "recommendation_id": ("text", lambda d: d.recommendation_id),
    "cause": ("text", lambda d: d.cause),
    "is_micro": ("truth", lambda d: d.is_micro),
}

_NOTICES: dict[str, Column[Notice]] = {
    "at": ("moment", lambda n: n.at),
    "kind": ("text", lambda n: n.kind.value),
    "ticker": ("text", lambda n: n.ticker),
    "value": ("number", lambda n: n.value),
    "limit": ("number", lambda n: n.limit),
    "about": ("text", lambda n: n.reference_id),
    "note": ("text", lambda n: n.note),
}
