"""Earnings: what is left of an entry on each day before a report, and what its verdict says."""

import pytest

from engine.model.verdict import Check, Verdict
from engine.risk import earnings
from tests.support.tapes import RULES, rules


def said(sessions: int | None, *, passed: bool, note: str) -> Verdict:
    return Verdict(check=Check.EARNINGS, passed=passed, value=sessions, limit=1, unit="sessions", note=note)


@pytest.mark.parametrize(
    ("sessions", "remains"), [(None, 1.0), (-1, 1.0), (0, 0.0), (1, 0.0), (2, 0.5), (3, 0.5), (4, 1.0)]
)
def test_nothing_is_left_up_to_the_day_before_a_report_half_up_to_the_third_and_then_all(
    sessions: int | None, remains: float
) -> None:
    assert earnings.factor(sessions, RULES) == remains


def test_a_report_of_today_reduces_nothing_when_the_rule_is_off() -> None:
    off = rules(earnings_reject_sessions=-1, earnings_reduce_sessions=-1)
    assert [earnings.factor(sessions, off) for sessions in (-1, 0, 1)] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("sessions", [0, 1])
def test_too_near_a_report_the_verdict_has_the_sessions_and_no_note(sessions: int) -> None:
    assert earnings.clear_of_earnings(sessions, RULES) == said(sessions, passed=False, note="")


def test_near_a_report_the_verdict_says_by_how_much_the_size_shrinks() -> None:
    assert earnings.clear_of_earnings(3, RULES) == said(3, passed=True, note="size times 0.5")


def test_far_from_a_report_the_verdict_needs_no_note() -> None:
    assert earnings.clear_of_earnings(4, RULES) == said(4, passed=True, note="")


def test_without_a_date_the_verdict_passes_and_says_so() -> None:
    assert earnings.clear_of_earnings(None, RULES) == said(None, passed=True, note="no earnings date known")


def test_a_factor_set_to_a_hundredth_still_passes() -> None:
    verdict = earnings.clear_of_earnings(2, rules(earnings_reduce_factor=0.01))
    assert verdict == said(2, passed=True, note="size times 0.01")
