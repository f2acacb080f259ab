"""Property 37 through files: a live account and a paper broker on SQLite against the backtester, at some length.

At least 1,000 decisions, 200 fills and 20 stops on a daily and on a quote tape, and not one difference. Of both the
suite plays a part; with STONKS_PARITY the days are a whole year, of twice as many tickers, and it says how many markets
of two hours there are to be (11 are enough).
"""

import asyncio
import os
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from engine.accounting.lot_tax import with_tax
from engine.adapters import simulated_market
from engine.model.costs import CostModel
from engine.model.orders import OrderTag
from engine.model.runs import RunBooks
from engine.replay import replay
from engine.simulation import Simulation
from engine.trader import Trader
from storage.live_reader import SqlLiveReader
from storage.live_store import SqlLiveStore
from storage.paper_store import PaperStore
from tests.support import live
from tests.support.killed_engine import busy_world
from tests.support.markets import IntradayWorld, World
from tests.support.tapes import rules, weekdays

pytestmark = pytest.mark.lengthy

FIRST = date(2021, 1, 4)
IS_LONG = "STONKS_PARITY" in os.environ
MARKETS = int(os.environ.get("STONKS_PARITY", "3"))
DAYS, TICKERS = (280, 36) if IS_LONG else (160, 18)
ENOUGH = Counter(decisions=1_000, fills=200, stops=20) if IS_LONG else Counter(decisions=250, fills=60, stops=6)
OF_ONE = Counter(decisions=90, fills=60, stops=5)


def daily_world() -> World:
    """Return a year, or more than half of one, of the made-up market of the demo."""
    market = simulated_market.make(7, sessions=weekdays(FIRST, DAYS + 1), start=FIRST, days=DAYS, tickers=TICKERS)
    table = market.recommendations
    return World(
        tape=market.tape,
        recommendations=tuple(table.row(i) for i in range(len(table))),
        policy=rules(gradual_entry_tranches=3, rebalance=True),
        costs=CostModel(),
        capital=1_000_000_000,
        made_from="the demo's market",
    )


async def _played(world: World | IntradayWorld, folder: Path) -> RunBooks:
    """Play `world` live in the files of `folder`, see that its journal replays, and return its books."""
    path = folder / "stonks.db"
    async with SqlLiveStore(path, live.account_of(world)) as store, PaperStore.open(folder / "paper.db") as memory:
        trader = await live.play(world, store, memory)
        state = live.beginning(world)
        again = await replay(store.journal(), state, world.policy)
        assert again.difference is None
        assert live.state_text(state) == live.state_text(trader.state)
    return await live.books_of(SqlLiveReader(path), trader.state)


def _compared(world: World | IntradayWorld, folder: Path) -> Counter[str]:
    """Require the same books both ways; return how much there was to compare."""
    folder.mkdir()
    tested = world.play(traced=True)
    kept = with_tax(asyncio.run(_played(world, folder)), tested.end_on)
    assert kept == replace(tested.books, decisions=tuple(tested.books.decisions))
    stops = sum(e.tag is OrderTag.STOP_LOSS for e in kept.executions)
    return Counter(decisions=len(kept.decisions), fills=len(kept.executions), stops=stops)


def test_p37_a_year_of_days(tmp_path: Path) -> None:
    counted = _compared(daily_world(), tmp_path / "days")
    print(f"compared: {dict(counted)}")
    assert counted >= ENOUGH


def test_p37_hours_of_quotes(tmp_path: Path) -> None:
    counted: Counter[str] = Counter()
    for seed in range(MARKETS):
        counted += _compared(busy_world(seed), tmp_path / str(seed))
    print(f"compared: {dict(counted)}")
    assert counted >= Counter({what: count * MARKETS for what, count in OF_ONE.items()})


def _always(_driver: Simulation | Trader) -> bool:
    return True


@pytest.mark.parametrize("driver", [Simulation, Trader], ids=["the backtester", "the live engine"])
def test_one_line_changed_in_one_driver_is_seen(driver: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "is_eventful", _always)  # it looks four times as often as the other one
    with pytest.raises(AssertionError):
        _compared(busy_world(0), tmp_path / "changed")
