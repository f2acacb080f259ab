"""Prints: one that is more than 20 % from the last needs a second one beside it before it triggers anything."""

import pytest

from engine.model.notices import NoticeKind
from tests.support.tapes import Path, Played, at, buy, minutes, play, quotes, rules

UNTIL = "50 AAA from 100.00 day 0 15 min to"


def held(path: Path, **settings: object) -> Played:
    return play(minutes({"AAA": {0: path}}), buy("AAA"), policy=rules(**settings))


def test_a_lone_print_far_away_sells_nothing_and_is_forgotten() -> None:
    played = held({0: 100, 31: 79, 32: 100})
    assert played.trades == []
    assert played.notices == ["day 0 31 min: print_unconfirmed AAA"]
    (notice,) = played.noticed(NoticeKind.PRINT_UNCONFIRMED)
    assert (notice.value, notice.limit) == pytest.approx((-0.21, 0.20))


def test_a_second_print_beside_it_confirms_it() -> None:
    assert held({0: 100, 31: 79}).trades == [f"{UNTIL} 79.00 day 0 32 min: stop_loss, -1,050.00"]


def test_one_of_exactly_20_percent_is_believed_at_once() -> None:
    assert held({0: 100, 31: 80}).trades == [f"{UNTIL} 80.00 day 0 31 min: stop_loss, -1,000.00"]
    assert held({0: 100, 31: 79.9999}).trades == [f"{UNTIL} 79.9999 day 0 32 min: stop_loss, -1,000.00"]


def test_a_second_print_elsewhere_does_not_confirm_it() -> None:
    # 79, then 125: far from 100 and from 79; then 79 again, which is far from 125
    played = held({0: 100, 31: 79, 32: 125, 33: 79, 34: 100})
    assert played.trades == []
    assert played.notices == [f"day 0 {minute} min: print_unconfirmed AAA" for minute in (31, 32, 33)]


def test_a_print_up_there_takes_no_profit_until_a_second_one() -> None:
    assert held({0: 100, 31: 121, 32: 100}).trades == []
    assert held({0: 100, 31: 121}).trades == [f"{UNTIL} 121.00 day 0 32 min: take_profit, +1,050.00"]


def test_the_same_print_seen_again_is_still_one() -> None:
    # the print of minute 31 is all there is until minute 38
    prints: Path = {**dict.fromkeys(range(31), 100), 31: 79, 38: 100}
    assert play(quotes({"AAA": {0: prints}}, every=None), buy("AAA")).trades == []
    again: Path = {**dict.fromkeys(range(31), 100), 31: 79, 38: 79}
    played = play(quotes({"AAA": {0: again}}, every=None), buy("AAA"))
    assert played.trades == [f"{UNTIL} 79.00 day 0 38 min: stop_loss, -1,050.00"]


def test_a_lone_print_that_is_forgotten_does_not_confirm_a_later_one() -> None:
    assert held({0: 100, 31: 79, 32: 100, 50: 79, 51: 100}).trades == []


def test_the_account_is_not_reckoned_with_it() -> None:
    # 50 shares that lose $21 are 1.05 % of the account
    assert held({0: 100, 31: 79, 32: 100}, daily_loss_pct=0.01).breakers == []
    assert held({0: 100, 31: 79}, daily_loss_pct=0.01).breakers == ["day 0 32 min: daily_loss until day 1 32 min"]


def test_no_stop_follows_it() -> None:
    assert held({0: 100, 35: 121, 36: 100}).moved_stops == []


def test_a_gap_over_night_waits_for_the_second_print_too() -> None:
    market = minutes({"AAA": {0: {0: 100}, 1: {0: 75}}})
    assert play(market, buy("AAA")).trades == [f"{UNTIL} 75.00 day 1 1 min: stop_loss, -1,250.00"]


def test_a_tranche_is_not_bought_at_it_and_comes_with_the_next_print() -> None:
    market = minutes({"AAA": {0: {0: 100, 20: 79, 21: 100}}})
    played = play(market, buy("AAA"), policy=rules(gradual_entry_tranches=3))
    assert played.fills == [
        "day 0 15 min: bought 17 AAA at 100.00, d1-1-1",
        "day 0 21 min: bought 17 AAA at 100.00, d1-2-1",
        "day 0 26 min: bought 16 AAA at 100.00, d1-3-1",
    ]


def test_how_far_is_a_setting() -> None:
    assert held({0: 100, 31: 90, 32: 100}, print_confirmation_pct=0.09).trades == []
    assert len(held({0: 100, 31: 79, 32: 100}, print_confirmation_pct=1000).trades) == 1


def test_an_entry_waits_for_the_second_print_in_a_ticker_that_is_not_held() -> None:
    asked = buy("AAA", generated_at=at(0, 29))
    wild = play(minutes({"AAA": {0: {0: 100, 30: 140, 31: 100}}}), asked)  # the way back is as far
    assert wild.fills == ["day 0 32 min: bought 50 AAA at 100.00, d1-1-1"]
    real = play(minutes({"AAA": {0: {0: 100, 30: 140}}}), asked)
    assert real.fills == ["day 0 31 min: bought 35 AAA at 140.00, d1-1-1"]


def test_an_entry_waits_on_quotes_too() -> None:
    asked = buy("AAA", generated_at=at(0, 29))
    market = quotes({"AAA": {0: {0: 100, 30: 140, 31: 100}}}, every=1)
    assert play(market, asked).fills == ["day 0 32 min: bought 50 AAA at 100.00, d1-1-1"]


def test_nothing_is_trimmed_at_it() -> None:
    market = minutes({"AAA": {0: {0: 100}, 5: {0: 106, 15: 80, 16: 106}}}, days=8)
    wide = {"max_position_pct": 0.05, "reward_risk_ratio": 20.0}
    played = play(market, buy("AAA"), policy=rules(rebalance=True, tier_auto=False, moderate=wide))
    assert [line for line in played.fills if ": sold" in line and "at 80" in line] == []
