"""Check 7: from 3 positions on, not more than 50 % of them with an unrealised loss beyond 2 %."""

from tests.support.tapes import FLAT, Bar, buy, play, tape

DOWN_3: Bar = (97.0, 97.5, 96.9, 97.0)
DOWN_2: Bar = (98.0, 98.5, 97.5, 98.0)


def after_a_day(falling: int, rising: int, *, to: Bar = DOWN_3) -> str:
    """Return the answer to a buy on day 1 while `falling` of the positions open at `to`."""
    names = [f"T{i}" for i in range(falling + rising)]
    bars = {t: [FLAT, to if i < falling else FLAT] for i, t in enumerate(names)}
    played = play(tape(bars | {"NEW": [FLAT, FLAT]}), *(buy(t, 0) for t in names), buy("NEW", 1))
    return played.answers["buy NEW on day 1"]


def test_two_of_three_down_by_3_percent_stop_entries() -> None:
    assert after_a_day(2, 1) == "declining_positions"


def test_exactly_half_do_not() -> None:
    assert after_a_day(2, 2) == "act"


def test_two_of_two_do_not_for_the_rule_begins_at_three() -> None:
    assert after_a_day(2, 0) == "act"


def test_a_loss_of_exactly_2_percent_is_not_beyond_it() -> None:
    assert after_a_day(3, 0, to=DOWN_2) == "act"
