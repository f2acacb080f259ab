"""Gradual entry: a failing check, a sale, an exit, a breaker, a pause, a split or no price cancels the rest."""

from fractions import Fraction
from typing import Any

import pytest

from engine.decision.events import BreakerSet, CloseAsked, TierSet, TradingStateSet
from engine.model.market import Split
from engine.model.notices import NoticeKind
from engine.model.portfolio import RiskTierName, TradingState
from engine.policy_mapping import from_mapping
from tests.support.desk import Desk, PlainMarket
from tests.support.tapes import ALONE, FLAT, Bar, Path, Played, at, buy, day, minutes, play, rules, sell, shock, tape

GRADUAL = {"gradual_entry_tranches": 3}
HOURLY = GRADUAL | {"gradual_entry_interval_minutes": 60}
CALM: Path = {0: 100}
FIRST = "day 0 15 min: bought 17 AAA at 100.00, d1-1-1"


def cancelled(played: Played) -> list[str]:
    """Return what was told: `day 0 30 min: 2 of 3 tranches, 33 shares: manual`."""
    return [f"{played.moment(n.at)}: {n.note}" for n in played.noticed(NoticeKind.TRANCHES_CANCELLED)]


def begun(path: Path = CALM, *more: Any, words: tuple[Any, ...] = (), **settings: Any) -> Played:
    """Return a run that buys 17 of 50 AAA at minute 15; the other parts would come at minutes 75 and 135."""
    return play(minutes({"AAA": {0: path}}), buy("AAA"), *more, policy=rules(**HOURLY | settings), interventions=words)


def test_a_sell_recommendation() -> None:
    played = begun(CALM, sell("AAA", 0, generated_at=at(0, 29)))
    assert cancelled(played) == ["day 0 30 min: 2 of 3 tranches, 33 shares: recommendation_exit"]
    assert played.trades == ["17 AAA from 100.00 day 0 15 min to 100.00 day 0 30 min: recommendation_exit, +0.00"]


def test_a_stop() -> None:
    played = begun({0: 100, 31: 95.9})
    assert cancelled(played) == ["day 0 35 min: 2 of 3 tranches, 33 shares: stop_loss"]
    assert len(played.fills) == 2


def test_a_target_reached() -> None:
    played = begun({0: 100, 31: 103.9, 50: 108})
    assert cancelled(played) == ["day 0 50 min: 2 of 3 tranches, 33 shares: take_profit"]


def test_an_operator_who_closes() -> None:
    played = begun(words=(CloseAsked(at=at(0, 30), ticker="AAA"),))
    assert cancelled(played) == ["day 0 30 min: 2 of 3 tranches, 33 shares: manual"]
    assert [t.exit_reason for t in played.closed] == ["manual"]


def test_a_breaker() -> None:
    played = begun(words=(BreakerSet(at=at(0, 30)),))
    assert cancelled(played) == ["day 0 30 min: 2 of 3 tranches, 33 shares: manual"]
    assert played.fills == [FIRST]
    lost = begun({0: 100, 31: 97}, daily_loss_pct=0.0005)  # 17 * $3 of $100,000
    assert cancelled(lost) == ["day 0 31 min: 2 of 3 tranches, 33 shares: daily_loss"]


def test_the_breaker_of_one_position_only_its_own() -> None:
    wide = {"moderate": {"stop_loss_atr_multiplier": 20.0, "max_portfolio_heat": 10.0}}
    market = minutes({"AAA": {0: {0: 100, 31: 89}}, "BBB": {0: CALM}})
    played = play(market, buy("AAA"), buy("BBB"), policy=rules(**HOURLY | wide))
    assert cancelled(played) == ["day 0 31 min: 2 of 3 tranches, 33 shares: breaker"]
    assert played.held == {"BBB": 50}


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_a_pause_for_good_even_when_it_ends_before_the_next_part(state: TradingState) -> None:
    pause = TradingStateSet(at=at(0, 30), state=state, cause="lunch")
    resume = TradingStateSet(at=at(0, 40), state=TradingState.ACTIVE, cause="back")
    played = begun(words=(pause, resume))
    assert cancelled(played) == [f"day 0 30 min: 2 of 3 tranches, 33 shares: {state}"]
    assert played.fills == [FIRST]


