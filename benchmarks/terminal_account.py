"""Terminal account: an engine that holds 200 positions, and looks at their prices once a second.

`python benchmarks/terminal_account.py FOLDER` trades there until it is ended: a day that lasts as long as a trading day
in minutes lasts in seconds. Everything is bought in its first minutes, and all prices change in every one.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.latency import FillingClock  # noqa: E402
from engine.adapters.paced_clock import PacedClock  # noqa: E402
from engine.door import Door  # noqa: E402
from engine.trader import Trader  # noqa: E402
from stonks_tui.engine_process import Plan, work  # noqa: E402
from stonks_tui.live_inputs import LivePaths, live_course, live_sources  # noqa: E402
from stonks_tui.trading import Account, World  # noqa: E402
from tests.support import filled_market as filled  # noqa: E402
from tests.support.tapes import FREE, at, buy, day, quotes, rules, session_of  # noqa: E402
from tests.support.tapes import Path as Prices  # noqa: E402

TICKERS = tuple(f"T{n:03}" for n in range(200))
_BOUGHT_FROM, _EACH_MINUTE = 16, 100
_SPEED = 60.0
"""A minute a second."""
_POLICY = rules(
    max_open_positions=1000,
    base_allocation_pct=0.004,
    gradual_entry_tranches=1,
    correlation_reduce_above=1.0,
    correlation_reject_above=1.0,
    declining_share_limit=1.0,
    moderate={"max_sector_pct": 10.0, "max_portfolio_heat": 10.0},
)
_Row = tuple[datetime, str, Sequence[Any]]


def rows() -> list[_Row]:
    """Return what is written into market.db, by its time."""
    prices: dict[str, dict[int, Prices]] = {
        ticker: {0: {minute: 50 + (7 * n + minute * (n % 5 + 1)) % 23 / 100 for minute in range(390)}}
        for n, ticker in enumerate(TICKERS)
    }
    found = filled.quote_rows(quotes(prices, every=1))
    for n, ticker in enumerate(TICKERS):
        moment = at(0, _BOUGHT_FROM + n // _EACH_MINUTE - 0.5)
        told = replace(buy(ticker), recommendation_id=f"r{n}", generated_at=moment)
        found.append((moment, filled.RECOMMENDATION, filled.row_of(told)))
    return sorted(found, key=lambda row: row[0])


async def trade(folder: Path) -> None:
    """Trade in `folder` until the day is over."""
    market, session = folder / "market.db", session_of(day(0))
    tape = quotes({ticker: {0: {0: 50}} for ticker in TICKERS}, every=None)
    await filled.with_history(market, tape.daily, day(-1))
    sessions = tape.daily.sessions
    sources = live_sources(LivePaths(market_db=market), sessions)

    def course(trader: Trader) -> Any:
        return live_course(sources, trader)

    with filled.other_process(market) as writer:
        clock: PacedClock = FillingClock(at(0, _BOUGHT_FROM - 2), sessions, speed=_SPEED, night_seconds=0.5)
        assert isinstance(clock, FillingClock)
        clock.writer, clock.rows = writer, rows()
        account = Account(capital=10**11, policy=_POLICY, costs=FREE, sessions=sessions, start_on=day(0))
        world = World(clock=clock, course=course, days=((0, session),), sources=sources)
        await work(Plan(data_dir=folder, account=account, world=world, mode="PAPER"), Door())


if __name__ == "__main__":
    asyncio.run(trade(Path(sys.argv[1])))
