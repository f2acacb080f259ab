"""Property 42: a stop never moves down (split-adjusted)."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.model.positions import StopRule
from engine.policy import RISK_TIER_DEFAULTS
from engine.risk import stop_loss_manager
from tests.support.markets import World, worlds

HALF_A_UNIT = Fraction(1, 2)


@settings(max_examples=80)
@given(worlds())
def test_p42_over_a_run_each_change_raises_the_stop_or_rescales_it(world: World) -> None:
    books = world.play().books
    ratios: dict[tuple[str, date | None], list[Fraction]] = defaultdict(list)
    for split in world.tape.splits:
        ratios[split.ticker, world.in_effect(split.on)].append(split.ratio)
    stops: dict[str, int] = {}
    for change in books.stop_changes:
        event(str(change.rule))
        new = change.levels.stop
        before = stops.get(change.decision_id)
        if change.rule is StopRule.INITIAL:
            assert before is None
            assert new < change.entry_price
        elif change.rule is StopRule.SPLIT:
            assert before is not None
            assert abs(Fraction(before) / ratios[change.ticker, change.at.date()].pop(0) - new) <= HALF_A_UNIT
        else:
            assert before is not None
            assert new >= before
        stops[change.decision_id] = new
    for snapshot in books.snapshots[-1:]:
        assert {p.decision_id: p.stop for p in snapshot.positions}.items() <= stops.items()


@given(
    first=st.integers(1, 10**10),
    averages=st.lists(st.integers(1, 10**10), max_size=5),
    atr=st.floats(0.0001, 10_000).map(lambda a: round(a, 6)),
    tier=st.sampled_from(list(RISK_TIER_DEFAULTS.values())),
)
def test_p42_further_fills_at_any_price_never_lower_it(
    first: int, averages: list[int], atr: float, tier: object
) -> None:
    config = next(c for c in RISK_TIER_DEFAULTS.values() if c == tier)
    levels = stop_loss_manager.initial_levels(first, atr, config)
    for average in averages:
        after = stop_loss_manager.after_further_fill(levels, average, config)
        assert after.stop >= levels.stop
        assert after.stop >= stop_loss_manager.initial_levels(average, atr, config).stop
        levels = after
