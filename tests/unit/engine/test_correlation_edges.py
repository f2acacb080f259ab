"""Correlation: what is known of two series, how held positions weigh, and how an entry shrinks."""

import numpy as np
import numpy.typing as npt
import pytest

from engine.model.verdict import Check, Verdict
from engine.risk import correlation
from tests.support.tapes import RULES, rules

Series = npt.NDArray[np.float64]
RISING = np.linspace(-0.01, 0.02, 40)


def noise(seed: int, sessions: int = 90) -> Series:
    return np.random.default_rng(seed).normal(0, 0.02, sessions)


def columns(*series: Series) -> Series:
    return np.stack(series, axis=1)


def test_ninety_sessions_are_looked_at_and_thirty_in_common_are_enough() -> None:
    assert (correlation.LOOKBACK_SESSIONS, correlation.MIN_COMMON_SESSIONS) == (90, 30)


def test_what_one_series_lacks_is_left_out_of_the_other_s_mean() -> None:
    one, other = noise(1), noise(2)
    one[[3, 50]], other[[4, 70]] = np.nan, np.nan
    known = ~np.isnan(one) & ~np.isnan(other)
    (found,) = correlation.with_each(one, columns(other))
    assert found == pytest.approx(np.corrcoef(one[known], other[known])[0, 1], rel=1e-12)


def test_a_series_without_any_return_is_unknown_and_warns_of_nothing() -> None:
    assert correlation.with_each(RISING, columns(np.full(40, np.nan))) == (0.0,)


def test_the_smallest_movement_that_counts_is_far_below_a_price_s() -> None:
    """The product of both deviations decides."""
    for scale, expected in ((1e-9, 0.0), (1e-6, 1.0)):
        tiny = np.array([-1.0, 1.0] * 20) * scale
        (found,) = correlation.with_each(tiny, columns(tiny))
        assert found == pytest.approx(expected, abs=1e-9)


def test_exactly_the_smallest_movement_does_not_count() -> None:
    step = np.zeros(32)
    step[:2] = -1.0, 1.0  # its deviation is the root of 2
    x = step * (1e-15 / 2)
    spread = float(np.sqrt((x * x).sum() * (step * step).sum()))
    assert spread == 1e-15
    assert correlation.with_each(x, columns(step)) == (0.0,)


@pytest.mark.parametrize(
    ("value", "kept"),
    [(0.1234567894, 0.123456789), (0.1234567896, 0.12345679), (1.0000000009, 1.0), (-1.0000000009, -1.0), (-0.5, -0.5)],
)
def test_a_correlation_is_kept_to_nine_places_within_minus_one_and_one(value: float, kept: float) -> None:
    assert correlation.rounded(value) == kept


def test_standardised_rows_are_of_mean_nothing_and_length_one() -> None:
    rows = correlation.standardised(columns(noise(1), noise(2), noise(3)))
    assert rows.shape == (3, 90)
    assert rows.flags.c_contiguous
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-15)
    np.testing.assert_allclose((rows * rows).sum(axis=1), 1, rtol=1e-12)


def test_products_of_standardised_rows_are_the_correlations() -> None:
    window = columns(noise(1), noise(2), noise(3) + noise(1))
    rows = correlation.standardised(window)
    found = correlation.products(rows[:1], rows[1:])
    assert found.shape == (1, 2)
    np.testing.assert_allclose(found[0], correlation.with_each(window[:, 0], window[:, 1:]), rtol=1e-12)


def test_thirty_sessions_can_be_standardised_and_twenty_nine_cannot() -> None:
    assert not np.isnan(correlation.standardised(noise(1, 30)[:, None])).any()
    short = correlation.standardised(columns(noise(1, 29), noise(2, 29)))
    assert short.shape == (2, 29)
    assert np.isnan(short).all()


def test_a_row_that_does_not_move_or_has_a_gap_is_for_the_other_way_to_answer() -> None:
    gap = noise(2)
    gap[5] = np.nan
    rows = correlation.standardised(columns(np.zeros(90), gap, noise(3)))
    assert np.isnan(rows).all(axis=1).tolist() == [True, True, False]


def test_a_row_of_exactly_the_smallest_length_does_not_move() -> None:
    step = np.zeros((32, 2))
    step[:4, 0] = np.array([-1.0, 1.0, -1.0, 1.0]) * 0.5e-15
    step[:4, 1] = np.array([-1.0, 1.0, -1.0, 1.0]) * 0.6e-15
    assert np.isnan(correlation.standardised(step)).all(axis=1).tolist() == [True, False]


def test_held_positions_weigh_by_their_value() -> None:
    assert correlation.weighted((0.9, 0.3), (1_000, 3_000)) == 0.45
    assert correlation.weighted((1 / 3,), (7,)) == 0.333333333


@pytest.mark.parametrize("weights", [(), (0,), (0, 0)])
def test_without_any_value_held_there_is_no_correlation(weights: tuple[float, ...]) -> None:
    assert correlation.weighted((0.9,) * len(weights), weights) == 0.0


def test_the_least_value_counts() -> None:
    assert correlation.weighted((0.9,), (0.5,)) == 0.9


@pytest.mark.parametrize(
    ("average", "remains"),
    [(-1.0, 1.0), (0.0, 1.0), (0.5, 1.0), (0.65, 0.5), (0.8, 0.0), (0.9, 0.0), (1.0, 0.0)],
)
def test_an_entry_shrinks_in_a_straight_line_from_the_first_limit_to_the_second(average: float, remains: float) -> None:
    assert correlation.factor(average, RULES) == pytest.approx(remains, abs=1e-12)


def test_just_inside_the_limits_the_line_has_begun_and_not_ended() -> None:
    assert correlation.factor(0.500000001, RULES) == pytest.approx(1 - 1e-8 / 3, rel=1e-9)
    assert correlation.factor(0.799999999, RULES) == pytest.approx(1e-8 / 3, rel=1e-6)


def test_between_equal_limits_there_is_a_step_and_at_it_nothing_shrinks() -> None:
    policy = rules(correlation_reduce_above=0.6, correlation_reject_above=0.6)
    assert [correlation.factor(average, policy) for average in (0.6, 0.600000001)] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("average", "passed", "note"),
    [
        (0.5, True, ""),
        (0.6, True, "size times 0.6667"),
        (0.65, True, "size times 0.5000"),
        (0.8, True, ""),
        (0.800000001, False, ""),
    ],
)
def test_the_verdict_says_how_alike_and_how_much_smaller(average: float, passed: bool, note: str) -> None:
    assert correlation.within_correlation(average, RULES) == Verdict(
        check=Check.CORRELATION, passed=passed, value=average, limit=0.8, unit="corr", note=note
    )
