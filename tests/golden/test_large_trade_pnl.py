"""Large trades: one that made or lost more than $500, or 2 % of the active pool if that is less, is told."""

import pytest

from engine.model.notices import NoticeKind
from tests.support.tapes import Played, at, buy, minutes, play, rules, sell, signal

FAR = {"reward_risk_ratio": 50.0, "stop_loss_atr_multiplier": 20.0, "max_portfolio_heat": 10.0}


def sold_at(price: float, *, capital: float = 100_000) -> Played:
    """Return a run that sells what it bought at $100, 5 % of the account, at `price`."""
    market = minutes({"AAA": {0: {0: 100, 31: price}}})
    asked = buy("AAA"), sell("AAA", 0, generated_at=at(0, 60))
    return play(market, *asked, capital=capital, policy=rules(moderate=FAR, daily_loss_pct=1.0))


def told(played: Played) -> list[float | None]:
    return [notice.value for notice in played.noticed(NoticeKind.LARGE_TRADE_PNL)]


@pytest.mark.parametrize(("price", "values"), [(110, []), (110.02, [501.0]), (90, []), (90.02, []), (91, [])])
def test_more_than_500_dollars(price: float, values: list[float]) -> None:
    assert told(sold_at(price)) == values  # 50 shares; 10 % down is the most that a position may lose


def test_a_loss_is_told_as_one() -> None:
    assert told(sold_at(89)) == [-550.0]


def test_of_a_small_account_more_than_2_percent_of_the_active_pool() -> None:
    # 5 shares of a $10,000 account: $195 and $215 of about $203
    assert told(sold_at(139, capital=10_000)) == []
    assert told(sold_at(143, capital=10_000)) == [215.0]


def test_it_names_its_trade_and_its_limit() -> None:
    (notice,) = sold_at(110.02).noticed(NoticeKind.LARGE_TRADE_PNL)
    assert (notice.ticker, notice.limit, notice.reference_id) == ("AAA", 500.0, "d2")


def test_a_micro_trade_is_told_like_any() -> None:
    market = minutes({"AAA": {0: {0: 100, 31: 89}}})
    policy = rules(micro_trading_enabled=True, large_trade_pnl_usd=200.0)
    assert told(play(market, signals=[signal("AAA", 0, 20)], policy=policy)) == [-275.0]
