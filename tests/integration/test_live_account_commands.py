"""What the commands that look back say of a live account: tax and explain, beside backtests or without any."""

import asyncio
import json
from decimal import Decimal

from engine.model.decisions import TradingDecisionType
from stonks_tui import bootstrap
from tests.support import live_account
from tests.support.program import Desk


def test_the_live_account_is_meant_when_there_is_one_and_backtests_by_their_number(desk: Desk) -> None:
    trader = asyncio.run(live_account.make(desk.data_dir))
    ended = desk.stonks("tax", "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert found["source"] == f"the live account, until {live_account.WORLD.played[1].on}"
    trades = asyncio.run(bootstrap.live_reader(desk.data_dir).trades(0))
    assert trader.state.positions == {}
    recognised = sum(Decimal(year["total"]["recognised"]) for year in found["years"])
    put_off = sum(Decimal(lot["carried"]) for lot in found["open_lots"])
    assert recognised - put_off == sum(Decimal(trade.pnl) / 10_000 for trade in trades)
    assert desk.stonks("tax", "--run", "1").code == 1
    desk.run()
    assert "from the live account" in desk.stonks("tax").out
    assert "from backtest 1," in desk.stonks("tax", "--run", "1").out


def test_a_decision_of_the_live_account_is_explained(desk: Desk) -> None:
    asyncio.run(live_account.make(desk.data_dir))
    page = asyncio.run(bootstrap.live_reader(desk.data_dir).decisions(0, limit=500))
    act = next(d for d in page.decisions if d.outcome is TradingDecisionType.ACT)
    ended = desk.stonks("explain", act.decision_id)
    assert ended.code == 0, ended.err
    assert ended.out.startswith("the live account\n")
    assert act.ticker in ended.out
    missing = desk.stonks("explain", "d999999")
    assert (missing.code, "the live account has no decision 'd999999'" in missing.err) == (1, True)


def test_without_a_live_account_its_number_is_not_there(desk: Desk) -> None:
    for words in (("tax", "--run", "0"), ("explain", "d1", "--run", "0")):
        ended = desk.stonks(*words)
        assert (ended.code, "there is no live account" in ended.err) == (1, True)
