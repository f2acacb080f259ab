"""Properties 1 to 5, 7, 18, 19 and 24: what stops or shrinks an entry, stated anew from the books."""

from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from engine.model.decisions import Decision
from engine.model.portfolio import RiskTierName
from engine.model.verdict import Check
from engine.policy import RISK_TIER_DEFAULTS, RiskTierConfig, TradingPolicy
from tests.support.desk import Desk, exact, verdict
from tests.support.portfolios import Candidate, Holding, candidates, holdings, seated, tiers
from tests.support.tapes import buy, rules, sell

CALM = Candidate(price=1_000_000, atr=2.0, confidence=0.65, sector=None, earnings=None)
LOOSE = {"max_position_pct": 1, "max_sector_pct": 10, "max_portfolio_heat": 10}
A_HAIR = Fraction(1, 10**7)


def policy_of(tier: RiskTierConfig, **settings: float) -> TradingPolicy:
    """Return the default policy with `tier` as the moderate one."""
    named = MappingProxyType({**RISK_TIER_DEFAULTS, RiskTierName.MODERATE: tier})
    return TradingPolicy(tiers=named, **settings)  # type: ignore[arg-type]


def answered(desk: Desk, candidate: Candidate) -> Decision | None:
    """Offer a buy of NEW."""
    return desk.offer(buy("NEW", confidence=candidate.confidence))


def total_value(held: list[Holding], cash: int) -> int:
    """Return cash and market values."""
    return cash + sum(h.shares * h.price for h in held)


def final_size(decision: Decision) -> Fraction:
    """Return what the sizing chain came to, in dollars."""
    assert decision.trace is not None
    return Fraction(decision.trace.sizing[-1].after)


def reference_size(held: list[Holding], candidate: Candidate, tier: RiskTierConfig, pool: Fraction) -> Fraction:
    """Return the dollars of spec section 4 in exact arithmetic, for default policy settings."""
    ratio = exact(candidate.confidence) / exact(tier.min_confidence) if tier.min_confidence else Fraction(1)
    known = {h.sector for h in held} - {None}
    is_new = candidate.sector is not None and candidate.sector not in known and len(known) < 3
    bonus = Fraction("1.2") if is_new else Fraction(1)
    limit: Fraction = exact(tier.max_position_pct)
    pct: Fraction = min(Fraction("0.05") * ratio * bonus, limit)
    size: Fraction = min(pool * pct, Fraction(50_000))
    if candidate.earnings is not None and candidate.earnings <= 3:
        size *= Fraction(1, 2) if candidate.earnings >= 2 else Fraction(0)
    weights = [h.shares * h.price for h in held]
    total = sum((w * exact(h.correlation) for w, h in zip(weights, held, strict=True)), Fraction(0))
    average = Fraction(total, sum(weights)) if held else Fraction(0)
    if average > Fraction("0.5"):
        size *= max(Fraction(0), (Fraction("0.8") - average) / Fraction("0.3"))
    in_sector = Fraction(sum(h.shares * h.price for h in held if h.sector == candidate.sector), 10_000)
    return max(Fraction(0), min(size, exact(tier.max_sector_pct) * pool - in_sector))


@settings(max_examples=100)
@given(holdings, candidates, tiers, st.integers(0, 3_000_000_000))
@example([], CALM, RISK_TIER_DEFAULTS[RiskTierName.MODERATE], 1_000_000_000)
@example(
    [],
    Candidate(price=1, atr=0.0001, confidence=1.0, sector="tech", earnings=2),
    RISK_TIER_DEFAULTS[RiskTierName.MODERATE],
    999,
)
def test_p01_the_size_is_the_formula_in_whole_shares(
    held: list[Holding], candidate: Candidate, tier: RiskTierConfig, cash: int
) -> None:
    decision = answered(seated(held, candidate, policy=policy_of(tier), cash=cash), candidate)
    assume(decision is not None)
    assert decision is not None
    pool = Fraction(total_value(held, cash), 10_000)
    price = Fraction(candidate.price, 10_000)
    size = final_size(decision)
    assert abs(size - reference_size(held, candidate, tier, pool)) <= A_HAIR * max(Fraction(1), pool)
    event(decision.skip_reason or "act")
    if candidate.confidence < tier.min_confidence:
        assert (decision.skip_reason, decision.shares) == ("low_confidence", 0)
    if decision.skip_reason is not None:
        assert decision.shares == 0
        return
    assert decision.shares >= 1
    assert decision.shares * price <= size * (1 + A_HAIR)
    assert decision.shares * price <= exact(tier.max_position_pct) * pool * (1 + A_HAIR)
    assert decision.shares * price <= 50_000 * (1 + A_HAIR)
    worst = round(candidate.price * Fraction("1.005"))
    assert decision.shares * worst <= cash
    one_more = (decision.shares + 1) * price
    assert one_more > size * (1 - A_HAIR) or (decision.shares + 1) * worst > cash


