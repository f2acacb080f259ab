"""Properties 15, 25 and 42: events and heat bring stops nearer, by their formulas, in their order, and never down."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from engine.decision import levels
from engine.decision.effects import RecordStopChange
from engine.model.positions import Position, StopLevels, StopRule
from engine.risk import heat_tightening, stop_loss_manager, stop_tightening
from engine.risk.stop_tightening import Circumstances
from tests.support.desk import NOON, Desk, PlainMarket, exact
from tests.support.portfolios import Holding, holdings, seated
from tests.support.tapes import rules

POLICY = rules()
MODERATE = POLICY.tiers[POLICY.risk_tier]
prices = st.one_of(st.integers(950_000, 1_050_000), st.integers(10_000, 10_000_000))
atrs = st.one_of(st.floats(0.5, 3), st.floats(0.0001, 200), st.sampled_from((2.0, 2.2, 1.8))).map(lambda a: round(a, 6))


def held(entry: int, stop: int, atr: float) -> Position:
    desk = Desk(PlainMarket())
    desk.hold("AAA", 10, entry=entry, stop=stop, atr=atr)
    return desk.state.positions["AAA"]


circumstances = st.builds(
    Circumstances,
    price=prices,
    atr=st.none() | atrs,
    sessions_to_earnings=st.none() | st.integers(-1, 6),
    is_event_on=st.booleans(),
)


@given(prices, st.floats(0.5, 1.0), atrs, circumstances)
def test_p15_the_stop_is_the_smallest_factor_times_the_normal_distance_away(
    entry: int, share: float, atr: float, now: Circumstances
) -> None:
    position = held(entry, round(entry * share), atr)
    found = stop_tightening.re_evaluated(position, now, POLICY)
    moved = now.atr is not None and abs(exact(now.atr) - exact(atr)) > exact(atr) / 10
    soon = now.sessions_to_earnings is not None and 0 <= now.sessions_to_earnings <= 3
    factors = [Fraction(1), *([Fraction(7, 10)] if soon else []), *([Fraction(1, 2)] if now.is_event_on else [])]
    if not moved and len(factors) == 1:
        assert found is None
        return
    used = exact(now.atr) if moved and now.atr is not None else exact(atr)
    wanted = min(entry, now.price) - min(factors) * 2 * used * 10_000
    after = found[0] if found else position.levels
    event("nearer" if after.stop > position.levels.stop else "stays")
    assert abs(after.stop - max(Fraction(position.levels.stop), wanted)) <= Fraction(51, 100)
    assert after.target == position.levels.target
    if found is not None and now.is_event_on:
        assert found[1] is StopRule.EVENT


@given(prices, atrs, prices)
def test_p15_in_an_event_the_stop_is_nearer_to_the_price_than_normally(entry: int, atr: float, price: int) -> None:
    position = held(entry, 1, atr)
    normal = Circumstances(price=price, atr=round(atr * 1.2, 6), sessions_to_earnings=None, is_event_on=False)
    shaken = replace(normal, is_event_on=True)
    without = stop_tightening.re_evaluated(position, normal, POLICY)
    within = stop_tightening.re_evaluated(position, shaken, POLICY)
    far = without[0].stop if without else 1
    near = within[0].stop if within else 1
    assert far <= near <= max(1, min(entry, price))


def can_move(desk: Desk, ticker: str) -> bool:
    position, price = desk.state.positions[ticker], desk.state.prices[ticker]
    if position.levels.stop >= position.entry_price:
        return False
    half = position.levels.stop + (price - position.levels.stop) // 2
    nearest = round(price - 0.5 * position.levels.atr * 10_000)
    return min(half, nearest) > position.levels.stop


@settings(max_examples=100)
@given(holdings.filter(bool), st.floats(0, 2))
def test_p25_the_least_confident_come_nearer_first_until_heat_is_below_80_percent(
    positions: list[Holding], share: float
) -> None:
    fine = [h for h in positions if h.stop < h.now]
    assume(fine)
    desk = seated(fine, policy=rules())
    limit = round(desk.state.book().heat * share / 0.8, 9)
    desk.policy = rules(heat_tighten_pct=0.8, moderate={"max_portfolio_heat": limit})
    before = dict(desk.state.positions)
    order = sorted(before, key=lambda t: (before[t].signal_confidence, t))
    movable = [t for t in order if can_move(desk, t)]
    heat = desk.state.book().heat
    changes = [e.change for e in levels.cool_down(desk.state, NOON, desk.policy) if isinstance(e, RecordStopChange)]
    moved = [c.ticker for c in changes]
    event(f"moved {len(moved)} of {len(movable)}")
    assert moved == movable[: len(moved)]
    threshold = 0.8 * limit
    if heat <= threshold:
        assert moved == []
    elif len(moved) < len(movable):
        assert desk.state.book().heat <= threshold
    for change in changes:
        old, price = before[change.ticker].levels.stop, desk.state.prices[change.ticker]
        half = old + (price - old) // 2
        assert abs(change.levels.stop - min(half, round(price - 10_000))) <= 1  # an ATR of 2: half of it is $1
        assert change.rule is StopRule.HEAT
    again = levels.cool_down(desk.state, NOON, desk.policy)
    second = [e.change.ticker for e in again if isinstance(e, RecordStopChange)]
    assert not set(second) & set(moved)  # at most once a session each


steps = st.lists(
    st.one_of(
        st.tuples(st.just("look"), circumstances),
        st.tuples(st.just("fill"), prices),
        st.tuples(st.just("high"), prices),
        st.tuples(st.just("heat"), prices),
        st.tuples(st.just("split"), st.sampled_from((Fraction(2), Fraction(3, 2), Fraction(1, 10)))),
    ),
    max_size=12,
)


@settings(max_examples=100)
@given(prices, st.floats(0.5, 0.999), atrs, steps)
def test_p42_no_sequence_of_looks_fills_heat_and_splits_ever_lowers_it(
    entry: int, share: float, atr: float, happened: list[tuple[str, object]]
) -> None:
    position = held(entry, round(entry * share), atr)
    for what, value in happened:
        stop = position.levels.stop
        after = _after(position, what, value)
        if what == "split":
            assert isinstance(value, Fraction)
            assert abs(after.levels.stop - Fraction(stop) / value) <= Fraction(1, 2)
        else:
            assert after.levels.stop >= stop
            if what == "look" and after.levels.stop > stop:
                assert isinstance(value, Circumstances)
                assert after.levels.stop <= min(position.entry_price, value.price)
            if what == "heat" and after.levels.stop > stop:
                assert isinstance(value, int)
                assert after.levels.stop < value
        position = after


def _after(position: Position, what: str, value: object) -> Position:
    found: StopLevels | None = None
    if isinstance(value, Circumstances):
        looked = stop_tightening.re_evaluated(position, value, POLICY)
        found = looked[0] if looked else None
    elif isinstance(value, Fraction):
        entry = max(1, round(position.entry_price / value))
        return replace(position, entry_price=entry, levels=stop_loss_manager.after_split(position.levels, value))
    elif isinstance(value, int) and what == "fill":
        entry = (position.entry_price + value) // 2
        return replace(
            position,
            entry_price=entry,
            levels=stop_loss_manager.after_further_fill(position.levels, entry, MODERATE),
        )
    elif isinstance(value, int) and what == "high":
        found = stop_loss_manager.break_even(position, value, 0.5)
    elif isinstance(value, int):
        desk = Desk(PlainMarket())
        desk.state.prices["AAA"] = value
        desk.state.put_position(position)
        (marked,) = desk.state.book().positions
        stop = heat_tightening.nearer_stop(marked, POLICY)
        found = replace(position.levels, stop=stop) if stop is not None else None
    return position if found is None else replace(position, levels=found)
