"""The tier by a person: it applies at once and rests for five sessions, but a drawdown still lowers it."""

from typing import Any

from engine.decision.events import TierSet
from engine.model.portfolio import RiskTierName
from tests.support.tapes import FLAT, Bar, Played, at, buy, minutes, play, rules, tape

LOSES: Bar = (100.0, 100.5, 95.0, 95.5)
LOW: Bar = (95.5, 96.0, 95.0, 95.5)
ONE_TELLS = {"tier_min_trades": 1, "daily_loss_pct": 1.0}


def changes(played: Played) -> list[str]:
    return [f"{played.moment(c.at)}: {c.previous} to {c.new}, {c.cause}" for c in played.result.books.tier_changes]


def lost(*words: Any, **settings: Any) -> Played:
    """Return a run that loses on day 1, its only trade: a win rate of nothing, which lowers the tier."""
    market = tape({"AAA": [FLAT, LOSES, *[LOW] * 8]})
    return play(market, buy("AAA"), policy=rules(**ONE_TELLS | settings), interventions=words)


def test_without_it_the_win_rate_lowers_the_tier_at_the_close() -> None:
    assert changes(lost()) == ["day 1 close: moderate to conservative, win_rate"]


def test_it_rests_for_five_sessions_after_the_one_in_which_it_was_set() -> None:
    assert changes(lost(TierSet(at=at(0, 0), tier=RiskTierName.AGGRESSIVE))) == [
        "day 0 open: moderate to aggressive, operator",
        "day 6 close: aggressive to moderate, win_rate",
    ]


def test_a_drawdown_lowers_it_all_the_same() -> None:
    played = lost(TierSet(at=at(0, 0), tier=RiskTierName.AGGRESSIVE), tier_down_drawdown_pct=0.001)
    assert changes(played)[:2] == [
        "day 0 open: moderate to aggressive, operator",
        "day 1 close: aggressive to moderate, drawdown",
    ]


def test_the_tier_that_it_is_already_is_no_change_and_does_not_rest() -> None:
    assert changes(lost(TierSet(at=at(0, 0), tier=RiskTierName.MODERATE))) == [
        "day 1 close: moderate to conservative, win_rate"
    ]


def test_it_applies_to_the_next_entry_and_leaves_what_is_held() -> None:
    market = minutes({"AAA": {0: {0: 100}}, "BBB": {0: {0: 100}}})
    later = buy("BBB", generated_at=at(0, 60))
    word = TierSet(at=at(0, 30), tier=RiskTierName.CONSERVATIVE)
    played = play(market, buy("AAA"), later, interventions=(word,))
    assert changes(played) == ["day 0 30 min: moderate to conservative, operator"]
    assert played.decision(later).skip_reason == "low_confidence"  # 0.65 of 0.75
    assert played.moved_stops == []


def test_the_figures_it_was_set_at_are_kept() -> None:
    (change,) = lost(TierSet(at=at(0, 0), tier=RiskTierName.AGGRESSIVE), tier_auto=False).result.books.tier_changes
    assert (change.win_rate, change.trades, change.drawdown, change.reserve_pct) == (None, 0, 0.0, 0.0)
