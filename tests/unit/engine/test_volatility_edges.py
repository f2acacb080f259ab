"""Volatility: Wilder's average by hand, where it begins, and to how many places it is kept."""

import numpy as np
import pytest

from engine.risk import volatility


def widths(*ranges: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return bars around $100, a range each, that close in their middle."""
    half = np.array(ranges) / 2
    return 100 + half, 100 - half, np.full(len(ranges), 100.0)


def test_fourteen_bars_are_not_enough_and_the_fifteenth_has_a_value() -> None:
    assert np.isnan(volatility.wilder_atr(*widths(*[2.0] * 14))).tolist() == [True] * 14
    assert np.isnan(volatility.wilder_atr(*widths(*[2.0] * 15))).tolist() == [True] * 14 + [False]


def test_no_bars_have_no_values() -> None:
    assert volatility.wilder_atr(*widths()).shape == (0,)


def test_the_first_value_is_the_mean_of_fourteen_ranges_without_the_first_bars() -> None:
    atr = volatility.wilder_atr(*widths(1_000.0, *range(1, 15)))
    assert atr[14] == 7.5


def test_each_further_bar_weighs_a_fourteenth() -> None:
    atr = volatility.wilder_atr(*widths(*[2.0] * 15, 16.0, 2.0))
    assert atr[14:].tolist() == pytest.approx([2.0, 3.0, (3 * 13 + 2) / 14], rel=1e-15)


@pytest.mark.parametrize("jump", [30.0, -30.0])
def test_a_gap_up_or_down_counts_from_the_last_close(jump: float) -> None:
    high, low, close = widths(*[2.0] * 16)
    for series in (high, low, close):
        series[15] += jump
    assert volatility.wilder_atr(high, low, close)[15] == pytest.approx((2 * 13 + 31) / 14, rel=1e-15)


def test_tickers_beside_each_other_do_not_mix() -> None:
    one, other = widths(*range(2, 22)), widths(*range(40, 20, -1))
    both = volatility.wilder_atr(*(np.stack(pair, axis=1) for pair in zip(one, other, strict=True)))
    np.testing.assert_array_equal(both[:, 0], volatility.wilder_atr(*one))
    np.testing.assert_array_equal(both[:, 1], volatility.wilder_atr(*other))


def test_the_prices_are_left_as_they_were() -> None:
    high, low, close = widths(*range(1, 30))
    copies = [series.copy() for series in (high, low, close)]
    volatility.wilder_atr(high, low, close)
    for series, copy in zip((high, low, close), copies, strict=True):
        np.testing.assert_array_equal(series, copy)


def test_an_atr_is_kept_to_a_millionth() -> None:
    assert volatility.rounded(np.array([1.23456749, 1.2345675, np.nan]))[:2].tolist() == [1.234567, 1.234568]
    assert volatility.rounded(np.array([0.0000004]))[0] == 0.0
