"""Micro rules: by which rules are intraday signals traded now, and until when may each position be held?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from engine.model.portfolio import PositionMark
from engine.policy import TradingPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroRules:
    """The rules that hold, and the moments at which micro positions are closed at the latest, by ticker.

    A position without one was not in the account's state any more when that was read.
    """

    policy: TradingPolicy
    closings: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def is_on(self) -> bool:
        """Are signals traded?"""
        return self.policy.micro_trading_enabled

    def closes_at(self, p: PositionMark) -> datetime:
        """Return when `p` is closed at the latest; of a day that is over, by the minutes that it may be held."""
        held = timedelta(minutes=self.policy.micro_trading_max_hold_minutes)
        return self.closings.get(p.ticker, p.opened_at + held)
