"""Micro trading: how are intraday signals traded, in small size and for a short time?

Half the base allocation, 3 % of the active pool at most, ten a day, never in parts; the stop one daily ATR away, the
target one and a half times that; closed after 120 minutes of market time, or 5 minutes before the close (spec
section 7). Everything else is as for any entry.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from engine.model.sessions import Session, SessionTable
from engine.model.verdict import Check, Verdict
from engine.policy import TradingPolicy


def policy_for_micro(policy: TradingPolicy) -> TradingPolicy:
    """Return the policy by which a signal is judged and sized: the same one, with the numbers of micro trading."""
    tiers = {
        name: replace(
            tier,
            max_position_pct=min(tier.max_position_pct, policy.micro_trading_allocation_cap_pct),
            stop_loss_atr_multiplier=policy.micro_trading_stop_atr_multiplier,
            reward_risk_ratio=policy.micro_trading_reward_risk_ratio,
        )
        for name, tier in policy.tiers.items()
    }
    base = policy.base_allocation_pct * policy.micro_trading_allocation_factor
    return replace(policy, tiers=tiers, base_allocation_pct=base, gradual_entry_tranches=1)


def is_switched_on(policy: TradingPolicy) -> Verdict:
    """Are signals traded at all?"""
    on = policy.micro_trading_enabled
    return Verdict(check=Check.MICRO_ENABLED, passed=on, note="" if on else "micro_trading_enabled is off")


def within_daily_count(made_today: int, policy: TradingPolicy) -> Verdict:
    """Is there one left for today?"""
    limit = policy.micro_trading_max_daily
    return Verdict(check=Check.MICRO_COUNT, passed=made_today < limit, value=made_today, limit=limit, unit="count")


def closes_at(opened_at: datetime, sessions: SessionTable, policy: TradingPolicy) -> datetime:
    """Return when a micro position of `opened_at` has been held for as long as it may."""
    return sessions.after_market_minutes(opened_at, policy.micro_trading_max_hold_minutes)


def closing_time(session: Session, policy: TradingPolicy) -> datetime:
    """Return when all micro positions of `session` are closed."""
    return session.close_at - timedelta(minutes=policy.micro_trading_close_minutes)
