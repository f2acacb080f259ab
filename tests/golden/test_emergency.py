"""Emergency: a deep fall gives the whole reserve back, once for each peak; siphoning and higher tiers then rest."""

from engine.model.portfolio import ReservePoolTriggerType
from tests.support.tapes import FLAT, Bar, Played, buy, closing, play, rules, sell, tape

HIGH: Bar = (103.0, 103.4, 102.6, 103.0)
LOW: Bar = (97.0, 97.5, 96.5, 97.0)
WORSE: Bar = (96.6, 97.0, 96.2, 96.4)
TRIGGERED = {"emergency_drawdown_threshold_pct": 0.001, "emergency_recovery_pct": 0.0005, "tier_down_drawdown_pct": 1}


def ledger(played: Played) -> list[tuple[str, int, int]]:
    return [(e.trigger.value, e.amount, e.balance_after) for e in played.result.books.reserve_entries]


def fallen(*after: Bar, **settings: object) -> Played:
    """Return a run that wins $150 on AAA ($30 aside), then falls by $150 and more on BBB."""
    bars = [FLAT, HIGH, *[HIGH for _ in after]]
    other: list[Bar] = [FLAT, FLAT, *after]
    policy = rules(**TRIGGERED | settings)
    return play(tape({"AAA": bars, "BBB": other}), buy("AAA"), sell("AAA", 1), buy("BBB", 1), policy=policy)


def test_the_whole_reserve_goes_back_to_the_pool_at_the_close() -> None:
    played = fallen(LOW)
    assert ledger(played) == [("profit_siphon", 300_000, 300_000), ("emergency_liquidation", -300_000, 0)]
    entry = played.result.books.reserve_entries[-1]
    assert (entry.at, entry.trigger) == (closing(2), ReservePoolTriggerType.EMERGENCY_LIQUIDATION)
    last = played.result.books.snapshots[-1]
    assert (last.reserve, last.active_pool) == (0, last.total_value)


def test_the_tier_becomes_the_most_careful_one_and_says_why() -> None:
    changes = fallen(LOW, risk_tier="aggressive").result.books.tier_changes
    assert [(c.previous, c.new, c.cause) for c in changes] == [("aggressive", "conservative", "emergency")]
    assert changes[0].reserve_pct > 0  # as it stood before


def test_it_happens_once_for_each_peak() -> None:
    assert len(ledger(fallen(LOW, WORSE, LOW, WORSE))) == 2


def test_just_at_the_threshold_nothing_happens() -> None:
    drawdown = fallen(LOW).result.books.snapshots[-1].current_drawdown
    assert len(ledger(fallen(LOW, emergency_drawdown_threshold_pct=drawdown))) == 1
    assert len(ledger(fallen(LOW, emergency_drawdown_threshold_pct=drawdown - 1e-9))) == 2


def recovering(last: Bar) -> Played:
    """Return a run that has an emergency on day 2, and sells a winner on day 4, after a close at `last` on day 3."""
    bars = {
        "AAA": [FLAT, HIGH, HIGH, HIGH, HIGH],
        "BBB": [FLAT, FLAT, LOW, last, last],
        "CCC": [FLAT, FLAT, FLAT, FLAT, HIGH],
    }
    asked = (buy("AAA"), sell("AAA", 1), buy("BBB", 1), buy("CCC", 1), sell("CCC", 4))
    return play(tape(bars), *asked, policy=rules(**TRIGGERED))


def test_siphoning_rests_until_the_account_has_recovered() -> None:
    still_down, recovered = recovering(LOW), recovering(FLAT)
    assert [entry[0] for entry in ledger(still_down)] == ["profit_siphon", "emergency_liquidation"]
    assert [entry[0] for entry in ledger(recovered)] == ["profit_siphon", "emergency_liquidation", "profit_siphon"]


def test_an_emergency_without_a_reserve_still_makes_it_careful() -> None:
    played = play(tape({"AAA": [FLAT, LOW]}), buy("AAA"), policy=rules(**TRIGGERED))
    assert ledger(played) == []
    assert [c.cause.value for c in played.result.books.tier_changes] == ["emergency"]


def test_the_tier_does_not_go_up_while_it_recovers() -> None:
    easy = {"tier_min_trades": 1, "tier_up_reserve_pct": 0.0, "tier_rest_sessions": 0, "tier_up_drawdown_pct": 1.0}
    up = {"tier_up_win_rate": 0.4, "tier_down_win_rate": 0.0}
    played = fallen(LOW, LOW, LOW, **easy | up)
    assert [c.cause.value for c in played.result.books.tier_changes if c.at >= closing(2)] == ["emergency"]