def test_after_two_of_three_parts_the_third_is_cancelled() -> None:
    played = begun(words=(BreakerSet(at=at(0, 80)),))
    assert cancelled(played) == ["day 0 80 min: 1 of 3 tranches, 16 shares: manual"]


def test_a_check_that_fails_when_the_part_is_due() -> None:
    # 25 shares, halved on day 0, 2 sessions before the report; on day 1 it is 1
    played = play(tape({"AAA": [FLAT] * 3}, earnings={"AAA": 2}), buy("AAA"), policy=rules(**GRADUAL))
    assert played.fills == ["day 0 15 min: bought 9 AAA at 100.00, d1-1-1"]
    assert cancelled(played) == ["day 1 15 min: 2 of 3 tranches, 16 shares: earnings"]
    (told,) = played.noticed(NoticeKind.TRANCHES_CANCELLED)
    assert (told.value, told.limit, told.reference_id) == (1, 1, "d1")


def test_heat_that_rose_over_its_limit() -> None:
    # AAA and BBB have 0.002 each; on the way BBB is planned in full and the tier goes down to a limit of 0.003
    careful = {"tiers": {"conservative": {"max_portfolio_heat": 0.003}}}
    market = minutes({"AAA": {0: CALM}, "BBB": {0: CALM}})
    words = (TierSet(at=at(0, 30), tier=RiskTierName.CONSERVATIVE),)
    policy = from_mapping(ALONE | HOURLY | careful)
    played = play(market, buy("AAA"), buy("BBB"), policy=policy, interventions=words)
    assert {line.split(": ")[2] for line in cancelled(played)} == {"heat"}


def test_a_split() -> None:
    market = tape({"AAA": [FLAT, (50.0, 50.5, 49.5, 50.0)]}, splits=[Split(ticker="AAA", on=day(1), ratio=Fraction(2))])
    played = play(market, buy("AAA"), policy=rules(**GRADUAL))
    assert cancelled(played) == ["day 1 open: 2 of 3 tranches, 33 shares: split"]
    assert played.held == {"AAA": 34}


def test_a_session_without_any_price() -> None:
    daily = play(tape({"AAA": [FLAT, None, FLAT], "BBB": [FLAT] * 3}), buy("AAA"), policy=rules(**GRADUAL))
    assert cancelled(daily) == ["day 1 close: 2 of 3 tranches, 33 shares: no_price"]
    assert daily.held == {"AAA": 17}


def test_a_ticker_that_vanishes() -> None:
    bars: list[Bar | None] = [FLAT, None, None]
    market = tape({"AAA": bars, "BBB": [FLAT] * 3}, last_bar={"AAA": 0})
    played = play(market, buy("AAA"), policy=rules(**GRADUAL))
    assert cancelled(played) == ["day 1 open: 2 of 3 tranches, 33 shares: vanished"]


def test_a_macro_event_does_not() -> None:
    market = minutes({"AAA": {0: CALM}})
    played = play(market, buy("AAA"), policy=rules(**GRADUAL), macro_events=[shock(0, 16, 60)])
    assert cancelled(played) == []
    assert len(played.fills) == 3


def test_a_tier_that_would_not_take_it_any_more_does_not() -> None:
    words = (TierSet(at=at(0, 30), tier=RiskTierName.CONSERVATIVE),)  # asks for 0.75
    assert len(begun(words=words).fills) == 3


def test_a_sell_recommendation_before_the_first_part_is_filled() -> None:
    market = PlainMarket(prices={"AAA": 1_000_000}, atrs={"AAA": 2.0})
    desk = Desk(market, policy=rules(**GRADUAL), fills_at_once=False)
    desk.offer(buy("AAA"), at=at(0, 30))
    desk.offer(sell("AAA", 0), at=at(0, 31))
    assert [n.kind for n in desk.notices] == [NoticeKind.TRANCHES_CANCELLED]
    assert desk.cancelled == ["d1-1-1"]
