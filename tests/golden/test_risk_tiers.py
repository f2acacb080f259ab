"""Risk tiers: down one for a deep fall or for too few wins, up one for many; a rest after each change."""

import pytest

from engine.model.portfolio import RiskTierName, TierChange
from engine.policy import TradingPolicy
from tests.support.tapes import FLAT, Bar, Played, buy, closing, play, rules, sell, tape

DOWN: Bar = (100.0, 100.5, 96.5, 97.0)
UP: Bar = (100.0, 103.4, 99.5, 103.0)
LOW: Bar = (97.0, 97.5, 96.5, 97.0)
HIGH: Bar = (103.0, 103.4, 102.6, 103.0)


def history(played: Played) -> list[str]:
    return [f"{played.moment(c.at)}: {c.previous} to {c.new}, {c.cause}" for c in played.result.books.tier_changes]


def test_a_deep_fall_takes_the_tier_down_at_the_close_and_the_next_buy_needs_more() -> None:
    policy = rules(tier_down_drawdown_pct=0.001, max_open_positions=2)
    sure, surer = buy("BBB", 2, confidence=0.70), buy("CCC", 2, confidence=0.80)
    played = play(
        tape({"AAA": [FLAT, DOWN, LOW], "BBB": [FLAT] * 3, "CCC": [FLAT] * 3}), buy("AAA"), sure, surer, policy=policy
    )
    assert history(played)[0] == "day 1 close: moderate to conservative, drawdown"
    assert (played.answers[sure.recommendation_id], played.answers[surer.recommendation_id]) == (
        "low_confidence",
        "act",
    )
    assert played.decision(surer).risk_tier is RiskTierName.CONSERVATIVE


def test_a_fall_goes_on_taking_it_down_each_close_and_stops_at_the_lowest() -> None:
    policy = rules(tier_down_drawdown_pct=0.001, risk_tier="aggressive")
    played = play(tape({"AAA": [FLAT, DOWN, LOW, LOW, LOW]}), buy("AAA"), policy=policy)
    assert history(played) == [
        "day 1 close: aggressive to moderate, drawdown",
        "day 2 close: moderate to conservative, drawdown",
    ]


def test_a_change_is_kept_with_the_figures_that_it_was_decided_on() -> None:
    policy = rules(tier_down_drawdown_pct=0.001)
    (change,) = play(tape({"AAA": [FLAT, DOWN]}), buy("AAA"), policy=policy).result.books.tier_changes
    assert change.at == closing(1)
    assert (change.win_rate, change.trades, change.reserve_pct) == (None, 0, 0.0)
    assert change.drawdown == pytest.approx(50 * 3 / 100_000)  # 50 shares, $3 down each


FEW = {"tier_min_trades": 2}


def lost_twice(days: int, **settings: object) -> Played:
    bars: list[Bar] = [FLAT, LOW, *([LOW] * (days - 2))]
    policy = rules(**FEW | settings)
    return play(tape({"AAA": bars, "BBB": bars}), buy("AAA"), buy("BBB"), sell("AAA", 1), sell("BBB", 1), policy=policy)


def test_too_few_wins_take_the_tier_down() -> None:
    played = lost_twice(3)
    assert history(played) == ["day 1 close: moderate to conservative, win_rate"]
    (change,) = played.result.books.tier_changes
    assert (change.win_rate, change.trades) == (0.0, 2)


def test_fewer_trades_than_needed_tell_nothing() -> None:
    assert history(lost_twice(3, tier_min_trades=3)) == []


def test_trades_within_a_share_of_their_first_risk_tell_nothing() -> None:
    # $3 lost a share, of $4 at risk: 0.75
    assert history(lost_twice(3, tier_scratch_risk_pct=0.74)) != []
    assert history(lost_twice(3, tier_scratch_risk_pct=0.75)) == []


def test_after_a_change_no_other_for_five_sessions() -> None:
    played = lost_twice(9, risk_tier="aggressive")
    assert history(played) == [
        "day 1 close: aggressive to moderate, win_rate",
        "day 7 close: moderate to conservative, win_rate",
    ]


def test_only_trades_of_the_last_thirty_sessions_count() -> None:
    played = lost_twice(9, risk_tier="aggressive", tier_window_sessions=6)
    assert history(played) == ["day 1 close: aggressive to moderate, win_rate"]  # on day 7 they are 6 sessions old
    assert len(history(lost_twice(9, risk_tier="aggressive", tier_window_sessions=7))) == 2


def won_twice(**settings: object) -> Played:
    bars: list[Bar] = [FLAT, HIGH, HIGH]
    policy = rules(**FEW, **{"tier_up_reserve_pct": 0.0001} | settings)
    return play(tape({"AAA": bars, "BBB": bars}), buy("AAA"), buy("BBB"), sell("AAA", 1), sell("BBB", 1), policy=policy)


def test_many_wins_a_full_reserve_and_no_fall_take_the_tier_up() -> None:
    assert history(won_twice()) == ["day 1 close: moderate to aggressive, performance"]


@pytest.mark.parametrize("missing", [{"tier_up_win_rate": 1.0}, {"tier_up_reserve_pct": 0.01}])
def test_without_one_of_these_it_stays(missing: dict[str, float]) -> None:
    assert history(won_twice(**missing)) == []


def test_a_fall_keeps_it_from_going_up() -> None:
    bars = {"AAA": [FLAT, HIGH, HIGH], "BBB": [FLAT, HIGH, HIGH], "CCC": [FLAT, DOWN, LOW]}
    asked = (buy("AAA"), buy("BBB"), buy("CCC"), sell("AAA", 1), sell("BBB", 1))
    strict = rules(**FEW, tier_up_reserve_pct=0.0001, tier_up_drawdown_pct=0.0)
    assert history(play(tape(bars), *asked, policy=strict)) == []


def test_it_never_goes_above_the_boldest() -> None:
    assert history(won_twice(risk_tier="aggressive")) == []


@pytest.mark.parametrize("policy", [rules(tier_auto=False, tier_down_drawdown_pct=0.001)])
def test_it_can_be_switched_off(policy: TradingPolicy) -> None:
    played = play(tape({"AAA": [FLAT, DOWN, LOW]}), buy("AAA"), policy=policy)
    assert played.result.books.tier_changes == ()


def test_the_days_are_kept_with_the_tier_that_they_ended_in() -> None:
    played = play(tape({"AAA": [FLAT, DOWN]}), buy("AAA"), policy=rules(tier_down_drawdown_pct=0.001))
    tiers = [day.risk_tier for day in played.result.books.snapshots]
    assert tiers[-2:] == [RiskTierName.MODERATE, RiskTierName.CONSERVATIVE]
    assert isinstance(played.result.books.tier_changes[0], TierChange)
