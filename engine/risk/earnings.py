"""Earnings: is the company about to report?"""

from engine.model.verdict import Check, Verdict
from engine.policy import TradingPolicy


def factor(sessions_to_earnings: int | None, policy: TradingPolicy) -> float:
    """Return what remains of an entry `sessions_to_earnings` sessions before the report (0 is today; spec check 9).

    Nothing up to `earnings_reject_sessions`, `earnings_reduce_factor` up to `earnings_reduce_sessions`, else all.
    """
    if sessions_to_earnings is None or sessions_to_earnings < 0:
        return 1.0
    if sessions_to_earnings <= policy.earnings_reject_sessions:
        return 0.0
    if sessions_to_earnings <= policy.earnings_reduce_sessions:
        return policy.earnings_reduce_factor
    return 1.0


def clear_of_earnings(sessions_to_earnings: int | None, policy: TradingPolicy) -> Verdict:
    """Is the report far enough away?"""
    remains = factor(sessions_to_earnings, policy)
    if sessions_to_earnings is None:
        note = "no earnings date known"
    else:
        note = "" if remains in (0.0, 1.0) else f"size times {remains:g}"
    return Verdict(
        check=Check.EARNINGS,
        passed=remains > 0,
        value=sessions_to_earnings,
        limit=policy.earnings_reject_sessions,
        unit="sessions",
        note=note,
    )
