"""Orders: every pair of states, by the picture in engine/model/orders.py."""

import itertools

import pytest

from engine.errors import BrokenInvariant
from engine.model.orders import TRANSITIONS, OrderState, advance, client_order_id

S = OrderState
ENDS = {S.FILLED, S.CANCELLED, S.EXPIRED, S.REJECTED}
MAY_FOLLOW = {
    S.CREATED: {S.SUBMITTED, S.REJECTED, S.CANCELLED},
    S.SUBMITTED: {S.ACCEPTED, S.PARTIALLY_FILLED, S.UNKNOWN} | ENDS,
    S.ACCEPTED: {S.PARTIALLY_FILLED, S.UNKNOWN} | ENDS,
    S.PARTIALLY_FILLED: {S.PARTIALLY_FILLED, S.FILLED, S.CANCELLED, S.EXPIRED, S.UNKNOWN},
    S.UNKNOWN: {S.ACCEPTED, S.PARTIALLY_FILLED} | ENDS,
}


@pytest.mark.parametrize(("current", "to"), list(itertools.product(S, S)))
def test_each_pair_of_states_is_allowed_or_refused(current: OrderState, to: OrderState) -> None:
    if to in MAY_FOLLOW.get(current, set()):
        assert advance(current, to) is to
    else:
        with pytest.raises(BrokenInvariant, match=f"from {current} to {to}"):
            advance(current, to)


def test_every_state_is_in_the_table_and_every_end_is_an_end() -> None:
    assert TRANSITIONS.keys() == set(S)
    assert {s for s, after in TRANSITIONS.items() if not after} == ENDS


def test_the_same_intent_always_has_the_same_id() -> None:
    assert client_order_id("d7") == client_order_id("d7", tranche=1, attempt=1) == "d7-1-1"
    assert len({client_order_id("d7", tranche=t, attempt=a) for t in (1, 2) for a in (1, 2)}) == 4
