"""Property 6: of each profit the reserve gets its share, half-even to the cent, and its balance is their sum."""

from decimal import ROUND_HALF_EVEN, Decimal

from hypothesis import event, given, settings
from hypothesis import strategies as st

from engine.model.portfolio import ReservePoolTriggerType
from engine.model.runs import RunStatus
from engine.risk import reserve_pool
from tests.support.desk import NOON
from tests.support.markets import IntradayWorld, intraday_worlds
from tests.support.tapes import rules

shares = st.one_of(st.sampled_from((0.0, 0.2, 0.25, 1.0)), st.floats(0, 1).map(lambda s: round(s, 4)))


def to_the_cent(profit: int, share: float) -> int:
    """Return the share of `profit` in ten-thousandths of a dollar, as decimal arithmetic has it."""
    dollars = Decimal(profit) / 10_000 * Decimal(repr(share))
    return int(dollars.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN) * 10_000)


@given(st.integers(-(10**6), 10**9), st.integers(0, 4 * 10**8), st.integers(10**9, 2 * 10**9), shares)
def test_p06_a_profit_moves_its_share_and_a_loss_nothing(profit: int, reserve: int, total: int, share: float) -> None:
    policy = rules(reserve_siphon_pct=share)
    entry = reserve_pool.siphon(profit, reserve=reserve, total_value=total, at=NOON, reference_id="d1", policy=policy)
    rests = profit <= 0 or reserve > 0.3 * total or to_the_cent(profit, share) == 0
    event("rests" if rests else "moves")
    if rests:
        assert entry is None
        return
    assert entry is not None
    assert entry.trigger is ReservePoolTriggerType.PROFIT_SIPHON
    assert entry.amount == to_the_cent(profit, share)
    assert entry.balance_after == reserve + entry.amount


@settings(max_examples=50)
@given(intraday_worlds(with_splits=True))
def test_p06_what_a_run_puts_aside_is_the_share_of_each_profit_after_costs(world: IntradayWorld) -> None:
    result = world.play()
    assert result.status is RunStatus.COMPLETED, result.error
    share, balance = world.policy.reserve_siphon_pct, 0
    sold_at_once = {
        t.exit_decision_id: t.pnl for t in result.books.trades if {c.closed_at for c in t.closures} == {t.exit_at}
    }
    for entry in result.books.reserve_entries:
        if entry.trigger is ReservePoolTriggerType.PROFIT_SIPHON:
            assert entry.amount > 0
            if entry.reference_id in sold_at_once:
                event("siphoned")
                assert entry.amount == to_the_cent(sold_at_once[entry.reference_id], share)
        balance += entry.amount
        assert entry.balance_after == balance
