"""Does the engine, with every other rule loosened, trade exactly what an independent simulator trades?

    python benchmarks/compare_with_reference.py --bench DIR --data DIR D2 D1 M2 M1

Both get the same files. Compared in order: ticker, bar of entry and exit (a day or a minute), shares, both prices to
the 1/10000 of a dollar, reason; then the final equity. Exit code 1 when anything differs.
"""

import csv
import sys
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import workloads
from engine import backtester
from engine.model.intraday import MINUTE, MinuteTape, StopChecks, Tape, from_micros
from engine.model.money import UNITS_PER_CENT, quantise, usd
from engine.model.positions import ClosedTrade
from engine.model.tape import RecommendationTable
from engine.risk.volatility import ATR_BARS

_SHOWN = 10
_DAY, _MINUTE = len("2014-01-02"), len("2014-01-02T14:30")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A round trip as both sides tell it. Prices in ten-thousandths of a dollar."""

    ticker: str
    entry_bar: str
    exit_bar: str
    shares: int
    entry_price: int
    exit_price: int
    reason: str

    def __str__(self) -> str:
        prices = f"{usd(self.entry_price, places=4)} -> {usd(self.exit_price, places=4)}"
        return f"{self.ticker} {self.entry_bar} -> {self.exit_bar} {self.shares} x {prices} {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One workload. `differences` are places in the trade log; equities are in ten-thousandths of a dollar."""

    name: str
    theirs: int
    ours: int
    differences: tuple[tuple[int, Trade | None, Trade | None], ...]
    their_equity: int
    our_equity: int
    ties: int

    @property
    def is_equal(self) -> bool:
        """The reference prints its equity to the cent, added up in floats: half a cent is no difference."""
        return not self.differences and abs(self.their_equity - self.our_equity) <= UNITS_PER_CENT


def main() -> int:
    """Compare the workloads that are named and return the exit code."""
    args = workloads.parser("Compare the engine with the reference simulator.", default=("D2", "D1")).parse_args()
    bench = workloads.ready(args)
    compared = [compare(bench, name) for name in args.names]
    print(f"{'':4} {'trades: reference':>18} {'ours':>8} {'different':>10} {'equity: reference':>18} {'ours':>14}")
    for c in compared:
        equities = f"{usd(c.their_equity):>18} {usd(c.our_equity):>14}"
        print(f"{c.name:4} {c.theirs:18,} {c.ours:8,} {len(c.differences):10,} {equities}")
    for c in compared:
        explain(c)
    return 0 if all(c.is_equal for c in compared) else 1


def compare(bench: workloads.Bench, name: str) -> Comparison:
    """Run both on workload `name`."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "trades.csv"
        summary = bench.reference(name, trades=log)
        theirs = _their_trades(log, _DAY if name.startswith("D") else _MINUTE)
    inputs = workloads.load(bench.folder(name))
    tape, table, config = inputs.tape, inputs.recommendations, workloads.loosened_config(traced=False)
    if isinstance(tape, MinuteTape):
        config = replace(config, stop_checks=StopChecks.INTRABAR, atr_on_bars=True)
        table = _since_there_is_an_atr(tape, table)
    result = backtester.run(tape, table, config)
    if result.error:
        sys.exit(f"{name}: the run failed: {result.error}")
    ours = [_our_trade(t, tape) for t in result.books.trades]
    pairs = enumerate(zip_longest(theirs, ours), start=1)
    return Comparison(
        name=name,
        theirs=len(theirs),
        ours=len(ours),
        differences=tuple((i, a, b) for i, (a, b) in pairs if not _is_same(a, b)),
        their_equity=quantise(summary["final_equity"]),
        our_equity=result.metrics.final_value,
        ties=_ties(inputs.recommendations),
    )


def explain(c: Comparison) -> None:
    """Print the first differences of a workload, and what could be behind them."""
    for i, a, b in c.differences[:_SHOWN]:
        print(f"\n{c.name}, trade {i}\n  reference: {a or 'none'}\n  ours:      {b or 'none'}")
    if len(c.differences) > _SHOWN:
        print(f"\n{c.name}: … and {len(c.differences) - _SHOWN:,} more (a first difference carries on)")
    if c.ties:
        print(
            f"\n{c.name}: {c.ties:,} pairs of recommendations have the same moment and confidence: the reference takes "
            "the first row first, the engine the first id (the file has none: the reader derives it from the row)"
        )


def _since_there_is_an_atr(tape: MinuteTape, table: RecommendationTable) -> RecommendationTable:
    """Return what came once the ATR was known: what came before waits with us, and is forgotten by the reference."""
    known = from_micros(int(tape.at[ATR_BARS]))
    return RecommendationTable.of([table.row(i) for i in range(len(table)) if table.generated_at[i] >= known])


def _their_trades(log: Path, precision: int) -> list[Trade]:
    with log.open(newline="") as file:
        return [
            Trade(
                ticker=row["ticker"],
                entry_bar=row["entry_at"][:precision],
                exit_bar=row["exit_at"][:precision],
                shares=int(row["shares"]),
                entry_price=quantise(float(row["entry_price"])),
                exit_price=quantise(float(row["exit_price"])),
                reason=row["reason"],
            )
            for row in csv.DictReader(file)
        ]


def _our_trade(trade: ClosedTrade, tape: Tape) -> Trade:
    entry_bar, exit_bar = (f"{at:%Y-%m-%d}" for at in (trade.entry_at, trade.exit_at))  # New York trades by day
    if isinstance(tape, MinuteTape):
        entry_bar, exit_bar = f"{trade.entry_at:%Y-%m-%dT%H:%M}", f"{trade.exit_at:%Y-%m-%dT%H:%M}"
    return Trade(
        ticker=trade.ticker,
        entry_bar=entry_bar,
        exit_bar=exit_bar,
        shares=trade.quantity,
        entry_price=trade.entry_price,
        exit_price=trade.exit_price,
        reason=trade.exit_reason,
    )


def _is_same(theirs: Trade | None, ours: Trade | None) -> bool:
    """Are both the same trade? What ended inside a minute is dated with its end by us, with its start by them."""
    if theirs is None or ours is None or len(ours.exit_bar) == _DAY:
        return theirs == ours
    inside = datetime.fromisoformat(ours.exit_bar) - MINUTE
    return theirs in (ours, replace(ours, exit_bar=f"{inside:%Y-%m-%dT%H:%M}"))


def _ties(table: RecommendationTable) -> int:
    seen = set(zip(table.generated_at, table.confidence, strict=True))
    return len(table) - len(seen)


if __name__ == "__main__":
    sys.exit(main())