@given(st.integers(0, 200_000), st.sampled_from((0.75, 0.65, 0.55)), st.integers(1, 10_000_000))
def test_p01_below_one_share_is_rejected(cents: int, confidence: float, price: int) -> None:
    cap = cents / 100
    candidate = Candidate(price=price, atr=0.01, confidence=confidence, sector=None, earnings=None)
    assume(abs(cents * 100 - price) > 0)  # exactly one share: see test_position_sizer.py
    decision = answered(seated([], candidate, policy=rules(absolute_position_cap=cap, moderate=LOOSE)), candidate)
    assume(decision is not None)
    assert decision is not None
    whole = min(cents * 100, 50_000_000 * 100) // price
    if confidence < 0.65:
        assert decision.skip_reason == "low_confidence"
    elif whole < 1:
        assert (decision.skip_reason, decision.shares) == ("below_one_share", 0)
    else:
        assert decision.skip_reason is None


@settings(max_examples=80)
@given(holdings.filter(bool), st.floats(-1, 1), st.floats(-1, 1))
@example([Holding(entry=10**6, shares=1, stop=1.0, now=1.0, sector=None, correlation=0.0, confidence=1.0)], 0.5, 0.8)
@example(
    [Holding(entry=10**6, shares=1, stop=1.0, now=1.0, sector=None, correlation=0.0, confidence=1.0)], 0.79999, 0.80001
)
def test_p02_more_correlation_is_never_a_larger_entry(held: list[Holding], one: float, other: float) -> None:
    def size_at(correlation: float) -> tuple[float, bool]:
        alike = [replace(h, correlation=round(correlation, 9), now=1.0) for h in held]
        decision = answered(seated(alike, CALM, policy=rules(moderate=LOOSE)), CALM)
        assert decision is not None
        assert decision.trace is not None
        steps = {s.name: s for s in decision.trace.sizing}
        assert steps["correlation"].before > 0
        return steps["correlation"].after / steps["correlation"].before, decision.skip_reason == "correlation"

    (low, (kept_low, rejected_low)), (high, (kept_high, rejected_high)) = sorted(
        ((c, size_at(c)) for c in (one, other)), key=lambda pair: pair[0]
    )
    assert kept_high <= kept_low
    for correlation, kept, rejected in ((low, kept_low, rejected_low), (high, kept_high, rejected_high)):
        rounded = round(correlation, 9)
        assert rejected == (rounded > 0.8)
        if rounded <= 0.5:
            assert kept == 1.0
        elif rounded < 0.8:
            assert abs(kept - (0.8 - rounded) / 0.3) < 1e-8
        else:
            assert kept == 0.0


@settings(max_examples=80)
@given(holdings, candidates, tiers)
def test_p03_a_sector_never_grows_beyond_its_share(
    held: list[Holding], candidate: Candidate, tier: RiskTierConfig
) -> None:
    desk = seated(held, candidate, policy=policy_of(tier))
    book = desk.state.book()
    expected: dict[str | None, int] = {}
    for h in held:
        expected[h.sector] = expected.get(h.sector, 0) + h.shares * h.price
    assert dict(book.sector_values) == expected
    decision = answered(desk, candidate)
    assume(decision is not None)
    assert decision is not None
    pool = Fraction(total_value(held, 500_000_000), 10_000)
    before = Fraction(expected.get(candidate.sector, 0), 10_000)
    limit = exact(tier.max_sector_pct) * pool
    event(decision.skip_reason or "act")
    if decision.skip_reason is None:
        assert before + decision.shares * Fraction(candidate.price, 10_000) <= limit * (1 + A_HAIR)
    assert verdict(decision, Check.SECTOR).passed == (before < limit) or abs(before - limit) < A_HAIR * pool


@given(holdings, st.sampled_from(("tech", "energy", "health", "retail", "metals", None)))
def test_p04_a_fifth_more_for_a_new_sector_while_fewer_than_three_are_held(
    held: list[Holding], sector: str | None
) -> None:
    candidate = Candidate(price=1_000_000, atr=2.0, confidence=0.65, sector=sector, earnings=None)
    decision = answered(seated(held, candidate, policy=rules(moderate=LOOSE)), candidate)
    assert decision is not None
    assert decision.trace is not None
    (step,) = (s for s in decision.trace.sizing if s.name == "new sector")
    known = {h.sector for h in held if h.sector is not None}
    deserved = sector is not None and sector not in known and len(known) < 3
    event(f"bonus: {deserved}")
    assert abs(step.after - step.before * (1.2 if deserved else 1.0)) < 1e-12


@given(holdings, st.integers(0, 10**10), st.integers(0, 10**9))
def test_p05_the_active_pool_is_total_value_less_reserve(held: list[Holding], cash: int, reserve: int) -> None:
    desk = seated(held, policy=rules(), cash=cash, reserve=reserve)
    book = desk.state.book()
    assert book.total_value == total_value(held, cash)
    assert book.active_pool == total_value(held, cash) - reserve
    assert book.available_cash == cash - reserve


@given(st.integers(0, 3_000_000), st.integers(0, 2_000_000), st.floats(0, 300).map(lambda m: round(m, 2)))
@example(990_000, 0, 100.0)
@example(989_999, 0, 100.0)
def test_p07_below_the_minimum_nothing_is_bought_and_everything_may_be_sold(
    cash: int, reserve: int, minimum: float
) -> None:
    held = [Holding(entry=10_000, shares=1, stop=0.9, now=1.0, sector=None, correlation=0.0, confidence=0.7)]
    candidate = Candidate(price=1_000, atr=0.01, confidence=0.65, sector=None, earnings=None)
    policy = rules(active_pool_minimum=minimum, moderate=LOOSE)
    desk = seated(held, candidate, policy=policy, cash=cash, reserve=reserve)
    decision = answered(desk, candidate)
    assert decision is not None
    too_small = Fraction(cash + 10_000 - reserve, 10_000) < exact(minimum)
    event(f"below: {too_small}")
    assert (decision.skip_reason == "active_pool_minimum") == too_small
    desk.offer(sell("T0", 0))
    assert [t.ticker for t in desk.trades if t.exit_reason == "recommendation_exit"] == ["T0"]


@given(st.integers(0, 8), st.integers(0, 8))
def test_p18_at_the_maximum_nothing_is_bought(count: int, maximum: int) -> None:
    one = Holding(entry=100_000, shares=1, stop=0.9, now=1.0, sector=None, correlation=0.0, confidence=0.7)
    decision = answered(seated([one] * count, CALM, policy=rules(max_open_positions=maximum)), CALM)
    assert decision is not None
    assert (decision.skip_reason == "max_positions") == (count >= maximum)
    if count < maximum:
        assert decision.skip_reason is None


@given(st.none() | st.integers(0, 300), st.integers(-1, 20), st.integers(-1, 20))
@example(1, 1, 3)
@example(2, 1, 3)
@example(3, 1, 3)
@example(4, 1, 3)
@example(0, -1, -1)
def test_p19_close_to_earnings_entries_are_rejected_or_halved(away: int | None, reject: int, reduce: int) -> None:
    candidate = Candidate(price=1_000_000, atr=2.0, confidence=0.65, sector=None, earnings=away)
    policy = rules(earnings_reject_sessions=reject, earnings_reduce_sessions=reduce)
    decision = answered(seated([], candidate, policy=policy), candidate)
    assert decision is not None
    if away is not None and away <= reject:
        assert decision.skip_reason == "earnings"
    elif away is not None and away <= reduce:
        assert (decision.skip_reason, decision.shares) == (None, 12)
    else:
        assert (decision.skip_reason, decision.shares) == (None, 25)


@settings(max_examples=80)
@given(holdings, candidates, tiers)
@example([], CALM, RISK_TIER_DEFAULTS[RiskTierName.MODERATE])
def test_p24_heat_is_what_all_stops_would_cost_and_is_never_exceeded(
    held: list[Holding], candidate: Candidate, tier: RiskTierConfig
) -> None:
    desk = seated(held, candidate, policy=policy_of(tier))
    pool = Fraction(total_value(held, 500_000_000), 10_000)

    def at_risk(value: Fraction, entry: int, stop: int) -> Fraction:
        return value * max(0, entry - stop) / entry

    usd = sum(at_risk(Fraction(h.shares * h.price, 10_000), h.entry, round(h.entry * h.stop)) for h in held)
    assert abs(Fraction(desk.state.book().heat) - usd / pool) <= Fraction(1, 10**9)
    decision = answered(desk, candidate)
    assume(decision is not None)
    assert decision is not None
    distance = exact(tier.stop_loss_atr_multiplier) * exact(candidate.atr) * 10_000
    assume(abs(distance % 1 - Fraction(1, 2)) > A_HAIR)  # a float may round a half either way
    stop = max(0, round(candidate.price - distance))
    with_it = (usd + at_risk(final_size(decision), candidate.price, stop)) / pool
    limit = exact(tier.max_portfolio_heat)
    event(f"{decision.skip_reason or 'act'}")
    if abs(with_it - limit) > A_HAIR:
        assert verdict(decision, Check.HEAT).passed == (with_it <= limit)
    if decision.skip_reason is None:
        after = desk.state.book()
        assert after.heat <= tier.max_portfolio_heat + 1e-6 or not usd <= limit * pool
